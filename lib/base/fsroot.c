// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fsroot.c - opens files below a root.
 *
 * Below a folder of a fixture openat2(RESOLVE_IN_ROOT) keeps symbolic links inside that folder. It
 * fails with EAGAIN when anything was renamed or mounted anywhere while it went through a "..",
 * and the links of sysfs have many of them; so it is tried again. Where the system call is missing
 * (an old kernel, qemu-user, seccomp), openat() takes its place: the links of sysfs are relative,
 * and a path of ours with ".." is refused before.
 *
 * Nothing leads out of "/", so there openat() is used at once. It does not fail with EAGAIN.
 */
#include "lib/base/fsroot.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/base/cleanup.h"

/* A folder with more names than this, at this length, is no folder of ours. */
#define NAMES_BYTES_MAX (64u << 20)
/* Each try is some microseconds; beside a loop of renames one in thirty fails. */
#define TRIES_MAX 1000

int fsroot_open(struct fsroot *root, const char *path)
{
	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	root->real = strcmp(path, "/") == 0;
	root->proc_fd = -1;
	if (root->fd < 0)
		return -errno;
	if (root->real)
		root->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

void fsroot_close(struct fsroot *root)
{
	if (root->fd >= 0)
		close(root->fd);
	if (root->proc_fd >= 0)
		close(root->proc_fd);
	root->fd = root->proc_fd = -1;
}

/*
 * initramfs-tools moves /sys and /proc to the new "/"; systemd binds them there and detaches the
 * old mounts. A descriptor of /proc works in both cases, and process 1 is the one that has
 * switched.
 */
void fsroot_follow(const struct fsroot *root)
{
	_cleanup_close_ int fd = -1;

	if (!root->real || root->proc_fd < 0 || faccessat(root->fd, "sys/bus", F_OK, 0) == 0)
		return;
	fd = openat(root->proc_fd, "1/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && faccessat(fd, "sys/bus", F_OK, 0) == 0)
		dup3(fd, root->fd, O_CLOEXEC);
}

bool fsroot_name_ok(const char *name)
{
	return name[0] && strcmp(name, ".") && strcmp(name, "..") && !strchr(name, '/');
}

static bool has_dotdot(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, ".."))) {
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
		p += 2;
	}
	return false;
}

static int format_path(char *path, const char *format, va_list ap)
{
	int n = vsnprintf(path, FSROOT_PATH_MAX, format, ap);

	if (n < 0 || n >= FSROOT_PATH_MAX)
		return -ENAMETOOLONG;
	if (path[0] == '/' || has_dotdot(path))
		return -EINVAL;
	return 0;
}

static int open_path(const struct fsroot *root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	unsigned int tries = TRIES_MAX;
	long fd = -1;

	errno = ENOSYS;
	if (!root->real)
		do {
			fd = syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		} while (fd < 0 && errno == EAGAIN && --tries);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root->fd, path, flags | O_CLOEXEC, mode);
	return fd < 0 ? -errno : (int)fd;
}

#define FORMAT_PATH(path, format)                     \
	({                                            \
		va_list ap_;                          \
		int rc_;                              \
		va_start(ap_, format);                \
		rc_ = format_path(path, format, ap_); \
		va_end(ap_);                          \
		rc_;                                  \
	})

int fsroot_openat(const struct fsroot *root, int flags, mode_t mode, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	int rc = FORMAT_PATH(path, format);

	return rc < 0 ? rc : open_path(root, path, flags, mode);
}

int fsroot_read_text(const struct fsroot *root, char *buf, size_t cap, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	ssize_t n;
	int rc = FORMAT_PATH(path, format);

	if (rc < 0)
		return rc;
	fd = open_path(root, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	while (len < cap) {
		n = read(fd, buf + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len == cap)
		return -E2BIG;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = 0;
	return (int)len;
}

int fsroot_write_text(const struct fsroot *root, const char *text, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	_cleanup_close_ int fd = -1;
	size_t len = strlen(text);
	ssize_t n;
	int rc = FORMAT_PATH(path, format);

	if (rc < 0)
		return rc;
	/* O_TRUNC means nothing to sysfs; in a fixture it makes the file hold just the text. */
	fd = open_path(root, path, O_WRONLY | O_TRUNC, 0);
	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int read_link(const struct fsroot *root, const char *path, char *target)
{
	_cleanup_close_ int fd = open_path(root, path, O_PATH | O_NOFOLLOW, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, FSROOT_PATH_MAX);
	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* ENOENT: not a symbolic link */
	if (n == FSROOT_PATH_MAX)
		return -E2BIG;
	target[n] = 0;
	return (int)n;
}

int fsroot_link(const struct fsroot *root, char *buf, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	int rc = FORMAT_PATH(path, format);

	return rc < 0 ? rc : read_link(root, path, buf);
}

int fsroot_link_name(const struct fsroot *root, char *buf, size_t cap, const char *format, ...)
{
	char path[FSROOT_PATH_MAX], target[FSROOT_PATH_MAX];
	const char *name;
	int rc = FORMAT_PATH(path, format);

	if (rc >= 0)
		rc = read_link(root, path, target);
	if (rc < 0)
		return rc;
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= cap)
		return -E2BIG;
	strcpy(buf, name);
	return (int)strlen(buf);
}

/* 1, 0, or a negative errno. */
static int look_for(const struct fsroot *root, const char *path)
{
	_cleanup_close_ int fd = open_path(root, path, O_PATH, 0);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	return fd < 0 ? fd : 1;
}

int fsroot_has(const struct fsroot *root, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	int rc = FORMAT_PATH(path, format);

	return rc < 0 ? rc : look_for(root, path);
}

bool fsroot_exists(const struct fsroot *root, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];

	return FORMAT_PATH(path, format) == 0 && look_for(root, path) == 1;
}

int fsroot_mkdir(const struct fsroot *root, mode_t mode, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	int rc = FORMAT_PATH(path, format);

	if (rc < 0)
		return rc;
	if (mkdirat(root->fd, path, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

/* Names in one growing block, so that reading a folder is two allocations. */
struct names {
	char *bytes;
	size_t len, cap, count;
};

static int names_add(struct names *names, const char *name)
{
	size_t need = strlen(name) + 1, cap = names->cap ? names->cap : 1024;
	char *bytes;

	while (cap - names->len < need)
		cap *= 2;
	if (cap > NAMES_BYTES_MAX)
		return -E2BIG;
	if (cap != names->cap) {
		bytes = realloc(names->bytes, cap);
		if (!bytes)
			return -ENOMEM;
		names->bytes = bytes;
		names->cap = cap;
	}
	memcpy(names->bytes + names->len, name, need);
	names->len += need;
	names->count++;
	return 0;
}

static int names_read(DIR *dir, size_t max, struct names *names)
{
	struct dirent *entry;
	int rc;

	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (entry->d_name[0] == '.')
			continue;
		if (names->count == max)
			return -E2BIG;
		rc = names_add(names, entry->d_name);
		if (rc < 0)
			return rc;
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int names_visit(const struct names *names, fsroot_name_fn fn, void *priv)
{
	_cleanup_free_ const char **sorted = calloc(names->count + 1, sizeof(*sorted));
	const char *at = names->bytes;
	size_t i;
	int rc = 0;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < names->count; i++) {
		sorted[i] = at;
		at += strlen(at) + 1;
	}
	qsort(sorted, names->count, sizeof(*sorted), compare_names);
	for (i = 0; i < names->count && rc == 0; i++)
		rc = fn(priv, sorted[i]);
	return rc;
}

int fsroot_each(const struct fsroot *root, size_t max, fsroot_name_fn fn, void *priv,
		const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_close_ int fd = -1;
	struct names names = { 0 };
	int rc = FORMAT_PATH(path, format);

	if (rc < 0)
		return rc;
	fd = open_path(root, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	steal_fd(&fd);
	rc = names_read(dir, max, &names);
	if (rc == 0)
		rc = names_visit(&names, fn, priv);
	free(names.bytes);
	return rc;
}

int fsroot_each_line(const struct fsroot *root, const char *path, size_t max, fsroot_line_fn fn,
		     void *priv)
{
	/* Not blocking: it may be a FIFO. */
	int fd = fsroot_openat(root, O_RDONLY | O_NONBLOCK, 0, "%s", path), rc = 0;
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char line[FSROOT_LINE_BYTES];

	if (fd < 0)
		return fd;
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (max-- && rc == 0 && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		rc = fn(priv, line);
	}
	return rc == 0 && ferror(file) ? -EIO : rc;
}

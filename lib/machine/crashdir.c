// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crashdir.c - a folder is looked at through its descriptor, opened without
 * following a link, so that nobody can exchange it between the look and the use.
 */
#include "lib/machine/crashdir.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"

#define ENTRIES_MAX 4096	     /* of a folder */
#define RECORDS_BYTES_MAX (1u << 20) /* within which a producer tells its boot */
/* What a server's clock may be ahead of ours. */
#define AHEAD_S 60

/* Where the three programs mount their target; the root file system itself comes first. */
static const char *const places[] = { "var/crash", "sysroot/var/crash", "kdumproot/var/crash",
				      "kdump/mnt/var/crash" };

static const char incomplete[] = "vmcore-incomplete";

bool crashdir_is_dump(const char *name)
{
	/* Compressed files count as dumps, too; their reader reports that they are compressed. */
	static const char *const whole[] = { "vmcore",	    "vmcore.flat", incomplete,
					     "vmcore.gz",   "vmcore.xz",   "vmcore.zst",
					     "vmcore.lzo",  "vmcore.lz4",  "vmcore.bz2",
					     "vmcore.kdump" };
	static const char *const starts[] = { "dump.", "vmcore." };
	static const char named[] = "-vmcore"; /* HOST-vmcore, as servers of netdump call it */
	size_t i, len;

	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (!strcmp(name, whole[i]))
			return true;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		len = strlen(starts[i]);
		if (!strncmp(name, starts[i], len) && isdigit((unsigned char)name[len]))
			return true;
	}
	len = strlen(name);
	return len >= sizeof(named) && !strcmp(name + len - (sizeof(named) - 1), named);
}

enum crashdir_log crashdir_log(const char *name)
{
	static const char *const crashed[] = { "vmcore-dmesg.txt", "vmcore-dmesg-incomplete.txt",
					       "dmesg.txt" };
	static const char debian[] = "dmesg.";
	size_t i;

	if (!strcmp(name, CAPTURE_LOG))
		return CRASHDIR_LOG_CAPTURE;
	for (i = 0; i < sizeof(crashed) / sizeof(crashed[0]); i++)
		if (!strcmp(name, crashed[i]))
			return CRASHDIR_LOG_CRASHED;
	return !strncmp(name, debian, sizeof(debian) - 1) &&
			       isdigit((unsigned char)name[sizeof(debian) - 1])
		       ? CRASHDIR_LOG_CRASHED
		       : CRASHDIR_LOG_NONE;
}

bool crashdir_is_dump_part(const char *name)
{
	static const char debian[] = "dump-incomplete"; /* .gz, .xz and so on */

	return crashdir_is_dump(name) || !strncmp(name, debian, sizeof(debian) - 1);
}

/* 0 is a digit, : a colon or a dash. */
static bool has_shape(const char *name, const char *shape)
{
	for (; *shape; name++, shape++) {
		if (*shape == '0'   ? !isdigit((unsigned char)*name)
		    : *shape == ':' ? *name != ':' && *name != '-'
				    : *name != *shape)
			return false;
	}
	return true;
}

bool crashdir_is_stamp(const char *name)
{
	static const char *const shapes[] = { "000000000000", "0000-00-00-00:00",
					      "0000-00-00-00:00:00" };
	size_t len = strlen(name), n, i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		n = strlen(shapes[i]);
		if (len >= n && has_shape(name + len - n, shapes[i]) &&
		    (len == n || name[len - n - 1] == '-'))
			return true;
	}
	return false;
}

void crashdir_close(struct crashdir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

static bool is_ours(const struct stat *st)
{
	return (st->st_uid == geteuid() || !st->st_uid) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static bool later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static DIR *open_list(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/*
 * The newest time of the folder and its files. If one of them is in the future, the clock was
 * wrong when the folder was made.
 */
static struct timespec youngest(int fd, const struct stat *folder)
{
	struct timespec time = folder->st_mtim;
	_cleanup_closedir_ DIR *dir = open_list(fd);
	struct dirent *entry;
	struct stat st;
	size_t seen = 0;

	while (dir && seen++ < ENTRIES_MAX && (entry = readdir(dir)))
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && later(&st.st_mtim, &time))
			time = st.st_mtim;
	return time;
}

/*
 * Do the records belong to another boot? The first record with a boot id decides, and reading
 * ends.
 */
static int compare_boot(void *priv, const struct rec *rec)
{
	const struct crashdir_boot *boot = priv;

	if (rec->type != REC_FILE || !boot_id_known(rec->file.boot_id))
		return 0;
	return memcmp(rec->file.boot_id, boot->id, sizeof(boot->id)) ? -EEXIST : -ECANCELED;
}

/*
 * If the clock starts at the same second at each boot, folders of other crashes look as if they
 * were written in this boot; the boot id in their records shows it.
 */
static bool has_records_of_others(int fd, const struct crashdir_boot *boot)
{
	_cleanup_close_ int file =
		openat(fd, SIDECAR_RECORDS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct recread_info info;
	struct stat st;

	return boot_id_known(boot->id) && file >= 0 && fstat(file, &st) == 0 &&
	       S_ISREG(st.st_mode) &&
	       recread_fd(file, RECORDS_BYTES_MAX, compare_boot, (void *)boot, NULL, &info) ==
		       -EEXIST;
}

static int open_folder(int base_fd, const char *name, struct stat *st)
{
	_cleanup_close_ int fd =
		openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fstat(fd, st) < 0 || !is_ours(st) ? -1 : steal_fd(&fd);
}

bool crashdir_reopen(int base_fd, struct crashdir *dir)
{
	struct stat st;

	dir->fd = open_folder(base_fd, dir->name, &st);
	return dir->fd >= 0;
}

void crashdir_this_boot(const struct fsroot *root, struct crashdir_boot *ret)
{
	ret->since = boot_time();
	boot_read_id(root, ret->id);
}

static void look_at(int base_fd, const char *name, const struct crashdir_boot *boot,
		    struct crashdir *best)
{
	struct timespec written;
	struct stat st;
	_cleanup_close_ int fd = open_folder(base_fd, name, &st);

	if (fd < 0)
		return;
	written = youngest(fd, &st);
	if (written.tv_sec < boot->since || written.tv_sec > time(NULL) + AHEAD_S ||
	    (best->fd >= 0 && !later(&written, &best->time)) || has_records_of_others(fd, boot))
		return;
	crashdir_close(best);
	best->fd = steal_fd(&fd);
	best->time = written;
	(void)snprintf(best->name, sizeof(best->name), "%s", name);
}

int crashdir_newest(int base_fd, const struct crashdir_boot *boot, struct crashdir *best)
{
	_cleanup_closedir_ DIR *dir = open_list(base_fd);
	struct dirent *entry;
	size_t seen = 0;

	if (!dir)
		return -errno;
	while (seen++ < ENTRIES_MAX && (entry = readdir(dir)))
		if (crashdir_is_stamp(entry->d_name))
			look_at(base_fd, entry->d_name, boot, best);
	return 0;
}

int crashdir_find(const struct fsroot *root, const struct crashdir_boot *boot,
		  struct crashdir *best, struct errbuf *err)
{
	int fd, rc, error = 0;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fd = fsroot_openat(root, O_RDONLY | O_DIRECTORY, 0, "%s", places[i]);
		rc = fd < 0 ? fd : crashdir_newest(fd, boot, best);
		if (fd >= 0)
			close(fd);
		if (rc == 0 || rc == -ENOENT || rc == -ENOTDIR || error)
			continue;
		error = rc;
		errbuf_set(err, "/%s: %s", places[i], strerror(-rc));
	}
	if (best->fd >= 0)
		return 0;
	if (error)
		return error;
	errbuf_set(err, "no folder of this crash found in /var/crash, also not below /sysroot, "
			"/kdumproot and /kdump/mnt");
	return -ENOENT;
}

bool crashdir_has_part(int dir_fd)
{
	_cleanup_closedir_ DIR *dir = open_list(dir_fd);
	struct dirent *entry;
	size_t seen = 0;

	while (dir && seen++ < ENTRIES_MAX && (entry = readdir(dir)))
		if (crashdir_is_dump_part(entry->d_name))
			return true;
	return false;
}

int crashdir_dump(int dir_fd, char *buf, size_t cap)
{
	_cleanup_closedir_ DIR *dir = open_list(dir_fd);
	struct dirent *entry;
	struct stat st;
	size_t seen = 0;
	bool found = false;

	if (!dir)
		return -errno;
	while (seen++ < ENTRIES_MAX && (entry = readdir(dir))) {
		if (!crashdir_is_dump(entry->d_name) || !strcmp(entry->d_name, incomplete) ||
		    (found && strcmp(entry->d_name, buf) > 0) ||
		    fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		(void)snprintf(buf, cap, "%s", entry->d_name);
		found = true;
	}
	return found ? 0 : -ENOENT;
}

void crashdir_host(char *buf, size_t cap, const char *folder, const char *above)
{
	static const char *const local[] = { "127.0.0.1", "::1", "localhost" };
	static const unsigned char lengths[] = { 12, 16, 19 }; /* of stamps, see crashdir.h */
	size_t len = strlen(folder), n = 0, i;

	(void)snprintf(buf, cap, "%s", above);
	/* The shortest first: of a longer piece a host may be a part. */
	for (i = 0; i < sizeof(lengths) && !n; i++)
		if (len > lengths[i] && crashdir_is_stamp(folder + len - lengths[i]))
			n = len - lengths[i] - 1;
	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (n == strlen(local[i]) && !memcmp(folder, local[i], n))
			return;
	if (n && folder[n] == '-')
		(void)snprintf(buf, cap, "%.*s", (int)n, folder);
}

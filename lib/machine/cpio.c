// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpio.c - reads the archives one after the other, as the kernel unpacks them: zeros between them
 * are skipped, and data that is not an archive must be compressed. Compressed data is the last
 * part, as its end cannot be found without unpacking it.
 *
 * The image is not trusted: sizes, names, numbers of entries and the time for all of it are
 * bounded, and a decompressor that hangs is killed.
 */
#include "lib/machine/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define HEADER_BYTES 110u
#define NAME_MAX_BYTES 4096u
#define ENTRIES_MAX 200000u
#define TOTAL_BYTES_MAX (8ull << 30)

struct source {
	int fd;
	u64 deadline;
	size_t at, filled;
	u64 taken; /* bytes consumed so far */
	uint8_t buf[65536];
};

struct listing {
	cpio_fn fn;
	cpio_whole_fn whole;
	void *priv;
	struct errbuf *err;
	uint32_t entries;
	char text[CPIO_TEXT_MAX + 1];
};

/* More bytes into an empty buffer. Returns their number, 0 at the end, or a negative errno. */
static int fill(struct source *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	ssize_t n;

	do {
		if (clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), s->deadline)) == 0)
			return -ETIMEDOUT;
		n = read(s->fd, s->buf, sizeof(s->buf));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	s->at = 0;
	s->filled = (size_t)n;
	return (int)n;
}

/* Take @len bytes, to @to or nowhere. 0; 1 at the very end before the first; -EINVAL cut short. */
static int take(struct source *s, void *to, u64 len)
{
	u64 done = 0;
	int n;

	while (done < len) {
		size_t part;

		if (s->at == s->filled) {
			n = fill(s);
			if (n <= 0)
				return n < 0 ? n : done ? -EINVAL : 1;
		}
		part = s->filled - s->at;
		if (part > len - done)
			part = (size_t)(len - done);
		if (to)
			memcpy((uint8_t *)to + done, s->buf + s->at, part);
		s->at += part;
		s->taken += part;
		done += part;
	}
	return 0;
}

static int skip_zeros(struct source *s)
{
	int n;

	for (;;) {
		if (s->at == s->filled) {
			n = fill(s);
			if (n <= 0)
				return n < 0 ? n : 1;
		}
		if (s->buf[s->at])
			return 0;
		s->at++;
		s->taken++;
	}
}

/* Eight hexadecimal digits. */
static int number(const char *text, uint32_t *ret)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < 8; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -EINVAL;
	}
	*ret = value;
	return 0;
}

static char *without_root(char *name)
{
	if (!strncmp(name, "./", 2))
		name += 2;
	return name + strspn(name, "/");
}

/* Read a file's content, where it is wanted, and show it. */
static int show(struct source *s, struct listing *list, char *name, uint32_t bytes, uint32_t mode)
{
	struct cpio_entry entry = { .name = without_root(name), .bytes = bytes, .mode = mode };
	_cleanup_free_ char *whole = NULL;
	char *to = bytes <= CPIO_TEXT_MAX ? list->text : NULL;
	int rc;

	if (++list->entries > ENTRIES_MAX)
		return -E2BIG;
	if (!to && bytes <= CPIO_WHOLE_MAX && list->whole && list->whole(entry.name)) {
		to = whole = malloc(bytes + 1u);
		if (!to)
			return -ENOMEM;
	}
	rc = take(s, to, bytes);
	if (rc)
		return rc == 1 ? -EINVAL : rc;
	if (to)
		to[bytes] = 0;
	entry.text = to;
	return list->fn(list->priv, &entry);
}

/* One archive up to its trailer. The first six bytes are taken already. */
static int read_archive(struct source *s, struct listing *list)
{
	char header[HEADER_BYTES + 1] = "070701", name[NAME_MAX_BYTES];
	u64 start = s->taken - 6;
	uint32_t mode, bytes, name_len;
	int rc = 0;

	for (;;) {
		/* Every header and every file begins at a multiple of four. */
		if (s->taken != start + 6)
			rc = take(s, NULL, (start - s->taken) & 3) ?: take(s, header, 6);
		if (rc || memcmp(header, "07070", 5) || (header[5] != '1' && header[5] != '2'))
			return rc < 0 ? rc : -EINVAL;
		if (take(s, header + 6, HEADER_BYTES - 6) || number(header + 14, &mode) ||
		    number(header + 54, &bytes) || number(header + 94, &name_len) || !name_len ||
		    name_len > sizeof(name) || s->taken > TOTAL_BYTES_MAX)
			return -EINVAL;
		if (take(s, name, name_len) || name[name_len - 1])
			return -EINVAL;
		if (!strcmp(name, "TRAILER!!!"))
			return 0;
		rc = take(s, NULL, (start - s->taken) & 3);
		if (rc)
			return rc == 1 ? -EINVAL : rc;
		rc = show(s, list, name, bytes, mode);
		if (rc)
			return rc;
	}
}

static const struct packer {
	const char *magic;
	size_t len;
	const char *argv[4];
} packers[] = {
	{ "\x28\xb5\x2f\xfd", 4, { "zstd", "-dcq" } },
	{ "\xfd"
	  "7zXZ",
	  5,
	  { "xz", "-dcq" } },
	{ "\x1f\x8b", 2, { "gzip", "-dcq" } },
	{ "\x02\x21\x4c\x18", 4, { "lz4", "-dcq" } },
	{ "\x04\x22\x4d\x18", 4, { "lz4", "-dcq" } },
	{ "\x89LZO", 4, { "lzop", "-dcq" } },
	{ "BZh", 3, { "bzip2", "-dcq" } },
};

static const struct packer *find_packer(const char magic[6])
{
	size_t i;

	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (!memcmp(packers[i].magic, magic, packers[i].len))
			return &packers[i];
	return NULL;
}

/* Run the decompressor on @fd from @offset. Returns where its output comes, *ret its process. */
static int start_packer(const struct packer *packer, int fd, u64 offset, pid_t *ret)
{
	int fds[2];
	pid_t pid;

	if (lseek(fd, (off_t)offset, SEEK_SET) < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fds[1], STDOUT_FILENO) >= 0 &&
		    (null < 0 || dup2(null, STDERR_FILENO) >= 0))
			execvp(packer->argv[0], (char *const *)packer->argv);
		_exit(127);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -EAGAIN;
	}
	*ret = pid;
	return fds[0];
}

static int list_archives(struct source *s, struct listing *list, bool packed);

static int list_packed(struct source *outer, struct listing *list, const char magic[6])
{
	const struct packer *packer = find_packer(magic);
	struct source inner = { .fd = -1, .deadline = outer->deadline };
	int rc, status = 0;
	pid_t pid = -1;

	if (!packer) {
		errbuf_set(list->err, "neither an archive nor compressed data begins at byte %llu",
			   outer->taken - 6);
		return -EINVAL;
	}
	inner.fd = start_packer(packer, outer->fd, outer->taken - 6, &pid);
	if (inner.fd < 0)
		return inner.fd;
	rc = list_archives(&inner, list, true);
	close(inner.fd);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		errbuf_set(list->err, "the image is compressed with %s, which is not installed",
			   packer->argv[0]);
		return -ENOPKG;
	}
	return rc;
}

/* The archives of @s; compressed ones only in the file itself. */
static int list_archives(struct source *s, struct listing *list, bool packed)
{
	char magic[6];
	int rc;

	for (;;) {
		rc = skip_zeros(s);
		if (rc == 0)
			rc = take(s, magic, sizeof(magic));
		if (rc)
			return rc == 1 && list->entries ? 0 : rc == 1 ? -EINVAL : rc;
		if (memcmp(magic, "07070", 5))
			return packed ? 0 : list_packed(s, list, magic);
		rc = read_archive(s, list);
		if (rc)
			return rc;
	}
}

int cpio_list(int fd, cpio_fn fn, cpio_whole_fn whole, void *priv, struct errbuf *err)
{
	struct source s = { .fd = fd, .deadline = clock_now_ns() + clock_ms(CPIO_LIST_MS) };
	struct listing list = { .fn = fn, .whole = whole, .priv = priv, .err = err };
	int rc;

	err->text[0] = 0;
	rc = list_archives(&s, &list, false);
	if (rc < 0 && !err->text[0])
		errbuf_set(err, rc == -EINVAL ? "the archive is damaged" : "%s", strerror(-rc));
	return rc;
}

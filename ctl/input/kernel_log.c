// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kernel_log.c - split the bytes of a log into lines. A file system that lost power leaves holes
 * of NULs in a log, which are skipped. The first bytes that are not NUL decide whether a file is
 * text. Messages in a dump become lines as dmesg prints them.
 */
#include "ctl/input/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/rec.h"
#include "ctl/dump/printk.h"
#include "ctl/input/bytes.h"
#include "lib/base/cleanup.h"
#include "lib/machine/crashdir.h"
#include "lib/story/names.h"

#define CHUNK_BYTES (64u << 10)
#define NAMES_MAX 4096 /* entries of one folder; a crash folder has a handful */

enum kind {
	KIND_ZEROS,
	KIND_TEXT,
	KIND_UTF16,
	KIND_OTHER
};

struct reader {
	struct klog *log;
	const struct kernel_log_sink *sink;
	bool several; /* there are several files, so lines show the file's name */
	char line[LOGLINE_MAX + 1];
	size_t len;
	u64 cut; /* number of lines that were too long */
	bool cutting;
};

/* In UTF-16 every other byte of English text is zero. */
static bool is_utf16(const u8 *p, size_t len)
{
	size_t pairs = len / 2 < 128 ? len / 2 : 128, low = 0, high = 0, i;

	if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true;
	for (i = 0; i < pairs; i++) {
		low += !p[2 * i] && p[2 * i + 1];
		high += p[2 * i] && !p[2 * i + 1];
	}
	return pairs >= 8 && (low > pairs - pairs / 8 || high > pairs - pairs / 8);
}

static enum kind kind_of(const u8 *p, size_t len)
{
	size_t odd = 0, seen = 0, i;

	while (len && !*p)
		p++, len--;
	if (!len)
		return KIND_ZEROS;
	if (is_utf16(p, len))
		return KIND_UTF16;
	if ((len >= 4 && core_ld32(p) == REC_MAGIC) || dump_format(p, len) != DUMP_NONE)
		return KIND_OTHER;
	for (i = 0; i < len; i++) {
		odd += (p[i] && p[i] < 0x20 && !memchr("\t\n\r\b\f\a\x1b", p[i], 7)) ||
		       p[i] == 0x7f;
		seen += p[i] != 0;
	}
	return odd <= seen / 32 ? KIND_TEXT : KIND_OTHER;
}

/* Is it the text of our own "report", which may be beside a dump? */
static bool is_report(const u8 *p, size_t len)
{
	static const char kernel[] = "\nkernel         ", helper[] = "\nhelper         ";

	return memmem(p, len, kernel, sizeof(kernel) - 1) &&
	       memmem(p, len, helper, sizeof(helper) - 1);
}

static int end_line(struct reader *r)
{
	struct klog *log = r->log;
	struct klog_match match;
	struct logline line;
	int rc;

	logline_parse(r->line, r->len, &line);
	r->len = 0;
	r->cut += r->cutting;
	r->cutting = false;
	rc = klog_add(log, &line, &match);
	if (rc >= 0 && r->sink && r->sink->fn && match.what != KLOG_NOTHING)
		r->sink->fn(r->sink->priv, r->several ? log->files[log->n_files - 1] : NULL,
			    log->line, &line, &match);
	return rc;
}

/* Add a part of a line, without NULs. */
static void add_bytes(struct reader *r, const u8 *p, size_t len)
{
	size_t n, i;

	/* A hole is long: skip a chunk that is all NULs at once. */
	if (len && !p[0] && !memcmp(p, p + 1, len - 1)) {
		r->log->zeros += len;
		return;
	}
	if (memchr(p, 0, len)) {
		for (i = 0; i < len; i++) {
			if (!p[i] && i && !p[i - 1])
				r->log->zeros++;
			if (p[i] && r->len < LOGLINE_MAX)
				r->line[r->len++] = (char)p[i];
			else if (p[i])
				r->cutting = true;
		}
		return;
	}
	n = len < LOGLINE_MAX - r->len ? len : LOGLINE_MAX - r->len;
	memcpy(r->line + r->len, p, n);
	r->len += n;
	r->cutting |= n < len;
}

static int add_chunk(struct reader *r, const u8 *p, size_t len)
{
	const u8 *end = p + len, *newline;
	int rc = 0;

	while (p < end && rc >= 0) {
		newline = memchr(p, '\n', (size_t)(end - p));
		add_bytes(r, p, (size_t)((newline ? newline : end) - p));
		if (!newline)
			break;
		rc = end_line(r);
		p = newline + 1;
	}
	return rc;
}

static int finish(struct reader *r)
{
	return r->len || r->cutting ? end_line(r) : 0;
}

int kernel_log_bytes(const u8 *data, size_t len, struct klog *ret)
{
	_cleanup_free_ struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->log = ret;
	rc = klog_file(ret, "", KLOG_KERNEL_UNKNOWN);
	if (rc >= 0)
		rc = add_chunk(r, data, len);
	if (rc >= 0)
		rc = finish(r);
	klog_finish(ret);
	return rc;
}

static const char *base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static enum klog_kernel kernel_by_name(const char *name)
{
	switch (crashdir_log(name)) {
	case CRASHDIR_LOG_CAPTURE: return KLOG_KERNEL_CAPTURE;
	case CRASHDIR_LOG_CRASHED: return KLOG_KERNEL_CRASHED;
	default: return KLOG_KERNEL_UNKNOWN;
	}
}

static int refuse(struct errbuf *err, const char *name, int error, const char *why)
{
	errbuf_set(err, "%s: %s", name, why);
	return error;
}

/* Read the next bytes of @fd. Returns their number, 0 at the end, or a negative errno. */
static ssize_t next_chunk(int fd, u8 *buf)
{
	ssize_t n;

	do
		n = read(fd, buf, CHUNK_BYTES);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Returns 1, 0 or a negative errno, as kernel_log_read(). */
static int read_fd(int fd, const char *name, struct reader *r, struct errbuf *err)
{
	_cleanup_free_ u8 *buf = malloc(CHUNK_BYTES);
	u64 left = KERNEL_LOG_BYTES_MAX;
	enum kind kind = KIND_ZEROS;
	ssize_t n = 0;
	int rc = buf ? 0 : -ENOMEM;

	while (rc >= 0 && left && (n = next_chunk(fd, buf)) > 0) {
		left -= (u64)n < left ? (u64)n : left;
		if (kind == KIND_ZEROS) {
			kind = kind_of(buf, (size_t)n);
			if (kind == KIND_OTHER)
				return 0;
			if (kind == KIND_UTF16)
				return refuse(
					err, name, -EINVAL,
					"UTF-16 text; convert it first: iconv -f UTF-16 -t UTF-8");
			if (kind == KIND_TEXT && is_report(buf, (size_t)n))
				return refuse(err, name, -EINVAL,
					      "this is a report of " NAME_CTL
					      "; name the crash folder "
					      "or the record file");
			if (kind == KIND_TEXT)
				rc = klog_file(r->log, base_name(name),
					       kernel_by_name(base_name(name)));
		}
		if (kind == KIND_TEXT && rc >= 0)
			rc = add_chunk(r, buf, (size_t)n);
	}
	if (rc >= 0 && n < 0)
		rc = (int)n;
	if (rc >= 0 && kind == KIND_TEXT)
		rc = finish(r);
	if (rc < 0)
		return refuse(err, name, rc, strerror(-rc));
	/* It is text, but no line looks like a line of a log. */
	if (kind == KIND_TEXT && !r->log->known)
		return 0;
	if (kind == KIND_ZEROS)
		return refuse(err, name, -EINVAL, "the file has only zeros: its content is lost");
	if (!left)
		errbuf_set(err, "%s: only the first %llu MiB were read", name,
			   KERNEL_LOG_BYTES_MAX >> 20);
	else if (r->cut)
		errbuf_set(err, "%s: %llu lines are longer than %u bytes; their ends were not read",
			   name, r->cut, LOGLINE_MAX);
	return 1;
}

static int read_one(int fd, const char *name, struct reader *r, struct errbuf *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse(err, name, -errno, strerror(errno));
	/* The reader of records tells what is wrong with such a file. */
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	return read_fd(fd, name, r, err);
}

/* ---- the log in a dump ---- */

struct messages {
	struct reader *r;
	const char *dump;
	bool begun;
};

static int add_message(void *priv, u64 ns, const char *text, size_t len)
{
	struct messages *m = priv;
	const char *end = text + len, *newline;
	char stamp[32];
	int rc = m->begun ? 0 : klog_dump(m->r->log, base_name(m->dump)), n;

	m->begun = true;
	n = snprintf(stamp, sizeof(stamp), "[%5llu.%06llu] ", ns / 1000000000,
		     ns % 1000000000 / 1000);
	for (; text < end && rc >= 0; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		add_bytes(m->r, (const u8 *)stamp, (size_t)n);
		add_bytes(m->r, (const u8 *)text, (size_t)(newline - text));
		rc = end_line(m->r);
	}
	return rc;
}

/* Returns 1, or a negative errno with @err: there is no log in it, or none that can be read. */
static int read_dump(struct kernel_file *dump, struct reader *r, struct errbuf *err)
{
	const struct kernel *kernel = kernel_file_open(dump, err);
	struct messages messages = { r, dump->name, false };
	int rc;

	if (!kernel)
		return dump->rc;
	rc = printk_read(kernel, add_message, &messages, err);
	if (err->text[0])
		errbuf_prefix(err, "%s: the crashed kernel's log", dump->name);
	return rc < 0 ? rc : 1;
}

/* ---- the logs of a crash ---- */

/*
 * Find the folder's log of this kind; of several the first by name. Returns false if there is
 * none.
 */
static bool find_log(int dir_fd, enum crashdir_log kind, char *buf, size_t cap)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t seen = 0;

	buf[0] = 0;
	while (dir && seen++ < NAMES_MAX && (entry = readdir(dir)))
		if (crashdir_log(entry->d_name) == kind &&
		    (!buf[0] || strcmp(entry->d_name, buf) < 0))
			(void)snprintf(buf, cap, "%s", entry->d_name);
	return buf[0];
}

/* Read the folder's log of this kind. Returns as kernel_log_read(). */
static int read_kind(int dir_fd, const char *name, enum crashdir_log kind, struct reader *r,
		     struct errbuf *err)
{
	_cleanup_close_ int fd = -1;
	char log[256], path[512];

	if (dir_fd < 0 || !find_log(dir_fd, kind, log, sizeof(log)))
		return 0;
	fd = openat(dir_fd, log, INPUT_OPEN_FLAGS);
	(void)snprintf(path, sizeof(path), "%s/%s", name, log);
	return fd < 0 ? refuse(err, path, -errno, strerror(errno)) : read_one(fd, path, r, err);
}

/*
 * Read the log of the crashed kernel before that of the capture kernel, as it was written first.
 * @dir_fd: the folder, negative if there is none.
 */
static int read_crash(int dir_fd, const char *name, struct kernel_file *dump, struct reader *r,
		      struct errbuf *err)
{
	struct errbuf why[3] = { { "" } };
	int rc[3] = { 0 }, bad = 0, good = 0;
	size_t i;

	rc[0] = read_kind(dir_fd, name, CRASHDIR_LOG_CRASHED, r, &why[0]);
	if (rc[0] != -ENOMEM && dump && !klog_tells_crash(r->log))
		rc[1] = read_dump(dump, r, &why[1]);
	if (rc[0] != -ENOMEM && rc[1] != -ENOMEM)
		rc[2] = read_kind(dir_fd, name, CRASHDIR_LOG_CAPTURE, r, &why[2]);
	/* If one log is damaged, the others still count. That a dump has none is no error. */
	for (i = 0; i < 3; i++) {
		good |= rc[i] > 0;
		if (rc[i] < 0 && (i != 1 || rc[i] == -ENOMEM) && bad != -ENOMEM)
			bad = rc[i];
		if (!err->text[0])
			*err = why[i];
	}
	if (good && rc[1] < 0)
		*err = why[0].text[0] ? why[0] : why[2];
	return bad == -ENOMEM ? bad : good ? 1 : bad;
}

int kernel_log_read(const struct ctl *ctl, const char *name, const struct kernel_log_sink *sink,
		    struct klog *ret, struct errbuf *err)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	_cleanup_free_ struct reader *r = calloc(1, sizeof(*r));
	int rc;

	err->text[0] = 0;
	if (!r)
		return refuse(err, name, -ENOMEM, strerror(ENOMEM));
	/* The reader of records tells why the file cannot be opened. */
	if (fd < 0)
		return 0;
	r->log = ret;
	r->sink = sink;
	rc = read_one(fd, name, r, err);
	klog_finish(ret);
	return rc;
}

int kernel_log_crash(const struct ctl *ctl, const char *name, struct kernel_file *dump,
		     const struct kernel_log_sink *sink, struct klog *ret, struct errbuf *err)
{
	_cleanup_close_ int dir = input_open(ctl, name, INPUT_OPEN_FLAGS | O_DIRECTORY);
	_cleanup_free_ struct reader *r = calloc(1, sizeof(*r));
	int rc;

	err->text[0] = 0;
	if (!r)
		return refuse(err, name, -ENOMEM, strerror(ENOMEM));
	r->log = ret;
	r->sink = sink;
	r->several = dir >= 0;
	rc = read_crash(dir, name, dump, r, err);
	klog_finish(ret);
	return rc;
}

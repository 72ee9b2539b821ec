// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_file.c - see dump_file.h.
 */
#include "ctl/dump/dump_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctl/dump/dump.h"

#define COLD 64u /* reads from the page cache until a file counts as cached again */

/* The read, and whether it had to wait. Not every file system can tell: then it had not. */
static int read_disk(void *priv, u64 offset, void *buf, size_t len)
{
	struct iovec vec = { buf, len };
	struct dump_file *file = priv;
	int r;

	if (preadv2(file->fd, &vec, 1, (off_t)offset, RWF_NOWAIT) == (ssize_t)len) {
		file->cold -= file->cold > 0;
		return 0;
	}
	if (errno != EOPNOTSUPP)
		file->cold = COLD;
	r = dump_read_fd(&file->fd, offset, buf, len);
	/* It was longer a moment ago: that is damage, and not what a cut dump lacks. */
	return r == -ENODATA ? -EIO : r;
}

static void ahead_disk(void *priv, u64 offset, u64 len)
{
	const struct dump_file *file = priv;

	if (file->cold)
		(void)posix_fadvise(file->fd, (off_t)offset, (off_t)len, POSIX_FADV_WILLNEED);
}

static int index_records(struct dump_file *file, u32 max, struct errbuf *err)
{
	struct dump_src src = {
		.read = read_disk, .ahead = ahead_disk, .priv = file, .size = file->bytes
	};
	int r;

	dump_flat_free(&file->flat);
	r = dump_flat_index(&file->flat, &src, max, err);
	if (r == -ENOMEM)
		errbuf_set(err, "%s", strerror(ENOMEM));
	if (r < 0)
		return r;
	file->state = file->flat.end == FLAT_MORE ? DUMP_FILE_FIRST : DUMP_FILE_WHOLE;
	/* Later records may reach anywhere. */
	file->size = file->flat.end == FLAT_MORE ? FLAT_SIZE_MAX : file->flat.size;
	return 0;
}

static int first_look(struct dump_file *file, struct errbuf *err)
{
	u8 head[16];
	struct stat st;
	size_t len;
	int r;

	if (file->fd < 0 || fstat(file->fd, &st) < 0) {
		r = file->fd < 0 ? file->fd : -errno;
		errbuf_set(err, "%s", strerror(-r));
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		errbuf_set(err, "not a regular file");
		return -EINVAL;
	}
	file->size = file->bytes = (u64)st.st_size;
	len = file->bytes < sizeof(head) ? (size_t)file->bytes : sizeof(head);
	r = read_disk(file, 0, head, len);
	if (r < 0) {
		errbuf_set(err, "%s", strerror(-r));
		return r;
	}
	file->state = DUMP_FILE_PLAIN;
	return dump_flat_head(head, len) ? index_records(file, DUMP_FIRST_RECORDS, err) : 0;
}

/* An error is kept, so that all readers have the same answer. */
static int settle(struct dump_file *file, int r, struct errbuf *err)
{
	if (r < 0 && file->state != DUMP_FILE_BAD) {
		file->state = DUMP_FILE_BAD;
		file->error = r;
		file->why = *err;
		dump_flat_free(&file->flat);
	}
	if (file->state == DUMP_FILE_BAD)
		*err = file->why;
	return file->state == DUMP_FILE_BAD ? file->error : 0;
}

static int look(struct dump_file *file, struct errbuf *err)
{
	return settle(file, file->state == DUMP_FILE_NEW ? first_look(file, err) : 0, err);
}

int dump_file_whole(struct dump_file *file, struct errbuf *err)
{
	int r = look(file, err);

	if (r < 0 || file->state != DUMP_FILE_FIRST)
		return r;
	r = index_records(file, FLAT_RECORDS_MAX, err);
	if (r >= 0 && file->state == DUMP_FILE_FIRST) {
		errbuf_set(err,
			   "the flattened dump has more than %u records; make it whole with "
			   "makedumpfile -R",
			   FLAT_RECORDS_MAX);
		r = -EFBIG;
	}
	return settle(file, r, err);
}

/* Is all of it in records that are indexed? */
static bool has(struct dump_file *file, u64 offset, u64 len)
{
	u64 n;

	for (; len; len -= n, offset += n) {
		n = len;
		if (!dump_flat_find(&file->flat, offset, &n))
			return false;
	}
	return true;
}

/*
 * Have the first records all that a reader of notes wants? Of an ELF dump they never have: its
 * program headers come last.
 */
static bool first_have_notes(struct dump_file *file)
{
	struct dump_src src = dump_file_src(file, DUMP_FIND_BUDGET);
	struct dump_info info;
	struct errbuf ignored;
	int r = dump_headers(&src, &info, &ignored);

	if (info.format != DUMP_KDUMP)
		return false;
	/* That it is another machine's says the header, which is all that is needed then. */
	return r == -ENOEXEC || (r >= 0 && has(file, info.notes, info.notes_len) &&
				 has(file, info.kdump.info, info.kdump.info_len));
}

int dump_file_notes(struct dump_file *file, struct dump_src *ret, struct errbuf *err)
{
	int r = look(file, err);

	if (r >= 0 && file->state == DUMP_FILE_FIRST && !first_have_notes(file))
		r = dump_file_whole(file, err);
	*ret = dump_file_src(file, DUMP_FIND_BUDGET);
	return r;
}

int dump_file_read(struct dump_file *file, u64 offset, void *buf, size_t len)
{
	u64 n, at;
	u8 *p;
	int r;

	if (file->state == DUMP_FILE_PLAIN)
		return read_disk(file, offset, buf, len);
	for (p = buf; len; p += n, offset += n, len -= (size_t)n) {
		n = len;
		at = dump_flat_find(&file->flat, offset, &n);
		if (!at && (file->flat.end != FLAT_WHOLE || offset + n > file->size))
			return -ENODATA;
		if (!at)
			memset(p, 0, (size_t)n);
		r = at ? read_disk(file, at, p, (size_t)n) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

void dump_file_ahead(struct dump_file *file, u64 offset, u64 len)
{
	u64 n, at;

	for (; file->cold && len; offset += n, len -= n) {
		n = len;
		at = file->state == DUMP_FILE_PLAIN ? offset
						    : dump_flat_find(&file->flat, offset, &n);
		if (at)
			ahead_disk(file, at, n);
	}
}

static int read_src(void *priv, u64 offset, void *buf, size_t len)
{
	return dump_file_read(priv, offset, buf, len);
}

struct dump_src dump_file_src(struct dump_file *file, u64 budget)
{
	return (struct dump_src){
		.read = read_src, .priv = file, .size = file->size, .budget = budget
	};
}

bool dump_file_is_flat(const struct dump_file *file)
{
	return file->state == DUMP_FILE_FIRST || file->state == DUMP_FILE_WHOLE;
}

bool dump_file_is_cut(const struct dump_file *file, struct errbuf *ret)
{
	if (file->state != DUMP_FILE_WHOLE || file->flat.end == FLAT_WHOLE)
		return false;
	if (file->flat.end == FLAT_CUT)
		errbuf_set(ret, "the flattened dump is cut at byte 0x%llx", file->flat.end_at);
	else
		errbuf_set(ret,
			   "the flattened dump is damaged at byte 0x%llx, and what follows was "
			   "not read",
			   file->flat.end_at);
	return true;
}

void dump_file_blame(const struct dump_file *file, struct errbuf *err)
{
	struct errbuf cut;

	if (dump_file_is_cut(file, &cut))
		errbuf_prefix(err, "%s", cut.text);
}

void dump_file_close(struct dump_file *file)
{
	dump_flat_free(&file->flat);
	*file = (struct dump_file){ .fd = file->fd };
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem.c - which reader a dump gets, and how readers read the file.
 */
#include "ctl/dump/mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctl/dump/kdcodec.h"
#include "lib/base/cleanup.h"

int mem_pread(int fd, u64 offset, void *buf, size_t len)
{
	int r = dump_read_fd(&fd, offset, buf, len);

	/* -ENODATA would read as "not stored"; a file that ends too early is damaged. */
	return r == -ENODATA ? -EIO : r;
}

#define COLD 64u /* reads from the page cache until a file counts as cached again */

/* The read, and whether it had to wait. Not every file system can tell: then it had not. */
int mem_file_read(struct mem_file *file, u64 offset, void *buf, size_t len)
{
	struct iovec vec = { buf, len };

	if (preadv2(file->fd, &vec, 1, (off_t)offset, RWF_NOWAIT) == (ssize_t)len) {
		file->cold -= file->cold > 0;
		return 0;
	}
	if (errno != EOPNOTSUPP)
		file->cold = COLD;
	return mem_pread(file->fd, offset, buf, len);
}

void mem_file_ahead(const struct mem_file *file, u64 offset, u64 len)
{
	if (file->cold)
		(void)posix_fadvise(file->fd, (off_t)offset, (off_t)len, POSIX_FADV_WILLNEED);
}

/* Are the pages read by our own code? */
static bool is_ours(const struct dump_kdump *k)
{
	return !k->diskdump && !kdcodec_missing(k->status & KDCODEC_ALL);
}

/* @library: kdump-compressed dumps are left to it. */
static int open_kind(int fd, bool library, struct memdump *ret, struct errbuf *err)
{
	struct dump_src src;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errbuf_set(err, "not a regular file");
		return -EINVAL;
	}
	src = dump_src_fd(&fd, (u64)st.st_size, DUMP_FIND_BUDGET);
	r = dump_headers(&src, &ret->info, err);
	if (r < 0)
		return r;
	if (ret->info.format == DUMP_ELF)
		return mem_elf_open(fd, ret, err);
	if (library || !is_ours(&ret->info.kdump))
		return mem_kdump_open(fd, ret, err);
	return mem_kdpages_open(fd, ret, err);
}

static int open_by(int fd, const char *name, bool library, struct memdump *ret, struct errbuf *err)
{
	int r = open_kind(fd, library, ret, err);

	if (r == -ENOMEM)
		errbuf_set(err, "%s", strerror(ENOMEM));
	if (r < 0)
		errbuf_prefix(err, "%s", name);
	return r;
}

int memdump_open(int fd, const char *name, struct memdump *ret, struct errbuf *err)
{
	return open_by(fd, name, false, ret, err);
}

int memdump_open_library(int fd, const char *name, struct memdump *ret, struct errbuf *err)
{
	return open_by(fd, name, true, ret, err);
}

const char *memdump_why(const struct memdump *dump, int error)
{
	return dump->problem.text[0] ? dump->problem.text : strerror(-error);
}

void memdump_close(struct memdump *dump)
{
	if (dump->close)
		dump->close(dump->mem.priv);
	*dump = (struct memdump){ 0 };
}

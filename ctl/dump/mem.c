// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem.c - which reader a dump gets, and the count of what came of its reads.
 */
#include "ctl/dump/mem.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ctl/dump/dump.h"
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

static int counted_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct memdump *dump = priv;
	int r = dump->ops->read(dump->impl, addr, buf, len);

	dump->reads++;
	dump->not_stored += r == SMMU_MEM_EXCLUDED;
	dump->not_ram += r == SMMU_MEM_NOT_RAM;
	return r;
}

static void pass_will_need(void *priv, u64 addr, size_t len)
{
	struct memdump *dump = priv;

	dump->ops->will_need(dump->impl, addr, len);
}

/* Not of an AArch64 kernel: said in the same words everywhere. What else is wrong the readers say.
 */
static int check_machine(int fd, u64 size, const char *name, struct errbuf *err)
{
	struct dump_src src = {
		.read = dump_read_fd, .priv = &fd, .size = size, .budget = DUMP_FIND_BUDGET
	};
	struct dump_info info;
	struct errbuf why;

	if (dump_parse(&src, &info, &why) != -ENOEXEC)
		return 0;
	errbuf_set(err, "%s: %s", name, why.text);
	return -ENOEXEC;
}

/* Which of the formats; @library: of kdump-compressed dumps leave all to it. */
static int open_kind(int fd, const char *name, bool library, struct memdump *ret,
		     struct errbuf *err)
{
	char magic[16] = { 0 };
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errbuf_set(err, "%s: not a regular file", name);
		return -EINVAL;
	}
	r = mem_pread(fd, 0, magic, sizeof(magic));
	if (r < 0) {
		errbuf_set(err, "%s: too short for a dump", name);
		return -EBADMSG;
	}
	r = check_machine(fd, (u64)st.st_size, name, err);
	if (r < 0)
		return r;
	if (!memcmp(magic, "\177ELF", 4) && !library)
		return mem_elf_open(fd, (u64)st.st_size, name, ret, err);
	if (!memcmp(magic, "KDUMP   ", 8) || !memcmp(magic, "DISKDUMP", 8)) {
		r = library ? MEM_FOREIGN : mem_kdpages_open(fd, (u64)st.st_size, name, ret, err);
		return r == MEM_FOREIGN ? mem_kdump_open(fd, (u64)st.st_size, name, ret, err) : r;
	}
	if (!memcmp(magic, "makedumpfile", 12))
		errbuf_set(err, "%s: flattened; first run makedumpfile -R OUT < %s", name, name);
	else
		errbuf_set(err, "%s: neither an ELF nor a kdump-compressed dump", name);
	return -ENOTSUP;
}

static int open_by(int fd, const char *name, bool library, struct memdump *ret, struct errbuf *err)
{
	int r = open_kind(fd, name, library, ret, err);

	if (r < 0)
		return r;
	ret->mem.read = counted_read;
	ret->mem.priv = ret;
	if (ret->ops->will_need)
		ret->mem.will_need = pass_will_need;
	return 0;
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
	if (dump->ops)
		dump->ops->close(dump->impl);
	*dump = (struct memdump){ 0 };
}

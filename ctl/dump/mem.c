// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem.c - which reader a dump gets.
 */
#include "ctl/dump/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/dump/kdcodec.h"

int mem_file_read(struct dump_file *file, u64 offset, void *buf, size_t len)
{
	int r = dump_file_read(file, offset, buf, len);

	return r == -ENODATA ? SMMU_MEM_EXCLUDED : r;
}

/* Are the pages read by our own code? */
static bool is_ours(const struct dump_kdump *k)
{
	return !k->diskdump && !kdcodec_missing(k->status & KDCODEC_ALL);
}

/* @library: kdump-compressed dumps are left to it. */
static int open_kind(struct dump_file *file, bool library, struct memdump *ret, struct errbuf *err)
{
	struct dump_src src = dump_file_src(file, DUMP_FIND_BUDGET);
	int r = dump_headers(&src, &ret->info, err);

	if (r < 0)
		return r;
	if (ret->info.format == DUMP_ELF)
		return mem_elf_open(file, ret, err);
	if (library || !is_ours(&ret->info.kdump))
		return mem_kdump_open(file, ret, err);
	return mem_kdpages_open(file, ret, err);
}

static int open_by(struct dump_file *file, const char *name, bool library, struct memdump *ret,
		   struct errbuf *err)
{
	int r = dump_file_whole(file, err);

	ret->file = file;
	if (r >= 0)
		r = open_kind(file, library, ret, err);
	if (r == -ENOMEM)
		errbuf_set(err, "%s", strerror(ENOMEM));
	if (r < 0) {
		dump_file_blame(file, err);
		errbuf_prefix(err, "%s", name);
	}
	return r;
}

int memdump_open(struct dump_file *file, const char *name, struct memdump *ret, struct errbuf *err)
{
	return open_by(file, name, false, ret, err);
}

int memdump_open_library(struct dump_file *file, const char *name, struct memdump *ret,
			 struct errbuf *err)
{
	return open_by(file, name, true, ret, err);
}

const char *memdump_lacks(const struct memdump *dump, u32 i, char buf[MEMDUMP_LACKS_BYTES])
{
	struct errbuf cut;

	if (dump_file_is_cut(dump->file, &cut) && !i--)
		(void)snprintf(buf, MEMDUMP_LACKS_BYTES, "%.100s: memory may be missing anywhere",
			       cut.text);
	else if (dump->bad_loads && !i--)
		(void)snprintf(
			buf, MEMDUMP_LACKS_BYTES,
			"%u program headers of the dump cannot be right, and their memory is "
			"missing",
			dump->bad_loads);
	else if (dump->cut_bytes > 1 && !i--)
		(void)snprintf(buf, MEMDUMP_LACKS_BYTES,
			       "the dump file is cut: at least %llu bytes of memory are missing",
			       dump->cut_bytes);
	else if (dump->cut_bytes == 1 && !i--)
		(void)snprintf(buf, MEMDUMP_LACKS_BYTES, "the dump is marked as incomplete");
	else
		return NULL;
	return buf;
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

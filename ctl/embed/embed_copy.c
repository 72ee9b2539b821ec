// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed_copy.c - data by data, holes left out. Behind the gap every offset of
 * the headers grows by its size; multiples of 64 KiB keep the place in a page.
 */
#include "ctl/embed/embed_copy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define CHUNK_BYTES (1u << 20)

struct copy {
	int from_fd;
	struct dump_src *from;
	struct embed_dev *to;
	u64 first, gap; /* bytes at or behind @first move by @gap */
	struct errbuf *err;
};

static int copy_range(struct copy *c, u64 offset, u64 end)
{
	_cleanup_free_ u8 *buf = malloc(CHUNK_BYTES);
	size_t n;
	int r;

	if (!buf)
		return -ENOMEM;
	for (; offset < end; offset += n) {
		n = end - offset < CHUNK_BYTES ? (size_t)(end - offset) : CHUNK_BYTES;
		if (offset < c->first && c->first - offset < n)
			n = (size_t)(c->first - offset);
		r = dump_read(c->from, offset, buf, n, c->err);
		if (r < 0)
			return r;
		r = c->to->write(c->to->src.priv, offset + (offset >= c->first ? c->gap : 0), buf,
				 n);
		if (r < 0) {
			errbuf_set(c->err, "copying 0x%llx: %s", offset, strerror(-r));
			return r;
		}
	}
	return 0;
}

static int copy_data(struct copy *c)
{
	u64 size = c->from->size, at = 0;
	off_t data, hole;
	int r;

	while (at < size) {
		data = lseek(c->from_fd, (off_t)at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		hole = data < 0 ? -1 : lseek(c->from_fd, data, SEEK_HOLE);
		if (hole < 0) { /* a file system without holes */
			data = (off_t)at;
			hole = (off_t)size;
		}
		r = copy_range(c, (u64)data, (u64)hole < size ? (u64)hole : size);
		if (r < 0)
			return r;
		at = (u64)hole;
	}
	c->to->src.size = size + c->gap;
	r = c->to->cut(c->to->src.priv, c->to->src.size);
	if (r < 0)
		errbuf_set(c->err, "copying: %s", strerror(-r));
	return r;
}

static int add_gap(struct copy *c, u64 at, u64 *ret_old)
{
	u8 raw[8];
	int r = dump_read(c->from, at, raw, sizeof(raw), c->err);

	if (r < 0)
		return r;
	*ret_old = core_ld64(raw);
	if (*ret_old < c->first)
		return 0;
	core_st64(raw, *ret_old + c->gap);
	r = c->to->write(c->to->src.priv, at, raw, sizeof(raw));
	if (r < 0)
		errbuf_set(c->err, "copying 0x%llx: %s", at, strerror(-r));
	return r;
}

/* Where the first segment begins in the file. */
static int find_first(struct copy *c, const struct dump_info *info)
{
	u8 h[ELF_PHDR_BYTES];
	u32 i;
	int r;

	c->first = c->from->size;
	for (i = 0; i < info->elf.phnum; i++) {
		r = dump_read(c->from, info->elf.phoff + (u64)i * ELF_PHDR_BYTES, h, sizeof(h),
			      c->err);
		if (r < 0)
			return r;
		if (core_ld32(h) == ELF_PT_LOAD && core_ld64(h + 32) && core_ld64(h + 8) < c->first)
			c->first = core_ld64(h + 8);
	}
	if (c->first < info->notes + info->notes_len ||
	    c->first < info->elf.phoff + (u64)info->elf.phnum * ELF_PHDR_BYTES) {
		errbuf_set(c->err, "0x%llx: a segment begins before the end of the notes",
			   c->first);
		return -EBADMSG;
	}
	return 0;
}

static int copy_with_gap(struct copy *c)
{
	struct dump_info info;
	u64 old;
	u32 i;
	int r = dump_parse(c->from, &info, c->err);

	if (r >= 0 && info.format != DUMP_ELF)
		r = -EINVAL;
	if (r >= 0)
		r = find_first(c, &info);
	if (r >= 0)
		r = copy_data(c);
	for (i = 0; r >= 0 && i < info.elf.phnum; i++)
		r = add_gap(c, info.elf.phoff + (u64)i * ELF_PHDR_BYTES + 8, &old);
	return r < 0 ? r : add_gap(c, 40 /* e_shoff */, &old);
}

int embed_copy(int from_fd, struct dump_src *from, struct embed_dev *to, u64 gap,
	       struct errbuf *err)
{
	struct copy c = { from_fd, from, to, ~(u64)0, gap, err };

	return gap ? copy_with_gap(&c) : copy_data(&c);
}

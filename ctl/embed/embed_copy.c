// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * embed_copy.c - copies the data of a file and leaves its holes out. With a gap, every offset in
 * the headers that lies behind it grows by its size. The size is a multiple of 64 KiB, so that
 * data keeps its place in a page.
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

static int rewrite(struct copy *c, u64 at, const void *bytes, size_t len)
{
	int r = c->to->write(c->to->src.priv, at, bytes, len);

	if (r < 0)
		errbuf_set(c->err, "copying 0x%llx: %s", at, strerror(-r));
	return r;
}

/* Where what was at @offset of the file is now. */
static u64 moved(const struct copy *c, u64 offset)
{
	return offset >= c->first && offset <= c->from->size ? offset + c->gap : offset;
}

static int copy_elf(struct copy *c, const struct dump_elf *elf, Elf64_Phdr *h)
{
	u64 shoff = moved(c, elf->shoff);
	u32 i;
	int r = copy_data(c);

	for (i = 0; i < elf->phnum; i++)
		h[i].p_offset = moved(c, h[i].p_offset);
	if (r >= 0)
		r = rewrite(c, elf->phoff, h, elf->phnum * sizeof(*h));
	return r < 0 ? r : rewrite(c, offsetof(Elf64_Ehdr, e_shoff), &shoff, sizeof(shoff));
}

static int copy_with_gap(struct copy *c)
{
	struct dump_phdrs phdrs = { 0 };
	struct dump_info info;
	int r = dump_parse(c->from, &info, c->err);

	if (r >= 0 && info.format != DUMP_ELF) {
		errbuf_set(c->err, "no room behind the notes, and a gap is for ELF dumps only");
		r = -EINVAL;
	}
	if (r >= 0)
		r = dump_elf_phdrs(c->from, &info, false, &phdrs, c->err);
	c->first = phdrs.first;
	if (r >= 0 && (c->first < info.notes + info.notes_len ||
		       c->first < info.elf.phoff + info.elf.phnum * sizeof(*phdrs.h))) {
		errbuf_set(c->err, "0x%llx: a segment begins before the end of the notes",
			   c->first);
		r = -EBADMSG;
	}
	if (r >= 0)
		r = copy_elf(c, &info.elf, phdrs.h);
	free(phdrs.h);
	return r;
}

int embed_copy(int from_fd, struct dump_src *from, struct embed_dev *to, u64 gap,
	       struct errbuf *err)
{
	struct copy c = { from_fd, from, to, ~(u64)0, gap, err };

	return gap ? copy_with_gap(&c) : copy_data(&c);
}

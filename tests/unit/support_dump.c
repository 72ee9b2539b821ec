// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_dump.c - see support_dump.h.
 */
#include "tests/unit/support_dump.h"

#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "tests/unit/support_run.h"

#define RAM 0x40000000u
#define BLOCK 4096u

static size_t put_note(u8 *p, const char *owner, u32 type, const char *dump, const u8 *body,
		       size_t len)
{
	/* Of a device dump the kernel counts the owner's padding too. */
	size_t name = type == 0x700 ? 8 : strlen(owner) + 1, name_pad = (name + 3) & ~(size_t)3,
	       front = dump ? 44 : 0;

	core_st32(p, (u32)name);
	core_st32(p + 4, (u32)(front + len));
	core_st32(p + 8, type);
	memcpy(p + 12, owner, strlen(owner) + 1);
	if (dump)
		memcpy(p + 12 + name_pad, dump, strlen(dump));
	memcpy(p + 12 + name_pad + front, body, len);
	return 12 + name_pad + ((front + len + 3) & ~(size_t)3);
}

/* Our note (filled up with zeros as the kernel does), another's, PRSTATUS, VMCOREINFO. */
static size_t put_notes(u8 *p, const u8 *ours, size_t ours_len, size_t *ret_info)
{
	static const char info[] = "OSRELEASE=6.12.0-test\nPAGESIZE=4096\n";
	u8 status[392], *padded;
	size_t at = 0;

	memset(status, 0x5a, sizeof(status));
	if (ours) {
		padded = calloc(1, ours_len + 100);
		assert_non_null(padded);
		memcpy(padded, ours, ours_len);
		at += put_note(p, "LINUX", 0x700, "smmu_adopt", padded, ours_len + 100);
		free(padded);
	}
	at += put_note(p + at, "LINUX", 0x700, "cxgb4_0000:01", status, 300);
	at += put_note(p + at, "CORE", 1, NULL, status, sizeof(status));
	*ret_info = at + 12 + 12;
	return at + put_note(p + at, "VMCOREINFO", 0, NULL, (const u8 *)info, sizeof(info) - 1);
}

static void put_phdr(u8 *h, u32 type, u64 offset, u64 paddr, u64 bytes)
{
	core_st32(h, type);
	core_st64(h + 8, offset);
	core_st64(h + 16, paddr ? 0xfff0000000000000u + paddr - RAM : 0);
	core_st64(h + 24, paddr);
	core_st64(h + 32, bytes);
	core_st64(h + 40, bytes);
}

struct image elf_image(const struct elf_shape *s)
{
	static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	size_t at, notes_len, ignored, i,
		cap = 65536 + s->ours_len + (size_t)s->loads * s->load_bytes;
	struct image image = { calloc(1, cap), 0 };
	u8 *d = image.data;

	assert_non_null(d);
	memcpy(d, ident, sizeof(ident));
	core_st16(d + 16, 4);
	core_st16(d + 18, 183);
	core_st32(d + 20, 1);
	core_st64(d + 32, 64);
	core_st16(d + 52, 64);
	core_st16(d + 54, 56);
	core_st16(d + 56, (u16)(1 + s->loads));
	at = 64 + 56u * (1 + s->loads);
	if (!s->tight && !s->no_slot)
		at = (at + BLOCK - 1) & ~(size_t)(BLOCK - 1);
	notes_len = put_notes(d + at, s->ours, s->ours_len, &ignored);
	put_phdr(d + 64, 4, at, 0, notes_len);
	at += notes_len;
	if (!s->tight)
		at = (at + BLOCK - 1) & ~(size_t)(BLOCK - 1);
	for (i = 0; i < s->loads; i++, at += s->load_bytes) {
		put_phdr(d + 120 + 56 * i, 1, at, RAM + i * 0x100000, s->load_bytes);
		memset(d + at, (int)(0x41 + i), s->load_bytes);
		core_st64(d + at, i); /* pages of a segment differ from each other */
		core_st64(d + at + s->load_bytes / 2, ~(u64)i);
	}
	assert_true(at <= cap);
	image.len = at;
	return image;
}

/* Bitmaps of a block each, the descriptors of three pages, and their data. Returns the end. */
static size_t put_pages(u8 *d, size_t at)
{
	size_t descs = at + 2 * BLOCK, data = descs + 3 * 24, i;

	d[at] = d[at + BLOCK] = 0x2a;
	for (i = 0; i < 3; i++) {
		core_st64(d + descs + i * 24, data + i * 77);
		core_st32(d + descs + i * 24 + 8, 77);
		core_st32(d + descs + i * 24 + 12, 1);
	}
	memset(d + data, 0xee, 3 * 77);
	return data + 3 * 77;
}

struct image kdump_image(const struct kdump_shape *s)
{
	size_t notes = BLOCK + 104, info, len, blocks, cap = 65536 + 2 * s->ours_len;
	struct image image = { calloc(1, cap), 0 };
	u8 *d = image.data;

	assert_non_null(d);
	memcpy(d, "KDUMP   ", 8);
	core_st32(d + 8, s->version);
	core_st32(d + 424, s->status);
	core_st32(d + 428, BLOCK);
	core_st32(d + 436, 2);
	core_st32(d + 440, 1000);
	core_st64(d + BLOCK + 96, s->version >= 6 ? 1000 : 0);
	len = put_notes(d + notes, s->ours, s->ours_len, &info);
	if (s->full) /* a note that fills the block */
		len += put_note(d + notes + len, "CORE", 0x4e4f, NULL, d,
				(BLOCK - (104 + len) % BLOCK) - 20);
	blocks = (104 + len + BLOCK - 1) / BLOCK;
	core_st32(d + 432, (u32)blocks);
	core_st32(d + BLOCK + 12, s->split);
	if (s->version >= 3) {
		core_st64(d + BLOCK + 32, notes + info);
		core_st64(d + BLOCK + 40, 36);
	}
	if (s->version >= 4) {
		core_st64(d + BLOCK + 48, notes);
		core_st64(d + BLOCK + 56, len);
	}
	image.len = put_pages(d, BLOCK * (1 + blocks));
	assert_true(image.len <= cap);
	return image;
}

static void st_be64(u8 *p, u64 v)
{
	core_st64(p, __builtin_bswap64(v));
}

struct image flat_pieces(const struct flat_piece *piece, size_t n)
{
	size_t out = 4096, i;
	struct image image;

	for (i = 0; i < n; i++)
		out += 16 + piece[i].len;
	image = (struct image){ calloc(1, out + 16), out + 16 };
	assert_non_null(image.data);
	memcpy(image.data, "makedumpfile", 12);
	st_be64(image.data + 16, 1);
	st_be64(image.data + 24, 1);
	for (i = 0, out = 4096; i < n; out += 16 + piece[i++].len) {
		st_be64(image.data + out, piece[i].at);
		st_be64(image.data + out + 8, piece[i].len);
		memcpy(image.data + out + 16, piece[i].bytes, piece[i].len);
	}
	memset(image.data + out, 0xff, 16);
	return image;
}

/* @inner in pieces of @chunk bytes. *ret_n: with room for one more. */
static struct flat_piece *pieces_of(const struct image *inner, size_t chunk, size_t *ret_n)
{
	size_t n = (inner->len + chunk - 1) / chunk, i, at;
	struct flat_piece *piece = calloc(n + 1, sizeof(*piece));

	assert_non_null(piece);
	for (i = 0; i < n; i++) {
		at = i * chunk;
		piece[i] = (struct flat_piece){ at, inner->data + at,
						inner->len - at < chunk ? inner->len - at : chunk };
	}
	*ret_n = n;
	return piece;
}

struct image flat_image(const struct image *inner, size_t chunk)
{
	size_t n;
	struct flat_piece *piece = pieces_of(inner, chunk, &n);
	struct image image;

	piece[n] = (struct flat_piece){ 0, inner->data, inner->len < 4096 ? inner->len : 4096 };
	image = flat_pieces(piece, n + 1);
	/* makedumpfile has no program headers at first. */
	if (inner->data[0] == 0x7f && chunk > 64)
		memset(image.data + 4096 + 16 + 64, 0, (chunk < 4096 ? chunk : 4096) - 64);
	free(piece);
	return image;
}

struct image flat_reversed(const struct image *inner, size_t chunk)
{
	size_t n, i;
	struct flat_piece *piece = pieces_of(inner, chunk, &n), kept;
	struct image image;

	for (i = 0; i < n / 2; i++) {
		kept = piece[i];
		piece[i] = piece[n - 1 - i];
		piece[n - 1 - i] = kept;
	}
	image = flat_pieces(piece, n);
	free(piece);
	return image;
}

int mem_read(void *priv, u64 offset, void *buf, size_t len)
{
	struct mem_dev *dev = priv;

	assert_true(offset <= dev->image.len && len <= dev->image.len - offset);
	memcpy(buf, dev->image.data + offset, len);
	return 0;
}

static int mem_write(void *priv, u64 offset, const void *buf, size_t len)
{
	struct mem_dev *dev = priv;
	bool fail = dev->fail_at && ++dev->writes >= dev->fail_at &&
		    !(dev->once && dev->writes > dev->fail_at);
	size_t end;

	if (fail && !(dev->torn && len > 64 && dev->writes == dev->fail_at))
		return -EIO;
	if (fail)
		len /= 2;
	end = (size_t)offset + len;
	if (end > dev->image.len) {
		dev->image.data = realloc(dev->image.data, end);
		assert_non_null(dev->image.data);
		memset(dev->image.data + dev->image.len, 0, end - dev->image.len);
		dev->image.len = end;
	}
	memcpy(dev->image.data + offset, buf, len);
	return fail ? -EIO : 0;
}

static int mem_sync(void *priv)
{
	struct mem_dev *dev = priv;

	return dev->fail_at && !dev->once && dev->writes >= dev->fail_at ? -EIO : 0;
}

static int mem_cut(void *priv, u64 size)
{
	struct mem_dev *dev = priv;

	if (dev->fail_at && !dev->once && dev->writes >= dev->fail_at)
		return -EIO;
	dev->image.len = (size_t)size;
	return 0;
}

struct embed_dev mem_dev_open(struct mem_dev *dev)
{
	return (struct embed_dev){
		.src = { .read = mem_read, .priv = dev, .size = dev->image.len },
		.write = mem_write,
		.sync = mem_sync,
		.cut = mem_cut,
	};
}

u32 elf_memory_crc(const struct image *image)
{
	const u8 *d = image->data, *h;
	u32 crc = 0, found, n = core_ld16(d + 56), i;
	u64 pa, off, bytes;

	/* All RAM that shapes can have, in steps smaller than a page. */
	for (pa = RAM; pa < RAM + 0x1000000; pa += 512) {
		for (i = found = 0; i < n; i++) {
			h = d + core_ld64(d + 32) + 56 * (size_t)i;
			bytes = core_ld64(h + 32);
			off = pa - core_ld64(h + 24);
			if (core_ld32(h) != 1 || pa < core_ld64(h + 24) || off >= bytes)
				continue;
			assert_true(core_ld64(h + 8) + bytes <= image->len);
			/* Described twice: then with the same bytes. */
			if (!found++)
				crc = rec_crc32(crc, d + core_ld64(h + 8) + off, 512);
		}
		crc = rec_crc32(crc, &(u8){ found ? 1 : 0 }, 1);
	}
	return crc;
}

u32 other_notes_crc(const struct image *image)
{
	const u8 *d = image->data, *p, *end, *sub = d + BLOCK;
	bool elf = d[0] == 0x7f;
	u64 at = core_ld64(elf ? d + 64 + 8 : sub + 48),
	    len = core_ld64(elf ? d + 64 + 32 : sub + 56);
	u32 crc = 0, name, body;

	assert_true(at + len <= image->len);
	for (p = d + at, end = p + len; p < end; p += 12 + name + body) {
		assert_true(end - p >= 12);
		name = (core_ld32(p) + 3) & ~3u;
		body = (core_ld32(p + 4) + 3) & ~3u;
		assert_true((size_t)(end - p) >= 12 + (size_t)name + body);
		if (core_ld32(p + 8) != 0x700)
			crc = rec_crc32(crc, p, 12 + (size_t)name + body);
	}
	if (!elf)
		crc = rec_crc32(crc, d + core_ld64(sub + 32), (size_t)core_ld64(sub + 40));
	return crc;
}

struct image noted_image(u32 version, const u8 *records, size_t len)
{
	struct elf_shape elf = { 3, 0x2000, false, false, records, len };
	struct kdump_shape kdump = { version, 1, 0, false, records, len };

	return version ? kdump_image(&kdump) : elf_image(&elf);
}

const char *scratch_image(const char *name, const struct image *image)
{
	static char path[512];

	scratch_put(name, image->data, image->len);
	return scratch_path(path, name);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdmap.c - bitmaps and page descriptors of kdump-compressed dumps: two
 * bitmaps (RAM, stored), one 24-byte descriptor per stored page in order of page
 * number, and the pages. dump_kdump.c knows where they begin.
 */
#include "ctl/dump/mem_kdmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static u32 ones(u64 v)
{
	v -= v >> 1 & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (u32)(v * 0x0101010101010101ull >> 56);
}

/* Of the first @n bits at @bits. */
static u32 ones_before(const u8 *bits, u32 n)
{
	u32 sum = 0;

	for (; n >= 64; n -= 64, bits += 8)
		sum += ones(core_ld64(bits));
	return n ? sum + ones(core_ld64(bits) << (64 - n)) : sum;
}

static bool bit(const u8 *bits, u64 n)
{
	return bits[n / 8] >> (n % 8) & 1;
}

/* Bits of pages that the machine does not have count for nothing. */
static void clear_above(u8 *bits, u64 bytes, u64 pages)
{
	if (pages / 8 >= bytes)
		return;
	bits[pages / 8] &= (u8)((1u << pages % 8) - 1);
	memset(bits + pages / 8 + 1, 0, bytes - pages / 8 - 1);
}

/* A cut flattened dump may lack parts of it; nothing of them is stored. */
static int read_stored(struct dump_file *file, u64 offset, u8 *bits, u64 bytes)
{
	int r = dump_file_read(file, offset, bits, bytes);
	u64 at, n;

	for (at = 0; r == -ENODATA && at < bytes; at += n) {
		n = bytes - at < 4096 ? bytes - at : 4096;
		if (dump_file_read(file, offset + at, bits + at, n) < 0)
			memset(bits + at, 0, n);
	}
	return r == -ENODATA ? 0 : r;
}

static int read_maps(struct kdmap *map, u64 offset, u64 bytes)
{
	const u64 step = KDMAP_RANK_BITS / 8;
	u64 i;

	map->ram = malloc(bytes);
	map->stored = malloc(bytes);
	map->rank = calloc(bytes / step + 1, sizeof(*map->rank));
	if (!map->ram || !map->stored || !map->rank)
		return -ENOMEM;
	if (dump_file_read(map->file, offset, map->ram, bytes) < 0 ||
	    read_stored(map->file, offset + bytes, map->stored, bytes) < 0)
		return -EIO;
	clear_above(map->stored, bytes, map->pages);
	for (i = 0; i < bytes / step; i++)
		map->rank[i + 1] =
			map->rank[i] + ones_before(map->stored + i * step, KDMAP_RANK_BITS);
	map->n_stored = map->rank[bytes / step];
	return 0;
}

int kdmap_open(struct kdmap *map, struct dump_file *file, const struct dump_info *info,
	       struct errbuf *err)
{
	const struct dump_kdump *k = &info->kdump;
	int r = dump_kdump_check_pages(info, err);

	if (r < 0)
		return r;
	map->file = file;
	map->size = info->size;
	map->shift = (u32)__builtin_ctz(k->block);
	map->pages = k->pages;
	map->descs = k->descs;
	map->incomplete = k->status & KDUMP_STATUS_INCOMPLETE;
	r = read_maps(map, k->bitmap, k->bitmap_bytes);
	if (r < 0) {
		errbuf_set(err, "the bitmaps at 0x%llx: %s", k->bitmap, strerror(-r));
		return r;
	}
	if (map->n_stored > (map->size - map->descs) / KDUMP_DESC_BYTES) {
		errbuf_set(err, "the page descriptors are outside the file");
		return -EBADMSG;
	}
	map->data = map->descs + map->n_stored * KDUMP_DESC_BYTES;
	return 0;
}

void kdmap_free(struct kdmap *map)
{
	free(map->ram);
	free(map->stored);
	free(map->rank);
	*map = (struct kdmap){ 0 };
}

int kdmap_find(const struct kdmap *map, u64 pfn, u64 *ret_rank)
{
	u64 at = pfn / KDMAP_RANK_BITS;

	if (pfn >= map->pages || !bit(map->ram, pfn))
		return SMMU_MEM_NOT_RAM;
	if (!bit(map->stored, pfn))
		return SMMU_MEM_EXCLUDED;
	*ret_rank = map->rank[at] +
		    ones_before(map->stored + at * (KDMAP_RANK_BITS / 8), pfn % KDMAP_RANK_BITS);
	return SMMU_MEM_OK;
}

int kdmap_decode(const struct kdmap *map, const u8 *desc, struct kdmap_page *ret)
{
	*ret = (struct kdmap_page){ core_ld64(desc), core_ld32(desc + 8), core_ld32(desc + 12) };
	if (dump_kdump_cut_of(map->size, ret->offset, ret->bytes))
		return SMMU_MEM_EXCLUDED;
	return ret->bytes > 1u << map->shift || ret->offset < map->data ? -EBADMSG : SMMU_MEM_OK;
}

int kdmap_check(const struct kdmap *map, u64 addr)
{
	u8 desc[KDUMP_DESC_BYTES];
	struct kdmap_page page;
	u64 rank;
	int r = kdmap_find(map, addr >> map->shift, &rank);

	if (!r)
		r = mem_file_read(map->file, map->descs + rank * sizeof(desc), desc, sizeof(desc));
	if (!r)
		r = kdmap_decode(map, desc, &page);
	return r == -EBADMSG ? SMMU_MEM_OK : r;
}

u64 kdmap_cut_bytes(const struct kdmap *map)
{
	struct dump_src src = dump_file_src(map->file, 0);
	struct errbuf ignored;
	u64 cut;

	if (dump_kdump_cut(&src, map->descs, map->n_stored, &cut, &ignored) < 0)
		cut = 0;
	return cut ? cut : map->incomplete;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdmap.c - headers, bitmaps and page descriptors of kdump-compressed dumps,
 * header versions 1 to 6 as makedumpfile writes them: header, sub-header, two
 * bitmaps (RAM, stored), one 24-byte descriptor per stored page in order of page
 * number, and the pages.
 */
#include "ctl/dump/mem_kdmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/dump/kdcodec.h"

#define HEADER_BYTES 464u
#define SUB_BYTES 104u
#define VERSION_MAX 6u
#define STATUS_INCOMPLETE 8u
#define BITMAP_BYTES_MAX (1ull << 30) /* 32 TiB of memory in 4 KiB pages */
#define LAST_DESCS 4096u

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

static int read_maps(struct kdmap *map, u64 offset, u64 bytes)
{
	const u64 step = KDMAP_RANK_BITS / 8;
	u64 i;

	map->ram = malloc(bytes);
	map->stored = malloc(bytes);
	map->rank = calloc(bytes / step + 1, sizeof(*map->rank));
	if (!map->ram || !map->stored || !map->rank)
		return -ENOMEM;
	if (mem_pread(map->fd, offset, map->ram, bytes) < 0 ||
	    mem_pread(map->fd, offset + bytes, map->stored, bytes) < 0)
		return -EIO;
	clear_above(map->stored, bytes, map->pages);
	for (i = 0; i < bytes / step; i++)
		map->rank[i + 1] =
			map->rank[i] + ones_before(map->stored + i * step, KDMAP_RANK_BITS);
	map->n_stored = map->rank[bytes / step];
	return 0;
}

/* What the sub-header @s says, in so far as the version has it. */
static const char *read_sub(struct kdmap *map, const u8 *h, const u8 *s, u64 bits, int *ret_error)
{
	u32 version = core_ld32(h + 8);

	map->foreign = memcmp(h, "KDUMP   ", 8) != 0 || !version || version > VERSION_MAX;
	if (version >= 2 && core_ld32(s + 12)) {
		*ret_error = -ENOTSUP;
		return "a part of a split dump; first run makedumpfile --reassemble";
	}
	/* The first header has the lower half of the number. */
	map->pages = version >= 6 ? core_ld64(s + 96) : core_ld32(h + 440);
	if (!map->pages)
		return "it has no pages";
	return map->pages > bits ? "its bitmaps are shorter than its memory" : NULL;
}

const char *kdmap_open(struct kdmap *map, int fd, u64 size, int *ret_error)
{
	u32 block, sub, blocks, shift;
	u8 h[HEADER_BYTES], s[SUB_BYTES];
	const char *problem;
	u64 bytes;
	int r;

	*ret_error = -EBADMSG;
	if (mem_pread(fd, 0, h, sizeof(h)) < 0)
		return "too short";
	block = core_ld32(h + 428);
	sub = core_ld32(h + 432);
	blocks = core_ld32(h + 436);
	for (shift = 12; shift <= 16 && block != 1u << shift; shift++)
		;
	if (shift > 16)
		return "its block size is not a page size";
	bytes = (u64)(blocks / 2) * block;
	if (!sub || sub > 1u << 20 || !bytes || bytes > BITMAP_BYTES_MAX ||
	    ((u64)sub + blocks + 1) * block > size || mem_pread(fd, block, s, sizeof(s)) < 0)
		return "its bitmaps are outside the file";
	problem = read_sub(map, h, s, bytes * 8, ret_error);
	if (problem)
		return problem;
	map->fd = fd;
	map->size = size;
	map->shift = shift;
	map->descs = ((u64)sub + blocks + 1) * block;
	map->codecs = core_ld32(h + 424) & KDCODEC_ALL;
	map->incomplete = core_ld32(h + 424) & STATUS_INCOMPLETE;
	r = read_maps(map, ((u64)sub + 1) * block, bytes);
	if (r < 0) {
		*ret_error = r;
		return "its bitmaps cannot be read";
	}
	if (map->n_stored > (size - map->descs) / KDMAP_DESC_BYTES)
		return "its page descriptors are outside the file";
	map->data = map->descs + map->n_stored * KDMAP_DESC_BYTES;
	return NULL;
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

/* Bytes of a page that lie beyond the end of the file; an empty descriptor: all of them. */
static u64 cut_of(const struct kdmap *map, const struct kdmap_page *page)
{
	if (!page->offset || !page->bytes || page->offset > map->size)
		return page->bytes ? page->bytes : 1;
	return page->bytes > map->size - page->offset ? page->bytes - (map->size - page->offset)
						      : 0;
}

int kdmap_decode(const struct kdmap *map, const u8 *desc, struct kdmap_page *ret)
{
	*ret = (struct kdmap_page){ core_ld64(desc), core_ld32(desc + 8), core_ld32(desc + 12) };
	if (cut_of(map, ret))
		return SMMU_MEM_EXCLUDED;
	return ret->bytes > 1u << map->shift || ret->offset < map->data ? -EBADMSG : SMMU_MEM_OK;
}

int kdmap_check(const struct kdmap *map, u64 addr)
{
	u8 desc[KDMAP_DESC_BYTES];
	struct kdmap_page page;
	u64 rank;
	int r = kdmap_find(map, addr >> map->shift, &rank);

	if (!r)
		r = mem_pread(map->fd, map->descs + rank * sizeof(desc), desc, sizeof(desc));
	if (!r)
		r = kdmap_decode(map, desc, &page);
	return r == -EBADMSG ? SMMU_MEM_OK : r;
}

/* Data is written in order, so a cut shows at the last descriptors. */
u64 kdmap_cut_bytes(const struct kdmap *map)
{
	u64 n = map->n_stored < LAST_DESCS ? map->n_stored : LAST_DESCS, i, cut = 0;
	u8 desc[64 * KDMAP_DESC_BYTES];
	struct kdmap_page page;
	size_t some, k;

	for (i = map->n_stored - n; i < map->n_stored; i += some) {
		some = map->n_stored - i < 64 ? (size_t)(map->n_stored - i) : 64;
		if (mem_pread(map->fd, map->descs + i * KDMAP_DESC_BYTES, desc,
			      some * KDMAP_DESC_BYTES) < 0)
			continue;
		for (k = 0; k < some; k++) {
			(void)kdmap_decode(map, desc + k * KDMAP_DESC_BYTES, &page);
			cut += cut_of(map, &page);
		}
	}
	return cut;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdmap.c - headers, bitmaps and page descriptors of DISKDUMP header
 * version 6 as makedumpfile writes it: header, sub-header, two bitmaps (RAM,
 * stored), one 24-byte descriptor per stored page in order of page number.
 */
#include "ctl/dump/mem_kdmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 464u
#define DESC_BYTES 24u
#define STATUS_INCOMPLETE 8u
#define BITMAP_BYTES_MAX (1ull << 30) /* 32 TiB of memory in 4 KiB pages */
#define LAST_DESCS 4096u

static u32 popcount(const u8 *bits, size_t bytes)
{
	u32 n = 0;

	while (bytes--)
		n += (u32)__builtin_popcount(*bits++);
	return n;
}

static bool bit(const u8 *bits, u64 n)
{
	return bits[n / 8] >> (n % 8) & 1;
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
	for (i = 0; i < bytes / step; i++)
		map->rank[i + 1] = map->rank[i] + popcount(map->stored + i * step, step);
	map->n_stored = map->rank[bytes / step];
	map->pages = bytes * 8;
	return 0;
}

const char *kdmap_open(struct kdmap *map, int fd, u64 size, int *ret_error)
{
	u32 block, sub, blocks, shift;
	u8 h[HEADER_BYTES], split[4];
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
		return "block size is no page size";
	bytes = (u64)(blocks / 2) * block;
	if (!sub || sub > 1u << 20 || !bytes || bytes > BITMAP_BYTES_MAX ||
	    ((u64)sub + blocks + 1) * block > size)
		return "its bitmaps lie outside the file";
	if (core_ld32(h + 8) >= 2 && !mem_pread(fd, block + 12, split, 4) && core_ld32(split)) {
		*ret_error = -ENOTSUP;
		return "a part of a split dump; first run makedumpfile --reassemble";
	}
	map->fd = fd;
	map->size = size;
	map->shift = shift;
	map->descs = ((u64)sub + blocks + 1) * block;
	map->incomplete = core_ld32(h + 424) & STATUS_INCOMPLETE;
	r = read_maps(map, ((u64)sub + 1) * block, bytes);
	if (r < 0) {
		*ret_error = r;
		return "its bitmaps cannot be read";
	}
	if (map->n_stored > (size - map->descs) / DESC_BYTES)
		return "its page descriptors lie outside the file";
	return NULL;
}

void kdmap_free(struct kdmap *map)
{
	free(map->ram);
	free(map->stored);
	free(map->rank);
	*map = (struct kdmap){ 0 };
}

/* Bytes of a page that lie beyond the end of the file; an empty descriptor: all of them. */
static u64 desc_cut(const struct kdmap *map, const u8 *desc)
{
	u64 offset = core_ld64(desc), bytes = core_ld32(desc + 8);

	if (!offset || !bytes || offset > map->size)
		return bytes ? bytes : 1;
	return bytes > map->size - offset ? bytes - (map->size - offset) : 0;
}

int kdmap_check(const struct kdmap *map, u64 addr)
{
	u64 pfn = addr >> map->shift, at = pfn / KDMAP_RANK_BITS, rank;
	u8 desc[DESC_BYTES];
	u64 i;
	int r;

	if (pfn >= map->pages || !bit(map->ram, pfn))
		return SMMU_MEM_NOT_RAM;
	if (!bit(map->stored, pfn))
		return SMMU_MEM_EXCLUDED;
	rank = map->rank[at];
	for (i = at * KDMAP_RANK_BITS; i < pfn; i++)
		rank += bit(map->stored, i);
	r = mem_pread(map->fd, map->descs + rank * DESC_BYTES, desc, sizeof(desc));
	if (r < 0)
		return r;
	return desc_cut(map, desc) ? SMMU_MEM_EXCLUDED : SMMU_MEM_OK;
}

/* Data is written in order, so a cut shows at the last descriptors. */
u64 kdmap_cut_bytes(const struct kdmap *map)
{
	u64 n = map->n_stored < LAST_DESCS ? map->n_stored : LAST_DESCS, i, cut = 0;
	u8 desc[DESC_BYTES];

	for (i = map->n_stored - n; i < map->n_stored; i++)
		if (!mem_pread(map->fd, map->descs + i * DESC_BYTES, desc, sizeof(desc)))
			cut += desc_cut(map, desc);
	return cut;
}

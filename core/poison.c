// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * poison.c - finds the struct page of a page frame, for arm64 with a virtual array of struct
 * pages.
 *
 * The entry of frame n in that array is n - (PHYS_OFFSET >> page shift). PHYS_OFFSET is "negative"
 * when a kernel that was built for 52 bits of virtual address runs on a processor with 48.
 */
#include "poison.h"
#include "vmcoreinfo.h"

#define STRUCT_PAGE_MAX 512u

static u64 shift_signed(u64 v, u32 shift)
{
	return v >> 63 ? v >> shift | ~(~(u64)0 >> shift) : v >> shift;
}

bool poison_setup(const char *text, struct poison_map *ret)
{
	u64 start, offset, size, at, bit;

	memset(ret, 0, sizeof(*ret));
	if (!vmcoreinfo_tables(text, &ret->geom) ||
	    !vmcoreinfo_number(text, "NUMBER(VMEMMAP_START)", &start) ||
	    !vmcoreinfo_number(text, "NUMBER(PHYS_OFFSET)", &offset) ||
	    !vmcoreinfo_number(text, "SIZE(page)", &size) ||
	    !vmcoreinfo_number(text, "OFFSET(page.flags)", &at) ||
	    !vmcoreinfo_number(text, "NUMBER(PG_hwpoison)", &bit))
		return false;
	if (size < 8 || size > STRUCT_PAGE_MAX || size % 8 || at % 8 || at > size - 8 || bit > 63)
		return false;
	ret->structs = start;
	ret->page_shift = ret->geom.granule_shift;
	ret->first_frame = shift_signed(offset, ret->page_shift);
	ret->page_bytes = (u32)size;
	ret->flags_at = (u32)at;
	ret->bit = (u32)bit;
	return true;
}

/* Physical address of the crashed kernel's virtual address @virt. */
static int translate(const struct poison_map *map, struct poison_cache *cache,
		     const struct smmu_mem *mem, u64 virt, u64 *ret)
{
	struct ptw_walk walk;
	int r;

	if (virt - cache->virt >= cache->bytes) {
		cache->bytes = 0;
		r = ptw_walk(mem, &map->geom, virt, &walk);
		if (r)
			return r < 0 ? r : -ENXIO;
		cache->virt = virt & ~(walk.bytes - 1);
		cache->phys = walk.phys & ~(walk.bytes - 1);
		cache->bytes = walk.bytes;
	}
	*ret = cache->phys + (virt - cache->virt);
	return 0;
}

int poison_page(const struct poison_map *map, struct poison_cache *cache,
		const struct smmu_mem *mem, u64 addr)
{
	u64 frame = (addr >> map->page_shift) - map->first_frame, phys;
	u8 raw[8];
	int r;

	/* Aligned to 8 bytes, so it does not cross a page. */
	r = translate(map, cache, mem, map->structs + frame * map->page_bytes + map->flags_at,
		      &phys);
	if (!r)
		r = smmu_mem_read(mem, phys, raw, sizeof(raw));
	if (r)
		return r < 0 ? r : -ENXIO;
	return (int)(core_ld64(raw) >> map->bit & 1);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * poison.h - which pages the crashed kernel knew to be broken.
 *
 * Reading memory that hardware has poisoned ends in an external abort, and that
 * ends the capture kernel. The crashed kernel marked such pages (PG_hwpoison in
 * struct page); VMCOREINFO tells where its struct pages are, and makedumpfile
 * leaves the pages out in the same way.
 */
#ifndef SMMU_CORE_POISON_H
#define SMMU_CORE_POISON_H

#include "ptw.h"

struct poison_map {
	struct ptw_geom geom; /* of the crashed kernel's own page tables */
	u64 structs;	      /* its struct pages, a virtual address */
	u64 first_frame;      /* the page frame of the first one; may be "negative" */
	u32 page_bytes, flags_at, bit;
	u8 page_shift;
};

/* The last piece of the struct pages that was translated. One for each reader. */
struct poison_cache {
	u64 virt, bytes, phys;
};

/* False: the VMCOREINFO text @text does not tell. */
bool poison_setup(const char *text, struct poison_map *ret);

/*
 * Is the page that holds physical address @addr marked? @mem reads the struct pages and the page
 * tables on the way. Returns 0 or 1, or a negative errno: -ENXIO when there is no way to its struct
 * page, or what @mem's callback returned.
 */
int poison_page(const struct poison_map *map, struct poison_cache *cache,
		const struct smmu_mem *mem, u64 addr);

#endif

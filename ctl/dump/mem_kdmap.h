/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem_kdmap.h - where a kdump-compressed dump keeps each page, by our own
 * reading of its headers.
 *
 * libkdumpfile reads a page whose data lies beyond the end of a cut file as
 * zeros, successfully (0.5.1, seen). So before it is asked for a page, the
 * page's descriptor is checked here.
 */
#ifndef CTL_DUMP_MEM_KDMAP_H
#define CTL_DUMP_MEM_KDMAP_H

#include "ctl/dump/mem.h"

struct kdmap {
	int fd;
	u64 size;  /* of the file */
	u32 shift; /* of a page */
	u64 pages; /* bits in each bitmap */
	u64 descs; /* file offset of the page descriptors */
	u64 n_stored;
	u8 *ram, *stored; /* bitmaps */
	u64 *rank;	  /* stored pages before each KDMAP_RANK_BITS bits */
	bool incomplete;  /* the dump says so of itself */
};

#define KDMAP_RANK_BITS 512u

/*
 * Zero-initialised @ret; kdmap_free() in any case. Returns NULL, or what is
 * wrong; *ret_error is then a negative errno.
 */
const char *kdmap_open(struct kdmap *ret, int fd, u64 size, int *ret_error);
void kdmap_free(struct kdmap *map);

/* Can the page of @addr be read? An enum smmu_mem_outcome, or a negative errno. */
int kdmap_check(const struct kdmap *map, u64 addr);

/* How far the last pages' data reach beyond the end of the file; 0 = not at all. */
u64 kdmap_cut_bytes(const struct kdmap *map);

#endif

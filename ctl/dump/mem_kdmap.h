/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem_kdmap.h - where a kdump-compressed dump keeps each page, by our own reading of its bitmaps.
 *
 * Both readers use it. Our own finds pages with it. libkdumpfile is asked only for pages that the
 * file holds, because that library (seen with 0.5.1) reads a page behind the end of a cut file as
 * zeros, without an error.
 */
#ifndef CTL_DUMP_MEM_KDMAP_H
#define CTL_DUMP_MEM_KDMAP_H

#include "ctl/dump/mem.h"

struct kdmap {
	struct dump_file *file;
	u64 size;  /* of the file */
	u32 shift; /* of a page */
	u64 pages; /* of the machine, as the headers say; a bit for each in the bitmaps */
	u64 descs; /* file offset of the page descriptors */
	u64 data;  /* and of what comes after them */
	u64 n_stored;
	u8 *ram, *stored; /* bitmaps */
	u64 *rank;	  /* stored pages before each KDMAP_RANK_BITS bits */
	bool incomplete;  /* the dump says so of itself */
};

#define KDMAP_RANK_BITS 512u

/* What a page descriptor says. */
struct kdmap_page {
	u64 offset;
	u32 bytes, flags;
};

/*
 * Zero-initialised @ret; kdmap_free() in any case. 0, or a negative errno with @err.
 */
int kdmap_open(struct kdmap *ret, struct dump_file *file, const struct dump_info *info,
	       struct errbuf *err);
void kdmap_free(struct kdmap *map);

/* Is page number @pfn stored? An enum smmu_mem_outcome; @ret_rank: of its descriptor. */
int kdmap_find(const struct kdmap *map, u64 pfn, u64 *ret_rank);
/*
 * The descriptor @desc. SMMU_MEM_OK; SMMU_MEM_EXCLUDED: the writer never got there, or the file is
 * cut; -EBADMSG: no page can be there. @ret is filled in always.
 */
int kdmap_decode(const struct kdmap *map, const u8 *desc, struct kdmap_page *ret);

/*
 * Can the page of @addr be read, as far as the length of the file tells? An enum smmu_mem_outcome,
 * or a negative errno.
 */
int kdmap_check(const struct kdmap *map, u64 addr);

/*
 * How far the last pages' data reach beyond the end of the file; 0 = not at all, and 1 also when
 * the dump says of itself that it is incomplete.
 */
u64 kdmap_cut_bytes(const struct kdmap *map);

#endif

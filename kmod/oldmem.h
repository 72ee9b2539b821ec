/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oldmem.h - which memory is whose, and bounded reads of it.
 */
#ifndef SA_OLDMEM_H
#define SA_OLDMEM_H

#include <linux/types.h>

#include "core/adopt.h"
#include "core/poison.h"
#include "core/rec_types.h"
#include "core/smmu_mem.h"

#define SA_READ_MS 2000 /* of reading for one "records" file */

/* @hdr, @hdr_bytes: where the elfcorehdr is, 0: not told. */
void sa_oldmem_init(u64 hdr, u64 hdr_bytes);
/* Where the list of the crashed kernel's memory is from, one word or more. */
const char *sa_oldmem_source(void);
/* Range @i (0..) of @kind, false when there is no such range. */
bool sa_oldmem_range(u32 kind, u32 i, struct rec_range *ret);
enum adopt_place sa_place(u64 addr, u64 bytes);

struct sa_window {
	void *at;
	u64 start, end;
};

/* A reader with one mapped window, and one for what tells that memory is sound. Not for two threads
 * at a time. */
struct sa_mem {
	struct smmu_mem mem;  /* hand this to core/ */
	struct smmu_mem meta; /* reads poisoned pages, too (badmem.h) */
	struct sa_window window, meta_window;
	struct poison_cache cache;
	unsigned long deadline;
};

/* After @deadline (jiffies) every read fails with -ETIME. */
void sa_mem_open(struct sa_mem *m, unsigned long deadline);
void sa_mem_close(struct sa_mem *m);

#endif

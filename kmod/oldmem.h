/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oldmem.h - which memory is whose, and bounded reads of it. The elfcorehdr, which says
 * what the crashed kernel had, is found by oldhdr.c.
 */
#ifndef SA_OLDMEM_H
#define SA_OLDMEM_H

#include <linux/types.h>

#include "core/adopt.h"
#include "core/rec_types.h"
#include "core/smmu_mem.h"

#define SA_READ_MS 2000 /* of reading for one "records" file */

/* Copy of the elfcorehdr, kvfree() it. Negative errno: not found, and *ret_why says why. */
int sa_oldhdr_read(u8 **ret, size_t *ret_len, const char **ret_why);

void sa_oldmem_init(void);
/* Range @i (0..) of @kind, false when there is no such range. */
bool sa_oldmem_range(u32 kind, u32 i, struct rec_range *ret);
enum adopt_place sa_place(u64 addr, u64 bytes);

/* A reader with one mapped window. Not for two threads at a time. */
struct sa_mem {
	struct smmu_mem mem; /* hand this to core/ */
	void *window;
	u64 start, end;
	unsigned long deadline;
};

/* After @deadline (jiffies) every read fails with -ETIME. */
void sa_mem_open(struct sa_mem *m, unsigned long deadline);
void sa_mem_close(struct sa_mem *m);

#endif

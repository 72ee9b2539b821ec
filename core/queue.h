/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * queue.h - the command, event and PRI queues, decoded from a register
 * snapshot (IHI 0070 3.5, 6.3.26 on).
 *
 * A queue is a ring of 2^LOG2SIZE entries. Consumed entries stay in memory
 * until they are overwritten, so the whole ring is history: the entry before
 * PROD is the newest.
 */
#ifndef SMMU_CORE_QUEUE_H
#define SMMU_CORE_QUEUE_H

#include "geom.h"

enum smmu_queue_id {
	SMMU_QUEUE_CMD = 1,
	SMMU_QUEUE_EVENT = 2,
	SMMU_QUEUE_PRI = 3,
	SMMU_QUEUE_ID_MAX = SMMU_QUEUE_PRI,
};

#define SMMU_QUEUE_MAX_LOG2 19u /* IDR1.CMDQS, EVTQS and PRIQS: 19 is the largest value */

enum smmu_queue_odd {
	QUEUE_ODD_NULL = 1 << 0,      /* base 0: never set up */
	QUEUE_ODD_LOG2SIZE = 1 << 1,  /* larger than IDR1 permits */
	QUEUE_ODD_UNALIGNED = 1 << 2, /* base not aligned to the queue's own size */
	QUEUE_ODD_OAS = 1 << 3,	      /* reaches beyond the output address size */
};

struct smmu_queue_view {
	u64 base, bytes;
	u32 entries;
	u32 entry_bytes; /* 16 or 32 */
	u32 prod, cons;	 /* index of the next entry written, of the next one read */
	u32 pending;	 /* written, not yet consumed */
	u8 log2size;
	u8 overflow; /* events were lost (PROD and CONS overflow flags differ) */
	u8 error;    /* command queue: CONS.ERR */
	u32 odd;     /* enum smmu_queue_odd; not 0 means: do not read */
};

/* Returns 0 when the queue may be read, 1 when something odd forbids it (@ret is filled). */
int smmu_queue_decode(const struct smmu_regs *regs, u32 id, struct smmu_queue_view *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rings.h - the command, event and PRI queues as they are when the module loads.
 */
#ifndef SA_RINGS_H
#define SA_RINGS_H

#include "core/queue.h"
#include "core/rec_types.h"

struct sa_smmu;

struct sa_piece {
	u16 queue;
	u32 first, bytes;
	u8 raw[REC_QUEUE_BYTES];
};

struct sa_ring {
	struct smmu_queue_view view;
	u16 entry; /* enum rec_entry_state */
	u16 place; /* enum adopt_place */
	u32 lost;  /* entries left out */
};

struct sa_rings {
	bool taken;
	struct sa_ring ring[SMMU_QUEUE_ID_MAX]; /* by queue - 1 */
	struct sa_piece *piece;
	u32 n, cap;
};

void sa_rings_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline);
void sa_rings_free(struct sa_rings *rings);

#endif

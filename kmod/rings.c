// SPDX-License-Identifier: GPL-2.0-only
/*
 * rings.c - the command, event and PRI queues as they are when the module loads.
 *
 * An adopting driver leaves the event queue's base and indices alone and turns
 * it off, so the crashed kernel's events are all there. It replaces the command
 * queue: the crashed kernel's is to be seen only while no driver has probed.
 *
 * The ring is read backwards from PROD: when room or time runs out, the oldest
 * entries are what is missing. Pieces of nothing but zeros take no room.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "core/names.h"
#include "array.h"
#include "findings.h"
#include "oldmem.h"
#include "rings.h"
#include "smmu.h"

/* A ring smaller than a piece is one short piece. */
static u32 piece_entries(const struct smmu_queue_view *q)
{
	return min_t(u32, REC_QUEUE_BYTES / q->entry_bytes, q->entries);
}

static bool keep(struct sa_rings *rings, size_t *budget, u16 queue, u32 first, const u8 *raw,
		 u32 bytes)
{
	u32 old = rings->cap;
	struct sa_piece *p;

	if (rings->n == old) {
		if ((old ? old : 64) * sizeof(*p) > *budget ||
		    sa_grow((void **)&rings->piece, rings->n, &rings->cap, sizeof(*p)))
			return false;
		*budget -= (rings->cap - old) * sizeof(*p);
	}
	p = &rings->piece[rings->n++];
	memset(p, 0, sizeof(*p));
	p->queue = queue;
	p->first = first;
	p->bytes = bytes;
	memcpy(p->raw, raw, bytes);
	return true;
}

/* Returns how many entries found no room. */
static u32 take_pieces(struct sa_mem *m, struct sa_rings *rings, size_t *budget, u16 queue,
		       const struct smmu_queue_view *q, u16 *entry)
{
	u32 per = piece_entries(q), n = q->entries / per, bytes = per * q->entry_bytes;
	/* The piece with the newest entry: the one before PROD. */
	u32 newest = ((q->prod - 1) & (q->entries - 1)) / per, i, first;
	u8 raw[REC_QUEUE_BYTES];
	int r;

	for (i = 0; i < n; i++) {
		first = (newest - i) % n * per;
		r = smmu_mem_read(&m->mem, q->base + (u64)first * q->entry_bytes, raw, bytes);
		if (r) {
			*entry = r == SMMU_MEM_NOT_RAM ? REC_ENTRY_NOT_RAM : REC_ENTRY_ERROR;
			return q->entries - i * per;
		}
		if (!memchr_inv(raw, 0, bytes))
			continue;
		if (!keep(rings, budget, queue, first, raw, bytes))
			return q->entries - i * per;
	}
	return 0;
}

static void take_ring(struct sa_smmu *smmu, struct sa_mem *m, size_t *budget, u16 queue)
{
	struct sa_ring *ring = &smmu->rings.ring[queue - 1];
	struct smmu_queue_view *q = &ring->view;

	if (smmu_queue_decode(&smmu->snap.look.regs, queue, q)) {
		ring->entry = q->odd & QUEUE_ODD_NULL ? REC_ENTRY_NO_TABLE : REC_ENTRY_BAD_POINTER;
		return;
	}
	ring->place = sa_place(q->base, q->bytes);
	ring->lost = take_pieces(m, &smmu->rings, budget, queue, q, &ring->entry);
	if (ring->lost)
		sa_find(&smmu->snap.findings, REC_FIND_OVER_BUDGET, REC_SEV_INFO, REC_NO_SID,
			q->base, "%s: the oldest %u of %u entries left out: %s",
			smmu_queue_name(queue), ring->lost, q->entries,
			ring->entry ? rec_entry_name(ring->entry) : "no room (max_snapshot_kib)");
}

void sa_rings_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline)
{
	/* What we learn last, and need first: what did the SMMU complain about? */
	static const u16 order[] = { SMMU_QUEUE_EVENT, SMMU_QUEUE_CMD, SMMU_QUEUE_PRI };
	struct sa_mem m;
	u32 i;

	if (!smmu->snap.look.regs_valid)
		return;
	smmu->rings.taken = true;
	sa_mem_open(&m, deadline);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		take_ring(smmu, &m, budget, order[i]);
	sa_mem_close(&m);
}

void sa_rings_free(struct sa_rings *rings)
{
	kvfree(rings->piece);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rings.c - see rings.h. Pieces of queues are sorted. Duplicates (the sidecar has the helper's
 * records twice) and pieces that do not fit their ring are dropped. Then every ring owns a range
 * of pieces, in the order of the ring. The oldest entry is at PROD.
 */
#include "ctl/triage/rings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/story/facts.h"

#define RINGS_MAX 1024u		    /* no machine has that many queues */
#define DUMP_BYTES_MAX (1ull << 30) /* limit of bytes read from the dump for all rings */

static bool zero(const u8 *raw, size_t len)
{
	return !len || (!raw[0] && !memcmp(raw, raw + 1, len - 1));
}

/* Is the queue's size possible for hardware: a power of two, up to 2^19? */
static bool sane(const struct rec_queue *q)
{
	u32 bytes = q->queue == SMMU_QUEUE_EVENT ? 32 : 16;

	return q->queue >= 1 && q->queue <= SMMU_QUEUE_ID_MAX && q->entry_bytes == bytes &&
	       q->entries && !(q->entries & (q->entries - 1)) &&
	       q->entries <= 1u << SMMU_QUEUE_MAX_LOG2;
}

static int add_piece(struct rings *rings, const struct rec_queue *piece)
{
	struct rec_queue *more;

	if (rings->n_pieces == rings->cap_pieces) {
		rings->cap_pieces = rings->cap_pieces ? rings->cap_pieces * 2 : 64;
		more = reallocarray(rings->piece, rings->cap_pieces, sizeof(*more));
		if (!more)
			return -ENOMEM;
		rings->piece = more;
	}
	rings->piece[rings->n_pieces++] = *piece;
	return 0;
}

static struct ring *ring_of(struct rings *rings, u32 smmu, u16 queue)
{
	size_t i;

	for (i = 0; i < rings->n_rings; i++)
		if (rings->ring[i].head.smmu == smmu && rings->ring[i].head.queue == queue)
			return &rings->ring[i];
	return NULL;
}

static int add_ring(struct rings *rings, const struct rec_queue *head)
{
	struct ring *more;

	if (rings->n_rings == RINGS_MAX || ring_of(rings, head->smmu, head->queue))
		return 0;
	more = reallocarray(rings->ring, rings->n_rings + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	rings->ring = more;
	rings->ring[rings->n_rings++] = (struct ring){ .head = *head };
	return 0;
}

static int take_records(struct rings *rings, const u8 *data, size_t len)
{
	struct rec_iter it = { .data = data, .len = len };
	enum rec_outcome outcome;
	struct rec rec;
	int r = 0;

	do {
		while ((outcome = rec_next(&it, &rec)) == REC_OK && r >= 0) {
			const struct rec_queue *q = &rec.queue;

			if (rec.type != REC_QUEUE || q->phase != REC_PHASE_CRASH)
				continue;
			if (!q->count)
				r = add_ring(rings, q);
			else if (sane(q) && q->count <= REC_QUEUE_BYTES / q->entry_bytes &&
				 q->first < q->entries && q->count <= q->entries - q->first)
				r = add_piece(rings, q);
		}
	} while (r >= 0 && outcome == REC_TORN && story_next_section(&it));
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct rec_queue *x = a, *y = b;

	if (x->smmu != y->smmu)
		return x->smmu < y->smmu ? -1 : 1;
	if (x->queue != y->queue)
		return x->queue < y->queue ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int by_ring(const void *a, const void *b)
{
	return by_place(&((const struct ring *)a)->head, &((const struct ring *)b)->head);
}

/* Sort, drop what overlaps the piece before it, and give each ring its range. */
static void settle(struct rings *rings)
{
	size_t i, n = 0;
	struct ring *ring;

	if (rings->n_rings)
		qsort(rings->ring, rings->n_rings, sizeof(*rings->ring), by_ring);
	if (rings->n_pieces)
		qsort(rings->piece, rings->n_pieces, sizeof(*rings->piece), by_place);
	for (i = 0; i < rings->n_pieces; i++) {
		const struct rec_queue *p = &rings->piece[i], *last = n ? &rings->piece[n - 1] : p;

		ring = ring_of(rings, p->smmu, p->queue);
		if (!ring || p->entries != ring->head.entries)
			continue;
		if (n && last->smmu == p->smmu && last->queue == p->queue &&
		    p->first < last->first + last->count)
			continue;
		if (!ring->n++)
			ring->first = n;
		if (n != i)
			rings->piece[n] = *p;
		n++;
	}
	rings->n_pieces = n;
}

static const char *why_not(const struct rec_queue *q)
{
	if (q->odd & QUEUE_ODD_NULL)
		return "it was not set up";
	if (q->odd)
		return "its registers are not valid";
	return q->entry == REC_ENTRY_NOT_RAM ? "its address is not in memory"
					     : "the memory could not be read";
}

static void judge(struct ring *ring)
{
	struct rec_queue *q = &ring->head;
	u32 mask = 2 * q->entries - 1;

	ring->capture = q->place == PLACE_CAPTURE_RAM;
	ring->missing = q->lost_entries < q->entries ? q->lost_entries : q->entries;
	if (!sane(q) || q->odd) {
		ring->unread = why_not(q);
		ring->missing = 0;
		return;
	}
	if (ring->missing == q->entries)
		ring->unread = why_not(q);
	ring->pending = ((q->prod & mask) - (q->cons & mask)) & mask;
	if (ring->pending > q->entries)
		ring->pending = q->entries;
	ring->overflow = q->queue != SMMU_QUEUE_CMD && (q->prod ^ q->cons) >> 31;
}

/* Records of older modules have no queues, but the registers tell where they are. */
static int add_from_registers(struct rings *rings, const struct story_smmu *smmu)
{
	const struct smmu_regs *r = &smmu->crash.regs;
	struct smmu_queue_view view;
	struct rec_queue head;
	int err = 0;
	u16 id;

	for (id = SMMU_QUEUE_CMD; id <= SMMU_QUEUE_ID_MAX && err >= 0; id++) {
		(void)smmu_queue_decode(r, id, &view);
		head = (struct rec_queue){ .smmu = smmu->smmu,
					   .phase = REC_PHASE_CRASH,
					   .queue = id,
					   .odd = view.odd,
					   .base = view.base,
					   .entries = view.entries,
					   .entry_bytes = view.entry_bytes,
					   .lost_entries = view.entries };
		head.prod = id == SMMU_QUEUE_CMD     ? r->cmdq_prod
			    : id == SMMU_QUEUE_EVENT ? r->evtq_prod
						     : r->priq_prod;
		head.cons = id == SMMU_QUEUE_CMD     ? r->cmdq_cons
			    : id == SMMU_QUEUE_EVENT ? r->evtq_cons
						     : r->priq_cons;
		if (smmu->crash.state == ADOPT_RESET ||
		    (id == SMMU_QUEUE_CMD && (smmu->crash.evidence & ADOPT_EV_CMDQ_CAPTURE)))
			head.place = PLACE_CAPTURE_RAM;
		err = add_ring(rings, &head);
	}
	return err;
}

/*
 * Was the queue off when last seen? An adopting driver leaves the event and PRI queues as the
 * crash left them.
 */
static bool is_off(const struct story *story, const struct rec_queue *q)
{
	static const u32 bit[] = { 0, SMMU_CR0_CMDQEN, SMMU_CR0_EVTQEN, SMMU_CR0_PRIQEN };
	const struct story_smmu *smmu = story_find_smmu(story, q->smmu);
	const struct rec_smmu *last = smmu ? report_smmu_last(smmu) : NULL;

	return last && (last->evidence & ADOPT_EV_REGS) && q->queue <= SMMU_QUEUE_ID_MAX &&
	       !(last->regs.cr0 & bit[q->queue]);
}

/* Fill the gaps of @ring from the dump. No kernel has used this memory since the crash. */
static int take_from_dump(struct rings *rings, struct ring *ring, struct memdump *mem, u64 *left)
{
	struct rec_queue piece = ring->head;
	u32 per, i, bytes;
	int r = 0;

	if (!sane(&piece) || piece.odd || ring->capture)
		return 0;
	if ((u64)piece.entries * piece.entry_bytes > *left)
		return 0;
	*left -= (u64)piece.entries * piece.entry_bytes;
	per = REC_QUEUE_BYTES / piece.entry_bytes;
	per = per < piece.entries ? per : piece.entries;
	bytes = per * piece.entry_bytes;
	ring->missing = 0;
	for (i = 0; i < piece.entries && !r; i += per) {
		piece.first = i;
		piece.count = per;
		if (smmu_mem_read(&mem->mem, piece.base + (u64)i * piece.entry_bytes, piece.raw,
				  bytes) != SMMU_MEM_OK)
			ring->missing += per;
		else if (!zero(piece.raw, bytes))
			r = add_piece(rings, &piece);
	}
	ring->from_dump = ring->missing < piece.entries;
	if (ring->from_dump)
		ring->unread = NULL;
	return r;
}

int rings_read(struct rings *rings, const struct story *story, const u8 *data, size_t len,
	       struct memdump *mem)
{
	int r = take_records(rings, data, len);
	u64 left = DUMP_BYTES_MAX;
	size_t i;

	for (i = 0; i < story->n_smmus && r >= 0; i++)
		if (story->smmus[i].has_crash && (story->smmus[i].crash.evidence & ADOPT_EV_REGS))
			r = add_from_registers(rings, &story->smmus[i]);
	for (i = 0; i < rings->n_rings; i++) {
		judge(&rings->ring[i]);
		rings->ring[i].off = is_off(story, &rings->ring[i].head);
	}
	for (i = 0; i < rings->n_rings && mem && r >= 0; i++)
		if (rings->ring[i].missing)
			r = take_from_dump(rings, &rings->ring[i], mem, &left);
	if (r >= 0)
		settle(rings);
	return r;
}

bool ring_is_crash_events(const struct ring *ring)
{
	return ring->head.queue == SMMU_QUEUE_EVENT && !ring->capture && !ring->unread;
}

void rings_free(struct rings *rings)
{
	free(rings->ring);
	free(rings->piece);
	*rings = (struct rings){ 0 };
}

static int each_of(const struct rec_queue *p, u32 from, u32 to, const struct ring *ring, ring_fn fn,
		   void *priv)
{
	u32 mask = ring->head.entries - 1, i;
	int r = 0;

	for (i = p->first > from ? p->first : from; i < p->first + p->count && i < to && !r; i++) {
		const u8 *raw = p->raw + (size_t)(i - p->first) * p->entry_bytes;
		struct ring_entry e = { i, ((i - ring->head.cons) & mask) < ring->pending, raw };

		if (!zero(raw, p->entry_bytes))
			r = fn(priv, &e);
	}
	return r;
}

int ring_each(const struct rings *rings, const struct ring *ring, ring_fn fn, void *priv)
{
	u32 prod = ring->head.prod & (ring->head.entries - 1);
	const struct rec_queue *p = rings->piece + ring->first;
	size_t i;
	int r = 0;

	for (i = 0; i < ring->n && !r; i++)
		r = each_of(&p[i], prod, ring->head.entries, ring, fn, priv);
	for (i = 0; i < ring->n && !r; i++)
		r = each_of(&p[i], 0, prod, ring, fn, priv);
	return r;
}

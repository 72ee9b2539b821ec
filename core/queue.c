// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* queue.c - decodes a queue's base and index registers. */
#include "queue.h"

struct source {
	u64 base;
	u32 prod, cons, max_log2, entry_bytes;
};

static bool source_of(const struct smmu_regs *r, u32 id, struct source *s)
{
	switch (id) {
	case SMMU_QUEUE_CMD:
		*s = (struct source){ r->cmdq_base, r->cmdq_prod, r->cmdq_cons,
				      (u32)CORE_GET(r->idr1, 25, 21), 16 };
		return true;
	case SMMU_QUEUE_EVENT:
		*s = (struct source){ r->evtq_base, r->evtq_prod, r->evtq_cons,
				      (u32)CORE_GET(r->idr1, 20, 16), 32 };
		return true;
	case SMMU_QUEUE_PRI:
		*s = (struct source){ r->priq_base, r->priq_prod, r->priq_cons,
				      (u32)CORE_GET(r->idr1, 15, 11), 16 };
		return true;
	default: return false;
	}
}

int smmu_queue_decode(const struct smmu_regs *regs, u32 id, struct smmu_queue_view *ret)
{
	static const u8 oas[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	struct source s;
	u64 limit;
	u32 mask;

	memset(ret, 0, sizeof(*ret));
	if (!source_of(regs, id, &s))
		return 1;
	ret->base = s.base & SMMU_QUEUE_ADDR_MASK;
	ret->log2size = (u8)CORE_GET(s.base, 4, 0);
	ret->entry_bytes = s.entry_bytes;
	if (!ret->base)
		ret->odd |= QUEUE_ODD_NULL;
	if (ret->log2size > s.max_log2 || ret->log2size > SMMU_QUEUE_MAX_LOG2) {
		ret->odd |= QUEUE_ODD_LOG2SIZE;
		return 1;
	}
	ret->entries = 1u << ret->log2size;
	ret->bytes = (u64)ret->entries * s.entry_bytes;
	if (ret->base & (ret->bytes - 1))
		ret->odd |= QUEUE_ODD_UNALIGNED;
	limit = CORE_BIT(oas[CORE_GET(regs->idr5, 2, 0)]);
	if (ret->base > limit - ret->bytes)
		ret->odd |= QUEUE_ODD_OAS;
	/* Index and wrap bit count together, modulo twice the size. */
	mask = 2 * ret->entries - 1;
	ret->prod = s.prod & (ret->entries - 1);
	ret->cons = s.cons & (ret->entries - 1);
	ret->pending = ((s.prod & mask) - (s.cons & mask)) & mask;
	if (ret->pending > ret->entries)
		ret->pending = ret->entries;
	if (id == SMMU_QUEUE_CMD)
		ret->error = (u8)CORE_GET(s.cons, 30, 24);
	else
		ret->overflow = (u8)((s.prod ^ s.cons) >> 31);
	return ret->odd ? 1 : 0;
}

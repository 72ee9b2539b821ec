// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * smmu_set.c - open addressing, filled to three quarters, so that a probe ends
 * after a few steps whatever the keys are.
 */
#include "smmu_set.h"

/* Table addresses differ in their middle bits; a multiplication spreads them. */
static u32 hash(u64 key)
{
	return (u32)((key >> 4) * 0x9e3779b97f4a7c15ull >> 32);
}

void smmu_set_init(struct smmu_set *set, struct smmu_set_slot *slot, u32 slots)
{
	set->slot = slot;
	set->slots = slots;
	set->n = 0;
	if (slots)
		memset(slot, 0, slots * sizeof(*slot));
}

enum smmu_set_outcome smmu_set_add(struct smmu_set *set, u64 key, u32 owner, u32 *ret_owner)
{
	u32 i;

	if (!key || !set->slots)
		return SMMU_SET_FULL;
	for (i = hash(key) & (set->slots - 1); set->slot[i].key; i = (i + 1) & (set->slots - 1)) {
		if (set->slot[i].key != key)
			continue;
		*ret_owner = set->slot[i].owner;
		return SMMU_SET_SEEN;
	}
	if (set->n >= set->slots / 4 * 3)
		return SMMU_SET_FULL;
	set->slot[i].key = key;
	set->slot[i].owner = owner;
	set->n++;
	return SMMU_SET_NEW;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * smmu_set.h - which table addresses were met already, and who met them first.
 *
 * Two pointers to one table are an alias or damage. An alias is read once; of damage both owners
 * are named. The caller brings the memory. A full set keeps what it has, and takes nothing more.
 */
#ifndef SMMU_CORE_SET_H
#define SMMU_CORE_SET_H

#include "port.h"

struct smmu_set_slot {
	u64 key; /* 0: free */
	u32 owner;
};

struct smmu_set {
	struct smmu_set_slot *slot;
	u32 slots; /* a power of two, 0: a set that is always full */
	u32 n;
};

/* @slot holds @slots elements, a power of two; they need not be zero. */
void smmu_set_init(struct smmu_set *set, struct smmu_set_slot *slot, u32 slots);

enum smmu_set_outcome {
	SMMU_SET_NEW = 0,
	SMMU_SET_SEEN = 1, /* its first owner is in *ret_owner */
	SMMU_SET_FULL = 2, /* not in the set, and no room to add it */
};

/* Add @key. Key 0 is never in a set: SMMU_SET_FULL. */
enum smmu_set_outcome smmu_set_add(struct smmu_set *set, u64 key, u32 owner, u32 *ret_owner);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the adopt*.c files share: the adoption state of one SMMU and the checks of table addresses.
 */
#ifndef _ARM_SMMU_V3_ADOPT_PRIV_H
#define _ARM_SMMU_V3_ADOPT_PRIV_H

#include <linux/types.h>

#include "arm-smmu-v3.h"
#include "adopt.h"

/* Loops over up to 2^25 entries give way to others this often */
#define ADOPT_RESCHED_EVERY 256U

struct adopt_range {
	phys_addr_t start;
	phys_addr_t end; /* exclusive */
};

struct arm_smmu_adopt {
	u32 cr0;      /* retained bits */
	u32 features; /* as probed, for the way back */
	unsigned int num_ranges;
	struct adopt_range *ranges; /* the machine's memory, in firmware's order */
	unsigned long *asids;	    /* live in the crashed kernel; NULL: none reserved */
};

int adopt_collect_memory(struct arm_smmu_device *smmu);
bool adopt_is_old_memory(struct arm_smmu_device *smmu, phys_addr_t start, size_t size);

/* *l2 is 0 for an empty descriptor; what is wrong with a bad one is logged */
int adopt_check_l1_desc(struct arm_smmu_device *smmu, u32 idx, u64 desc, phys_addr_t *l2);

int adopt_reserve_ids(struct arm_smmu_device *smmu);

#endif /* _ARM_SMMU_V3_ADOPT_PRIV_H */

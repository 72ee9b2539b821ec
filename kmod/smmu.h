/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smmu.h - one SMMUv3: where its registers are, and what was saved of it at load. Found by
 * smmu_find.c, filled by rmr.c, snapshot.c and rings.c, and not changed after that.
 */
#ifndef SA_SMMU_H
#define SA_SMMU_H

#include "core/adopt.h"
#include "core/rec_types.h"
#include "rings.h"
#include "snapshot.h"

struct device;

struct sa_smmu {
	u32 index;
	struct device *dev;
	u64 base;
	void __iomem *page0, *page1; /* NULL: not mapped, why in no_regs */
	const char *no_regs;
	bool coherent;
	struct sa_snapshot snap;
	struct sa_rings rings;
	struct rec_rmr *rmr;
	u32 rmr_n, rmr_cap;
};

int sa_smmus_find(struct sa_smmu **ret, u32 *ret_n);
void sa_smmus_free(struct sa_smmu *smmus, u32 n);

#endif

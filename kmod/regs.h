/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs.h - the registers of an SMMU at one moment, and what follows from them. Why a
 * driver reset it they do not tell; user space finds that in the kernel log.
 */
#ifndef SA_REGS_H
#define SA_REGS_H

#include "core/adopt.h"
#include "core/geom.h"

struct sa_smmu;

struct sa_look {
	u64 mono_ns;
	bool regs_valid;
	bool walkable;
	struct smmu_regs regs;
	struct smmu_geom geom;
	struct adopt_verdict verdict;
};

static inline bool sa_enabled(const struct sa_look *look)
{
	return look->regs.cr0 & SMMU_CR0_SMMUEN;
}

void sa_look(struct sa_smmu *smmu, struct sa_look *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs.h - the registers of an SMMU at one moment, and what follows from them. Why a
 * reset was one is read from the kernel log (reset_reason.c).
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
/* The reason for a reset, from the kernel log where it has one. */
void sa_why_reset(struct sa_smmu *smmu, struct adopt_verdict *v);

#endif

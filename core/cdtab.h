/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cdtab.h - visit the context descriptors behind one STE, linear or two-level.
 * Same rules as strtab.h: bounded, no recursion, past every damage.
 */
#ifndef SMMU_CORE_CDTAB_H
#define SMMU_CORE_CDTAB_H

#include "cd.h"
#include "strtab.h"

struct cd_ops {
	/* A CD with V=1. @raw is SMMU_CD_BYTES long and valid during the call. */
	int (*cd)(void *priv, u32 ssid, u64 addr, const u8 *raw);
	/* Optional. The CDs from @ssid on cannot be visited; @outcome as of cd_locate(). */
	int (*trouble)(void *priv, u32 ssid, u64 addr, int outcome);
	void *priv;
};

/*
 * Visit every valid CD behind @ste in ascending SSID order; of an STE without a
 * stage 1 that can be followed, none. @budget: bytes counts on from what it is.
 * Returns as strtab_visit().
 */
int cd_visit(const struct smmu_mem *mem, const struct smmu_geom *geom, const struct ste_view *ste,
	     struct strtab_budget *budget, const struct cd_ops *ops);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmr.h - reserved memory regions, as the running kernel sees them.
 */
#ifndef SA_RMR_H
#define SA_RMR_H

#include <linux/types.h>

struct sa_sidset;
struct sa_smmu;

void sa_rmr_collect(struct sa_smmu *smmu);
bool sa_rmr_has(const struct sa_smmu *smmu, u32 sid);
void sa_rmr_sids(const struct sa_smmu *smmu, struct sa_sidset *set);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asids.h - does this kernel give the crashed kernel's ASIDs to its own domains?
 */
#ifndef SA_ASIDS_H
#define SA_ASIDS_H

#include <linux/types.h>

struct sa_smmu;

u32 sa_asids(const struct sa_smmu *smmu); /* enum rec_asids */

#endif

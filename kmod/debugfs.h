/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs.h - the files in /sys/kernel/debug/smmu_adopt/.
 */
#ifndef SA_DEBUGFS_H
#define SA_DEBUGFS_H

#include <linux/types.h>

struct sa_smmu;

void sa_debugfs_init(struct sa_smmu *smmus, u32 n);
void sa_debugfs_exit(void);

#endif

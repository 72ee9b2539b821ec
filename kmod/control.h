/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h - /dev/smmu_adopt.
 */
#ifndef SA_CONTROL_H
#define SA_CONTROL_H

#include <linux/types.h>

struct sa_smmu;

void sa_control_init(struct sa_smmu *smmus, u32 n);
void sa_control_exit(void);

#endif

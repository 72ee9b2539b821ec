/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * late_group.h - for kernels before 6.15 only: a device's IOMMU group and default
 * domain without a driver (late_group.c, which is left out of newer builds).
 */
#ifndef SA_LATE_GROUP_H
#define SA_LATE_GROUP_H

#include <linux/errno.h>

struct device;

#ifdef SA_LATE_GROUPS
void sa_late_group_init(void);
void sa_late_group_exit(void);
/* Takes the device's lock. 0, or a negative errno: nothing was tried. */
int sa_late_group_make(struct device *dev);
#else
static inline void sa_late_group_init(void)
{
}

static inline void sa_late_group_exit(void)
{
}

static inline int sa_late_group_make(struct device *dev)
{
	return -ENXIO;
}
#endif

#endif

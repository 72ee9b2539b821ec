/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * going.h - looking at a device that may be removed meanwhile.
 */
#ifndef SA_GOING_H
#define SA_GOING_H

#include <linux/types.h>

struct device;

void sa_going_init(void);
void sa_going_exit(void);

/* False: the device is being removed, or is gone. Else it stays until sa_dev_leave(). */
bool sa_dev_enter(const struct device *dev);
void sa_dev_leave(void);
/* Call @fn for every device of the PCI and platform bus, entered, until it returns not 0. */
void sa_dev_each(void *data, int (*fn)(struct device *dev, void *data));

/*
 * Call @fn with the lock of the device's group held, when it has one and IOMMU operations: what
 * dev->iommu points to stays meanwhile. The device must be entered. False: it has none.
 */
bool sa_dev_in_group(struct device *dev, void *data, void (*fn)(struct device *dev, void *data));

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sysdev.h - reads driver, modalias and IOMMU group of one device from sysfs. Reads only
 * attributes that do not take the device lock.
 */
#ifndef LIB_MACHINE_SYSDEV_H
#define LIB_MACHINE_SYSDEV_H

#include "lib/base/fsroot.h"

struct sysdev {
	char driver[32];    /* bound driver, empty none */
	char modalias[256]; /* empty: none, or not readable */
	int group;	    /* IOMMU group, -1 none */
};

/*
 * Returns 0, -ENODEV (no such device), -EINVAL (no name of a device) or another negative errno:
 * the device may exist, but its state is not known.
 */
int sysdev_read(const struct fsroot *root, const char *bus, const char *name, struct sysdev *ret);

/* Is @name the first word of a line of @path, as in the driver core's devices_deferred? */
bool sysdev_is_listed(const struct fsroot *root, const char *path, const char *name);

/*
 * The bus that has a device @name, searched over all buses. Returns 0, -ENODEV (on none of
 * them) or another negative errno: not known.
 */
int sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sysdev.h - the sysfs shape of one device, as plain values. Reads only what
 * sysfs gives without taking the device lock.
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
 * Returns 0, -ENODEV (no such device), -EINVAL (no name of a device) or another negative
 * errno: it may be there, and what it has is not known.
 */
int sysdev_read(const struct fsroot *root, const char *bus, const char *name, struct sysdev *ret);

/* Is @name in a list as the driver core's devices_deferred: the first word of a line? */
bool sysdev_is_listed(const struct fsroot *root, const char *path, const char *name);

/*
 * The bus that has a device @name, searched over all buses. Returns 0, -ENODEV (on none of
 * them) or another negative errno: not known.
 */
int sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap);

#endif

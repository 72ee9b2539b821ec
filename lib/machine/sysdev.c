// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sysdev.c - links (driver, iommu_group) and the modalias attribute. What is
 * missing is empty: an unbound device has no driver link, a device that the
 * SMMU driver refused has no group.
 */
#include "lib/machine/sysdev.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/base/parse.h"

#define BUSES_MAX 256

int sysdev_read(const struct fsroot *root, const char *bus, const char *name, struct sysdev *ret)
{
	char group[16];
	uint32_t number;

	memset(ret, 0, sizeof(*ret));
	ret->group = -1;
	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	if (!fsroot_exists(root, "sys/bus/%s/devices/%s", bus, name))
		return -ENODEV;
	if (fsroot_link_name(root, ret->driver, sizeof(ret->driver), "sys/bus/%s/devices/%s/driver",
			     bus, name) < 0)
		ret->driver[0] = 0;
	if (fsroot_link_name(root, group, sizeof(group), "sys/bus/%s/devices/%s/iommu_group", bus,
			     name) > 0 &&
	    parse_u32(group, 0, INT_MAX, &number) == 0)
		ret->group = (int)number;
	if (fsroot_read_text(root, ret->modalias, sizeof(ret->modalias),
			     "sys/bus/%s/devices/%s/modalias", bus, name) < 0)
		ret->modalias[0] = 0;
	return 0;
}

struct search {
	const struct fsroot *root;
	const char *name;
	char *bus;
	size_t cap;
};

static int look_on_bus(void *priv, const char *bus)
{
	struct search *s = priv;

	if (strlen(bus) >= s->cap || !fsroot_exists(s->root, "sys/bus/%s/devices/%s", bus, s->name))
		return 0;
	strcpy(s->bus, bus);
	return 1;
}

int sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap)
{
	struct search s = { .root = root, .name = name, .bus = bus, .cap = cap };

	if (!fsroot_name_ok(name))
		return -ENODEV;
	return fsroot_each(root, BUSES_MAX, look_on_bus, &s, "sys/bus") == 1 ? 0 : -ENODEV;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sysdev.c - links (driver, iommu_group) and the modalias attribute. A missing link gives an empty
 * value: an unbound device has no driver link, a device that the SMMU driver refused has no group.
 * An error while reading is a failure: it must not look like a missing device or driver.
 */
#include "lib/machine/sysdev.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"

#define BUSES_MAX 256
#define LINES_MAX 65536

/* The number of its group; -1 none. */
static int read_group(const struct fsroot *root, const char *bus, const char *name, int *ret)
{
	char group[16];
	uint32_t number;
	int rc = fsroot_link_name(root, group, sizeof(group), "sys/bus/%s/devices/%s/iommu_group",
				  bus, name);

	*ret = -1;
	if (rc > 0 && parse_u32(group, 0, INT_MAX, &number) == 0)
		*ret = (int)number;
	return rc;
}

int sysdev_read(const struct fsroot *root, const char *bus, const char *name, struct sysdev *ret)
{
	char driver[256];
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->group = -1;
	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	rc = fsroot_has(root, "sys/bus/%s/devices/%s", bus, name);
	if (rc <= 0)
		return rc < 0 ? rc : -ENODEV;
	rc = fsroot_link_name(root, driver, sizeof(driver), "sys/bus/%s/devices/%s/driver", bus,
			      name);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc > 0)
		(void)snprintf(ret->driver, sizeof(ret->driver), "%.31s", driver);
	rc = read_group(root, bus, name, &ret->group);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	rc = fsroot_read_text(root, ret->modalias, sizeof(ret->modalias),
			      "sys/bus/%s/devices/%s/modalias", bus, name);
	if (rc >= 0)
		return 0;
	ret->modalias[0] = 0;
	return rc == -ENOENT || rc == -EACCES || rc == -E2BIG ? 0 : rc;
}

static int is_line_of(void *priv, char *line)
{
	const char *name = priv;
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && (line[len] == '\t' || !line[len]);
}

bool sysdev_is_listed(const struct fsroot *root, const char *path, const char *name)
{
	return fsroot_each_line(root, path, LINES_MAX, is_line_of, (void *)name) == 1;
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
	int rc = strlen(bus) >= s->cap ? 0
				       : fsroot_has(s->root, "sys/bus/%s/devices/%s", bus, s->name);

	if (rc == 1)
		strcpy(s->bus, bus);
	return rc;
}

int sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap)
{
	struct search s = { .root = root, .name = name, .bus = bus, .cap = cap };

	int rc;

	if (!fsroot_name_ok(name))
		return -ENODEV;
	rc = fsroot_each(root, BUSES_MAX, look_on_bus, &s, "sys/bus");
	if (rc == 1)
		return 0;
	return rc < 0 && rc != -ENOENT ? rc : -ENODEV;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * netwait.c - which address counts: that of the card's own interface, or of one above it, since
 * with a bond, a bridge or a VLAN the card's own interface has none. Another card's address tells
 * nothing about this one. The kernel links nothing above a port of Open vSwitch, so there any
 * address counts.
 */
#include "daemon/netwait.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"

#define INTERFACES_MAX 64
#define ABOVE_MAX 16 /* interfaces above one card that are looked at */
#define LINES_MAX 4096
#define LINKS_MAX 1024 /* entries of an interface's folder */

/* An interface, and all that are above it. A list that grows while it is worked off. */
struct above {
	char name[ABOVE_MAX][32];
	size_t count;
	bool any; /* there may be more: the address of any interface counts */
};

static void add_above(struct above *above, const char *name)
{
	size_t i;

	for (i = 0; i < above->count; i++)
		if (strcmp(above->name[i], name) == 0)
			return;
	if (above->count == ABOVE_MAX || strlen(name) >= sizeof(above->name[0]))
		above->any = true;
	else
		strcpy(above->name[above->count++], name);
}

static int on_link(void *priv, const char *link)
{
	static const char prefix[] = "upper_";

	if (strncmp(link, prefix, sizeof(prefix) - 1) == 0)
		add_above(priv, link + sizeof(prefix) - 1);
	return 0;
}

static void find_above(const struct fsroot *root, const char *name, struct above *ret)
{
	size_t i;

	*ret = (struct above){ .count = 0 };
	add_above(ret, name);
	for (i = 0; i < ret->count; i++) {
		ret->any |= strcmp(ret->name[i], "ovs-system") == 0;
		fsroot_each(root, LINKS_MAX, on_link, ret, "sys/class/net/%s", ret->name[i]);
	}
}

static bool counts(const struct above *above, const char *name)
{
	size_t i;

	for (i = 0; i < above->count; i++)
		if (strcmp(above->name[i], name) == 0)
			return true;
	return above->any && strcmp(name, "lo") != 0;
}

/* 1 for a route of an interface that counts. */
static int route_line(void *priv, char *line)
{
	char name[32];

	return sscanf(line, "%31s", name) == 1 && strcmp(name, "Iface") != 0 && counts(priv, name);
}

/* 1 for a line "address index length scope flags name" of an address with global scope. */
static int inet6_line(void *priv, char *line)
{
	char scope[8], name[32];

	return sscanf(line, "%*s %*s %*s %7s %*s %31s", scope, name) == 2 &&
	       strcmp(scope, "00") == 0 && counts(priv, name);
}

static bool has_address(const struct fsroot *root, const char *name)
{
	struct above above;

	find_above(root, name, &above);
	return fsroot_each_line(root, "proc/net/route", LINES_MAX, route_line, &above) == 1 ||
	       fsroot_each_line(root, "proc/net/if_inet6", LINES_MAX, inet6_line, &above) == 1;
}

struct folder {
	const struct fsroot *root;
	char path[FSROOT_PATH_MAX];
};

static int interface_up(void *priv, const char *name)
{
	const struct folder *folder = priv;
	char text[16];
	uint32_t flags;

	if (fsroot_read_text(folder->root, text, sizeof(text), "%s/net/%s/flags", folder->path,
			     name) < 0 ||
	    parse_u32(text, 0, UINT32_MAX, &flags) < 0 || !(flags & IFF_UP))
		return 0;
	if (fsroot_read_text(folder->root, text, sizeof(text), "%s/net/%s/carrier", folder->path,
			     name) < 0 ||
	    strcmp(text, "1") != 0)
		return 1;
	return !has_address(folder->root, name);
}

/* The interfaces of a virtio card belong to a virtio device below the PCI function. */
static int virtio_below(void *priv, const char *name)
{
	const struct folder *above = priv;
	struct folder folder = { .root = above->root };

	if (strncmp(name, "virtio", 6) != 0)
		return 0;
	snprintf(folder.path, sizeof(folder.path), "%.400s/%.64s", above->path, name);
	return fsroot_each(folder.root, INTERFACES_MAX, interface_up, &folder, "%s/net",
			   folder.path) == 1;
}

bool netwait_is_negotiating(const struct fsroot *root, const char *bus, const char *device)
{
	struct folder folder = { .root = root };

	if (!fsroot_name_ok(bus) || !fsroot_name_ok(device))
		return false;
	snprintf(folder.path, sizeof(folder.path), "sys/bus/%.32s/devices/%.64s", bus, device);
	return fsroot_each(root, INTERFACES_MAX, interface_up, &folder, "%s/net", folder.path) ==
		       1 ||
	       fsroot_each(root, 1024, virtio_below, &folder, "%s", folder.path) == 1;
}

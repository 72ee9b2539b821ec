// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * netwait.c - an address of any interface but the loopback counts: with a bond, a bridge or a VLAN
 * the card's own interface has none.
 */
#include "daemon/netwait.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"

#define INTERFACES_MAX 64
#define LINES_MAX 4096

/* 1 for a route that does not belong to the loopback interface. */
static int route_line(void *priv, char *line)
{
	(void)priv;
	return strncmp(line, "Iface", 5) && strncmp(line, "lo\t", 3);
}

/* 1 for a line "address index length scope flags name" of an address with global scope. */
static int inet6_line(void *priv, char *line)
{
	char scope[8], name[32];

	(void)priv;
	return sscanf(line, "%*s %*s %*s %7s %*s %31s", scope, name) == 2 &&
	       strcmp(scope, "00") == 0 && strcmp(name, "lo") != 0;
}

static bool has_address(const struct fsroot *root)
{
	return fsroot_each_line(root, "proc/net/route", LINES_MAX, route_line, NULL) == 1 ||
	       fsroot_each_line(root, "proc/net/if_inet6", LINES_MAX, inet6_line, NULL) == 1;
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
	return !has_address(folder->root);
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

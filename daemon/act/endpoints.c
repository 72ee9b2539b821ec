// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * endpoints.c - see endpoints.h.
 */
#include "daemon/act/endpoints.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/parse.h"

#define CLASS_BRIDGE 0x06

static int add(struct endpoints *list, const char *bus, const char *name)
{
	struct endpoint *items;
	size_t cap;

	if (strlen(name) >= sizeof(items->name) ||
	    fsroot_exists(list->root, "sys/bus/%s/devices/%s/driver", bus, name))
		return 0;
	if (list->count == list->cap) {
		cap = list->cap ? list->cap * 2 : 64;
		items = realloc(list->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->cap = cap;
	}
	list->items[list->count].bus = bus;
	strcpy(list->items[list->count++].name, name);
	return 0;
}

static int add_pci(void *priv, const char *name)
{
	struct endpoints *list = priv;
	uint32_t class_code;
	char text[16];

	if (fsroot_read_text(list->root, text, sizeof(text), "sys/bus/pci/devices/%s/class", name) <
		    0 ||
	    parse_u32(text, 0, UINT32_MAX, &class_code) < 0 || class_code >> 16 == CLASS_BRIDGE)
		return 0;
	return add(list, "pci", name);
}

static int add_platform(void *priv, const char *name)
{
	struct endpoints *list = priv;

	if (!fsroot_exists(list->root, "sys/bus/platform/devices/%s/of_node/iommus", name))
		return 0;
	return add(list, "platform", name);
}

static int each_of(struct endpoints *list, fsroot_name_fn fn, const char *bus, struct errbuf *err)
{
	int rc = fsroot_each(list->root, SIZE_MAX, fn, list, "sys/bus/%s/devices", bus);

	/* A bus that cannot be read keeps no other bus's devices from being listed. */
	if (rc < 0 && rc != -ENOENT)
		errbuf_set(err, "sys/bus/%s/devices: %s", bus, strerror(-rc));
	return rc == -ENOENT ? 0 : rc;
}

int endpoints_list(const struct fsroot *root, struct endpoints *ret, struct errbuf *err)
{
	int rc, error;

	*ret = (struct endpoints){ .root = root };
	error = each_of(ret, add_pci, "pci", err);
	rc = each_of(ret, add_platform, "platform", err);
	return error ? error : rc;
}

void endpoints_clear(struct endpoints *endpoints)
{
	free(endpoints->items);
	*endpoints = (struct endpoints){ 0 };
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * suppliers.c - reads the links "supplier:BUS:NAME" in a device's folder (without BUS before
 * 5.13), and "physfn" of a virtual function. Only suppliers in the inventory matter, since no
 * other device is held.
 */
#include "lib/plan/suppliers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINK "supplier:"
#define ENTRIES_MAX 4096
/* A longer chain of suppliers is not followed to its end. */
#define DEPTH_MAX 8

struct search {
	struct inventory *inv;
	const struct fsroot *root;
	u32 depth, order; /* given out so far */
	bool cut;	  /* there are more suppliers than were looked at */
};

static void find_suppliers(struct search *s, struct inv_device *consumer);

/* The suppliers of @dev come first; a circle ends at a device that was met before. */
static void take(struct search *s, struct inv_device *dev)
{
	if (dev->bound || dev->gone || dev->asked)
		return;
	if (s->depth == DEPTH_MAX) {
		s->cut = true;
		return;
	}
	dev->supplier = !dev->dump_path;
	dev->dump_path = true;
	s->depth++;
	find_suppliers(s, dev);
	s->depth--;
	dev->supplies = ++s->order;
}

static bool is_named(const struct inv_device *dev, const char *supplier)
{
	size_t bus = strlen(dev->bus);

	if (strncmp(supplier, dev->bus, bus) == 0 && supplier[bus] == ':' &&
	    strcmp(supplier + bus + 1, dev->name) == 0)
		return true;
	return strcmp(supplier, dev->name) == 0;
}

static void take_named(struct search *s, const char *supplier)
{
	u32 d;

	for (d = 0; d < s->inv->count; d++)
		if (is_named(&s->inv->devices[d], supplier))
			take(s, &s->inv->devices[d]);
}

static int on_entry(void *priv, const char *name)
{
	if (strncmp(name, LINK, sizeof(LINK) - 1) == 0)
		take_named(priv, name + sizeof(LINK) - 1);
	return 0;
}

static void find_suppliers(struct search *s, struct inv_device *consumer)
{
	char physical[64];
	int rc;

	consumer->asked = true;
	rc = fsroot_each(s->root, ENTRIES_MAX, on_entry, s, "sys/bus/%s/devices/%s", consumer->bus,
			 consumer->name);
	s->cut |= rc < 0 && rc != -ENOENT;
	if (fsroot_link_name(s->root, physical, sizeof(physical), "sys/bus/%s/devices/%s/physfn",
			     consumer->bus, consumer->name) > 0)
		take_named(s, physical);
}

bool suppliers_mark(struct inventory *inv, const struct fsroot *root)
{
	struct search s = { .inv = inv, .root = root };
	u32 d;

	for (d = 0; d < inv->count; d++) {
		struct inv_device *dev = &inv->devices[d];

		if (dev->dump_path && !dev->bound && !dev->gone && !dev->asked)
			find_suppliers(&s, dev);
	}
	return !s.cut;
}

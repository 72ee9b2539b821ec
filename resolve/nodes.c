// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * nodes.c - find the disk of a path in /dev, or of a tag that libblkid and udev's links know. The
 * device number of a node identifies the disk. In a copied /dev, which has no nodes, the name at
 * the end of the link does.
 */
#include <blkid/blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/cleanup.h"
#include "resolve/walk.h"

#define DISKS_MAX 65536

struct dm_search {
	const struct fsroot *root;
	const char *want;
	char found[32];
};

static int is_dm_name(void *priv, const char *disk)
{
	struct dm_search *s = priv;
	char text[CONFIG_DEVICE_BYTES];

	if (strncmp(disk, "dm-", 3) || strlen(disk) >= sizeof(s->found) ||
	    fsroot_read_text(s->root, text, sizeof(text), "sys/class/block/%s/dm/name", disk) < 0 ||
	    strcmp(text, s->want))
		return 0;
	strcpy(s->found, disk);
	return 1;
}

static bool disk_of_number(struct walk *w, dev_t number)
{
	char name[64];

	if (fsroot_link_name(w->root, name, sizeof(name), "sys/dev/block/%u:%u", major(number),
			     minor(number)) <= 0)
		return false;
	walk_add(w, WALK_DISK, "%s", name);
	return true;
}

void walk_node(struct walk *w, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	struct dm_search dm = { .root = w->root, .want = strrchr(path, '/') + 1 };
	const char *name = strrchr(real ? real : path, '/') + 1;
	struct stat st;

	if (real && stat(real, &st) == 0 && S_ISBLK(st.st_mode)) {
		if (!disk_of_number(w, st.st_rdev))
			walk_doubt(w, "the device number of %s is not in sysfs", path);
		return;
	}
	/* A link whose end was not copied. */
	if (!real) {
		char end[64];

		if (fsroot_link_name(w->root, end, sizeof(end), "%s", path + 1) > 0 &&
		    walk_has(w, "block", end)) {
			walk_add(w, WALK_DISK, "%s", end);
			return;
		}
	}
	if (walk_has(w, "block", name))
		walk_add(w, WALK_DISK, "%s", name);
	else if (strncmp(path, "/dev/mapper/", 12) == 0 &&
		 fsroot_each(w->root, DISKS_MAX, is_dm_name, &dm, "sys/class/block") == 1)
		walk_add(w, WALK_DISK, "%s", dm.found);
	else
		walk_doubt(w, "%s does not exist", path);
}

static const char *folder_of(const char *tag)
{
	static const struct {
		const char *name, *folder;
	} folders[] = {
		{ "UUID", "by-uuid" },
		{ "LABEL", "by-label" },
		{ "PARTUUID", "by-partuuid" },
		{ "PARTLABEL", "by-partlabel" },
	};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strcmp(tag, folders[i].name) == 0)
			return folders[i].folder;
	return NULL;
}

/* udev encodes unusual bytes of a name in its own way. */
static void add_link(struct walk *w, const char *folder, const char *value)
{
	char encoded[CONFIG_DEVICE_BYTES];

	if (!strchr(value, '\\') && blkid_encode_string(value, encoded, sizeof(encoded)) == 0)
		value = encoded;
	walk_add(w, WALK_NODE, "/dev/disk/%s/%s", folder, value);
}

void walk_tag(struct walk *w, const char *tag)
{
	char name[16], value[CONFIG_DEVICE_BYTES];
	const char *equal = strchr(tag, '='), *folder;
	_cleanup_free_ char *node = NULL;
	size_t len;

	snprintf(name, sizeof(name), "%.*s", equal ? (int)(equal - tag) : 0, tag);
	folder = folder_of(name);
	if (!folder) {
		walk_doubt(w, "%s= is not a tag of a disk", name);
		return;
	}
	snprintf(value, sizeof(value), "%s", equal + 1);
	len = strlen(value);
	if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
		memmove(value, value + 1, len - 2);
		value[len - 2] = 0;
	}
	/* libblkid reads the disks themselves where udev does not know the tag. */
	if (w->root->real)
		node = blkid_evaluate_tag(name, value, NULL);
	if (node)
		walk_add(w, WALK_NODE, "%s", node);
	else
		add_link(w, folder, value);
}

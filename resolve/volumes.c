// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * volumes.c - find what a volume needs besides the disks that hold its blocks. LVM
 * activates a volume group by itself only when all of its disks are there. An encrypted volume
 * needs its key, whose source is in /etc/crypttab. A key from a person or a token needs devices
 * that cannot be known here. Of other kinds of volumes some need more than their disks, too:
 * Stratis all disks of its pool, DRBD the other machine.
 */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "resolve/walk.h"

#define DISKS_MAX 65536
#define LINES_MAX 4096
#define UUID_BYTES 160
#define LVM "LVM-"
#define LVM_GROUP_LEN (4 + 32) /* of "LVM-" and the group's UUID; the volume's UUID follows */
#define ONLINE "run/lvm/pvs_online"

static bool read_uuid(struct walk *w, const char *disk, char uuid[UUID_BYTES])
{
	return fsroot_read_text(w->root, uuid, UUID_BYTES, "sys/class/block/%s/dm/uuid", disk) > 0;
}

/* ---- LVM ---- */

struct group {
	struct walk *w;
	const char *uuid;   /* dm UUID of one volume of the group */
	const char *volume; /* the volume that is being looked at */
	char name[128];	    /* "vg:data", as ONLINE has it; "" not known */
	bool naming;	    /* still looking for the name */
};

static bool in_group(struct group *g, const char *disk)
{
	char uuid[UUID_BYTES];

	return strncmp(disk, "dm-", 3) == 0 && read_uuid(g->w, disk, uuid) &&
	       strncmp(uuid, g->uuid, LVM_GROUP_LEN) == 0;
}

/* Not those of its volumes that another one is made of. */
static int on_slave(void *priv, const char *disk)
{
	struct group *g = priv;

	if (!in_group(g, disk))
		walk_add(g->w, WALK_DISK, "%s", disk);
	return 0;
}

static int on_volume(void *priv, const char *disk)
{
	struct group *g = priv;

	if (in_group(g, disk))
		fsroot_each(g->w->root, DISKS_MAX, on_slave, g, "sys/class/block/%s/slaves", disk);
	return 0;
}

/* "8:2", "vg:data" and more, each in a line of its own. */
static int on_online(void *priv, const char *id)
{
	struct group *g = priv;
	unsigned int major_, minor_;
	char text[512], disk[64], *vg;

	if (fsroot_read_text(g->w->root, text, sizeof(text), ONLINE "/%s", id) < 0 ||
	    sscanf(text, "%u:%u", &major_, &minor_) != 2 || !(vg = strstr(text, "\nvg:")) ||
	    fsroot_link_name(g->w->root, disk, sizeof(disk), "sys/dev/block/%u:%u", major_,
			     minor_) <= 0)
		return 0;
	vg++;
	vg[strcspn(vg, "\n")] = 0;
	if (!g->naming) {
		if (strcmp(vg, g->name) == 0)
			walk_add(g->w, WALK_DISK, "%s", disk);
	} else if (fsroot_exists(g->w->root, "sys/class/block/%s/holders/%s", disk, g->volume)) {
		snprintf(g->name, sizeof(g->name), "%.127s", vg);
		return 1;
	}
	return 0;
}

/* Add all disks of the volume group, also those that hold no block of a volume. */
static void walk_group(struct walk *w, const char *disk, const char *uuid)
{
	struct group g = { .w = w, .uuid = uuid, .volume = disk, .naming = true };

	fsroot_each(w->root, DISKS_MAX, on_volume, &g, "sys/class/block");
	fsroot_each(w->root, DISKS_MAX, on_online, &g, ONLINE);
	g.naming = false;
	if (g.name[0])
		fsroot_each(w->root, DISKS_MAX, on_online, &g, ONLINE);
}

/* ---- encrypted ones ---- */

struct crypt {
	struct walk *w;
	const char *name;
	bool found;
};

static bool has_option(const char *options, const char *name)
{
	const char *at = options;
	size_t len = strlen(name);

	for (; *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, name, len) == 0)
			return true;
	return false;
}

/* A key file: "/path" or "/dev/...", optionally followed by ":" and the device that holds it. */
static void walk_key(struct walk *w, char *key)
{
	char *on = strchr(key, ':');

	if (on)
		*on++ = 0;
	if (on && *on)
		walk_add(w, *on == '/' ? WALK_NODE : WALK_TAG, "%s", on);
	else
		walk_add(w, strncmp(key, "/dev/", 5) == 0 ? WALK_NODE : WALK_FILE, "%s", key);
}

/* NAME SOURCE KEY OPTIONS */
static int on_crypttab(void *priv, char *line)
{
	struct crypt *c = priv;
	char name[128], key[256] = "", options[512] = "";

	if (sscanf(line, "%127s %*s %255s %511s", name, key, options) < 1 || name[0] == '#' ||
	    strcmp(name, c->name))
		return 0;
	c->found = true;
	if (has_option(options, "keyscript=") || has_option(options, "header=") ||
	    has_option(options, "fido2-device=") || has_option(options, "pkcs11-uri="))
		walk_doubt(c->w, "/etc/crypttab: the devices that %s needs are not known", name);
	else if (key[0] == '/')
		walk_key(c->w, key);
	else if (!has_option(options, "tpm2-device="))
		c->found = false;
	return 1;
}

static void walk_crypt(struct walk *w, const char *disk)
{
	char name[128] = "";
	struct crypt c = { .w = w, .name = name };

	fsroot_read_text(w->root, name, sizeof(name), "sys/class/block/%s/dm/name", disk);
	fsroot_each_line(w->root, "etc/crypttab", LINES_MAX, on_crypttab, &c);
	if (!c.found)
		walk_doubt(w, "%s is encrypted, and the source of its key is not known", disk);
}

static bool starts_with_one(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strncmp(text, *words, strlen(*words)) == 0)
			return true;
	return false;
}

/* Multipath, a partition of one, and the RAID of firmware need their disks only. */
static void walk_mapped(struct walk *w, const char *disk)
{
	static const char *const plain[] = { "mpath-", "part", "DMRAID-", NULL };
	char uuid[UUID_BYTES] = "";

	if (!read_uuid(w, disk, uuid) &&
	    !fsroot_exists(w->root, "sys/class/block/%s/dm/uuid", disk))
		return;
	if (strncmp(uuid, LVM, strlen(LVM)) == 0 && strlen(uuid) > LVM_GROUP_LEN)
		walk_group(w, disk, uuid);
	else if (strncmp(uuid, "CRYPT-", 6) == 0)
		walk_crypt(w, disk);
	else if (!starts_with_one(uuid, plain))
		walk_doubt(w, "what the volume %s needs besides its disks is not known", disk);
}

void walk_volume(struct walk *w, const char *disk)
{
	static const char *const plain[] = { "md", "bcache", NULL };

	if (strncmp(disk, "dm-", 3) == 0)
		walk_mapped(w, disk);
	else if (!starts_with_one(disk, plain))
		walk_doubt(w, "what the volume %s needs besides its disks is not known", disk);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * order.c - find out whether a name that the kernel gives would be another disk's in the capture
 * kernel. The kernel counts disks and interfaces in the order in which they are probed, and the
 * daemon lets the devices of the dump be probed first, and the others later or never: /dev/nvme1n1
 * would be /dev/nvme0n1, and soon after it another disk. Where the capture environment uses such a
 * name, no device may come before the others.
 *
 * A name stays if the disks of the dump are the first ones by their names.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve/kdump.h"
#include "resolve/walk.h"

#define DISKS_MAX 65536
#define LINES_MAX 4096

/* A kind of names that are counted together. */
struct family {
	const char *prefix, *class_name;
	bool letters; /* "sda"; else "nvme0" */
};

static const struct family families[WALK_FAMILIES] = {
	{ "sd", "block", true },    { "vd", "block", true },	  { "xvd", "block", true },
	{ "nvme", "block", false }, { "mmcblk", "block", false }, { "eth", "net", false },
};

/* The number that a name of @f begins with behind its prefix; -1: it is no such name. */
static long number_of(const struct family *f, const char *name)
{
	size_t len = strlen(f->prefix);
	long number = 0;
	const char *p = name + len, *begin = p;

	if (strncmp(name, f->prefix, len))
		return -1;
	if (f->letters) {
		for (; *p >= 'a' && *p <= 'z' && p - begin < 4; p++)
			number = number * 26 + (*p - 'a' + 1);
		return p > begin && p[strspn(p, "0123456789")] == 0 ? number : -1;
	}
	for (; *p >= '0' && *p <= '9' && p - begin < 6; p++)
		number = number * 10 + (*p - '0');
	/* Not a path of a multipath disk, "nvme0c1n1". */
	return p > begin && (!*p || *p == 'n' || *p == 'p') ? number : -1;
}

void order_take(struct walk *w, const char *name, const char *where)
{
	size_t i;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	for (i = 0; i < WALK_FAMILIES; i++)
		if (number_of(&families[i], name) >= 0 && !w->used[i].name[0]) {
			snprintf(w->used[i].name, sizeof(w->used[i].name), "%.*s",
				 (int)sizeof(w->used[i].name) - 1, name);
			w->used[i].where = where;
		}
}

/* "root=" of a command line: the last one counts. */
static void take_root(struct walk *w, const char *line, const char *where)
{
	const char *word = line, *root = NULL;
	char name[CONFIG_DEVICE_BYTES];

	while ((word = strstr(word, "root="))) {
		if (word == line || strchr(" \t", word[-1]))
			root = word + 5;
		word += 5;
	}
	if (!root)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(root, " \t\n"), root);
	order_take(w, name, where);
}

static void on_mount(struct walk *w, const char *source)
{
	order_take(w, source, "etc/fstab");
}

/* NAME SOURCE KEY OPTIONS */
static int on_crypttab(void *priv, char *line)
{
	char source[CONFIG_DEVICE_BYTES];

	if (sscanf(line, "%*s %127s", source) == 1 && line[0] != '#')
		order_take(priv, source, "etc/crypttab");
	return 0;
}

void order_of_real_root(struct walk *w, const struct kdump *k)
{
	char line[4096] = "";

	w->by_interface = true;
	/* Else a target is that of the line that kdump has instead. */
	if (!k->line[0] && fsroot_read_text(w->root, line, sizeof(line), "proc/cmdline") > 0)
		take_root(w, line, "proc/cmdline");
	mounts_in_fstab(w, on_mount);
	fsroot_each_line(w->root, "etc/crypttab", LINES_MAX, on_crypttab, w);
}

/* ---- the judgement ---- */

struct count {
	struct walk *w;
	const struct family *family;
	long first_off, last_on; /* of the disks that the dump does not need, and does */
};

static bool has_device(const struct config_dump *found, const char *name)
{
	size_t i;

	for (i = 0; i < found->count; i++)
		if (strcmp(found->device[i].name, name) == 0)
			return true;
	return false;
}

/* Are all devices behind this disk or interface among those of the dump? */
static bool is_needed(const struct walk *w, const char *name)
{
	struct walk *other = calloc(1, sizeof(*other));
	bool needed = false;
	size_t i;

	if (!other)
		return false;
	other->root = w->root;
	walk_target(other, name, NULL);
	needed = other->found.count > 0;
	for (i = 0; i < other->found.count; i++)
		needed &= has_device(&w->found, other->found.device[i].name);
	walk_clear(other);
	free(other);
	return needed;
}

static int on_disk(void *priv, const char *name)
{
	struct count *c = priv;
	long number = number_of(c->family, name);

	if (number < 0 ||
	    fsroot_exists(c->w->root, "sys/class/%s/%s/partition", c->family->class_name, name))
		return 0;
	if (!is_needed(c->w, name))
		c->first_off = number < c->first_off ? number : c->first_off;
	else if (number > c->last_on)
		c->last_on = number;
	return 0;
}

static bool stays(struct walk *w, const struct family *f)
{
	struct count c = { .w = w, .family = f, .first_off = LONG_MAX, .last_on = -1 };

	fsroot_each(w->root, DISKS_MAX, on_disk, &c, "sys/class/%s", f->class_name);
	return c.last_on < c.first_off;
}

void order_judge(struct walk *w)
{
	bool all_stay = true;
	size_t i;

	for (i = 0; i < WALK_FAMILIES; i++) {
		if (!w->used[i].name[0] || stays(w, &families[i]))
			continue;
		all_stay = false;
		walk_doubt(
			w,
			"%s%s names %.40s, which is another one when the dump's devices are probed first",
			strchr(w->used[i].where, '/') ? "/" : "", w->used[i].where,
			w->used[i].name);
	}
	w->found.in_order |= !all_stay;
}

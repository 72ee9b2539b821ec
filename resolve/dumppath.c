// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dumppath.c - the names of targets, and the list of what is still to be looked at.
 *
 * A device node is identified by its device number; where /dev is a copy
 * without nodes (--root) by the name its link ends in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/cleanup.h"
#include "lib/machine/config_dump.h"
#include "lib/machine/sysdev.h"
#include "resolve/dumppath_private.h"

#define DISKS_MAX 65536

static const struct {
	const char *tag, *folder;
} tags[] = {
	{ "UUID=", "by-uuid" },
	{ "LABEL=", "by-label" },
	{ "PARTUUID=", "by-partuuid" },
	{ "PARTLABEL=", "by-partlabel" },
};

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static const char *folder_of_tag(const char *target, const char **ret_value)
{
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!starts(target, tags[i].tag))
			continue;
		*ret_value = target + strlen(tags[i].tag);
		return tags[i].folder;
	}
	return NULL;
}

static bool is_host(const char *target)
{
	const char *colon = strchr(target, ':');

	return strchr(target, '@') || (colon && strchr(colon, '/'));
}

int dumppath_fail(struct dumppath_walk *w, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->err->text, sizeof(w->err->text), format, ap);
	va_end(ap);
	return -ENODEV;
}

int dumppath_add(struct dumppath_walk *w, enum dumppath_kind kind, const char *name)
{
	struct dumppath_node *node;
	size_t i, len;

	for (i = 0; i < w->count; i++)
		if (w->node[i].kind == kind && strcmp(w->node[i].name, name) == 0)
			return 0;
	if (w->count == DUMPPATH_NODES_MAX)
		return dumppath_fail(w, "more than %d devices below it", DUMPPATH_NODES_MAX);
	if (strlen(name) >= sizeof(node->name))
		return dumppath_fail(w, "%.60s...: name too long", name);
	node = &w->node[w->count++];
	node->kind = kind;
	strcpy(node->name, name);
	len = strlen(w->out->via);
	snprintf(w->out->via + len, sizeof(w->out->via) - len, "%s%s", len ? " > " : "", name);
	return 0;
}

int dumppath_add_endpoint(struct dumppath_walk *w, const char *name)
{
	struct dumppath *out = w->out;
	size_t i;

	w->found = true;
	if (strlen(name) >= sizeof(out->endpoint[0]))
		return dumppath_fail(w, "%.60s: name too long", name);
	for (i = 0; i < out->count; i++)
		if (strcmp(out->endpoint[i], name) == 0)
			return 0;
	if (out->count == DUMPPATH_ENDPOINTS_MAX)
		return dumppath_fail(w, "more than %d endpoints", DUMPPATH_ENDPOINTS_MAX);
	strcpy(out->endpoint[out->count++], name);
	return 0;
}

/* ---- names ---- */

struct dm_search {
	const struct fsroot *root;
	const char *want;
	char found[32];
};

static int is_dm_name(void *priv, const char *disk)
{
	struct dm_search *s = priv;
	char text[DUMPPATH_TARGET_BYTES];

	if (!starts(disk, "dm-") || strlen(disk) >= sizeof(s->found) ||
	    fsroot_read_text(s->root, text, sizeof(text), "sys/class/block/%s/dm/name", disk) < 0 ||
	    strcmp(text, s->want))
		return 0;
	strcpy(s->found, disk);
	return 1;
}

/* The name in /sys/class/block of a path in /dev. */
static int disk_of_node(struct dumppath_walk *w, const char *path, char *name, size_t cap)
{
	struct dm_search dm = { .root = w->root, .want = strrchr(path, '/') + 1 };
	_cleanup_close_ int fd = fsroot_openat(w->root, O_PATH, 0, "%s", path + 1);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode)) {
		if (fsroot_link_name(w->root, name, cap, "sys/dev/block/%u:%u", major(st.st_rdev),
				     minor(st.st_rdev)) > 0)
			return 0;
		return dumppath_fail(w, "%s: its device number is not in sysfs", path);
	}
	if (fsroot_link_name(w->root, name, cap, "%s", path + 1) < 0)
		snprintf(name, cap, "%s", dm.want);
	if (fsroot_name_ok(name) && fsroot_exists(w->root, "sys/class/block/%s", name))
		return 0;
	if (starts(path, "/dev/mapper/") &&
	    fsroot_each(w->root, DISKS_MAX, is_dm_name, &dm, "sys/class/block") == 1) {
		snprintf(name, cap, "%s", dm.found);
		return 0;
	}
	return dumppath_fail(w, "%s: not there", path);
}

static int walk_node(struct dumppath_walk *w, const char *path)
{
	char name[64];
	int rc = disk_of_node(w, path, name, sizeof(name));

	return rc < 0 ? rc : dumppath_add(w, DUMPPATH_DISK, name);
}

static int add_tag(struct dumppath_walk *w, const char *folder, const char *value)
{
	char path[DUMPPATH_TARGET_BYTES];
	size_t len = strlen(value);

	if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	if ((size_t)snprintf(path, sizeof(path), "/dev/disk/%s/%.*s", folder, (int)len, value) >=
	    sizeof(path))
		return dumppath_fail(w, "%.60s...: name too long", value);
	return dumppath_add(w, DUMPPATH_NODE, path);
}

/* Host of "host:/path", "user@host", "nfs://user@host/path", "[fe80::1]:/path". */
static int add_host(struct dumppath_walk *w, const char *text)
{
	char host[DUMPPATH_TARGET_BYTES];
	const char *slashes = strstr(text, "://");
	size_t len;

	if (slashes)
		text = slashes + 3;
	len = strcspn(text, "/");
	if (memchr(text, '@', len)) {
		len -= (size_t)(strchr(text, '@') + 1 - text);
		text = strchr(text, '@') + 1;
	}
	if (*text == '[') {
		text++;
		len = strcspn(text, "]");
	} else if (memchr(text, ':', len)) {
		len = strcspn(text, ":");
	}
	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	return dumppath_add(w, DUMPPATH_HOST, host);
}

static int add_name(struct dumppath_walk *w, const char *name)
{
	char bus[16], link[FSROOT_PATH_MAX];

	if (!fsroot_name_ok(name))
		return dumppath_fail(w, "no name of a device");
	if (sysdev_find_bus(w->root, name, bus, sizeof(bus)) == 0) {
		if (strcmp(bus, "pci") == 0 || strcmp(bus, "platform") == 0 ||
		    fsroot_link(w->root, link, "sys/bus/%s/devices/%s", bus, name) < 0)
			return dumppath_add_endpoint(w, name);
		return dumppath_endpoint_of_link(w, name, link);
	}
	if (fsroot_link(w->root, link, "sys/class/block/%s", name) > 0)
		return dumppath_add(w, DUMPPATH_DISK, name);
	if (fsroot_link(w->root, link, "sys/class/net/%s", name) > 0)
		return dumppath_add(w, DUMPPATH_NET, name);
	return dumppath_fail(w, "neither a device on a bus, nor a disk, nor a network interface");
}

static int add_target(struct dumppath_walk *w, const char *target)
{
	const char *value, *folder = folder_of_tag(target, &value);

	if (!config_dump_word_ok(target))
		return dumppath_fail(w, "no name of a dump target");
	if (folder)
		return add_tag(w, folder, value);
	if (starts(target, "file:///"))
		return dumppath_add(w, DUMPPATH_FILE, target + 7);
	if (starts(target, "/dev/"))
		return dumppath_add(w, DUMPPATH_NODE, target);
	if (*target == '/')
		return dumppath_add(w, DUMPPATH_FILE, target);
	return is_host(target) ? add_host(w, target) : add_name(w, target);
}

/* ---- the walk ---- */

static int visit(struct dumppath_walk *w, const struct dumppath_node *node)
{
	switch (node->kind) {
	case DUMPPATH_DISK: return dumppath_walk_disk(w, node->name);
	case DUMPPATH_NVME: return dumppath_walk_nvme(w, node->name);
	case DUMPPATH_NET: return dumppath_walk_net(w, node->name);
	case DUMPPATH_NODE: return walk_node(w, node->name);
	case DUMPPATH_FILE: return dumppath_walk_file(w, node->name);
	case DUMPPATH_HOST: return dumppath_walk_host(w, node->name);
	}
	return -EINVAL;
}

int dumppath_resolve(const struct fsroot *root, const char *target, struct dumppath *ret,
		     struct errbuf *err)
{
	_cleanup_free_ struct dumppath *out = malloc(sizeof(*out));
	_cleanup_free_ struct dumppath_walk *w = calloc(1, sizeof(*w));
	size_t i;
	int rc;

	if (!out || !w) {
		errbuf_set(err, "%s: %s", target, strerror(ENOMEM));
		return -ENOMEM;
	}
	*out = *ret;
	out->via[0] = 0;
	w->root = root;
	w->out = out;
	w->err = err;
	rc = add_target(w, target);
	for (i = 0; i < w->count && rc == 0; i++)
		rc = visit(w, &w->node[i]);
	if (rc == 0 && !w->found)
		rc = dumppath_fail(w, "no device on a bus below it");
	if (rc < 0) {
		errbuf_prefix(err, "%.127s", target);
		return rc;
	}
	*ret = *out;
	return 0;
}

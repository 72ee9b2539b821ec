// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dumppath_sysfs.c - from a disk or an interface down to what does its DMA.
 *
 * The place of a device in /sys/devices is its chain of parents, so the text of
 * its class link has the answer: the last PCI function on the way is the
 * controller, whatever stands between (SCSI hosts, USB hubs, virtio). Without PCI
 * it is the last device that has an IOMMU group, else the last one of a bus of
 * memory-mapped devices. What lies in devices/virtual has other devices below
 * it, which the kernel links: slaves of a disk, lower devices of an interface.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "resolve/dumppath_private.h"

#define LINKS_MAX 1024
#define PARTS_MAX 48

/* "../../devices/a/b/c" to "a/b/c"; NULL when it is not of this form. */
static const char *below_devices(const char *link)
{
	while (strncmp(link, "../", 3) == 0)
		link += 3;
	if (strncmp(link, "devices/", 8) || strstr(link, "../"))
		return NULL;
	return link + 8;
}

static bool is_mmio_device(const struct fsroot *root, const char *name)
{
	static const char *const buses[] = { "platform", "amba", "fsl-mc" };
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (fsroot_exists(root, "sys/bus/%s/devices/%s", buses[i], name))
			return true;
	return false;
}

int dumppath_endpoint_of_link(struct dumppath_walk *w, const char *name, const char *link)
{
	const char *path = below_devices(link), *at = path;
	char part[64], pci[64] = "", group[64] = "", mmio[64] = "", text[FSROOT_PATH_MAX];
	unsigned int budget = PARTS_MAX;
	size_t len;

	if (!path)
		return dumppath_fail(w, "%s: odd link in sysfs", name);
	for (; *at && budget--; at += len + (at[len] == '/')) {
		len = strcspn(at, "/");
		if (!len || len >= sizeof(part))
			continue;
		memcpy(part, at, len);
		part[len] = 0;
		if (fsroot_exists(w->root, "sys/bus/pci/devices/%s", part))
			strcpy(pci, part);
		if (fsroot_link(w->root, text, "sys/devices/%.*s/iommu_group",
				(int)(at + len - path), path) > 0)
			strcpy(group, part);
		if (is_mmio_device(w->root, part))
			strcpy(mmio, part);
	}
	if (pci[0])
		return dumppath_add_endpoint(w, pci);
	if (group[0])
		return dumppath_add_endpoint(w, group);
	if (mmio[0])
		return dumppath_add_endpoint(w, mmio);
	return dumppath_fail(w, "%s: no device on a bus below it", name);
}

/* ---- disks ---- */

struct below {
	struct dumppath_walk *w;
	enum dumppath_kind kind;
	size_t found;
	int rc;
};

static int add_below(void *priv, const char *name)
{
	struct below *b = priv;

	b->found++;
	b->rc = dumppath_add(b->w, b->kind, name);
	return b->rc;
}

/* 1: @name is a partition, and its disk was added. */
static int walk_partition(struct dumppath_walk *w, const char *name, const char *path)
{
	char parent[DUMPPATH_TARGET_BYTES];
	const char *end = strrchr(path, '/'), *begin;
	int rc;

	if (!end || !fsroot_exists(w->root, "sys/class/block/%s/partition", name))
		return 0;
	for (begin = end; begin > path && begin[-1] != '/'; begin--)
		;
	if ((size_t)(end - begin) >= sizeof(parent))
		return dumppath_fail(w, "%s: odd link in sysfs", name);
	snprintf(parent, sizeof(parent), "%.*s", (int)(end - begin), begin);
	rc = dumppath_add(w, DUMPPATH_DISK, parent);
	return rc < 0 ? rc : 1;
}

static int add_nvme(void *priv, const char *name)
{
	struct below *b = priv;

	if (strncmp(name, "nvme", 4) || !fsroot_exists(b->w->root, "sys/class/nvme/%s", name))
		return 0;
	return add_below(priv, name);
}

/* A namespace with several ways to it hangs below its subsystem, which links the controllers. */
static int walk_nvme_subsystem(struct dumppath_walk *w, const char *name, const char *path)
{
	static const char where[] = "virtual/nvme-subsystem/";
	struct below b = { .w = w, .kind = DUMPPATH_NVME };
	int rc;

	path += sizeof(where) - 1;
	rc = fsroot_each(w->root, LINKS_MAX, add_nvme, &b, "sys/devices/%s%.*s", where,
			 (int)strcspn(path, "/"), path);
	if (b.rc < 0)
		return b.rc;
	if (rc < 0 || !b.found)
		return dumppath_fail(w, "%s: no controller of its NVMe subsystem", name);
	return 0;
}

static int walk_virtual_disk(struct dumppath_walk *w, const char *name, const char *path)
{
	struct below b = { .w = w, .kind = DUMPPATH_DISK };
	char file[DUMPPATH_TARGET_BYTES];
	int rc;

	if (strncmp(path, "virtual/nvme-subsystem/", 23) == 0)
		return walk_nvme_subsystem(w, name, path);
	rc = fsroot_each(w->root, LINKS_MAX, add_below, &b, "sys/class/block/%s/slaves", name);
	if (b.rc < 0)
		return b.rc;
	if (rc == 0 && b.found)
		return 0;
	if (fsroot_read_text(w->root, file, sizeof(file), "sys/class/block/%s/loop/backing_file",
			     name) > 0 &&
	    file[0] == '/')
		return dumppath_add(w, DUMPPATH_FILE, file);
	return dumppath_fail(w, "%s: no device on a bus below it", name);
}

/* Software iSCSI: ".../host3/session1/target3:0:0/..." without a controller above. */
static int walk_iscsi(struct dumppath_walk *w, const char *path)
{
	const char *session = strstr(path, "/session");
	unsigned int number;
	char address[64];

	if (!session || sscanf(session, "/session%u", &number) != 1 ||
	    fsroot_read_text(w->root, address, sizeof(address),
			     "sys/class/iscsi_connection/connection%u:0/persistent_address",
			     number) <= 0)
		return -ENOENT;
	return dumppath_add(w, DUMPPATH_HOST, address);
}

int dumppath_walk_disk(struct dumppath_walk *w, const char *name)
{
	char link[FSROOT_PATH_MAX];
	const char *path;
	int rc;

	if (!fsroot_name_ok(name) || fsroot_link(w->root, link, "sys/class/block/%s", name) < 0)
		return dumppath_fail(w, "%s: no such disk", name);
	path = below_devices(link);
	if (!path)
		return dumppath_fail(w, "%s: odd link in sysfs", name);
	rc = walk_partition(w, name, path);
	if (rc)
		return rc < 0 ? rc : 0;
	if (strncmp(path, "virtual/", 8) == 0)
		return walk_virtual_disk(w, name, path);
	rc = dumppath_endpoint_of_link(w, name, link);
	return rc < 0 && walk_iscsi(w, path) == 0 ? 0 : rc;
}

/* PCI, or over a network: "traddr=192.0.2.7,trsvcid=4420". */
int dumppath_walk_nvme(struct dumppath_walk *w, const char *name)
{
	char link[FSROOT_PATH_MAX], text[256], *address;

	if (fsroot_link(w->root, link, "sys/class/nvme/%s", name) < 0)
		return dumppath_fail(w, "%s: no such NVMe controller", name);
	if (!strstr(link, "/nvme-fabrics/"))
		return dumppath_endpoint_of_link(w, name, link);
	if (fsroot_read_text(w->root, text, sizeof(text), "sys/class/nvme/%s/address", name) < 0 ||
	    !(address = strstr(text, "traddr=")))
		return dumppath_fail(w, "%s: its network address is not known", name);
	address += 7;
	address[strcspn(address, ",\n")] = 0;
	return dumppath_add(w, DUMPPATH_HOST, address);
}

/* ---- network interfaces ---- */

static int add_lower(void *priv, const char *name)
{
	return strncmp(name, "lower_", 6) ? 0 : add_below(priv, name + 6);
}

/* The capture kernel has no virtual functions: the physical one must make it first. */
static int add_physical_function(struct dumppath_walk *w, const char *name)
{
	char pf[48];

	if (fsroot_link_name(w->root, pf, sizeof(pf), "sys/class/net/%s/device/physfn", name) <= 0)
		return 0;
	return dumppath_add_endpoint(w, pf);
}

int dumppath_walk_net(struct dumppath_walk *w, const char *name)
{
	struct below b = { .w = w, .kind = DUMPPATH_NET };
	char link[FSROOT_PATH_MAX];
	const char *path;
	int rc;

	if (!fsroot_name_ok(name) || fsroot_link(w->root, link, "sys/class/net/%s", name) < 0)
		return dumppath_fail(w, "%s: no such network interface", name);
	path = below_devices(link);
	if (!path)
		return dumppath_fail(w, "%s: odd link in sysfs", name);
	if (strncmp(path, "virtual/", 8)) {
		rc = add_physical_function(w, name);
		return rc < 0 ? rc : dumppath_endpoint_of_link(w, name, link);
	}
	fsroot_each(w->root, LINKS_MAX, add_lower, &b, "sys/class/net/%s", name);
	if (b.rc < 0)
		return b.rc;
	return b.found ? 0 : dumppath_fail(w, "%s: no device on a bus below it", name);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * devices.c - walk from disks, NVMe controllers, network interfaces and virtio devices to the
 * devices below them, by libudev. A device in devices/virtual does no DMA itself. The kernel
 * links the devices below it: the slaves of a disk, the lower devices of an interface. A disk of
 * a network protocol has a host below it, to which a route leads.
 */
#include <errno.h>
#include <libudev.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/sysdev.h"
#include "resolve/walk.h"

#define LINKS_MAX 4096
#define VIRTUAL "/devices/virtual/"

void devices_clear(struct walk *w)
{
	if (w->udev)
		udev_unref(w->udev);
	w->udev = NULL;
}

static void unref(struct udev_device **device)
{
	if (*device)
		udev_device_unref(*device);
}

#define _cleanup_udev_ __attribute__((__cleanup__(unref)))

/* Open @name in @folder of sysfs, which holds links to devices. NULL: there is none. */
static struct udev_device *open_device(struct walk *w, const char *folder, const char *name)
{
	char path[FSROOT_PATH_MAX];

	if (!w->udev)
		w->udev = udev_new();
	if (!w->udev || !fsroot_name_ok(name))
		return NULL;
	snprintf(path, sizeof(path), "/sys/%s/%s", folder, name);
	return udev_device_new_from_syspath(w->udev, path);
}

bool walk_has(const struct walk *w, const char *class_name, const char *name)
{
	return fsroot_name_ok(name) && fsroot_exists(w->root, "sys/class/%s/%s", class_name, name);
}

bool walk_bus_device(struct walk *w, const char *name)
{
	_cleanup_udev_ struct udev_device *device = NULL;
	char bus[16], folder[48];

	if (sysdev_find_bus(w->root, name, bus, sizeof(bus)) < 0)
		return false;
	snprintf(folder, sizeof(folder), "bus/%.15s/devices", bus);
	device = open_device(w, folder, name);
	if (device)
		walk_endpoint(w, device);
	else
		walk_doubt(w, "the sysfs entry of %s cannot be read", name);
	return true;
}

/* ---- disks ---- */

struct below {
	struct walk *w;
	enum walk_kind kind;
	const char *prefix; /* only names that begin with it count; it is cut off */
	size_t found;
};

static int add_below(void *priv, const char *name)
{
	struct below *b = priv;
	size_t len = b->prefix ? strlen(b->prefix) : 0;

	if (len && strncmp(name, b->prefix, len))
		return 0;
	b->found++;
	walk_add(b->w, b->kind, "%s", name + len);
	return 0;
}

/* Add each device in the folder to the walk; @b->found counts them. */
static void each_below(struct below *b, const char *class_name, const char *name,
		       const char *folder)
{
	if (fsroot_each(b->w->root, LINKS_MAX, add_below, b, "sys/%s/%s%s", class_name, name,
			folder) == -E2BIG)
		walk_doubt(b->w, "%s has more than %d devices below it in sysfs", name, LINKS_MAX);
}

struct btrfs {
	struct walk *w;
	const char *disk;
};

/* Add all disks of the btrfs file system @uuid if @disk is one of them. */
static int on_btrfs(void *priv, const char *uuid)
{
	struct btrfs *f = priv;
	struct below b = { .w = f->w, .kind = WALK_DISK };

	if (fsroot_exists(f->w->root, "sys/fs/btrfs/%s/devices/%s", uuid, f->disk))
		each_below(&b, "fs/btrfs", uuid, "/devices");
	return 0;
}

static int add_nvme(void *priv, const char *name)
{
	struct below *b = priv;

	if (strncmp(name, "nvme", 4) == 0 && walk_has(b->w, "nvme", name))
		add_below(priv, name);
	return 0;
}

/*
 * A namespace with several paths (multipath) is below its subsystem, which links the controllers.
 */
static void walk_nvme_subsystem(struct walk *w, const char *name, const char *path)
{
	struct below b = { .w = w, .kind = WALK_NVME };

	fsroot_each(w->root, LINKS_MAX, add_nvme, &b, "sys/devices/virtual/nvme-subsystem/%.*s",
		    (int)strcspn(path, "/"), path);
	if (!b.found)
		walk_doubt(w, "no controller was found for the NVMe subsystem of %s", name);
}

/* ".../nvme-fabrics/ctl/nvme7/nvme7n1" */
static void walk_nvme_fabrics(struct walk *w, const char *path)
{
	if (strncmp(path, "ctl/", 4) == 0)
		path += 4;
	walk_add(w, WALK_NVME, "%.*s", (int)strcspn(path, "/"), path);
}

static void walk_virtual_disk(struct walk *w, struct udev_device *device, const char *name)
{
	static const char subsystems[] = VIRTUAL "nvme-subsystem/";
	static const char fabrics[] = VIRTUAL "nvme-fabrics/";
	const char *path = udev_device_get_devpath(device), *file;
	struct below b = { .w = w, .kind = WALK_DISK };

	if (strncmp(path, subsystems, sizeof(subsystems) - 1) == 0) {
		walk_nvme_subsystem(w, name, path + sizeof(subsystems) - 1);
		return;
	}
	if (strncmp(path, fabrics, sizeof(fabrics) - 1) == 0) {
		walk_nvme_fabrics(w, path + sizeof(fabrics) - 1);
		return;
	}
	each_below(&b, "class/block", name, "/slaves");
	if (b.found) {
		walk_volume(w, name);
		return;
	}
	file = udev_device_get_sysattr_value(device, "loop/backing_file");
	if (file && file[0] == '/')
		walk_add(w, WALK_FILE, "%s", file);
	else
		walk_doubt(w, "no PCI or platform device was found behind %s", name);
}

/*
 * Software iSCSI: ".../host3/session1/target3:0:0/..." without a controller above. The iSCSI host
 * may name the interface to use.
 */
static bool walk_iscsi(struct walk *w, const char *path)
{
	const char *session = strstr(path, "/session"), *host = strstr(path, "/host");
	static const char *const addresses[] = { "persistent_address", "address" };
	unsigned int number, host_number, connection;
	char text[64];
	size_t i;
	bool found = false;

	if (!session || sscanf(session, "/session%u/", &number) != 1)
		return false;
	if (host && sscanf(host, "/host%u/", &host_number) == 1 &&
	    fsroot_read_text(w->root, text, sizeof(text), "sys/class/iscsi_host/host%u/netdev",
			     host_number) > 0 &&
	    walk_has(w, "net", text)) {
		walk_add(w, WALK_NET, "%s", text);
		return true;
	}
	/* A portal may send the session to another address. */
	for (connection = 0; connection < 8; connection++)
		for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
			if (fsroot_read_text(w->root, text, sizeof(text),
					     "sys/class/iscsi_connection/connection%u:%u/%s",
					     number, connection, addresses[i]) <= 0)
				continue;
			walk_add(w, WALK_HOST, "%s", text);
			found = true;
		}
	return found;
}

/* "/devices/pci0000:00/...", and with a device tree
 * "/devices/platform/40000000.pcie/pci0000:00/...". */
static bool below_pci(struct udev_device *device)
{
	const char *part = udev_device_get_devpath(device);
	unsigned int domain, bus;

	while ((part = strstr(part, "/pci")))
		if (sscanf(part += 4, "%x:%x/", &domain, &bus) == 2)
			return true;
	return false;
}

void walk_disk(struct walk *w, const char *name)
{
	_cleanup_udev_ struct udev_device *device = open_device(w, "class/block", name);
	struct btrfs btrfs = { .w = w, .disk = name };
	struct udev_device *parent;

	if (!device) {
		walk_doubt(w, "disk %s does not exist", name);
		return;
	}
	fsroot_each(w->root, LINKS_MAX, on_btrfs, &btrfs, "sys/fs/btrfs");
	mounts_beside(w, udev_device_get_devnum(device));
	parent = udev_device_get_parent(device);
	if (udev_device_get_sysattr_value(device, "partition") && parent)
		walk_add(w, WALK_DISK, "%s", udev_device_get_sysname(parent));
	else if (strncmp(udev_device_get_devpath(device), VIRTUAL, strlen(VIRTUAL)) == 0)
		walk_virtual_disk(w, device, name);
	else if (below_pci(device) || !walk_iscsi(w, udev_device_get_devpath(device)))
		walk_endpoint(w, device);
}

/* ---- NVMe ---- */

/* The value of "name=" in "traddr=192.0.2.7,trsvcid=4420". Returns false if it has none. */
static bool address_part(const char *address, const char *name, char *buf, size_t cap)
{
	size_t len = strlen(name);
	const char *p = address;

	for (; *p; p += strcspn(p, ","), p += *p == ',') {
		if (strncmp(p, name, len) || p[len] != '=')
			continue;
		snprintf(buf, cap, "%.*s", (int)strcspn(p + len + 1, ",\n"), p + len + 1);
		return true;
	}
	return false;
}

struct fc_search {
	struct walk *w;
	const char *port; /* "pn-0x10000090fa..." */
	bool found;
};

static int on_fc_host(void *priv, const char *host)
{
	struct fc_search *s = priv;
	char name[32];

	if (fsroot_read_text(s->w->root, name, sizeof(name), "sys/class/fc_host/%s/port_name",
			     host) > 0 &&
	    strstr(s->port, name)) {
		_cleanup_udev_ struct udev_device *device =
			open_device(s->w, "class/fc_host", host);

		if (device) {
			walk_endpoint(s->w, device);
			s->found = true;
		}
	}
	return 0;
}

static void walk_nvme_network(struct walk *w, const char *name, const char *transport,
			      const char *address)
{
	char part[CONFIG_DEVICE_BYTES];
	struct fc_search fc = { .w = w, .port = part };

	if (strcmp(transport, "fc") == 0) {
		if (address_part(address, "host_traddr", part, sizeof(part)))
			fsroot_each(w->root, LINKS_MAX, on_fc_host, &fc, "sys/class/fc_host");
		if (!fc.found)
			walk_doubt(w, "the Fibre Channel port of %s was not found", name);
	} else if (strcmp(transport, "tcp") && strcmp(transport, "rdma") && transport[0]) {
		walk_doubt(w, "%s uses NVMe over %.20s, which is not supported", name, transport);
	} else if (address_part(address, "host_iface", part, sizeof(part))) {
		walk_add(w, WALK_NET, "%s", part);
	} else if (address_part(address, "traddr", part, sizeof(part))) {
		walk_add(w, WALK_HOST, "%s", part);
	} else {
		walk_doubt(w, "the network address of %s is not known", name);
	}
}

void walk_nvme(struct walk *w, const char *name)
{
	_cleanup_udev_ struct udev_device *device = open_device(w, "class/nvme", name);
	const char *transport, *address;

	if (!device) {
		walk_doubt(w, "NVMe controller %s does not exist", name);
		return;
	}
	transport = udev_device_get_sysattr_value(device, "transport");
	address = udev_device_get_sysattr_value(device, "address");
	if (below_pci(device) || (transport && strcmp(transport, "pcie") == 0) ||
	    !strstr(udev_device_get_devpath(device), "/nvme-fabrics/"))
		walk_endpoint(w, device);
	else
		walk_nvme_network(w, name, transport ? transport : "", address ? address : "");
}

/* ---- network interfaces ---- */

static int on_ovs_port(void *priv, const char *name)
{
	struct below *b = priv;
	char master[32];

	if (fsroot_link_name(b->w->root, master, sizeof(master), "sys/class/net/%s/master", name) >
		    0 &&
	    strcmp(master, "ovs-system") == 0)
		add_below(priv, name);
	return 0;
}

/*
 * The kernel links nothing below a bridge of Open vSwitch; the ports of all its bridges have
 * ovs-system as their master.
 */
static void walk_ovs(struct walk *w, const char *name)
{
	struct below b = { .w = w, .kind = WALK_NET };

	fsroot_each(w->root, LINKS_MAX, on_ovs_port, &b, "sys/class/net");
	if (!b.found)
		walk_doubt(w, "no port was found for the Open vSwitch bridge %s: name the NIC",
			   name);
}

/*
 * Might it be a bridge of Open vSwitch? Nothing in sysfs says so. Most other virtual interfaces
 * tell their type, have another link layer than Ethernet, or name another interface.
 */
static bool may_be_ovs(struct walk *w, const char *name, struct udev_device *device)
{
	const char *type = udev_device_get_sysattr_value(device, "type");
	const char *index = udev_device_get_sysattr_value(device, "ifindex");
	const char *link = udev_device_get_sysattr_value(device, "iflink");

	return walk_has(w, "net", "ovs-system") && strcmp(name, "lo") &&
	       !udev_device_get_sysattr_value(device, "tun_flags") &&
	       !udev_device_get_devtype(device) && (!type || strcmp(type, "1") == 0) &&
	       (!index || !link || strcmp(index, link) == 0);
}

void walk_net(struct walk *w, const char *name)
{
	_cleanup_udev_ struct udev_device *device = open_device(w, "class/net", name);
	struct below b = { .w = w, .kind = WALK_NET, .prefix = "lower_" };

	if (!device) {
		walk_doubt(w, "network interface %s does not exist", name);
		return;
	}
	if (w->by_interface)
		order_take(w, name, "the configuration of the network");
	/* A port of a switch (DSA) hangs on the switch; the interface below it does the DMA. */
	each_below(&b, "class/net", name, "");
	if (strncmp(udev_device_get_devpath(device), VIRTUAL, strlen(VIRTUAL))) {
		walk_endpoint(w, device);
		return;
	}
	if (b.found)
		return;
	if (may_be_ovs(w, name, device))
		walk_ovs(w, name);
	else
		walk_doubt(w, "no PCI or platform device was found behind %s", name);
}

/* ---- virtio devices that are no disk and no interface ---- */

struct virtio {
	struct walk *w;
	unsigned int type;
	bool found;
};

static int on_virtio(void *priv, const char *name)
{
	struct virtio *v = priv;
	char text[16];

	if (fsroot_read_text(v->w->root, text, sizeof(text), "sys/bus/virtio/devices/%s/device",
			     name) > 0 &&
	    strtoul(text, NULL, 0) == v->type) {
		_cleanup_udev_ struct udev_device *device =
			open_device(v->w, "bus/virtio/devices", name);

		if (device) {
			walk_endpoint(v->w, device);
			v->found = true;
		}
	}
	return 0;
}

/* Not every kernel tells which of several devices has the tag, so all of them are needed. */
void walk_virtio(struct walk *w, enum walk_kind kind, const char *tag)
{
	struct virtio v = { .w = w, .type = kind == WALK_VIRTIOFS ? VIRTIO_ID_FS : VIRTIO_ID_9P };

	fsroot_each(w->root, LINKS_MAX, on_virtio, &v, "sys/bus/virtio/devices");
	if (!v.found)
		walk_doubt(w, "no virtio device was found for the tag %s", tag);
}

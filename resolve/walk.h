/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk.h - find the PCI and platform devices that a dump target needs.
 *
 * A target is named as administrators and their files name it:
 *
 *	0000:01:00.0, 9000000.dma	a device on a bus
 *	nvme0n1p3, eth0			a disk, partition or network interface
 *	/dev/..., UUID=, LABEL=, PARTUUID=, PARTLABEL=
 *	/var/crash, file:///var/crash	what is mounted there, links being followed first
 *	host:/export, user@host, nfs://host/...	the way to that host
 *
 * It is walked down to the hardware through all layers (volumes, bonds, file systems). Where the
 * walk cannot go on, or could go several ways, it records a doubt. The devices that were found
 * are then printed, but the daemon does not rely on them.
 */
#ifndef RESOLVE_WALK_H
#define RESOLVE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/fsroot.h"
#include "lib/base/strbuf.h"
#include "lib/machine/config_dump.h"

#define WALK_NODES_MAX 512 /* disks, interfaces, mounts looked at for one target */
#define WALK_FAMILIES 6	   /* of names that the kernel counts: sda, nvme0, eth0... */

struct udev;
struct udev_device;
struct kdump;
struct libmnt_table;
struct libmnt_fs;

enum walk_kind {
	WALK_DISK = 1, /* name in /sys/class/block */
	WALK_NET,      /* name in /sys/class/net */
	WALK_NVME,     /* an NVMe controller, name in /sys/class/nvme */
	WALK_NODE,     /* path in /dev */
	WALK_FILE,     /* absolute path: what is mounted there */
	WALK_TAG,      /* UUID= and its like */
	WALK_HOST,     /* address or name of a host */
	WALK_VIRTIOFS, /* tag of a file system of the hypervisor */
	WALK_9P,       /* the same, of another type */
};

struct walk_node {
	enum walk_kind kind;
	char name[CONFIG_DEVICE_BYTES];
};

/*
 * One walk. @node is a list that grows while it is worked off. Each node is added once, so the
 * walk needs no recursion and cannot go in circles.
 */
struct walk {
	const struct fsroot *root; /* the machine; its root is this process's root */
	struct config_dump found;
	struct strbuf lines; /* comment lines for people: the path of each target */

	/* The target that is being walked. */
	char target[CONFIG_DEVICE_BYTES + 48]; /* for messages, without a password */
	struct walk_node node[WALK_NODES_MAX];
	size_t count;
	bool known; /* a device was found, perhaps again */
	struct strbuf via;

	/* Names of the kernel that the capture environment uses, one of each family (order.c). */
	struct {
		char name[32];
		const char *where; /* the file that has it */
	} used[WALK_FAMILIES];
	bool by_interface; /* it sets up interfaces by their names, too */

	/* Opened on first use. */
	struct udev *udev;
	struct libmnt_table *mounts, *fstab;
};

/* A zeroed walk is valid; @root stays the caller's. */
void walk_clear(struct walk *w);

/*
 * Add the devices of @target to @w->found. @source: the file that names the target, or other
 * words; NULL: none.
 */
void walk_target(struct walk *w, const char *target, const char *source);
void walk_doubt(struct walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- for the files of this folder ---- */

void walk_add(struct walk *w, enum walk_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* devices.c, by libudev: add what is below a node of this class. */
void walk_disk(struct walk *w, const char *name);
void walk_net(struct walk *w, const char *name);
void walk_nvme(struct walk *w, const char *name);
void walk_virtio(struct walk *w, enum walk_kind kind, const char *tag);
/* If @name is a device on a bus, add it and return true. */
bool walk_bus_device(struct walk *w, const char *name);
bool walk_has(const struct walk *w, const char *class_name, const char *name);
void devices_clear(struct walk *w);

/* volumes.c: add what the volume @disk needs besides its slaves. */
void walk_volume(struct walk *w, const char *disk);

/* bus.c: add the device on a bus that @device is, or is a child of. */
void walk_endpoint(struct walk *w, struct udev_device *device);

/* nodes.c, by libblkid: add the disk of a node of /dev, or of a tag. */
void walk_node(struct walk *w, const char *path);
void walk_tag(struct walk *w, const char *tag);

/* mounts.c, by libmount: add the file system of a path. */
void walk_file(struct walk *w, const char *path);
/* If @disk has a mounted file system: add the other disks of that file system. */
void mounts_beside(struct walk *w, dev_t disk);
/* Find the address of the server @host in a mount of it. Returns false if there is none. */
bool mounts_address(struct walk *w, const char *host, char *buf, size_t cap);
void mounts_clear(struct walk *w);

/*
 * mount_of.c: the mount that @path, which has no links, leads to; NULL: none is known. Records a
 * doubt where the table does not tell which of several it is.
 */
struct libmnt_fs *mount_of(struct walk *w, struct libmnt_table *mounts, const char *path);
/* The line of a list such as fstab that has @path; of several for one folder the last. */
struct libmnt_fs *mount_in_list(struct libmnt_table *table, const char *path);

/* mounts.c: call @fn with the source of each line of fstab that is mounted at boot. */
void mounts_in_fstab(struct walk *w, void (*fn)(struct walk *w, const char *source));

/*
 * order.c: the capture environment looks for the disk or interface @name by that name. @where: the
 * file that has it.
 */
void order_take(struct walk *w, const char *name, const char *where);
/* The capture environment boots the real root, which uses the names in its files. */
void order_of_real_root(struct walk *w, const struct kdump *k);
/*
 * After the last target: would such a name be that of another disk when the daemon gives the
 * devices of the dump their drivers first? Then all are to be probed in their order.
 */
void order_judge(struct walk *w);

/* hosts.c: add the interfaces that lead to a host. */
void walk_host(struct walk *w, const char *host);
void walk_default_route(struct walk *w);

#endif

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bus.c - find the device that does the DMA of a disk or a network interface, among its parents.
 *
 * The nearest parent that is a PCI function is the controller; SCSI hosts, USB hubs and virtio
 * devices in between are skipped. Without a PCI parent it is the nearest parent that has an IOMMU
 * group, else the nearest one on a bus of memory-mapped devices.
 */
#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/parse.h"
#include "resolve/walk.h"

#define PARENTS_MAX 64

/* A copied tree may lack the "subsystem" links: then the folders of /sys/bus tell. */
static bool is_on(struct walk *w, struct udev_device *device, const char *bus)
{
	const char *subsystem = udev_device_get_subsystem(device);

	if (subsystem)
		return strcmp(subsystem, bus) == 0;
	return fsroot_exists(w->root, "sys/bus/%s/devices/%s", bus,
			     udev_device_get_sysname(device));
}

static bool is_mmio(struct walk *w, struct udev_device *device)
{
	static const char *const buses[] = { "platform", "amba", "fsl-mc" };
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (is_on(w, device, buses[i]))
			return true;
	return false;
}

static bool has_group(struct walk *w, struct udev_device *device)
{
	char number[16];

	return fsroot_link_name(w->root, number, sizeof(number), "sys%s/iommu_group",
				udev_device_get_devpath(device)) > 0;
}

static bool number(struct udev_device *device, const char *attribute, uint32_t *ret)
{
	const char *text = udev_device_get_sysattr_value(device, attribute);

	return text && parse_u32(text, 0, 0xffffff, ret) == 0;
}

static void add_endpoint(struct walk *w, struct udev_device *device, bool pci)
{
	const char *name = udev_device_get_sysname(device);
	uint32_t class_code, vendor, product;
	size_t before = w->found.count;
	struct config_device *added;
	int rc = config_dump_add(&w->found, name);

	w->known = true;
	if (rc == -E2BIG)
		walk_doubt(w, "more than %d devices are needed, and only that many fit",
			   CONFIG_DEVICES_MAX);
	else if (rc < 0)
		walk_doubt(w, "%.60s is not a valid device name", name);
	if (rc < 0 || !pci || w->found.count == before)
		return;
	added = &w->found.device[before];
	added->has_class = number(device, "class", &class_code);
	added->has_id = number(device, "vendor", &vendor) && number(device, "device", &product);
	if (added->has_class)
		added->class_code = class_code;
	if (added->has_id) {
		added->vendor = (uint16_t)vendor;
		added->product = (uint16_t)product;
	}
}

/*
 * The driver of a physical function creates its virtual functions. The capture kernel may do so
 * late, or not at all.
 */
static void add_pci(struct walk *w, struct udev_device *device)
{
	char name[64], link[FSROOT_PATH_MAX];
	struct udev_device *physical;

	if (fsroot_link_name(w->root, name, sizeof(name), "sys%s/physfn",
			     udev_device_get_devpath(device)) <= 0 ||
	    !fsroot_name_ok(name)) {
		add_endpoint(w, device, true);
		return;
	}
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", name);
	physical = udev_device_new_from_syspath(w->udev, link);
	if (physical)
		add_endpoint(w, physical, true);
	walk_doubt(w,
		   "%s is a virtual function of %s, and the capture kernel creates no "
		   "virtual functions by itself",
		   udev_device_get_sysname(device), name);
	if (physical)
		udev_device_unref(physical);
}

void walk_endpoint(struct walk *w, struct udev_device *device)
{
	struct udev_device *at, *group = NULL, *mmio = NULL;
	unsigned int budget = PARENTS_MAX;

	for (at = device; at && budget--; at = udev_device_get_parent(at)) {
		if (is_on(w, at, "pci")) {
			add_pci(w, at);
			return;
		}
		if (!group && has_group(w, at))
			group = at;
		if (!mmio && is_mmio(w, at))
			mmio = at;
	}
	if (group || mmio)
		add_endpoint(w, group ? group : mmio, false);
	else
		walk_doubt(w, "no PCI or platform device was found behind %s",
			   udev_device_get_sysname(device));
}

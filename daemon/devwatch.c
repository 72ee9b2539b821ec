// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * devwatch.c - a netlink monitor of kernel uevents. An event storm may make the
 * socket overflow; then an event is lost and the caller's look at the driver
 * link decides.
 */
#include "daemon/devwatch.h"

#include <libudev.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/cleanup.h"

#define EVENTS_PER_LOOK 4096

struct devwatch {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void device_unrefp(struct udev_device **device)
{
	if (*device)
		udev_device_unref(*device);
}

struct devwatch *devwatch_new(void)
{
	struct devwatch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->udev = udev_new();
	if (watch->udev)
		watch->monitor = udev_monitor_new_from_netlink(watch->udev, "kernel");
	if (!watch->monitor || udev_monitor_enable_receiving(watch->monitor) < 0) {
		devwatch_free(watch);
		return NULL;
	}
	return watch;
}

void devwatch_free(struct devwatch *watch)
{
	if (!watch)
		return;
	if (watch->monitor)
		udev_monitor_unref(watch->monitor);
	if (watch->udev)
		udev_unref(watch->udev);
	free(watch);
}

int devwatch_fd(const struct devwatch *watch)
{
	return udev_monitor_get_fd(watch->monitor);
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

bool devwatch_saw_bind(struct devwatch *watch, const char *subsystem, const char *device)
{
	unsigned int budget = EVENTS_PER_LOOK;
	bool seen = false;

	while (budget--) {
		_cleanup_(device_unrefp) struct udev_device *event =
			udev_monitor_receive_device(watch->monitor);

		if (!event)
			break;
		seen |= is(udev_device_get_action(event), "bind") &&
			is(udev_device_get_subsystem(event), subsystem) &&
			is(udev_device_get_sysname(event), device);
	}
	return seen;
}

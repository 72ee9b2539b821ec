// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hold.c - sets and clears holds in driver_override, and finds every device whose driver_override
 * is ours.
 *
 * A release does more than clear a hold, so this file writes other files of sysfs, too: bus
 * mastering is given back in config space, or the driver is unbound where that fails; and the bus
 * is asked for the probe. All other writes to sysfs are in hands.c and bypass.c.
 *
 * Writing driver_override takes the device lock, and so does reading it on some kernels; a running
 * probe holds that lock. So the release looks at every device from a child process with a short
 * deadline: a probe that hangs must not keep the other holds in place. A link in sysfs is read
 * without any lock, so "is it bound" is always safe to ask.
 *
 * A state that cannot be read is an error. It does not count as "not held" or "gone" or "not set",
 * and driver_override is not overwritten then.
 */
#include "daemon/act/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/port.h"
#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MASTER 0x0004

/* 1, 0, or a negative errno. */
static int is_bound(const struct fsroot *root, const char *bus, const char *name)
{
	return fsroot_has(root, "sys/bus/%s/devices/%s/driver", bus, name);
}

/* What a missing file means: the device is gone (-ENODEV), or it has no such file. */
static int gone_or(const struct fsroot *root, const char *bus, const char *name, int rc)
{
	int has = rc == -ENOENT ? fsroot_has(root, "sys/bus/%s/devices/%s", bus, name) : 1;

	if (has < 0)
		return has;
	return has ? rc : -ENODEV;
}

static int write_override(const struct fsroot *root, const char *bus, const char *name,
			  const char *text)
{
	int rc = fsroot_write_text(root, text, "sys/bus/%s/devices/%s/driver_override", bus, name);

	return gone_or(root, bus, name, rc);
}

int hold_look(const struct fsroot *root, const char *bus, const char *name)
{
	char text[64];
	int rc;

	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	rc = fsroot_read_text(root, text, sizeof(text), "sys/bus/%s/devices/%s/driver_override",
			      bus, name);
	if (rc == -E2BIG)
		return ACT_FOREIGN;
	if (rc < 0)
		return gone_or(root, bus, name, rc);
	if (strcmp(text, HOLD_DRIVER) == 0)
		return ACT_HELD;
	return text[0] && strcmp(text, "(null)") ? ACT_FOREIGN : 0;
}

int hold_set(const struct fsroot *root, const char *bus, const char *name)
{
	int rc, bound = is_bound(root, bus, name);

	if (bound)
		return bound < 0 ? bound : ACT_BOUND;
	rc = hold_pin(root, bus, name);
	if (rc)
		return rc;
	/* A driver may have come between the look and the write. */
	bound = is_bound(root, bus, name);
	if (bound)
		write_override(root, bus, name, "\n");
	return bound < 0 ? bound : bound ? ACT_BOUND : 0;
}

int hold_pin(const struct fsroot *root, const char *bus, const char *name)
{
	int rc = hold_look(root, bus, name), error;

	if (rc < 0 || rc == ACT_FOREIGN)
		return rc;
	error = write_override(root, bus, name, HOLD_DRIVER);
	return error < 0 ? error : rc;
}

static int switch_master_on(const struct fsroot *root, const char *bus, const char *name)
{
	_cleanup_close_ int fd =
		fsroot_openat(root, O_RDWR, 0, "sys/bus/%s/devices/%s/config", bus, name);
	u8 raw[2];

	if (fd < 0)
		return fd;
	if (pread(fd, raw, sizeof(raw), PCI_COMMAND) != sizeof(raw))
		return -EIO;
	core_st16(raw, core_ld16(raw) | PCI_COMMAND_MASTER);
	return pwrite(fd, raw, sizeof(raw), PCI_COMMAND) == sizeof(raw) ? 0 : -EIO;
}

/*
 * A hold on a device with a driver says that its bus mastering was switched off under that
 * driver. Where config space may not be written the driver is taken away: the probe that
 * follows a release gives both back.
 */
static void give_master_back(const struct fsroot *root, const char *bus, const char *name)
{
	int rc = is_bound(root, bus, name) == 1 ? switch_master_on(root, bus, name) : 0;

	if (rc < 0 && rc != -ENOENT)
		fsroot_write_text(root, name, "sys/bus/%s/devices/%s/driver/unbind", bus, name);
}

int hold_clear(const struct fsroot *root, const char *bus, const char *name, pid_t turn)
{
	int rc = hold_look(root, bus, name);

	if (rc == ACT_HELD && !turn_may_clear(turn, root, name))
		return -ESTALE;
	if (rc == ACT_HELD)
		give_master_back(root, bus, name);
	if (rc == 0 || rc == ACT_HELD)
		rc = write_override(root, bus, name, "\n");
	return rc == -ENODEV ? 0 : rc;
}

/* ---- all of them ---- */

/* Devices of all buses. */
struct device_list {
	const struct fsroot *root;
	const char *bus;
	char **names; /* each "bus/devices/name" */
	size_t count, cap;
	int error; /* of the first bus that could not be read, or not in whole */
	struct errbuf *err;
	int *results;
	pid_t turn;
	hold_keep_fn keep; /* NULL: none is to stay */
	void *keep_priv;
};

static const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void bus_of(const char *path, char bus[32])
{
	snprintf(bus, 32, "%.*s", (int)strcspn(path, "/"), path);
}

static int add_device(void *priv, const char *name)
{
	struct device_list *list = priv;
	size_t cap;
	char **names;

	if (list->count == list->cap) {
		cap = list->cap ? list->cap * 2 : 64;
		names = realloc(list->names, cap * sizeof(*names));
		if (!names)
			return -ENOMEM;
		list->names = names;
		list->cap = cap;
	}
	if (asprintf(&list->names[list->count], "%s/devices/%s", list->bus, name) < 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

/* A bus that cannot be read keeps no other bus's holds in place. */
static int add_bus(void *priv, const char *bus)
{
	struct device_list *list = priv;
	int rc;

	list->bus = bus;
	rc = fsroot_each(list->root, SIZE_MAX, add_device, list, "sys/bus/%s/devices", bus);
	if (rc < 0 && rc != -ENOENT && !list->error) {
		list->error = rc;
		errbuf_set(list->err, "sys/bus/%s/devices: %s", bus, strerror(-rc));
	}
	return 0;
}

static void free_list(struct device_list *list)
{
	while (list->count)
		free(list->names[--list->count]);
	free(list->names);
	free(list->results);
}

static int hold_of(const struct device_list *list, size_t i)
{
	char text[64];
	int rc = fsroot_read_text(list->root, text, sizeof(text), "sys/bus/%s/driver_override",
				  list->names[i]);

	/* No such file, gone, or a text that is longer than ours. */
	if (rc == -ENOENT || rc == -ENODEV || rc == -E2BIG)
		return 0;
	return rc < 0 ? rc : strcmp(text, HOLD_DRIVER) == 0;
}

/* 1: was held and is released; 0: not held by us. */
static int release_item(void *arg, size_t i)
{
	const struct device_list *list = arg;
	int rc = hold_of(list, i);
	char bus[32];

	if (rc <= 0)
		return rc;
	bus_of(list->names[i], bus);
	if (list->keep && list->keep(list->keep_priv, bus, name_of(list->names[i])))
		return 0;
	if (!turn_may_clear(list->turn, list->root, name_of(list->names[i])))
		return 0;
	give_master_back(list->root, bus, name_of(list->names[i]));
	rc = fsroot_write_text(list->root, "\n", "sys/bus/%s/driver_override", list->names[i]);
	return rc < 0 && rc != -ENOENT && rc != -ENODEV ? rc : 1;
}

int hold_probe(const struct fsroot *root, const char *bus, const char *name)
{
	int rc;

	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	rc = is_bound(root, bus, name);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = fsroot_has(root, "sys/bus/%s/devices/%s", bus, name);
	if (rc <= 0)
		return rc < 0 ? rc : -ENODEV;
	return fsroot_write_text(root, name, "sys/bus/%s/drivers_probe", bus);
}

static int probe_item(const struct device_list *list, size_t i)
{
	char bus[32];

	bus_of(list->names[i], bus);
	return hold_probe(list->root, bus, name_of(list->names[i]));
}

/* A hold that was given back after its deadline: no other process asks for the probe. */
static void probe_late(void *arg, size_t i, int rc)
{
	if (rc == 1)
		probe_item(arg, i);
}

/* @i counts the devices left in front of the list: released, or never looked at. */
static int rest_item(void *arg, size_t i)
{
	struct device_list *list = arg;
	int rc = list->results[i] == 1 ? 1 : release_item(list, i);

	return rc == 1 ? probe_item(list, i) : rc;
}

/* Those with something left to do to the front. Returns their number. */
static size_t sort_list(struct device_list *list)
{
	size_t i, n = 0;
	char *name;

	for (i = 0; i < list->count; i++) {
		if (list->results[i] != 1 && list->results[i] != -ETIME)
			continue;
		name = list->names[n];
		list->names[n] = list->names[i];
		list->names[i] = name;
		list->results[n++] = list->results[i];
	}
	return n;
}

int hold_release_others(const struct fsroot *root, hold_keep_fn keep, void *priv,
			uint32_t patience_ms, u64 deadline_ns, struct hold_tally *ret,
			struct errbuf *err)
{
	_cleanup_(free_list) struct device_list list = {
		.root = root,
		.err = err,
		.turn = turn_now(root),
		.keep = keep,
		.keep_priv = priv,
	};
	struct child_items items = {
		.fn = release_item,
		.late = probe_late,
		.arg = &list,
		.patience_ms = patience_ms,
		.deadline_ns = deadline_ns,
	};
	size_t i;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = fsroot_each(root, SIZE_MAX, add_bus, &list, "sys/bus");
	if (rc < 0) {
		errbuf_set(err, "sys/bus: %s", strerror(-rc));
		return rc;
	}
	list.results = calloc(list.count + 1, sizeof(*list.results));
	if (!list.results)
		return -ENOMEM;
	items.count = list.count;
	rc = child_each(&items, list.results);
	if (rc < 0 && !list.error) {
		list.error = rc;
		errbuf_set(err, "cannot start a child process for the release: %s", strerror(-rc));
	}
	for (i = 0; i < list.count; i++) {
		rc = list.results[i];
		ret->released += rc == 1;
		ret->stuck += rc == -ETIMEDOUT || rc == -ETIME;
		ret->failed += rc < 0 && rc != -ETIMEDOUT && rc != -ETIME;
	}
	child_leave_each(sort_list(&list), rest_item, &list, patience_ms,
			 clock_left_ms(clock_now_ns(), deadline_ns));
	return list.error;
}

int hold_tally_error(const struct hold_tally *tally)
{
	if (tally->failed)
		return -EIO;
	return tally->stuck ? -EBUSY : 0;
}

int hold_release_all(const struct fsroot *root, uint32_t patience_ms, u64 deadline_ns,
		     struct hold_tally *ret, struct errbuf *err)
{
	return hold_release_others(root, NULL, NULL, patience_ms, deadline_ns, ret, err);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hold.c - driver_override, written and found again.
 *
 * Writing driver_override takes the device lock, and so does reading it on some
 * kernels; a running probe holds that lock. That is why the release looks at
 * every device from a child process with a short patience: one stuck probe must
 * not keep the other holds in place. A link in sysfs is read without any lock,
 * so "is it bound" is always safe to ask.
 */
#include "daemon/act/hold.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

#define BUSES_MAX 256
#define DEVICES_MAX 65536

static bool is_bound(const struct fsroot *root, const char *bus, const char *name)
{
	return fsroot_exists(root, "sys/bus/%s/devices/%s/driver", bus, name);
}

static int write_override(const struct fsroot *root, const char *bus, const char *name,
			  const char *text)
{
	int rc;

	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	rc = fsroot_write_text(root, text, "sys/bus/%s/devices/%s/driver_override", bus, name);
	return rc == -ENOENT && !fsroot_exists(root, "sys/bus/%s/devices/%s", bus, name) ? -ENODEV
											 : rc;
}

/* ACT_HELD, ACT_FOREIGN, 0 for none, or a negative errno. */
static int override_state(const struct fsroot *root, const char *bus, const char *name)
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
		return rc;
	if (strcmp(text, HOLD_DRIVER) == 0)
		return ACT_HELD;
	return text[0] && strcmp(text, "(null)") ? ACT_FOREIGN : 0;
}

int hold_set(const struct fsroot *root, const char *bus, const char *name)
{
	int rc;

	if (is_bound(root, bus, name))
		return ACT_BOUND;
	rc = hold_pin(root, bus, name);
	/* A driver may have come between the look and the write. */
	if (rc || !is_bound(root, bus, name))
		return rc;
	hold_clear(root, bus, name);
	return ACT_BOUND;
}

int hold_pin(const struct fsroot *root, const char *bus, const char *name)
{
	int rc = override_state(root, bus, name);

	return rc > 0 ? rc : write_override(root, bus, name, HOLD_DRIVER);
}

int hold_clear(const struct fsroot *root, const char *bus, const char *name)
{
	int rc;

	if (override_state(root, bus, name) == ACT_FOREIGN)
		return ACT_FOREIGN;
	rc = write_override(root, bus, name, "\n");
	return rc == -ENODEV ? 0 : rc;
}

/* Devices of all buses: "bus\0name\0" pairs in one block. */
struct device_list {
	const struct fsroot *root;
	const char *bus;
	char **names; /* each "bus/devices/name" */
	size_t count, cap;
};

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

static int add_bus(void *priv, const char *bus)
{
	struct device_list *list = priv;
	int rc;

	list->bus = bus;
	rc = fsroot_each(list->root, DEVICES_MAX, add_device, list, "sys/bus/%s/devices", bus);
	return rc == -ENOENT ? 0 : rc;
}

static void free_list(struct device_list *list)
{
	while (list->count)
		free(list->names[--list->count]);
	free(list->names);
}

/* 1: was held and is released; 0: not held by us. */
static int release_item(void *arg, size_t i)
{
	const struct device_list *list = arg;
	char text[64];
	int rc;

	rc = fsroot_read_text(list->root, text, sizeof(text), "sys/bus/%s/driver_override",
			      list->names[i]);
	if (rc < 0 || strcmp(text, HOLD_DRIVER))
		return 0; /* no such file, gone, or somebody else's */
	rc = fsroot_write_text(list->root, "\n", "sys/bus/%s/driver_override", list->names[i]);
	return rc < 0 && rc != -ENOENT && rc != -ENODEV ? rc : 1;
}

int hold_probe(const struct fsroot *root, const char *bus, const char *name)
{
	if (!fsroot_name_ok(bus) || !fsroot_name_ok(name))
		return -EINVAL;
	if (is_bound(root, bus, name))
		return 0;
	if (!fsroot_exists(root, "sys/bus/%s/devices/%s", bus, name))
		return -ENODEV;
	return fsroot_write_text(root, name, "sys/bus/%s/drivers_probe", bus);
}

/* @i counts the devices left in the list: those that were released. */
static int probe_item(void *arg, size_t i)
{
	const struct device_list *list = arg;
	char bus[32];

	snprintf(bus, sizeof(bus), "%.*s", (int)strcspn(list->names[i], "/"), list->names[i]);
	return hold_probe(list->root, bus, strrchr(list->names[i], '/') + 1);
}

/* Put the names of released devices first, and probe them. */
static void probe_released(struct device_list *list, const int *results, unsigned int patience_ms,
			   unsigned int limit_ms)
{
	size_t i, n = 0;
	char *name;

	for (i = 0; i < list->count; i++) {
		if (results[i] != 1)
			continue;
		name = list->names[n];
		list->names[n++] = list->names[i];
		list->names[i] = name;
	}
	child_leave_each(n, probe_item, list, patience_ms, limit_ms);
}

int hold_release_all(const struct fsroot *root, unsigned int patience_ms, unsigned int limit_ms,
		     struct hold_tally *ret, struct errbuf *err)
{
	_cleanup_(free_list) struct device_list list = { .root = root };
	_cleanup_free_ int *results = NULL;
	size_t i;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = fsroot_each(root, BUSES_MAX, add_bus, &list, "sys/bus");
	if (rc < 0) {
		errbuf_set(err, "sys/bus: %s", strerror(-rc));
		return rc;
	}
	results = calloc(list.count + 1, sizeof(*results));
	if (!results)
		return -ENOMEM;
	rc = child_each(list.count, release_item, &list, patience_ms, limit_ms, results);
	if (rc < 0) {
		errbuf_set(err, "no child process for the release: %s", strerror(-rc));
		return rc;
	}
	for (i = 0; i < list.count; i++) {
		ret->released += results[i] == 1;
		ret->stuck += results[i] == -ETIMEDOUT;
		ret->failed += results[i] < 0 && results[i] != -ETIMEDOUT;
	}
	probe_released(&list, results, patience_ms, limit_ms);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * early.c - see early.h.
 *
 * Firmware is not asked which PCI devices are behind an SMMU: a hold too many lasts until the
 * helper has told, some tenths of a second, and its release asks the bus to probe. A platform
 * device is held only where the device tree gives it an IOMMU, since the SMMU itself and
 * whatever it waits for are platform devices, too.
 */
#include "daemon/act/early.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/story/names.h"

#define EARLY_PATIENCE_MS 200
#define EARLY_LIMIT_MS 2000
#define GIVE_BACK_PATIENCE_MS 100
#define GIVE_BACK_LIMIT_MS 500
#define CLASS_BRIDGE 0x06

/* ---- hold ---- */

/*
 * Held, a device is deferred no more; so the driver core's list is kept. It is only
 * evidence of drivers in the kernel: without it the hold is as good.
 */
static void keep_deferred(const struct fsroot *root)
{
	_cleanup_close_ int to = -1;
	_cleanup_close_ int from = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_DEFERRED);
	char text[4096];
	ssize_t n;

	if (from < 0 || fsroot_mkdir(root, 0700, "%s", PATH_RUN) < 0)
		return;
	to = fsroot_openat(root, O_WRONLY | O_CREAT | O_TRUNC, 0600, "%s", PATH_EARLY);
	while (to >= 0 && (n = read(from, text, sizeof(text))) > 0)
		if (write(to, text, (size_t)n) != n)
			return;
}

struct endpoint {
	const char *bus;
	char name[48]; /* as in records: a longer one is never handed over */
};

struct endpoints {
	const struct fsroot *root;
	struct endpoint *items;
	size_t count, cap;
	pid_t turn;
};

static int add(struct endpoints *list, const char *bus, const char *name)
{
	struct endpoint *items;
	size_t cap;

	if (strlen(name) >= sizeof(items->name) ||
	    fsroot_exists(list->root, "sys/bus/%s/devices/%s/driver", bus, name))
		return 0;
	if (list->count == list->cap) {
		cap = list->cap ? list->cap * 2 : 64;
		items = realloc(list->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->cap = cap;
	}
	list->items[list->count].bus = bus;
	strcpy(list->items[list->count++].name, name);
	return 0;
}

static int add_pci(void *priv, const char *name)
{
	struct endpoints *list = priv;
	uint32_t class_code;
	char text[16];

	if (fsroot_read_text(list->root, text, sizeof(text), "sys/bus/pci/devices/%s/class", name) <
		    0 ||
	    parse_u32(text, 0, UINT32_MAX, &class_code) < 0 || class_code >> 16 == CLASS_BRIDGE)
		return 0;
	return add(list, "pci", name);
}

static int add_platform(void *priv, const char *name)
{
	struct endpoints *list = priv;

	if (!fsroot_exists(list->root, "sys/bus/platform/devices/%s/of_node/iommus", name))
		return 0;
	return add(list, "platform", name);
}

static int hold_item(void *arg, size_t i)
{
	const struct endpoints *list = arg;

	return hold_set(list->root, list->items[i].bus, list->items[i].name);
}

/*
 * Nobody waited so long: the run may have been there already, and gives back no more. Or it has
 * taken the hold over: then it is the run's.
 */
static void undo_hold(void *arg, size_t i, int rc)
{
	const struct endpoints *list = arg;
	const struct endpoint *endpoint = &list->items[i];

	if (rc == 0 && hold_clear(list->root, endpoint->bus, endpoint->name, list->turn) == 0)
		hold_probe(list->root, endpoint->bus, endpoint->name);
}

static void count_results(const int *results, size_t n, struct early_tally *ret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		ret->held += results[i] == 0 || results[i] == ACT_HELD;
		ret->foreign += results[i] == ACT_FOREIGN;
		ret->busy += results[i] == -ETIMEDOUT || results[i] == -ETIME;
		ret->failed += results[i] < 0 && results[i] != -ETIMEDOUT && results[i] != -ETIME &&
			       results[i] != -ENODEV;
	}
}

static int each_of(struct endpoints *list, fsroot_name_fn fn, const char *bus, struct errbuf *err)
{
	int rc = fsroot_each(list->root, SIZE_MAX, fn, list, "sys/bus/%s/devices", bus);

	/* A bus that cannot be read keeps no other bus's devices from being held. */
	if (rc < 0 && rc != -ENOENT)
		errbuf_set(err, "sys/bus/%s/devices: %s", bus, strerror(-rc));
	return rc == -ENOENT ? 0 : rc;
}

int early_hold(const struct fsroot *root, struct early_tally *ret, struct errbuf *err)
{
	struct endpoints list = { .root = root, .turn = turn_now(root) };
	struct child_items items = {
		.fn = hold_item,
		.late = undo_hold,
		.arg = &list,
		.patience_ms = EARLY_PATIENCE_MS,
	};
	_cleanup_free_ int *results = NULL;
	int rc, error;

	memset(ret, 0, sizeof(*ret));
	keep_deferred(root);
	error = each_of(&list, add_pci, "pci", err);
	rc = each_of(&list, add_platform, "platform", err);
	error = error ? error : rc;
	results = calloc(list.count + 1, sizeof(*results));
	items.count = list.count;
	items.deadline_ns = clock_now_ns() + clock_ms(EARLY_LIMIT_MS);
	rc = results ? child_each(&items, results) : -ENOMEM;
	if (rc < 0)
		errbuf_set(err, "no child process for the holds: %s", strerror(-rc));
	if (results)
		count_results(results, list.count, ret);
	free(list.items);
	return rc < 0 ? rc : error;
}

/* ---- give back ---- */

struct keeping {
	const struct inventory *inv;
	const struct resume *resume;
};

bool early_keeps(const struct inventory *inv, const struct resume *resume, const char *bus,
		 const char *name)
{
	u32 d;

	if (resume_find(resume, name, REC_ACT_HOLD))
		return true;
	for (d = 0; inv && d < inv->count; d++) {
		const struct inv_device *dev = &inv->devices[d];

		if (strcmp(dev->name, name) == 0 && strcmp(dev->bus, bus) == 0)
			return dev->rule != CONFIG_ACT_LEAVE || dev->rule_open;
	}
	return false;
}

static bool keeps(void *priv, const char *bus, const char *name)
{
	const struct keeping *keeping = priv;

	return early_keeps(keeping->inv, keeping->resume, bus, name);
}

int early_give_back(const struct fsroot *root, const struct inventory *inv,
		    const struct resume *resume, struct hold_tally *ret, struct errbuf *err)
{
	struct keeping keeping = { .inv = inv, .resume = resume };

	return hold_release_others(root, keeps, &keeping, GIVE_BACK_PATIENCE_MS,
				   clock_now_ns() + clock_ms(GIVE_BACK_LIMIT_MS), ret, err);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * drivers.c - looks all devices up in one child process: libkmod's memory goes with it, and an
 * index on a disk that does not answer costs only a deadline.
 *
 * The index of 6.12 has no aliases of built-in drivers. But where devices were held early, the
 * driver core's list of deferred probes shows the devices that have a built-in driver.
 */
#include "lib/plan/drivers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/child.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/machine/modload.h"
#include "lib/machine/sysdev.h"
#include "lib/story/names.h"

struct naming {
	const struct fsroot *root;
	const struct inventory *inv;
	const char *dir; /* of the modules; NULL: of the running kernel */
	bool all;	 /* else those for which it is of weight */
	char (*names)[sizeof(((struct inv_device *)0)->module)];
};

static bool is_wanted(const struct naming *naming, size_t i)
{
	const struct inv_device *dev = &naming->inv->devices[i];

	return naming->all || (inv_stays_live(dev) && dev->in_image == INV_DRIVER_UNKNOWN);
}

/* Returns as modload_lookup() does. */
static int name_item(void *arg, size_t i)
{
	const struct naming *naming = arg;
	const struct inv_device *dev = &naming->inv->devices[i];
	struct sysdev sys;
	int rc;

	if (!is_wanted(naming, i) || sysdev_read(naming->root, dev->bus, dev->name, &sys) < 0 ||
	    !sys.modalias[0])
		return -ENODATA;
	rc = modload_lookup(naming->dir, sys.modalias, naming->names[i], sizeof(naming->names[i]));
	/* The device may have got a driver meanwhile that is in no index. */
	if (sys.driver[0] ||
	    (rc == MODLOAD_NONE && sysdev_is_listed(naming->root, PATH_EARLY, dev->name)))
		return MODLOAD_OK;
	return rc;
}

/*
 * Open the modules folder below a root other than "/", and put a path to it that is also valid in
 * the child into @path. Returns its descriptor.
 */
static int open_modules(const struct fsroot *root, char *path, size_t cap)
{
	char release[80];
	int fd;

	if (fsroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") < 0 ||
	    !fsroot_name_ok(release))
		return -ENOENT;
	fd = fsroot_openat(root, O_PATH | O_DIRECTORY, 0, "lib/modules/%s", release);
	if (fd < 0)
		fd = fsroot_openat(root, O_PATH | O_DIRECTORY, 0, "usr/lib/modules/%s", release);
	if (fd >= 0)
		snprintf(path, cap, "/proc/self/fd/%d", fd);
	return fd;
}

static void take_names(struct inventory *inv, const struct naming *naming, const int *results)
{
	u32 d;

	for (d = 0; d < inv->count; d++) {
		struct inv_device *dev = &inv->devices[d];

		if (!is_wanted(naming, d))
			continue;
		memcpy(dev->module, naming->names[d], sizeof(dev->module) - 1);
		dev->in_image = results[d] < 0		     ? INV_DRIVER_UNKNOWN
				: results[d] == MODLOAD_NONE ? INV_DRIVER_NONE
							     : INV_DRIVER_THERE;
	}
}

static void look_up(const struct fsroot *root, struct inventory *inv, bool all, uint32_t wait_ms)
{
	struct naming naming = { .root = root, .inv = inv, .all = all };
	/* These children only read, so they may be killed; libkmod's memory goes with them. */
	const struct child_items items = {
		.count = inv->count,
		.fn = name_item,
		.arg = &naming,
		.patience_ms = wait_ms,
		.deadline_ns = clock_now_ns() + clock_ms(wait_ms),
		.may_kill = true,
	};
	size_t bytes = sizeof(*naming.names) * inv->count;
	_cleanup_free_ int *results = calloc(inv->count + 1, sizeof(*results));
	_cleanup_close_ int fd = -1;
	char path[32];

	if (!root->real) {
		fd = open_modules(root, path, sizeof(path));
		if (fd < 0)
			return;
		naming.dir = path;
	}
	if (!inv->count || !results)
		return;
	naming.names = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (naming.names == MAP_FAILED)
		return;
	if (child_each(&items, results) == 0)
		take_names(inv, &naming, results);
	munmap(naming.names, bytes);
}

static bool wants_modules(const struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_rules; i++)
		if (config->rules[i].driver[0])
			return true;
	return false;
}

void drivers_name_modules(const struct fsroot *root, struct inventory *inv,
			  const struct config *config)
{
	if (wants_modules(config))
		look_up(root, inv, true, DRIVERS_MS);
}

void drivers_look_up(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms)
{
	const struct naming naming = { .inv = inv };
	bool any = false;
	u32 d;

	for (d = 0; d < inv->count; d++)
		any |= is_wanted(&naming, d);
	if (any)
		look_up(root, inv, false, wait_ms);
}

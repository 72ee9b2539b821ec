// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * release.c - releases all holds, and probes unbound endpoints once more. One write clears a hold,
 * another asks for the probe. A process that is killed between the two leaves a device without hold
 * and without driver, which looks in sysfs like a device that never had a driver. If the driver's
 * module is loaded already, coldplug does not probe the device either. So every unbound endpoint is
 * probed once more; without a matching driver this does nothing.
 */
#include "daemon/act/release.h"

#include "lib/base/child.h"
#include "lib/base/clock.h"
#include "lib/machine/helper.h"
#include "lib/plan/inventory.h"
#include "lib/story/story.h"

#define REST_LIMIT_MS 500
#define PROBE_PATIENCE_MS 100
#define PROBE_WAIT_MS 300

struct probing {
	const struct fsroot *root;
	const struct inventory *inv;
};

static int probe_item(void *arg, size_t i)
{
	const struct probing *p = arg;

	return hold_probe(p->root, p->inv->devices[i].bus, p->inv->devices[i].name);
}

/* Runs in a child that may be left behind, since reading the helper's records may hang. */
static void probe_the_rest(void *arg, struct child_result *ret)
{
	const struct fsroot *root = arg;
	struct story story = { 0 };
	struct inventory inv = { 0 };
	struct probing p = { .root = root, .inv = &inv };
	struct helper_info info;
	struct errbuf err;

	ret->rc = helper_read_story(root, &story, NULL, &info, &err);
	if (ret->rc == HELPER_OK) {
		story_finish(&story);
		ret->rc = inv_build(&inv, &story);
		if (ret->rc == 0)
			child_leave_each(inv.count, probe_item, &p, PROBE_PATIENCE_MS,
					 PROBE_WAIT_MS);
	}
	inv_clear(&inv);
	story_clear(&story);
}

int release_all(const struct fsroot *root, uint32_t patience_ms, uint32_t limit_ms,
		struct hold_tally *ret, struct errbuf *err)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	u64 deadline = clock_now_ns() + clock_ms(limit_ms);
	struct child_result result;
	uint32_t left;
	int rc = hold_release_all(root, patience_ms, deadline, ret, err);

	/* All holds are cleared by now, so a failure here is not an error. */
	left = clock_left_ms(clock_now_ns(), deadline);
	if (child_start_kept(&child, probe_the_rest, (void *)root) == 0)
		child_collect(&child, left < REST_LIMIT_MS ? left : REST_LIMIT_MS, &result);
	return rc;
}

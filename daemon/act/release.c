// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * release.c - a hold is cleared and the probe asked for in two writes. Who is
 * killed between them leaves a device without hold and without driver, and
 * nothing in sysfs tells it from one that never had a driver. If its module is
 * loaded already, coldplug does not probe it either. So every unbound endpoint
 * is probed once more: without a matching driver that does nothing.
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

/* In a child that is left: reading the helper's records may hang as all in the kernel may. */
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

	/* Holds are the important part and are gone already: nothing here is an error. */
	left = clock_left_ms(clock_now_ns(), deadline);
	if (child_start_kept(&child, probe_the_rest, (void *)root) == 0)
		child_collect(&child, left < REST_LIMIT_MS ? left : REST_LIMIT_MS, &result);
	return rc;
}

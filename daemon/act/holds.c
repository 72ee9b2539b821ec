// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * holds.c - reads from sysfs which devices are held.
 *
 * A run knows the holds that it has set itself. But a run that gives back sets none, and no run
 * holds a device again that an earlier run had to give back. Of these devices only the journal
 * tells, and it may be wrong by now: the hold failed, another program set driver_override, an
 * administrator released the device, or a release had no effect. So the run looks before it
 * reports or does anything. A run that gives back looks once more at its end.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/act/act.h"
#include "lib/base/cleanup.h"

#define HOLDS_MS 2000

static const struct resume_item *earlier(const struct act *act, u32 device, enum rec_action action)
{
	return act->resume ? resume_find(act->resume, act->inv->devices[device].name, action)
			   : NULL;
}

static bool is_done(const struct resume_item *item)
{
	return item && item->ended && item->outcome == REC_STEP_DONE;
}

/*
 * For a device whose driver_override cannot be read: did an earlier run hold it, or try to? A run
 * that failed to hold it may have met an early hold.
 */
static bool may_be_held(const struct act *act, u32 device)
{
	const struct resume_item *hold = earlier(act, device, REC_ACT_HOLD);
	const struct inv_device *dev = &act->inv->devices[device];

	return hold && hold->ended && hold->outcome != REC_STEP_SKIPPED &&
	       (!dev->bound || dev->stopped) && !is_done(earlier(act, device, REC_ACT_BIND)) &&
	       !is_done(earlier(act, device, REC_ACT_RELEASE));
}

static void note_begin(struct act *act, enum act_see see, u32 device)
{
	const struct resume_item *hold = earlier(act, device, REC_ACT_HOLD);
	struct inv_device *dev = &act->inv->devices[device];
	struct act_device *state = &act->devices[device];

	state->unseen = state->sight < 0 && state->sight != -ENODEV;
	if (see == ACT_SEE_SPENT && resume_is_on_its_way(act->resume, dev->name))
		return;
	dev->held = state->sight == ACT_HELD ||
		    (state->unseen && see == ACT_SEE_BEGIN && may_be_held(act, device));
	dev->foreign |= state->sight == ACT_FOREIGN;
	state->stuck |= state->sight == -ETIMEDOUT;
	/*
	 * The device has a driver, so its hold marks that its DMA is stopped, whatever the release
	 * reported.
	 */
	if (state->sight == ACT_HELD && dev->bound && !dev->ours) {
		dev->stopped = true;
		dev->given_back = false;
	}
	state->unheld = state->sight == ACT_OK || (state->unseen && !dev->held);
	if (state->sight != ACT_HELD && hold && hold->ended && hold->error < 0)
		state->hold_error = hold->error;
}

/* Did an earlier run have to give the device back? Then this run does not hold it. */
static bool is_spent(const struct act *act, u32 device)
{
	const struct inv_device *dev = &act->inv->devices[device];

	return !dev->bound && act->resume && resume_is_spent(act->resume, dev->name);
}

int act_see_holds(struct act *act, enum act_see see)
{
	size_t count = act->inv->count, n = 0, i;
	_cleanup_free_ const struct inv_device **devs = calloc(count + 1, sizeof(*devs));
	_cleanup_free_ int *results = calloc(count + 1, sizeof(*results));
	u32 d;

	if (!devs || !results || act_make_devices(act) < 0)
		return -ENOMEM;
	for (d = 0; d < count; d++)
		if (!act->inv->devices[d].gone && (see != ACT_SEE_SPENT || is_spent(act, d)))
			devs[n++] = &act->inv->devices[d];
	if (!n)
		return 0;
	act->ops->held(act->ops_priv, devs, n, act_wait_ms(act, HOLDS_MS), results);
	for (i = 0; i < n; i++) {
		d = (u32)(devs[i] - act->inv->devices);
		act->devices[d].sight = results[i];
		if (see != ACT_SEE_AFTER)
			note_begin(act, see, d);
	}
	return 0;
}

/*
 * Not tried again: a device whose earlier call still runs, as that call gives it back; and a step
 * that two daemons died in.
 */
static bool is_tried_again(const struct act *act, const struct plan *plan, u32 device)
{
	const struct inv_device *dev = &act->inv->devices[device];
	const struct act_device *state = &act->devices[device];

	return dev->held && !dev->gone && state->sight == ACT_HELD && !state->stuck &&
	       !state->no_driver && !plan_keeps(plan, device) &&
	       (!act->resume ||
		resume_tries(act->resume, dev->name, REC_ACT_RELEASE) < RESUME_TRIES_MAX);
}

int act_give_back(struct act *act, struct plan *plan, u32 *next)
{
	u32 d, known = plan->count;
	int rc = act_see_holds(act, ACT_SEE_AFTER);

	for (d = 0; d < act->inv->count && rc == 0; d++)
		if (is_tried_again(act, plan, d))
			rc = plan_lent(plan, d);
	if (rc < 0 || plan->count == known)
		return rc;
	act_journal_plan(act, plan, known);
	rc = act_run(act, plan, next);
	return rc < 0 ? rc : act_see_holds(act, ACT_SEE_AFTER);
}

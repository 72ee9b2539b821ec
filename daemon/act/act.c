// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * act.c - carries out the steps of a plan, one function per action. Consecutive HOLD, QUIESCE or
 * VERIFY steps are done as a batch, because their waits overlap.
 */
#include "daemon/act/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

static u64 now(const struct act *act)
{
	return act->ops->now_ns(act->ops_priv);
}

uint32_t act_wait_ms(const struct act *act, uint32_t deadline_ms)
{
	uint32_t left = clock_left_ms(now(act), act->end_ns);

	return left < deadline_ms ? left : deadline_ms;
}

void act_begin(struct act *act, const struct plan_step *step, uint32_t wait_ms,
	       struct act_open_step *ret)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct rec rec = { .type = REC_STEP };

	ret->step = step;
	ret->begin_ns = now(act);
	ret->wait_ms = wait_ms;
	rec.step.step = step->number;
	rec.step.action = step->action;
	rec.step.attempt = 1;
	if (act->resume)
		rec.step.attempt += (u16)resume_tries(act->resume, dev->name, step->action);
	rec.step.deadline_ms = wait_ms;
	memcpy(rec.step.device, dev->name, sizeof(rec.step.device));
	journal_write(act->journal, &rec);
	if (act->on_step)
		act->on_step(act->on_step_priv, step, dev, NULL);
}

static void note_gone(struct act *act, struct inv_device *dev)
{
	const struct journal_about about = inv_about(dev, REC_SEV_WARNING, REC_FIND_DEVICE_GONE);

	if (!dev->gone)
		journal_finding(act->journal, &about, "%s vanished", dev->name);
	dev->gone = true;
}

void act_end(struct act *act, const struct act_open_step *open, enum rec_step_outcome outcome,
	     int error, const char *format, ...)
{
	const struct plan_step *step = open->step;
	struct inv_device *dev = &act->inv->devices[step->device];
	struct rec rec = { .type = REC_RESULT };
	va_list ap;

	rec.result.step = step->number;
	rec.result.action = step->action;
	rec.result.outcome = (u16)outcome;
	rec.result.error = error;
	rec.result.took_ns = now(act) - open->begin_ns;
	memcpy(rec.result.device, dev->name, sizeof(rec.result.device));
	va_start(ap, format);
	vsnprintf(rec.result.detail, sizeof(rec.result.detail), format, ap);
	va_end(ap);
	journal_write(act->journal, &rec);
	act->done++;
	act->failed += outcome == REC_STEP_FAILED || outcome == REC_STEP_TIMEOUT;
	if (outcome == REC_STEP_GONE)
		note_gone(act, dev);
	if (act->on_step)
		act->on_step(act->on_step_priv, step, dev, &rec.result);
}

/* The end of a step from the errno of its operation. */
void act_end_by_errno(struct act *act, const struct act_open_step *open, int rc, const char *detail)
{
	const char *text = detail[0] ? detail : strerror(-rc);

	if (rc == -ENODEV)
		act_end(act, open, REC_STEP_GONE, rc, "the device vanished");
	else if (rc == -ETIMEDOUT)
		act_end(act, open, REC_STEP_TIMEOUT, rc, "%s", text);
	else
		act_end(act, open, REC_STEP_FAILED, rc, "%s", text);
}

/* ---- hold ---- */

static int do_holds(struct act *act, const struct plan *plan, u32 first, u32 end)
{
	size_t n = end - first, i;
	_cleanup_free_ const struct inv_device **devs = calloc(n, sizeof(*devs));
	_cleanup_free_ struct act_open_step *open = calloc(n, sizeof(*open));
	_cleanup_free_ int *results = calloc(n, sizeof(*results));
	uint32_t wait_ms = 0;
	int rc;

	if (!devs || !open || !results)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const struct plan_step *step = &plan->steps[first + i];

		devs[i] = &act->inv->devices[step->device];
		wait_ms = act_wait_ms(act, step->deadline_ms);
		act_begin(act, step, wait_ms, &open[i]);
	}
	rc = act->ops->hold(act->ops_priv, devs, n, wait_ms, results);
	for (i = 0; i < n; i++) {
		u32 d = plan->steps[first + i].device;

		if (rc < 0)
			results[i] = rc;
		act->devices[d].stuck |= results[i] == -ETIMEDOUT;
		act->devices[d].hold_error = results[i] < 0 ? results[i] : 0;
		act->inv->devices[d].bound |= results[i] == ACT_BOUND;
		act->inv->devices[d].foreign |= results[i] == ACT_FOREIGN;
		if (results[i] == 0)
			act_end(act, &open[i], REC_STEP_DONE, 0, "held");
		else if (results[i] == ACT_HELD)
			act_end(act, &open[i], REC_STEP_DONE, 0, "an existing hold was taken over");
		else if (results[i] == ACT_BOUND)
			act_end(act, &open[i], REC_STEP_SKIPPED, 0,
				"a driver was bound before the device could be held");
		else if (results[i] == ACT_FOREIGN)
			act_end(act, &open[i], REC_STEP_SKIPPED, 0,
				"another program set driver_override: the device is left alone");
		else
			act_end_by_errno(act, &open[i], results[i],
					 results[i] == -ETIMEDOUT
						 ? "a running probe keeps the device lock"
						 : "");
	}
	return 0;
}

/* ---- keep ---- */

static int do_keep(struct act *act, struct plan *plan, u32 at)
{
	const struct plan_step *step = &plan->steps[at];
	u32 device = step->device;
	const struct act_device *state = &act->devices[device];
	struct act_open_step open;
	int rc;

	act_begin(act, step, 0, &open);
	if (!state->quiesce_failed) {
		if (state->hold_error)
			act_end(act, &open, REC_STEP_FAILED, state->hold_error,
				"the device could not be held: %s", strerror(-state->hold_error));
		else if (act->inv->devices[device].foreign || state->unheld ||
			 step->why == PLAN_WHY_LEFT)
			act_end(act, &open, REC_STEP_SKIPPED, 0,
				"the device is not held by " NAME_DAEMON);
		else if (state->unseen)
			act_end(act, &open, REC_STEP_FAILED, state->sight,
				"driver_override cannot be read, the device may still be held: %s",
				strerror(-state->sight));
		else if (act->inv->devices[device].bound && !act->devices[device].quiesced)
			act_end(act, &open, REC_STEP_SKIPPED, 0, "its driver has the device");
		else if (act->inv->devices[device].bound)
			act_end(act, &open, REC_STEP_DONE, 0,
				"DMA is stopped until the device is released, the driver stays bound");
		else
			act_end(act, &open, REC_STEP_DONE, 0,
				"the device is held until it is released");
		act->devices[device].lent = step->why == PLAN_WHY_NOT_NEEDED &&
					    (!act->inv->devices[device].bound || state->quiesced);
		return 0;
	}
	/* The plan may move in memory while it grows: end the step first. */
	act_end(act, &open, REC_STEP_FAILED, state->hold_error, "%s",
		state->hold_error ? "the device is neither held nor stopped"
				  : "the device is held, but its DMA is not stopped");
	rc = plan_not_quiesced(plan, act->inv, act->config, device);
	return rc < 0 ? rc : 0;
}

/* ---- the run ---- */

void act_journal_plan(struct act *act, const struct plan *plan, u32 first)
{
	u32 i;

	for (i = first; i < plan->count; i++) {
		const struct plan_step *step = &plan->steps[i];
		const struct inv_device *dev = &act->inv->devices[step->device];
		struct rec rec = { .type = REC_PLAN };

		rec.plan.step = step->number;
		rec.plan.action = step->action;
		rec.plan.dump_path = dev->dump_path && !dev->supplier;
		rec.plan.deadline_ms = step->deadline_ms;
		memcpy(rec.plan.device, dev->name, sizeof(rec.plan.device));
		plan_reason(act->inv, step, rec.plan.reason, sizeof(rec.plan.reason));
		journal_write(act->journal, &rec);
	}
}

/*
 * May @step be done while an earlier call for the device has its lock, or waits for the lock?
 * Children can give the hold back and load the driver. Config space must not be touched: during a
 * reset the kernel makes every reader of it wait, and we would hang. If the hold itself waits, a
 * probe is running, and loading a module would wait for that probe, too.
 */
static bool goes_although_stuck(const struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];

	switch (step->action) {
	case REC_ACT_RELEASE:
	case REC_ACT_BIND: return true;
	case REC_ACT_LOAD: return dev->dump_path || !act->devices[step->device].hold_error;
	default: return false;
	}
}

/* End a step that needs no operation, because the plan or an earlier step ruled it out. */
bool act_skip_step(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	const struct act_device *state = &act->devices[step->device];
	struct act_open_step open;
	const char *why = NULL;

	if (dev->gone)
		why = "the device vanished";
	else if (state->stuck && !goes_although_stuck(act, step))
		why = "an earlier operation on the device timed out and still runs";
	else if (step->action == REC_ACT_BIND && dev->bound)
		why = "the device has a driver already";
	else if (step->action == REC_ACT_LOAD || step->action == REC_ACT_BIND)
		why = state->no_driver;
	if (!why)
		return false;
	act_begin(act, step, 0, &open);
	act_end(act, &open, dev->gone ? REC_STEP_GONE : REC_STEP_SKIPPED, 0, "%s", why);
	return true;
}

static int do_step(struct act *act, struct plan *plan, u32 at)
{
	const struct plan_step *step = &plan->steps[at];

	if (act_skip_step(act, step))
		return 0;
	switch (step->action) {
	case REC_ACT_LOAD: act_do_load(act, step); return 0;
	case REC_ACT_BIND: act_do_bind(act, step); return 0;
	case REC_ACT_KEEP: return do_keep(act, plan, at);
	case REC_ACT_RELEASE: act_do_release(act, step); return 0;
	case REC_ACT_DOMAIN: act_do_domain(act, step); return 0;
	case REC_ACT_FLR: act_do_flr(act, step); return 0;
	default: return -EINVAL;
	}
}

/* The end of the run of steps with the action of steps[@first]. */
static u32 run_end(const struct plan *plan, u32 first)
{
	u32 end = first + 1;

	while (end < plan->count && plan->steps[end].action == plan->steps[first].action)
		end++;
	return end;
}

/* Why has a device of the dump path no driver at the end? NULL: it has one. */
static const char *why_lost(const struct act *act, u32 device)
{
	const struct inv_device *dev = &act->inv->devices[device];
	const struct act_device *state = &act->devices[device];

	if (!dev->dump_path || dev->supplier || dev->bound || state->bound_ns)
		return NULL;
	if (dev->gone)
		return "the device vanished";
	if (!state->unbindable)
		return NULL;
	return state->stuck ? "an earlier operation on the device timed out and still runs"
			    : "no driver could be bound";
}

/* After the last step: was the dump path handed over? If not, say so, and hold nothing back. */
static int give_up_dump_path(struct act *act, struct plan *plan)
{
	const char *why;
	int rc;
	u32 d;

	if (act->gave_up)
		return 0;
	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];
		const struct journal_about about =
			inv_about(dev, REC_SEV_ERROR, REC_FIND_DUMP_LOST);

		why = why_lost(act, d);
		if (!why)
			continue;
		act->dump_lost = true;
		journal_finding(act->journal, &about, "the dump path was not handed over: %s: %s",
				dev->name, why);
	}
	if (!act->dump_lost)
		return 0;
	act->gave_up = true;
	act->dump_path_ns = 0;
	rc = plan_dump_lost(plan, act->inv);
	for (d = 0; d < act->inv->count && rc == 0; d++)
		if (why_lost(act, d) && !act->inv->devices[d].gone)
			rc = plan_give_back(plan, d);
	return rc;
}

int act_make_devices(struct act *act)
{
	if (!act->devices)
		act->devices = calloc(act->inv->count + 1, sizeof(*act->devices));
	return act->devices ? 0 : -ENOMEM;
}

/* The step reported a failure; or two daemons died in it, so that it is left out now. */
static bool is_failed(const struct resume_item *item)
{
	if (!item->ended)
		return item->tries >= RESUME_TRIES_MAX;
	return item->outcome == REC_STEP_FAILED || item->outcome == REC_STEP_TIMEOUT;
}

int act_take_up(struct act *act)
{
	const struct resume_item *item;
	u32 d;

	if (!act->resume)
		return 0;
	if (act_make_devices(act) < 0)
		return -ENOMEM;
	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];
		struct act_device *state = &act->devices[d];

		/* What was done before its driver came does not count any more. */
		if (dev->bound && (!dev->stopped || !plan_stops_bound(act->inv, dev)))
			continue;
		item = resume_find(act->resume, dev->name, REC_ACT_QUIESCE);
		state->quiesced |= item && item->ended && item->outcome == REC_STEP_DONE;
		state->quiesce_failed |= item && is_failed(item);
		item = resume_find(act->resume, dev->name, REC_ACT_FLR);
		state->reset |= item && item->ended && item->outcome == REC_STEP_DONE;
		item = resume_find(act->resume, dev->name, REC_ACT_DOMAIN);
		if (item && item->ended && !dev->dump_path && item->outcome == REC_STEP_FAILED)
			state->no_driver =
				"an earlier run found no usable IOMMU domain for the device";
		/* The device has no driver now, whatever the last bind reported. */
		item = resume_find(act->resume, dev->name, REC_ACT_BIND);
		if (item && item->ended && !dev->dump_path && item->error == -ENOTCONN)
			state->no_driver = ACT_NO_ATTACHMENT;
		state->unbindable |=
			item && !dev->held && (item->ended || item->tries >= RESUME_TRIES_MAX);
	}
	return 0;
}

/* Journal what the plan has grown by; returns true when there is more to do. */
static bool take_growth(struct act *act, struct plan *plan, u32 known)
{
	if (act->resume)
		resume_plan(act->resume, plan, known, act->inv);
	act_journal_plan(act, plan, known);
	return plan->count > known;
}

static int run_steps(struct act *act, struct plan *plan, u32 *next)
{
	u32 end, known;
	int rc = 0;

	while (*next < plan->count && rc == 0) {
		if (now(act) >= act->end_ns)
			return -ETIME;
		known = plan->count;
		end = *next + 1;
		if (plan->steps[*next].action == REC_ACT_HOLD) {
			end = run_end(plan, *next);
			rc = plan->steps[*next].why == PLAN_WHY_BOUND_IDLE
				     ? act_mark(act, plan, *next, end)
				     : do_holds(act, plan, *next, end);
		} else if (plan->steps[*next].action == REC_ACT_QUIESCE) {
			end = run_end(plan, *next);
			rc = act_quiesce(act, plan, *next, end);
		} else if (plan->steps[*next].action == REC_ACT_VERIFY) {
			end = run_end(plan, *next);
			rc = act_verify(act, plan, *next, end);
		} else {
			rc = do_step(act, plan, *next);
		}
		*next = end;
		take_growth(act, plan, known);
	}
	return rc;
}

int act_run(struct act *act, struct plan *plan, u32 *next)
{
	u32 known;
	int rc;

	rc = act_make_devices(act);
	if (rc < 0)
		return rc;
	do {
		rc = run_steps(act, plan, next);
		if (rc < 0)
			return rc;
		known = plan->count;
		rc = give_up_dump_path(act, plan);
	} while (take_growth(act, plan, known) && rc == 0);
	return rc;
}

void act_clear(struct act *act)
{
	free(act->devices);
	act->devices = NULL;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * act.c - one function per action; runs of HOLD and of CONTAIN steps are done
 * as a batch, because their waits overlap.
 *
 * "Attached" means that hardware runs another STE than the crash left. A driver
 * that is bound but not attached yet is PENDING, which is normal: e1000e
 * attaches when its interface is opened.
 */
#include "daemon/act/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define VERIFY_POLL_MS 20

static uint64_t now(const struct act *act)
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
	const struct journal_about about = {
		.smmu = dev->smmu,
		.sid = dev->n_sids ? dev->sids[0] : REC_NO_SID,
		.severity = REC_SEV_WARNING,
		.code = REC_FIND_DEVICE_GONE,
	};

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
	int rc;

	if (!devs || !open || !results)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const struct plan_step *step = &plan->steps[first + i];

		devs[i] = &act->inv->devices[step->device];
		act_begin(act, step, step->deadline_ms, &open[i]);
	}
	rc = act->ops->hold(act->ops_priv, devs, n, results);
	for (i = 0; i < n; i++) {
		u32 d = plan->steps[first + i].device;

		if (rc < 0)
			results[i] = rc;
		act->devices[d].stuck |= results[i] == -ETIMEDOUT;
		act->inv->devices[d].bound |= results[i] == ACT_BOUND;
		act->inv->devices[d].foreign |= results[i] == ACT_FOREIGN;
		if (results[i] == 0)
			act_end(act, &open[i], REC_STEP_DONE, 0, "held");
		else if (results[i] == ACT_HELD)
			act_end(act, &open[i], REC_STEP_DONE, 0, "held already: taken over");
		else if (results[i] == ACT_BOUND)
			act_end(act, &open[i], REC_STEP_SKIPPED, 0, "a driver was faster");
		else if (results[i] == ACT_FOREIGN)
			act_end(act, &open[i], REC_STEP_SKIPPED, 0,
				"its driver_override is not ours: left alone");
		else
			act_end_by_errno(act, &open[i], results[i],
					 results[i] == -ETIMEDOUT ? "another probe keeps it busy"
								  : "");
	}
	return 0;
}

/* ---- load, bind ---- */

static void do_load(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	char detail[ACT_DETAIL_BYTES] = "";
	struct act_open_step open;
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	int rc;

	act_begin(act, step, wait_ms, &open);
	rc = act->ops->load(act->ops_priv, dev, wait_ms, detail);
	if (rc == ACT_OK)
		act_end(act, &open, REC_STEP_DONE, 0, "%s", detail);
	else if (rc == ACT_BUILTIN)
		act_end(act, &open, REC_STEP_SKIPPED, 0, "%s is built in", detail);
	else if (rc == ACT_NO_MODULE)
		act_end(act, &open, REC_STEP_SKIPPED, 0, "no module in the image matches it");
	else if (rc == ACT_BLACKLISTED)
		act_end(act, &open, REC_STEP_SKIPPED, 0, "%s is blacklisted", detail);
	else
		act_end_by_errno(act, &open, rc, detail);
}

/*
 * A driver without IOMMU attachment programs physical addresses, which the SMMU
 * refuses or, worse, translates: take it away before it does more.
 */
static void undo_bind(struct act *act, const struct act_open_step *open, const char *driver)
{
	struct inv_device *dev = &act->inv->devices[open->step->device];
	struct act_device *state = &act->devices[open->step->device];
	const struct journal_about about = {
		.smmu = dev->smmu,
		.sid = dev->n_sids ? dev->sids[0] : REC_NO_SID,
		.severity = REC_SEV_ERROR,
		.code = REC_FIND_NO_IOMMU,
	};
	int rc;

	journal_finding(act->journal, &about, "%s got driver %s but no IOMMU attachment", dev->name,
			driver);
	rc = act->ops->unbind(act->ops_priv, dev,
			      act_wait_ms(act, act->config->device_deadline_ms));
	state->stuck |= rc == -ETIMEDOUT;
	act_end(act, open, REC_STEP_FAILED, -ENOTCONN, "no IOMMU attachment; driver %s %s", driver,
		rc < 0 ? "could not be taken away" : "taken away again");
}

static void do_bind(struct act *act, const struct plan_step *step)
{
	struct inv_device *dev = &act->inv->devices[step->device];
	struct act_device *state = &act->devices[step->device];
	char detail[ACT_DETAIL_BYTES] = "";
	struct act_open_step open;
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	int rc;

	act_begin(act, step, wait_ms, &open);
	rc = act->ops->bind(act->ops_priv, dev, wait_ms, detail);
	if (rc == 0) {
		state->bound_ns = now(act);
		snprintf(dev->driver, sizeof(dev->driver), "%.31s", detail);
		act_end(act, &open, REC_STEP_DONE, 0, "driver %s", detail);
		return;
	}
	state->unbindable = true;
	state->stuck |= rc == -ETIMEDOUT;
	if (rc == -ENOTCONN)
		undo_bind(act, &open, detail);
	else
		act_end_by_errno(act, &open, rc, detail);
}

/* ---- verify ---- */

static void journal_sight(struct act *act, const struct act_sight *sight)
{
	struct rec rec = { .type = REC_DEVICE };
	u32 i;

	rec.device = sight->device;
	journal_write(act->journal, &rec);
	for (i = 0; i < sight->n_stes; i++) {
		rec.type = REC_STE;
		rec.ste = sight->ste[i];
		journal_write(act->journal, &rec);
	}
}

static bool ste_changed(const struct act *act, const struct rec_ste *ste)
{
	const struct story_stream *stream = story_find_stream(act->story, ste->smmu, ste->sid);

	if (!stream || !stream->has_crash || stream->crash.entry != REC_ENTRY_READ)
		return false;
	return ste->entry == REC_ENTRY_READ &&
	       memcmp(stream->crash.raw, ste->raw, sizeof(ste->raw));
}

bool act_ste_changed(const struct act *act, const struct act_sight *sight)
{
	u32 i;

	for (i = 0; i < sight->n_stes; i++)
		if (ste_changed(act, &sight->ste[i]))
			return true;
	return false;
}

/* The attach, from hardware first, then from what the kernel says. NULL: not yet. */
static const char *attach_evidence(const struct act *act, const struct act_sight *sight)
{
	if (act_ste_changed(act, sight))
		return "attached: the STE changed";
	if (sight->device.flags & REC_DEV_ATTACH_SEEN)
		return "attached: the helper saw it";
	if ((sight->device.flags & (REC_DEV_GROUP | REC_DEV_DEFERRED)) == REC_DEV_GROUP)
		return "attached: the kernel does not defer it";
	return NULL;
}

static void do_verify(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct act_device *state = &act->devices[step->device];
	uint64_t from = state->bound_ns ? state->bound_ns : now(act);
	uint64_t deadline = from + clock_ms(step->deadline_ms);
	struct act_open_step open;
	struct act_sight sight;
	const char *evidence;
	int rc;

	if (deadline > act->end_ns)
		deadline = act->end_ns;
	act_begin(act, step, clock_left_ms(now(act), deadline), &open);
	if (!dev->bound && !state->bound_ns) {
		act_end(act, &open, REC_STEP_SKIPPED, 0, "not bound");
		return;
	}
	for (;;) {
		rc = act->ops->look(act->ops_priv, dev, &sight);
		evidence = rc == 0 ? attach_evidence(act, &sight) : NULL;
		if (rc < 0 || evidence || now(act) >= deadline)
			break;
		act->ops->sleep_ms(act->ops_priv, VERIFY_POLL_MS);
	}
	if (rc == 0)
		journal_sight(act, &sight);
	if (rc < 0)
		act_end_by_errno(act, &open, rc, "");
	else if (evidence)
		act_end(act, &open, REC_STEP_DONE, 0, "%s", evidence);
	else
		act_end(act, &open, REC_STEP_PENDING, 0, "bound, not attached yet");
	if (rc == 0 && dev->dump_path)
		act->dump_path_ns = now(act);
}

/* ---- keep, release ---- */

static int do_keep(struct act *act, struct plan *plan, u32 at)
{
	const struct plan_step *step = &plan->steps[at];
	u32 device = step->device;
	struct act_open_step open;
	int rc;

	act_begin(act, step, 0, &open);
	if (act->inv->devices[device].dump_path)
		act->dump_lost = true;
	if (!act->devices[device].uncontained) {
		if (act->inv->devices[device].foreign || step->why == PLAN_WHY_LEFT)
			act_end(act, &open, REC_STEP_SKIPPED, 0, "not held by us");
		else
			act_end(act, &open, REC_STEP_DONE, 0, "held to the end");
		act->devices[device].lent = step->why == PLAN_WHY_NOT_NEEDED;
		return 0;
	}
	/* The plan may move in memory while it grows: end the step first. */
	act_end(act, &open, REC_STEP_FAILED, 0, "held, but not contained");
	rc = plan_uncontained(plan, act->inv, act->config, device);
	return rc < 0 ? rc : 0;
}

static void do_release(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct act_open_step open;
	int rc;

	act_begin(act, step, step->deadline_ms, &open);
	if (act->devices[step->device].stuck) {
		act_end(act, &open, REC_STEP_SKIPPED, 0, "a probe keeps it busy");
		return;
	}
	rc = act->ops->release(act->ops_priv, dev);
	act->devices[step->device].lent &= rc < 0;
	if (rc >= 0)
		act_end(act, &open, rc ? REC_STEP_SKIPPED : REC_STEP_DONE, 0, "%s",
			rc ? "not held by us" : "hold given back");
	else
		act_end_by_errno(act, &open, rc, "");
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
		rec.plan.dump_path = dev->dump_path;
		rec.plan.deadline_ms = step->deadline_ms;
		memcpy(rec.plan.device, dev->name, sizeof(rec.plan.device));
		plan_reason(act->inv, step, rec.plan.reason, sizeof(rec.plan.reason));
		journal_write(act->journal, &rec);
	}
}

/* Steps that need no operation: what the plan or an earlier step ruled out. */
static bool skip_step(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	const struct act_device *state = &act->devices[step->device];
	struct act_open_step open;
	const char *why = NULL;

	if (dev->gone)
		why = "the device vanished";
	else if (state->stuck && step->action != REC_ACT_RELEASE)
		why = "an earlier call for it has not come back";
	else if (step->action == REC_ACT_BIND && dev->bound)
		why = "bound already";
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

	if (skip_step(act, step))
		return 0;
	switch (step->action) {
	case REC_ACT_LOAD: do_load(act, step); return 0;
	case REC_ACT_BIND: do_bind(act, step); return 0;
	case REC_ACT_VERIFY: do_verify(act, step); return 0;
	case REC_ACT_KEEP: return do_keep(act, plan, at);
	case REC_ACT_RELEASE: do_release(act, step); return 0;
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

/* After the last step: was the dump path handed over? If not, hold nothing back. */
static int give_up_dump_path(struct act *act, struct plan *plan)
{
	u32 d;

	for (d = 0; d < act->inv->count; d++)
		if (act->inv->devices[d].dump_path &&
		    (act->inv->devices[d].gone || act->devices[d].unbindable ||
		     act->devices[d].stuck))
			act->dump_lost = true;
	if (!act->dump_lost || act->gave_up)
		return 0;
	act->gave_up = true;
	act->dump_path_ns = 0;
	return plan_dump_lost(plan, act->inv);
}

static int make_devices(struct act *act)
{
	if (!act->devices)
		act->devices = calloc(act->inv->count + 1, sizeof(*act->devices));
	return act->devices ? 0 : -ENOMEM;
}

int act_take_up(struct act *act)
{
	const struct resume_item *item;
	u32 d;

	if (!act->resume)
		return 0;
	if (make_devices(act) < 0)
		return -ENOMEM;
	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];
		struct act_device *state = &act->devices[d];

		if (dev->bound)
			continue;
		item = resume_find(act->resume, dev->name, REC_ACT_CONTAIN);
		state->contained |= item && item->ended && item->outcome == REC_STEP_DONE;
		state->uncontained |=
			item && item->ended &&
			(item->outcome == REC_STEP_FAILED || item->outcome == REC_STEP_TIMEOUT);
		item = resume_find(act->resume, dev->name, REC_ACT_FLR);
		state->reset |= item && item->ended && item->outcome == REC_STEP_DONE;
		item = resume_find(act->resume, dev->name, REC_ACT_DOMAIN);
		if (item && item->ended && !dev->dump_path && item->outcome == REC_STEP_FAILED)
			state->no_driver = "an earlier run found its domain not fit";
		/* It has no driver, whatever its last bind said, and will get none from us. */
		item = resume_find(act->resume, dev->name, REC_ACT_BIND);
		state->unbindable |= item && (item->ended || item->tries >= RESUME_TRIES_MAX);
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
			rc = do_holds(act, plan, *next, end);
		} else if (plan->steps[*next].action == REC_ACT_CONTAIN) {
			end = run_end(plan, *next);
			rc = act_contain(act, plan, *next, end);
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

	rc = make_devices(act);
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bound.c - see bound.h.
 */
#include "daemon/act/bound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define TOLD_MAX 32

/* ---- the mark ---- */

struct mark {
	struct act_open_step open;
	const struct inv_device *dev;
	struct act_device *state;
};

static bool start(struct act *act, const struct plan_step *step, struct mark *ret)
{
	if (act_skip_step(act, step))
		return false;
	ret->dev = &act->inv->devices[step->device];
	ret->state = &act->devices[step->device];
	act_begin(act, step, act_wait_ms(act, step->deadline_ms), &ret->open);
	return true;
}

/*
 * The driver may attach the device at any moment. A device that is attached, or of which that
 * cannot be told, is not stopped.
 */
static bool may_mark(struct act *act, struct mark *mark, int rc, const struct act_sight *sight)
{
	const char *evidence;

	if (rc == 0 && !sight->has_device)
		rc = -ENODEV;
	if (rc < 0) {
		mark->state->hold_error = rc;
		act_end_by_errno(act, &mark->open, rc, "");
		return false;
	}
	evidence = act_attach_evidence(act, sight);
	mark->state->attached = evidence;
	if (evidence)
		act_end(act, &mark->open, REC_STEP_SKIPPED, 0, "%s", evidence);
	return !evidence;
}

static void end_mark(struct act *act, struct mark *mark, int result)
{
	mark->state->stuck |= result == -ETIMEDOUT;
	mark->state->hold_error = result < 0 ? result : 0;
	mark->state->marked = result == ACT_OK || result == ACT_HELD;
	if (mark->state->marked)
		act_end(act, &mark->open, REC_STEP_DONE, 0,
			"marked to be stopped, driver %s stays bound", mark->dev->driver);
	else if (result == ACT_FOREIGN)
		act_end(act, &mark->open, REC_STEP_SKIPPED, 0,
			"another program set driver_override: the device is left alone");
	else
		act_end_by_errno(act, &mark->open, result, "");
}

/* The time that is left of the stated deadline, after the look. */
static uint32_t wait_left(const struct act *act, const struct mark *mark)
{
	u64 end_ns = mark->open.begin_ns + clock_ms(mark->open.wait_ms);

	return clock_left_ms(act->ops->now_ns(act->ops_priv), end_ns);
}

/* Up to ACT_LOOK_MAX devices of one SMMU: one look at all, then one hold of those that are left. */
static void mark_together(struct act *act, struct mark *marks, size_t n, struct act_sight *sights)
{
	const struct inv_device *devs[ACT_LOOK_MAX];
	int results[ACT_LOOK_MAX];
	size_t i, left = 0;
	int rc;

	for (i = 0; i < n; i++)
		devs[i] = marks[i].dev;
	rc = act->ops->look(act->ops_priv, act_smmu_name(act, devs[0]->smmu), devs, n, sights);
	for (i = 0; i < n; i++)
		if (may_mark(act, &marks[i], rc, &sights[i]))
			marks[left++] = marks[i];
	for (i = 0; i < left; i++)
		devs[i] = marks[i].dev;
	rc = left ? act->ops->hold(act->ops_priv, devs, left, wait_left(act, &marks[0]), results)
		  : 0;
	for (i = 0; i < left; i++)
		end_mark(act, &marks[i], rc < 0 ? rc : results[i]);
}

int act_mark(struct act *act, const struct plan *plan, u32 first, u32 end)
{
	_cleanup_free_ struct mark *marks = calloc(ACT_LOOK_MAX, sizeof(*marks));
	_cleanup_free_ struct act_sight *sights = calloc(ACT_LOOK_MAX, sizeof(*sights));
	size_t n = 0;
	u32 i;

	if (!marks || !sights)
		return -ENOMEM;
	for (i = first; i < end; i++) {
		const struct inv_device *dev = &act->inv->devices[plan->steps[i].device];

		if (n == ACT_LOOK_MAX || (n && dev->smmu != marks[0].dev->smmu)) {
			mark_together(act, marks, n, sights);
			n = 0;
		}
		n += start(act, &plan->steps[i], &marks[n]);
	}
	if (n)
		mark_together(act, marks, n, sights);
	return 0;
}

/* ---- what is told ---- */

static const char *fate_text(const struct act *act, const struct inv_device *dev,
			     const struct act_device *state)
{
	if (state->quiesced)
		return "its DMA is stopped, its driver stays";
	if (dev->dump_path)
		return "the dump needs it, DMA was not stopped";
	if (dev->rule == CONFIG_ACT_LEAVE)
		return "a rule leaves the device alone";
	if (!dev->pci)
		return "only its driver can stop its DMA";
	if (dev->attached || state->attached)
		return "already attached, DMA was not stopped";
	if (!inv_denied(dev) && dev->rule == CONFIG_ACT_DRIVER)
		return "a rule leaves it to its driver";
	if (!inv_denied(dev) && act->inv->policy == CONFIG_PROBE_ALL)
		return "policy \"all\" leaves it to its driver";
	return "its DMA could not be stopped";
}

static bool is_told(const struct inv_device *dev)
{
	return dev->bound && !dev->ours && !dev->given_back && !dev->gone && !dev->settled &&
	       dev->live != INV_NOT_LIVE;
}

/* A driver that is loaded has this file. */
static bool is_builtin(const struct fsroot *root, const char *bus, const char *driver)
{
	return driver[0] && fsroot_name_ok(driver) &&
	       fsroot_exists(root, "sys/bus/%s/drivers/%s", bus, driver) &&
	       !fsroot_exists(root, "sys/bus/%s/drivers/%s/module/initstate", bus, driver);
}

/* Was its SMMU's driver there before user space? */
static bool adopts_by_itself(const struct act *act, const struct fsroot *root, u32 index)
{
	const struct story_smmu *smmu = story_find_smmu(act->story, index);
	const char *name = !smmu ? "" : smmu->has_now ? smmu->now.name : smmu->crash.name;
	char driver[32];

	return fsroot_name_ok(name) &&
	       fsroot_link_name(root, driver, sizeof(driver), "sys/bus/platform/devices/%s/driver",
				name) > 0 &&
	       is_builtin(root, "platform", driver);
}

static void tell_builtin(const struct act *act, const struct fsroot *root, bound_fn fn, void *priv)
{
	u32 d, n = 0;
	char text[160];

	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];

		n += is_told(dev) && is_builtin(root, dev->bus, dev->driver) &&
		     adopts_by_itself(act, root, dev->smmu);
	}
	if (!n)
		return;
	snprintf(text, sizeof(text),
		 "this kernel adopts by itself, and its built-in drivers had live devices "
		 "before user space started, which no program could hold: %u",
		 n);
	fn(priv, REC_SEV_INFO, NULL, text);
}

void bound_tell(const struct act *act, const struct fsroot *root, bound_fn fn, void *priv)
{
	u32 d, told = 0, more = 0;
	char text[160];

	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];
		const struct act_device *state = &act->devices[d];

		if (!is_told(dev))
			continue;
		if (told == TOLD_MAX) {
			more++;
			continue;
		}
		told++;
		snprintf(text, sizeof(text), "%s had driver %s before " NAME_DAEMON " started: %s",
			 dev->name, dev->driver, fate_text(act, dev, state));
		fn(priv, state->quiesced ? REC_SEV_INFO : REC_SEV_WARNING, dev, text);
	}
	if (more) {
		snprintf(text, sizeof(text),
			 "%u more live devices had drivers before " NAME_DAEMON " started", more);
		fn(priv, REC_SEV_WARNING, NULL, text);
	}
	tell_builtin(act, root, fn, priv);
}

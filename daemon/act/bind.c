// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bind.c - gives devices to their drivers, and holds back: the steps LOAD, BIND and RELEASE.
 */
#include "daemon/act/act.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/story/names.h"

void act_do_load(struct act *act, const struct plan_step *step)
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
		act_end(act, &open, REC_STEP_SKIPPED, 0, "driver %s is built into the kernel",
			detail);
	else if (rc == ACT_NO_MODULE)
		act_end(act, &open, REC_STEP_SKIPPED, 0,
			"no module in the image matches the device");
	else if (rc == ACT_BLACKLISTED)
		act_end(act, &open, REC_STEP_SKIPPED, 0, "module %s is blacklisted", detail);
	else
		act_end_by_errno(act, &open, rc, detail);
}

static void bound(struct act *act, u32 device, const char *driver)
{
	struct inv_device *dev = &act->inv->devices[device];

	act->devices[device].bound_ns = act->ops->now_ns(act->ops_priv);
	act->devices[device].stuck = false;
	snprintf(dev->driver, sizeof(dev->driver), "%.31s", driver);
}

/*
 * A driver without IOMMU attachment programs physical addresses, which the SMMU
 * refuses or, worse, translates: take it away before it does more. The dump's own
 * device keeps it: the dump is lost without, and under an entry that bypasses it works.
 */
static void without_attachment(struct act *act, const struct act_open_step *open,
			       const char *driver)
{
	const struct inv_device *dev = &act->inv->devices[open->step->device];
	struct act_device *state = &act->devices[open->step->device];
	const struct journal_about about = inv_about(dev, REC_SEV_ERROR, REC_FIND_NO_IOMMU);
	int rc;

	journal_finding(act->journal, &about, "%s got driver %s but no IOMMU attachment%s",
			dev->name, driver,
			dev->dump_path ? "; the driver stays because the dump needs the device"
				       : "");
	if (dev->dump_path) {
		bound(act, open->step->device, driver);
		act_end(act, open, REC_STEP_DONE, -ENOTCONN,
			"driver %s is bound without an IOMMU attachment", driver);
		return;
	}
	state->unbindable = true;
	state->no_driver = ACT_NO_ATTACHMENT;
	rc = act->ops->unbind(act->ops_priv, dev,
			      act_wait_ms(act, act->config->device_deadline_ms));
	state->stuck |= rc == -ETIMEDOUT;
	act_end(act, open, REC_STEP_FAILED, -ENOTCONN, "driver %s got no IOMMU attachment and %s",
		driver, rc < 0 ? "could not be unbound" : "was unbound again");
}

/* Start a process that gives the hold back when the lock is free; do not wait for it. */
static void let_go(struct act *act, const struct act_open_step *open)
{
	const struct inv_device *dev = &act->inv->devices[open->step->device];
	int rc = act->ops->let_go(act->ops_priv, dev);

	act->devices[open->step->device].back_error = rc < 0 ? rc : 0;
	if (rc < 0)
		act_end(act, open, REC_STEP_FAILED, rc, "%s; the device may still be held",
			strerror(-rc));
	else
		act_end(act, open, REC_STEP_PENDING, 0,
			"the hold is given back when the earlier operation on the device ends");
}

/* The bind may have failed before it gave the hold back: a child tries that once more. */
static void bind_failed(struct act *act, const struct act_open_step *open, int rc,
			const char *detail)
{
	const struct inv_device *dev = &act->inv->devices[open->step->device];
	bool came_to_it = rc == -ENXIO || rc == -ENODEV || rc == -ETIMEDOUT;

	act->devices[open->step->device].back_error = came_to_it ? 0 : rc;
	/* The dump's device is given back at the end, and that is waited for. */
	if (came_to_it || dev->dump_path)
		act_end_by_errno(act, open, rc, detail);
	else if (act->ops->let_go(act->ops_priv, dev) < 0)
		act_end(act, open, REC_STEP_FAILED, rc, "%s; the device may still be held",
			strerror(-rc));
	else
		act_end(act, open, REC_STEP_FAILED, rc,
			"%s; a background process gives the hold back", strerror(-rc));
}

/*
 * A slow step costs only its own time: the device still gets its driver. For a device of the dump
 * path the bind waits, in its child, until the earlier call has ended. The bind of another device
 * does not wait, since that would take the dump's time.
 */
void act_do_bind(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct act_device *state = &act->devices[step->device];
	char detail[ACT_DETAIL_BYTES] = "";
	struct act_open_step open;
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	int rc;

	act_begin(act, step, wait_ms, &open);
	if (state->stuck && !dev->dump_path) {
		let_go(act, &open);
		return;
	}
	rc = act->ops->bind(act->ops_priv, dev, wait_ms, detail);
	if (rc == 0) {
		bound(act, step->device, detail);
		act_end(act, &open, REC_STEP_DONE, 0, "driver %s", detail);
	} else if (rc == -ENOTCONN) {
		without_attachment(act, &open, detail);
	} else {
		state->unbindable = true;
		/* -ENXIO can only be found out while the lock is free. */
		state->stuck = rc == -ETIMEDOUT || (state->stuck && rc != -ENXIO);
		bind_failed(act, &open, rc, detail);
	}
}

void act_do_release(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct act_open_step open;
	int rc;

	act_begin(act, step, step->deadline_ms, &open);
	if (act->devices[step->device].stuck) {
		let_go(act, &open);
		return;
	}
	rc = act->ops->release(act->ops_priv, dev);
	act->devices[step->device].lent &= rc < 0;
	/* A process that waits for the lock gives the hold back later. */
	act->devices[step->device].stuck |= rc == -ETIMEDOUT;
	act->devices[step->device].back_error = rc < 0 && rc != -ETIMEDOUT ? rc : 0;
	if (rc >= 0)
		act_end(act, &open, rc ? REC_STEP_SKIPPED : REC_STEP_DONE, 0, "%s",
			rc ? "the device is not held by " NAME_DAEMON : "the hold was given back");
	else
		act_end_by_errno(act, &open, rc, "");
}

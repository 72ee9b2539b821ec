// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * quiesce.c - stop a PCI master without its driver (PCI Local Bus 3.0 6.2.2, PCI Express Base
 * 7.5.3.5).
 *
 * Clearing Command.BusMasterEnable keeps a function from issuing new requests; requests that wait
 * for completions are over when Device Status.Transactions Pending reads 0. All masters are
 * switched off first and then waited for together, so a hundred devices take as long as the
 * slowest one.
 *
 * Interrupt Disable is set as well: no driver serves the interrupt pin of a held device. If the
 * device kept asserting the pin, the kernel would switch a shared line off that the dump device
 * may need. Drivers enable both bits themselves. Config space is untrusted: the capability list is
 * walked with a budget.
 *
 * If a device has a driver already, only bus mastering is switched off: that driver serves the
 * pin, and a reset would call into that driver.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/act/act.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define PCI_VENDOR 0x00
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MASTER 0x0004
#define PCI_COMMAND_INTX_DISABLE 0x0400
#define PCI_STATUS 0x06
#define PCI_STATUS_CAP_LIST 0x0010
#define PCI_CAP_POINTER 0x34
#define PCI_CAP_ID_EXP 0x10
#define PCI_EXP_DEVSTA 0x0a
#define PCI_EXP_DEVSTA_TRPND 0x0020
#define PCI_CAP_FIRST 0x40
#define PCI_CAPS_MAX 48 /* (256 - 64) / 4: more is a loop */

#define PENDING_POLL_MS 1

enum quiesce_state {
	QUIESCE_WAITING = 0, /* off; for Transactions Pending */
	QUIESCE_OVER,	     /* its result is journalled */
};

struct quiescing {
	struct act_open_step open;
	const struct inv_device *dev;
	u64 deadline_ns;
	unsigned int devsta; /* offset of Device Status, 0: not PCI Express */
	enum quiesce_state state;
	bool was_on;	/* it was a bus master when we came */
	bool stays_on;	/* and is one although it was switched off */
	bool by_helper; /* config space may not be written: the helper did it */
};

int act_read16(struct act *act, const struct inv_device *dev, unsigned int offset, u16 *ret)
{
	u8 raw[2] = { 0 };
	int rc = act->ops->config_read(act->ops_priv, dev, offset, raw, sizeof(raw));

	*ret = core_ld16(raw);
	return rc;
}

/* Offset of the PCI Express Device Status register; 0: there is none. */
static int find_devsta(struct act *act, const struct inv_device *dev, unsigned int *ret)
{
	unsigned int budget = PCI_CAPS_MAX;
	u16 status, word;
	u8 at;
	int rc;

	*ret = 0;
	rc = act_read16(act, dev, PCI_STATUS, &status);
	if (rc < 0 || !(status & PCI_STATUS_CAP_LIST))
		return rc;
	rc = act_read16(act, dev, PCI_CAP_POINTER, &word);
	if (rc < 0)
		return rc;
	for (at = word & 0xfc; at >= PCI_CAP_FIRST && budget--; at = word >> 8 & 0xfc) {
		rc = act_read16(act, dev, at, &word);
		if (rc < 0)
			return rc;
		if ((word & 0xff) == PCI_CAP_ID_EXP && at + PCI_EXP_DEVSTA + 2 <= 256) {
			*ret = at + PCI_EXP_DEVSTA;
			return 0;
		}
	}
	return 0;
}

static int write_command(struct act *act, struct quiescing *c, u16 command)
{
	u8 raw[2];
	int rc, by_helper;

	core_st16(raw, command);
	rc = act->ops->config_write(act->ops_priv, c->dev, PCI_COMMAND, raw, sizeof(raw));
	if (rc != -EPERM && rc != -EACCES)
		return rc;
	by_helper = act->ops->master_off(act->ops_priv, c->dev);
	c->by_helper = by_helper == 0;
	return by_helper == -ENOENT ? rc : by_helper;
}

/* Bus mastering off, read back. */
static int switch_off(struct act *act, struct quiescing *c)
{
	u16 vendor, command, wanted;
	int rc;

	rc = act_read16(act, c->dev, PCI_VENDOR, &vendor);
	if (rc < 0)
		return rc;
	if (vendor == 0xffff)
		return -ENODEV;
	rc = act_read16(act, c->dev, PCI_COMMAND, &command);
	if (rc < 0)
		return rc;
	c->was_on = command & PCI_COMMAND_MASTER;
	wanted = command & (u16)~PCI_COMMAND_MASTER;
	if (!c->dev->bound)
		wanted |= PCI_COMMAND_INTX_DISABLE;
	if (wanted != command) {
		rc = write_command(act, c, wanted);
		if (rc < 0)
			return rc;
		rc = act_read16(act, c->dev, PCI_COMMAND, &command);
		if (rc < 0)
			return rc;
		c->stays_on = command & PCI_COMMAND_MASTER;
		if (c->stays_on)
			return -EIO;
	}
	return find_devsta(act, c->dev, &c->devsta);
}

static const char *errno_text(const struct quiescing *c, int rc)
{
	if (c->stays_on)
		return "bus mastering cannot be switched off";
	switch (rc) {
	case -EPERM:
	case -EACCES: return "config space cannot be written (is the kernel locked down?)";
	default: return strerror(-rc);
	}
}

static void quiesced(struct act *act, struct quiescing *c, const char *how)
{
	c->state = QUIESCE_OVER;
	act->devices[c->open.step->device].quiesced = true;
	act_end(act, &c->open, REC_STEP_DONE, 0, "%s%s%s",
		c->was_on ? "bus master off" : "bus master was off",
		c->by_helper ? " by the helper" : "", how);
}

static void not_quiesced(struct act *act, struct quiescing *c, int rc)
{
	c->state = QUIESCE_OVER;
	act->devices[c->open.step->device].quiesce_failed = rc != -ENODEV;
	if (rc == -ENODEV)
		act_end(act, &c->open, REC_STEP_GONE, rc, "the device does not answer");
	else if (rc == -ETIMEDOUT)
		act_end(act, &c->open, REC_STEP_TIMEOUT, rc,
			"bus master off, but Transactions Pending stays set");
	else
		act_end(act, &c->open, REC_STEP_FAILED, rc, "%s", errno_text(c, rc));
}

/*
 * Transactions stay pending: a reset ends them, where a reset is safe. Resets are done one after
 * the other while the dump waits, so all resets of a batch share the time of one.
 */
static void still_pending(struct act *act, struct quiescing *c)
{
	u64 end_ns = c->deadline_ns + clock_ms(PLAN_FLR_MS);
	uint32_t left = clock_left_ms(act->ops->now_ns(act->ops_priv), end_ns);
	u32 device = c->open.step->device;
	const char *text;
	u16 status;

	if (!c->dev->flr || c->dev->bound || !left ||
	    act_reset(act, device, act_wait_ms(act, left), &text) != 0 ||
	    act_read16(act, c->dev, c->devsta, &status) < 0 || status & PCI_EXP_DEVSTA_TRPND)
		not_quiesced(act, c, -ETIMEDOUT);
	else
		quiesced(act, c, "; transactions were pending until a function level reset");
}

/*
 * A device that could not be held may have got a driver meanwhile. It is left to that driver, as no
 * later step would switch its bus mastering on again.
 */
static void look_for_driver(struct act *act, u32 device)
{
	struct inv_device *dev = &act->inv->devices[device];

	if (act->devices[device].hold_error && !dev->bound && !dev->gone)
		dev->bound = act->ops->driver(act->ops_priv, dev, dev->driver) == 1;
}

static void start(struct act *act, const struct plan_step *step, struct quiescing *c)
{
	const struct act_device *state = &act->devices[step->device];
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	char reason[ACT_DETAIL_BYTES];
	int rc;

	look_for_driver(act, step->device);
	c->dev = &act->inv->devices[step->device];
	c->state = QUIESCE_OVER;
	act_begin(act, step, plan_step_is_skip(step) ? 0 : wait_ms, &c->open);
	if (c->dev->gone || (c->dev->bound && !state->marked) || state->stuck ||
	    plan_step_is_skip(step)) {
		plan_reason(act->inv, step, reason, sizeof(reason));
		act_end(act, &c->open, c->dev->gone ? REC_STEP_GONE : REC_STEP_SKIPPED, 0, "%s",
			c->dev->gone	? "the device vanished"
			: c->dev->bound ? "a driver has the device"
			: state->stuck
				? "an earlier operation on the device timed out and still runs"
				: reason);
		return;
	}
	c->state = QUIESCE_WAITING;
	c->deadline_ns = act->ops->now_ns(act->ops_priv) + clock_ms(wait_ms);
	rc = switch_off(act, c);
	if (rc < 0)
		not_quiesced(act, c, rc);
	else if (!c->devsta)
		quiesced(act, c, "; the device has no Transactions Pending bit");
}

static void look_again(struct act *act, struct quiescing *c)
{
	u16 status;
	int rc;

	rc = act_read16(act, c->dev, c->devsta, &status);
	if (rc < 0)
		not_quiesced(act, c, rc);
	else if (status == 0xffff)
		not_quiesced(act, c, -ENODEV);
	else if (!(status & PCI_EXP_DEVSTA_TRPND))
		quiesced(act, c, ", no transactions pending");
	else if (act->ops->now_ns(act->ops_priv) >= c->deadline_ns)
		still_pending(act, c);
}

int act_quiesce(struct act *act, struct plan *plan, u32 first, u32 end)
{
	size_t n = end - first, i, waiting;
	_cleanup_free_ struct quiescing *all = calloc(n, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		start(act, &plan->steps[first + i], &all[i]);
	for (;;) {
		waiting = 0;
		for (i = 0; i < n; i++) {
			if (all[i].state != QUIESCE_WAITING)
				continue;
			look_again(act, &all[i]);
			waiting += all[i].state == QUIESCE_WAITING;
		}
		if (!waiting)
			break;
		act->ops->sleep_ms(act->ops_priv, PENDING_POLL_MS);
	}
	for (i = 0; i < n; i++)
		if (act->devices[plan->steps[first + i].device].quiesce_failed)
			return 0;
	act->quiesced_ns = act->ops->now_ns(act->ops_priv);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * reset.c - function level reset (FLR).
 *
 * A device without bus mastering is quiet, but still has the crashed kernel's queues. An FLR makes
 * it forget them, so that it stays quiet when a driver switches bus mastering on again.
 *
 * The reset must not end adoption. Kernels from 7.0 on attach a device with ATS to a blocking
 * domain while it is reset, and to its new domain afterwards. So the result is read back from the
 * device and from its STE.
 */
#include <errno.h>
#include <string.h>

#include "daemon/act/act.h"

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MASTER 0x0004
#define PCI_EXT_FIRST 0x100
#define PCI_EXT_ID_ATS 0x000f
#define PCI_EXT_CAPS_MAX 96
#define PCI_EXT_NEXT(word) ((word) >> 4 & 0xffc)

/* 1: it has ATS; 0; or a negative errno, -ENODATA: it has no extended config space. */
static int has_ats(struct act *act, const struct inv_device *dev)
{
	unsigned int at = PCI_EXT_FIRST, budget = PCI_EXT_CAPS_MAX;
	u16 id, next;
	int rc;

	while (at >= PCI_EXT_FIRST && budget--) {
		rc = act_read16(act, dev, at, &id);
		if (rc == 0)
			rc = act_read16(act, dev, at + 2, &next);
		if (rc < 0)
			return rc;
		if (id == 0xffff || (!id && !next))
			return 0;
		if (id == PCI_EXT_ID_ATS)
			return 1;
		at = PCI_EXT_NEXT(next);
	}
	return 0;
}

int act_reset(struct act *act, u32 device, uint32_t wait_ms, const char **ret_text)
{
	const struct inv_device *dev = &act->inv->devices[device];
	struct act_sight sight;
	u16 command;
	int rc;

	*ret_text = "";
	rc = act->ats_reset_detaches ? has_ats(act, dev) : 0;
	if (rc && rc != -ENODATA) {
		*ret_text =
			rc > 0 ? "the device has ATS: a reset by this kernel would end adoption"
			       : "it cannot be read whether the device has ATS: with ATS a reset "
				 "would end adoption";
		return rc == -ENODEV ? rc : ACT_NO_RESET;
	}
	rc = act->ops->reset(act->ops_priv, dev, wait_ms);
	if (rc) {
		act->devices[device].stuck |= rc == -ETIMEDOUT;
		*ret_text = rc == ACT_NO_RESET ? "the device has no function level reset"
			    : rc == -ETIMEDOUT ? "the reset takes longer than its deadline"
					       : "";
		return rc;
	}
	rc = act_read16(act, dev, PCI_COMMAND, &command);
	if (rc < 0)
		return rc;
	if (command == 0xffff) {
		*ret_text = "the device does not answer after the reset";
		return -ENODEV;
	}
	if (command & PCI_COMMAND_MASTER) {
		*ret_text = "bus mastering is on after the reset";
		return -EIO;
	}
	rc = act_look(act, dev, &sight);
	if (rc == 0 && act_ste_changed(act, &sight)) {
		*ret_text = "the reset changed the STE of the device";
		return -EIO;
	}
	act->devices[device].reset = true;
	*ret_text = rc == 0 ? "function level reset, STE untouched"
			    : "function level reset; the STE could not be read";
	return 0;
}

void act_do_flr(struct act *act, const struct plan_step *step)
{
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	struct act_open_step open;
	const char *text;
	int rc;

	act_begin(act, step, wait_ms, &open);
	if (act->inv->devices[step->device].bound) {
		act_end(act, &open, REC_STEP_SKIPPED, 0, "a driver has the device");
		return;
	}
	rc = act_reset(act, step->device, wait_ms, &text);
	if (rc >= 0)
		act_end(act, &open, rc ? REC_STEP_SKIPPED : REC_STEP_DONE, 0, "%s", text);
	else
		act_end_by_errno(act, &open, rc, text);
}

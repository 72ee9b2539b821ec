// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * domain.c - prepares a device's IOMMU domain before its driver is bound.
 *
 * Three things can be wrong with it. The kernel may make it only during the bind (kernels before
 * 6.15), too late to look at it; so the helper makes it earlier. It may be an identity domain,
 * which an adopting kernel never attaches: the driver would program physical addresses, which the
 * crashed kernel's entry translates to wrong places. So its type is changed while the device has
 * no driver; this attaches nothing either. And its ASID may be one under which the TLB still has
 * the crashed kernel's translations: they are invalidated, once all masters that could refill it
 * are quiesced.
 *
 * Off the dump path a device without a translating domain gets no driver. On it the driver is
 * tried all the same: without it there is no dump at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/act/act.h"
#include "lib/base/clock.h"

static const char withheld[] =
	"ASIDs are in use again: a driver could let it write to the capture kernel's memory";

struct domain_work {
	struct act_open_step open;
	struct inv_device *dev;
	struct act_device *state;
	u64 deadline_ns; /* of all that the step does */
};

static uint32_t time_left(const struct act *act, const struct domain_work *w)
{
	return clock_left_ms(act->ops->now_ns(act->ops_priv), w->deadline_ns);
}

static void no_domain(struct act *act, struct domain_work *w, int rc, const char *what)
{
	bool slow = rc == -ETIMEDOUT;

	w->state->stuck |= slow;
	/* While it is not certain what the dump needs, a timeout does not forbid the driver. */
	if (!w->dev->dump_path && (!slow || act->inv->dump_certain))
		w->state->no_driver = "the device has no IOMMU domain that translates";
	if (rc == -ENODEV)
		act_end(act, &w->open, REC_STEP_GONE, rc, "the device vanished");
	else
		act_end(act, &w->open, slow ? REC_STEP_TIMEOUT : REC_STEP_FAILED, rc, "%s: %s",
			what, strerror(-rc));
}

/* Returns 1: it will be made with the bind, and there is nothing to do before. */
static int make(struct act *act, struct domain_work *w)
{
	int rc;

	if (w->dev->group)
		return 0;
	rc = act->ops->domain_make(act->ops_priv, w->dev, time_left(act, w));
	switch (rc) {
	case 0: w->dev->group = true; return 0;
	case -ENOENT:
	case -ENOTTY:
	case -EOPNOTSUPP:
		act_end(act, &w->open, REC_STEP_SKIPPED, 0,
			"the kernel makes the domain when the driver is bound");
		return 1;
	case -ENXIO:
		if (!w->dev->dump_path)
			w->state->no_driver = "the device has no IOMMU domain that translates";
		act_end(act, &w->open, REC_STEP_FAILED, rc,
			"the SMMU driver makes no domain for the device");
		return rc;
	default: no_domain(act, w, rc, "the domain cannot be made"); return rc;
	}
}

static const char *flush(struct act *act, struct domain_work *w)
{
	int rc;

	if (!act->inv->may_flush || !w->dev->pci)
		return "";
	rc = act->ops->flush(act->ops_priv, w->dev);
	switch (rc) {
	case 0: return ", TLB flushed for its ASID";
	case -EALREADY: return ", the device was attached already";
	default: return ", TLB not flushed";
	}
}

/* Of several SMMUs the worst state counts, and no later look improves it. */
void act_see_asids(struct act *act, const struct act_sight *sight)
{
	if (act->asids != REC_ASIDS_REUSED)
		act->asids = sight->asids;
}

/*
 * Where the new domains have the crashed kernel's ASIDs, the TLB may translate a device under its
 * old entry by the new domain of another device. A quiesced device does no harm; but some devices
 * continue their queued DMA as soon as a driver switches bus mastering on, and would then write
 * into the capture kernel's memory. Returns true when @w's device must not get a driver for this
 * reason. A device that could not be quiesced writes already, and only a driver can still stop it.
 */
static bool would_hit_others(struct act *act, struct domain_work *w)
{
	struct act_sight sight;

	if (!act->inv->may_flush || w->dev->dump_path || w->state->reset || !w->state->quiesced ||
	    w->dev->live == INV_NOT_LIVE)
		return false;
	if (act->asids != REC_ASIDS_REUSED && act_look(act, w->dev, &sight) == 0)
		act_see_asids(act, &sight);
	/* Reserved: nothing to flush, and nothing to ask any more. */
	act->inv->may_flush = act->asids != REC_ASIDS_DISTINCT;
	if (act->asids != REC_ASIDS_REUSED)
		return false;
	w->state->no_driver = withheld;
	act_end(act, &w->open, REC_STEP_FAILED, -EADDRINUSE,
		"ASIDs of the crashed kernel are in use again: the device stays stopped");
	return true;
}

void act_do_domain(struct act *act, const struct plan_step *step)
{
	struct domain_work w = {
		.dev = &act->inv->devices[step->device],
		.state = &act->devices[step->device],
	};
	uint32_t wait_ms = act_wait_ms(act, step->deadline_ms);
	bool made = !w.dev->group;
	int rc;

	act_begin(act, step, wait_ms, &w.open);
	w.deadline_ns = w.open.begin_ns + clock_ms(wait_ms);
	if (w.dev->bound) {
		act_end(act, &w.open, REC_STEP_SKIPPED, 0, "a driver has the device");
		return;
	}
	if (would_hit_others(act, &w) || make(act, &w))
		return;
	rc = act->ops->domain_translate(act->ops_priv, w.dev, time_left(act, &w));
	if (rc < 0) {
		no_domain(act, &w, rc,
			  rc == -ETIMEDOUT
				  ? "no answer whether the domain translates"
				  : "the domain is an identity domain and cannot be changed");
		return;
	}
	act_end(act, &w.open, REC_STEP_DONE, 0, "%s%s%s",
		made ? "domain made before the bind" : "domain exists",
		rc == ACT_CHANGED   ? ", changed from identity to DMA"
		: rc == ACT_NO_TYPE ? ", its type is not known"
				    : "",
		flush(act, &w));
}

void act_tell_asids(const struct act *act, char *buf, size_t cap)
{
	u32 d, n = 0;

	buf[0] = '\0';
	if (act->asids != REC_ASIDS_REUSED)
		return;
	for (d = 0; d < act->inv->count; d++)
		n += act->devices[d].no_driver == withheld;
	snprintf(
		buf, cap,
		"ASIDs of the crashed kernel are in use again; %s; therefore %u device%s no driver",
		act->inv->attach_flush
			? "the TLB was flushed at each attach"
			: "the TLB was not flushed at attaches: DMA may have used old translations",
		n, n == 1 ? " gets" : "s get");
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * plan.c - see plan.h for the order. Why this order:
 *
 * A new domain may get an ASID that the crashed kernel's DMA still refills the TLB with, so every
 * live master is silenced before the first driver attaches. The dump path goes next, since it is
 * what the machine was rebooted for. Devices that the dump does not need stay held: most failures
 * of kdump come from drivers that the dump did not need. A device without IOMMU attachment is not
 * bound: its driver would program physical addresses that the SMMU takes for something else. The
 * dump's own device is, whatever speaks against it: without it there is no dump at all.
 */
#include "lib/plan/plan.h"
#include "lib/story/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int note_bind(struct plan *plan, u32 device)
{
	bool *binds;
	u32 n;

	if (device >= plan->n_binds) {
		n = (device + 1) * 2;
		binds = realloc(plan->binds, n * sizeof(*binds));
		if (!binds)
			return -ENOMEM;
		memset(binds + plan->n_binds, 0, (n - plan->n_binds) * sizeof(*binds));
		plan->binds = binds;
		plan->n_binds = n;
	}
	plan->binds[device] = true;
	return 0;
}

bool plan_has_bind(const struct plan *plan, u32 device)
{
	return device < plan->n_binds && plan->binds[device];
}

static int add_step(struct plan *plan, enum rec_action action, enum plan_why why, u32 device,
		    u32 deadline_ms)
{
	struct plan_step *steps;
	u32 cap;

	if (plan->count == plan->cap) {
		cap = plan->cap ? plan->cap * 2 : 32;
		steps = realloc(plan->steps, cap * sizeof(*steps));
		if (!steps)
			return -ENOMEM;
		plan->steps = steps;
		plan->cap = cap;
	}
	plan->steps[plan->count++] = (struct plan_step){
		.number = ++plan->last_number,
		.deadline_ms = deadline_ms,
		.device = device,
		.other = device,
		.action = (u8)action,
		.why = (u8)why,
	};
	return action == REC_ACT_BIND ? note_bind(plan, device) : 0;
}

int plan_hold(struct plan *plan, const struct inventory *inv)
{
	int rc = 0;
	u32 d;

	for (d = 0; d < inv->count && rc == 0; d++)
		if (!inv->devices[d].bound && !inv->devices[d].settled &&
		    (inv->devices[d].rule != CONFIG_ACT_LEAVE || inv->devices[d].rule_open))
			rc = add_step(plan, REC_ACT_HOLD, PLAN_WHY_HOLD, d, PLAN_HOLD_MS);
	return rc;
}

/* The dump path comes before every rule. */
static bool is_left(const struct inv_device *dev)
{
	return dev->rule == CONFIG_ACT_LEAVE && !dev->dump_path;
}

static enum plan_why quiesce_why(const struct inv_device *dev)
{
	enum plan_why live = dev->live == INV_LIVE ? PLAN_WHY_LIVE : PLAN_WHY_LIVE_UNKNOWN;

	if (is_left(dev))
		return PLAN_WHY_LEFT;
	/* The kernel's reset gives bus mastering back as it found it. */
	if (dev->rule == CONFIG_ACT_FLR && dev->pci)
		return dev->live == INV_NOT_LIVE ? PLAN_WHY_RULE : live;
	if (dev->live == INV_NOT_LIVE)
		return PLAN_WHY_NOT_LIVE;
	return dev->pci ? live : PLAN_WHY_NO_BUS_MASTER_BIT;
}

static bool is_ours(const struct inv_device *dev)
{
	return !dev->bound && !dev->gone && !dev->settled;
}

/* May a driver be bound to @dev? *ret_why tells why not. Nothing forbids it on the dump path. */
static bool may_bind(const struct inventory *inv, const struct inv_device *dev,
		     enum plan_why *ret_why, u32 *ret_other)
{
	const struct inv_device *owner;

	if (dev->dump_path)
		return true;
	/* This check comes first: such a device is not held, whatever else applies to it. */
	if (is_left(dev)) {
		*ret_why = PLAN_WHY_LEFT;
		return false;
	}
	if (inv_refused(inv, dev)) {
		*ret_why = PLAN_WHY_NO_GROUP;
		return false;
	}
	if (inv_denied(dev)) {
		*ret_why = PLAN_WHY_DENIED;
		return false;
	}
	if (dev->alias_size <= 1)
		return true;
	owner = inv_alias_owner(inv, dev);
	if (owner == dev)
		return true;
	*ret_why = PLAN_WHY_ALIAS;
	*ret_other = owner ? (u32)(owner - inv->devices) : *ret_other;
	return false;
}

/* Does anything ask for a driver for @dev? PLAN_WHY_NONE: nothing does. */
static enum plan_why wants_driver(const struct inventory *inv, const struct inv_device *dev)
{
	if (dev->dump_path)
		return dev->supplier ? PLAN_WHY_SUPPLIER : PLAN_WHY_DUMP_PATH;
	if (dev->rule == CONFIG_ACT_DRIVER)
		return PLAN_WHY_RULE;
	if (dev->rule == CONFIG_ACT_QUIESCE && dev->pci)
		return PLAN_WHY_NONE;
	if (inv->policy == CONFIG_PROBE_ALL)
		return PLAN_WHY_POLICY_ALL;
	/* Nothing but a driver can stop a live platform device. */
	return dev->live == INV_LIVE && !dev->pci ? PLAN_WHY_NOT_QUIESCED : PLAN_WHY_NONE;
}

/* An earlier run stopped it under a driver that uses physical addresses. */
static bool is_refused_stopped(const struct inventory *inv, const struct inv_device *dev)
{
	return dev->stopped && !dev->dump_path && inv_refused(inv, dev);
}

bool plan_stops_bound(const struct inventory *inv, const struct inv_device *dev)
{
	if (!dev->bound || dev->ours || dev->given_back || dev->attached || dev->gone ||
	    dev->settled)
		return false;
	if (inv->late || !dev->pci || dev->live == INV_NOT_LIVE || is_left(dev))
		return false;
	return wants_driver(inv, dev) == PLAN_WHY_NONE || inv_denied(dev) ||
	       is_refused_stopped(inv, dev);
}

/* Before its driver, or before it is kept. */
static int add_flr(struct plan *plan, const struct inventory *inv, u32 device)
{
	const struct inv_device *dev = &inv->devices[device];

	if (!dev->pci || dev->rule != CONFIG_ACT_FLR)
		return 0;
	return add_step(plan, REC_ACT_FLR, PLAN_WHY_RULE, device, PLAN_FLR_MS);
}

static int add_driver(struct plan *plan, const struct inventory *inv, const struct config *config,
		      u32 device, enum plan_why why)
{
	u32 own = inv->devices[device].deadline_ms, ms = own ? own : config->device_deadline_ms;
	int rc = 0;

	if (inv->may_prepare)
		rc = add_step(plan, REC_ACT_DOMAIN, PLAN_WHY_DOMAIN, device, PLAN_DOMAIN_MS);
	if (rc == 0)
		rc = add_step(plan, REC_ACT_LOAD, why, device, ms);
	if (rc == 0)
		rc = add_step(plan, REC_ACT_BIND, why, device, ms);
	return rc;
}

static int add_keep(struct plan *plan, const struct inventory *inv, u32 device, enum plan_why why,
		    u32 other)
{
	int rc;

	/* It was held before its module was known. */
	if (why == PLAN_WHY_LEFT &&
	    (inv->devices[device].rule_by_driver || inv->devices[device].rule_open))
		return add_step(plan, REC_ACT_RELEASE, why, device, PLAN_RELEASE_MS);
	rc = add_step(plan, REC_ACT_KEEP, why, device, 0);
	if (rc == 0)
		plan->steps[plan->count - 1].other = other;
	return rc;
}

static int plan_quiesce(struct plan *plan, const struct inventory *inv)
{
	int rc = 0;
	u32 d;

	for (d = 0; d < inv->count && rc == 0; d++)
		if (plan_stops_bound(inv, &inv->devices[d]))
			rc = add_step(plan, REC_ACT_HOLD, PLAN_WHY_BOUND_IDLE, d, PLAN_HOLD_MS);
	for (d = 0; d < inv->count && rc == 0; d++) {
		const struct inv_device *dev = &inv->devices[d];

		if (is_ours(dev))
			rc = add_step(plan, REC_ACT_QUIESCE, quiesce_why(dev), d, PLAN_QUIESCE_MS);
		else if (plan_stops_bound(inv, dev))
			rc = add_step(plan, REC_ACT_QUIESCE, PLAN_WHY_BOUND_IDLE, d,
				      PLAN_QUIESCE_MS);
	}
	return rc;
}

int plan_stop_all(struct plan *plan, const struct inventory *inv)
{
	int rc = 0;
	u32 d;

	for (d = 0; d < inv->count && rc == 0; d++)
		rc = add_step(plan, REC_ACT_QUIESCE,
			      inv->devices[d].pci ? PLAN_WHY_UNTRANSLATED
						  : PLAN_WHY_NO_BUS_MASTER_BIT,
			      d, PLAN_QUIESCE_MS);
	return rc;
}

/*
 * Only the dump path is worth waiting for. Many drivers attach when the device is first used, and
 * the dump must not wait for that; the records taken at publish time show their attach.
 */
static u32 verify_ms(const struct config *config, bool dump_path)
{
	return dump_path ? config->verify_deadline_ms : 0;
}

/* What an earlier run bound is verified as if this one had. */
static int add_verify_bound(struct plan *plan, const struct config *config,
			    const struct inventory *inv, u32 device)
{
	const struct inv_device *dev = &inv->devices[device];

	if (dev->ours)
		return add_step(plan, REC_ACT_VERIFY, PLAN_WHY_VERIFY, device,
				verify_ms(config, dev->dump_path));
	return add_step(plan, REC_ACT_VERIFY, PLAN_WHY_BOUND_BEFORE, device, 0);
}

enum pass {
	PASS_DRIVERS,
	PASS_KEEP,
	PASS_VERIFY
};

/* Why a device that nothing forbids a driver stays without one. */
static enum plan_why keep_why(const struct inv_device *dev)
{
	if (dev->foreign)
		return PLAN_WHY_FOREIGN;
	return dev->rule == CONFIG_ACT_QUIESCE ? PLAN_WHY_RULE_KEEP : PLAN_WHY_NOT_NEEDED;
}

static int pass_bound(struct plan *plan, const struct inventory *inv, const struct config *config,
		      enum pass pass, u32 device)
{
	const struct inv_device *dev = &inv->devices[device];
	bool stops = plan_stops_bound(inv, dev);

	/* The plan's view of the device may have changed since the earlier run stopped it. */
	if (pass == PASS_DRIVERS && !stops && dev->stopped)
		return add_step(plan, REC_ACT_RELEASE, PLAN_WHY_BACK, device, PLAN_RELEASE_MS);
	if (pass == PASS_KEEP && stops)
		return add_step(plan, REC_ACT_KEEP,
				inv_refused(inv, dev) ? PLAN_WHY_NO_GROUP
				: inv_denied(dev)     ? PLAN_WHY_DENIED
						      : keep_why(dev),
				device, 0);
	return pass == PASS_VERIFY && !stops ? add_verify_bound(plan, config, inv, device) : 0;
}

/* Whose pass it is. */
enum whose {
	PASS_OF_OTHERS,
	PASS_OF_DUMP,
	PASS_OF_ALL
};

static bool is_passed_by(const struct inv_device *dev, enum whose whose)
{
	return whose != PASS_OF_ALL && dev->dump_path != (whose == PASS_OF_DUMP);
}

static int plan_pass(struct plan *plan, const struct inventory *inv, const struct config *config,
		     enum pass pass, enum whose whose, const u32 *order)
{
	int rc = 0;
	u32 i;

	for (i = 0; i < inv->count && rc == 0; i++) {
		u32 d = order[i];
		const struct inv_device *dev = &inv->devices[d];
		enum plan_why why = wants_driver(inv, dev);
		enum plan_why why_not = keep_why(dev);
		u32 other = d;
		bool bind;

		if (dev->gone || dev->settled || is_passed_by(dev, whose))
			continue;
		if (dev->bound) {
			rc = pass_bound(plan, inv, config, pass, d);
			continue;
		}
		bind = may_bind(inv, dev, &why_not, &other) && why != PLAN_WHY_NONE;
		if (pass == (bind ? PASS_DRIVERS : PASS_KEEP))
			rc = add_flr(plan, inv, d);
		if (rc < 0)
			break;
		if (pass == PASS_DRIVERS && bind)
			rc = add_driver(plan, inv, config, d, why);
		else if (pass == PASS_KEEP && !bind)
			rc = add_keep(plan, inv, d, why_not, other);
		else if (pass == PASS_VERIFY && bind)
			rc = add_step(plan, REC_ACT_VERIFY, PLAN_WHY_VERIFY, d,
				      verify_ms(config, dev->dump_path));
	}
	return rc;
}

int plan_handover(struct plan *plan, const struct inventory *inv, const struct config *config)
{
	static const struct {
		enum pass pass;
		enum whose whose;
	} passes[] = {
		{ PASS_DRIVERS, PASS_OF_DUMP },	  { PASS_VERIFY, PASS_OF_DUMP },
		{ PASS_DRIVERS, PASS_OF_OTHERS }, { PASS_KEEP, PASS_OF_DUMP },
		{ PASS_KEEP, PASS_OF_OTHERS },	  { PASS_VERIFY, PASS_OF_OTHERS },
	};
	u32 *order = plan_order(inv);
	int rc = order ? plan_quiesce(plan, inv) : -ENOMEM;
	size_t i;

	/* Then the other passes have no driver to give. */
	if (rc == 0 && inv->in_order)
		rc = plan_pass(plan, inv, config, PASS_DRIVERS, PASS_OF_ALL, order);
	for (i = 0; i < sizeof(passes) / sizeof(passes[0]) && rc == 0; i++)
		if (!inv->in_order || passes[i].pass != PASS_DRIVERS)
			rc = plan_pass(plan, inv, config, passes[i].pass, passes[i].whose, order);
	free(order);
	return rc;
}

int plan_not_quiesced(struct plan *plan, const struct inventory *inv, const struct config *config,
		      u32 device)
{
	const struct inv_device *dev = &inv->devices[device];
	enum plan_why why_not;
	u32 other;
	int rc;

	if (plan_has_bind(plan, device))
		return 0;
	if (!is_ours(dev) || !may_bind(inv, dev, &why_not, &other))
		return 1;
	rc = add_driver(plan, inv, config, device, PLAN_WHY_NOT_QUIESCED);
	if (rc == 0)
		rc = add_step(plan, REC_ACT_VERIFY, PLAN_WHY_VERIFY, device,
			      verify_ms(config, dev->dump_path));
	return rc;
}

int plan_dump_lost(struct plan *plan, const struct inventory *inv)
{
	u32 i, count = plan->count;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++) {
		const struct plan_step *step = &plan->steps[i];

		/*
		 * Devices that must never be bound stay held: their driver would certainly break
		 * the dump.
		 */
		if (step->action == REC_ACT_KEEP && step->why == PLAN_WHY_NOT_NEEDED &&
		    (is_ours(&inv->devices[step->device]) ||
		     plan_stops_bound(inv, &inv->devices[step->device])) &&
		    !plan_has_bind(plan, step->device))
			rc = add_step(plan, REC_ACT_RELEASE, PLAN_WHY_DUMP_LOST, step->device,
				      PLAN_RELEASE_MS);
	}
	return rc;
}

int plan_give_back(struct plan *plan, u32 device)
{
	return add_step(plan, REC_ACT_RELEASE, PLAN_WHY_DUMP_LOST, device, PLAN_RELEASE_MS);
}

int plan_lent(struct plan *plan, u32 device)
{
	return add_step(plan, REC_ACT_RELEASE, PLAN_WHY_LENT, device, PLAN_RELEASE_MS);
}

const struct plan_step *plan_keeps(const struct plan *plan, u32 device)
{
	u32 i;

	for (i = 0; i < plan->count; i++)
		if (plan->steps[i].action == REC_ACT_KEEP && plan->steps[i].device == device)
			return plan_has_bind(plan, device) ? NULL : &plan->steps[i];
	return NULL;
}

void plan_clear(struct plan *plan)
{
	free(plan->steps);
	free(plan->binds);
	memset(plan, 0, sizeof(*plan));
}

bool plan_step_is_skip(const struct plan_step *step)
{
	return step->why == PLAN_WHY_NOT_LIVE || step->why == PLAN_WHY_NO_BUS_MASTER_BIT ||
	       (step->why == PLAN_WHY_LEFT && step->action != REC_ACT_RELEASE);
}

/* Append to a text of @cap bytes; what does not fit is cut. */
static void append(char *buf, size_t cap, const char *text)
{
	size_t at = strlen(buf);

	while (at + 1 < cap && *text)
		buf[at++] = *text++;
	buf[at] = 0;
}

void plan_reason(const struct inventory *inv, const struct plan_step *step, char *buf, size_t cap)
{
	static const char *const texts[] = {
		[PLAN_WHY_NONE] = "no reason recorded",
		[PLAN_WHY_HOLD] = "the device is behind an adopted SMMU and must wait for its turn",
		[PLAN_WHY_LIVE] = "its STE was live at the crash",
		[PLAN_WHY_LIVE_UNKNOWN] = "its STE at the crash is not known: treated as live",
		[PLAN_WHY_NOT_LIVE] = "its STE was not live at the crash",
		[PLAN_WHY_NO_BUS_MASTER_BIT] = "not a PCI device: it has no bus master bit",
		[PLAN_WHY_DUMP_PATH] = "on the dump path",
		[PLAN_WHY_POLICY_ALL] = "policy \"all\" gives it a driver",
		[PLAN_WHY_NOT_QUIESCED] =
			"its DMA was not stopped: only its driver can still stop it",
		[PLAN_WHY_VERIFY] = "check that the driver installed its own STE",
		[PLAN_WHY_BOUND_BEFORE] = "a driver was bound before " NAME_DAEMON
					  " started: neither held nor stopped",
		[PLAN_WHY_BOUND_IDLE] = "a driver was bound before " NAME_DAEMON
					" started, is not attached, and is not needed",
		[PLAN_WHY_BACK] =
			"its DMA was stopped under its driver, which gets the device back",
		[PLAN_WHY_UNTRANSLATED] =
			"no driver has the SMMU: once it is switched off, DMA passes untranslated",
		[PLAN_WHY_NOT_NEEDED] = "the dump does not need it",
		[PLAN_WHY_NO_GROUP] =
			"no IOMMU attachment: its driver would use physical addresses",
		[PLAN_WHY_DENIED] = "the configuration denies it a driver",
		[PLAN_WHY_ALIAS] = "shares a StreamID",
		[PLAN_WHY_FOREIGN] = "another program set its driver_override: left alone",
		[PLAN_WHY_RULE] = "a rule of the configuration",
		[PLAN_WHY_RULE_KEEP] = "a rule of the configuration keeps it stopped",
		[PLAN_WHY_LEFT] = "a rule of the configuration leaves it alone",
		[PLAN_WHY_DOMAIN] =
			"its IOMMU domain must translate before a driver attaches the device",
		[PLAN_WHY_SUPPLIER] = "a device of the dump path waits for this device",
		[PLAN_WHY_LENT] = "the dump has not begun: held devices are given back",
		[PLAN_WHY_DUMP_LOST] =
			"the dump path was not handed over: held devices are given back",
	};

	buf[0] = 0;
	append(buf, cap, texts[step->why <= PLAN_WHY_MAX ? step->why : 0]);
	if (step->why == PLAN_WHY_ALIAS && step->other != step->device) {
		append(buf, cap, " with ");
		append(buf, cap, inv->devices[step->other].name);
		append(buf, cap, ", which may have the driver");
	}
	if ((step->action == REC_ACT_KEEP || step->action == REC_ACT_LOAD) &&
	    inv_driverless(&inv->devices[step->device]))
		append(buf, cap, "; the image has no driver for it");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.h - makes ordered steps, each with its reason, from inventory and configuration. All policy
 * is here.
 *
 * Pure: nothing here can touch the system. The order is
 *
 * 	hold	 every unbound endpoint behind an adopted SMMU
 * 	hold	 a mark on what is bound, not attached, and needs no driver: to be stopped as well
 * 	quiesce	 every live one of them: all, before the first driver loads
 * 	domain, load, bind, verify   the dump path
 * 	domain, load, bind	     what the policy adds
 * 	keep	 the rest: DMA stopped, held to the end
 * 	verify	 what the policy added, and what was bound before us
 *
 * If a rule asks for a reset, the FLR step comes right before the device's domain or keep step: a
 * failing reset takes seconds, and only this device waits for it.
 *
 * The hold steps come from a plan of their own, made before anything slow.
 */
#ifndef LIB_PLAN_PLAN_H
#define LIB_PLAN_PLAN_H

#include "core/rec_types.h"
#include "lib/machine/config.h"
#include "lib/plan/inventory.h"

/* Quiesce: bus master off and Transactions Pending clear takes milliseconds, or never. */
#define PLAN_QUIESCE_MS 2000
/* All of a batch together: one that is stuck in a probe costs a tenth of it, and the rest go on. */
#define PLAN_HOLD_MS 5000
#define PLAN_RELEASE_MS 1000
#define PLAN_DOMAIN_MS 2000
/* An FLR takes 100 ms, and the kernel waits up to a minute for a device that is not ready. */
#define PLAN_FLR_MS 5000

enum plan_why {
	PLAN_WHY_NONE = 0,
	PLAN_WHY_HOLD,
	PLAN_WHY_LIVE,		    /* quiesce */
	PLAN_WHY_LIVE_UNKNOWN,	    /* quiesce */
	PLAN_WHY_NOT_LIVE,	    /* no quiescing */
	PLAN_WHY_NO_BUS_MASTER_BIT, /* no quiescing possible */
	PLAN_WHY_DUMP_PATH,
	PLAN_WHY_POLICY_ALL,
	PLAN_WHY_NOT_QUIESCED, /* its driver is the last means to stop it */
	PLAN_WHY_VERIFY,
	PLAN_WHY_BOUND_BEFORE,
	PLAN_WHY_NOT_NEEDED, /* keep */
	PLAN_WHY_NO_GROUP,   /* keep: never to be bound */
	PLAN_WHY_DENIED,     /* keep: the configuration denies it a driver */
	PLAN_WHY_ALIAS,	     /* keep: another one of its alias set is the one to bind */
	PLAN_WHY_DUMP_LOST,  /* release: the dump path could not be handed over */
	PLAN_WHY_FOREIGN,    /* keep: its driver_override is not ours */
	PLAN_WHY_RULE,	     /* driver, flr: a rule of the configuration */
	PLAN_WHY_RULE_KEEP,  /* keep: a rule keeps it stopped */
	PLAN_WHY_LEFT,	     /* a rule leaves it alone */
	PLAN_WHY_DOMAIN,     /* domain */
	PLAN_WHY_SUPPLIER,   /* a device of the dump path waits for it */
	PLAN_WHY_BOUND_IDLE, /* hold, quiesce: it has a driver, which has not attached it */
	PLAN_WHY_BACK,	     /* release: it was stopped under a driver that is to have it now */
	PLAN_WHY_LENT, /* release: a device was to be given back, and the first attempt failed */
	PLAN_WHY_UNTRANSLATED, /* quiesce: its SMMU is about to be switched off */
	PLAN_WHY_MAX = PLAN_WHY_UNTRANSLATED,
};

struct plan_step {
	u32 number; /* unique in the journal */
	u32 deadline_ms;
	u32 device; /* index in the inventory */
	u32 other;  /* for PLAN_WHY_ALIAS: the member to bind */
	u8 action;  /* enum rec_action */
	u8 why;	    /* enum plan_why */
};

struct plan {
	struct plan_step *steps;
	u32 count, cap;
	u32 last_number; /* steps are numbered from here on; set before the first step */
	bool *binds;	 /* by device: a driver is, or was, planned */
	u32 n_binds;
};

/*
 * Note in the inventory what the rules of @config say of each device: once for
 * plan_hold(), and again when modules are known. Pure like all here.
 */
void plan_apply_rules(struct inventory *inv, const struct config *config);
/* Indices of the devices, suppliers first, then by priority, for free(); NULL: no memory. */
u32 *plan_order(const struct inventory *inv);

/*
 * Must @dev, which had a driver before the run, be stopped under that driver? Only if it is still
 * under the crashed kernel's entry and nothing asks for a driver for it.
 */
bool plan_stops_bound(const struct inventory *inv, const struct inv_device *dev);

/* All return 0 or -ENOMEM; @plan starts as = { 0 }. */
int plan_hold(struct plan *plan, const struct inventory *inv);
int plan_handover(struct plan *plan, const struct inventory *inv, const struct config *config);
/* Quiesce all devices, before an SMMU without a driver is switched off. */
int plan_stop_all(struct plan *plan, const struct inventory *inv);

/*
 * Additions during the run: a live device could not be quiesced (returns 1 when its driver must
 * not be loaded either); the dump path could not be handed over, so all held devices are given
 * back.
 */
int plan_not_quiesced(struct plan *plan, const struct inventory *inv, const struct config *config,
		      u32 device);
int plan_dump_lost(struct plan *plan, const struct inventory *inv);
/*
 * After plan_dump_lost(), for a device of the dump path: probe it again when the others have
 * drivers.
 */
int plan_give_back(struct plan *plan, u32 device);
/*
 * In a run that gives back: release a device that is still held although no step of the plan keeps
 * it.
 */
int plan_lent(struct plan *plan, u32 device);
/* Is or was a bind planned for @device? And the step that keeps @device held; NULL: none. */
bool plan_has_bind(const struct plan *plan, u32 device);
const struct plan_step *plan_keeps(const struct plan *plan, u32 device);

void plan_clear(struct plan *plan);

/* Does this step only state why nothing is done? */
bool plan_step_is_skip(const struct plan_step *step);

/* The reason as a sentence without full stop. */
void plan_reason(const struct inventory *inv, const struct plan_step *step, char *buf, size_t cap);

#endif

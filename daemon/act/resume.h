/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resume.h - reads from the journal what earlier runs of the daemon in this boot did, and removes
 * from a plan what must not be done again.
 *
 * A daemon may be killed at any instruction and started again. Acts that ended (quiesce, load,
 * bind, release) are not done twice; one that began and did not end is tried again, but not a
 * third time: it may be what killed its daemon. Holding and keeping are states, not acts: every
 * run does them again, and takes over a hold that is in place.
 *
 * RELEASED in the journal means that others may have used the devices since, so quiescing is done
 * again.
 */
#ifndef DAEMON_ACT_RESUME_H
#define DAEMON_ACT_RESUME_H

#include "core/rec.h"
#include "lib/base/fsroot.h"
#include "lib/base/index.h"
#include "lib/plan/inventory.h"
#include "lib/plan/plan.h"

#define RESUME_TRIES_MAX 2

struct resume_item {
	char device[48];
	u16 action;
	u16 tries; /* begun and never ended, since the last end */
	bool ended;
	u16 outcome; /* enum rec_step_outcome, of the last end */
	int error;   /* negative errno, of the last end */
	u64 at;	     /* number of the record in which it began last */
};

/* Zero-initialise with = { 0 }. */
struct resume {
	struct resume_item *items;
	size_t count, cap;
	struct index index;
	u32 runs;	/* earlier runs */
	bool gave_back; /* one of them gave back: the prediction of what the dump needs does not
			   count any more */
	bool released;	/* all was given back at some time */
	u64 records;	/* seen so far */
	u64 fresh_at;	/* number of the last record after which all holds must be set again */
};

/* Read the journal below @root. 0, or a negative errno: then nothing is known, as at a first run.
 */
int resume_read(struct resume *resume, const struct fsroot *root);
/* Take in one record. Returns 0 or -ENOMEM. */
int resume_add(struct resume *resume, const struct rec *rec);
void resume_clear(struct resume *resume);

/* NULL: never begun. */
const struct resume_item *resume_find(const struct resume *resume, const char *device,
				      enum rec_action action);

/*
 * Mark the devices that an earlier run bound (ours), and those that got their driver after an
 * earlier run had given them back (given_back).
 */
void resume_inventory(const struct resume *resume, struct inventory *inv);

/*
 * Drop from @plan, from step index @first on, the steps that need not or must not be done again. A
 * device that is still held although a run tried to give it back (inv_device.held) is tried once
 * more.
 */
void resume_plan(const struct resume *resume, struct plan *plan, u32 first,
		 const struct inventory *inv);

/*
 * Does the last run, which may still be going on, hold @device, and has it not begun to give it
 * back?
 */
bool resume_has_hold(const struct resume *resume, const char *device);

/* Has a run tried to give @device back? Then no run holds it again. */
bool resume_is_spent(const struct resume *resume, const char *device);

/* Does a background process give @device back when it gets the device's lock? */
bool resume_is_on_its_way(const struct resume *resume, const char *device);

/* How often was this begun before without an end? */
u32 resume_tries(const struct resume *resume, const char *device, enum rec_action action);

#endif

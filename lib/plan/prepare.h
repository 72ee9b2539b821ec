/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prepare.h - makes an inventory from the helper's records, for the run and the dry run.
 *
 * It has two halves, since the run holds devices in between: the first needs the records only, so
 * that the holds come early; the second reads sysfs, which takes its time.
 */
#ifndef LIB_PLAN_PREPARE_H
#define LIB_PLAN_PREPARE_H

#include "lib/machine/config.h"
#include "lib/machine/helper.h"
#include "lib/plan/inventory.h"
#include "lib/story/story.h"

#define PREPARE_ASIDE 1 /* there is nothing to do, or nothing may be done */

struct prepare_why {
	char text[160];
};

/*
 * The helper's records into @story, and a copy of them into @copy (NULL: none). Returns 0,
 * PREPARE_ASIDE with @why, or a negative errno; @err has a complaint or is empty.
 */
int prepare_story(const struct fsroot *root, struct story *story, struct recread_copy *copy,
		  struct errbuf *err, struct prepare_why *why);

/*
 * Make the inventory of the devices behind adopted SMMUs, with their rules. Returns as
 * prepare_story().
 */
int prepare_inventory(struct inventory *inv, const struct story *story, const struct config *config,
		      struct prepare_why *why);

/* Add what only sysfs tells: names of modules, the dump path, groups and domains. */
void prepare_details(struct inventory *inv, const struct fsroot *root, const struct story *story,
		     const struct config *config, inv_complain_fn complain, void *priv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * late.h - finds devices that appeared after the inventory was made: behind a host bridge whose
 * probe was deferred or whose driver is a module, functions that a driver switched on, and all
 * devices behind an SMMU that was adopted since.
 */
#ifndef LIB_PLAN_LATE_H
#define LIB_PLAN_LATE_H

#include "lib/plan/inventory.h"

/*
 * Read the helper's lists of devices once more, into @story, and make a new inventory of
 * all; those of @known are settled in it. Returns how many are not, 0 without an
 * inventory, or a negative errno.
 */
int late_look(struct inventory *ret, const struct fsroot *root, struct story *story,
	      const struct inventory *known);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * drivers.h - which drivers the image has.
 *
 * Only a whole module index can say that there is none: without libkmod or index, and
 * when the child that looks is late, it is not known, and nothing is said.
 */
#ifndef LIB_PLAN_DRIVERS_H
#define LIB_PLAN_DRIVERS_H

#include "lib/machine/config.h"
#include "lib/plan/inventory.h"

#define DRIVERS_MS 2000

/* Names of the modules that the devices would load; only when the configuration asks for names. */
void drivers_name_modules(const struct fsroot *root, struct inventory *inv,
			  const struct config *config);

/*
 * Look for drivers of the live devices that have none and of which it is not known yet.
 * Takes at most @wait_ms, and a child process; so it comes last.
 */
void drivers_look_up(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms);

#endif

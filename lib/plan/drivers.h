/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * drivers.h - finds out for which devices the image has a driver.
 *
 * Only a complete module index can prove that there is no driver. Without libkmod or an index, or
 * when the child that looks is too late, the answer stays INV_DRIVER_UNKNOWN.
 */
#ifndef LIB_PLAN_DRIVERS_H
#define LIB_PLAN_DRIVERS_H

#include "lib/machine/config.h"
#include "lib/plan/inventory.h"

#define DRIVERS_MS 2000

/*
 * Find the names of the modules that the devices would load; only if a rule of the configuration
 * names a driver.
 */
void drivers_name_modules(const struct fsroot *root, struct inventory *inv,
			  const struct config *config);

/*
 * Look for drivers of live devices that have no driver, where the answer is not known yet. Takes a
 * child process and @wait_ms at most, so it is called last.
 */
void drivers_look_up(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverless.h - which drivers the image has, and which live devices must do
 * without.
 *
 * Only a whole module index can say that there is none: without libkmod or index, and
 * when the child that looks is late, it is not known, and nothing is said.
 */
#ifndef DAEMON_ACT_DRIVERLESS_H
#define DAEMON_ACT_DRIVERLESS_H

#include "daemon/act/act.h"

#define STAGE_MODULES_MS 2000

/* Names of the modules that the devices would load; only when the configuration asks for names. */
void stage_find_modules(const struct fsroot *root, struct inventory *inv,
			const struct config *config);

/*
 * Look for drivers of the live devices that have none and of which it is not known yet.
 * Takes at most @wait_ms, and a child process; so it comes last.
 */
void stage_find_drivers(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms);

/*
 * Call @fn with a sentence for each live device that the image has no driver for; those
 * that were not stopped come first, as warnings. @dev NULL: about several.
 */
typedef void (*stage_tell_fn)(void *priv, enum rec_severity severity, const struct inv_device *dev,
			      const char *text);
void stage_tell_drivers(const struct act *act, stage_tell_fn fn, void *priv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * driverless.h - tells which live devices the image has no driver for (found by
 * lib/plan/drivers.h), and whether their DMA was stopped.
 */
#ifndef DAEMON_ACT_DRIVERLESS_H
#define DAEMON_ACT_DRIVERLESS_H

#include "daemon/act/act.h"

/*
 * Call @fn with a sentence for each live device that the image has no driver for; those
 * that were not stopped come first, as warnings. @dev is NULL for a sentence about several.
 */
typedef void (*driverless_fn)(void *priv, enum rec_severity severity, const struct inv_device *dev,
			      const char *text);
void driverless_tell(const struct act *act, driverless_fn fn, void *priv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bound.h - devices that had a driver before the daemon came.
 *
 * Such a device cannot be held any more. If its driver has not attached it yet, it is still under
 * the crashed kernel's entry. If the dump does not need it either, its bus mastering is switched
 * off under that driver. A hold then only marks the device, so that a release gives bus mastering
 * back.
 */
#ifndef DAEMON_ACT_BOUND_H
#define DAEMON_ACT_BOUND_H

#include "daemon/act/act.h"

/*
 * Call @fn with a sentence for each of these devices that was live: REC_SEV_INFO when its DMA was
 * stopped, REC_SEV_WARNING when not. Where SMMU driver and device drivers are built in, one more
 * sentence says that no program could have held the devices. @dev is NULL for a sentence about
 * several.
 */
typedef void (*bound_fn)(void *priv, enum rec_severity severity, const struct inv_device *dev,
			 const char *text);
void bound_tell(const struct act *act, const struct fsroot *root, bound_fn fn, void *priv);

#endif

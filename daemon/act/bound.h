/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bound.h - devices that had a driver before the daemon came.
 *
 * A hold does not reach them any more. One that its driver has not attached yet is still under
 * the crashed kernel's entry, and if the dump does not need it, its bus mastering is switched
 * off under that driver; a hold marks it, so that a release gives bus mastering back.
 */
#ifndef DAEMON_ACT_BOUND_H
#define DAEMON_ACT_BOUND_H

#include "daemon/act/act.h"

/*
 * Tell what became of each that was live: an information when it was stopped, a warning
 * when it was not; and that nobody could have held it, where kernel and drivers were there
 * before user space. @dev NULL: about several.
 */
typedef void (*bound_fn)(void *priv, enum rec_severity severity, const struct inv_device *dev,
			 const char *text);
void bound_tell(const struct act *act, const struct fsroot *root, bound_fn fn, void *priv);

#endif

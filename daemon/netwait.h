/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * netwait.h - is a network card about to be of use? Links take seconds to come up, and addresses
 * after them: a dump over the network that waits for these does not wait for a held device.
 */
#ifndef DAEMON_NETWAIT_H
#define DAEMON_NETWAIT_H

#include <stdbool.h>

#include "lib/base/fsroot.h"

/*
 * Has somebody raised an interface of this device, which has no carrier yet, or has
 * the machine no address yet?
 */
bool netwait_is_negotiating(const struct fsroot *root, const char *bus, const char *device);

#endif

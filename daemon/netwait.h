/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * netwait.h - is a network card still coming up? A link takes seconds, and the address comes after
 * it. A network dump that waits for these does not wait for a held device.
 */
#ifndef DAEMON_NETWAIT_H
#define DAEMON_NETWAIT_H

#include <stdbool.h>

#include "lib/base/fsroot.h"

/*
 * Is an interface of this device up, but has no carrier, or has neither it nor an interface above
 * it an address yet?
 */
bool netwait_is_negotiating(const struct fsroot *root, const char *bus, const char *device);

#endif

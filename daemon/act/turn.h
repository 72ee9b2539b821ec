/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turn.h - does a hold still belong to the daemon for which this process works?
 *
 * A process that waits for a device's lock outlives its daemon. By the time it gets the lock, the
 * next daemon may hold the device, and a hold does not show which daemon set it. So right before
 * it clears a hold, such a process reads which daemon has the lock file, and whether the journal
 * says that this daemon holds the device.
 *
 * A process may have looked already, and wait inside the write that clears the hold. Nothing stops
 * that write. But a daemon that takes a hold over writes it again (hold_pin()), and that write is
 * done after the one that waits.
 */
#ifndef DAEMON_ACT_TURN_H
#define DAEMON_ACT_TURN_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/fsroot.h"

/* Take the lock file: false when another daemon has it. The lock ends with this process. */
bool turn_take(const struct fsroot *root);

/* The daemon that this process and its children work for, else the running one; 0: none. */
pid_t turn_now(const struct fsroot *root);

/*
 * May a hold of @device be cleared? Not when a later daemon than @turn holds the device according
 * to the journal. A later daemon that does not hold the device relies on this clearing: the device
 * was given back before, and no other process would do it.
 */
bool turn_may_clear(pid_t turn, const struct fsroot *root, const char *device);
/* A turn that is always valid. */
#define TURN_ANY ((pid_t)-1)

#endif

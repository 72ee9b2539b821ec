/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turn.h - is it still the turn of who began this?
 *
 * A process that waits for a device's lock outlives its daemon, and the next daemon may hold the
 * device by the time it gets the lock. A hold says nothing of whose it is, so such a process
 * looks whose the daemon's lock file is, and what its journal says, right before it clears a
 * hold. Where it waits in the
 * clearing write itself that is no help: there the next daemon comes after it, since whoever takes
 * a hold over writes it anew (hold_pin()).
 */
#ifndef DAEMON_ACT_TURN_H
#define DAEMON_ACT_TURN_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/fsroot.h"

/* One daemon at a time: false when there is another one. The lock goes with this process. */
bool turn_take(const struct fsroot *root);

/* The daemon that this process and what it starts belong to, or are beside; 0: none. */
pid_t turn_now(const struct fsroot *root);

/*
 * May a hold of @device be cleared? Not when another daemon than @turn has come since, and has it
 * in its journal as its own. Who came since and does not hold it counts on the clearing: it was
 * given back before, and nobody else would do it.
 */
bool turn_may_clear(pid_t turn, const struct fsroot *root, const char *device);
/* Whose turn always is. */
#define TURN_ANY ((pid_t)-1)

#endif

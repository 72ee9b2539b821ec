/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcore.h - has the dump begun? Whoever saves it opens /proc/vmcore.
 */
#ifndef DAEMON_VMCORE_H
#define DAEMON_VMCORE_H

#include <stdbool.h>

#include "lib/base/fsroot.h"

/*
 * A watch that sees every open of /proc/vmcore from now on. Descriptors are -1 when there is
 * nothing to watch.
 */
struct vmcore_watch {
	int fd; /* readable when there is news */
	int pin;
};

#define VMCORE_WATCH_NONE           \
	{                           \
		.fd = -1, .pin = -1 \
	}

/* Returns 0 or a negative errno. */
int vmcore_watch_open(struct vmcore_watch *watch, const struct fsroot *root);
/* Has anybody opened it since the last call? Never waits. */
bool vmcore_watch_saw(struct vmcore_watch *watch);
void vmcore_watch_close(struct vmcore_watch *watch);

/*
 * Does a process have /proc/vmcore open now? Needed for an open before the watch began, or through
 * another mount of /proc. Takes some milliseconds; a process that cannot be looked at counts as
 * not having it open.
 */
bool vmcore_is_open(const struct fsroot *root);

#endif

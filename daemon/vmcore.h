/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcore.h - has the dump begun? Whoever saves it opens /proc/vmcore, and has it open for a while.
 * Others close it again soon: the log is read first, a script asks whether makedumpfile takes this
 * kernel, or the server cannot be reached yet. They may still wait for a device.
 */
#ifndef DAEMON_VMCORE_H
#define DAEMON_VMCORE_H

#include <stdbool.h>

#include "core/port.h"
#include "lib/base/fsroot.h"

/* Open for so long in all, it was a dump. */
#define VMCORE_DUMP_MS 3000

/*
 * A watch that sees every open and close of /proc/vmcore from now on. Descriptors are -1 when there
 * is nothing to watch.
 */
struct vmcore_watch {
	int fd; /* readable when there is news */
	int pin;
	unsigned int open; /* descriptors that are open now */
	u64 since_ns;	   /* since when there is one */
	u64 open_ns;	   /* how long there was one before */
	bool lost;	   /* there was too much news */
};

#define VMCORE_WATCH_NONE           \
	{                           \
		.fd = -1, .pin = -1 \
	}

/* Returns 0 or a negative errno. */
int vmcore_watch_open(struct vmcore_watch *watch, const struct fsroot *root);
/* Take the news. Returns true if anybody has opened it since the last call. Never waits. */
bool vmcore_watch_saw(struct vmcore_watch *watch);
/* By the news so far: is the dump being saved, or was it? */
bool vmcore_watch_is_dump(const struct vmcore_watch *watch);
void vmcore_watch_close(struct vmcore_watch *watch);

/*
 * Does a process have /proc/vmcore open now? Needed for an open before the watch began, or through
 * another mount of /proc. Takes some milliseconds; a process that cannot be looked at counts as
 * not having it open.
 */
bool vmcore_is_open(const struct fsroot *root);

#endif

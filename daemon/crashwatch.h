/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crashwatch.h - waits beside a running dump, and publishes whenever a dump file changes.
 *
 * Made for distributions that restart right after the dump without running a hook, such as Debian
 * with its `reboot -f`. Nothing is kept open between two looks: SUSE's kdump-save unmounts the
 * file system of the dump before it restarts.
 */
#ifndef DAEMON_CRASHWATCH_H
#define DAEMON_CRASHWATCH_H

#include <signal.h>
#include <stdint.h>

#include "lib/machine/crashdir.h"

struct crashwatch {
	const char *base; /* where the folder of this crash will appear; need not be there yet */
	struct crashdir_boot boot;
	uint32_t look_ms;  /* how often to look for changes that cause no event, such as a mount */
	uint32_t again_ms; /* how often to publish although nothing has changed */
	/*
	 * Called with the folder once it is there, whenever a file of the dump in it is
	 * closed or renamed, every @again_ms, and at the end.
	 */
	void (*publish)(void *priv, const struct crashdir *dir);
	void *priv;
};

/*
 * Until SIGTERM or SIGINT, which are blocked from then on. Returns 0, -ENOENT
 * when no folder had appeared by then, or another negative errno.
 */
int crashwatch_run(const struct crashwatch *watch);

#endif

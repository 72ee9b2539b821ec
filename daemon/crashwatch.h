/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crashwatch.h - wait beside a running dump for the moments to publish at.
 *
 * For distributions that restart right after the dump and tell nobody, such as
 * Debian with its `reboot -f`. Nothing is kept open between two looks: SUSE's kdump-save unmounts
 * the file system of the dump before it restarts.
 */
#ifndef DAEMON_CRASHWATCH_H
#define DAEMON_CRASHWATCH_H

#include <signal.h>
#include <stdint.h>

#include "lib/machine/crashdir.h"

struct crashwatch {
	const char *base; /* where the folder of this crash will appear; need not be there yet */
	struct crashdir_boot boot;
	uint32_t look_ms;  /* how often to look where no event comes from, such as a mount */
	uint32_t again_ms; /* and how often to publish although nothing happens */
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

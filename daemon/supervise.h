/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * supervise.h - keep the promise that the dump goes on: watch the worker, end
 * it, clean up after it.
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include <stdbool.h>

#include "lib/base/fsroot.h"
#include "daemon/worker.h"

/*
 * How long the release of one hold is waited for, and that of all of them with what
 * comes after it; how long cleaning up may take after the deadline.
 */
#define SUPERVISE_PATIENCE_MS 200
#define SUPERVISE_RELEASE_MS 2000
#define SUPERVISE_GRACE_MS (SUPERVISE_RELEASE_MS + 1000)

/* Runs in the worker process; writes words of status to @status_fd. Returns as stage_run(). */
typedef int (*supervise_worker_fn)(void *arg, int status_fd);

struct supervise {
	const struct fsroot *root;
	struct stage_shared *shared; /* journal is open, FILE record written */
	uint32_t deadline_ms;
	supervise_worker_fn worker;
	void *worker_arg;
	bool serve;   /* stay and serve the bus after the stage, until SIGTERM */
	int ready_fd; /* closed when the stage is over; -1 none */
};

/* Returns 0 when the stage came to its own end, 1 when it had to be aborted. */
int supervise_run(struct supervise *s);

#endif

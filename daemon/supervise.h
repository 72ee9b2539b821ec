/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * supervise.h - makes sure that the dump goes on: it watches the worker, ends it, and cleans up
 * after it. When the dump does not begin, it starts a second worker that gives back what the first
 * one left held (loan.h).
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include <stdbool.h>

#include "lib/base/fsroot.h"
#include "daemon/worker.h"

/*
 * How long to wait for the release of one hold; for the release of all holds and the probes after
 * it; for all cleaning up after the deadline.
 */
#define SUPERVISE_PATIENCE_MS 200
#define SUPERVISE_RELEASE_MS 2000
#define SUPERVISE_GRACE_MS (SUPERVISE_RELEASE_MS + 1000)
/* A release that failed, and not because a probe runs: how often it is tried again, and when. */
#define SUPERVISE_RELEASES 10
#define SUPERVISE_AGAIN_MS 1000

/* Runs in the worker process; writes words of status to @status_fd. Returns as stage_run(). */
typedef int (*supervise_worker_fn)(void *arg, int status_fd);

struct supervise {
	const struct fsroot *root;
	struct stage_shared *shared; /* journal is open, FILE record written */
	uint32_t deadline_ms;
	supervise_worker_fn worker;
	supervise_worker_fn giveback; /* as giveback_run(); NULL: what is held stays held */
	void *worker_arg;
	bool serve;   /* stay and serve the bus after the stage, until SIGTERM */
	int ready_fd; /* closed when the stage is over; -1 none */
};

/*
 * Returns when the stage is over and no loan is open any more; with @serve at SIGTERM. 0 when all
 * workers came to their own end, 1 when one was aborted.
 */
int supervise_run(struct supervise *s);

#endif

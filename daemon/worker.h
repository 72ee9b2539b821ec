/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker.h - the worker: it runs the whole stage, from the helper's records to the last step. It
 * may hang or die at any point; the supervisor watches it and cleans up.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "daemon/act/act.h"
#include "daemon/loan.h"
#include "lib/base/fsroot.h"
#include "lib/machine/config.h"
#include "lib/machine/journal.h"

/* In memory shared by worker and supervisor: it must survive the worker. */
struct stage_shared {
	struct journal journal;
	u64 start_ns;
	uint32_t quiesced_ms, dump_path_ms; /* 0: did not happen */
	uint32_t worker_rss_kib;
	uint32_t steps_total, steps_done;
	struct loan loan;
};

struct stage {
	const struct fsroot *root;
	const struct config *config;
	struct stage_shared *shared;
	const struct act_ops *ops;
	void *ops_priv;
	u64 end_ns; /* no step begins after this; before the supervisor's deadline */
	/*
	 * Set in a run that gives back what an earlier run of this boot holds: the reason. Else
	 * NULL.
	 */
	const char *give_back;
	/* Reports a short text on what is going on, for service managers. */
	void (*status)(void *priv, const char *text);
	void *status_priv;
};

/*
 * Run the stage. Returns 0 when it came to its own end (done, or stood aside; the journal says
 * which), or a negative errno: then the supervisor must release the holds. Devices left held only
 * because of a prediction are counted in shared->loan.
 */
int stage_run(struct stage *stage);

#endif

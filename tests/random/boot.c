// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * boot.c - what a capture does with the daemon: it runs, its worker or all of it is killed, its
 * supervisor or "smmu-adoptd release" cleans up, and it is run again.
 *
 * The worker is daemon/worker.c. The supervisor is a process round a process; here it is what it
 * does (supervise.c): a worker that ended badly, died or is late is followed by ABORTED in the
 * journal, the release of all holds and RELEASED. The release itself is that of act/release.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/giveback.h"
#include "daemon/supervise.h"
#include "tests/random/invariants.h"
#include "tests/random/mutants.h"

#define RUNS_MAX 4
/* Of "smmu-adoptd release" (main.c). */
#define VERB_PATIENCE_MS 500
#define VERB_LIMIT_MS 10000

static const struct fsroot no_root = FSROOT_NONE;

void world_die(struct world *w, enum world_end end)
{
	if (w->dead)
		return;
	world_trace(w, "---- %s ----",
		    end == END_DEADLINE	     ? "the supervisor's deadline"
		    : end == END_KILLED_BOTH ? "worker and supervisor are killed"
					     : "the worker is killed");
	w->dead = w->killed = true;
	w->serves &= end != END_KILLED_BOTH;
	w->end = (u8)end;
	w->alive = w->shared;
}

bool world_tick(struct world *w)
{
	if (!w->dead && w->kill_in && !--w->kill_in)
		world_die(w, w->kill_both ? END_KILLED_BOTH : END_KILLED);
	return w->dead;
}

/* ---- the release ---- */

static int release_one(struct world *w, u32 d, uint32_t wait_ms)
{
	struct world_device *dev = &w->devices[d];
	u64 until = w->now_ns + clock_ms(wait_ms);

	if (dev->override != OVERRIDE_OURS || !dev->there)
		return 0;
	if (chance_percent(&w->chance, w->trouble / 8))
		return -EACCES;
	if (dev->locked_until_ns > until) {
		world_advance(w, until);
		world_event(w, EVENT_CLEAR_ASK, d, BY_CLEANUP, dev->locked_until_ns);
		return -ETIMEDOUT;
	}
	world_advance(w, dev->locked_until_ns);
	if (!dev->there)
		return 0;
	world_set_override(w, d, OVERRIDE_NONE);
	return 1;
}

static void release(struct world *w, uint32_t patience_ms, uint32_t limit_ms, int error)
{
	u64 limit = w->now_ns + clock_ms(limit_ms);
	u32 d, released = 0, failed = 0, stuck = 0;
	uint32_t left;
	int rc;

	w->releases++;
	if (mutant == MUTANT_NO_RELEASE)
		return;
	for (d = 0; d < w->count; d++) {
		left = clock_left_ms(w->now_ns, limit);
		rc = release_one(w, d, left < patience_ms ? left : patience_ms);
		released += rc == 1;
		stuck += rc == -ETIMEDOUT;
		failed += rc < 0 && rc != -ETIMEDOUT;
	}
	for (d = 0; d < w->count; d++)
		world_ask_bus(w, d, BY_CLEANUP);
	w->cleanup_failed |= failed || stuck;
	world_trace(w, "release: %u given back, %u failed, %u stuck", released, failed, stuck);
	journal_stage(&w->shared.journal, REC_STAGE_RELEASED, error,
		      "%u holds given back, %u failed, %u in a running probe", released, failed,
		      stuck);
}

/* Beside, or after, a daemon that is no more. */
static void release_verb(struct world *w)
{
	struct errbuf err;

	world_trace(w, "---- smmu-adoptd release ----");
	journal_open(&w->shared.journal, &no_root, &err);
	release(w, VERB_PATIENCE_MS, VERB_LIMIT_MS, 0);
	journal_close(&w->shared.journal);
}

/* ---- a run ---- */

static void plan_kill(struct world *w)
{
	struct chance *c = &w->chance;

	w->kill_in = 0;
	w->kill_both = false;
	if (w->trouble && chance_percent(c, 30)) {
		w->kill_in = 1 + chance_below(c, 10 + 40 * w->count);
		w->kill_both = chance_percent(c, 40);
	}
}

static int run_worker(struct world *w, int (*job)(struct stage *stage))
{
	uint32_t deadline_ms = w->config.deadline_ms, reserve = deadline_ms / 10;
	struct stage stage = {
		.root = &no_root,
		.config = &w->config,
		.shared = &w->shared,
		.ops = mutant_ops(),
		.ops_priv = w,
		.end_ns = w->now_ns + clock_ms(deadline_ms - (reserve < 1000 ? reserve : 1000)),
	};
	int rc;

	plan_kill(w);
	w->running = true;
	rc = job(&stage);
	w->running = false;
	w->kill_in = 0;
	if (w->dead) {
		w->shared = w->alive;
		w->dead = false;
		return -EINTR;
	}
	w->end = rc < 0 ? END_FAILED : END_DONE;
	return rc;
}

/* By itself, or else cleaned up after, unless there is nobody to do it. */
static void end_worker(struct world *w, int rc)
{
	w->over = w->end == END_DONE;
	if (w->over || w->end == END_KILLED_BOTH)
		return;
	journal_stage(&w->shared.journal, REC_STAGE_ABORTED, rc, "%s", strerror(-rc));
	release(w, SUPERVISE_PATIENCE_MS, SUPERVISE_RELEASE_MS, rc);
}

/* The dump has begun when all that it needs is there. */
static bool dump_begins(const struct world *w)
{
	bool any = false;
	u32 d;

	for (d = 0; d < w->count; d++) {
		any |= w->devices[d].needed;
		if (w->devices[d].needed && w->devices[d].there && !w->devices[d].bound)
			return false;
	}
	return any;
}

/* The loan is due, or never: supervise.c and loan.c. */
static void run_loan(struct world *w)
{
	struct loan *loan = &w->shared.loan;
	int wait_ms;

	loan->handover_ns = w->now_ns;
	wait_ms = loan_decide(loan, w->now_ns, false);
	if (wait_ms == LOAN_NEVER)
		return;
	if (w->trouble && chance_percent(&w->chance, 8)) {
		/* Nobody is left who would give anything back, but who cleans up. */
		world_advance(w, w->now_ns + clock_ms(chance_below(&w->chance, (u32)wait_ms)));
		world_trace(w, "---- the supervisor is killed in the grace ----");
		w->end = END_KILLED_BOTH;
		w->serves = false;
		return;
	}
	world_advance(w, w->now_ns + clock_ms((uint32_t)wait_ms));
	loan->dump_begun = dump_begins(w);
	if (loan->dump_begun)
		return;
	world_trace(w, "---- the loan is due ----");
	loan_begins(w);
	if (mutant == MUTANT_NO_LOAN)
		return;
	w->run_start_ns = w->now_ns;
	w->deadline_ns = w->now_ns + clock_ms(w->config.deadline_ms);
	end_worker(w, run_worker(w, giveback_run));
	run_ended(w);
}

static void run_daemon(struct world *w)
{
	struct errbuf err;

	world_trace(w, "---- run %u ----", w->runs);
	w->runs++;
	w->serves = true;
	memset(&w->shared, 0, sizeof(w->shared));
	w->run_start_ns = w->shared.start_ns = w->now_ns;
	w->deadline_ns = w->now_ns + clock_ms(w->config.deadline_ms);
	journal_open(&w->shared.journal, &no_root, &err);
	journal_begin(&w->shared.journal, &no_root);
	w->shared.loan.grace_ms = LOAN_GRACE_MS;
	w->shared.loan.start_ns = w->now_ns;
	loan_forgotten(w);
	end_worker(w, run_worker(w, stage_run));
	run_ended(w);
	if (w->over)
		run_loan(w);
	journal_close(&w->shared.journal);
}

/* "smmu-adoptd hold": whatever has no driver yet, whoever's it is. */
static void hold_early(struct world *w)
{
	u32 d;

	if (!chance_percent(&w->chance, 50))
		return;
	for (d = 0; d < w->count; d++) {
		struct world_device *dev = &w->devices[d];

		if (!dev->there || !dev->pci || dev->bridge || dev->bound || dev->override ||
		    chance_percent(&w->chance, w->trouble))
			continue;
		world_trace(w, "held early: %s", dev->name);
		world_set_override(w, d, OVERRIDE_OURS);
		dev->early_held = true;
	}
}

void world_run(struct world *w)
{
	struct chance *c = &w->chance;
	u32 runs = 1;

	world_enter(w);
	world_print(w);
	if (w->helper && world_tell(w, &w->told) < 0)
		abort();
	hold_early(w);
	while (runs < RUNS_MAX && chance_percent(c, 20))
		runs++;
	while (w->runs < runs) {
		world_advance(w, w->now_ns + clock_ms(chance_below(c, 2000)));
		run_daemon(w);
		/* ExecStopPost=, or the other half of the line in init-top. */
		if (w->end == END_KILLED_BOTH && (w->runs == runs || chance_percent(c, 75)))
			release_verb(w);
	}
	w->last_end_ns = w->now_ns;
	/* Whoever still waits has what he wants by then, or never. */
	world_advance(w, w->now_ns + clock_ms(10 * 60 * 1000));
}

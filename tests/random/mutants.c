// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mutants.c - see mutants.h. Each is in one place where the program calls another room, and does
 * there what a slip of the pen would do.
 */
#include "tests/random/mutants.h"

#include <stdarg.h>
#include <string.h>

#include "tests/random/wrapped.h"

enum mutant mutant;

const struct mutant_info mutants[MUTANTS] = {
	[MUTANT_NONE] = { "none", INVARIANTS },
	[MUTANT_KEEPS_DUMP] = { "the dump's device is not bound", INVARIANT_FREE },
	[MUTANT_DUMP_LAST] = { "the dump's device comes last", INVARIANT_FREE },
	[MUTANT_FORGETS] = { "a release is said, not done", INVARIANT_WORDS },
	[MUTANT_NO_RELEASE] = { "the supervisor does not clean up", INVARIANT_HOLDS },
	[MUTANT_NO_KEEP] = { "what stays held is not told", INVARIANT_HOLDS },
	[MUTANT_NO_QUIESCE] = { "nothing is quiesced", INVARIANT_QUIET },
	[MUTANT_QUIESCES_LATE] = { "quiescing comes last", INVARIANT_QUIET },
	[MUTANT_WAITS_LONGER] = { "a bind is waited for too long", INVARIANT_WAITS },
	[MUTANT_NO_FINDINGS] = { "findings are dropped", INVARIANT_WORDS },
	[MUTANT_ALWAYS_DONE] = { "each result is \"done\"", INVARIANT_WORDS },
	[MUTANT_NO_LOAN] = { "nothing is given back", INVARIANT_HOLDS },
	[MUTANT_BLIND] = { "who gives back sees no hold", INVARIANT_HOLDS },
	[MUTANT_GIVES_ALL] = { "all is said to be given back", INVARIANT_WORDS },
	[MUTANT_LETS_LOOSE] = { "what must not have a driver is given back", INVARIANT_HOLDS },
	[MUTANT_TAKES_OVER] = { "a hold that is there is not written anew", INVARIANT_HOLDS },
	[MUTANT_TEARS] = { "torn records stay in the journal", INVARIANT_WORDS },
};

/* ---- hands ---- */

static int forgets(void *priv, const struct inv_device *dev)
{
	(void)priv, (void)dev;
	return 0;
}

static int waits_longer(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	return world_ops.bind(priv, dev, 2 * wait_ms, detail);
}

static int blind(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		 int *results)
{
	int rc = world_ops.held(priv, devs, n, wait_ms, results);
	size_t i;

	for (i = 0; i < n; i++)
		if (results[i] == ACT_HELD)
			results[i] = ACT_OK;
	return rc;
}

static int takes_over(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		      int *results)
{
	struct world *w = priv;
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		struct world_device *dev = &w->devices[world_find(w, devs[i]->name)];

		if (dev->there && dev->override == OVERRIDE_OURS && !w->dead) {
			dev->held_by_run = w->runs;
			results[i] = ACT_HELD;
		} else {
			rc = world_ops.hold(priv, &devs[i], 1, wait_ms, &results[i]);
		}
	}
	return rc;
}

const struct act_ops *mutant_ops(void)
{
	static struct act_ops ops;

	ops = world_ops;
	if (mutant == MUTANT_FORGETS)
		ops.release = forgets;
	if (mutant == MUTANT_BLIND)
		ops.held = blind;
	if (mutant == MUTANT_TAKES_OVER)
		ops.hold = takes_over;
	if (mutant == MUTANT_WAITS_LONGER)
		ops.bind = waits_longer;
	return &ops;
}

/* ---- plan ---- */

static bool is_for_dump(const struct inventory *inv, const struct plan_step *step)
{
	return inv->devices[step->device].dump_path &&
	       (step->action == REC_ACT_LOAD || step->action == REC_ACT_BIND);
}

/* Left out, or left for later. */
static bool is_taken_out(const struct inventory *inv, const struct plan_step *step)
{
	switch (mutant) {
	case MUTANT_DUMP_LAST:
		return inv->devices[step->device].dump_path && step->action != REC_ACT_QUIESCE;
	case MUTANT_KEEPS_DUMP: return is_for_dump(inv, step);
	case MUTANT_NO_KEEP: return step->action == REC_ACT_KEEP;
	case MUTANT_NO_QUIESCE:
	case MUTANT_QUIESCES_LATE: return step->action == REC_ACT_QUIESCE;
	default: return false;
	}
}

int __wrap_plan_handover(struct plan *plan, const struct inventory *inv,
			 const struct config *config)
{
	struct plan_step late[8 * WORLD_DEVICES];
	bool later = mutant == MUTANT_QUIESCES_LATE || mutant == MUTANT_DUMP_LAST;
	u32 from, to = 0, n = 0;
	int rc = __real_plan_handover(plan, inv, config);

	for (from = 0; from < plan->count; from++) {
		struct plan_step step = plan->steps[from];

		if (mutant == MUTANT_LETS_LOOSE && inv->devices[step.device].held &&
		    step.action == REC_ACT_KEEP && step.why == PLAN_WHY_NO_GROUP)
			step.action = REC_ACT_RELEASE;
		if (!is_taken_out(inv, &step))
			plan->steps[to++] = step;
		else if (later && n < 8 * WORLD_DEVICES)
			late[n++] = step;
	}
	if (n)
		memcpy(plan->steps + to, late, n * sizeof(late[0]));
	plan->count = to + n;
	return rc;
}

/* ---- words ---- */

void mutant_record(struct rec *rec)
{
	if (mutant == MUTANT_ALWAYS_DONE && rec->type == REC_RESULT)
		rec->result.outcome = REC_STEP_DONE;
}

void __wrap_journal_finding(struct journal *journal, const struct journal_about *about,
			    const char *format, ...)
{
	char text[sizeof(((struct rec_finding *)0)->text)], name[48] = "";
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	memcpy(name, text, sizeof(name) - 1);
	if (mutant == MUTANT_GIVES_ALL && strstr(text, " stays held: "))
		snprintf(text, sizeof(text), "given back: %.47s", strtok(name, " "));
	if (mutant != MUTANT_NO_FINDINGS)
		__real_journal_finding(journal, about, "%s", text);
}

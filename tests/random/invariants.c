// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * invariants.c - see invariants.h. What is asked of the records is read from the journal, as the
 * report reads it; what is asked of the machine is its true state.
 */
#include "tests/random/invariants.h"

#include <stdarg.h>
#include <string.h>

#include "daemon/supervise.h"
#include "lib/story/facts.h"

const char *const invariant_names[INVARIANTS] = {
	[INVARIANT_FREE] = "free",   [INVARIANT_HOLDS] = "holds", [INVARIANT_QUIET] = "quiet",
	[INVARIANT_WAITS] = "waits", [INVARIANT_WORDS] = "words",
};

static void broken(struct world *w, enum invariant which, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void broken(struct world *w, enum invariant which, const char *format, ...)
{
	va_list ap;

	if (w->broken[which][0])
		return;
	va_start(ap, format);
	vsnprintf(w->broken[which], sizeof(w->broken[which]), format, ap);
	va_end(ap);
	world_trace(w, "**** %s: %s", invariant_names[which], w->broken[which]);
}

/* ---- who is meant ---- */

static bool is_ours(const struct world *w, const struct world_device *dev)
{
	return w->helper && w->adopted[dev->smmu] && !dev->bridge;
}

/* Named as a dump device, and is what was meant. */
static bool is_named(const struct world *w, const struct world_device *dev)
{
	size_t i;

	for (i = 0; i < w->config.dump.count; i++) {
		const struct config_device *c = &w->config.dump.device[i];

		if (strcmp(c->name, dev->name) == 0)
			return !c->has_class || c->class_code == 0x010802;
	}
	return false;
}

/* Nobody can do anything about it: gone, or its lock is held for ever, or it is somebody else's. */
static bool is_lost(const struct world_device *dev)
{
	return !dev->there || !dev->answers || dev->locked_until_ns == WORLD_NEVER ||
	       dev->override == OVERRIDE_FOREIGN;
}

/* ---- each word, when it is said ---- */

static u64 stated_ms(const struct world *w, const struct world_device *dev, u16 action,
		     const struct rec_result *result)
{
	u64 ms = dev->deadline_ms[action];

	switch (action) {
	/* What is marked is looked at before. */
	case REC_ACT_HOLD: return ms + (dev->bound ? WORLD_LOOK_MS : 0);
	/* One poll more, and the reset that ends what does not end. */
	case REC_ACT_QUIESCE: return ms + 1 + PLAN_FLR_MS + WORLD_LOOK_MS;
	case REC_ACT_VERIFY: return ms + 20 + w->smmus * WORLD_LOOK_MS;
	case REC_ACT_FLR:
	case REC_ACT_DOMAIN: return ms + WORLD_LOOK_MS;
	/* A driver without attachment is taken away again, which has a deadline of its own. */
	case REC_ACT_BIND:
		return ms + (result->error == -ENOTCONN ? w->config.device_deadline_ms : 0);
	default: return ms;
	}
}

/* Why it was not quiesced has to be true, too. */
static const char *wrong_excuse(const struct world *w, const struct world_device *dev,
				const struct rec_result *r)
{
	if (strstr(r->detail, "cannot be switched off") && !dev->master)
		return "is off";
	/* During a reset, or by one that cannot be looked at, they may end after all. */
	if (strstr(r->detail, "Transactions Pending stays set") && dev->there && !dev->flr &&
	    !world_pending(w, dev))
		return "has none";
	return NULL;
}

static void check_said(struct world *w, const struct world_device *dev, const struct rec_result *r)
{
	const char *what = NULL;

	if (r->outcome == REC_STEP_GONE && dev->there && dev->answers)
		what = "is there";
	if (r->action == REC_ACT_QUIESCE && r->outcome != REC_STEP_DONE)
		what = wrong_excuse(w, dev, r);
	if (r->outcome != REC_STEP_DONE || !dev->there) {
		if (what)
			broken(w, INVARIANT_WORDS, "%s %s: %s (%s), but it %s",
			       rec_action_name(r->action), dev->name, rec_outcome_name(r->outcome),
			       r->detail, what);
		return;
	}
	switch (r->action) {
	case REC_ACT_HOLD: what = dev->override != OVERRIDE_OURS ? "is not held" : NULL; break;
	case REC_ACT_KEEP: what = dev->override != OVERRIDE_OURS ? "is not held" : NULL; break;
	case REC_ACT_QUIESCE: what = world_loud(w, dev) ? "goes on" : NULL; break;
	case REC_ACT_BIND: what = dev->bound ? NULL : "is not bound"; break;
	case REC_ACT_RELEASE: what = dev->override == OVERRIDE_OURS ? "is held" : NULL; break;
	case REC_ACT_VERIFY: what = dev->attached ? NULL : "is not attached"; break;
	case REC_ACT_FLR: what = dev->was_reset ? NULL : "was not reset"; break;
	case REC_ACT_DOMAIN: what = dev->identity && dev->group ? "has no domain" : NULL; break;
	default: break;
	}
	if (what)
		broken(w, INVARIANT_WORDS, "%s %s: done (%s), but it %s",
		       rec_action_name(r->action), dev->name, r->detail, what);
}

static void result_said(struct world *w, struct world_device *dev, const struct rec_result *r)
{
	u64 limit = stated_ms(w, dev, r->action, r);

	if (r->took_ns > clock_ms((uint32_t)limit))
		broken(w, INVARIANT_WAITS, "%s %s took %llu ms of %llu", rec_action_name(r->action),
		       dev->name, (r->took_ns / CLOCK_NS_PER_MS), limit);
	check_said(w, dev, r);
	dev->said_gone |= r->outcome == REC_STEP_GONE;
	if (r->action == REC_ACT_QUIESCE) {
		dev->quiesce_said = r->outcome;
		dev->quiesce_begun = 0;
		dev->said_not_live = strstr(r->detail, "not live");
	}
}

static bool is_way_to_driver(u16 action)
{
	return action == REC_ACT_DOMAIN || action == REC_ACT_LOAD || action == REC_ACT_BIND;
}

static void step_said(struct world *w, const struct rec_step *step)
{
	struct world_device *dev = &w->devices[world_find(w, step->device)];

	dev->deadline_ms[step->action] = step->deadline_ms;
	dev->quiesce_begun += step->action == REC_ACT_QUIESCE;
	if (is_way_to_driver(step->action) && !dev->turn_ns)
		dev->turn_ns = w->now_ns;
	world_trace(w, "  %s %s (%u ms)", rec_action_name(step->action), dev->name,
		    step->deadline_ms);
}

/* Is @name a word of @text? */
static bool has_word(const char *text, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = text; (at = strstr(at, name)); at += len)
		if ((at == text || at[-1] == ' ') && (!at[len] || strchr(", ", at[len])))
			return true;
	return false;
}

/* What was given back is not held, and what stays is, or its lock is taken. */
static void finding_said(struct world *w, const struct rec_finding *finding)
{
	bool given = strncmp(finding->text, "given back: ", 12) == 0;
	bool stays = strstr(finding->text, " stays held: ");
	u32 d;

	world_trace(w, "  finding: %s", finding->text);
	for (d = 0; d < w->count && finding->code == REC_FIND_GIVEN_BACK; d++) {
		const struct world_device *dev = &w->devices[d];

		if (!has_word(finding->text, dev->name) || !dev->there)
			continue;
		if (given && dev->override == OVERRIDE_OURS)
			broken(w, INVARIANT_WORDS, "%s is said to be given back, and is held",
			       dev->name);
		if (given && !dev->lent)
			broken(w, INVARIANT_WORDS, "%s is said to be given back, and was not held",
			       dev->name);
		if (stays && strncmp(finding->text, dev->name, strlen(dev->name)) == 0 &&
		    dev->override != OVERRIDE_OURS)
			broken(w, INVARIANT_WORDS, "%s is said to stay held, and is not held",
			       dev->name);
	}
}

/* Whoever had the devices since may have switched them on again. */
static void forget_quiesced(struct world *w)
{
	u32 d;

	for (d = 0; d < w->count; d++) {
		w->devices[d].quiesce_begun = 0;
		if (w->devices[d].quiesce_said == REC_STEP_DONE)
			w->devices[d].quiesce_said = 0;
	}
}

void word_said(struct world *w, const struct rec *rec)
{
	if (!w->by_bytes && story_add(&w->told, rec) < 0)
		broken(w, INVARIANT_WORDS, "a record has no place in the story");
	switch (rec->type) {
	case REC_STEP: step_said(w, &rec->step); break;
	case REC_RESULT:
		world_trace(w, "  %s %s: %s (%s)", rec_action_name(rec->result.action),
			    rec->result.device, rec_outcome_name(rec->result.outcome),
			    rec->result.detail);
		result_said(w, &w->devices[world_find(w, rec->result.device)], &rec->result);
		break;
	case REC_STAGE:
		world_trace(w, "  stage %s: %s", rec_stage_name(rec->stage.stage), rec->stage.text);
		w->stages++;
		if (rec->stage.stage == REC_STAGE_RELEASED)
			forget_quiesced(w);
		break;
	case REC_FINDING: finding_said(w, &rec->finding); break;
	default: break;
	}
}

void word_broken(struct world *w, const struct world_device *dev)
{
	broken(w, INVARIANT_HOLDS, "a hold of %s is cleared for a daemon that is no more",
	       dev->name);
}

void driver_comes(struct world *w, struct world_device *dev)
{
	dev->loud_bind = true;
	/* What is over was given back, and that is said. */
	if (!is_ours(w, dev) || w->journal_lost || !w->running || w->dead)
		return;
	/* Two daemons died in it: the third leaves it out, and the report says "unfinished". */
	if (dev->quiesce_begun >= RESUME_TRIES_MAX)
		return;
	if (!dev->quiesce_said)
		broken(w, INVARIANT_QUIET, "%s gets a driver, live, and no word of its quiescing",
		       dev->name);
	else if (dev->quiesce_said == REC_STEP_DONE)
		broken(w, INVARIANT_QUIET, "%s gets a driver, live, and is said to be quiesced",
		       dev->name);
	else if (dev->quiesce_said == REC_STEP_SKIPPED && dev->said_not_live)
		broken(w, INVARIANT_QUIET, "%s gets a driver, live, and is said not to be",
		       dev->name);
}

/* ---- a run ---- */

void loan_forgotten(struct world *w)
{
	u32 d;

	w->given_back = false;
	for (d = 0; d < w->count; d++)
		w->devices[d].lent = false;
}

void loan_begins(struct world *w)
{
	u32 d;

	w->given_back = true;
	for (d = 0; d < w->count; d++)
		w->devices[d].lent = w->devices[d].there && w->devices[d].override == OVERRIDE_OURS;
}

/*
 * The first of the dump's devices has its turn when all are quiesced: those that are slow wait
 * together, and only what a rule wants reset of the dump path itself is the rule's.
 */
static void check_turn(struct world *w)
{
	u64 limit = PLAN_HOLD_MS + PLAN_QUIESCE_MS + PLAN_FLR_MS + 10 + WORLD_LOOK_MS,
	    first = WORLD_NEVER;
	u32 d, resets = 0;

	for (d = 0; d < w->count; d++) {
		struct world_device *dev = &w->devices[d];

		if (dev->turn_ns && is_named(w, dev) && dev->turn_ns < first)
			first = dev->turn_ns;
		resets += dev->deadline_ms[REC_ACT_FLR] && is_named(w, dev);
		dev->turn_ns = dev->deadline_ms[REC_ACT_FLR] = 0;
	}
	limit += (u64)resets * PLAN_FLR_MS;
	if (first != WORLD_NEVER && first - w->run_start_ns > clock_ms((uint32_t)limit))
		broken(w, INVARIANT_FREE, "the dump has its turn after %llu ms, not %llu",
		       ((first - w->run_start_ns) / CLOCK_NS_PER_MS), limit);
}

void run_ended(struct world *w)
{
	u64 limit = w->config.deadline_ms + (w->over ? 0 : SUPERVISE_GRACE_MS);

	if (w->now_ns - w->run_start_ns > clock_ms((uint32_t)limit))
		broken(w, INVARIANT_WAITS, "the run took %llu ms of %llu",
		       ((w->now_ns - w->run_start_ns) / CLOCK_NS_PER_MS), limit);
	check_turn(w);
}

/* ---- the end ---- */

static bool finding_names(const struct story *told, const char *name)
{
	size_t i;

	for (i = 0; i < told->n_findings; i++)
		if (strstr(told->findings[i].text, name))
			return true;
	return false;
}

static bool ended_as(const struct story *told, const char *name, u16 action, u16 outcome,
		     const char *detail)
{
	const struct story_step *step = story_step_of(told, name, action);

	return step && step->ended && step->result.outcome == outcome &&
	       strstr(step->result.detail, detail);
}

/*
 * Do the records say why it is held to the end? It is kept for a reason, or nothing binds it for
 * one; or giving it back failed.
 */
static bool is_justified(const struct world *w, const struct world_device *dev,
			 const struct story *told)
{
	const struct story_step *keep = story_step_of(told, dev->name, REC_ACT_KEEP);

	if (finding_names(told, dev->name) ||
	    ended_as(told, dev->name, REC_ACT_BIND, REC_STEP_SKIPPED, "") ||
	    ended_as(told, dev->name, REC_ACT_BIND, REC_STEP_FAILED, "may still be held") ||
	    ended_as(told, dev->name, REC_ACT_RELEASE, REC_STEP_FAILED, "") ||
	    ended_as(told, dev->name, REC_ACT_RELEASE, REC_STEP_TIMEOUT, ""))
		return true;
	return w->over && keep && keep->ended && keep->has_plan && keep->plan.reason[0];
}

/* Of many that stay, some are only counted. */
static bool is_accounted(const struct story *told, const struct world_device *dev)
{
	return finding_names(told, dev->name) || finding_names(told, "more devices stay held");
}

/* The loan was due, and its worker came to its end. */
static void check_loan(struct world *w, const struct world_device *dev, const struct story *told)
{
	if (!w->given_back || !w->over || !dev->lent)
		return;
	if (dev->override == OVERRIDE_OURS && !is_accounted(told, dev))
		broken(w, INVARIANT_HOLDS, "%s was lent and is held, and no finding names it",
		       dev->name);
	/* Its driver would use physical addresses, and the daemon knew at its start. */
	if (dev->override == OVERRIDE_NONE && !dev->gives_group && w->shared.loan.groups_early &&
	    is_ours(w, dev) && !is_named(w, dev) && !dev->freed_by_child)
		broken(w, INVARIANT_HOLDS, "%s must not have a driver, and is given back",
		       dev->name);
}

static void check_hold(struct world *w, const struct world_device *dev, const struct story *told)
{
	if (is_lost(dev) || w->journal_lost || w->cleanup_failed)
		return;
	if (dev->override == OVERRIDE_OURS && !is_justified(w, dev, told))
		broken(w, INVARIANT_HOLDS, "%s is held, and nobody says why", dev->name);
	check_loan(w, dev, told);
	/* Who gives a hold back under a driver gives bus mastering back. */
	if (dev->ever_held && dev->override == OVERRIDE_NONE && dev->bound && dev->pci &&
	    !dev->master)
		broken(w, INVARIANT_HOLDS, "%s has a driver, no hold, and no bus mastering",
		       dev->name);
	/* A kill came between the two halves of a release, and the second one failed. */
	if (ended_as(told, dev->name, REC_ACT_RELEASE, REC_STEP_FAILED, ""))
		return;
	if (dev->override == OVERRIDE_NONE && dev->owes_probe && !dev->bound &&
	    world_driver_ready(w, dev))
		broken(w, INVARIANT_HOLDS,
		       "the driver of %s came while it was held, and "
		       "nobody asked the bus since",
		       dev->name);
}

/* Where nobody knows what the dump needs, nothing is held because the dump does not need it. */
static void check_free_unknown(struct world *w, const struct world_device *dev)
{
	const struct story_step *keep = story_step_of(&w->told, dev->name, REC_ACT_KEEP);

	/* One that must never be bound stays, with a reason of its own; or nothing would do. */
	if (w->given_back && (is_accounted(&w->told, dev) || w->journal_lost))
		return;
	if (dev->override == OVERRIDE_OURS && w->over && keep && keep->ended &&
	    strcmp(keep->plan.reason, "the dump does not need it") == 0)
		broken(w, INVARIANT_FREE, "%s is needed by the dump, and held as if it were not",
		       dev->name);
}

static void check_free(struct world *w, const struct world_device *dev)
{
	if (!dev->needed || !is_ours(w, dev) || is_lost(dev))
		return;
	if (!is_named(w, dev)) {
		/* A wrong guess costs the grace, and no more. */
		if (!w->wrong || w->given_back)
			check_free_unknown(w, dev);
		return;
	}
	/* Binding it failed, and so did giving it back: no more can be done than to say so. */
	if (dev->override == OVERRIDE_OURS && !w->cleanup_failed && !w->journal_lost &&
	    !ended_as(&w->told, dev->name, REC_ACT_RELEASE, REC_STEP_FAILED, ""))
		broken(w, INVARIANT_FREE, "%s is needed by the dump, and held", dev->name);
	if (dev->freed_ns > w->last_end_ns && !dev->freed_by_child)
		broken(w, INVARIANT_FREE, "%s is needed by the dump, and free %llu ms too late",
		       dev->name, ((dev->freed_ns - w->last_end_ns) / CLOCK_NS_PER_MS));
}

/* Of one device, what the report says of it and what is. */
static void check_facts(struct world *w, const struct world_device *dev, const struct story *told)
{
	const struct story_device *known = story_find_device(told, dev->name);
	const struct report_device *facts = known ? known->facts : NULL;

	if (!known || !is_ours(w, dev))
		return;
	if (facts->quiesced_in_time && dev->attached_ns &&
	    dev->attached_ns < facts->quiesce->end_ns)
		broken(w, INVARIANT_WORDS, "%s is reported quiesced in time, and was not",
		       dev->name);
	if (facts->gone && dev->there && dev->answers)
		broken(w, INVARIANT_WORDS, "%s is reported gone, and is there", dev->name);
}

/* What has to be a finding, and not only a step's result. */
static void check_findings(struct world *w, const struct world_device *dev,
			   const struct story *told)
{
	const struct story_stage *last = report_last_stage(told);

	/* A kill may come between the result and the finding. */
	if (!is_ours(w, dev) || w->journal_lost || w->killed)
		return;
	if (dev->said_gone && !finding_names(told, dev->name))
		broken(w, INVARIANT_WORDS, "%s vanished, and no finding says so", dev->name);
	if (w->over && last && strstr(last->stage.text, "not handed over") && is_named(w, dev) &&
	    dev->there && !dev->bound && !finding_names(told, dev->name))
		broken(w, INVARIANT_WORDS, "%s of the dump has no driver, and no finding says so",
		       dev->name);
}

/* Nothing remarkable is said; then nothing remarkable must have happened. */
static void check_silence(struct world *w)
{
	u32 d;

	for (d = 0; d < w->count; d++) {
		const struct world_device *dev = &w->devices[d];

		/* Of entries that cannot be read, the helper has findings that are not made here.
		 */
		if (!is_ours(w, dev) || !dev->there || !dev->answers || dev->entry || !dev->n_sids)
			continue;
		if (world_loud(w, dev))
			broken(w, INVARIANT_WORDS, "all well, but %s is a live master to the end",
			       dev->name);
		if (dev->needed && is_named(w, dev) && !dev->bound)
			broken(w, INVARIANT_WORDS, "all well, but %s of the dump has no driver",
			       dev->name);
	}
}

/* The story that the report is made of: the helper's at the start and now, and the journal. */
static int read_told(struct world *w)
{
	struct rec_iter it = { .data = w->journal, .len = w->journal_len };
	struct rec rec;
	u32 stages = 0;
	int rc = w->by_bytes ? story_add_stream(&w->told, w->journal, w->journal_len) : 0;

	if (rc >= 0 && w->helper)
		rc = world_tell(w, &w->told);
	if (rc >= 0)
		rc = story_finish(&w->told);
	while (w->by_bytes && rec_next(&it, &rec) == REC_OK)
		stages += rec.type == REC_STAGE;
	/* Who is killed in a write may hide nothing but what he wrote. */
	if (w->by_bytes && !w->journal_lost && stages != w->stages)
		broken(w, INVARIANT_WORDS, "%u of %u records of stages can be read", stages,
		       w->stages);
	return rc;
}

bool invariants_check(struct world *w)
{
	u32 d, i;

	if (read_told(w) < 0)
		broken(w, INVARIANT_WORDS, "the journal cannot be read");
	for (d = 0; d < w->count; d++) {
		check_free(w, &w->devices[d]);
		check_hold(w, &w->devices[d], &w->told);
		check_facts(w, &w->devices[d], &w->told);
		check_findings(w, &w->devices[d], &w->told);
	}
	if (report_exit_code(&w->told) == EXIT_DONE && !w->journal_lost)
		check_silence(w);
	story_clear(&w->told);
	for (i = 0; i < INVARIANTS; i++)
		if (w->broken[i][0])
			return true;
	return false;
}

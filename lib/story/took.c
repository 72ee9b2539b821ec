// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * took.c - tells how long the daemon's work took.
 *
 * All times count from the record of the daemon's start, as those of steps and devices do. If
 * there is no such record, the daemon's own figures are used instead. They count from the start of
 * its process, which is a little earlier.
 */
#include "lib/story/facts.h"

#include "lib/base/duration.h"
#include "lib/story/held.h"

static void later(u64 *ns, u64 other)
{
	if (other > *ns)
		*ns = other;
}

/* When was @device of the dump path ready, as its own steps say? */
static u64 ready_ns(const struct story *story, const struct report_device *d)
{
	const struct story_step *verify =
		story_step_of(story, d->device->last.name, REC_ACT_VERIFY);
	u64 ns = held_outcome_is(d->bind, REC_STEP_DONE) ? d->bind->end_ns : 0;

	if (held_outcome_is(verify, REC_STEP_DONE) || held_outcome_is(verify, REC_STEP_PENDING))
		later(&ns, verify->end_ns);
	return ns;
}

static void take_dump_path(const struct story *story, const struct report_device *d,
			   struct report_took *ret)
{
	later(&ret->ready_ns, ready_ns(story, d));
	later(&ret->attached_ns, d->device->attach_ns);
	ret->waiting += !d->device->attach_ns && !d->handed_over;
}

static u64 since(u64 ns, u64 start_ns)
{
	return ns > start_ns ? ns - start_ns : 0;
}

static u64 over_ns(const struct story *story)
{
	u64 ns = 0;
	size_t i;

	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		if (s->stage.stage == REC_STAGE_DONE || s->stage.stage == REC_STAGE_ASIDE ||
		    s->stage.stage == REC_STAGE_ABORTED)
			later(&ns, s->mono_ns);
	}
	return ns;
}

void report_took(const struct story *story, const struct report_totals *totals,
		 struct report_took *ret)
{
	u64 start = totals->start_ns;
	size_t i;

	*ret = (struct report_took){ .live = totals->live, .on_again = totals->on_again };
	if (!totals->has_start) {
		ret->quiesced = story->usage.quiesced_ms ? totals->live - totals->n_missed : 0;
		ret->quiesced_ns = story->usage.quiesced_ms * 1000000ull;
		ret->ready_ns = story->usage.dump_path_ms * 1000000ull;
		ret->over_ns = story->usage.stage_ms * 1000000ull;
		return;
	}
	for (i = 0; i < story->n_devices; i++) {
		const struct report_device *d = story->devices[i].facts;

		if (d->bridge)
			continue;
		if (d->live && d->quiesced_in_time) {
			ret->quiesced++;
			later(&ret->quiesced_ns, d->quiesce->end_ns);
		}
		if (d->device->dump_path)
			take_dump_path(story, d, ret);
	}
	ret->quiesced_ns = since(ret->quiesced_ns, start);
	/* It is ready when the daemon said so, and not before. */
	ret->ready_ns = story->usage.dump_path_ms ? since(ret->ready_ns, start) : 0;
	ret->attached_ns = since(ret->attached_ns, start);
	if (ret->attached_ns <= ret->ready_ns)
		ret->attached_ns = 0;
	ret->over_ns = since(over_ns(story), start);
}

static void say_quiesced(const struct report_took *t, struct strbuf *ret)
{
	if (!t->quiesced)
		return;
	if (t->quiesced == t->live)
		strbuf_puts(ret, "DMA stopped on all live devices after ");
	else
		strbuf_printf(ret, "DMA stopped on %zu of %zu live devices after ", t->quiesced,
			      t->live);
	strbuf_puts(ret, DURATION(t->quiesced_ns));
	if (t->on_again)
		strbuf_printf(ret, " (%zu of them on again)", t->on_again);
}

static void say_dump_path(const struct report_took *t, struct strbuf *ret)
{
	if (!t->ready_ns)
		return;
	strbuf_join(ret, ", ", "");
	strbuf_printf(ret, "dump path %s after %s",
		      t->attached_ns || t->waiting ? "seen bound" : "ready", DURATION(t->ready_ns));
	if (t->waiting)
		strbuf_printf(ret, " and %zu of it not seen attached", t->waiting);
	else if (t->attached_ns)
		strbuf_printf(ret, " and attached after %s", DURATION(t->attached_ns));
}

void report_took_words(const struct story *story, const struct report_totals *totals,
		       struct strbuf *ret)
{
	struct report_took t;

	report_took(story, totals, &t);
	say_quiesced(&t, ret);
	say_dump_path(&t, ret);
	if (t.over_ns) {
		strbuf_join(ret, ", ", "daemon's work over after ");
		strbuf_puts(ret, DURATION(t.over_ns));
	}
	if (ret->len && totals->has_start)
		strbuf_puts(ret, "; counted from the daemon's start, not from the crash");
}

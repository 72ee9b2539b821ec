// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fleet_cause.c - describe how a crash went wrong, by a text that is the same on every machine,
 * and its hash.
 *
 * The text is a list of sorted words, each once, separated by blanks. It has no address,
 * StreamID, slot, time, count, kernel or host, as these differ between machines with the same
 * fault. A device is given as vendor and class. Findings of severity "info", and events that the
 * crashed kernel had read, are left out. smmu-adoptctl(8) lists the words; a change of them is a
 * change of the schema.
 */
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/names.h"
#include "ctl/fleet_line.h"
#include "ctl/triage/event_count.h"
#include "ctl/triage/rings.h"
#include "lib/story/refusal.h"

#define WORDS_MAX 256 /* the limit for a damaged file; a crash has a handful */

struct words {
	char word[WORDS_MAX][96];
	size_t n;
};

const char *crash_kind(char buf[24], const struct story_device *device)
{
	const struct rec_device *d = device ? &device->last : NULL;

	if (!d)
		return "unknown";
	if (d->vendor)
		(void)snprintf(buf, 24, "%04x:%04x", d->vendor, d->class_code >> 8 & 0xffff);
	else if (d->class_code)
		(void)snprintf(buf, 24, "%s:%04x", CLEAN(d->bus), d->class_code >> 8 & 0xffff);
	else
		(void)snprintf(buf, 24, "%s", d->bus[0] ? CLEAN(d->bus) : "unknown");
	return buf;
}

static void __attribute__((format(printf, 2, 3))) add(struct words *w, const char *format, ...)
{
	va_list args;
	size_t i;

	if (w->n == WORDS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(w->word[w->n], sizeof(w->word[0]), format, args);
	va_end(args);
	for (i = 0; w->word[w->n][i]; i++)
		if (w->word[w->n][i] == ' ')
			w->word[w->n][i] = '_';
	for (i = 0; i < w->n; i++)
		if (!strcmp(w->word[i], w->word[w->n]))
			return;
	w->n++;
}

static void add_findings(struct words *w, const struct story *s)
{
	size_t i;

	for (i = 0; i < s->n_findings; i++) {
		const struct rec_finding *f = &s->findings[i];

		if (f->severity == REC_SEV_INFO || refusal_is_usual(s, f))
			continue;
		if (f->sid == REC_NO_SID)
			add(w, "finding=%s", rec_finding_name(f->code));
		else
			add(w, "finding=%s@%s", rec_finding_name(f->code),
			    CRASH_KIND(story_device_of(s, f->smmu, f->sid)));
	}
}

/*
 * Add the findings of a log. None of them is a record; the state and the steps have words of
 * their own.
 */
static void add_log_findings(struct words *w, const struct verdict *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct finding *f = &v->findings[i];

		if (f->severity != REC_SEV_INFO &&
		    (f->code < VERDICT_NOT_ADOPTED ||
		     (f->code >= VERDICT_LOG_EVENTS && f->code <= VERDICT_LOG_RESET)))
			add(w, "finding=%s", f->name);
	}
}

static void add_steps(struct words *w, const struct story *s)
{
	size_t i;

	for (i = 0; i < s->n_steps; i++) {
		const struct story_step *step = &s->steps[i];
		u16 outcome = step->ended ? step->result.outcome : 0;

		if (step->ended ? outcome != REC_STEP_FAILED && outcome != REC_STEP_TIMEOUT
				: !step->begun)
			continue;
		add(w, "step=%s/%s@%s", rec_action_name(step->plan.action),
		    report_step_outcome(step), CRASH_KIND(story_find_device(s, step->plan.device)));
	}
}

static void add_devices(struct words *w, const struct story *s)
{
	size_t i;

	for (i = 0; i < s->n_devices; i++) {
		const struct report_device *d = s->devices[i].facts;

		if (d->bridge || !d->live)
			continue;
		if (d->gone)
			add(w, "gone=%s", CRASH_KIND(d->device));
		else if (d->missed)
			add(w, "late=%s", CRASH_KIND(d->device));
	}
}

static void add_streams(struct words *w, const struct story *s)
{
	enum report_end end;
	size_t i;

	for (i = 0; i < s->n_streams; i++) {
		end = report_stream_end(s, &s->streams[i]);
		if (end != REPORT_END_CRASH_ENTRY && end != REPORT_END_ON_AGAIN &&
		    end != REPORT_END_BYPASS && end != REPORT_END_BLOCKED)
			continue;
		add(w, "end=%s@%s", report_end_name(end),
		    CRASH_KIND(story_stream_device(s, &s->streams[i])));
	}
}

static int add_ring(struct words *w, struct crash *c, const struct rings *rings,
		    const struct ring *ring)
{
	_cleanup_(event_count_free) struct event_count count = { 0 };
	size_t i;

	if (event_count(&count, rings, ring) < 0)
		return -ENOMEM;
	for (i = 0; i < count.n; i++) {
		const struct event_kind *k = &count.kind[i];
		const char *name = event_name(k->id);

		if (!k->unread)
			continue;
		add(w, "event=%s@%s", name ? name : "unknown",
		    CRASH_KIND(story_device_of(c->story, ring->head.smmu, k->sid)));
		if (k->unread > c->events.most) {
			c->events.most = k->unread;
			c->events.id = k->id;
			c->events.smmu = ring->head.smmu;
			c->events.sid = k->sid;
		}
	}
	c->events.unread += ring->pending;
	c->events.lost |= ring->overflow;
	if (ring->overflow)
		add(w, "event=lost");
	return 0;
}

static int add_events(struct words *w, struct crash *c, const struct recfile *file)
{
	_cleanup_rings_ struct rings rings = { 0 };
	size_t i;
	int r = rings_read(&rings, c->story, file->input.data, file->input.len, NULL);

	for (i = 0; i < rings.n_rings && r >= 0; i++)
		if (ring_is_crash_events(&rings.ring[i]))
			r = add_ring(w, c, &rings, &rings.ring[i]);
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* FNV-1a, 64 bits: it takes three lines in any language. */
static u64 hash(const char *text)
{
	u64 h = 0xcbf29ce484222325ull;

	for (; *text; text++)
		h = (h ^ (u8)*text) * 0x100000001b3ull;
	return h;
}

int crash_cause(struct crash *crash, const struct recfile *file)
{
	const struct report_totals *t = &crash->verdict.totals;
	_cleanup_free_ struct words *w = calloc(1, sizeof(*w));
	size_t i;

	if (!w)
		return -ENOMEM;
	add(w, "state=%s", adopt_state_name(t->state));
	if (t->state != ADOPT_ADOPTED && t->reason)
		add(w, "reason=%s", adopt_reason_name(t->reason));
	add_findings(w, crash->story);
	if (crash->story->log)
		add_log_findings(w, &crash->verdict);
	add_steps(w, crash->story);
	add_devices(w, crash->story);
	add_streams(w, crash->story);
	if (add_events(w, crash, file) < 0)
		return -ENOMEM;
	qsort(w->word, w->n, sizeof(w->word[0]), by_text);
	for (i = 0; i < w->n; i++)
		strbuf_join(&crash->cause, " ", w->word[i]);
	crash->signature = hash(strbuf_text(&crash->cause));
	return crash->cause.error;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * status.c - prints the present state on one screen: the verdict, its source, one line per SMMU
 * and per device. The report has the rest.
 */
#include "lib/report/json.h"
#include "lib/report/text.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/duration.h"

/* "/run/smmu-adoptd/helper.rec, journal.rec" */
static void add_files(const struct report_source *source, struct strbuf *ret)
{
	if (source->copy)
		strbuf_puts(ret, "/" PATH_HELPER_COPY);
	if (source->copy && source->journal)
		strbuf_puts(ret, ", ");
	if (source->journal)
		strbuf_puts(ret, source->copy ? &PATH_JOURNAL[sizeof(PATH_RUN)] : "/" PATH_JOURNAL);
	if (source->helper && source->elsewhere)
		strbuf_join(ret, ", ", "/" PATH_HELPER);
}

void report_source_words(const struct report_source *source, struct strbuf *ret)
{
	_cleanup_strbuf_ struct strbuf files = { 0 };
	const char *below = source->elsewhere ? " below --root" : "";

	if (!strcmp(source->kind, REPORT_FROM_DAEMON)) {
		strbuf_puts(ret, "live, from the running daemon");
		return;
	}
	if (!strcmp(source->kind, REPORT_FROM_FILE)) {
		strbuf_puts(ret, "the records of a crash");
		return;
	}
	if (!strcmp(source->kind, REPORT_FROM_NOTHING)) {
		strbuf_printf(ret, "nothing%s (no daemon, no journal, no helper module)", below);
		return;
	}
	add_files(source, &files);
	if (files.len)
		strbuf_printf(ret, "recorded%s: %s", below, strbuf_text(&files));
	if (source->helper && !source->elsewhere)
		strbuf_join(ret, "; ", "live: /" PATH_HELPER);
	strbuf_puts(ret, !strcmp(source->kind, REPORT_FROM_HELPER) ? " (no daemon, no journal)"
			 : source->elsewhere			   ? " (no daemon)"
					     : " (the daemon does not answer)");
}

void report_source_text(const struct term *out, const struct report_source *source)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_source_words(source, &text);
	term_field(out, 0, "source", "%s", strbuf_text(&text));
}

void report_source_json(struct jsonw *w, const struct report_source *source)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_source_words(source, &text);
	jsonw_string(w, "source", source->kind);
	jsonw_string(w, "source_text", strbuf_text(&text));
}

/* ---- who still does DMA, what is next, how long ---- */

#define NAMED 4

struct named {
	size_t count;
	struct strbuf text;
};

static void name_one(struct named *n, const char *name)
{
	if (n->count++ < NAMED)
		strbuf_join(&n->text, ", ", CLEAN(name));
}

/* "NOT stopped: A, B and 3 more" */
static void say_named(struct strbuf *text, const char *label, struct named *n)
{
	if (n->count) {
		strbuf_join(text, "; ", label);
		strbuf_puts(text, strbuf_text(&n->text));
	}
	if (n->count > NAMED)
		strbuf_printf(text, " and %zu more", n->count - NAMED);
	strbuf_free(&n->text);
}

static void put_dma(const struct term *out, const struct story *story,
		    const struct report_totals *t)
{
	struct named by_driver = { 0 }, loose = { 0 }, unknown = { 0 };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	if (t->state != ADOPT_ADOPTED)
		return;
	for (i = 0; i < story->n_devices; i++) {
		const struct report_device *d = story->devices[i].facts;

		if (d->handed_over)
			name_one(&by_driver, d->device->last.name);
		else if (d->loose != REPORT_LOOSE_NO)
			name_one(d->loose == REPORT_LOOSE_YES ? &loose : &unknown,
				 d->device->last.name);
	}
	say_named(&text, "NOT stopped: ", &loose);
	say_named(&text, "not known: ", &unknown);
	if (t->orphans) {
		strbuf_join(&text, "; ", "");
		strbuf_printf(&text, "%zu live StreamID%s without a device", t->orphans,
			      t->orphans == 1 ? "" : "s");
	}
	say_named(&text, "by new drivers: ", &by_driver);
	term_field(out, 0, "DMA now", "%s", text.len ? strbuf_text(&text) : "no device");
}

/* Devices without a driver in the image: nothing will reset them. */
static void put_driverless(const struct term *out, const struct story *story)
{
	struct named stopped = { 0 }, loose = { 0 };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		const struct report_device *d = story->devices[i].facts;

		if (d->driverless)
			name_one(d->loose == REPORT_LOOSE_NO ? &stopped : &loose,
				 d->device->last.name);
	}
	say_named(&text, "NOT stopped: ", &loose);
	say_named(&text, "stopped for good: ", &stopped);
	if (text.len)
		term_field(out, 0, "no driver", "in this image, %s", strbuf_text(&text));
}

/* The first that is planned and not begun. */
static const struct story_step *next_step(const struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_steps; i++)
		if (story->steps[i].has_plan && !story->steps[i].begun && !story->steps[i].ended)
			return &story->steps[i];
	return NULL;
}

static void put_next(const struct term *out, const struct story *story, u64 now_ns)
{
	const struct story_step *running = report_step_running(story), *next = next_step(story);
	size_t left = report_count_steps(story).left;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (!story->n_stages)
		return;
	if (report_stage_over(story)) {
		term_field(out, 0, "next", "nothing to do: the dump goes on");
		return;
	}
	if (running) {
		strbuf_printf(&text, "%s %s", rec_action_name(running->plan.action),
			      CLEAN(running->plan.device));
		if (now_ns > running->begin_ns)
			strbuf_printf(&text, ", since %s", DURATION(now_ns - running->begin_ns));
		if (running->plan.deadline_ms)
			strbuf_printf(&text, " of at most %s",
				      DURATION_MS(running->plan.deadline_ms));
		term_field(out, 0, "now", "%s", strbuf_text(&text));
	}
	if (next)
		term_field(out, 0, "next", "%s %s; %zu step%s left",
			   rec_action_name(next->plan.action), CLEAN(next->plan.device), left,
			   left == 1 ? "" : "s");
}

static void put_stage(const struct term *out, const struct story_stage *stage, u64 now_ns)
{
	char ago[48] = "";

	if (now_ns > stage->mono_ns)
		snprintf(ago, sizeof(ago), " (%s ago)", DURATION(now_ns - stage->mono_ns));
	term_field(out, 0, "stage", "%s%s%s%s", rec_stage_name(stage->stage.stage),
		   stage->stage.text[0] ? ": " : "", CLEAN(stage->stage.text), ago);
}

int report_status_text(const struct term *out, const struct verdict *v,
		       const struct report_source *source, u64 now_ns, bool verbose)
{
	const struct story *story = v->story;
	const struct story_stage *stage = report_last_stage(story);
	size_t i;
	int r;

	report_verdict_text(out, v);
	r = report_devices_table(out, v, verbose ? SIZE_MAX : REPORT_ROOM);
	if (r < 0)
		return r;
	report_findings_text(out, v);
	term_put(out, TERM_NORMAL, "\n");
	put_dma(out, story, &v->totals);
	put_driverless(out, story);
	if (stage)
		put_stage(out, stage, now_ns);
	put_next(out, story, now_ns);
	report_took_text(out, story, &v->totals);
	report_source_text(out, source);
	for (i = 0; i < story->n_smmus; i++)
		report_smmu_line(out, &story->smmus[i], i ? "" : "SMMUs");
	report_channels_text(out, story);
	if (verbose)
		report_details_text(out, v);
	return term_end(out);
}

/* The same three answers for programs. */
static void put_now_json(struct jsonw *w, const struct story *story, const struct report_totals *t)
{
	const struct story_step *running = report_step_running(story);
	size_t i;

	if (story->n_stages) {
		jsonw_bool(w, "stage_over", report_stage_over(story));
		jsonw_u64(w, "steps_left",
			  report_stage_over(story) ? 0 : report_count_steps(story).left);
	}
	if (running) {
		jsonw_string(w, "running_action", rec_action_name(running->plan.action));
		jsonw_string(w, "running_device", running->plan.device);
	}
	if (t->state != ADOPT_ADOPTED)
		return;
	jsonw_array_begin(w, "not_stopped");
	for (i = 0; i < story->n_devices; i++) {
		const struct report_device *d = story->devices[i].facts;

		if (d->loose == REPORT_LOOSE_YES)
			jsonw_string(w, NULL, d->device->last.name);
	}
	jsonw_array_end(w);
}

int report_status_json(FILE *out, const struct verdict *v, const struct report_source *source)
{
	const struct story *story = v->story;
	const struct story_stage *stage = report_last_stage(story);
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_STATUS);
	report_source_json(&w, source);
	report_json_head(&w, v);
	if (stage) {
		jsonw_string(&w, "stage", rec_stage_name(stage->stage.stage));
		if (stage->stage.text[0])
			jsonw_string(&w, "stage_text", stage->stage.text);
	}
	put_now_json(&w, story, &v->totals);
	report_json_findings(&w, v);
	jsonw_array_begin(&w, "smmus");
	for (i = 0; i < story->n_smmus; i++) {
		jsonw_object_begin(&w, NULL);
		report_json_smmu_head(&w, &story->smmus[i]);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "devices");
	for (i = 0; i < story->n_devices; i++)
		report_json_device(&w, &story->devices[i], &v->totals);
	jsonw_array_end(&w);
	report_json_channels(&w, story);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

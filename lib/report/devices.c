// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * devices.c - prints the table of report, status and show: a row for each device, and for each
 * live stream without a known device.
 */
#include "lib/report/text.h"

#include <string.h>

#include "lib/base/duration.h"
#include "lib/story/held.h"

enum report_end report_device_end(const struct report_device *d)
{
	return d->gone && !d->handed_over ? REPORT_END_GONE : d->end;
}

const char *report_crash_word(const struct report_device *d)
{
	return d->bridge ? "bridge" : !d->live_known ? "unknown" : d->live ? "live" : "no DMA";
}

const char *report_stopped_word(char buf[32], const struct report_device *d,
				enum term_style *ret_style)
{
	bool no = d->loose == REPORT_LOOSE_YES || (d->handed_over && d->live);

	*ret_style = TERM_NORMAL;
	if (d->bridge)
		return "-";
	if (d->on_again) {
		*ret_style = TERM_BAD;
		return "on-again";
	}
	if (d->quiesce && d->quiesced) {
		*ret_style = d->quiesced_in_time ? TERM_GOOD : TERM_WARN;
		return d->quiesced_in_time ? "yes" : "late";
	}
	if (held_outcome_is(d->quiesce, REC_STEP_SKIPPED) && d->live_known && !d->live)
		return "not needed";
	if (d->quiesce) {
		*ret_style = TERM_BAD;
		(void)snprintf(buf, 32, "no: %s", report_step_outcome(d->quiesce));
		return buf;
	}
	if (d->loose == REPORT_LOOSE_UNKNOWN) {
		*ret_style = TERM_WARN;
		return "unknown";
	}
	*ret_style = no ? TERM_BAD : TERM_NORMAL;
	return no ? "no" : "-";
}

/* "after 25 ms", from the daemon's start. */
static void add_stopped(struct term_table *table, const struct verdict *v,
			const struct report_device *d)
{
	const struct report_totals *t = &v->totals;
	enum term_style style;
	char buf[32];
	const char *word = report_stopped_word(buf, d, &style);

	if (d->on_again && d->on_again_ns && t->has_start && d->quiesce->end_ns >= t->start_ns)
		term_cell(table, style, "%s to %s", DURATION(d->quiesce->end_ns - t->start_ns),
			  DURATION(d->on_again_ns - t->start_ns));
	else if (!d->bridge && d->quiesced && !d->on_again && t->has_start &&
		 d->quiesce->end_ns >= t->start_ns)
		term_cell(table, style, "%s %s", d->quiesced_in_time ? "after" : "late,",
			  DURATION(d->quiesce->end_ns - t->start_ns));
	else
		term_cell(table, style, "%s", word);
}

static void add_now(struct term_table *table, const struct report_device *d)
{
	enum report_end end = report_device_end(d);
	bool bad = d->loose == REPORT_LOOSE_YES || d->lost || d->gone;

	term_cell(table, bad ? TERM_BAD : TERM_NORMAL, "%s%s%s%s", report_end_name(end),
		  d->driver[0] ? " " : "", d->driver, d->device->dump_path ? ", dump path" : "");
}

void report_rows_begin(struct term_table *table, const struct verdict *v)
{
	static const char *const titles[] = { "+SMMU",	  "DEVICE",	 "TYPE",
					      "AT-CRASH", "DMA-STOPPED", "NOW" };
	bool several = v->story->n_smmus > 1;
	size_t i;

	*table = (struct term_table){ .titles = { NULL } };
	for (i = 0; i + !several < sizeof(titles) / sizeof(titles[0]); i++)
		table->titles[i] = titles[i + !several];
}

void report_rows_device(struct term_table *table, const struct verdict *v,
			const struct story_device *device)
{
	const struct rec_device *rec = &device->last;
	const char *class = rec->class_code ? report_pci_class(rec->class_code) : NULL;
	struct report_device d;

	report_device_facts(v->story, device, &d);
	if (v->story->n_smmus > 1)
		term_cell(table, TERM_NORMAL, "%u", rec->smmu);
	term_cell(table, TERM_BOLD, "%s", rec->name);
	term_cell(table, TERM_NORMAL, "%s", class ? class : rec->bus[0] ? rec->bus : "-");
	term_cell(table, TERM_NORMAL, "%s", report_crash_word(&d));
	add_stopped(table, v, &d);
	add_now(table, &d);
}

void report_rows_stream(struct term_table *table, const struct verdict *v,
			const struct story_stream *s)
{
	const struct story *story = v->story;
	int live = report_stream_at_crash(story, s);

	if (story->n_smmus > 1)
		term_cell(table, TERM_NORMAL, "%u", s->smmu);
	term_cell(table, TERM_BOLD, "SID 0x%x", s->sid);
	term_cell(table, TERM_NORMAL, "no known device");
	term_cell(table, TERM_NORMAL, live < 0 ? "unknown" : live ? "live" : "no DMA");
	/* A device that is not known cannot be stopped. */
	term_cell(table, live > 0 ? TERM_BAD : TERM_NORMAL, live > 0 ? "no" : "-");
	term_cell(table, TERM_NORMAL, "%s", report_end_name(report_stream_end(story, s)));
}

/* If there are many devices, those that need attention come first. */
static bool needs_a_look(const struct story *story, const struct story_device *device)
{
	struct report_device d;

	report_device_facts(story, device, &d);
	return device->dump_path || d.gone || d.loose != REPORT_LOOSE_NO ||
	       (d.quiesce && !d.quiesced);
}

static size_t add_streams(struct term_table *table, const struct verdict *v, size_t room)
{
	const struct story *story = v->story;
	size_t i, n = 0;

	for (i = 0; i < story->n_streams && n < room; i++) {
		const struct story_stream *s = &story->streams[i];

		if (!report_stream_alone(s))
			continue;
		report_rows_stream(table, v, s);
		n++;
	}
	return n;
}

/* Explain the words that occur in the table. */
static void put_legend(const struct term *out, const struct story *story)
{
	bool used[REPORT_END_MAX + 1] = { false };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct report_device d;
	u32 end;
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		report_device_facts(story, &story->devices[i], &d);
		used[report_device_end(&d)] = true;
		used[REPORT_END_BRIDGE] |= d.bridge;
	}
	for (i = 0; i < story->n_streams; i++)
		if (report_stream_alone(&story->streams[i]))
			used[report_stream_end(story, &story->streams[i])] = true;
	for (end = 0; end <= REPORT_END_MAX; end++) {
		if (!used[end] || !report_end_brief(end))
			continue;
		strbuf_join(&text, "; ", report_end_name(end));
		strbuf_printf(&text, ": %s", report_end_brief(end));
	}
	if (text.len)
		term_paragraph(out, 0, strbuf_text(&text));
}

int report_devices_table(const struct term *out, const struct verdict *v, size_t room)
{
	const struct story *story = v->story;
	_cleanup_table_ struct term_table table;
	bool crowded = story->n_devices > room;
	size_t i, rows = 0;
	int pass, r;

	report_rows_begin(&table, v);
	for (pass = crowded ? 0 : 1; pass < 2; pass++) {
		for (i = 0; i < story->n_devices && rows < room; i++) {
			if (crowded && needs_a_look(story, &story->devices[i]) != !pass)
				continue;
			report_rows_device(&table, v, &story->devices[i]);
			rows++;
		}
	}
	rows += add_streams(&table, v, room);
	if (!rows)
		return 0;
	term_put(out, TERM_NORMAL, "\n");
	r = term_table_print(out, &table, 0, true);
	if (crowded)
		term_printf(
			out, TERM_NORMAL,
			"and %zu more devices; --verbose shows all, \"show DEVICE\" shows one\n",
			story->n_devices - room);
	put_legend(out, story);
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * devices.c - prints the table of report, status and show: a row for each device, and for each
 * live stream without a known device.
 */
#include "lib/report/text.h"

#include <string.h>

#include "lib/base/duration.h"
#include "lib/story/held.h"

/* ---- the words of the cells, and what a legend says of them ---- */

struct word {
	const char *word, *legend; /* legend NULL: the word says it */
	enum term_style style;
};

static const struct word crash_words[] = {
	[CRASH_LIVE] = { "live", "the crashed kernel's entry let its DMA through", TERM_NORMAL },
	[CRASH_NO_DMA] = { "no DMA", "the crashed kernel's entry refused it", TERM_NORMAL },
	[CRASH_UNKNOWN] = { "unknown", "its entry at the crash is not known", TERM_NORMAL },
	[CRASH_BRIDGE] = { "bridge", "left alone", TERM_NORMAL },
};

static const struct word stopped_words[] = {
	[STOPPED_NONE] = { "-", NULL, TERM_NORMAL },
	[STOPPED_YES] = { "yes", NULL, TERM_GOOD },
	[STOPPED_LATE] = { "late", "only after its driver came", TERM_WARN },
	[STOPPED_ON_AGAIN] = { "on-again", "stopped, and on again later", TERM_BAD },
	[STOPPED_NOT_NEEDED] = { "not needed", "it did no DMA at the crash", TERM_NORMAL },
	[STOPPED_FAILED] = { "no", NULL, TERM_BAD },
	[STOPPED_NO] = { "no", NULL, TERM_BAD },
	[STOPPED_UNKNOWN] = { "unknown", NULL, TERM_WARN },
};

enum report_end report_device_end(const struct report_device *d)
{
	return d->gone && !d->handed_over ? REPORT_END_GONE : d->end;
}

static enum report_crash_word crash_word(const struct report_device *d)
{
	return d->bridge	? CRASH_BRIDGE
	       : !d->live_known ? CRASH_UNKNOWN
	       : d->live	? CRASH_LIVE
				: CRASH_NO_DMA;
}

const char *report_crash_word(const struct report_device *d)
{
	return crash_words[crash_word(d)].word;
}

static enum report_stopped_word stopped_word(const struct report_device *d)
{
	if (d->bridge)
		return STOPPED_NONE;
	if (d->on_again)
		return STOPPED_ON_AGAIN;
	if (d->quiesce && d->quiesced)
		return d->quiesced_in_time ? STOPPED_YES : STOPPED_LATE;
	if (held_outcome_is(d->quiesce, REC_STEP_SKIPPED) && d->live_known && !d->live)
		return STOPPED_NOT_NEEDED;
	if (d->quiesce)
		return STOPPED_FAILED;
	if (d->loose == REPORT_LOOSE_UNKNOWN)
		return STOPPED_UNKNOWN;
	return d->loose == REPORT_LOOSE_YES || (d->handed_over && d->live) ? STOPPED_NO
									   : STOPPED_NONE;
}

const char *report_stopped_word(char buf[32], const struct report_device *d)
{
	enum report_stopped_word word = stopped_word(d);

	if (word != STOPPED_FAILED)
		return stopped_words[word].word;
	(void)snprintf(buf, 32, "no: %s", report_step_outcome(d->quiesce));
	return buf;
}

bool report_stopped_cell(char buf[REPORT_CELL_BYTES], const struct report_totals *t,
			 const struct report_device *d)
{
	enum report_stopped_word word = stopped_word(d);
	bool timed = t->has_start && (word == STOPPED_YES || word == STOPPED_LATE ||
				      (word == STOPPED_ON_AGAIN && d->on_again_ns));
	u64 ns = timed && d->quiesce->end_ns >= t->start_ns ? d->quiesce->end_ns - t->start_ns : 0;
	char plain[32];

	if (!timed || d->quiesce->end_ns < t->start_ns) {
		(void)snprintf(buf, REPORT_CELL_BYTES, "%s", report_stopped_word(plain, d));
		return false;
	}
	if (word == STOPPED_ON_AGAIN)
		(void)snprintf(buf, REPORT_CELL_BYTES, "%s to %s", DURATION(ns),
			       DURATION(d->on_again_ns - t->start_ns));
	else
		(void)snprintf(buf, REPORT_CELL_BYTES, "%s %s",
			       word == STOPPED_YES ? "after" : "late,", DURATION(ns));
	return true;
}

/* ---- the rows ---- */

static void add_stopped(struct report_rows *rows, const struct verdict *v,
			const struct report_device *d)
{
	enum report_stopped_word word = stopped_word(d);
	char cell[REPORT_CELL_BYTES];

	bool timed = report_stopped_cell(cell, &v->totals, d);

	rows->times |= timed;
	rows->spans |= timed && word == STOPPED_ON_AGAIN;
	rows->stopped[word] |= !timed || word != STOPPED_ON_AGAIN;
	term_cell(&rows->table, stopped_words[word].style, "%s", cell);
}

static void add_now(struct report_rows *rows, const struct report_device *d)
{
	enum report_end end = report_device_end(d);
	bool bad = d->loose == REPORT_LOOSE_YES || d->lost || d->gone;

	rows->ends[end] = true;
	rows->dump_path |= d->device->dump_path;
	term_cell(&rows->table, bad ? TERM_BAD : TERM_NORMAL, "%s%s%s%s", report_end_name(end),
		  d->driver[0] ? " " : "", d->driver, d->device->dump_path ? ", dump path" : "");
}

void report_rows_begin(struct report_rows *rows, const struct verdict *v)
{
	static const char *const titles[] = { "+SMMU",	  "DEVICE",	 "TYPE",
					      "AT-CRASH", "DMA-STOPPED", "NOW" };
	bool several = v->story->n_smmus > 1;
	size_t i;

	*rows = (struct report_rows){ .times = false };
	for (i = 0; i + !several < sizeof(titles) / sizeof(titles[0]); i++)
		rows->table.titles[i] = titles[i + !several];
}

void report_rows_device(struct report_rows *rows, const struct verdict *v,
			const struct story_device *device)
{
	const struct report_device *d = device->facts;
	struct term_table *table = &rows->table;
	const struct rec_device *rec = &device->last;
	const char *class = rec->class_code ? report_pci_class(rec->class_code) : NULL;

	if (v->story->n_smmus > 1)
		term_cell(table, TERM_NORMAL, "%u", rec->smmu);
	term_cell(table, TERM_BOLD, "%s", rec->name);
	term_cell(table, TERM_NORMAL, "%s", class ? class : rec->bus[0] ? rec->bus : "-");
	rows->crash[crash_word(d)] = true;
	term_cell(table, TERM_NORMAL, "%s", report_crash_word(d));
	add_stopped(rows, v, d);
	add_now(rows, d);
}

void report_rows_stream(struct report_rows *rows, const struct verdict *v,
			const struct story_stream *s)
{
	const struct story *story = v->story;
	int live = report_stream_at_crash(story, s);
	enum report_crash_word word = live < 0 ? CRASH_UNKNOWN : live ? CRASH_LIVE : CRASH_NO_DMA;
	enum report_end end = report_stream_end(story, s);
	struct term_table *table = &rows->table;

	if (story->n_smmus > 1)
		term_cell(table, TERM_NORMAL, "%u", s->smmu);
	term_cell(table, TERM_BOLD, "SID 0x%x", s->sid);
	term_cell(table, TERM_NORMAL, "no known device");
	rows->crash[word] = rows->ends[end] = true;
	term_cell(table, TERM_NORMAL, "%s", crash_words[word].word);
	/* A device that is not known cannot be stopped. */
	term_cell(table, live > 0 ? TERM_BAD : TERM_NORMAL, live > 0 ? "no" : "-");
	term_cell(table, TERM_NORMAL, "%s", report_end_name(end));
}

/* If there are many devices, those that need attention come first. */
static bool needs_a_look(const struct story_device *device)
{
	const struct report_device *d = device->facts;

	return device->dump_path || d->gone || d->loose != REPORT_LOOSE_NO ||
	       (d->quiesce && !d->quiesced);
}

static size_t add_streams(struct report_rows *rows, const struct verdict *v, size_t room)
{
	const struct story *story = v->story;
	size_t i, n = 0;

	for (i = 0; i < story->n_streams && n < room; i++) {
		const struct story_stream *s = &story->streams[i];

		if (!report_stream_alone(s))
			continue;
		report_rows_stream(rows, v, s);
		n++;
	}
	return n;
}

static void explain(struct strbuf *text, const char *word, const char *legend)
{
	if (!legend)
		return;
	strbuf_join(text, "; ", word);
	strbuf_printf(text, ": %s", legend);
}

static void put_legend_line(const struct term *out, const char *title, struct strbuf *text)
{
	if (text->len)
		term_field(out, 0, title, "%s", strbuf_text(text));
	strbuf_reset(text);
}

/* Explain the words that occur in the table. */
static void put_legend(const struct term *out, const struct report_rows *rows)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	u32 i;

	for (i = 0; i <= CRASH_MAX; i++)
		if (rows->crash[i])
			explain(&text, crash_words[i].word, crash_words[i].legend);
	put_legend_line(out, "AT-CRASH", &text);
	if (rows->times)
		strbuf_puts(&text, "times count from the daemon's start");
	if (rows->spans)
		explain(&text, "A to B", "stopped at A, on again at B");
	for (i = 0; i <= STOPPED_MAX; i++)
		if (rows->stopped[i])
			explain(&text, stopped_words[i].word, stopped_words[i].legend);
	put_legend_line(out, "DMA-STOPPED", &text);
	for (i = 0; i <= REPORT_END_MAX; i++)
		if (rows->ends[i])
			explain(&text, report_end_name(i), report_end_brief(i));
	if (rows->dump_path)
		explain(&text, "dump path", "the dump is written through it");
	put_legend_line(out, "NOW", &text);
}

int report_rows_print(const struct term *out, struct report_rows *rows)
{
	int r = term_table_print(out, &rows->table, 0, true);

	put_legend(out, rows);
	return r;
}

int report_devices_table(const struct term *out, const struct verdict *v, size_t room)
{
	const struct story *story = v->story;
	_cleanup_rows_ struct report_rows rows;
	bool crowded = story->n_devices > room;
	size_t i, n = 0;
	int pass, r;

	report_rows_begin(&rows, v);
	for (pass = crowded ? 0 : 1; pass < 2; pass++) {
		for (i = 0; i < story->n_devices && n < room; i++) {
			if (crowded && needs_a_look(&story->devices[i]) != !pass)
				continue;
			report_rows_device(&rows, v, &story->devices[i]);
			n++;
		}
	}
	n += add_streams(&rows, v, room);
	if (!n)
		return 0;
	term_put(out, TERM_NORMAL, "\n");
	r = report_rows_print(out, &rows);
	if (crowded)
		term_printf(
			out, TERM_NORMAL,
			"and %zu more devices; --verbose shows all, \"show DEVICE\" shows one\n",
			story->n_devices - room);
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * about.c - prints the end of the report: the machine, the times, how long the daemon took, and
 * where the records are. Status prints the last two, too.
 */
#include "lib/report/text.h"

#include "lib/base/duration.h"

void report_smmu_line(const struct term *out, const struct story_smmu *smmu, const char *label)
{
	const struct rec_smmu *rec = report_smmu_last(smmu);

	term_field(out, 0, label, "%u %s: %s, %s", smmu->smmu, CLEAN(rec->name),
		   adopt_state_name(rec->state), adopt_reason_text(rec->reason));
}

/* The kernel that crashed, when, and when that was recorded. */
static void put_times(const struct term *out, const struct story *story)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	u64 from, to;

	if (story->has_crashed)
		report_crashed(&story->crashed, &text);
	if (text.len)
		term_field(out, 0, "crashed", "%s", strbuf_text(&text));
	report_recorded(story, &from, &to);
	if (DATE(from)[0])
		term_field(out, 0, "recorded", "%s UTC%s%s%s", DATE(from), from == to ? "" : " to ",
			   from == to ? "" : DATE(to), from == to ? "" : " UTC");
}

static void put_known(const struct term *out, const char *label, const char *text,
		      const char *why_not)
{
	if (text)
		term_field(out, 0, label, "%s", CLEAN(text));
	else if (why_not)
		term_field(out, 0, label, "not known: %s", CLEAN(why_not));
}

static void put_dump(const struct term *out, const struct verdict_about *about)
{
	_cleanup_strbuf_ struct strbuf size = { 0 };

	if (!about->dump)
		return;
	if (!about->dump[0]) {
		term_field(out, 0, "dump", "none in this folder");
		return;
	}
	strbuf_size(&size, about->dump_bytes);
	term_field(out, 0, "dump", "%s, %s, %s%s", CLEAN(about->dump), strbuf_text(&size),
		   about->dump_lacks[0] ? "NOT complete: " : "complete", CLEAN(about->dump_lacks));
}

/* Which machine, when, which programs. */
void report_about_text(const struct term *out, const struct verdict *v)
{
	const struct story *story = v->story;
	const struct rec_file *any = story->has_daemon ? &story->daemon : &story->helper;
	size_t i;

	term_put(out, TERM_NORMAL, "\n");
	put_known(out, "host", v->about.host, v->about.no_host);
	if (story->has_daemon || story->has_helper)
		term_field(out, 0, "kernel", "%s, %s", CLEAN(any->kernel),
			   any->capture ? "kdump capture kernel" : "not a capture kernel");
	put_times(out, story);
	put_known(out, "panic", v->about.panic, v->about.no_panic);
	put_dump(out, &v->about);
	/* The head of a log's report has their lines already. */
	if (!story->log) {
		term_field(out, 0, "helper", "%s",
			   story->has_helper ? CLEAN(story->helper.program) : "no records");
		term_field(out, 0, "daemon", "%s",
			   story->has_daemon ? CLEAN(story->daemon.program) : "no records");
	}
	for (i = 0; i < story->n_smmus; i++)
		report_smmu_line(out, &story->smmus[i], i ? "" : "SMMUs");
}

/* How far the daemon came, and how long that took. */
void report_took_text(const struct term *out, const struct story *story,
		      const struct report_totals *t)
{
	struct report_steps steps = report_count_steps(story);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (steps.all)
		term_field(out, 0, "steps", "%s", report_steps_text(&text, &steps));
	if (!story->has_usage)
		return;
	strbuf_reset(&text);
	report_took_words(story, t, &text);
	if (text.len)
		term_field(out, 0, "took", "%s", strbuf_text(&text));
}

/* The channels by which the records leave the machine. A channel without a record is not shown. */
void report_channels_text(const struct term *out, const struct story *story)
{
	_cleanup_table_ struct term_table table = { .titles = { "CHANNEL", "STATE", "WHERE" } };
	u32 i;

	for (i = 1; i <= REC_CHANNEL_MAX; i++) {
		const struct rec_channel *c = &story->channels[i];

		if (!c->state)
			continue;
		term_cell(&table, TERM_NORMAL, "%s", rec_channel_name(i));
		term_cell(&table, TERM_NORMAL, "%s", rec_channel_state_name(c->state));
		term_cell(&table, TERM_NORMAL, "%s", c->text[0] ? c->text : "-");
	}
	if (!table.text.len)
		return;
	term_put(out, TERM_BOLD, "\nWhere these records are\n");
	(void)term_table_print(out, &table, 2, false);
}

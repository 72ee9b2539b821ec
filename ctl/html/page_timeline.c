// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_timeline.c - the section of the timeline, with two scales. One shows the whole capture, on
 * the capture kernel's clock, which starts right after the panic. The other shows the daemon's
 * work, a lane for each device, in milliseconds from its start.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/html/page_private.h"
#include "lib/base/duration.h"

#define MARKS 40
#define ROWS 12
#define MARK_WIDTH 8.0 /* width of a mark in a narrow window, in percent */

struct mark {
	u64 ns;
	const char *label, *text;
};

static int by_time(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* The position of @ns on the track, in percent. */
static double across(u64 ns, u64 end)
{
	return (double)ns / (double)(end ? end : 1) * 100;
}

/* Collect the marks, sorted by time. Of all attaches only the first and the last get one. */
static size_t gather(const struct html_page *p, struct mark m[MARKS])
{
	const struct story *s = p->story;
	u64 first = 0, last = 0;
	size_t n = 0, i;

	m[n++] = (struct mark){ 0, "the capture kernel starts, right after the panic", "" };
	for (i = 0; i < s->n_smmus && n < 8; i++)
		if (s->smmus[i].has_crash)
			m[n++] = (struct mark){ s->smmus[i].crash_ns, "snapshot of the tables: ",
						adopt_state_name(s->smmus[i].crash.state) };
	for (i = 0; i < s->n_devices; i++) {
		u64 ns = s->devices[i].attach_ns;

		if (!ns)
			continue;
		first = !first || ns < first ? ns : first;
		last = ns > last ? ns : last;
	}
	if (first)
		m[n++] = (struct mark){ first, "first device under its new entry", "" };
	if (last != first)
		m[n++] = (struct mark){ last, "last device under its new entry", "" };
	for (i = 0; i < s->n_stages && n < MARKS; i++)
		m[n++] = (struct mark){ s->stages[i].mono_ns,
					rec_stage_name(s->stages[i].stage.stage),
					s->stages[i].stage.text };
	qsort(m, n, sizeof(*m), by_time);
	return n;
}

/* The distance of the grid lines, for 3 to 6 lines: 1, 2, 5, 10, ... */
static u64 grid_step(u64 end)
{
	static const u32 factors[] = { 1, 2, 5 };
	u64 unit = 1000000, step = unit;
	int i;

	for (i = 0; end / step > 5; i++) {
		if (i % 3 == 2)
			unit *= 10;
		step = unit * factors[(i + 1) % 3];
	}
	return step;
}

/* The scale above a track, with lines that go down through it. */
static void put_scale(struct html_page *p, u64 end)
{
	u64 step = grid_step(end), ns;

	html_raw(&p->h, "<div class=\"axis\"><span></span><div>");
	for (ns = 0; ns <= end; ns += step) {
		html_markup(&p->h, "<i style=\"left:%.2f%%\"></i><b style=\"left:%.2f%%\">",
			    across(ns, end), across(ns, end));
		if (step >= 1000000000)
			html_textf(&p->h, "%llu s", (ns / 1000000000));
		else if (end >= 1000000000)
			html_textf(&p->h, "%.1f s", (double)ns / 1e9);
		else
			html_textf(&p->h, "%llu ms", (ns / 1000000));
		html_raw(&p->h, "</b>");
	}
	html_raw(&p->h, "</div></div>\n");
}

/* Write a part of a track, with a word for readers who see no colours. */
static void put_part(struct html_page *p, u64 from, u64 to, u64 end, int kind, const char *word)
{
	if (to <= from)
		return;
	html_markup(&p->h, "<i class=\"k%d\" style=\"left:%.2f%%;width:%.2f%%\">", kind,
		    across(from, end), across(to - from, end));
	html_text(&p->h, word);
	html_raw(&p->h, "</i>");
}

/* Marks that would overlap are put into rows below each other. */
static void put_marks(struct html_page *p, const struct mark *m, size_t n, u64 end)
{
	double last[ROWS];
	size_t i;
	int row, used = 1;

	for (row = 0; row < ROWS; row++)
		last[row] = -100;
	html_raw(&p->h, "<div class=\"lane marks\"><span>marks</span><div>");
	for (i = 0; i < n; i++) {
		double x = across(m[i].ns, end);

		for (row = 0; row + 1 < ROWS && x - last[row] < MARK_WIDTH; row++)
			;
		last[row] = x;
		used = row + 1 > used ? row + 1 : used;
		html_markup(&p->h, "<em class=\"r%d\" style=\"left:%.2f%%\">%zu</em>", row, x,
			    i + 1);
	}
	html_markup(&p->h, "<u class=\"r%d\"></u></div></div>\n", used);
}

static void put_list(struct html_page *p, const struct mark *m, size_t n)
{
	size_t i;

	html_raw(&p->h, "<ol class=\"marks\">");
	for (i = 0; i < n; i++) {
		html_raw(&p->h, "<li><b>");
		html_text(&p->h, MOMENT(m[i].ns));
		html_raw(&p->h, "</b> ");
		html_text(&p->h, m[i].label);
		if (m[i].text[0] && m[i].label[strlen(m[i].label) - 1] != ' ')
			html_raw(&p->h, ": ");
		html_text(&p->h, m[i].text);
		html_raw(&p->h, "</li>\n");
	}
	html_raw(&p->h, "</ol>\n");
}

static void put_whole(struct html_page *p)
{
	struct mark m[MARKS];
	size_t n = gather(p, m), i;
	u64 end = m[n - 1].ns, done = 0, start = p->totals.has_start ? p->totals.start_ns : 0;

	if (n < 2)
		return; /* there is only the start */
	for (i = 0; i < p->story->n_stages; i++)
		if (p->story->stages[i].stage.stage >= REC_STAGE_DONE && !done)
			done = p->story->stages[i].mono_ns;
	end += end / 50 + 1000000;
	html_raw(&p->h, "<h3>From the panic to the saved dump, on the capture kernel's clock</h3>"
			"<div class=\"time\">\n");
	put_scale(p, end);
	html_raw(&p->h, "<div class=\"lane whole\"><span>capture kernel</span><div>");
	put_part(p, 0, start ? start : m[n - 1].ns, end, 0, "boots");
	if (start)
		put_part(p, start, done, end, 1, "daemon");
	if (done)
		put_part(p, done, m[n - 1].ns, end, 3, "writes the dump");
	html_raw(&p->h, "</div></div>\n");
	put_marks(p, m, n, end);
	html_raw(&p->h, "</div>\n");
	put_list(p, m, n);
}

static int kind_of(const struct story_step *s)
{
	if (s->ended &&
	    (s->result.outcome == REC_STEP_FAILED || s->result.outcome == REC_STEP_TIMEOUT))
		return 5;
	switch (s->plan.action) {
	case REC_ACT_HOLD: return 0;
	case REC_ACT_QUIESCE:
	case REC_ACT_FLR: return 1;
	case REC_ACT_DOMAIN:
	case REC_ACT_LOAD: return 2;
	case REC_ACT_BIND: return 3;
	default: return 4;
	}
}

static void put_step(struct html_page *p, const struct story_step *s, u64 start, u64 end)
{
	u64 to = s->ended ? s->end_ns : s->begin_ns, from = s->begin_ns;

	if (!s->begun || from < start || to < from)
		return;
	html_markup(&p->h, "<i class=\"k%d\" style=\"left:%.2f%%;width:%.2f%%\" title=\"",
		    kind_of(s), across(from - start, end), across(to - from, end));
	html_textf(&p->h, "%s %s: %s, %s", rec_action_name(s->plan.action), s->plan.device,
		   report_step_outcome(s), DURATION(to - from));
	html_raw(&p->h, "\"></i>");
}

/* Returns the step of @device that began next after @last; NULL: none. */
static const struct story_step *next_step(const struct html_page *p, const char *device,
					  const struct story_step *last)
{
	const struct story_step *best = NULL;
	u32 action;

	for (action = 1; action <= REC_ACT_MAX; action++) {
		const struct story_step *s = story_step_of(p->story, device, action);

		if (!s || !s->begun ||
		    (last && (s->begin_ns < last->begin_ns ||
			      (s->begin_ns == last->begin_ns && s <= last))))
			continue;
		if (!best || s->begin_ns < best->begin_ns ||
		    (s->begin_ns == best->begin_ns && s < best))
			best = s;
	}
	return best;
}

/* Describe the bars in words: a step that succeeded by its name, others also by their outcome. */
static void put_words(struct html_page *p, const struct story_device *d)
{
	const struct story_step *s = NULL;
	bool first = true;

	html_raw(&p->h, "<small>");
	while ((s = next_step(p, d->last.name, s))) {
		html_raw(&p->h, first ? "" : ", ");
		first = false;
		if (s->ended && s->result.outcome == REC_STEP_DONE) {
			html_text(&p->h, rec_action_name(s->plan.action));
			continue;
		}
		html_raw(&p->h, "<b>");
		html_textf(&p->h, "%s %s", rec_action_name(s->plan.action), report_step_outcome(s));
		html_raw(&p->h, "</b>");
	}
	html_raw(&p->h, d->facts->on_again ? ", <b>then on again</b></small>" : "</small>");
}

static void put_lane(struct html_page *p, const struct story_device *d, u64 end)
{
	u64 start = p->totals.start_ns;
	u32 action;

	html_raw(&p->h, "<div class=\"lane\"><span>");
	html_textf(&p->h, "%.20s", d->last.name);
	html_raw(&p->h, "</span><div>");
	for (action = 1; action <= REC_ACT_MAX; action++) {
		const struct story_step *s = story_step_of(p->story, d->last.name, action);

		if (s)
			put_step(p, s, start, end);
	}
	if (d->attach_ns > start) {
		html_markup(&p->h, "<s style=\"left:%.2f%%\" title=\"",
			    across(d->attach_ns - start, end));
		html_textf(&p->h, "under its new entry, %s", DURATION(d->attach_ns - start));
		html_raw(&p->h, "\"></s>");
	}
	html_raw(&p->h, "</div>");
	put_words(p, d);
	html_raw(&p->h, "</div>\n");
}

static bool has_lane(const struct html_page *p, const struct story_device *d)
{
	u32 action;

	for (action = 1; action <= REC_ACT_MAX; action++)
		if (story_step_of(p->story, d->last.name, action))
			return true;
	return d->attach_ns > p->totals.start_ns;
}

static u64 last_act(const struct html_page *p)
{
	const struct story *s = p->story;
	u64 end = 0;
	size_t i;

	for (i = 0; i < s->n_steps; i++)
		if (s->steps[i].ended && s->steps[i].end_ns > end)
			end = s->steps[i].end_ns;
	for (i = 0; i < s->n_devices; i++)
		if (s->devices[i].attach_ns > end)
			end = s->devices[i].attach_ns;
	return end > p->totals.start_ns ? end - p->totals.start_ns : 0;
}

/* The legend has only the kinds that occur. */
static void put_lanes_legend(struct html_page *p)
{
	static const char *const kinds[] = {
		"hold",	       "quiesce, reset",	"domain, load module",
		"bind driver", "verify, keep, release", "failed or timed out"
	};
	const struct story *s = p->story;
	bool used[6] = { false }, attached = false;
	size_t i;

	for (i = 0; i < s->n_steps; i++)
		if (s->steps[i].begun)
			used[kind_of(&s->steps[i])] = true;
	for (i = 0; i < s->n_devices; i++)
		attached |= s->devices[i].attach_ns > p->totals.start_ns;
	html_raw(&p->h, "<p class=\"legend\">");
	for (i = 0; i < 6; i++) {
		if (!used[i])
			continue;
		html_markup(&p->h, "<span><i class=\"k%zu\"></i>", i);
		html_text(&p->h, kinds[i]);
		html_raw(&p->h, "</span>");
	}
	html_raw(&p->h, attached ? "<span><s></s>under its new entry</span></p>\n" : "</p>\n");
}

static void put_lanes(struct html_page *p)
{
	const struct story *s = p->story;
	size_t i, lanes = 0, shown = 0;
	u64 end = last_act(p);

	if (!p->totals.has_start || !end)
		return;
	end += end / 50;
	for (i = 0; i < s->n_devices; i++)
		lanes += has_lane(p, &s->devices[i]);
	if (!lanes)
		return;
	html_raw(&p->h, "<h3>");
	html_textf(&p->h, "The daemon's work, counted from its start at %s of that clock",
		   MOMENT(p->totals.start_ns));
	html_raw(&p->h, "</h3>\n");
	put_lanes_legend(p);
	html_raw(&p->h, "<div class=\"time work\">\n");
	put_scale(p, end);
	for (i = 0; i < s->n_devices && shown < PAGE_LANES; i++) {
		if (!has_lane(p, &s->devices[i]))
			continue;
		put_lane(p, &s->devices[i], end);
		shown++;
	}
	html_raw(&p->h, "</div>\n");
	if (lanes > shown)
		html_markup(&p->h, "<p>and %zu more devices</p>\n", lanes - shown);
}

void page_timeline(struct html_page *p)
{
	html_raw(&p->h, "<section class=\"card\" id=\"time\"><h2>Timeline</h2>\n");
	put_whole(p);
	put_lanes(p);
	html_raw(&p->h, "</section>\n");
}

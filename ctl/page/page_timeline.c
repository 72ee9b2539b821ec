// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_timeline.c - when what happened. Two scales: the whole capture, on the
 * kernel's clock, which starts right after the panic; and the daemon's work,
 * a lane per device, in milliseconds from its start.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/page/page_private.h"

#define LEFT 150
#define WIDTH 1000
#define LANE 20
#define MARKS 40

struct mark {
	u64 ns;
	const char *label, *text;
};

static int by_time(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static double across(u64 ns, u64 end)
{
	return LEFT + (double)ns / (double)(end ? end : 1) * (WIDTH - LEFT - 20);
}

static double seconds(u64 ns)
{
	return (double)ns / 1e9;
}

/* What is worth a mark, by time; the first attach and the last stand for all. */
static size_t gather(const struct page *p, struct mark m[MARKS])
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

static void put_grid(struct page *p, u64 end, int bottom, bool ms)
{
	u64 step = 1000000, ns;
	static const int factor[] = { 2, 5, 10 };
	int i;

	/* The step that makes 5 to 12 lines. */
	for (i = 0; end / step > 10; i++)
		step = i % 3 == 2 ? step * 2 : step * (u64)factor[i % 3] / (i % 3 == 1 ? 2 : 1);
	for (ns = 0; ns <= end; ns += step) {
		html_markup(&p->h,
			    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"18\" y2=\"%d\"/>"
			    "<text class=\"t\" x=\"%.1f\" y=\"12\" text-anchor=\"middle\">",
			    across(ns, end), across(ns, end), bottom, across(ns, end));
		if (ms)
			html_textf(&p->h, "%llu ms", (unsigned long long)(ns / 1000000));
		else
			html_textf(&p->h, "%.*f s", step < 1000000000 ? 1 : 0, seconds(ns));
		html_raw(&p->h, "</text>");
	}
}

static void put_whole(struct page *p)
{
	struct mark m[MARKS];
	size_t n = gather(p, m), i;
	u64 end = m[n - 1].ns, done = 0, start = p->totals.has_start ? p->totals.start_ns : 0;
	double x, last_x = -100;
	int row = 0;

	for (i = 0; i < p->story->n_stages; i++)
		if (p->story->stages[i].stage.stage >= REC_STAGE_DONE && !done)
			done = p->story->stages[i].mono_ns;
	end += end / 50 + 1000000;
	html_raw(&p->h, "<h3>From the panic to the saved dump</h3><div class=\"wide\">"
			"<svg viewBox=\"0 0 1000 96\" role=\"img\" "
			"aria-label=\"timeline of the whole capture\">");
	put_grid(p, end, 92, false);
	html_raw(&p->h, "<text x=\"0\" y=\"42\">capture kernel</text>");
	html_markup(&p->h,
		    "<rect class=\"k0\" x=\"%d\" y=\"30\" width=\"%.1f\" height=\"16\" rx=\"3\"/>",
		    LEFT, across(start ? start : end, end) - LEFT);
	if (start && done > start)
		html_markup(
			&p->h,
			"<rect class=\"k1\" x=\"%.1f\" y=\"30\" width=\"%.1f\" height=\"16\" rx=\"3\"/>",
			across(start, end), across(done, end) - across(start, end));
	if (done)
		html_markup(
			&p->h,
			"<rect class=\"k3\" x=\"%.1f\" y=\"30\" width=\"%.1f\" height=\"16\" rx=\"3\"/>",
			across(done, end), across(m[n - 1].ns, end) - across(done, end));
	html_raw(&p->h, "<text x=\"0\" y=\"74\">marks, see below</text>");
	for (i = 0; i < n; i++) {
		x = across(m[i].ns, end);
		row = x - last_x < 16 ? row ^ 1 : 0;
		last_x = x;
		html_markup(&p->h,
			    "<circle cx=\"%.1f\" cy=\"%d\" r=\"7.5\" fill=\"var(--a)\"/>"
			    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" "
			    "style=\"fill:var(--card);font-size:9px;font-weight:700\">%zu</text>",
			    x, 64 + 16 * row, x, 67 + 16 * row, i + 1);
	}
	html_raw(
		&p->h,
		"</svg></div><p class=\"legend\"><span><svg class=\"s\" viewBox=\"0 0 16 16\">"
		"<rect class=\"k0\" width=\"16\" height=\"12\" y=\"2\" rx=\"3\"/></svg>boots</span>"
		"<span><svg class=\"s\" viewBox=\"0 0 16 16\"><rect class=\"k1\" width=\"16\" "
		"height=\"12\" y=\"2\" rx=\"3\"/></svg>the daemon works</span><span><svg class=\"s\" "
		"viewBox=\"0 0 16 16\"><rect class=\"k3\" width=\"16\" height=\"12\" y=\"2\" rx=\"3\"/>"
		"</svg>the dump is written, then published</span></p><ol class=\"marks\">");
	for (i = 0; i < n; i++) {
		html_markup(&p->h, "<li><b>%.3f s</b> ", seconds(m[i].ns));
		html_text(&p->h, m[i].label);
		if (m[i].text[0] && m[i].label[strlen(m[i].label) - 1] != ' ')
			html_raw(&p->h, ": ");
		html_text(&p->h, m[i].text);
		html_raw(&p->h, "</li>\n");
	}
	html_raw(&p->h, "</ol>\n");
}

static int kind_of(const struct story_step *s)
{
	if (s->ended &&
	    (s->result.outcome == REC_STEP_FAILED || s->result.outcome == REC_STEP_TIMEOUT))
		return 5;
	switch (s->plan.action) {
	case REC_ACT_HOLD: return 0;
	case REC_ACT_CONTAIN:
	case REC_ACT_FLR: return 1;
	case REC_ACT_DOMAIN:
	case REC_ACT_LOAD: return 2;
	case REC_ACT_BIND: return 3;
	default: return 4;
	}
}

static void put_step(struct page *p, const struct story_step *s, u64 start, u64 end, int y)
{
	u64 to = s->ended ? s->end_ns : s->begin_ns, from = s->begin_ns;
	double x, w;

	if (!s->begun || from < start || to < from)
		return;
	x = across(from - start, end);
	w = across(to - start, end) - x;
	html_markup(
		&p->h,
		"<rect class=\"k%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"12\" rx=\"2\"><title>",
		kind_of(s), x, y, w < 3 ? 3 : w);
	html_textf(&p->h, "%s %s: %s, %.1f ms", rec_action_name(s->plan.action), s->plan.device,
		   report_step_outcome(s), (double)(to - from) / 1e6);
	html_raw(&p->h, "</title></rect>");
}

/* The steps of one device; the array is sorted by step, so each lane looks through all of it. */
static void put_lane(struct page *p, const struct story_device *d, u64 end, int y)
{
	u64 start = p->totals.start_ns;
	u32 action;
	double x;

	html_markup(&p->h, "<text x=\"0\" y=\"%d\">", y + 10);
	html_textf(&p->h, "%.20s", d->last.name);
	html_raw(&p->h, "</text>");
	for (action = 1; action <= REC_ACT_MAX; action++) {
		const struct story_step *s = story_step_of(p->story, d->last.name, action);

		if (s)
			put_step(p, s, start, end, y);
	}
	if (d->attach_ns <= start)
		return;
	x = across(d->attach_ns - start, end);
	html_markup(
		&p->h,
		"<path d=\"M%.1f %dl6 6-6 6-6-6z\" fill=\"var(--ink)\"><title>under its new entry, "
		"%.1f ms</title></path>",
		x, y, (double)(d->attach_ns - start) / 1e6);
}

static bool has_lane(const struct page *p, const struct story_device *d)
{
	u32 action;

	for (action = 1; action <= REC_ACT_MAX; action++)
		if (story_step_of(p->story, d->last.name, action))
			return true;
	return d->attach_ns > p->totals.start_ns;
}

static u64 last_act(const struct page *p)
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

static void put_lanes(struct page *p)
{
	static const char *const kinds[] = {
		"hold",	       "contain, reset",	"domain, load module",
		"bind driver", "verify, keep, release", "failed or timed out"
	};
	const struct story *s = p->story;
	size_t i, lanes = 0;
	u64 end = last_act(p);
	int k, y = 22;

	if (!p->totals.has_start || !end)
		return;
	end += end / 50;
	for (i = 0; i < s->n_devices && lanes < PAGE_LANES; i++)
		lanes += has_lane(p, &s->devices[i]);
	if (!lanes)
		return;
	html_raw(&p->h, "<h3>The daemon's work, from its start</h3><p class=\"legend\">");
	for (k = 0; k < 6; k++) {
		html_markup(&p->h,
			    "<span><svg class=\"s\" viewBox=\"0 0 16 16\"><rect class=\"k%d\" "
			    "width=\"16\" height=\"12\" y=\"2\" rx=\"2\"/></svg>",
			    k);
		html_text(&p->h, kinds[k]);
		html_raw(&p->h, "</span>");
	}
	html_raw(&p->h,
		 "<span><svg class=\"s\" viewBox=\"0 0 16 16\"><path d=\"M8 2l6 6-6 6-6-6z\" "
		 "fill=\"var(--ink)\"/></svg>under its new entry</span></p>");
	html_markup(&p->h,
		    "<div class=\"wide\"><svg viewBox=\"0 0 1000 %d\" role=\"img\" "
		    "aria-label=\"steps of the daemon by device\">",
		    26 + LANE * (int)lanes);
	put_grid(p, end, 24 + LANE * (int)lanes, true);
	for (i = 0; i < s->n_devices && lanes; i++) {
		if (!has_lane(p, &s->devices[i]))
			continue;
		put_lane(p, &s->devices[i], end, y);
		y += LANE;
		lanes--;
	}
	html_raw(&p->h, "</svg></div>\n");
}

void page_timeline(struct page *p)
{
	html_raw(&p->h, "<section class=\"card\" id=\"time\"><h2>Timeline</h2>\n");
	put_whole(p);
	put_lanes(p);
	html_raw(&p->h, "</section>\n");
}

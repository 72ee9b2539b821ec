// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page.c - the frame of the HTML page: verdict, numbers, then the sections. Also the fates of
 * devices, and the shape, colour and word of each fate.
 */
#include "ctl/html/page.h"

#include <string.h>

#include "ctl/html/page_private.h"
#include "lib/base/duration.h"

/* When a device has several streams, the worst fate counts. */
static const u8 rank[] = {
	[FATE_QUIET] = 0,   [FATE_HANDED_OVER] = 1, [FATE_HELD] = 2,	[FATE_NEW_TABLE] = 3,
	[FATE_UNKNOWN] = 4, [FATE_BYPASS] = 5,	    [FATE_REFUSED] = 6, [FATE_EXPOSED] = 7,
};

enum page_fate page_fate_of_stream(const struct html_page *p, const struct story_stream *s)
{
	switch (report_stream_end(p->story, s)) {
	case REPORT_END_HANDED_OVER:
	case REPORT_END_EARLY:
	case REPORT_END_ACTIVATED: return FATE_HANDED_OVER;
	case REPORT_END_OWN: return FATE_NEW_TABLE;
	case REPORT_END_HELD:
	case REPORT_END_QUIESCED:
	case REPORT_END_STOPPED:
	case REPORT_END_BOUND: return FATE_HELD;
	case REPORT_END_ON_AGAIN:
	case REPORT_END_CRASH_ENTRY: return FATE_EXPOSED;
	case REPORT_END_BYPASS:
	case REPORT_END_BYPASS_KEPT: return FATE_BYPASS;
	case REPORT_END_BLOCKED: return FATE_REFUSED;
	case REPORT_END_REFUSED:
		/*
		 * If the table is new, it is not known whether the crashed kernel's table refused
		 * the DMA.
		 */
		return report_in_own_table(p->story, s) ? FATE_REFUSED : FATE_QUIET;
	case REPORT_END_BRIDGE:
	case REPORT_END_VF_OFF: return FATE_QUIET;
	default: return FATE_UNKNOWN;
	}
}

enum page_fate page_fate_of_device(const struct html_page *p, const struct story_device *d,
				   enum report_end *ret_end)
{
	const struct report_device *facts = d->facts;
	enum page_fate fate = FATE_QUIET, one;
	size_t i, known = 0;
	const struct story_stream *s;

	*ret_end = report_device_end(facts);
	for (i = 0; i < facts->n_sids; i++) {
		s = story_find_stream(p->story, d->last.smmu, facts->sids[i]);
		if (!s)
			continue;
		known++;
		one = page_fate_of_stream(p, s);
		if (rank[one] <= rank[fate])
			continue;
		fate = one;
		if (!facts->gone)
			*ret_end = report_stream_end(p->story, s);
	}
	if (!known)
		return facts->bridge ? FATE_QUIET : FATE_UNKNOWN;
	/* The device got its new entry before it was stopped. */
	if (fate == FATE_HANDED_OVER && facts->missed)
		return FATE_EXPOSED;
	return fate;
}

void page_shape(struct html_page *p, enum page_fate fate, const char *label)
{
	static const char *const shapes[] = {
		[FATE_HANDED_OVER] = "<circle cx=\"8\" cy=\"8\" r=\"7\"/>"
				     "<path d=\"M4.5 8.2l2.4 2.4 4.6-5\" fill=\"none\" "
				     "stroke=\"var(--card)\" stroke-width=\"2\"/>",
		[FATE_HELD] = "<rect x=\"1\" y=\"1\" width=\"14\" height=\"14\" rx=\"2\"/>"
			      "<path d=\"M6 4.5v7M10 4.5v7\" stroke=\"var(--card)\" "
			      "stroke-width=\"2\"/>",
		[FATE_EXPOSED] = "<path d=\"M8 1l7.5 14h-15z\"/>"
				 "<path d=\"M8 6v4.2M8 11.7v1.6\" stroke=\"var(--card)\" "
				 "stroke-width=\"1.8\"/>",
		[FATE_BYPASS] = "<path d=\"M8 .5L15.5 8 8 15.5.5 8z\"/>"
				"<path d=\"M4.5 8h6M8.5 5.8L10.8 8l-2.3 2.2\" fill=\"none\" "
				"stroke=\"var(--card)\" stroke-width=\"1.6\"/>",
		[FATE_REFUSED] = "<path d=\"M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z\"/>"
				 "<path d=\"M5 5l6 6M11 5l-6 6\" stroke=\"var(--card)\" "
				 "stroke-width=\"2\"/>",
		[FATE_NEW_TABLE] = "<rect x=\"1.5\" y=\"1.5\" width=\"13\" height=\"13\" "
				   "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>"
				   "<path d=\"M8 4.5v7M4.5 8h7\" stroke=\"currentColor\" "
				   "stroke-width=\"2\"/>",
		[FATE_QUIET] = "<circle cx=\"8\" cy=\"8\" r=\"6\" fill=\"none\" "
			       "stroke=\"currentColor\" stroke-width=\"2\"/>"
			       "<path d=\"M5 8h6\" stroke=\"currentColor\" stroke-width=\"2\"/>",
		[FATE_UNKNOWN] = "<circle cx=\"8\" cy=\"8\" r=\"6.5\" fill=\"none\" "
				 "stroke=\"currentColor\" stroke-width=\"1.6\" "
				 "stroke-dasharray=\"2.5 2\"/>"
				 "<path d=\"M6 6.4a2 2 0 1 1 2.4 2V9.6M8.2 11v1.4\" fill=\"none\" "
				 "stroke=\"currentColor\" stroke-width=\"1.5\"/>",
	};

	html_markup(&p->h,
		    "<svg class=\"s f%d\" viewBox=\"0 0 16 16\" fill=\"currentColor\" "
		    "role=\"img\" aria-label=\"",
		    (int)fate);
	html_text(&p->h, label);
	html_raw(&p->h, "\">");
	html_raw(&p->h, shapes[fate]);
	html_raw(&p->h, "</svg>");
}

/* The shape and the colour of the verdict. */
static enum page_fate overall(const struct verdict *v)
{
	return v->level == VERDICT_OK	     ? FATE_HANDED_OVER
	       : v->level == VERDICT_WARNING ? FATE_EXPOSED
					     : FATE_REFUSED;
}

static void put_fact(struct html_page *p, const char *label, const char *text)
{
	html_raw(&p->h, "<span>");
	html_text(&p->h, label);
	html_raw(&p->h, " ");
	html_element(&p->h, "b", text);
	html_raw(&p->h, "</span>\n");
}

/* What the crash folder tells besides our records. */
static void put_crash(struct html_page *p)
{
	const struct verdict_about *about = &p->in->verdict->about;
	_cleanup_strbuf_ struct strbuf size = { 0 };

	if (about->host)
		put_fact(p, "host", about->host);
	if (about->panic)
		put_fact(p, "panic", about->panic);
	if (about->dump && about->dump_bytes) {
		strbuf_size(&size, about->dump_bytes);
		strbuf_printf(&size, ", %s%s", about->dump_lacks[0] ? "NOT complete: " : "complete",
			      about->dump_lacks);
		put_fact(p, "dump", strbuf_text(&size));
	}
}

static void put_date(struct html_page *p, const char *label, u64 wall_s)
{
	const char *date = DATE(wall_s);
	char text[DURATION_BYTES + 4];

	(void)snprintf(text, sizeof(text), "%s UTC", date);
	if (date[0])
		put_fact(p, label, text);
}

static void put_header(struct html_page *p)
{
	const struct story *s = p->story;
	const struct rec_file *any = s->has_daemon ? &s->daemon : &s->helper;
	_cleanup_strbuf_ struct strbuf verdict = { 0 };
	const char *level = verdict_level_name(p->in->verdict->level);
	enum page_fate fate = overall(p->in->verdict);

	report_verdict(s, &p->totals, &verdict);
	html_raw(&p->h, "<header><h1>smmu-adopt: DMA at and after the crash</h1>\n");
	html_markup(&p->h, "<div class=\"verdict f%d\">", (int)fate);
	page_shape(p, fate, level);
	html_raw(&p->h, "<div>");
	html_element(&p->h, "b", level);
	html_raw(&p->h, ": ");
	html_text(&p->h, strbuf_text(&verdict));
	html_raw(&p->h, "</div></div>\n<div class=\"facts\">");
	put_crash(p);
	if (s->has_daemon || s->has_helper) {
		put_fact(p, "kernel", any->kernel);
		if (s->has_crashed)
			put_date(p, "crashed", s->crashed.crash_s);
		put_date(p, "recorded", any->wall_s);
		put_fact(p, "helper", s->has_helper ? s->helper.program : "no records");
		put_fact(p, "daemon", s->has_daemon ? s->daemon.program : "no records");
	}
	put_fact(p, "file", p->in->name);
	html_raw(&p->h, "</div></header>\n");
}

static void put_text_number(struct html_page *p, const char *value, const char *text)
{
	html_raw(&p->h, "<div>");
	html_element(&p->h, "b", value);
	html_text(&p->h, text);
	html_raw(&p->h, "</div>\n");
}

static void put_number(struct html_page *p, u64 value, const char *text)
{
	html_markup(&p->h, "<div><b>%llu</b>", value);
	html_text(&p->h, text);
	html_raw(&p->h, "</div>\n");
}

static void put_numbers(struct html_page *p)
{
	const struct report_totals *t = &p->totals;
	struct report_took took;

	report_took(p->story, t, &took);
	html_raw(&p->h, "<div class=\"nums\">\n");
	put_number(p, p->story->n_smmus, p->story->n_smmus == 1 ? "SMMU" : "SMMUs");
	if (t->counted) {
		put_number(p, t->live, "live at the crash");
		put_number(p, t->quiesced, "DMA stopped before hand-over");
		if (t->on_again)
			put_number(p, t->on_again, "stopped, then on again");
		put_number(p, t->handed_over, "handed over to a driver");
		if (t->gone)
			put_number(p, t->gone, "vanished");
		if (t->orphans)
			put_number(p, t->orphans, "live, but of no known device");
	}
	if (p->story->has_usage && took.over_ns)
		put_text_number(p, DURATION(took.over_ns), "the daemon worked");
	html_raw(&p->h, "</div>\n");
}

/* The sections, in their order. A section without content writes nothing. */
static const struct section {
	const char *id, *title;
	void (*write)(struct html_page *p);
} sections[] = {
	{ "findings", "Findings", page_findings },
	{ "machine", "The machine", page_machine },
	{ "time", "Timeline", page_timeline },
	{ "memory", "What devices could write", page_memory },
	{ "events", "What the SMMU reported", page_events },
	{ "devices", "Devices and their streams", page_devices },
	{ "smmus", "SMMUs", page_smmus },
	{ "rmrs", "Reserved memory regions", page_rmrs },
	{ "steps", "Steps", page_steps },
};

static bool is_there(const struct html_page *p, const char *id)
{
	return !strcmp(id, "memory")	? p->in->triage != NULL
	       : !strcmp(id, "events")	? page_has_events(p)
	       : !strcmp(id, "devices") ? p->story->n_devices != 0
	       : !strcmp(id, "smmus")	? p->story->n_smmus != 0
	       : !strcmp(id, "rmrs")	? p->story->n_rmrs != 0
	       : !strcmp(id, "steps")	? p->story->n_steps != 0
					: true;
}

static void put_contents(struct html_page *p)
{
	size_t i;

	html_raw(&p->h, "<nav>");
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!is_there(p, sections[i].id))
			continue;
		html_raw(&p->h, "<a href=\"#");
		html_text(&p->h, sections[i].id);
		html_raw(&p->h, "\">");
		html_text(&p->h, sections[i].title);
		html_raw(&p->h, "</a>\n");
	}
	html_raw(&p->h, "</nav>\n");
}

int page_write(FILE *out, const struct page_input *in)
{
	struct html_page p = { .h = { .out = out },
			       .in = in,
			       .story = in->verdict->story,
			       .totals = in->verdict->totals };
	size_t i;

	html_raw(&p.h, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
		       "style-src 'unsafe-inline'\">\n<meta name=\"generator\" content=\"");
	html_text(&p.h, NAME_CTL " " SMMU_ADOPT_VERSION);
	html_raw(&p.h, "\">\n<title>");
	html_textf(&p.h, "smmu-adopt: %s, %s", verdict_level_name(in->verdict->level),
		   adopt_state_name(p.totals.state));
	html_raw(&p.h, "</title>\n<style>\n");
	html_raw(&p.h, page_style);
	html_raw(&p.h, "</style></head><body>\n");
	put_header(&p);
	html_raw(&p.h, "<main>\n");
	put_contents(&p);
	put_numbers(&p);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (is_there(&p, sections[i].id))
			sections[i].write(&p);
	html_raw(&p.h, "</main>\n<footer><p>Made by ");
	html_text(&p.h, NAME_CTL " " SMMU_ADOPT_VERSION);
	html_raw(&p.h, " from records that were written while the machine was down. Texts in them "
		       "may come from a damaged machine. The same as text: <code>" NAME_CTL
		       " report</code>; for programs: <code>--json</code>.</p></footer>\n"
		       "</body></html>\n");
	if (fflush(out) == EOF || ferror(out))
		return -EIO;
	return p.h.error;
}

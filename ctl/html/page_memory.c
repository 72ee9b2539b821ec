// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_memory.c - two sections: how much of the crashed kernel's memory each device could write,
 * and what the SMMU had reported.
 */
#include "ctl/triage/event_count.h"
#include "ctl/triage/event_words.h"
#include "ctl/html/page_private.h"

#define BARS 64u
#define SHOWN_EVENTS 24u

static u64 old_ram(const struct story *s)
{
	u64 bytes = 0;
	size_t i;

	for (i = 0; i < s->n_ranges; i++)
		if (s->ranges[i].kind == REC_RANGE_OLD_RAM)
			bytes += s->ranges[i].bytes;
	return bytes;
}

/*
 * The base-2 logarithm of @bytes / 2 KiB, linear between powers of two: 4 KiB is 1, 6 KiB 1.5, 8
 * KiB 2.
 */
static double logarithm(u64 bytes)
{
	double power = 1;

	for (; bytes >= 8192; bytes /= 2)
		power++;
	return bytes < 4096 ? power * (double)bytes / 4096 : power + (double)bytes / 4096 - 1;
}

/* The length of a bar, in percent. It is logarithmic, as tables often map very little. */
static double share(u64 bytes, u64 all)
{
	return bytes >= all ? 100 : 100 * logarithm(bytes) / logarithm(all);
}

static void put_tick(struct html_page *p, double at, const char *text)
{
	html_markup(&p->h, "<i style=\"left:%.2f%%\"></i><b style=\"left:%.2f%%\">", at, at);
	html_text(&p->h, text);
	html_raw(&p->h, "</b>");
}

#define TICKS 5

/* The logarithmic scale of the bars below. */
static void put_sizes(struct html_page *p, u64 all)
{
	unsigned int shift = 4;
	u64 bytes;

	while (shift < 16 && (all >> (12 + shift * (TICKS - 1))))
		shift += 4;
	html_raw(&p->h, "<div class=\"bar scale\"><span></span><div>");
	for (bytes = 4096; bytes <= all && bytes >> shift < all; bytes <<= shift) {
		_cleanup_strbuf_ struct strbuf text = { 0 };

		strbuf_size(&text, bytes);
		put_tick(p, share(bytes, all), strbuf_text(&text));
		if (bytes > UINT64_MAX >> shift)
			break;
	}
	html_raw(&p->h, "</div><span></span></div>\n");
}

/* The linear scale of bars for numbers from 0 to @most. */
static void put_counts(struct html_page *p, u32 most)
{
	u32 step = most / 4 ? most / 4 : 1, n;
	char text[16];

	html_raw(&p->h, "<div class=\"bar scale\"><span></span><div>");
	for (n = 0; n <= most - step; n += step) {
		(void)snprintf(text, sizeof(text), "%u", n);
		put_tick(p, 100.0 * n / most, text);
	}
	(void)snprintf(text, sizeof(text), "%u", most);
	put_tick(p, 100, text);
	html_raw(&p->h, "</div><span></span></div>\n");
}

static void put_reach(struct html_page *p, const struct triage_stream *s, u64 ram)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct triage *t = p->in->triage;
	u64 mapped = 0, writable = 0;
	bool all = s->effect == STE_EFFECT_BYPASSED,
	     known = all || s->effect == STE_EFFECT_TRANSLATED;
	double width, part;
	int i;

	for (i = 0; i < s->n_roots; i++) {
		const struct triage_root *root = &t->roots[s->root[i]];

		known &= root->visited; /* not when the user interrupted */
		mapped += root->mapped;
		writable += root->writable;
	}
	width = all ? 100 : share(mapped, ram > mapped ? ram : mapped);
	part = all ? 100 : mapped ? 100.0 * (double)writable / (double)mapped : 0;
	html_markup(&p->h, "<div class=\"bar f%d\"><span>",
		    (int)(all		? FATE_BYPASS
			  : s->full_ats ? FATE_EXPOSED
					: FATE_HELD));
	html_textf(&p->h, "0x%x %s%s", s->sid, s->device ? s->device->last.name : "no known device",
		   s->full_ats ? ", full ATS: not bound by its tables" : "");
	html_markup(&p->h,
		    "</span><div><i style=\"width:%.1f%%\"></i><i class=\"u\" "
		    "style=\"width:%.1f%%\"></i></div><span>",
		    width * part / 100, width * (100 - part) / 100);
	if (all) {
		strbuf_puts(&text, "all of memory");
	} else if (known) {
		strbuf_size(&text, writable);
	} else {
		strbuf_puts(&text, "not known");
	}
	html_text(&p->h, strbuf_text(&text));
	html_raw(&p->h, "</span></div>\n");
}

static void put_areas(struct html_page *p, const struct reach *reach)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	bool bad;
	size_t i;

	html_raw(&p->h, "<p>No device should write to this memory. How much of it devices could "
			"write:</p>\n<dl>");
	for (i = 0; i < AREAS; i++) {
		bad = reach->area[i].known && (reach->bypass || reach->area[i].writable);
		strbuf_reset(&text);
		reach_area_words(&text, p->in->triage, reach, i);
		html_raw(&p->h, "<dt>");
		html_text(&p->h, reach->area[i].text);
		html_raw(&p->h, bad ? "</dt><dd><b>" : "</dt><dd>");
		html_text(&p->h, strbuf_text(&text));
		html_raw(&p->h, bad ? "</b></dd>\n" : "</dd>\n");
	}
	html_raw(&p->h, "</dl>\n");
}

void page_memory(struct html_page *p)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct triage *t = p->in->triage;
	u64 ram = old_ram(p->story);
	size_t i, n = 0, more = 0;

	strbuf_size(&text, ram);
	html_raw(&p->h,
		 "<section class=\"card\" id=\"memory\"><h2>What devices could write</h2><p>");
	html_textf(&p->h,
		   "The crashed kernel had %s of memory. The scale of the bars is "
		   "logarithmic. A bar is what the device's tables map; memory that they map "
		   "twice counts twice. Hatched: it could only be read.",
		   strbuf_text(&text));
	html_raw(&p->h, "</p>\n");
	for (i = 0; i < t->n_streams; i++) {
		if (t->streams[i].effect == STE_EFFECT_REFUSED)
			continue;
		if (!n)
			put_sizes(p, ram);
		if (n++ < BARS)
			put_reach(p, &t->streams[i], ram);
		else
			more++;
	}
	if (more)
		html_markup(&p->h, "<p>more streams: %zu</p>", more);
	if (!n)
		html_raw(&p->h, "<p>No stream let DMA through at the crash.</p>");
	put_areas(p, p->in->reach);
	for (i = 0; i < t->n_gaps; i++) {
		html_raw(&p->h, "<p class=\"ev\">Partial: ");
		html_text(&p->h, t->gaps[i].text);
		html_raw(&p->h, "</p>\n");
	}
	html_raw(&p->h, "</section>\n");
}

static void put_kind(struct html_page *p, const struct ring *r, const struct event_kind *k,
		     u32 most)
{
	const struct story_device *d = story_device_of(p->story, r->head.smmu, k->sid);
	const char *name = event_name(k->id);
	double all = 100.0 * k->count / most;

	html_markup(&p->h, "<div class=\"bar f%d\"><span>", (int)FATE_REFUSED);
	html_textf(&p->h, "%s, 0x%x %s", name ? name : "unknown event", k->sid,
		   d ? d->last.name : "no known device");
	html_markup(&p->h,
		    "</span><div><i style=\"width:%.1f%%\"></i><i class=\"u\" "
		    "style=\"width:%.1f%%\"></i></div><span>%u</span></div>\n",
		    all * (k->count - k->unread) / k->count, all * k->unread / k->count, k->count);
}

struct newest {
	struct html_page *p;
	const struct ring *ring;
	size_t skip;
};

static int count_one(void *priv, const struct ring_entry *e)
{
	(void)e;
	++*(size_t *)priv;
	return 0;
}

static int put_event(void *priv, const struct ring_entry *entry)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct newest *n = priv;
	struct event_view e;

	if (n->skip) {
		n->skip--;
		return 0;
	}
	(void)event_decode(entry->raw, EVENT_BYTES, &e);
	html_markup(&n->p->h,
		    "<tr><td class=\"n\" data-l=\"entry\">%u</td><td data-l=\"event\"><b>",
		    entry->index);
	event_words_name(&text, &e);
	html_text(&n->p->h, strbuf_text(&text));
	html_markup(&n->p->h, "</b></td><td data-l=\"StreamID\">0x%x</td><td>", e.sid);
	strbuf_reset(&text);
	event_words(&text, &e);
	html_text(&n->p->h, strbuf_text(&text));
	html_raw(&n->p->h, entry->unread ? "</td><td>unread</td></tr>\n" : "</td><td></td></tr>\n");
	return 0;
}

static void put_ring(struct html_page *p, const struct ring *r)
{
	_cleanup_(event_count_free) struct event_count count = { 0 };
	struct newest newest = { p, r, 0 };
	size_t i, n = 0;

	(void)ring_each(p->in->rings, r, count_one, &n);
	if (event_count(&count, p->in->rings, r) < 0)
		p->h.error = p->h.error ? p->h.error : -ENOMEM;
	html_markup(&p->h, "<h3>SMMU %u: %zu in the ring, %u of them unread</h3>\n", r->head.smmu,
		    n, r->pending);
	if (r->overflow)
		html_raw(&p->h, "<p><b>The ring was full: later events are lost.</b></p>\n");
	if (count.n)
		put_counts(p, count.kind[0].count);
	for (i = 0; i < count.n && i < BARS; i++)
		put_kind(p, r, &count.kind[i], count.kind[0].count);
	if (count.n > i)
		html_markup(&p->h, "<p>and %zu more kinds</p>", count.n - i);
	newest.skip = n > SHOWN_EVENTS ? n - SHOWN_EVENTS : 0;
	html_raw(
		&p->h,
		"<table class=\"r e\"><thead><tr><th class=\"n\">entry</th><th>event</th>"
		"<th>StreamID</th><th>what happened, the newest last</th><th></th></tr></thead>\n");
	(void)ring_each(p->in->rings, r, put_event, &newest);
	html_raw(&p->h, "</table>\n");
}

static bool is_shown(const struct ring *r)
{
	return ring_is_crash_events(r) && r->n;
}

bool page_has_events(const struct html_page *p)
{
	size_t i;

	for (i = 0; i < p->in->rings->n_rings; i++)
		if (is_shown(&p->in->rings->ring[i]))
			return true;
	return false;
}

void page_events(struct html_page *p)
{
	size_t i;

	html_raw(&p->h, "<section class=\"card\" id=\"events\"><h2>What the SMMU "
			"reported</h2><p class=\"ev\">Full bars are events that the crashed "
			"kernel read; hatched bars are events that it did not read.</p>\n");
	for (i = 0; i < p->in->rings->n_rings; i++)
		if (is_shown(&p->in->rings->ring[i]))
			put_ring(p, &p->in->rings->ring[i]);
	html_raw(&p->h, "</section>\n");
}

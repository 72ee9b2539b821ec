// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_machine.c - the section of the machine: SMMUs, the IOMMU groups behind each, their
 * devices, and what became of each device. The browser does the layout, so that 2 and 64 devices
 * both fit a telephone.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/html/page_private.h"

#define MANY_TILES 12u

struct order {
	const struct story_device *device;
	s32 group;
	size_t pos;
};

static int by_group(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->device->last.smmu != y->device->last.smmu)
		return x->device->last.smmu < y->device->last.smmu ? -1 : 1;
	if (x->group != y->group)
		return (u32)x->group < (u32)y->group ? -1
						     : 1; /* devices without a group come last */
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static s32 group_of(const struct story_device *d)
{
	return d->last.flags & REC_DEV_GROUP ? d->last.group : -1;
}

static void put_legend_item(struct html_page *p, enum page_fate fate, enum report_end end)
{
	const char *brief = report_end_brief(end);

	if (fate == FATE_EXPOSED && end == REPORT_END_HANDED_OVER)
		brief = "under its new driver's entry, but DMA was not stopped before that";
	html_raw(&p->h, "<span>");
	page_shape(p, fate, report_end_name(end));
	html_textf(&p->h, "%s%s%s", report_end_name(end), brief ? ": " : "", brief ? brief : "");
	html_raw(&p->h, "</span>\n");
}

/*
 * The legend has only the shapes and words that occur. A word may have two shapes: a device that
 * was handed over may have been stopped in time or not.
 */
static void put_legend(struct html_page *p)
{
	bool used[FATE_MAX + 1][REPORT_END_MAX + 1] = { { false } };
	enum report_end end;
	size_t i;
	int fate;

	for (i = 0; i < p->story->n_devices; i++) {
		fate = page_fate_of_device(p, &p->story->devices[i], &end);
		used[fate][end] = true;
	}
	for (i = 0; i < p->story->n_streams; i++) {
		const struct story_stream *s = &p->story->streams[i];

		if (report_stream_alone(s))
			used[page_fate_of_stream(p, s)][report_stream_end(p->story, s)] = true;
	}
	html_raw(&p->h, "<p class=\"legend\">");
	for (fate = 0; fate <= FATE_MAX; fate++)
		for (end = 0; end <= REPORT_END_MAX; end++)
			if (used[fate][end])
				put_legend_item(p, fate, end);
	html_raw(&p->h, "</p>\n");
}

static void put_tile(struct html_page *p, const struct order *o, bool big)
{
	const struct report_device *facts = o->device->facts;
	const struct rec_device *r = &o->device->last;
	const char *class = r->class_code ? report_pci_class(r->class_code) : NULL;
	enum report_end end;
	enum page_fate fate = page_fate_of_device(p, o->device, &end);
	char stopped[REPORT_CELL_BYTES];
	size_t i;

	html_markup(&p->h, "<a class=\"tile f%d\" href=\"#d%zu\"><b>", (int)fate, o->pos);
	page_shape(p, fate, report_end_name(end));
	html_element(&p->h, "span", r->name);
	html_raw(&p->h, "</b><em>");
	html_text(&p->h, report_end_name(end));
	html_raw(&p->h, "</em><i>");
	(void)report_stopped_cell(stopped, &p->totals, facts);
	html_textf(&p->h, "at the crash: %s", report_crash_word(facts));
	html_raw(&p->h, "</i><i>");
	if (strcmp(stopped, "-") != 0)
		html_textf(&p->h, "DMA stopped: %s", stopped);
	html_raw(&p->h, "</i><i>");
	html_text(&p->h, class ? class : r->bus);
	html_raw(&p->h, "</i><i>");
	html_text(&p->h, facts->driver[0] ? facts->driver : "no driver");
	if (o->device->dump_path)
		html_raw(&p->h, ", dump path");
	html_raw(&p->h, "</i><i>");
	for (i = 0; i < facts->n_sids && i < (big ? 8 : 2); i++)
		html_textf(&p->h, "%s0x%x", i ? ", " : "SID ", facts->sids[i]);
	if (facts->n_sids > i)
		html_markup(&p->h, " and %zu more", facts->n_sids - i);
	if (o->group >= 0)
		html_markup(&p->h, ", group %d", o->group);
	html_raw(&p->h, "</i></a>\n");
}

static void put_group(struct html_page *p, const struct order *o, size_t n, bool big)
{
	size_t i;

	html_raw(&p->h, "<div class=\"group\"><small>");
	if (o->group < 0)
		html_raw(&p->h, "no IOMMU group recorded");
	else
		html_textf(&p->h, "IOMMU group %d: these devices can only be handed over together",
			   o->group);
	html_raw(&p->h, "</small><div class=\"tiles\">");
	for (i = 0; i < n; i++)
		put_tile(p, &o[i], big);
	html_raw(&p->h, "</div></div>\n");
}

/* Live streams that belong to no known device. */
static void put_orphans(struct html_page *p, u32 smmu)
{
	size_t i, n = 0;

	for (i = 0; i < p->story->n_streams; i++) {
		const struct story_stream *s = &p->story->streams[i];
		enum page_fate fate;
		const char *word;

		if (s->smmu != smmu || !report_stream_alone(s))
			continue;
		fate = page_fate_of_stream(p, s);
		if (!n++)
			html_raw(&p->h, "<div class=\"group\"><small>streams without a known device"
					"</small><div class=\"tiles\">");
		if (n > PAGE_TILES)
			continue;
		html_markup(&p->h, "<span class=\"tile f%d\"><b>", (int)fate);
		word = report_end_name(report_stream_end(p->story, s));
		page_shape(p, fate, word);
		html_textf(&p->h, "StreamID 0x%x", s->sid);
		html_raw(&p->h, "</b><em>");
		html_text(&p->h, word);
		html_raw(&p->h, s->rmr ? "</em><i>named by an RMR</i></span>\n" : "</em></span>\n");
	}
	if (n > PAGE_TILES)
		html_markup(&p->h, "<span>and %zu more</span>", n - PAGE_TILES);
	if (n)
		html_raw(&p->h, "</div></div>\n");
}

/* Devices alone in their group share one frame without a title. */
static void put_devices_of(struct html_page *p, const struct order *o, size_t n, bool big)
{
	size_t i, k;
	bool open = false;

	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && o[k].group == o[i].group; k++)
			;
		if (o[i].group >= 0 && k - i == 1) {
			if (!open)
				html_raw(&p->h, "<div class=\"tiles\">");
			open = true;
			put_tile(p, &o[i], big);
			continue;
		}
		if (open)
			html_raw(&p->h, "</div>\n");
		open = false;
		put_group(p, &o[i], k - i, big);
	}
	if (open)
		html_raw(&p->h, "</div>\n");
}

static void put_smmu(struct html_page *p, u32 smmu, const struct order *o, size_t n)
{
	const struct story_smmu *s = story_find_smmu(p->story, smmu);
	const struct rec_smmu *r = s ? report_smmu_last(s) : NULL;
	enum page_fate fate = !r			   ? FATE_UNKNOWN
			      : r->state == ADOPT_ADOPTED  ? FATE_HANDED_OVER
			      : r->state == ADOPT_RESET	   ? FATE_REFUSED
			      : r->state == ADOPT_DISABLED ? FATE_BYPASS
							   : FATE_UNKNOWN;
	bool big = p->story->n_devices <= MANY_TILES;

	html_markup(&p->h, "<div class=\"smmu\"><h3>SMMU %u ", smmu);
	html_element(&p->h, "small", r ? r->name : "");
	html_markup(&p->h, "<span class=\"pill f%d\">", (int)fate);
	html_text(&p->h, r ? adopt_state_name(r->state) : "no record");
	html_raw(&p->h, "</span></h3><p>");
	html_text(&p->h, r ? adopt_reason_text(r->reason)
			   : "devices are behind this SMMU, but no record describes it");
	html_raw(&p->h, "</p><div class=\"groups\">");
	put_devices_of(p, o, n, big);
	put_orphans(p, smmu);
	html_raw(&p->h, "</div></div>\n");
}

void page_machine(struct html_page *p)
{
	const struct story *s = p->story;
	size_t n = s->n_devices < PAGE_TILES ? s->n_devices : PAGE_TILES, i, k = 0, from;
	_cleanup_free_ struct order *o = calloc(n + 1, sizeof(*o));

	if (!o) {
		p->h.error = p->h.error ? p->h.error : -ENOMEM;
		return;
	}
	for (i = 0; i < n; i++)
		o[i] = (struct order){ &s->devices[i], group_of(&s->devices[i]), i };
	qsort(o, n, sizeof(*o), by_group);
	html_raw(&p->h,
		 s->n_devices <= MANY_TILES
			 ? "<section class=\"card big\" id=\"machine\"><h2>The machine</h2>\n"
			 : "<section class=\"card\" id=\"machine\"><h2>The machine</h2>\n");
	put_legend(p);
	for (i = 0; i < s->n_smmus && i < PAGE_ROWS; i++) {
		/* Devices behind an SMMU that has no record. */
		while (k < n && o[k].device->last.smmu < s->smmus[i].smmu) {
			for (from = k;
			     k < n && o[k].device->last.smmu == o[from].device->last.smmu;)
				k++;
			put_smmu(p, o[from].device->last.smmu, &o[from], k - from);
		}
		for (from = k; k < n && o[k].device->last.smmu == s->smmus[i].smmu;)
			k++;
		put_smmu(p, s->smmus[i].smmu, &o[from], k - from);
	}
	while (k < n) {
		for (from = k; k < n && o[k].device->last.smmu == o[from].device->last.smmu;)
			k++;
		put_smmu(p, o[from].device->last.smmu, &o[from], k - from);
	}
	if (s->n_devices > n)
		html_markup(&p->h, "<p>and %zu more devices</p>\n", s->n_devices - n);
	html_raw(&p->h, "</section>\n");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page_private.h - what the files of the page share; each file writes one part of it. */
#ifndef CTL_HTML_PAGE_PRIVATE_H
#define CTL_HTML_PAGE_PRIVATE_H

#include "ctl/html/html.h"
#include "ctl/html/page.h"
#include "lib/report/text.h"
#include "lib/story/verdict.h"

struct html_page {
	struct html h;
	const struct page_input *in;
	const struct story *story;
	struct report_totals totals;
};

/* What became of a device or a stream, in as few cases as a reader can tell at a glance. */
enum page_fate {
	FATE_HANDED_OVER,
	FATE_HELD,
	FATE_EXPOSED, /* not stopped, stopped too late, or on again */
	FATE_BYPASS,
	FATE_REFUSED,
	FATE_QUIET, /* DMA refused before and after; bridges */
	FATE_UNKNOWN,
	FATE_NEW_TABLE, /* the table was replaced, and the entry at the crash is not known */
	FATE_MAX = FATE_NEW_TABLE,
};

enum page_fate page_fate_of_stream(const struct html_page *p, const struct story_stream *s);
/* @ret_end: of the stream that decided; its name is the word beside the shape. */
enum page_fate page_fate_of_device(const struct html_page *p, const struct story_device *d,
				   enum report_end *ret_end);
/*
 * " class=\"f3\"" gives the colour; the shape is an inline SVG picture, which this function
 * writes.
 */
void page_shape(struct html_page *p, enum page_fate fate, const char *label);

/* A list is cut after so many items, and tells how many more there are. */
#define PAGE_TILES 1024u
#define PAGE_LANES 200u
#define PAGE_ROWS 500u

extern const char page_style[];

/* Sections, in the order of page.c. */
void page_findings(struct html_page *p);
void page_machine(struct html_page *p);
void page_timeline(struct html_page *p);
void page_memory(struct html_page *p);
bool page_has_events(const struct html_page *p);
void page_events(struct html_page *p);
void page_devices(struct html_page *p);
void page_smmus(struct html_page *p);
void page_rmrs(struct html_page *p);
void page_steps(struct html_page *p);

#endif

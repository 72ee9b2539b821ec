/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * html.h - a page, written as it comes.
 *
 * Two ways in, and no third: markup, which is ours, and text, which may come
 * from a damaged machine and is escaped. Markup may be formatted with numbers
 * only; a %s in it is refused, so that no foreign byte gets past the escaping.
 */
#ifndef CTL_PAGE_HTML_H
#define CTL_PAGE_HTML_H

#include <stdio.h>

struct html {
	FILE *out;
	int error; /* 0, -EIO, or -EINVAL for a caller's mistake; the first one stays */
};

/* Ours, without a format. */
void html_raw(struct html *h, const char *markup);
/* Ours, with numbers: %d %u %zu %llu %x %.1f and the like. */
void html_markup(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Anybody's: escaped for content and for quoted attributes; not printable ASCII becomes '?'. */
void html_text(struct html *h, const char *text);
void html_textf(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* <tag>text</tag>; @open is markup such as "td class=\"n\"". */
void html_element(struct html *h, const char *open, const char *text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * html.h - write an HTML page piece by piece.
 *
 * There are only two kinds of input: markup, which is our own, and text, which may come from a
 * damaged machine and is escaped. A format of markup may have only numbers; a %s in it is
 * refused, so that all foreign bytes are escaped.
 */
#ifndef CTL_HTML_HTML_H
#define CTL_HTML_HTML_H

#include <stdio.h>

struct html {
	FILE *out;
	int error; /* 0, -EIO, or -EINVAL for a caller's mistake; the first one stays */
};

/* Write our own markup, without a format. */
void html_raw(struct html *h, const char *markup);
/* Write our own markup with numbers: %d %u %zu %llu %x %.1f and the like. */
void html_markup(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Write foreign text, escaped for content and quoted attributes; all but printable ASCII becomes
 * '?'.
 */
void html_text(struct html *h, const char *text);
void html_textf(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* <tag>text</tag>; @open is markup such as "td class=\"n\"". */
void html_element(struct html *h, const char *open, const char *text);

#endif

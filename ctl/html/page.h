/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page.h - the report as one HTML page: no script, no request, readable on paper.
 *
 * Colour never carries a meaning alone: every outcome has a shape and a word, too.
 */
#ifndef CTL_HTML_PAGE_H
#define CTL_HTML_PAGE_H

#include "ctl/triage/rings.h"
#include "ctl/triage/reach.h"
#include "lib/story/verdict.h"

struct page_input {
	const char *name; /* the FILE argument */
	const struct verdict *verdict;
	const struct rings *rings;
	struct triage *triage;	   /* NULL: no dump, only records */
	const struct reach *reach; /* set together with triage: all tables were walked */
};

/* Write the page. Returns 0, -EIO, -ENOMEM, or -EINVAL for a bug. */
int page_write(FILE *out, const struct page_input *in);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pager.h - an answer that is longer than the screen is shown page by page.
 *
 * The answer is kept in memory until it is complete: only then it is known to be long, and what
 * is drawn meanwhile to show progress does not get between its lines.
 */
#ifndef CTL_PAGER_H
#define CTL_PAGER_H

#include "lib/base/term.h"

struct pager {
	int screen; /* the stdout that was; -1: nothing was begun */
	int answer;
};

#define PAGER_NONE ((struct pager){ .screen = -1, .answer = -1 })

/* Where a pager is of use, what is written to stdout is kept from now on. */
void pager_begin(struct pager *pager, const struct term *term);
/* Shows what was kept. Returns 0, or a negative errno when it could not be written. */
int pager_end(struct pager *pager, const struct term *term);

#endif

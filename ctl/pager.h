/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pager.h - show an answer that is longer than the screen page by page.
 *
 * The answer is kept in memory until it is complete. Only then its length is known, and a
 * progress bar cannot mix with its lines.
 */
#ifndef CTL_PAGER_H
#define CTL_PAGER_H

#include "lib/base/term.h"

struct pager {
	int screen; /* the original stdout; -1: pager_begin() did nothing */
	int answer;
};

#define PAGER_NONE ((struct pager){ .screen = -1, .answer = -1 })

/* If a pager can be used, redirect stdout into memory from now on. */
void pager_begin(struct pager *pager, const struct term *term);
/* Show the kept output. Returns 0, or a negative errno when it could not be written. */
int pager_end(struct pager *pager, const struct term *term);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * progress.h - long work: a progress bar on the terminal, and Ctrl-C, which ends the work but
 * still prints a well-formed answer.
 *
 * The bar is drawn on stderr, only if that is a terminal and the work takes longer than half a
 * second. The first SIGINT or SIGTERM is remembered: work that calls progress_interrupted()
 * stops, and its answer is marked partial and written to its end. main() then dies of the signal,
 * as a shell expects. The second signal kills at once.
 */
#ifndef CTL_TRIAGE_PROGRESS_H
#define CTL_TRIAGE_PROGRESS_H

#include <stdbool.h>

#include "core/port.h"

/* Catch the signals. @bar false: never draw, because the answer is printed meanwhile. */
void progress_begin(bool bar);
/* Is it time to draw? True ten times a second at most. */
bool progress_due(void);
/* Draw a bar of @done of @total (no bar when @total is 0), and the current work in words. */
void progress_draw(u64 done, u64 total, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Remove the bar. A remembered signal stays remembered. */
void progress_end(void);

/* Returns the signal that asked for an end, or 0. */
int progress_interrupted(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * progress.h - long work, and how people live with it: a bar on the terminal,
 * and an end by Ctrl-C that leaves a whole answer.
 *
 * The bar goes to stderr, only when that is a terminal and the work takes longer
 * than half a second. The first SIGINT or SIGTERM is remembered: work that asks
 * progress_interrupted() stops, its answer is marked partial and written whole;
 * main() then dies of the signal, as a shell expects. The second kills at once.
 */
#ifndef CTL_TRIAGE_PROGRESS_H
#define CTL_TRIAGE_PROGRESS_H

#include <stdbool.h>

#include "core/port.h"

/* Take over the signals. @bar false: never draw, since the answer is being printed meanwhile. */
void progress_begin(bool bar);
/* Is it time to draw? True ten times a second at most. */
bool progress_due(void);
/* A bar of @done of @total, none when @total is 0, and what is done in words. */
void progress_draw(u64 done, u64 total, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Take the bar away. The signals stay remembered. */
void progress_end(void);

/* The signal that asked for an end; 0 none. */
int progress_interrupted(void);

#endif

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * progress.c - see progress.h. The state is static, as a process has only one terminal and one
 * set of signals.
 */
#include "ctl/triage/progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define WIDTH 30u
#define FIRST_NS 500000000ull
#define NEXT_NS 100000000ull

static volatile sig_atomic_t caught;
static bool drawing, drawn;
static u64 next_ns, start_ns;

static void on_signal(int sig)
{
	caught = sig;
}

void progress_begin(bool bar)
{
	/* RESETHAND: a second Ctrl-C kills at once. */
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = (int)(SA_RESETHAND | SA_RESTART) };
	static const int signals[] = { SIGINT, SIGTERM };
	struct sigaction old;
	size_t i;

	caught = 0;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* A signal that the caller ignores, as nohup does, stays ignored. */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
	drawing = bar && isatty(STDERR_FILENO);
	drawn = false;
	start_ns = clock_now_ns();
	next_ns = start_ns + FIRST_NS;
}

bool progress_due(void)
{
	return drawing && clock_now_ns() >= next_ns;
}

void progress_draw(u64 done, u64 total, const char *format, ...)
{
	size_t fill = total ? (size_t)(WIDTH * (done < total ? done : total) / total) : 0;
	u64 now = clock_now_ns();
	char bar[WIDTH + 1];
	va_list args;

	memset(bar, '-', WIDTH);
	memset(bar, '#', fill);
	bar[WIDTH] = 0;
	fputs("\r\033[K", stderr);
	if (total)
		fprintf(stderr, "[%s] ", bar);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ", %llu s", ((now - start_ns) / 1000000000u));
	(void)fflush(stderr);
	drawn = true;
	next_ns = now + NEXT_NS;
}

void progress_end(void)
{
	if (drawn) {
		fputs("\r\033[K", stderr);
		(void)fflush(stderr);
	}
	drawing = drawn = false;
}

int progress_interrupted(void)
{
	return caught;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - one clock: CLOCK_MONOTONIC in nanoseconds. A deadline is a point on
 * it, so that nested waits share what is left instead of adding up.
 */
#ifndef DAEMON_BASE_CLOCK_H
#define DAEMON_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_MS 1000000ull

static inline uint64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static inline uint64_t clock_ms(uint64_t ms)
{
	return ms * CLOCK_NS_PER_MS;
}

/* Milliseconds from @now to @deadline, rounded up; 0 when it has passed. */
static inline uint32_t clock_left_ms(uint64_t now, uint64_t deadline)
{
	uint64_t left = deadline > now ? deadline - now + CLOCK_NS_PER_MS - 1 : 0;

	left /= CLOCK_NS_PER_MS;
	return left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}

static inline void clock_sleep_ms(uint32_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

#endif

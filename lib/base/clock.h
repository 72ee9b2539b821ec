/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - one clock: CLOCK_MONOTONIC in nanoseconds. A deadline is a point on
 * it, so that nested waits share what is left instead of adding up.
 *
 * Whatever waits with a deadline waits through this file; the unit tests put
 * another clock in its place (tests/unit/support_clock.h).
 */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <poll.h>

#include "core/port.h"

#define CLOCK_NS_PER_MS 1000000ull

u64 clock_now_ns(void);
void clock_sleep_ms(uint32_t ms);

/* poll(2). */
int clock_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

static inline u64 clock_ms(u64 ms)
{
	return ms * CLOCK_NS_PER_MS;
}

/* Milliseconds from @now to @deadline, rounded up; 0 when it has passed. */
static inline uint32_t clock_left_ms(u64 now, u64 deadline)
{
	u64 left = deadline > now ? deadline - now + CLOCK_NS_PER_MS - 1 : 0;

	left /= CLOCK_NS_PER_MS;
	return left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}

#endif

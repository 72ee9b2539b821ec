/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_clock.h - the clock of every test program, in place of
 * lib/base/clock.c. It is the kernel's until fakeclock_start().
 *
 * Then time is told by the waits themselves: it stands still while anybody of the
 * test and of the processes it forks has something to do. Only when each of them
 * waits by this clock, sleeps in the kernel or has ended, it jumps to where the
 * first wait ends. So a deadline comes to the very millisecond, at once, and on a
 * busy machine no sooner: a child that hangs in the kernel may be played by
 * pause(), by SIGSTOP, or by a FIFO that nobody opens.
 *
 * The end of a child, too, is seen in its millisecond: waitpid() with WNOHANG does not
 * answer while the child is on its way there. So nobody may wait by trying again and again.
 *
 * A program that the test forks and executes is at this clock, too, when it is linked with this
 * file; $(BUILD)/native/tests/smmu-adoptd is.
 *
 * What it cannot see: a wake-up from outside, such as another clock, or a program that
 * was not forked by the test. Threads may run, but only one of them may wait by it.
 */
#ifndef TESTS_SUPPORT_CLOCK_H
#define TESTS_SUPPORT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/clock.h"

/* For this process and for those it forks from now on. The clock shows 1000 s. */
void fakeclock_start(void);
/* The kernel's clock again. Processes left behind are killed. */
void fakeclock_stop(void);

/* Milliseconds since fakeclock_start(). */
u64 fakeclock_ms(void);

/* Wait by the clock for the end of a child. Returns waitpid()'s status. */
int fakeclock_wait(pid_t pid);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_spare.h - kill() of a test program, which may spare one process as the
 * kernel spares one that is stuck in it. Included by one file of a program.
 */
#ifndef TESTS_SUPPORT_SPARE_H
#define TESTS_SUPPORT_SPARE_H

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t spared; /* -1: whoever is killed next lives on, and is named here */

int kill(pid_t pid, int sig)
{
	if (spared >= 0)
		return (int)syscall(SYS_kill, pid, sig);
	spared = pid;
	return 0;
}

#endif

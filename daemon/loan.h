/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loan.h - when is what is held given back?
 *
 * What the dump needs is a prediction, and capture environments wait for devices that no
 * dump needs. So a hold is a loan: the dump that has begun a grace after the
 * hand-over did without the held devices, and they stay held; of one that has not, nobody
 * knows what it lacks, and it gets all of them. The grace has to leave time for their
 * probes before the environment gives up.
 *
 * Pure: nothing here looks at the system or waits.
 */
#ifndef DAEMON_LOAN_H
#define DAEMON_LOAN_H

#include <stdbool.h>

#include "core/port.h"
#include "lib/machine/config.h"

/*
 * Below half of the shortest wait: initramfs-tools waits 30 s for the root file system, systemd 90
 * s for a device, dracut's initqueue 180 s and more.
 */
#define LOAN_GRACE_MS 12000
#define LOAN_GRACE_SYSTEMD_MS 40000
/* Progress is looked at this often. */
#define LOAN_LOOK_MS 1000
#define LOAN_NICS_MAX 8

/* What loan_decide() says other than a number of milliseconds. */
#define LOAN_GIVE_BACK 0
#define LOAN_NEVER (-1)

/* A network interface card of the dump path. */
struct loan_nic {
	char bus[16], name[48];
};

/* In memory shared by the supervisor and its workers. */
struct loan {
	uint32_t grace_ms; /* or CONFIG_GRACE_NEVER */
	u64 start_ns;	   /* of the daemon */
	u64 handover_ns;   /* the stage came to its own end */
	uint32_t lent;	   /* devices that only a prediction keeps held */
	bool groups_early; /* who has no group gets none: seen while most had no driver yet */
	struct loan_nic nics[LOAN_NICS_MAX];
	uint32_t n_nics;
	bool dump_begun; /* /proc/vmcore was opened */
	/* Of the worker that looks: LOAN_GIVE_BACK once it acts; before that, when to look again.
	 */
	int verdict;
};

/*
 * LOAN_NEVER, LOAN_GIVE_BACK, or in how many milliseconds to look again. @progress: the dump is on
 * its way. An interface of its path is up, and not there yet; or what the environment waits for
 * first is there.
 */
int loan_decide(const struct loan *loan, u64 now_ns, bool progress);

/* The grace in force. @systemd: it is process 1. */
uint32_t loan_grace_ms(uint32_t configured, bool systemd);

#endif

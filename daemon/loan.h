/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * loan.h - decides when held devices are given back.
 *
 * Which devices the dump needs is only predicted, and capture environments also wait for devices
 * that the dump does not need. So a hold is a loan. If the dump has begun by the end of a grace
 * period after the hand-over, it does not need the held devices, and they stay held. If not, it
 * may wait for any of them, so all are given back. The grace must leave time for their probes
 * before the environment gives up.
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
/* How often to look for progress of the dump. */
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
	u64 handover_ns;   /* the stage came to its own end; or the switch to the real root */
	bool real_root;	   /* it was that switch */
	uint32_t lent;	   /* devices held only because of a prediction */
	bool groups_early; /* groups are made before the bind, as the first run saw */
	struct loan_nic nics[LOAN_NICS_MAX];
	uint32_t n_nics;
	bool dump_begun; /* /proc/vmcore is open, or was for long */
	bool opened;	 /* it was opened, perhaps not for long */
	/*
	 * Set by the second worker: LOAN_GIVE_BACK once it acts; before that, in how many ms to
	 * look again.
	 */
	int verdict;
};

/*
 * Returns LOAN_NEVER, LOAN_GIVE_BACK, or in how many milliseconds to look again. @progress: the
 * dump seems to be about to begin, because a network interface of its path is up but has no
 * carrier or address yet, because somebody had a short look at /proc/vmcore, or because the root
 * file system that the environment waits for has appeared.
 */
int loan_decide(const struct loan *loan, u64 now_ns, bool progress);

/* The grace in ms. @systemd: systemd is process 1, so that "auto" is longer. */
uint32_t loan_grace_ms(uint32_t configured, bool systemd);

#endif

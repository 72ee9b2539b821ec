/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outcome.h - positive results of an operation on a device: neither done nor an error.
 */
#ifndef DAEMON_ACT_OUTCOME_H
#define DAEMON_ACT_OUTCOME_H

/* Positive outcomes of operations. */
enum act_outcome {
	ACT_OK = 0,
	ACT_BOUND = 1,	     /* hold: a driver has it already */
	ACT_NO_MODULE = 2,   /* load: nothing matches its modalias */
	ACT_BLACKLISTED = 3, /* load: what matches is blacklisted */
	ACT_BUILTIN = 4,     /* load: nothing to load, it is in the kernel */
	ACT_HELD = 5,	     /* hold: it is held already */
	ACT_FOREIGN = 6,     /* hold, release: another program set driver_override, left alone */
	ACT_NO_RESET = 7,    /* reset: the kernel has no function level reset for it */
	ACT_CHANGED = 8,     /* domain_translate: it was an identity domain */
	ACT_NO_TYPE = 9,     /* domain_translate: its type cannot be read */
};

#endif

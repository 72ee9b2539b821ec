/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * giveback.h - the second worker: it gives held devices back when the dump has not begun at the
 * end of the grace. It looks once more whether the dump has begun, finds out what the environment
 * waits for, and runs the stage again with policy "all". Devices stay quiesced and bound as they
 * are, so only held devices are left: each gets its domain, then its driver, in the order in which
 * the environment probably waits for them. Devices that must never have a driver stay held.
 */
#ifndef DAEMON_GIVEBACK_H
#define DAEMON_GIVEBACK_H

#include "daemon/worker.h"

/* How long systemd may take to say what it waits for. */
#define GIVEBACK_WAITS_MS 3000
/*
 * How long looking may take before it acts, systemd's answer included. The environment waits
 * meanwhile, so a look that hangs must not have the whole time of a stage.
 */
#define GIVEBACK_LOOK_MS 6000
/*
 * Deadline of one load or bind, since the environment waits. A probe that takes longer goes on in
 * the background.
 */
#define GIVEBACK_DEVICE_MS 2000

/*
 * Look whether it is time to give back, and do so if it is; shared->loan.verdict says which.
 * Returns as stage_run() does.
 */
int giveback_run(struct stage *stage);

/*
 * Disks and serial buses (USB, Fibre Channel) go before network cards, these before the rest;
 * priorities of rules count first.
 */
void giveback_order(struct inventory *inv);

/*
 * After that run: call @fn with sentences about the devices that were given back, and those that
 * were not.
 */
typedef void (*giveback_fn)(void *priv, const struct inv_device *dev, const char *text);
void giveback_tell(const struct act *act, const struct plan *plan, giveback_fn fn, void *priv);

#endif

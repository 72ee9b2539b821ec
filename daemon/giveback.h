/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * giveback.h - the worker's second job: the loan is due. It looks once more whether the dump
 * has begun, finds out what the environment waits for, and runs the stage again with
 * drivers for everybody. What was quiesced is, what was bound is; so what remains are the
 * devices that were only kept: the domain, then the driver, those first that somebody is likely
 * to wait for. Those that must never have a driver stay.
 */
#ifndef DAEMON_GIVEBACK_H
#define DAEMON_GIVEBACK_H

#include "daemon/worker.h"

/* How long systemd may take to say what it waits for. */
#define GIVEBACK_WAITS_MS 3000
/* One load or bind: the environment waits, too. A probe that takes longer goes on by itself. */
#define GIVEBACK_DEVICE_MS 2000

/*
 * Look, and act when it is time: what was decided is in shared->loan.verdict. Returns as
 * stage_run() does.
 */
int giveback_run(struct stage *stage);

/* Disks and what they hang on go before network cards, these before the rest; what rules say of the
 * order comes first. */
void giveback_order(struct inventory *inv);

/* After that run: which devices were given back, and which were not. */
typedef void (*giveback_fn)(void *priv, const struct inv_device *dev, const char *text);
void giveback_tell(const struct act *act, const struct plan *plan, giveback_fn fn, void *priv);

#endif

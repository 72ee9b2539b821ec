/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold.h - keep a device unbound, and give it back.
 *
 * A hold is the device's driver_override naming a driver that does not exist.
 * It lives in the kernel, so it outlives us: whatever happens to the daemon,
 * hold_release_all() finds every hold again from sysfs alone.
 */
#ifndef DAEMON_ACT_HOLD_H
#define DAEMON_ACT_HOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"
#include "daemon/act/outcome.h"
#include "daemon/act/turn.h"
#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

/*
 * Hold one device. Returns 0, ACT_BOUND, ACT_HELD, ACT_FOREIGN, -ENODEV (gone)
 * or another negative errno. A hold that is there is written anew: whoever waits for the
 * device's lock to clear it comes first, and it is there after him. May block as long as a probe of
 * the device runs: the kernel takes the device lock.
 */
int hold_set(const struct fsroot *root, const char *bus, const char *name);

/*
 * The same for a device that has a driver, which is about to be taken away, or stays while the
 * device is stopped: then this hold is the mark by which the release finds it.
 */
int hold_pin(const struct fsroot *root, const char *bus, const char *name);

/* Whose it is: ACT_HELD, ACT_FOREIGN, 0 nobody's, or a negative errno. Same blocking. */
int hold_look(const struct fsroot *root, const char *bus, const char *name);

/*
 * Give one device back: 0, ACT_FOREIGN, or a negative errno, -ESTALE: another daemon
 * than @turn has it now (turn.h). A device that is gone is fine. One that has a driver gets its bus
 * mastering back, or loses the driver until it is probed. Same blocking.
 */
int hold_clear(const struct fsroot *root, const char *bus, const char *name, pid_t turn);

/*
 * Let the bus look for a driver of a device that is not held any more. Its
 * module may have been loaded while it was held, and then nobody else does:
 * loading it once more, as coldplug does, is no reason to probe. Takes as long as
 * the probe.
 */
int hold_probe(const struct fsroot *root, const char *bus, const char *name);

struct hold_tally {
	size_t released; /* holds given back */
	size_t failed;	 /* could not be looked at, or not given back */
	size_t stuck;	 /* a running probe keeps the device lock, or time was over before */
};

/*
 * Give back every hold on every bus, and let drivers that are loaded have the
 * devices; those probes are waited for, but never cut short. Runs in child
 * processes: a device stuck in its probe costs @patience_ms and is skipped. Returns by
 * @deadline_ns; what is not done by then is left to those processes. Idempotent. Returns 0,
 * or a negative errno with @err when it could not look everywhere; it has released what it
 * saw all the same.
 */
int hold_release_all(const struct fsroot *root, uint32_t patience_ms, u64 deadline_ns,
		     struct hold_tally *ret, struct errbuf *err);

/* The same for holds that @keep does not want; it is called in those processes. */
typedef bool (*hold_keep_fn)(void *priv, const char *bus, const char *name);
int hold_release_others(const struct fsroot *root, hold_keep_fn keep, void *priv,
			uint32_t patience_ms, u64 deadline_ns, struct hold_tally *ret,
			struct errbuf *err);

/* Were all given back? 0, -EBUSY: some are stuck, -EIO: some failed. */
int hold_tally_error(const struct hold_tally *tally);

#endif

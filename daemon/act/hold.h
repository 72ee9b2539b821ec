/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold.h - keep a device unbound, and give it back.
 *
 * A hold is the device's driver_override naming a driver that does not exist.
 * The kernel keeps it when the daemon dies: hold_release_all() finds every hold again from sysfs
 * alone.
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
 * or another negative errno. A hold that is there already is written again, so that it stays when a
 * process that waits for the device's lock clears it first. Blocks while a probe of the device
 * runs, since the kernel takes the device lock.
 */
int hold_set(const struct fsroot *root, const char *bus, const char *name);

/*
 * As hold_set(), for a device that has a driver. Either the caller unbinds that driver next; or the
 * driver stays while the device's DMA is stopped, and the hold is the mark by which the release
 * finds the device. Blocks as hold_set() does.
 */
int hold_pin(const struct fsroot *root, const char *bus, const char *name);

/*
 * Who set driver_override: ACT_HELD (smmu-adoptd), ACT_FOREIGN (another program), 0 (not set), or
 * a negative errno. Blocks while a probe of the device runs, on some kernels.
 */
int hold_look(const struct fsroot *root, const char *bus, const char *name);

/*
 * Give one device back: 0, ACT_FOREIGN, or a negative errno, -ESTALE: another daemon
 * than @turn has it now (turn.h). 0 also for a device that is gone. A device that has a driver gets
 * its bus mastering back; if that fails, its driver is unbound until the next probe. Blocks as
 * hold_set() does.
 */
int hold_clear(const struct fsroot *root, const char *bus, const char *name, pid_t turn);

/*
 * Let the bus look for a driver of a device that is not held any more. The driver's module may have
 * been loaded while the device was held; coldplug then does not make the bus probe again. Takes as
 * long as the probe.
 */
int hold_probe(const struct fsroot *root, const char *bus, const char *name);

struct hold_tally {
	size_t released; /* holds given back */
	size_t failed;	 /* could not be looked at, or not given back */
	size_t stuck;	 /* a running probe keeps the device lock, or time was over before */
};

/*
 * Give back every hold on every bus, and let the bus probe the devices; probes are waited for, but
 * never interrupted. Runs in child processes: a device whose probe hangs costs @patience_ms and is
 * skipped. Returns by @deadline_ns; the child processes finish the rest after that. May be called
 * repeatedly. Returns 0, or a negative errno with @err when not all buses could be read; holds that
 * were found are released all the same.
 */
int hold_release_all(const struct fsroot *root, uint32_t patience_ms, u64 deadline_ns,
		     struct hold_tally *ret, struct errbuf *err);

/*
 * The same for all holds but those that @keep returns true for; @keep is called in the child
 * processes.
 */
typedef bool (*hold_keep_fn)(void *priv, const char *bus, const char *name);
int hold_release_others(const struct fsroot *root, hold_keep_fn keep, void *priv,
			uint32_t patience_ms, u64 deadline_ns, struct hold_tally *ret,
			struct errbuf *err);

/* Were all given back? 0, -EBUSY: some are stuck, -EIO: some failed. */
int hold_tally_error(const struct hold_tally *tally);

#endif

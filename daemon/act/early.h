/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * early.h - holds devices before the SMMU has a driver.
 *
 * The kernel probes no device behind the SMMU before the SMMU has a driver. As soon as it has one,
 * devices whose own driver is built into the kernel are bound, before any program runs. So where
 * the SMMU's driver is a module, the devices are held before this module is loaded. Which devices
 * are behind an adopted SMMU is known only afterwards. So the others are held as well, and given
 * back as soon as that is known.
 */
#ifndef DAEMON_ACT_EARLY_H
#define DAEMON_ACT_EARLY_H

#include "daemon/act/hold.h"
#include "daemon/act/resume.h"
#include "lib/plan/inventory.h"

#define EARLY_LIMIT_MS 2000

struct early_tally {
	size_t held;	/* by this call or before */
	size_t foreign; /* another program set driver_override: left alone */
	size_t busy;	/* a running probe keeps the device lock, or time was over */
	size_t failed;
};

/*
 * Hold every unbound PCI endpoint, and every unbound platform device of which the device
 * tree says that it has an IOMMU. Takes two seconds at most; a device in a running
 * probe costs a fifth of one. Returns 0, or a negative errno with @err.
 */
int early_hold(const struct fsroot *root, struct early_tally *ret, struct errbuf *err);

/* Does a hold of this device belong to a run of the daemon? See early_give_back(). */
bool early_keeps(const struct inventory *inv, const struct resume *resume, const char *bus,
		 const char *name);

/*
 * Give back the early holds that no run needs. Kept are those that an earlier run of the daemon
 * took over (@resume), and those of devices in @inv, unless a rule leaves the device alone. @inv
 * NULL: there are no devices. Returns as hold_release_others(), within half a second.
 */
int early_give_back(const struct fsroot *root, const struct inventory *inv,
		    const struct resume *resume, struct hold_tally *ret, struct errbuf *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * control.h - calls the helper through its device file, see smmu_adopt(4), "The device file". All
 * return 0 or a negative errno; -ENOENT: there is no such file.
 */
#ifndef LIB_MACHINE_CONTROL_H
#define LIB_MACHINE_CONTROL_H

#include <stdbool.h>

#include "lib/base/fsroot.h"

#define CONTROL_VERSION_DOMAIN 2 /* has control_domain() */
#define CONTROL_VERSION_RESETS 3 /* has control_resets_detach() */

struct control_info {
	unsigned int version; /* of the calls, positive */
	bool attach_flush;    /* the helper flushes the TLB at each attach */
};

int control_info(const struct fsroot *root, struct control_info *ret);

/*
 * Does a reset through this kernel's PCI core end the old entry of a device with ATS? 1 or 0;
 * -ENOTTY: the helper is too old to tell.
 */
int control_resets_detach(const struct fsroot *root);

/* Bus mastering of PCI device @name off. */
int control_master_off(const struct fsroot *root, const char *name);

/*
 * Invalidate what the TLB holds for the ASID of the device's domain. -ENXIO: it has
 * no such domain yet; -EALREADY, of a helper that does not flush at the attach: it is attached.
 */
int control_flush(const struct fsroot *root, const char *name);

/*
 * Make the device's group and default domain, without attaching the device. Waits for the device's
 * lock. -ENXIO: the SMMU driver gives it none; -ENOTTY: the helper is too old.
 */
int control_domain(const struct fsroot *root, const char *name);

#endif

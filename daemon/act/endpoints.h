/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * endpoints.h - which devices may be behind an SMMU that has no driver yet: sysfs does not tell.
 *
 * Firmware is not asked which PCI devices are behind an SMMU, so all of them may be. A platform
 * device is one only where the device tree gives it an IOMMU, since the SMMU itself and
 * whatever it waits for are platform devices, too.
 */
#ifndef DAEMON_ACT_ENDPOINTS_H
#define DAEMON_ACT_ENDPOINTS_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

struct endpoint {
	const char *bus;
	char name[48]; /* as in records: a longer one is never handed over */
};

struct endpoints {
	const struct fsroot *root;
	struct endpoint *items;
	size_t count, cap;
};

/*
 * List every endpoint without a driver, bridges left out. Returns 0, or a negative errno with
 * @err; what could be listed is in @ret all the same, to be cleared in any case.
 */
int endpoints_list(const struct fsroot *root, struct endpoints *ret, struct errbuf *err);
void endpoints_clear(struct endpoints *endpoints);

#endif

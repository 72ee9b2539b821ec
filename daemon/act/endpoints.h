/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * endpoints.h - lists devices that may be behind an SMMU which has no driver yet; sysfs does not
 * tell which are.
 *
 * All PCI devices are listed, since firmware tables are not read here. A platform device is listed
 * only where the device tree gives it an IOMMU, since the SMMU itself and the devices that it
 * waits for are platform devices, too.
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

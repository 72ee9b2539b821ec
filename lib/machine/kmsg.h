/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmsg.h - searches the kernel log for the reason why a driver reset an SMMU.
 */
#ifndef LIB_MACHINE_KMSG_H
#define LIB_MACHINE_KMSG_H

#include "core/rec_types.h"
#include "lib/base/fsroot.h"

/*
 * The most telling line about the SMMU whose platform device is @dev, as a finding of SMMU @smmu.
 * Returns 1, 0 when the log has none, or a negative errno. Does not wait for lines to come.
 */
int kmsg_refusal(const struct fsroot *root, u32 smmu, const char *dev, struct rec_finding *ret);

#endif

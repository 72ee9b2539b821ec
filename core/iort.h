/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * iort.h - StreamIDs of PCI functions out of the ACPI IO Remapping Table (Arm
 * DEN 0049).
 *
 * Kernels before 6.15 work out a device's StreamIDs only when a driver binds to
 * it. Held devices have none then, so they are derived from the table.
 */
#ifndef SMMU_CORE_IORT_H
#define SMMU_CORE_IORT_H

#include "port.h"

/*
 * Map requester id @rid of PCI segment @segment. Returns 0 and the register
 * base of the SMMUv3 and the StreamID; 1 when the table sends it to no SMMUv3;
 * -EINVAL when the table is malformed.
 */
int iort_map_rid(const u8 *iort, size_t len, u32 segment, u32 rid, u64 *ret_smmu_base,
		 u32 *ret_sid);

#define IORT_SMMU_COHERENT 1u /* flag: COHACC override */

/* Hand @fn every SMMUv3 node, its register base and its flags. Returns as iort_rmrs(). */
int iort_smmus(const u8 *iort, size_t len, int (*fn)(void *priv, u64 base, u32 flags), void *priv);

/* One range of StreamIDs of one reserved memory region. */
struct iort_rmr {
	u32 sid_first, sid_count;
	u64 base, bytes;
	u32 flags;
};

/*
 * Hand @fn every such range that concerns the SMMU at @smmu_base. Returns 0, 1
 * when the table is of a revision whose RMR nodes do not count (before 5), what
 * @fn returned when not 0, or -EINVAL for a malformed table.
 */
int iort_rmrs(const u8 *iort, size_t len, u64 smmu_base,
	      int (*fn)(void *priv, const struct iort_rmr *rmr), void *priv);

#endif

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

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * iort.h - StreamIDs of PCI functions out of the ACPI IO Remapping Table (Arm
 * DEN 0049).
 *
 * Kernels before 6.15 work out a device's StreamIDs only when a driver binds to
 * it. Held devices have none then, so they are derived from the table, the way
 * Linux will do it: where firmware is wrong, Linux' reading is what hardware and
 * drivers live with. A damaged table is used as far as it goes; iort_odd() says
 * what is wrong with it.
 */
#ifndef SMMU_CORE_IORT_H
#define SMMU_CORE_IORT_H

#include "port.h"

/* What is odd about a table. */
enum iort_odd {
	IORT_ODD_HEADER = 1 << 0,    /* another length than it says, or nodes inside the header */
	IORT_ODD_COUNT = 1 << 1,     /* says that it has more nodes than it holds */
	IORT_ODD_NODE = 1 << 2,	     /* a node that is cut off, or too short for what it is */
	IORT_ODD_MAPPINGS = 1 << 3,  /* a node says that it has more mappings than it holds */
	IORT_ODD_REFERENCE = 1 << 4, /* a mapping leads out of the table */
	IORT_ODD_OVERLAP = 1 << 5,   /* a range ends where another one starts: the latter counts */
	IORT_ODD_RMR = 1 << 6,	     /* has RMR nodes, of a revision in which Linux ignores them */
	IORT_ODD_LARGE = 1 << 7,     /* more nodes or mappings than are looked at */
};
/* With these something may be missing. */
#define IORT_ODD_DAMAGE                                                         \
	(IORT_ODD_HEADER | IORT_ODD_COUNT | IORT_ODD_NODE | IORT_ODD_MAPPINGS | \
	 IORT_ODD_REFERENCE | IORT_ODD_LARGE)

/*
 * A question costs no more than so many nodes, and so many mappings of each of a few of them,
 * whatever the table says and however large it is: each device asks, in the capture kernel.
 * Machines have some hundreds of each. What comes behind is not there; IORT_ODD_LARGE tells.
 */
#define IORT_NODES 4096u
#define IORT_MAPPINGS 4096u

/* A set of enum iort_odd; ~0 when this is no IORT. */
u32 iort_odd(const u8 *iort, size_t len);

/*
 * Map requester id @rid of PCI segment @segment. Returns 0 and the register
 * base of the SMMUv3 and the StreamID; 1 when the table sends it to no SMMUv3;
 * -EINVAL when it is no IORT.
 */
int iort_map_rid(const u8 *iort, size_t len, u32 segment, u32 rid, u64 *ret_smmu_base,
		 u32 *ret_sid);
/* Does the table have a root complex for the segment? Without one no StreamID in it is known. */
bool iort_has_segment(const u8 *iort, size_t len, u32 segment);

#define IORT_SMMU_COHERENT 1u /* flag: COHACC override */

/*
 * Hand @fn every SMMUv3 node, its register base and its flags. Returns 0, what @fn returned when
 * not 0, -E2BIG after IORT_NODES nodes, or -EINVAL when it is no IORT.
 */
int iort_smmus(const u8 *iort, size_t len, int (*fn)(void *priv, u64 base, u32 flags), void *priv);

/* One range of StreamIDs of one reserved memory region. */
struct iort_rmr {
	u32 sid_first, sid_count;
	u64 base, bytes;
	u32 flags;
};

#define IORT_RMR_RANGES 65536u /* mappings and ranges; a table with more is not read to its end */

/*
 * Hand @fn every such range that concerns the SMMU at @smmu_base. Returns 0, 1
 * when the table is of a revision whose RMR nodes do not count (before 5), what
 * @fn returned when not 0, -E2BIG after IORT_RMR_RANGES of them or IORT_NODES nodes, or -EINVAL
 * when it is no IORT.
 */
int iort_rmrs(const u8 *iort, size_t len, u64 smmu_base,
	      int (*fn)(void *priv, const struct iort_rmr *rmr), void *priv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * strtab.h - visit the streams of a stream table, linear or two-level.
 *
 * The table is the crashed kernel's: the visit reads through a callback, has a
 * budget, does not recurse and reports what is wrong instead of stopping at it.
 */
#ifndef SMMU_CORE_STRTAB_H
#define SMMU_CORE_STRTAB_H

#include "smmu_mem.h"
#include "smmu_set.h"
#include "ste.h"

enum strtab_trouble {
	STRTAB_TROUBLE_L1_READ = 1, /* L1 descriptors could not be read; sid = first one lost */
	STRTAB_TROUBLE_L1_ODD,	    /* L1 descriptor is odd (enum smmu_l1_odd in detail) */
	STRTAB_TROUBLE_L2_READ,	    /* L2 pointer leads nowhere: a part of the table is not RAM */
	STRTAB_TROUBLE_L2_SHARED, /* an earlier L1 descriptor (its index in detail) names this table
				   */
};

struct strtab_ops {
	/* Optional. A used L1 descriptor, before its STEs. */
	int (*l1)(void *priv, u32 index, u64 addr, u64 raw);
	/* An STE with V=1. @raw is SMMU_STE_BYTES long and valid during the call. */
	int (*ste)(void *priv, u32 sid, u64 addr, const u8 *raw);
	/* Optional. Something that could not be visited; @detail depends on @what. */
	int (*trouble)(void *priv, enum strtab_trouble what, u32 sid, u64 addr, u32 detail);
	void *priv;
};

/* In: limits and a scratch buffer. Out: what was spent. */
struct strtab_budget {
	u64 max_bytes; /* table bytes that may be read */
	u8 *scratch;   /* at least SMMU_STE_BYTES, larger means fewer reads */
	size_t scratch_len;
	/*
	 * Optional: L2 tables met. With it an aliased table is visited once, below the first
	 * L1 descriptor; without it only neighbours are noticed, and visited both.
	 */
	struct smmu_set *seen;
	u64 bytes;   /* out */
	u32 l1_used; /* out: used L1 descriptors seen */
	u32 stes;    /* out: valid STEs seen */
};

enum strtab_outcome {
	STRTAB_DONE = 0,
	STRTAB_OVER_BUDGET = 1,
	STRTAB_UNUSABLE = 2, /* the geometry forbids a visit */
};

/*
 * Visit every valid STE in ascending StreamID order. A callback's non-zero
 * return ends the visit and is returned. Returns an enum strtab_outcome, the
 * callback's value, or a negative errno of the read callback.
 */
int strtab_visit(const struct smmu_mem *mem, const struct smmu_geom *geom,
		 struct strtab_budget *budget, const struct strtab_ops *ops);

enum strtab_find_outcome {
	STRTAB_FOUND = 0,
	STRTAB_FIND_NOT_RAM = SMMU_MEM_NOT_RAM,
	STRTAB_FIND_EXCLUDED = SMMU_MEM_EXCLUDED,
	STRTAB_SID_RANGE, /* StreamID beyond the table: refused as C_BAD_STREAMID */
	STRTAB_NO_L2,	  /* no L2 table for this StreamID: refused likewise */
	STRTAB_BAD_L2,	  /* L1 descriptor is odd */
};

/* Read the STE of @sid. @ret_raw is SMMU_STE_BYTES long. */
int strtab_read_ste(const struct smmu_mem *mem, const struct smmu_geom *geom, u32 sid,
		    u64 *ret_addr, u8 *ret_raw);

#endif

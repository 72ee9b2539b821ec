/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * geom.h - stream-table geometry, decoded from a register snapshot.
 *
 * STRTAB_BASE(_CFG) may hold anything after a crash. Whatever is odd becomes a
 * flag; only a geometry without a "fatal" flag may be walked.
 */
#ifndef SMMU_CORE_GEOM_H
#define SMMU_CORE_GEOM_H

#include "smmu_regs.h"

#define SMMU_STE_BYTES 64u
#define SMMU_CD_BYTES 64u
#define SMMU_L1_BYTES 8u
#define SMMU_SPLIT 8u /* the only STRTAB SPLIT Linux uses */
#define SMMU_L2_ENTRIES (1u << SMMU_SPLIT)
#define SMMU_L2_BYTES (SMMU_L2_ENTRIES * SMMU_STE_BYTES)
#define SMMU_L1_MAX_ENTRIES (1u << 17) /* arm-smmu-v3: STRTAB_MAX_L1_ENTRIES */
#define SMMU_LINEAR_MAX_LOG2 25u

enum smmu_geom_odd {
	GEOM_ODD_FORMAT = 1 << 0,    /* STRTAB_BASE_CFG.FMT is neither linear nor two-level */
	GEOM_ODD_LOG2SIZE = 1 << 1,  /* LOG2SIZE above SIDSIZE, below SPLIT or above our cap */
	GEOM_ODD_SPLIT = 1 << 2,     /* two-level, SPLIT is not 8 */
	GEOM_ODD_UNALIGNED = 1 << 3, /* base not aligned to the table's own size */
	GEOM_ODD_NULL = 1 << 4,	     /* base address is 0 */
	GEOM_ODD_OAS = 1 << 5,	     /* table reaches beyond the output address size */
	GEOM_ODD_NO_2LVL = 1 << 6,   /* two-level table, IDR0.ST_LEVEL says linear only */
};

struct smmu_geom {
	u64 base;     /* physical address of the L1 table or the linear table */
	u64 bytes;    /* size of that table */
	u32 l1_count; /* L1 descriptors; 0 for a linear table */
	u32 l2_count; /* STEs per L2 table, or STEs of the linear table */
	u8 two_level;
	u8 log2size; /* number of StreamID bits the table covers */
	u8 split;
	u8 sid_bits;  /* IDR1.SIDSIZE */
	u8 ssid_bits; /* IDR1.SSIDSIZE */
	u8 oas_bits;  /* IDR5.OAS, in bits */
	u8 asid_bits; /* 8 or 16 */
	u8 vmid_bits;
	u32 odd; /* enum smmu_geom_odd */
};

/*
 * Decode @regs into @ret. Returns 0 when the table may be walked, 1 when one
 * of the oddities forbids it (@ret is filled all the same).
 */
int geom_decode(const struct smmu_regs *regs, struct smmu_geom *ret);

/* An L1 stream table descriptor (IHI 0070 5.1). */
enum smmu_l1_odd {
	L1_ODD_SPAN = 1 << 0,	   /* SPAN is neither 0 nor SPLIT + 1 */
	L1_ODD_NULL = 1 << 1,	   /* SPAN says used, L2 pointer is 0 */
	L1_ODD_UNALIGNED = 1 << 2, /* L2 pointer not aligned to the L2 table's size */
	L1_ODD_OAS = 1 << 3,	   /* L2 table reaches beyond the output address size */
};

struct smmu_l1_view {
	u64 l2_addr;
	u32 odd; /* enum smmu_l1_odd; not 0 means: do not follow */
	u8 span;
	u8 used; /* SPAN != 0 */
};

void geom_l1_decode(const struct smmu_geom *geom, u64 raw, struct smmu_l1_view *ret);

/* True when [addr, addr + bytes) does not reach beyond the output address size. */
bool geom_fits_oas(const struct smmu_geom *geom, u64 addr, u64 bytes);

#endif

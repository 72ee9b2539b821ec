/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cd.h - Context Descriptors: finding one behind an STE, and decoding it
 * (IHI 0070 5.3, 5.4). Stage 1 only; a nested STE's CD table lies in the
 * guest's address space and is not followed.
 */
#ifndef SMMU_CORE_CD_H
#define SMMU_CORE_CD_H

#include "smmu_mem.h"
#include "ste.h"

enum cd_odd {
	CD_ODD_ASID = 1 << 0, /* valid, ASID 0 or beyond the ASID width */
	CD_ODD_AA32 = 1 << 1, /* valid, AArch32 translation table format */
	CD_ODD_T0SZ = 1 << 2, /* T0SZ outside 12..39 with TTB0 in use */
	CD_ODD_TG0 = 1 << 3,  /* reserved granule */
	CD_ODD_TTB0 = 1 << 4, /* TTB0 in use, and 0 or beyond the output address size */
	CD_ODD_ENDI = 1 << 5, /* big-endian tables */
};

struct cd_view {
	u64 ttb0, ttb1; /* physical addresses of the roots */
	u16 asid;
	u16 odd; /* enum cd_odd */
	u8 valid;
	u8 aa64;
	u8 t0sz;
	u8 input_bits;	  /* 64 - T0SZ, 0 when TTB0 is not used */
	u8 granule_shift; /* 12, 14, 16; 0 when reserved */
	u8 epd0, epd1;
	u8 ips;	  /* encoded output size, 0..6 */
	u8 stall; /* S */
	u8 ha, hd;
	u8 endi;
};

/* Why a CD could not be located; positive outcomes of cd_locate(). */
enum cd_locate_outcome {
	CD_FOUND = 0,
	CD_NOT_RAM = SMMU_MEM_NOT_RAM,
	CD_EXCLUDED = SMMU_MEM_EXCLUDED,
	CD_NO_S1,	/* the STE has no stage 1 that we can follow */
	CD_SSID_RANGE,	/* @ssid beyond S1CDMax */
	CD_BAD_POINTER, /* null, misaligned or out-of-range table pointer */
	CD_L1_INVALID,	/* two-level table, L1 descriptor has V=0 */
};

/*
 * Physical address of the CD of @ssid behind @ste. Reads at most one L1
 * descriptor. Returns an enum cd_locate_outcome, or a negative errno of the
 * read callback.
 */
int cd_locate(const struct smmu_mem *mem, const struct smmu_geom *geom, const struct ste_view *ste,
	      u32 ssid, u64 *ret_addr);

/* Decode @raw. Returns 0, or -EINVAL when @len is not SMMU_CD_BYTES. */
int cd_decode(const u8 *raw, size_t len, const struct smmu_geom *geom, struct cd_view *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ste.h - a Stream Table Entry, decoded (IHI 0070 5.2).
 *
 * Raw is 64 little-endian bytes. Nothing in an STE makes decoding fail:
 * whatever is odd is a flag, so that plan and report can speak of it.
 */
#ifndef SMMU_CORE_STE_H
#define SMMU_CORE_STE_H

#include "geom.h"
#include "rec_types.h"

enum ste_config {
	STE_CONFIG_ABORT = 0,
	STE_CONFIG_BYPASS = 4,
	STE_CONFIG_S1 = 5,
	STE_CONFIG_S2 = 6,
	STE_CONFIG_NESTED = 7,
};

enum ste_odd {
	STE_ODD_CONFIG = 1 << 0,  /* V=1 with a reserved Config (1..3) */
	STE_ODD_S1FMT = 1 << 1,	  /* S1Fmt 3 (reserved) */
	STE_ODD_S1CDMAX = 1 << 2, /* more substream bits than IDR1.SSIDSIZE */
	STE_ODD_CD_NULL = 1 << 3, /* stage 1, S1ContextPtr is 0 */
	STE_ODD_CD_OAS = 1 << 4,  /* context descriptor beyond the output address size */
	STE_ODD_VMID = 1 << 5,	  /* stage 2, VMID 0 or beyond the VMID width */
	STE_ODD_S2TTB = 1 << 6,	  /* stage 2, root 0 or beyond the output address size */
};

struct ste_view {
	u64 s1_ctx_ptr; /* physical address of the CD or the CD table */
	u64 s2_ttb;	/* physical address of the stage-2 root */
	u32 s2_vtcr;	/* the 19 VTCR bits, q2[50:32] */
	u16 s2_vmid;
	u16 odd;     /* enum ste_odd */
	u8 valid;    /* V */
	u8 config;   /* enum ste_config, or reserved 1..3 */
	u8 s1_fmt;   /* 0 linear, 1 two-level 4K, 2 two-level 64K */
	u8 s1_cdmax; /* log2 of the number of CDs */
	u8 s1_dss;
	u8 eats; /* 0 no ATS, 1 full, 2 split-stage */
	u8 strw;
	u8 s1_stalld;
	u8 shcfg;
	u8 s2_aa64;
};

/*
 * Decode @raw. @geom gives the SMMU's widths; NULL when they are not known,
 * then nothing that depends on them is judged. Returns 0, or -EINVAL when
 * @len is not SMMU_STE_BYTES.
 */
int ste_decode(const u8 *raw, size_t len, const struct smmu_geom *geom, struct ste_view *ret);

/* What hardware does with DMA of a stream. What is safe to assume of it is for the caller. */
enum ste_effect {
	STE_EFFECT_NOT_KNOWN = 0, /* its entry was not read */
	STE_EFFECT_REFUSED =
		1, /* V=0, abort, a reserved Config (IHI 0070 5.2), or no table for it */
	STE_EFFECT_BYPASSED = 2,
	STE_EFFECT_TRANSLATED = 3,
};

/* Never STE_EFFECT_NOT_KNOWN. */
enum ste_effect ste_effect(const struct ste_view *ste);
/* @entry: enum rec_entry; @raw: 64 bytes, read when that is REC_ENTRY_READ. */
enum ste_effect ste_effect_of(u16 entry, const u8 *raw);
/* Does it let DMA through? */
static inline bool ste_effect_is_live(enum ste_effect effect)
{
	return effect == STE_EFFECT_BYPASSED || effect == STE_EFFECT_TRANSLATED;
}

bool ste_has_s1(const struct ste_view *ste);
bool ste_has_s2(const struct ste_view *ste);

#endif

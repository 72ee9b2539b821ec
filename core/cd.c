// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cd.c - context descriptors.
 *
 * A CD table is linear (S1Fmt 0: one CD per SSID), or has an L1 table of
 * 8-byte descriptors whose leaves hold 64 CDs (S1Fmt 1, 4 KiB leaves) or 1024
 * CDs (S1Fmt 2, 64 KiB leaves; the only two-level form Linux writes). A table
 * is aligned to its own size; with one CD, to the CD.
 */
#include "cd.h"

#define CD_L1_VALID CORE_BIT(0)
#define CD_L1_PTR CORE_MASK(51, 12)

static int locate_linear(const struct smmu_geom *geom, const struct ste_view *ste, u32 ssid,
			 u64 *ret_addr)
{
	u64 bytes = (u64)SMMU_CD_BYTES << ste->s1_cdmax;

	if ((ste->s1_ctx_ptr & (bytes - 1)) || !geom_fits_oas(geom, ste->s1_ctx_ptr, bytes))
		return CD_BAD_POINTER;
	*ret_addr = ste->s1_ctx_ptr + (u64)ssid * SMMU_CD_BYTES;
	return CD_FOUND;
}

static int locate_two_level(const struct smmu_mem *mem, const struct smmu_geom *geom,
			    const struct ste_view *ste, u32 ssid, u64 *ret_addr)
{
	u32 leaf_bits = ste->s1_fmt == 1 ? 6 : 10;
	u64 leaf_bytes = (u64)SMMU_CD_BYTES << leaf_bits;
	u8 raw[SMMU_L1_BYTES];
	u64 l1, leaf;
	int r;

	r = smmu_mem_read(mem, ste->s1_ctx_ptr + (u64)(ssid >> leaf_bits) * SMMU_L1_BYTES, raw,
			  sizeof(raw));
	if (r)
		return r;
	l1 = core_ld64(raw);
	if (!(l1 & CD_L1_VALID))
		return CD_L1_INVALID;
	leaf = l1 & CD_L1_PTR;
	if (!leaf || (leaf & (leaf_bytes - 1)) || !geom_fits_oas(geom, leaf, leaf_bytes))
		return CD_BAD_POINTER;
	*ret_addr = leaf + (u64)(ssid & ((1u << leaf_bits) - 1)) * SMMU_CD_BYTES;
	return CD_FOUND;
}

int cd_locate(const struct smmu_mem *mem, const struct smmu_geom *geom, const struct ste_view *ste,
	      u32 ssid, u64 *ret_addr)
{
	if (!ste_has_s1(ste) || ste->config == STE_CONFIG_NESTED || ste->s1_fmt == 3)
		return CD_NO_S1;
	if (!ste->s1_ctx_ptr)
		return CD_BAD_POINTER;
	if ((u64)ssid >> ste->s1_cdmax)
		return CD_SSID_RANGE;
	/* With one CD the format is not used: S1ContextPtr is the CD (5.2, S1Fmt). */
	if (ste->s1_fmt == 0 || ste->s1_cdmax == 0)
		return locate_linear(geom, ste, ssid, ret_addr);
	return locate_two_level(mem, geom, ste, ssid, ret_addr);
}

static void judge(struct cd_view *v, const struct smmu_geom *geom)
{
	if (!v->asid || (geom && v->asid >> (geom->asid_bits - 1) >> 1))
		v->odd |= CD_ODD_ASID;
	if (!v->aa64)
		v->odd |= CD_ODD_AA32;
	if (v->endi)
		v->odd |= CD_ODD_ENDI;
	if (v->epd0)
		return;
	if (v->t0sz < 12 || v->t0sz > 39)
		v->odd |= CD_ODD_T0SZ;
	else
		v->input_bits = (u8)(64 - v->t0sz);
	if (!v->granule_shift)
		v->odd |= CD_ODD_TG0;
	if (!v->ttb0 || (geom && !geom_fits_oas(geom, v->ttb0, 16)))
		v->odd |= CD_ODD_TTB0;
}

int cd_decode(const u8 *raw, size_t len, const struct smmu_geom *geom, struct cd_view *ret)
{
	static const u8 granule_shift[4] = { 12, 16, 14, 0 };
	u64 q0;

	if (len != SMMU_CD_BYTES)
		return -EINVAL;
	q0 = core_ld64(raw);

	memset(ret, 0, sizeof(*ret));
	ret->t0sz = (u8)CORE_GET(q0, 5, 0);
	ret->granule_shift = granule_shift[CORE_GET(q0, 7, 6)];
	ret->epd0 = (u8)CORE_GET(q0, 14, 14);
	ret->endi = (u8)CORE_GET(q0, 15, 15);
	ret->epd1 = (u8)CORE_GET(q0, 30, 30);
	ret->valid = (u8)CORE_GET(q0, 31, 31);
	ret->ips = (u8)CORE_GET(q0, 34, 32);
	ret->aa64 = (u8)CORE_GET(q0, 41, 41);
	ret->hd = (u8)CORE_GET(q0, 42, 42);
	ret->ha = (u8)CORE_GET(q0, 43, 43);
	ret->stall = (u8)CORE_GET(q0, 44, 44);
	ret->asid = (u16)CORE_GET(q0, 63, 48);
	ret->ttb0 = core_ld64(raw + 8) & CORE_MASK(51, 4);
	ret->ttb1 = core_ld64(raw + 16) & CORE_MASK(51, 4);
	if (ret->valid)
		judge(ret, geom);
	return 0;
}

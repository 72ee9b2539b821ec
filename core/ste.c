// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ste.c - decodes a Stream Table Entry: ste_decode() makes a view of its bytes, and ste_effect()
 * decides what the entry does with DMA. Field positions are those of IHI 0070 5.2; the comments
 * name the quadword.
 */
#include "ste.h"

enum ste_effect ste_effect(const struct ste_view *ste)
{
	if (!ste->valid || ste->config == STE_CONFIG_ABORT || (ste->odd & STE_ODD_CONFIG))
		return STE_EFFECT_REFUSED;
	return ste->config == STE_CONFIG_BYPASS ? STE_EFFECT_BYPASSED : STE_EFFECT_TRANSLATED;
}

enum ste_effect ste_effect_of(u16 entry, const u8 *raw)
{
	struct ste_view ste;

	/* Hardware refuses what has no table; of a pointer to nowhere it cannot be said. */
	if (entry == REC_ENTRY_NO_TABLE)
		return STE_EFFECT_REFUSED;
	if (entry != REC_ENTRY_READ)
		return STE_EFFECT_NOT_KNOWN;
	(void)ste_decode(raw, SMMU_STE_BYTES, NULL, &ste);
	return ste_effect(&ste);
}

bool ste_has_s1(const struct ste_view *ste)
{
	return ste->valid && (ste->config == STE_CONFIG_S1 || ste->config == STE_CONFIG_NESTED);
}

bool ste_has_s2(const struct ste_view *ste)
{
	return ste->valid && (ste->config == STE_CONFIG_S2 || ste->config == STE_CONFIG_NESTED);
}

/* In a nested STE the CD table lies in IPA space: its pointer says nothing about PA. */
static u16 judge_s1(const struct ste_view *v, const struct smmu_geom *geom)
{
	u16 odd = 0;

	if (v->s1_fmt == 3)
		odd |= STE_ODD_S1FMT;
	if (!v->s1_ctx_ptr)
		odd |= STE_ODD_CD_NULL;
	if (!geom)
		return odd;
	if (v->s1_cdmax > geom->ssid_bits)
		odd |= STE_ODD_S1CDMAX;
	if (v->config == STE_CONFIG_S1 && !geom_fits_oas(geom, v->s1_ctx_ptr, SMMU_CD_BYTES))
		odd |= STE_ODD_CD_OAS;
	return odd;
}

static u16 judge_s2(const struct ste_view *v, const struct smmu_geom *geom)
{
	u16 odd = 0;

	if (!v->s2_vmid || (geom && v->s2_vmid >> (geom->vmid_bits - 1) >> 1))
		odd |= STE_ODD_VMID;
	if (!v->s2_ttb || (geom && !geom_fits_oas(geom, v->s2_ttb, 16)))
		odd |= STE_ODD_S2TTB;
	return odd;
}

int ste_decode(const u8 *raw, size_t len, const struct smmu_geom *geom, struct ste_view *ret)
{
	u64 q0, q1, q2, q3;

	if (len != SMMU_STE_BYTES)
		return -EINVAL;
	q0 = core_ld64(raw);
	q1 = core_ld64(raw + 8);
	q2 = core_ld64(raw + 16);
	q3 = core_ld64(raw + 24);

	memset(ret, 0, sizeof(*ret));
	ret->valid = (u8)CORE_GET(q0, 0, 0);
	ret->config = (u8)CORE_GET(q0, 3, 1);
	ret->s1_fmt = (u8)CORE_GET(q0, 5, 4);
	ret->s1_ctx_ptr = q0 & CORE_MASK(51, 6);
	ret->s1_cdmax = (u8)CORE_GET(q0, 63, 59);
	ret->s1_dss = (u8)CORE_GET(q1, 1, 0);
	ret->s1_stalld = (u8)CORE_GET(q1, 27, 27);
	ret->eats = (u8)CORE_GET(q1, 29, 28);
	ret->strw = (u8)CORE_GET(q1, 31, 30);
	ret->shcfg = (u8)CORE_GET(q1, 45, 44);
	ret->s2_vmid = (u16)CORE_GET(q2, 15, 0);
	ret->s2_vtcr = (u32)CORE_GET(q2, 50, 32);
	ret->s2_aa64 = (u8)CORE_GET(q2, 51, 51);
	ret->s2_ttb = q3 & CORE_MASK(51, 4);

	if (ret->valid && ret->config >= 1 && ret->config <= 3)
		ret->odd |= STE_ODD_CONFIG;
	if (ste_has_s1(ret))
		ret->odd |= judge_s1(ret, geom);
	if (ste_has_s2(ret))
		ret->odd |= judge_s2(ret, geom);
	return 0;
}

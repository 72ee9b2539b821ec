// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * geom.c - registers to stream-table geometry (IHI 0070 6.3.24, 6.3.25).
 *
 * The checks are those of the adopting kernel (arm_smmu_kdump_adopt_strtab)
 * plus the alignment checks its later versions add.
 */
#include "geom.h"

static u8 oas_bits(u32 idr5)
{
	static const u8 bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	return bits[CORE_GET(idr5, 2, 0)];
}

bool geom_fits_oas(const struct smmu_geom *geom, u64 addr, u64 bytes)
{
	u64 limit = CORE_BIT(geom->oas_bits);

	return bytes <= limit && addr <= limit - bytes;
}

static void decode_two_level(struct smmu_geom *g, u32 idr0)
{
	u32 max_log2 = g->sid_bits;

	g->two_level = 1;
	if (!(CORE_GET(idr0, 28, 27) & 1))
		g->odd |= GEOM_ODD_NO_2LVL;
	if (g->split != SMMU_SPLIT)
		g->odd |= GEOM_ODD_SPLIT;
	if (g->log2size < g->split || g->log2size > max_log2 || g->log2size - g->split > 17)
		g->odd |= GEOM_ODD_LOG2SIZE;
	if (g->odd)
		return;
	g->l1_count = 1u << (g->log2size - g->split);
	g->l2_count = SMMU_L2_ENTRIES;
	g->bytes = (u64)g->l1_count * SMMU_L1_BYTES;
}

static void decode_linear(struct smmu_geom *g)
{
	if (g->log2size > g->sid_bits || g->log2size > SMMU_LINEAR_MAX_LOG2) {
		g->odd |= GEOM_ODD_LOG2SIZE;
		return;
	}
	g->l2_count = 1u << g->log2size;
	g->bytes = (u64)g->l2_count * SMMU_STE_BYTES;
}

int geom_decode(const struct smmu_regs *regs, struct smmu_geom *ret)
{
	u32 cfg = regs->strtab_base_cfg;
	u64 align;

	memset(ret, 0, sizeof(*ret));
	ret->base = regs->strtab_base & SMMU_BASE_ADDR_MASK;
	ret->log2size = (u8)CORE_GET(cfg, 5, 0);
	ret->split = (u8)CORE_GET(cfg, 10, 6);
	ret->sid_bits = (u8)CORE_GET(regs->idr1, 5, 0);
	ret->ssid_bits = (u8)CORE_GET(regs->idr1, 10, 6);
	ret->oas_bits = oas_bits(regs->idr5);
	ret->asid_bits = CORE_GET(regs->idr0, 12, 12) ? 16 : 8;
	ret->vmid_bits = CORE_GET(regs->idr0, 18, 18) ? 16 : 8;

	switch (CORE_GET(cfg, 17, 16)) {
	case 0: decode_linear(ret); break;
	case 1: decode_two_level(ret, regs->idr0); break;
	default: ret->odd |= GEOM_ODD_FORMAT;
	}
	if (!ret->base)
		ret->odd |= GEOM_ODD_NULL;
	if (ret->odd)
		return 1;

	align = ret->bytes < SMMU_STE_BYTES ? SMMU_STE_BYTES : ret->bytes;
	if (ret->base & (align - 1))
		ret->odd |= GEOM_ODD_UNALIGNED;
	if (!geom_fits_oas(ret, ret->base, ret->bytes))
		ret->odd |= GEOM_ODD_OAS;
	return ret->odd ? 1 : 0;
}

void geom_l1_decode(const struct smmu_geom *geom, u64 raw, struct smmu_l1_view *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->span = (u8)CORE_GET(raw, 4, 0);
	ret->l2_addr = raw & SMMU_BASE_ADDR_MASK;
	ret->used = ret->span != 0;
	if (!ret->used)
		return;
	if (ret->span != SMMU_SPLIT + 1)
		ret->odd |= L1_ODD_SPAN;
	if (!ret->l2_addr)
		ret->odd |= L1_ODD_NULL;
	if (ret->l2_addr & (SMMU_L2_BYTES - 1))
		ret->odd |= L1_ODD_UNALIGNED;
	if (!geom_fits_oas(geom, ret->l2_addr, SMMU_L2_BYTES))
		ret->odd |= L1_ODD_OAS;
}

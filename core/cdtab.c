// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cdtab.c - the visit of strtab.c for context descriptors: a linear table is one run of CDs; of a
 * two-level table each L1 descriptor leads to one such run (IHI 0070 5.4, "CD tables").
 */
#include "cdtab.h"

#define CD_MAX_SSID_BITS 20u
#define L1_BATCH 8u

struct visit {
	const struct smmu_mem *mem;
	const struct smmu_geom *geom;
	const struct ste_view *ste;
	struct strtab_budget *budget;
	const struct cd_ops *ops;
};

static int trouble(const struct visit *v, u32 ssid, u64 addr, int outcome)
{
	return v->ops->trouble ? v->ops->trouble(v->ops->priv, ssid, addr, outcome) : 0;
}

static int spend(const struct visit *v, u64 bytes)
{
	if (bytes > v->budget->max_bytes - v->budget->bytes)
		return STRTAB_OVER_BUDGET;
	v->budget->bytes += bytes;
	return 0;
}

static int show_run(const struct visit *v, u32 ssid, u64 addr, u32 count)
{
	const u8 *raw = v->budget->scratch;
	u32 i;
	int r;

	for (i = 0; i < count; i++, raw += SMMU_CD_BYTES) {
		if (!CORE_GET(core_ld64(raw), 31, 31))
			continue;
		r = v->ops->cd(v->ops->priv, ssid + i, addr + (u64)i * SMMU_CD_BYTES, raw);
		if (r)
			return r;
	}
	return 0;
}

static int visit_run(const struct visit *v, u32 ssid, u64 addr, u32 count)
{
	u32 piece, most = (u32)(v->budget->scratch_len / SMMU_CD_BYTES);
	int r;

	for (; count; count -= piece, ssid += piece, addr += (u64)piece * SMMU_CD_BYTES) {
		piece = count < most ? count : most;
		r = spend(v, (u64)piece * SMMU_CD_BYTES);
		if (r)
			return r;
		r = smmu_mem_read(v->mem, addr, v->budget->scratch, (size_t)piece * SMMU_CD_BYTES);
		if (r < 0)
			return r;
		r = r ? trouble(v, ssid, addr, r) : show_run(v, ssid, addr, piece);
		if (r)
			return r;
	}
	return STRTAB_DONE;
}

/* One leaf: cd_locate() knows how to find and check it. */
static int visit_leaf(const struct visit *v, u32 ssid, u32 count)
{
	u64 addr = v->ste->s1_ctx_ptr;
	int r;

	r = cd_locate(v->mem, v->geom, v->ste, ssid, &addr);
	if (r < 0)
		return r;
	if (r == CD_L1_INVALID)
		return STRTAB_DONE;
	return r ? trouble(v, ssid, addr, r) : visit_run(v, ssid, addr, count);
}

static int visit_two_level(const struct visit *v, u32 total, u32 leaf_count)
{
	u8 raw[L1_BATCH * SMMU_L1_BYTES];
	u32 ssid, i, n;
	u64 addr;
	int r;

	for (ssid = 0; ssid < total; ssid += n * leaf_count) {
		n = (total - ssid) / leaf_count < L1_BATCH ? (total - ssid) / leaf_count : L1_BATCH;
		addr = v->ste->s1_ctx_ptr + (u64)(ssid / leaf_count) * SMMU_L1_BYTES;
		r = spend(v, n * SMMU_L1_BYTES);
		if (r)
			return r;
		r = smmu_mem_read(v->mem, addr, raw, n * SMMU_L1_BYTES);
		if (r > 0)
			r = trouble(v, ssid, addr, r);
		else if (!r)
			for (i = 0; !r && i < n; i++)
				if (raw[i * SMMU_L1_BYTES] & 1)
					r = visit_leaf(v, ssid + i * leaf_count, leaf_count);
		if (r)
			return r;
	}
	return STRTAB_DONE;
}

int cd_visit(const struct smmu_mem *mem, const struct smmu_geom *geom, const struct ste_view *ste,
	     struct strtab_budget *budget, const struct cd_ops *ops)
{
	struct visit v = { mem, geom, ste, budget, ops };
	u32 bits = ste->s1_cdmax < CD_MAX_SSID_BITS ? ste->s1_cdmax : CD_MAX_SSID_BITS;
	u32 leaf_bits = ste->s1_fmt == 1 ? 6 : 10;

	if (budget->scratch_len < SMMU_CD_BYTES)
		return -EINVAL;
	if (!ste_has_s1(ste) || ste->config == STE_CONFIG_NESTED || ste->s1_fmt == 3)
		return STRTAB_DONE;
	if (!ste->s1_ctx_ptr)
		return trouble(&v, 0, 0, CD_BAD_POINTER);
	if (!ste->s1_fmt || !bits)
		return visit_leaf(&v, 0, 1u << bits);
	if (bits < leaf_bits)
		leaf_bits = bits;
	return visit_two_level(&v, 1u << bits, 1u << leaf_bits);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * strtab.c - the visit is two plain loops: L1 descriptors, and for each used
 * one the STEs of its L2 table. A linear table is one such run of STEs.
 */
#include "strtab.h"

struct visit {
	const struct smmu_mem *mem;
	const struct smmu_geom *geom;
	const struct strtab_ops *ops;
	struct strtab_budget *budget;
};

static int trouble(const struct visit *v, enum strtab_trouble what, u32 sid, u64 addr, u32 detail)
{
	if (!v->ops->trouble)
		return 0;
	return v->ops->trouble(v->ops->priv, what, sid, addr, detail);
}

/* Read the next piece of a table: as much as fits scratch, whole entries only. */
static int read_piece(const struct visit *v, u64 addr, u64 bytes_left, u32 entry, u32 *ret_len)
{
	struct strtab_budget *b = v->budget;
	u64 len = b->scratch_len - b->scratch_len % entry;

	if (len > bytes_left)
		len = bytes_left;
	if (len > b->max_bytes - b->bytes)
		return -EDQUOT;
	b->bytes += len;
	*ret_len = (u32)len;
	return smmu_mem_read(v->mem, addr, b->scratch, len);
}

static int visit_stes(const struct visit *v, u32 first_sid, u64 table, u32 count)
{
	u64 total = (u64)count * SMMU_STE_BYTES, done = 0;
	u32 len, off;
	int r;

	while (done < total) {
		r = read_piece(v, table + done, total - done, SMMU_STE_BYTES, &len);
		if (r == -EDQUOT)
			return STRTAB_OVER_BUDGET;
		if (r < 0)
			return r;
		if (r > 0) {
			r = trouble(v, STRTAB_TROUBLE_L2_READ,
				    first_sid + (u32)(done / SMMU_STE_BYTES), table + done, (u32)r);
			if (r)
				return r;
			done += len;
			continue;
		}
		for (off = 0; off < len; off += SMMU_STE_BYTES) {
			const u8 *raw = v->budget->scratch + off;
			u32 sid = first_sid + (u32)((done + off) / SMMU_STE_BYTES);

			if (!(raw[0] & 1))
				continue;
			v->budget->stes++;
			r = v->ops->ste(v->ops->priv, sid, table + done + off, raw);
			if (r)
				return r;
		}
		done += len;
	}
	return STRTAB_DONE;
}

static int visit_l1_entry(const struct visit *v, u32 index, u64 addr, u64 raw, u64 *last_l2)
{
	struct smmu_l1_view l1;
	u32 sid = index << SMMU_SPLIT, first;
	int r;

	geom_l1_decode(v->geom, raw, &l1);
	if (!l1.used)
		return 0;
	v->budget->l1_used++;
	if (v->ops->l1) {
		r = v->ops->l1(v->ops->priv, index, addr, raw);
		if (r)
			return r;
	}
	if (l1.odd)
		return trouble(v, STRTAB_TROUBLE_L1_ODD, sid, addr, l1.odd);
	if (v->budget->seen &&
	    smmu_set_add(v->budget->seen, l1.l2_addr, index, &first) == SMMU_SET_SEEN)
		return trouble(v, STRTAB_TROUBLE_L2_SHARED, sid, l1.l2_addr, first);
	if (l1.l2_addr == *last_l2) {
		r = trouble(v, STRTAB_TROUBLE_L2_SHARED, sid, l1.l2_addr, index - 1);
		if (r)
			return r;
	}
	*last_l2 = l1.l2_addr;
	return visit_stes(v, sid, l1.l2_addr, SMMU_L2_ENTRIES);
}

static int visit_l1(const struct visit *v)
{
	/* L1 descriptors go through a small buffer of their own: scratch is the L2's. */
	u8 buf[8 * SMMU_L1_BYTES];
	u64 addr, last_l2 = 0;
	u32 i, n, j;
	int r;

	for (i = 0; i < v->geom->l1_count; i += n) {
		n = v->geom->l1_count - i;
		if (n > sizeof(buf) / SMMU_L1_BYTES)
			n = sizeof(buf) / SMMU_L1_BYTES;
		if ((u64)n * SMMU_L1_BYTES > v->budget->max_bytes - v->budget->bytes)
			return STRTAB_OVER_BUDGET;
		v->budget->bytes += (u64)n * SMMU_L1_BYTES;
		addr = v->geom->base + (u64)i * SMMU_L1_BYTES;
		r = smmu_mem_read(v->mem, addr, buf, n * SMMU_L1_BYTES);
		if (r < 0)
			return r;
		if (r > 0) {
			r = trouble(v, STRTAB_TROUBLE_L1_READ, i << SMMU_SPLIT, addr, (u32)r);
			if (r)
				return r;
			continue;
		}
		for (j = 0; j < n; j++) {
			r = visit_l1_entry(v, i + j, addr + j * SMMU_L1_BYTES,
					   core_ld64(buf + j * SMMU_L1_BYTES), &last_l2);
			if (r)
				return r;
		}
	}
	return STRTAB_DONE;
}

int strtab_visit(const struct smmu_mem *mem, const struct smmu_geom *geom,
		 struct strtab_budget *budget, const struct strtab_ops *ops)
{
	struct visit v = { .mem = mem, .geom = geom, .ops = ops, .budget = budget };

	if (budget->scratch_len < SMMU_STE_BYTES)
		return -EINVAL;
	budget->bytes = 0;
	budget->l1_used = 0;
	budget->stes = 0;
	if (geom->odd)
		return STRTAB_UNUSABLE;
	if (geom->two_level)
		return visit_l1(&v);
	return visit_stes(&v, 0, geom->base, geom->l2_count);
}

int strtab_read_ste(const struct smmu_mem *mem, const struct smmu_geom *geom, u32 sid,
		    u64 *ret_addr, u8 *ret_raw)
{
	u8 raw[SMMU_L1_BYTES];
	struct smmu_l1_view l1;
	u64 table = geom->base;
	u32 index = sid;
	int r;

	if (geom->odd || (u64)sid >> geom->log2size)
		return STRTAB_SID_RANGE;
	if (geom->two_level) {
		r = smmu_mem_read(mem, geom->base + (u64)(sid >> SMMU_SPLIT) * SMMU_L1_BYTES, raw,
				  sizeof(raw));
		if (r)
			return r;
		geom_l1_decode(geom, core_ld64(raw), &l1);
		if (!l1.used)
			return STRTAB_NO_L2;
		if (l1.odd)
			return STRTAB_BAD_L2;
		table = l1.l2_addr;
		index = sid & (SMMU_L2_ENTRIES - 1);
	}
	*ret_addr = table + (u64)index * SMMU_STE_BYTES;
	return smmu_mem_read(mem, *ret_addr, ret_raw, SMMU_STE_BYTES);
}

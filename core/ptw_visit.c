// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ptw_visit.c - everything that a set of tables maps, as merged extents.
 *
 * Depth first with one frame per level, so the memory needed is the caller's
 * scratch buffer. Depth is bounded by the geometry; a table that is its own
 * ancestor is not entered; tables that alias each other are bounded by the
 * budget only, since hardware would follow them too.
 */
#include "ptw.h"

struct frame {
	u64 table, input;
	u32 next, count; /* entries */
	u32 loaded;	 /* first entry in the buffer */
	u32 held;	 /* entries in the buffer */
	u32 limits;
	u8 *buf;
};

struct visit {
	const struct smmu_mem *mem;
	const struct ptw_geom *g;
	struct ptw_budget *budget;
	const struct ptw_visit_ops *ops;
	struct frame frame[PTW_MAX_LEVELS];
	struct ptw_extent pending;
	u32 chunk; /* entries per buffer */
	int depth;
};

static int flush(struct visit *v)
{
	struct ptw_extent out = v->pending;

	v->pending.bytes = 0;
	return out.bytes ? v->ops->extent(v->ops->priv, &out) : 0;
}

static int trouble(struct visit *v, int why, u64 input, u64 bytes, u64 addr)
{
	int r = flush(v);

	if (r || !v->ops->trouble)
		return r;
	return v->ops->trouble(v->ops->priv, why, v->g->input_base + input, bytes, addr);
}

static int add_leaf(struct visit *v, u64 input, u64 phys, u64 bytes, u32 flags)
{
	struct ptw_extent *p = &v->pending;
	int r;

	v->budget->leaves++;
	input += v->g->input_base;
	flags &= ~(u32)PTW_CONT; /* says nothing about what may be accessed */
	if (p->bytes && p->input + p->bytes == input && p->phys + p->bytes == phys &&
	    p->flags == flags) {
		p->bytes += bytes;
		return 0;
	}
	r = flush(v);
	*p = (struct ptw_extent){ input, phys, bytes, flags };
	return r;
}

static void enter(struct visit *v, u64 table, u64 input, u32 count, u32 limits)
{
	struct frame *f = &v->frame[v->depth++];

	f->table = table;
	f->input = input;
	f->count = count;
	f->limits = limits;
	f->next = f->loaded = f->held = 0;
	v->budget->tables++;
}

static bool is_above(const struct visit *v, u64 table)
{
	u64 bytes;
	int i;

	for (i = 0; i < v->depth; i++) {
		bytes = (u64)v->frame[i].count * 8;
		if (table - v->frame[i].table < bytes)
			return true;
	}
	return false;
}

/* Values of our own, which a callback's cannot be mistaken for. */
#define SKIPPED (-0x7001)
#define OVER_BUDGET (-0x7002)

/* Fill the buffer at f->next. 0, SKIPPED after a trouble, else an end. */
static int load(struct visit *v, struct frame *f, unsigned int shift)
{
	u32 n = f->count - f->next < v->chunk ? f->count - f->next : v->chunk;
	u64 addr = f->table + (u64)f->next * 8;
	int r;

	if (v->budget->bytes + (u64)n * 8 > v->budget->max_bytes)
		return OVER_BUDGET;
	r = smmu_mem_read(v->mem, addr, f->buf, (size_t)n * 8);
	if (r < 0)
		return r;
	v->budget->bytes += (u64)n * 8;
	if (r) {
		r = trouble(v, r, f->input + ((u64)f->next << shift), (u64)n << shift, addr);
		f->next += n;
		return r ? r : SKIPPED;
	}
	f->loaded = f->next;
	f->held = n;
	return 0;
}

static int visit_entry(struct visit *v, struct frame *f, int level, unsigned int shift)
{
	u64 input = f->input + ((u64)f->next << shift), at = f->table + (u64)f->next * 8;
	u64 raw = ptw_load(v->g, f->buf + (size_t)(f->next - f->loaded) * 8);
	struct ptw_step step;

	f->next++;
	if (!(raw & 1))
		return 0;
	ptw_decode(v->g, level, raw, &step);
	switch (step.kind) {
	case PTW_KIND_PAGE:
	case PTW_KIND_BLOCK:
		return add_leaf(v, input, step.target, CORE_BIT(shift),
				ptw_leaf_flags(v->g, raw, f->limits));
	case PTW_KIND_TABLE:
		if (is_above(v, step.target))
			return trouble(v, PTW_LOOP, input, CORE_BIT(shift), at);
		enter(v, step.target, input, 1u << (v->g->granule_shift - 3),
		      ptw_limits(v->g, raw, f->limits));
		return 0;
	default: return trouble(v, PTW_BAD_ENTRY, input, CORE_BIT(shift), at);
	}
}

static int visit_next(struct visit *v)
{
	struct frame *f = &v->frame[v->depth - 1];
	int level = ptw_start_level(v->g) + v->depth - 1, r;
	unsigned int shift = ptw_level_shift(v->g, level);

	if (f->next == f->count) {
		v->depth--;
		return 0;
	}
	if (f->next >= f->loaded + f->held) {
		r = load(v, f, shift);
		if (r)
			return r == SKIPPED ? 0 : r;
	}
	return visit_entry(v, f, level, shift);
}

int ptw_visit(const struct smmu_mem *mem, const struct ptw_geom *g, struct ptw_budget *budget,
	      const struct ptw_visit_ops *ops)
{
	struct visit v = { .mem = mem, .g = g, .budget = budget, .ops = ops };
	int r = 0, flushed, i;

	budget->bytes = budget->tables = budget->leaves = 0;
	v.chunk = (u32)(budget->scratch_len / PTW_MAX_LEVELS / 8);
	if (!v.chunk || (g->odd & PTW_ODD_FATAL) || !g->levels)
		return -EINVAL;
	for (i = 0; i < PTW_MAX_LEVELS; i++)
		v.frame[i].buf = budget->scratch + (size_t)v.chunk * 8 * (size_t)i;
	enter(&v, g->root, 0, ptw_root_entries(g), 0);
	while (v.depth && !r)
		r = visit_next(&v);
	if (r && r != OVER_BUDGET)
		return r;
	flushed = flush(&v);
	return flushed ? flushed : r ? PTW_BUDGET : 0;
}

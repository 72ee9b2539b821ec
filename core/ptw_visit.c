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
	/* The last page's entry but its address, 0 for none, and what came of it. */
	u64 address_bits, same;
	u32 same_flags, same_limits;
};

static int flush(struct visit *v)
{
	u64 bytes = v->pending.bytes;
	int r = bytes ? v->ops->extent(v->ops->priv, &v->pending) : 0;

	v->pending.bytes = 0;
	return r;
}

static int trouble(struct visit *v, int why, u64 input, u64 bytes, u64 addr)
{
	int r = flush(v);

	if (r || !v->ops->trouble)
		return r;
	return v->ops->trouble(v->ops->priv, why, v->g->input_base + input, bytes, addr);
}

/* @bytes of leaves side by side; they continue what is pending, or take its place. */
static inline int add_leaves(struct visit *v, u64 input, u64 phys, u64 bytes, u32 flags)
{
	struct ptw_extent *p = &v->pending;
	int r;

	input += v->g->input_base;
	if (p->phys + p->bytes == phys && p->input + p->bytes == input && p->flags == flags &&
	    p->bytes) {
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

/* Fill the buffer at f->next, entries in our byte order. 0, SKIPPED after a trouble, else an end.
 */
static int load(struct visit *v, struct frame *f, unsigned int shift)
{
	u32 n = f->count - f->next < v->chunk ? f->count - f->next : v->chunk;
	u64 addr = f->table + (u64)f->next * 8;
	u32 i;
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
	for (i = 0; v->g->big_endian && i < n; i++)
		core_st64(f->buf + (size_t)i * 8, ptw_load(v->g, f->buf + (size_t)i * 8));
	return 0;
}

/* Entry @i of those in the buffer. */
static inline u64 entry(const struct frame *f, u32 i)
{
	return core_ld64(f->buf + (size_t)i * 8);
}

/* The tables that the entries in the buffer lead to will be read next, in their order. */
static void announce(const struct visit *v, const struct frame *f, int level)
{
	size_t bytes = (size_t)8 << (v->g->granule_shift - 3);
	struct ptw_step step;
	u32 i;

	if (!v->mem->will_need || level == 3)
		return;
	for (i = 0; i < f->held; i++) {
		ptw_decode(v->g, level, entry(f, i), &step);
		if (step.kind == PTW_KIND_TABLE)
			v->mem->will_need(v->mem->priv, step.target, bytes);
	}
}

/* What an entry lets devices do; the contiguous hint says nothing about that. */
static u32 flags_of(const struct visit *v, const struct frame *f, u64 raw)
{
	return ptw_leaf_flags(v->g, raw, f->limits) & ~(u32)PTW_CONT;
}

/* A page; its neighbours mostly differ from it by address only, see visit_pages(). */
static int visit_page(struct visit *v, const struct frame *f, u64 raw, u64 input, u64 target)
{
	v->same = v->address_bits ? raw & ~v->address_bits : 0;
	v->same_flags = flags_of(v, f, raw);
	v->same_limits = f->limits;
	v->budget->leaves++;
	return add_leaves(v, input, target, CORE_BIT(v->g->granule_shift), v->same_flags);
}

static int visit_entry(struct visit *v, struct frame *f, int level, unsigned int shift)
{
	u64 input = f->input + ((u64)f->next << shift), at = f->table + (u64)f->next * 8;
	u64 raw = entry(f, f->next - f->loaded);
	struct ptw_step step;

	f->next++;
	if (!(raw & 1))
		return 0;
	ptw_decode(v->g, level, raw, &step);
	switch (step.kind) {
	case PTW_KIND_PAGE: return visit_page(v, f, raw, input, step.target);
	case PTW_KIND_BLOCK:
		v->budget->leaves++;
		return add_leaves(v, input, step.target, CORE_BIT(shift), flags_of(v, f, raw));
	case PTW_KIND_TABLE:
		if (is_above(v, step.target))
			return trouble(v, PTW_LOOP, input, CORE_BIT(shift), at);
		enter(v, step.target, input, 1u << (v->g->granule_shift - 3),
		      ptw_limits(v->g, raw, f->limits));
		return 0;
	default: return trouble(v, PTW_BAD_ENTRY, input, CORE_BIT(shift), at);
	}
}

/* How many entries from @i on continue @raw: the same, and the address one @page on. */
static inline u32 run_length(const struct frame *f, u32 i, u64 raw, u64 page, u64 must)
{
	u64 next = raw + page;
	u32 n = i + 1;

	for (; n < f->held && entry(f, n) == next; n++)
		next += page;
	/* A carry out of the address is no neighbour. */
	return ((next - page) ^ raw) & must ? 1 : n - i;
}

/*
 * The last level has nearly all entries. One that has the attributes of the last page, and an
 * address within the output size, is a page with the same flags and needs no decoding. Returns
 * where it ends: at an entry of another kind, or of the buffer.
 */
static u32 visit_alike(struct visit *v, const struct frame *f, u32 i, u64 must, int *ret)
{
	unsigned int shift = v->g->granule_shift;
	const u64 page = CORE_BIT(shift), same = v->same, address_bits = v->address_bits;
	u64 raw, input = f->input + ((u64)(f->loaded + i) << shift);
	u32 n, first = i;

	while (i < f->held && !*ret) {
		raw = entry(f, i);
		if ((raw & must) != same)
			break;
		n = run_length(f, i, raw, page, must);
		*ret = add_leaves(v, input, raw & address_bits, (u64)n << shift, v->same_flags);
		input += (u64)n << shift;
		i += n;
	}
	v->budget->leaves += i - first;
	return i;
}

static int visit_pages(struct visit *v, struct frame *f)
{
	/* Address bits beyond the output size must be clear, as they are in @same. */
	u64 must = ~v->address_bits | ~(CORE_BIT(v->g->output_bits) - 1);
	u32 i = f->next - f->loaded;
	int r = 0;

	if (f->limits != v->same_limits)
		v->same = 0;
	while (!r && i < f->held) {
		if (v->same)
			i = visit_alike(v, f, i, must, &r);
		while (!r && i < f->held && !(entry(f, i) & 1))
			i++;
		f->next = f->loaded + i;
		if (!r && i < f->held && (!v->same || (entry(f, i) & must) != v->same)) {
			r = visit_entry(v, f, 3, v->g->granule_shift);
			i++;
		}
	}
	return r;
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
		announce(v, f, level);
	}
	return level == 3 ? visit_pages(v, f) : visit_entry(v, f, level, shift);
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
	/* In the wide forms address bits lie among the others: every entry is decoded. */
	if (g->form == PTW_FORM_48)
		v.address_bits = CORE_MASK(47, g->granule_shift);
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

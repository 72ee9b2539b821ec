// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ptw.c - the geometry of translation tables, one descriptor, and the walk of one address.
 *
 * Every level but the root resolves granule_shift - 3 bits. In stage 1 the number of levels
 * follows from the input size. Stage 2 states its start level (SL0); its root may resolve up to 4
 * more bits than one table does, and is then up to 16 tables side by side.
 */
#include "ptw.h"

#define PTE_VALID CORE_BIT(0)
#define PTE_TABLE CORE_BIT(1) /* a page at level 3 */
#define PTE_AP_USER CORE_BIT(6)
#define PTE_AP_RO CORE_BIT(7)
#define PTE_S2AP_READ CORE_BIT(6)
#define PTE_S2AP_WRITE CORE_BIT(7)
#define PTE_AF CORE_BIT(10)
#define PTE_DBM CORE_BIT(51)
#define PTE_CONT CORE_BIT(52)
#define PTE_XN CORE_BIT(54)
#define TABLE_AP_NO_USER CORE_BIT(61)
#define TABLE_AP_RO CORE_BIT(62)
#define TABLE_XN CORE_BIT(60)

/* What tables above a leaf took away. */
#define LIMIT_RO 1u
#define LIMIT_PRIV 2u
#define LIMIT_XN 4u

static const u8 output_bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

unsigned int ptw_level_shift(const struct ptw_geom *g, int level)
{
	return g->granule_shift + (unsigned int)(3 - level) * (g->granule_shift - 3u);
}

int ptw_start_level(const struct ptw_geom *g)
{
	return 4 - g->levels;
}

u32 ptw_root_entries(const struct ptw_geom *g)
{
	return 1u << (g->input_bits - ptw_level_shift(g, ptw_start_level(g)));
}

/* @ds: CD.DS or STE.S2DS. */
static void set_output(struct ptw_geom *g, const struct smmu_geom *geom, unsigned int encoded,
		       bool ds)
{
	if (encoded > 6)
		g->odd |= PTW_ODD_OUTPUT;
	g->output_bits = output_bits[encoded & 7];
	if (geom && geom->oas_bits && geom->oas_bits < g->output_bits)
		g->output_bits = geom->oas_bits;
	if (g->granule_shift == 16)
		g->form = g->output_bits == 52 ? PTW_FORM_LPA : PTW_FORM_48;
	else
		g->form = ds ? PTW_FORM_DS : PTW_FORM_48;
	if (g->form == PTW_FORM_48 && g->output_bits > 48)
		g->output_bits = 48;
}

int ptw_finish(struct ptw_geom *g, int start_level)
{
	unsigned int stride = g->granule_shift - 3u, extra = g->s2 ? 4 : 0, top;
	u64 bytes;

	if (g->granule_shift != 12 && g->granule_shift != 14 && g->granule_shift != 16)
		g->odd |= PTW_ODD_GRANULE;
	if (g->input_bits <= g->granule_shift || g->input_bits > 52 ||
	    (g->input_bits > 48 && g->granule_shift != 16 && g->form != PTW_FORM_DS))
		g->odd |= PTW_ODD_INPUT;
	if (g->odd & PTW_ODD_FATAL)
		return PTW_ODD;
	if (!g->s2)
		start_level = 4 - (int)((g->input_bits - g->granule_shift + stride - 1) / stride);
	if (start_level < -1 || start_level > 3 || (start_level < 0 && g->granule_shift != 12)) {
		g->odd |= PTW_ODD_LEVEL;
		return PTW_ODD;
	}
	g->levels = (u8)(4 - start_level);
	top = ptw_level_shift(g, start_level);
	if (g->input_bits <= top || g->input_bits - top > stride + extra) {
		g->odd |= PTW_ODD_LEVEL;
		return PTW_ODD;
	}
	bytes = (u64)8 << (g->input_bits - top);
	if (g->root & (bytes - 1))
		g->odd |= PTW_ODD_ALIGN;
	g->root &= ~(bytes - 1);
	if (!g->root || (g->root + bytes - 1) >> g->output_bits)
		g->odd |= PTW_ODD_ROOT;
	return g->odd & PTW_ODD_FATAL ? PTW_ODD : PTW_USABLE;
}

int ptw_from_cd(const u8 *cd, const struct smmu_geom *geom, bool upper, struct ptw_geom *ret)
{
	static const u8 tg0[4] = { 12, 16, 14, 0 }, tg1[4] = { 0, 14, 12, 16 };
	u64 q0 = core_ld64(cd), tt = core_ld64(cd + (upper ? 16 : 8));
	unsigned int tsz = (unsigned int)(upper ? CORE_GET(q0, 21, 16) : CORE_GET(q0, 5, 0));

	memset(ret, 0, sizeof(*ret));
	if (!CORE_GET(q0, 31, 31) || CORE_GET(q0, upper ? 30 : 14, upper ? 30 : 14))
		return PTW_UNUSED;
	ret->granule_shift = upper ? tg1[CORE_GET(q0, 23, 22)] : tg0[CORE_GET(q0, 7, 6)];
	ret->input_bits = (u8)(64 - tsz);
	ret->root = tt & CORE_MASK(51, 4);
	ret->no_hier = (u8)CORE_GET(tt, 1, 1);
	ret->big_endian = (u8)CORE_GET(q0, 15, 15);
	ret->hw_dirty = (u8)CORE_GET(q0, 42, 42);
	ret->hw_access = (u8)(CORE_GET(q0, 43, 43) | CORE_GET(q0, 35, 35));
	if (!CORE_GET(q0, 41, 41))
		ret->odd |= PTW_ODD_AA32;
	set_output(ret, geom, (unsigned int)CORE_GET(q0, 34, 32),
		   CORE_GET(core_ld64(cd + 16), 58, 58));
	if (upper && ret->input_bits < 64)
		ret->input_base = ~(u64)0 << ret->input_bits;
	return ptw_finish(ret, 0);
}

int ptw_from_ste(const u8 *ste, const struct smmu_geom *geom, struct ptw_geom *ret)
{
	static const u8 tg[4] = { 12, 16, 14, 0 };
	u64 q0 = core_ld64(ste), q2 = core_ld64(ste + 16), q3 = core_ld64(ste + 24);
	unsigned int sl0 = (unsigned int)CORE_GET(q2, 39, 38);
	int start;

	memset(ret, 0, sizeof(*ret));
	if (!(q0 & 1) || CORE_GET(q0, 3, 1) < 6)
		return PTW_UNUSED;
	ret->s2 = 1;
	ret->granule_shift = tg[CORE_GET(q2, 47, 46)];
	ret->input_bits = (u8)(64 - CORE_GET(q2, 37, 32));
	ret->root = q3 & CORE_MASK(51, 4);
	ret->big_endian = (u8)CORE_GET(q2, 52, 52);
	ret->hw_access = (u8)CORE_GET(q2, 53, 53); /* S2AFFD */
	if (!CORE_GET(q2, 51, 51))
		ret->odd |= PTW_ODD_AA32;
	set_output(ret, geom, (unsigned int)CORE_GET(q2, 50, 48), CORE_GET(q3, 3, 3));
	/* With the 4 KiB granule SL0 counts from level 2 upwards, 3 being level 3. */
	start = ret->granule_shift == 12 ? (sl0 == 3 ? 3 : 2 - (int)sl0) : 3 - (int)sl0;
	if (ret->form == PTW_FORM_DS && ret->granule_shift == 12 && CORE_GET(q3, 2, 2) && !sl0)
		start = -1; /* S2SL0_2 */
	return ptw_finish(ret, start);
}

/* Blocks: level 2 always, level 1 with 4 KiB or a wide form, level 0 with 4 KiB and DS. */
static bool block_allowed(const struct ptw_geom *g, int level)
{
	if (level == 2)
		return true;
	if (level == 1)
		return g->granule_shift == 12 || g->form != PTW_FORM_48;
	return level == 0 && g->granule_shift == 12 && g->form == PTW_FORM_DS;
}

static u64 target_of(const struct ptw_geom *g, u64 raw, unsigned int shift)
{
	u64 target = raw & CORE_MASK(47, g->granule_shift);

	if (g->form == PTW_FORM_LPA)
		target |= CORE_GET(raw, 15, 12) << 48;
	else if (g->form == PTW_FORM_DS)
		target |= (raw & CORE_MASK(49, 48)) | CORE_GET(raw, 9, 8) << 50;
	return target & (~(u64)0 << shift);
}

void ptw_decode(const struct ptw_geom *g, int level, u64 raw, struct ptw_step *ret)
{
	bool table = level < 3 && (raw & PTE_TABLE);

	ret->raw = raw;
	ret->level = level;
	ret->target = 0;
	if (!(raw & PTE_VALID)) {
		ret->kind = PTW_KIND_INVALID;
		return;
	}
	if (level == 3)
		ret->kind = raw & PTE_TABLE ? PTW_KIND_PAGE : PTW_KIND_RESERVED;
	else if (table)
		ret->kind = PTW_KIND_TABLE;
	else
		ret->kind = block_allowed(g, level) ? PTW_KIND_BLOCK : PTW_KIND_RESERVED;
	ret->target = target_of(g, raw, table ? g->granule_shift : ptw_level_shift(g, level));
	/* In the 48-bit form bits 51:48 are reserved, not part of an address. */
	if (ret->kind != PTW_KIND_RESERVED && ret->target >> g->output_bits)
		ret->kind = PTW_KIND_BEYOND;
}

u32 ptw_limits(const struct ptw_geom *g, u64 raw, u32 limits)
{
	if (g->s2 || g->no_hier)
		return limits;
	if (raw & TABLE_AP_RO)
		limits |= LIMIT_RO;
	if (raw & TABLE_AP_NO_USER)
		limits |= LIMIT_PRIV;
	if (raw & TABLE_XN)
		limits |= LIMIT_XN;
	return limits;
}

u32 ptw_leaf_flags(const struct ptw_geom *g, u64 raw, u32 limits)
{
	u32 flags = 0;

	if (!(raw & PTE_AF) && !g->hw_access)
		flags |= PTW_NO_AF;
	if (raw & PTE_CONT)
		flags |= PTW_CONT;
	if (!(raw & PTE_XN) && !(limits & LIMIT_XN))
		flags |= PTW_EXEC;
	if (g->s2) {
		flags |= raw & PTE_S2AP_READ ? PTW_READ : 0;
		return flags | (raw & PTE_S2AP_WRITE ? PTW_WRITE : 0);
	}
	flags |= PTW_READ;
	if (!(raw & PTE_AP_USER) || (limits & LIMIT_PRIV))
		flags |= PTW_PRIV;
	if ((!(raw & PTE_AP_RO) || ((raw & PTE_DBM) && g->hw_dirty)) && !(limits & LIMIT_RO))
		flags |= PTW_WRITE;
	return flags;
}

static int outcome_of(u8 kind)
{
	return kind == PTW_KIND_INVALID ? PTW_UNMAPPED : PTW_BAD_ENTRY;
}

int ptw_walk(const struct smmu_mem *mem, const struct ptw_geom *g, u64 input, struct ptw_walk *ret)
{
	u64 table = g->root, offset = input - g->input_base, index;
	int level = ptw_start_level(g), r;
	struct ptw_step *step;
	u32 limits = 0;
	u8 raw[8];

	memset(ret, 0, sizeof(*ret));
	if (g->odd & PTW_ODD_FATAL)
		return -EINVAL;
	if (input < g->input_base || offset >> g->input_bits)
		return PTW_RANGE;
	index = offset >> ptw_level_shift(g, level);
	for (;; level++) {
		step = &ret->step[ret->steps];
		step->addr = table + index * 8;
		r = smmu_mem_read(mem, step->addr, raw, sizeof(raw));
		if (r) {
			ret->failed = step->addr;
			return r;
		}
		ret->steps++;
		ptw_decode(g, level, ptw_load(g, raw), step);
		if (step->kind != PTW_KIND_TABLE)
			break;
		limits = ptw_limits(g, step->raw, limits);
		table = step->target;
		index = offset >> ptw_level_shift(g, level + 1) &
			((1u << (g->granule_shift - 3)) - 1);
	}
	if (step->kind != PTW_KIND_BLOCK && step->kind != PTW_KIND_PAGE)
		return outcome_of(step->kind);
	ret->bytes = CORE_BIT(ptw_level_shift(g, level));
	ret->phys = step->target | (offset & (ret->bytes - 1));
	ret->flags = ptw_leaf_flags(g, step->raw, limits);
	return PTW_MAPPED;
}

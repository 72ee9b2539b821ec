// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ptw.c - table walks: every granule, level and form over synthetic
 * tables, against a second walker written from the index arithmetic of the
 * architecture manual's figures instead of from shifts; damage and budgets.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "tests/unit/support_ptw.h"

/* One leaf at each level of each format; every level's raw entry is kept. */
static void test_every_level(void **state)
{
	u64 input, phys, want;
	struct ptw_walk w;
	struct ptw_geom g;
	size_t i;
	int level;

	(void)state;
	for (i = 0; i < PTW_N_FORMATS; i++) {
		const struct ptw_test_format *f = &ptw_formats[i];

		for (level = f->start; level <= 3; level++) {
			ptw_fresh();
			g = ptw_geom_of(f);
			input = (1ull << f->input) - 1 - (0x23ull << f->granule);
			phys = (1ull << f->output) - (1ull << f->granule);
			ptw_map(f, g.root, input, level, phys, PTW_LEAF_ATTRS);
			if (!ptw_block_exists(f, level)) {
				assert_int_equal(ptw_walk(&ptw_fake.mem, &g, input, &w),
						 PTW_BAD_ENTRY);
				assert_int_equal(w.step[w.steps - 1].kind, PTW_KIND_RESERVED);
				continue;
			}
			assert_int_equal(ptw_walk(&ptw_fake.mem, &g, input, &w), PTW_MAPPED);
			want = phys - phys % ptw_second_span(f, level) +
			       input % ptw_second_span(f, level);
			assert_int_equal(w.phys, want);
			assert_int_equal(w.bytes, ptw_second_span(f, level));
			assert_int_equal(w.steps, level - f->start + 1);
			assert_int_equal(w.step[w.steps - 1].level, level);
			assert_true(w.flags & PTW_READ);
		}
	}
}

/* 10,000 random addresses per format: half of them near something mapped. */
static void test_random_against_second(void **state)
{
	u64 input, phys = 0, mapped[64];
	unsigned int n, outcomes[8];
	struct ptw_walk w;
	struct ptw_geom g;
	size_t i;
	int want, got, level;

	(void)state;
	for (i = 0; i < PTW_N_FORMATS; i++) {
		const struct ptw_test_format *f = &ptw_formats[i];

		ptw_fresh();
		memset(outcomes, 0, sizeof(outcomes));
		ptw_seed += i * 0x1234567;
		g = ptw_geom_of(f);
		for (n = 0; n < 64; n++) {
			mapped[n] = ptw_rnd() & ((1ull << f->input) - 1);
			level = f->start + (int)(ptw_rnd() % (u64)(4 - f->start));
			/* Few reserved blocks: in a root of two entries one hides half of all. */
			if ((!ptw_block_exists(f, level) || level < 2) && n < 60)
				level = 3;
			ptw_map(f, g.root, mapped[n], level, ptw_rnd() & ((1ull << f->output) - 1),
				PTW_LEAF_ATTRS);
		}
		for (n = 0; n < 10000; n++) {
			input = ptw_rnd() & ((1ull << f->input) - 1);
			if (n & 1)
				input = mapped[ptw_rnd() % 64] ^
					(ptw_rnd() & (n & 2 ? 0x3fffff : 0xfff));
			input &= (1ull << f->input) - 1;
			want = ptw_second_walk(f, g.root, input, &phys);
			got = ptw_walk(&ptw_fake.mem, &g, input, &w);
			assert_int_equal(got, want);
			if (!got)
				assert_int_equal(w.phys, phys);
			outcomes[got]++;
		}
		/* An agreement on "unmapped" only would prove nothing. */
		assert_true(outcomes[PTW_MAPPED] > 100);
		assert_true(outcomes[PTW_MAPPED] < 10000);
	}
}

static u8 scratch[PTW_MAX_LEVELS * 256];

struct seen {
	struct ptw_extent extent[128];
	int count, troubles, why;
	u64 bytes;
};

static int on_extent(void *priv, const struct ptw_extent *e)
{
	struct seen *s = priv;

	if (s->count < 128)
		s->extent[s->count] = *e;
	s->count++;
	s->bytes += e->bytes;
	return 0;
}

static int on_trouble(void *priv, int why, u64 input, u64 bytes, u64 addr)
{
	struct seen *s = priv;

	(void)input;
	(void)addr;
	assert_true(bytes > 0);
	s->troubles++;
	s->why = why;
	return 0;
}

static int visit(const struct ptw_geom *g, struct seen *s, u64 max_bytes)
{
	struct ptw_budget b = { .max_bytes = max_bytes,
				.scratch = scratch,
				.scratch_len = sizeof(scratch) };
	struct ptw_visit_ops ops = { on_extent, on_trouble, s };

	memset(s, 0, sizeof(*s));
	return ptw_visit(&ptw_fake.mem, g, &b, &ops);
}

static void test_visit_finds_what_walk_finds(void **state)
{
	struct ptw_walk w;
	struct ptw_geom g;
	struct seen s;
	u64 last;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < PTW_N_FORMATS; i++) {
		const struct ptw_test_format *f = &ptw_formats[i];

		ptw_fresh();
		g = ptw_geom_of(f);
		for (n = 0; n < 64; n++)
			ptw_map(f, g.root, ptw_rnd() & ((1ull << f->input) - 1), 3,
				ptw_rnd() & ((1ull << f->output) - 1), PTW_LEAF_ATTRS);
		assert_int_equal(visit(&g, &s, 1u << 30), 0);
		assert_int_equal(s.troubles, 0);
		assert_true(s.count > 0 && s.count <= 64);
		for (n = 0; n < s.count; n++) {
			last = s.extent[n].bytes - 1;
			assert_int_equal(ptw_walk(&ptw_fake.mem, &g, s.extent[n].input, &w), 0);
			assert_int_equal(w.phys, s.extent[n].phys);
			assert_int_equal(w.flags, s.extent[n].flags);
			assert_int_equal(ptw_walk(&ptw_fake.mem, &g, s.extent[n].input + last, &w),
					 0);
			assert_int_equal(w.phys, s.extent[n].phys + last);
			if (n)
				assert_true(s.extent[n].input > s.extent[n - 1].input);
		}
	}
}

static void test_visit_merges(void **state)
{
	const struct ptw_test_format *f = &ptw_formats[0];
	struct ptw_geom g = ptw_geom_of(f);
	struct seen s;
	u64 i;

	(void)state;
	for (i = 0; i < 600; i++) /* over the border of a level-3 table */
		ptw_map(f, g.root, 0x10000000 + i * 4096, 3, 0x80000000 + i * 4096, PTW_LEAF_ATTRS);
	ptw_map(f, g.root, 0x10000000 + i * 4096, 3, 0x80000000 + i * 4096,
		PTW_LEAF_ATTRS | 1 << 7);
	assert_int_equal(visit(&g, &s, 1u << 30), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.extent[0].bytes, 600 * 4096);
	assert_true(s.extent[0].flags & PTW_WRITE);
	assert_int_equal(s.extent[1].bytes, 4096);
	assert_false(s.extent[1].flags & PTW_WRITE);
}

/* Pages side by side, jumps, other attributes, holes, reserved entries, addresses at the limit. */
static u64 next_entry(const struct ptw_test_format *f, u64 *phys, u64 *attrs)
{
	u64 page = 1ull << f->granule, dice = ptw_rnd() % 100;

	*phys += page;
	if (dice < 10)
		*phys = ptw_rnd() & ((1ull << f->output) - 1) & ~(page - 1);
	else if (dice < 14)
		*phys = (1ull << f->output) - 2 * page; /* soon beyond it */
	else if (dice < 24)
		*attrs = PTW_LEAF_ATTRS | (ptw_rnd() & 1) << 7 | (ptw_rnd() & 1) << 52;
	else if (dice < 30)
		return ptw_rnd() & ~1ull;
	else if (dice < 33)
		return ptw_encode(f, *phys, *attrs | 1); /* no page at level 3 */
	return ptw_encode(f, *phys, *attrs | 3);
}

struct dense {
	const struct ptw_geom *g;
	u64 pages;
};

static int check_pages(void *priv, const struct ptw_extent *e)
{
	struct dense *d = priv;
	struct ptw_walk w;
	u64 at;

	for (at = 0; at < e->bytes; at += 1ull << d->g->granule_shift, d->pages++) {
		assert_int_equal(ptw_walk(&ptw_fake.mem, d->g, e->input + at, &w), PTW_MAPPED);
		assert_int_equal(w.phys, e->phys + at);
		assert_int_equal(w.flags & ~(u32)PTW_CONT, e->flags);
	}
	return 0;
}

static void visit_dense(const struct ptw_geom *g, u64 pages)
{
	static u8 large[PTW_MAX_LEVELS * 65536];
	struct dense d = { .g = g };
	struct ptw_visit_ops ops = { check_pages, NULL, &d };
	struct ptw_budget b = { .max_bytes = 1 << 30, .scratch = large };
	int i;

	for (i = 0; i < 2; i++) {
		d.pages = 0;
		b.scratch_len = i ? sizeof(large) : sizeof(scratch);
		assert_int_equal(ptw_visit(&ptw_fake.mem, g, &b, &ops), 0);
		assert_int_equal(d.pages, pages);
		assert_int_equal(b.leaves, pages);
	}
}

/* All tables, in the other byte order. */
static void swap_tables(u64 root)
{
	u8 raw[8];
	u64 at;

	for (at = root; at < ptw_next_table; at += 8) {
		assert_int_equal(smmu_mem_read(&ptw_fake.mem, at, raw, 8), SMMU_MEM_OK);
		fake_put64(&ptw_fake, at, __builtin_bswap64(core_ld64(raw)));
	}
}

/* Whole tables: what a visit says of every page is what a walk says. */
static void test_dense_tables(void **state)
{
	u64 table, phys, attrs, pages;
	struct ptw_walk w;
	struct ptw_geom g;
	size_t i;
	u32 n;

	(void)state;
	for (i = 0; i < PTW_N_FORMATS; i++) {
		const struct ptw_test_format *f = &ptw_formats[i];

		ptw_fresh();
		g = ptw_geom_of(f);
		ptw_map(f, g.root, 0, 3, 0x80000000, PTW_LEAF_ATTRS);
		assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 0, &w), PTW_MAPPED);
		table = w.step[w.steps - 1].addr;
		phys = 0x80000000;
		attrs = PTW_LEAF_ATTRS;
		for (n = 0, pages = 0; n < 1u << (f->granule - 3); n++) {
			fake_put64(&ptw_fake, table + n * 8, next_entry(f, &phys, &attrs));
			pages +=
				ptw_walk(&ptw_fake.mem, &g, (u64)n << f->granule, &w) == PTW_MAPPED;
		}
		assert_true(pages > 100);
		visit_dense(&g, pages);
		swap_tables(g.root);
		g.big_endian = 1;
		visit_dense(&g, pages);
	}
}

struct announced {
	u64 root, table[128];
	u32 count, read;
	size_t bytes;
};

static void note_announced(void *priv, u64 addr, size_t len)
{
	struct announced *a = priv;

	assert_true(a->count < 128);
	a->table[a->count++] = addr;
	a->bytes = len;
}

static int read_announced(void *priv, u64 addr, void *buf, size_t len)
{
	struct announced *a = priv;
	u32 i;

	for (i = 0; i < a->count && addr - a->table[i] >= a->bytes; i++)
		;
	a->read += i < a->count && addr == a->table[i];
	assert_true(i < a->count || addr - a->root < 4096);
	return smmu_mem_read(&ptw_fake.mem, addr, buf, len);
}

/* A reader hears of every table but the root before it is read, and of no other. */
static void test_tables_are_announced(void **state)
{
	const struct ptw_test_format *f = &ptw_formats[0];
	struct ptw_geom g = ptw_geom_of(f);
	struct announced a = { .root = g.root };
	struct smmu_mem mem = { read_announced, &a, note_announced };
	struct seen s = { .count = 0 };
	struct ptw_visit_ops ops = { on_extent, NULL, &s };
	struct ptw_budget b = { .max_bytes = 1 << 30,
				.scratch = scratch,
				.scratch_len = sizeof(scratch) };
	int n;

	(void)state;
	for (n = 0; n < 20; n++)
		ptw_map(f, g.root, ptw_rnd() & ((1ull << f->input) - 1), 3, 0x80000000,
			PTW_LEAF_ATTRS);
	assert_int_equal(ptw_visit(&mem, &g, &b, &ops), 0);
	assert_int_equal(s.count, 20);
	assert_true(a.count > 20);
	assert_int_equal(a.read, a.count);
	assert_int_equal(a.count + 1, b.tables);
}

static void test_permissions(void **state)
{
	struct ptw_geom g = ptw_geom_of(&ptw_formats[0]), g2 = ptw_geom_of(&ptw_formats[16]);

	(void)state;
	assert_int_equal(ptw_leaf_flags(&g, 1 << 10 | 1 << 6, 0) & 15, PTW_READ | PTW_WRITE);
	assert_int_equal(ptw_leaf_flags(&g, 1 << 10 | 3 << 6, 0) & 15, PTW_READ);
	assert_int_equal(ptw_leaf_flags(&g, 0, 0) & 15,
			 PTW_READ | PTW_WRITE | PTW_PRIV | PTW_NO_AF);
	/* Dirty state kept by hardware: read-only with DBM is writable. */
	assert_false(ptw_leaf_flags(&g, 1ull << 51 | 3 << 6, 0) & PTW_WRITE);
	g.hw_dirty = 1;
	assert_true(ptw_leaf_flags(&g, 1ull << 51 | 3 << 6, 0) & PTW_WRITE);
	/* A table takes the right to write away, unless hierarchy is off. */
	assert_false(ptw_leaf_flags(&g, 1 << 6, ptw_limits(&g, 1ull << 62, 0)) & PTW_WRITE);
	g.no_hier = 1;
	assert_true(ptw_leaf_flags(&g, 1 << 6, ptw_limits(&g, 1ull << 62, 0)) & PTW_WRITE);
	/* Stage 2: both bits count on their own. */
	assert_int_equal(ptw_leaf_flags(&g2, 1 << 10 | 1 << 7, 0) & 3, PTW_WRITE);
	assert_int_equal(ptw_leaf_flags(&g2, 1 << 10, 0) & 3, 0);
}

static void test_outcomes_stay_apart(void **state)
{
	const struct ptw_test_format *f = &ptw_formats[0];
	struct ptw_geom g = ptw_geom_of(f);
	struct ptw_walk w;
	struct seen s;

	(void)state;
	assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 0x1000, &w), PTW_UNMAPPED);
	assert_int_equal(w.steps, 1);
	assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 1ull << 48, &w), PTW_RANGE);
	fake_put64(&ptw_fake, g.root, 0x90000000 | 3); /* a table in no memory */
	assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 0x1000, &w), PTW_NOT_RAM);
	assert_int_equal(w.failed, 0x90000000);
	assert_int_equal(w.steps, 1);
	assert_int_equal(visit(&g, &s, 1u << 30), 0);
	assert_true(s.troubles > 0);
	assert_int_equal(s.why, PTW_NOT_RAM);
	fake_put64(&ptw_fake, g.root, g.root | 3); /* its own child */
	assert_int_equal(visit(&g, &s, 1u << 30), 0);
	assert_int_equal(s.troubles, 1);
	assert_int_equal(s.why, PTW_LOOP);
	g.output_bits = 40;
	fake_put64(&ptw_fake, g.root, 1ull << 41 | 3);
	assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 0, &w), PTW_BAD_ENTRY);
	assert_int_equal(w.step[0].kind, PTW_KIND_BEYOND);
	ptw_fake.fail_at = g.root;
	assert_int_equal(ptw_walk(&ptw_fake.mem, &g, 0, &w), -EIO);
	assert_int_equal(visit(&g, &s, 1u << 30), -EIO);
}

/* Tables that lead to each other: 512^3 ways, ended by the budget. */
static void test_budget(void **state)
{
	const struct ptw_test_format *f = &ptw_formats[0];
	struct ptw_geom g = ptw_geom_of(f);
	u64 t[4] = { g.root, ptw_new_table(f), ptw_new_table(f), ptw_new_table(f) };
	struct seen s;
	int i, k;

	(void)state;
	for (i = 0; i < 3; i++)
		for (k = 0; k < 512; k++)
			fake_put64(&ptw_fake, t[i] + (u64)k * 8, t[i + 1] | 3);
	assert_int_equal(visit(&g, &s, 1u << 20), PTW_BUDGET);
	assert_true(ptw_fake.reads <= (1u << 20) / 256 + 16);
}

static void test_from_cd(void **state)
{
	u8 cd[64] = { 0 };
	struct ptw_geom g;

	(void)state;
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_UNUSED);
	/* As Linux writes it: T0SZ 16, 4K, EPD1, V, IPS 44 bits, AA64 */
	core_st64(cd, 16 | 1ull << 30 | 1ull << 31 | 4ull << 32 | 1ull << 41);
	core_st64(cd + 8, PTW_RAM);
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_USABLE);
	assert_int_equal(g.levels, 4);
	assert_int_equal(g.output_bits, 44);
	assert_int_equal(g.root, PTW_RAM);
	assert_int_equal(ptw_from_cd(cd, NULL, true, &g), PTW_UNUSED);
	/* TTB1, 64 KiB, 52 bits in and out */
	core_st64(cd, 12ull << 16 | 3ull << 22 | 1ull << 14 | 1ull << 31 | 6ull << 32 | 1ull << 41);
	core_st64(cd + 16, PTW_RAM);
	assert_int_equal(ptw_from_cd(cd, NULL, true, &g), PTW_USABLE);
	assert_int_equal(g.form, PTW_FORM_LPA);
	assert_int_equal(g.input_base, 0xfff0000000000000ull);
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_UNUSED);
	/* 52 bits with 4 KiB need DS */
	core_st64(cd, 12 | 1ull << 30 | 1ull << 31 | 6ull << 32 | 1ull << 41);
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_ODD);
	core_st64(cd + 16, 1ull << 58);
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_USABLE);
	assert_int_equal(ptw_start_level(&g), -1);
	core_st64(cd, 16 | 1ull << 30 | 1ull << 31 | 4ull << 32); /* AArch32 */
	assert_int_equal(ptw_from_cd(cd, NULL, false, &g), PTW_ODD);
}

static void test_from_ste(void **state)
{
	u8 ste[64] = { 0 };
	struct ptw_geom g;

	(void)state;
	core_st64(ste, 1 | 5 << 1);
	assert_int_equal(ptw_from_ste(ste, NULL, &g), PTW_UNUSED);
	core_st64(ste, 1 | 6 << 1);
	/* 40 input bits, SL0 1, 4K, PS 44 bits, AA64: two tables side by side */
	core_st64(ste + 16, 1 | (24ull | 1 << 6 | 4ull << 16) << 32 | 1ull << 51);
	core_st64(ste + 24, PTW_RAM + 0x1000);
	assert_int_equal(ptw_from_ste(ste, NULL, &g), PTW_USABLE);
	assert_int_equal(ptw_start_level(&g), 1);
	assert_int_equal(ptw_root_entries(&g), 1024);
	assert_true(g.odd & PTW_ODD_ALIGN);
	assert_int_equal(g.root, PTW_RAM);
	/* SL0 2 (level 0) with 32 input bits: nothing to resolve at level 0 */
	core_st64(ste + 16, 1 | (32ull | 2 << 6 | 4ull << 16) << 32 | 1ull << 51);
	assert_int_equal(ptw_from_ste(ste, NULL, &g), PTW_ODD);
	assert_true(g.odd & PTW_ODD_LEVEL);
	/* SL0 0 (level 2) with 44 bits: 2^14 entries are more than 16 tables */
	core_st64(ste + 16, 1 | (20ull | 4ull << 16) << 32 | 1ull << 51);
	assert_int_equal(ptw_from_ste(ste, NULL, &g), PTW_ODD);
}

/* Random damage to random tables: no read outside (the ptw_fake memory's, under ASan), budgets
 * hold. */
static void test_damage(void **state)
{
	struct ptw_walk w;
	struct ptw_geom g;
	struct seen s;
	size_t i;
	int n, round, r;

	(void)state;
	for (round = 0; round < 400; round++) {
		const struct ptw_test_format *f = &ptw_formats[(size_t)round % PTW_N_FORMATS];

		ptw_fresh();
		ptw_seed += (u64)round * 0x51ull;
		g = ptw_geom_of(f);
		for (n = 0; n < 16; n++)
			ptw_map(f, g.root, ptw_rnd() & ((1ull << f->input) - 1), 3, ptw_rnd(),
				PTW_LEAF_ATTRS);
		for (i = g.root; i < ptw_next_table; i += 8)
			if (ptw_rnd() % 64 == 0)
				fake_put64(&ptw_fake, i, ptw_rnd());
			else if (ptw_rnd() % 64 == 1)
				fake_put64(&ptw_fake, i,
					   (PTW_RAM + (ptw_rnd() & 0xfff000)) | 3); /* plausible */
		r = visit(&g, &s, 1u << 20);
		assert_true(r == 0 || r == PTW_BUDGET);
		assert_true(ptw_fake.reads <= (1u << 20) / 8);
		for (n = 0; n < 64; n++) {
			r = ptw_walk(&ptw_fake.mem, &g, ptw_rnd() & ((1ull << f->input) - 1), &w);
			assert_true(r >= 0 && r <= PTW_BAD_ENTRY);
			assert_true(w.steps <= PTW_MAX_LEVELS);
		}
	}
}

static void test_big_endian(void **state)
{
	struct ptw_geom g = ptw_geom_of(&ptw_formats[0]);
	static const u8 bytes[8] = { 0x01, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	assert_int_equal(ptw_load(&g, bytes), 0x0807060504030201ull);
	g.big_endian = 1;
	assert_int_equal(ptw_load(&g, bytes), 0x0102030405060708ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_level, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_random_against_second, ptw_setup,
						ptw_teardown),
		cmocka_unit_test_setup_teardown(test_visit_finds_what_walk_finds, ptw_setup,
						ptw_teardown),
		cmocka_unit_test_setup_teardown(test_visit_merges, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_dense_tables, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_tables_are_announced, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_permissions, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_outcomes_stay_apart, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_budget, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_from_cd, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_from_ste, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_damage, ptw_setup, ptw_teardown),
		cmocka_unit_test_setup_teardown(test_big_endian, ptw_setup, ptw_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_strtab.c - visiting stream tables: complete, in order, within budget, past every damage. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/strtab.h"
#include "tests/unit/support_tables.h"

#define L1 0x45000000u
#define L2 0x46000000u

struct seen {
	u32 sids[600];
	int count;
	int l1;
	int stop_at;
	struct {
		enum strtab_trouble what;
		u32 sid;
		u64 addr;
		u32 detail;
	} trouble[64];
	int troubles;
};

static int on_ste(void *priv, u32 sid, u64 addr, const u8 *raw)
{
	struct seen *s = priv;

	(void)addr;
	assert_int_equal(raw[0] & 1, 1);
	assert_true(s->count < 600);
	s->sids[s->count++] = sid;
	return s->stop_at && s->count == s->stop_at ? -EINTR : 0;
}

static int on_l1(void *priv, u32 index, u64 addr, u64 raw)
{
	struct seen *s = priv;

	assert_int_equal(addr, L1 + index * 8);
	assert_true(raw != 0);
	s->l1++;
	return 0;
}

static int on_trouble(void *priv, enum strtab_trouble what, u32 sid, u64 addr, u32 detail)
{
	struct seen *s = priv;

	assert_true(s->troubles < 64);
	s->trouble[s->troubles].what = what;
	s->trouble[s->troubles].sid = sid;
	s->trouble[s->troubles].addr = addr;
	s->trouble[s->troubles++].detail = detail;
	return 0;
}

static int visit(struct fake_mem *fake, const struct smmu_geom *g, struct seen *seen,
		 struct strtab_budget *budget, size_t scratch_len)
{
	struct strtab_ops ops = { on_l1, on_ste, on_trouble, seen };
	int r;

	budget->scratch = malloc(scratch_len);
	assert_non_null(budget->scratch);
	budget->scratch_len = scratch_len;
	if (!budget->max_bytes)
		budget->max_bytes = 1 << 20;
	r = strtab_visit(&fake->mem, g, budget, &ops);
	free(budget->scratch);
	return r;
}

static void two_buses(struct fake_mem *fake)
{
	fake_mem_init(fake);
	fake_mem_add(fake, L1, 2048);
	fake_mem_add(fake, L2, 2 * SMMU_L2_BYTES);
	fake_put64(fake, L1, L2 | 9);
	fake_put64(fake, L1 + 8, (L2 + SMMU_L2_BYTES) | 9);
	fake_put64(fake, L2 + 8 * 64, 1);
	fake_put64(fake, L2 + 255 * 64, 1 | 5 << 1 | 0x1000);
	fake_put64(fake, L2 + SMMU_L2_BYTES, 1 | 4 << 1);
}

static void test_two_level(void **state)
{
	static const size_t scratch[] = { 64, 100, 1024, 16384, 1 << 16 };
	struct smmu_geom g = fake_geom_two_level(L1);
	struct fake_mem fake;
	size_t i;

	(void)state;
	two_buses(&fake);
	for (i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++) {
		struct strtab_budget b = { 0 };
		struct seen s = { .count = 0 };

		assert_int_equal(visit(&fake, &g, &s, &b, scratch[i]), STRTAB_DONE);
		assert_int_equal(s.count, 3);
		assert_int_equal(s.sids[0], 8);
		assert_int_equal(s.sids[1], 255);
		assert_int_equal(s.sids[2], 256);
		assert_int_equal(s.l1, 2);
		assert_int_equal(s.troubles, 0);
		assert_int_equal(b.bytes, 2048 + 2 * SMMU_L2_BYTES);
		assert_int_equal(b.l1_used, 2);
		assert_int_equal(b.stes, 3);
	}
	fake_mem_free(&fake);
}

static void test_linear(void **state)
{
	struct smmu_geom g = fake_geom_linear(0x45000000, 9);
	struct strtab_budget b = { 0 };
	struct seen s = { .count = 0 };
	struct fake_mem fake;

	(void)state;
	fake_mem_init(&fake);
	fake_mem_add(&fake, 0x45000000, 512 * 64);
	fake_put64(&fake, 0x45000000, 1);
	fake_put64(&fake, 0x45000000 + 511 * 64, 1);
	assert_int_equal(visit(&fake, &g, &s, &b, 4096), STRTAB_DONE);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.sids[1], 511);
	assert_int_equal(s.l1, 0);
	fake_mem_free(&fake);
}

static void test_damage(void **state)
{
	struct smmu_geom g = fake_geom_two_level(L1);
	struct strtab_budget b = { 0 };
	struct seen s = { .count = 0 };
	struct fake_mem fake;

	(void)state;
	two_buses(&fake);
	fake_put64(&fake, L1 + 16, 0x70000000ull | 9);	      /* leads nowhere */
	fake_put64(&fake, L1 + 24, L2 | 3);		      /* bad span */
	fake_put64(&fake, L1 + 32, (L2 + SMMU_L2_BYTES) | 9); /* alias, not of its neighbour's */
	fake_put64(&fake, L1 + 40, (L2 + SMMU_L2_BYTES) | 9); /* alias of its neighbour's */
	assert_int_equal(visit(&fake, &g, &s, &b, 16384), STRTAB_DONE);
	assert_int_equal(s.troubles, 3);
	assert_int_equal(s.trouble[0].what, STRTAB_TROUBLE_L2_READ);
	assert_int_equal(s.trouble[0].sid, 2 << 8);
	assert_int_equal(s.trouble[0].addr, 0x70000000);
	assert_int_equal(s.trouble[0].detail, SMMU_MEM_NOT_RAM);
	assert_int_equal(s.trouble[1].what, STRTAB_TROUBLE_L1_ODD);
	assert_int_equal(s.trouble[1].detail, L1_ODD_SPAN);
	assert_int_equal(s.trouble[2].what, STRTAB_TROUBLE_L2_SHARED);
	assert_int_equal(s.trouble[2].sid, 5 << 8);
	assert_int_equal(s.count, 3 + 2); /* the good ones are all there, aliases included */
	fake_mem_free(&fake);
}

/* With a set of tables met, each is visited once, whatever the order of its pointers. */
static void test_alias_once(void **state)
{
	struct smmu_geom g = fake_geom_two_level(L1);
	struct smmu_set_slot slots[16];
	struct smmu_set seen;
	struct strtab_budget b = { .seen = &seen };
	struct seen s = { .count = 0 };
	struct fake_mem fake;

	(void)state;
	two_buses(&fake);
	smmu_set_init(&seen, slots, 16);
	fake_put64(&fake, L1 + 32, L2 | 9);
	fake_put64(&fake, L1 + 40, (L2 + SMMU_L2_BYTES) | 9);
	assert_int_equal(visit(&fake, &g, &s, &b, 16384), STRTAB_DONE);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.l1, 4);
	assert_int_equal(s.troubles, 2);
	assert_int_equal(s.trouble[0].what, STRTAB_TROUBLE_L2_SHARED);
	assert_int_equal(s.trouble[0].sid, 4 << 8);
	assert_int_equal(s.trouble[0].detail, 0);
	assert_int_equal(s.trouble[1].detail, 1);
	fake_mem_free(&fake);
}

static void test_l1_not_ram(void **state)
{
	struct smmu_geom g = fake_geom_two_level(L1);
	struct strtab_budget b = { 0 };
	struct seen s = { .count = 0 };
	struct fake_mem fake;

	(void)state;
	fake_mem_init(&fake);
	assert_int_equal(visit(&fake, &g, &s, &b, 64), STRTAB_DONE);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.troubles, 32); /* one per piece of eight descriptors */
	assert_int_equal(s.trouble[0].what, STRTAB_TROUBLE_L1_READ);
	fake_mem_free(&fake);
}

static void test_budget_and_errors(void **state)
{
	struct smmu_geom g = fake_geom_two_level(L1);
	struct strtab_budget b = { .max_bytes = 2048 + SMMU_L2_BYTES };
	struct strtab_budget tiny = { .max_bytes = 32 };
	struct seen s = { .count = 0 };
	struct fake_mem fake;

	(void)state;
	two_buses(&fake);
	/* the second L2 table is over budget; the first one was seen */
	assert_int_equal(visit(&fake, &g, &s, &b, 16384), STRTAB_OVER_BUDGET);
	assert_int_equal(s.count, 2);
	assert_true(b.bytes <= b.max_bytes);
	assert_int_equal(visit(&fake, &g, &s, &tiny, 16384), STRTAB_OVER_BUDGET);

	memset(&s, 0, sizeof(s));
	memset(&b, 0, sizeof(b));
	s.stop_at = 1;
	assert_int_equal(visit(&fake, &g, &s, &b, 16384), -EINTR);
	assert_int_equal(s.count, 1);
	fake.fail_at = L2 + 64;
	assert_int_equal(visit(&fake, &g, &s, &b, 16384), -EIO);
	assert_int_equal(visit(&fake, &g, &s, &b, 63), -EINVAL);
	g.odd = GEOM_ODD_SPLIT;
	assert_int_equal(visit(&fake, &g, &s, &b, 64), STRTAB_UNUSABLE);
	fake_mem_free(&fake);
}

static void test_read_ste(void **state)
{
	struct smmu_geom g = fake_geom_two_level(L1);
	struct smmu_geom lin = fake_geom_linear(0x46000000, 8);
	u8 raw[SMMU_STE_BYTES];
	struct fake_mem fake;
	u64 addr = 0;

	(void)state;
	two_buses(&fake);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 255, &addr, raw), STRTAB_FOUND);
	assert_int_equal(addr, L2 + 255 * 64);
	assert_int_equal(core_ld64(raw), 1 | 5 << 1 | 0x1000);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 256, &addr, raw), STRTAB_FOUND);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 512, &addr, raw), STRTAB_NO_L2);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 1 << 16, &addr, raw), STRTAB_SID_RANGE);
	fake_put64(&fake, L1 + 16, 0x70000000ull | 9);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 512, &addr, raw), STRTAB_FIND_NOT_RAM);
	fake_put64(&fake, L1 + 16, 0x70000000ull | 7);
	assert_int_equal(strtab_read_ste(&fake.mem, &g, 512, &addr, raw), STRTAB_BAD_L2);
	assert_int_equal(strtab_read_ste(&fake.mem, &lin, 8, &addr, raw), STRTAB_FOUND);
	assert_int_equal(addr, 0x46000000 + 8 * 64);
	fake_mem_free(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_level),  cmocka_unit_test(test_linear),
		cmocka_unit_test(test_damage),	   cmocka_unit_test(test_alias_once),
		cmocka_unit_test(test_l1_not_ram), cmocka_unit_test(test_budget_and_errors),
		cmocka_unit_test(test_read_ste),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_geom.c - registers to geometry, and L1 descriptors: good ones, then each kind of damage. */
#include "tests/unit/cmocka_all.h"

#include "core/geom.h"

/* QEMU virt, as measured: 16 StreamID bits, two-level, SPLIT 8, 44-bit OAS. */
static struct smmu_regs qemu_regs(void)
{
	struct smmu_regs r = {
		.idr0 = 1u << 27 | 1u << 12 | 1u << 1,
		.idr1 = 16,
		.idr5 = 4,
		.strtab_base = 0x45000000,
		.strtab_base_cfg = 1u << 16 | 8u << 6 | 16,
	};
	return r;
}

static void test_two_level(void **state)
{
	struct smmu_regs r = qemu_regs();
	struct smmu_geom g;

	(void)state;
	assert_int_equal(geom_decode(&r, &g), 0);
	assert_int_equal(g.two_level, 1);
	assert_int_equal(g.base, 0x45000000);
	assert_int_equal(g.l1_count, 256);
	assert_int_equal(g.l2_count, 256);
	assert_int_equal(g.bytes, 2048);
	assert_int_equal(g.log2size, 16);
	assert_int_equal(g.oas_bits, 44);
	assert_int_equal(g.asid_bits, 16);
	assert_int_equal(g.vmid_bits, 8);
	assert_int_equal(g.odd, 0);
}

static void test_linear(void **state)
{
	struct smmu_regs r = qemu_regs();
	struct smmu_geom g;

	(void)state;
	r.strtab_base_cfg = 10;
	r.strtab_base = 0x45000000 | (1ull << 62); /* RA is no address bit */
	assert_int_equal(geom_decode(&r, &g), 0);
	assert_int_equal(g.two_level, 0);
	assert_int_equal(g.l1_count, 0);
	assert_int_equal(g.l2_count, 1024);
	assert_int_equal(g.bytes, 65536);
	assert_int_equal(g.base, 0x45000000);
}

struct bad_case {
	u32 cfg;
	u64 base;
	u32 idr0, idr1;
	u32 odd;
};

static void test_damage(void **state)
{
	static const u32 two = 1u << 16 | 8u << 6;
	static const u32 idr0 = 1u << 27;
	const struct bad_case cases[] = {
		{ 2u << 16 | 8u << 6 | 16, 0x45000000, idr0, 16, GEOM_ODD_FORMAT },
		{ 3u << 16 | 16, 0x45000000, idr0, 16, GEOM_ODD_FORMAT },
		{ two | 17, 0x45000000, idr0, 16, GEOM_ODD_LOG2SIZE },
		{ two | 7, 0x45000000, idr0, 16, GEOM_ODD_LOG2SIZE },
		{ two | 26, 0x45000000, idr0, 32, GEOM_ODD_LOG2SIZE }, /* 2^18 L1 entries */
		{ two | 63, 0x45000000, idr0, 63, GEOM_ODD_LOG2SIZE },
		{ 26, 0x40000000, idr0, 32, GEOM_ODD_LOG2SIZE }, /* linear, above the cap */
		{ 63, 0x40000000, idr0, 63, GEOM_ODD_LOG2SIZE },
		{ 1u << 16 | 6u << 6 | 16, 0x45000000, idr0, 16, GEOM_ODD_SPLIT },
		{ two | 16, 0, idr0, 16, GEOM_ODD_NULL },
		{ two | 16, 0x45000040, idr0, 16, GEOM_ODD_UNALIGNED },
		{ two | 16, 0xfffffff000000ull, idr0, 16, GEOM_ODD_OAS },
		{ two | 16, 0x45000000, 0, 16, GEOM_ODD_NO_2LVL },
	};
	struct smmu_geom g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smmu_regs r = qemu_regs();

		r.strtab_base_cfg = cases[i].cfg;
		r.strtab_base = cases[i].base;
		r.idr0 = cases[i].idr0;
		r.idr1 = cases[i].idr1;
		assert_int_equal(geom_decode(&r, &g), 1);
		assert_int_equal(g.odd, cases[i].odd);
	}
}

static void test_l1(void **state)
{
	struct smmu_regs r = qemu_regs();
	struct smmu_l1_view l1;
	struct smmu_geom g;

	(void)state;
	geom_decode(&r, &g);
	geom_l1_decode(&g, 0, &l1);
	assert_int_equal(l1.used, 0);
	assert_int_equal(l1.odd, 0);

	geom_l1_decode(&g, 0x46004000ull | 9, &l1);
	assert_int_equal(l1.used, 1);
	assert_int_equal(l1.l2_addr, 0x46004000);
	assert_int_equal(l1.odd, 0);

	geom_l1_decode(&g, 0x46004000ull | 8, &l1);
	assert_int_equal(l1.odd, L1_ODD_SPAN);
	geom_l1_decode(&g, 9, &l1);
	assert_int_equal(l1.odd, L1_ODD_NULL);
	geom_l1_decode(&g, 0x46001000ull | 9, &l1);
	assert_int_equal(l1.odd, L1_ODD_UNALIGNED);
	geom_l1_decode(&g, 0xffffffffffc000ull | 9, &l1);
	assert_int_equal(l1.odd, L1_ODD_OAS);
}

static void test_fits_oas(void **state)
{
	struct smmu_geom g = { .oas_bits = 32 };

	(void)state;
	assert_true(geom_fits_oas(&g, 0xffffffc0, 64));
	assert_false(geom_fits_oas(&g, 0xffffffc0, 65));
	assert_false(geom_fits_oas(&g, ~0ull - 10, 64));
	assert_false(geom_fits_oas(&g, 0, 1ull << 33));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_level), cmocka_unit_test(test_linear),
		cmocka_unit_test(test_damage),	  cmocka_unit_test(test_l1),
		cmocka_unit_test(test_fits_oas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_ste.c - STE decode: real entries, each field alone, each oddity. */
#include "tests/unit/cmocka_all.h"

#include "core/ste.h"
#include "tests/unit/support_tables.h"

static struct ste_view decode(u64 q0, u64 q1, u64 q2, u64 q3, const struct smmu_geom *geom)
{
	u8 raw[SMMU_STE_BYTES] = { 0 };
	struct ste_view v;

	core_st64(raw, q0);
	core_st64(raw + 8, q1);
	core_st64(raw + 16, q2);
	core_st64(raw + 24, q3);
	assert_int_equal(ste_decode(raw, sizeof(raw), geom, &v), 0);
	return v;
}

static void test_linux_s1(void **state)
{
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	/* stage 1, one CD at 0x4461a000, SSID bits 10 with a 64K two-level table */
	struct ste_view v = decode(0x5000000044610000ull | 2 << 4 | 0xb,
				   0x1000080000d6ull | 1ull << 27, 0, 0, &g);

	(void)state;
	assert_int_equal(v.valid, 1);
	assert_int_equal(v.config, STE_CONFIG_S1);
	assert_int_equal(v.s1_fmt, 2);
	assert_int_equal(v.s1_cdmax, 10);
	assert_int_equal(v.s1_ctx_ptr, 0x44610000);
	assert_int_equal(v.s1_dss, 2);
	assert_int_equal(v.s1_stalld, 1);
	assert_int_equal(v.odd, 0);
	assert_true(ste_effect_is_live(ste_effect(&v)));
	assert_true(ste_has_s1(&v));
	assert_false(ste_has_s2(&v));
}

static void test_dead_and_bypass(void **state)
{
	struct ste_view v;

	(void)state;
	v = decode(0, 0, 0, 0, NULL);
	assert_int_equal(ste_effect(&v), STE_EFFECT_REFUSED);
	assert_int_equal(v.odd, 0);
	v = decode(1, 0, 0, 0, NULL); /* V=1, abort: what Linux initialises with */
	assert_int_equal(v.valid, 1);
	assert_int_equal(ste_effect(&v), STE_EFFECT_REFUSED);
	v = decode(1 | 4 << 1, 1ull << 44, 0, 0, NULL);
	assert_int_equal(v.config, STE_CONFIG_BYPASS);
	assert_int_equal(v.shcfg, 1);
	assert_true(ste_effect_is_live(ste_effect(&v)));
	v = decode(5 << 1 | 0x1000, 0, 0, 0, NULL); /* V=0: nothing else counts */
	assert_int_equal(ste_effect(&v), STE_EFFECT_REFUSED);
	assert_false(ste_has_s1(&v));
	assert_int_equal(v.odd, 0);
}

static void test_s2(void **state)
{
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct ste_view v = decode(1 | 6 << 1, 0, 0x0008fffe00000007ull, 0x48000000, &g);

	(void)state;
	assert_true(ste_has_s2(&v));
	assert_int_equal(v.s2_vmid, 7);
	assert_int_equal(v.s2_aa64, 1);
	assert_int_equal(v.s2_vtcr, 0xfffe);
	assert_int_equal(v.s2_ttb, 0x48000000);
	assert_int_equal(v.odd, 0);
}

static void test_odd(void **state)
{
	struct smmu_geom g =
		fake_geom_two_level(0x45000000); /* 10 SSID bits, 44-bit OAS, 8-bit VMID */
	static const u64 s1 = 1 | 5 << 1, s2 = 1 | 6 << 1;

	struct ste_view v;

	(void)state;
	v = decode(1 | 1 << 1, 0, 0, 0, &g);
	assert_int_equal(v.odd, STE_ODD_CONFIG);
	assert_int_equal(ste_effect(&v), STE_EFFECT_REFUSED);
	assert_int_equal(decode(1 | 3 << 1, 0, 0, 0, &g).odd, STE_ODD_CONFIG);
	assert_int_equal(decode(s1 | 3 << 4 | 0x1000, 0, 0, 0, &g).odd, STE_ODD_S1FMT);
	assert_int_equal(decode(s1 | 0x1000 | 11ull << 59, 0, 0, 0, &g).odd, STE_ODD_S1CDMAX);
	assert_int_equal(decode(s1, 0, 0, 0, &g).odd, STE_ODD_CD_NULL);
	assert_int_equal(decode(s1 | 1ull << 50, 0, 0, 0, &g).odd, STE_ODD_CD_OAS);
	assert_int_equal(decode(s1 | 1ull << 50, 0, 0, 0, NULL).odd, 0); /* widths unknown */
	assert_int_equal(decode(s2, 0, 0, 0x1000, &g).odd, STE_ODD_VMID);
	assert_int_equal(decode(s2, 0, 0x100, 0x1000, &g).odd, STE_ODD_VMID);
	assert_int_equal(decode(s2, 0, 0xff, 0x1000, &g).odd, 0);
	assert_int_equal(decode(s2, 0, 1, 0, &g).odd, STE_ODD_S2TTB);
	/* nested: the CD pointer is an IPA, beyond-OAS says nothing */
	assert_int_equal(decode(1 | 7 << 1 | 1ull << 50, 0, 1, 0x1000, &g).odd, 0);
}

static void test_length(void **state)
{
	u8 raw[SMMU_STE_BYTES] = { 0 };
	struct ste_view v;

	(void)state;
	assert_int_equal(ste_decode(raw, 63, NULL, &v), -EINVAL);
	assert_int_equal(ste_decode(raw, 0, NULL, &v), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux_s1), cmocka_unit_test(test_dead_and_bypass),
		cmocka_unit_test(test_s2),	 cmocka_unit_test(test_odd),
		cmocka_unit_test(test_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

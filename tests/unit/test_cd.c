// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_cd.c - finding a CD behind an STE in every table form, and decoding it. */
#include "tests/unit/cmocka_all.h"

#include "core/cd.h"
#include "tests/unit/support_tables.h"

#define STE 0x1000u
#define CDS 0x100000u

static struct ste_view s1_view(struct fake_mem *fake, u64 cd, u8 cdmax, u8 fmt,
			       const struct smmu_geom *g)
{
	struct ste_view v;

	fake_put_s1_ste(fake, STE, cd, cdmax, fmt);
	assert_int_equal(ste_decode(fake_mem_at(fake, STE), SMMU_STE_BYTES, g, &v), 0);
	return v;
}

static int setup(void **state)
{
	static struct fake_mem fake;

	fake_mem_init(&fake);
	fake_mem_add(&fake, 0x0, 0x2000);
	fake_mem_add(&fake, CDS, 0x40000);
	*state = &fake;
	return 0;
}

static int teardown(void **state)
{
	fake_mem_free(*state);
	return 0;
}

static void test_linear(void **state)
{
	struct fake_mem *fake = *state;
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct ste_view v = s1_view(fake, CDS, 4, 0, &g);
	u64 addr = 0;

	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_FOUND);
	assert_int_equal(addr, CDS);
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 15, &addr), CD_FOUND);
	assert_int_equal(addr, CDS + 15 * 64);
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 16, &addr), CD_SSID_RANGE);
	assert_int_equal(fake->reads, 0);

	v = s1_view(fake, CDS + 64, 4, 0, &g); /* 16 CDs must be aligned to 1 KiB */
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_BAD_POINTER);
	v = s1_view(fake, CDS + 64, 0, 2, &g); /* one CD: format does not count */
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_FOUND);
	assert_int_equal(addr, CDS + 64);
}

static void test_two_level_64k(void **state)
{
	struct fake_mem *fake = *state;
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct ste_view v = s1_view(fake, CDS, 10, 2, &g);
	u64 addr = 0;

	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_L1_INVALID);
	fake_put64(fake, CDS, (CDS + 0x10000) | 1);
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 1023, &addr), CD_FOUND);
	assert_int_equal(addr, CDS + 0x10000 + 1023 * 64);
	fake_put64(fake, CDS, (CDS + 0x1000) | 1); /* leaf not 64 KiB aligned */
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_BAD_POINTER);
	fake_put64(fake, CDS, 1); /* null leaf */
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_BAD_POINTER);
	fake_put64(fake, CDS, 1ull << 50 | 1); /* beyond 44 bits */
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_BAD_POINTER);
}

static void test_two_level_4k(void **state)
{
	struct fake_mem *fake = *state;
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct ste_view v = s1_view(fake, CDS, 8, 1, &g);
	u64 addr = 0;

	fake_put64(fake, CDS + 8, (CDS + 0x3000) | 1);
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 64, &addr), CD_FOUND);
	assert_int_equal(addr, CDS + 0x3000);
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 65, &addr), CD_FOUND);
	assert_int_equal(addr, CDS + 0x3040);
}

static void test_nowhere(void **state)
{
	struct fake_mem *fake = *state;
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct ste_view v = s1_view(fake, 0x70000000, 10, 2, &g);
	u64 addr = 0;

	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_NOT_RAM);
	v = s1_view(fake, CDS, 10, 2, &g);
	fake->fail_at = CDS;
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), -EIO);
	fake->fail_at = 0;
	v.config = STE_CONFIG_NESTED;
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_NO_S1);
	v.config = STE_CONFIG_BYPASS;
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_NO_S1);
	v.config = STE_CONFIG_S1;
	v.s1_fmt = 3;
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_NO_S1);
	v.s1_fmt = 0;
	v.s1_ctx_ptr = 0;
	assert_int_equal(cd_locate(&fake->mem, &g, &v, 0, &addr), CD_BAD_POINTER);
}

static void test_decode(void **state)
{
	struct fake_mem *fake = *state;
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct cd_view v;

	fake_put_cd(fake, CDS, 3, 0x45678000);
	assert_int_equal(cd_decode(fake_mem_at(fake, CDS), SMMU_CD_BYTES, &g, &v), 0);
	assert_int_equal(v.valid, 1);
	assert_int_equal(v.asid, 3);
	assert_int_equal(v.ttb0, 0x45678000);
	assert_int_equal(v.input_bits, 48);
	assert_int_equal(v.granule_shift, 12);
	assert_int_equal(v.ips, 5);
	assert_int_equal(v.aa64, 1);
	assert_int_equal(v.epd0, 0);
	assert_int_equal(v.epd1, 1);
	assert_int_equal(v.odd, 0);
	assert_int_equal(cd_decode(fake_mem_at(fake, CDS), 63, &g, &v), -EINVAL);
}

static u16 odd_of(struct fake_mem *fake, u64 set, u64 clear, u64 ttb0)
{
	struct smmu_geom g = fake_geom_two_level(0x45000000);
	struct cd_view v;
	u8 raw[SMMU_CD_BYTES];

	fake_put_cd(fake, CDS, 3, ttb0);
	memcpy(raw, fake_mem_at(fake, CDS), sizeof(raw));
	core_st64(raw, (core_ld64(raw) & ~clear) | set);
	assert_int_equal(cd_decode(raw, sizeof(raw), &g, &v), 0);
	return v.odd;
}

static void test_odd(void **state)
{
	struct fake_mem *fake = *state;

	assert_int_equal(odd_of(fake, 0, 0, 0x1000), 0);
	assert_int_equal(odd_of(fake, 0, 3ull << 48, 0x1000), CD_ODD_ASID);
	assert_int_equal(odd_of(fake, 0, 1ull << 41, 0x1000), CD_ODD_AA32);
	assert_int_equal(odd_of(fake, 11, 0x3f, 0x1000), CD_ODD_T0SZ);
	assert_int_equal(odd_of(fake, 40, 0x3f, 0x1000), CD_ODD_T0SZ);
	assert_int_equal(odd_of(fake, 3 << 6, 0, 0x1000), CD_ODD_TG0);
	assert_int_equal(odd_of(fake, 0, 0, 0), CD_ODD_TTB0);
	assert_int_equal(odd_of(fake, 0, 0, 1ull << 46), CD_ODD_TTB0);
	assert_int_equal(odd_of(fake, 1 << 15, 0, 0x1000), CD_ODD_ENDI);
	assert_int_equal(odd_of(fake, 1 << 14, 0, 0), 0);		  /* EPD0: TTB0 not used */
	assert_int_equal(odd_of(fake, 0, 1ull << 31 | 3ull << 48, 0), 0); /* V=0 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_linear, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_level_64k, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_level_4k, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_decode, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

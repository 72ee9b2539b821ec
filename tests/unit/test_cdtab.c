// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_cdtab.c - all context descriptors behind an STE, and the set of tables met. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/cdtab.h"
#include "core/smmu_set.h"
#include "tests/unit/support_tables.h"

#define STE 0x45000000u
#define TABLE 0x46000000u
#define LEAF 0x47000000u

struct seen {
	u32 ssid[64];
	u64 addr[64];
	int count;
	u32 bad_ssid;
	int bad_outcome, troubles;
};

static int on_cd(void *priv, u32 ssid, u64 addr, const u8 *raw)
{
	struct seen *s = priv;

	assert_int_equal(raw[3] >> 7, 1);
	assert_true(s->count < 64);
	s->ssid[s->count] = ssid;
	s->addr[s->count++] = addr;
	return 0;
}

static int on_trouble(void *priv, u32 ssid, u64 addr, int outcome)
{
	struct seen *s = priv;

	(void)addr;
	s->bad_ssid = ssid;
	s->bad_outcome = outcome;
	s->troubles++;
	return 0;
}

static int visit(struct fake_mem *fake, u8 cdmax, u8 fmt, u64 max_bytes, struct seen *seen)
{
	const struct cd_ops ops = { on_cd, on_trouble, seen };
	struct smmu_geom g = fake_geom_two_level(0x44000000);
	u8 raw[SMMU_STE_BYTES], scratch[4096];
	struct strtab_budget b = { .max_bytes = max_bytes,
				   .scratch = scratch,
				   .scratch_len = sizeof(scratch) };
	struct ste_view ste;
	int r;

	memset(seen, 0, sizeof(*seen));
	fake_put_s1_ste(fake, STE, TABLE, cdmax, fmt);
	memcpy(raw, fake_mem_at(fake, STE), sizeof(raw));
	ste_decode(raw, sizeof(raw), &g, &ste);
	r = cd_visit(&fake->mem, &g, &ste, &b, &ops);
	assert_true(b.bytes <= max_bytes);
	return r;
}

static void setup(struct fake_mem *fake)
{
	fake_mem_init(fake);
	fake_mem_add(fake, STE, SMMU_STE_BYTES);
	fake_mem_add(fake, TABLE, 0x10000);
	fake_mem_add(fake, LEAF, 0x20000);
}

static void test_linear(void **state)
{
	struct fake_mem fake;
	struct seen s;

	(void)state;
	setup(&fake);
	fake_put_cd(&fake, TABLE, 1, 0x50000000);
	fake_put_cd(&fake, TABLE + 70 * 64, 2, 0x50000000);
	fake_put_cd(&fake, TABLE + 1023 * 64, 3, 0x50000000);
	assert_int_equal(visit(&fake, 10, 0, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.ssid[1], 70);
	assert_int_equal(s.addr[2], TABLE + 1023 * 64);
	assert_int_equal(s.troubles, 0);
	/* with one CD, the others are no CDs */
	assert_int_equal(visit(&fake, 0, 2, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 1);
	/* no more is read than was allowed */
	assert_int_equal(visit(&fake, 10, 0, 1000, &s), STRTAB_OVER_BUDGET);
	assert_int_equal(s.count, 0);
	fake_mem_free(&fake);
}

static void test_two_level(void **state)
{
	struct fake_mem fake;
	struct seen s;

	(void)state;
	setup(&fake);
	fake_put64(&fake, TABLE, LEAF | 1);
	fake_put64(&fake, TABLE + 2 * 8, (LEAF + 0x10000) | 1);
	fake_put64(&fake, TABLE + 3 * 8, (LEAF + 0x1000) | 1); /* not aligned to 64 KiB */
	fake_put_cd(&fake, LEAF, 1, 0x50000000);
	fake_put_cd(&fake, LEAF + 1023 * 64, 2, 0x50000000);
	fake_put_cd(&fake, LEAF + 0x10000 + 5 * 64, 3, 0x50000000);
	assert_int_equal(visit(&fake, 12, 2, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.ssid[1], 1023);
	assert_int_equal(s.ssid[2], 2 * 1024 + 5);
	assert_int_equal(s.troubles, 1);
	assert_int_equal(s.bad_ssid, 3 * 1024);
	assert_int_equal(s.bad_outcome, CD_BAD_POINTER);
	/* fewer substreams than a leaf holds: one descriptor, and no CD beyond them */
	assert_int_equal(visit(&fake, 4, 2, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 1);
	/* 4 KiB leaves: TABLE's third descriptor is substream 128 on */
	assert_int_equal(visit(&fake, 8, 1, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.ssid[1], 2 * 64 + 5);
	fake_mem_free(&fake);
}

static void test_bad(void **state)
{
	struct fake_mem fake;
	struct seen s;

	(void)state;
	setup(&fake);
	/* a leaf that is not in memory, then one that is */
	fake_put64(&fake, TABLE, 0x60000000 | 1);
	fake_put64(&fake, TABLE + 8, LEAF | 1);
	fake_put_cd(&fake, LEAF, 1, 0x50000000);
	assert_int_equal(visit(&fake, 11, 2, 1 << 20, &s), STRTAB_DONE);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.ssid[0], 1024);
	assert_true(s.troubles > 0);
	assert_int_equal(s.bad_outcome, CD_NOT_RAM);
	/* reading fails for another reason: the visit ends with it */
	fake.fail_at = LEAF;
	assert_int_equal(visit(&fake, 11, 2, 1 << 20, &s), -EIO);
	/* as many substreams as can be said */
	fake.fail_at = 0;
	assert_int_equal(visit(&fake, 31, 2, 1 << 20, &s), STRTAB_DONE);
	fake_mem_free(&fake);
}

static void test_set(void **state)
{
	struct smmu_set_slot slot[64];
	struct smmu_set set;
	u32 owner = 0, i;

	(void)state;
	memset(slot, 0xff, sizeof(slot));
	smmu_set_init(&set, slot, 64);
	for (i = 0; i < 48; i++)
		assert_int_equal(smmu_set_add(&set, 0x45000000 + i * 0x4000, i, &owner),
				 SMMU_SET_NEW);
	assert_int_equal(smmu_set_add(&set, 0x99990000, 77, &owner), SMMU_SET_FULL);
	for (i = 0; i < 48; i++) {
		assert_int_equal(smmu_set_add(&set, 0x45000000 + i * 0x4000, 99, &owner),
				 SMMU_SET_SEEN);
		assert_int_equal(owner, i);
	}
	assert_int_equal(smmu_set_add(&set, 0, 1, &owner), SMMU_SET_FULL);
	smmu_set_init(&set, NULL, 0);
	assert_int_equal(smmu_set_add(&set, 5, 1, &owner), SMMU_SET_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_two_level),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

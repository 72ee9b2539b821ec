// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_rmr.c - the verdict on an RMR's stream, for each pair of entries. */
#include "tests/unit/cmocka_all.h"

#include "core/names.h"
#include "core/rmr.h"

static const u8 *ste(u32 config, u8 mark)
{
	static u8 raw[8][SMMU_STE_BYTES];
	static unsigned int next;
	u8 *p = raw[next++ % 8];

	memset(p, 0, SMMU_STE_BYTES);
	core_st64(p, 1 | config << 1);
	p[63] = mark;
	return p;
}

static enum rmr_verdict judge(u16 then_entry, const u8 *then, u16 now_entry, const u8 *now,
			      enum rmr_direct direct)
{
	return rmr_judge(ste_effect_of(then_entry, then), ste_effect_of(now_entry, now),
			 !memcmp(then, now, SMMU_STE_BYTES), direct);
}

static void test_pairs(void **state)
{
	const u8 *abort = ste(0, 0), *bypass = ste(4, 0), *s1 = ste(5, 0), *other = ste(5, 1);
	const u8 *reserved = ste(2, 0);
	u8 invalid[SMMU_STE_BYTES] = { 0 };

	(void)state;
	assert_int_equal(judge(0, s1, 0, s1, 0), RMR_UNTOUCHED);
	assert_int_equal(judge(0, bypass, 0, bypass, 0), RMR_UNTOUCHED);
	assert_int_equal(judge(0, s1, 0, bypass, 0), RMR_BECAME_BYPASS);
	assert_int_equal(judge(0, abort, 0, bypass, 0), RMR_BECAME_BYPASS);
	assert_int_equal(judge(REC_ENTRY_NO_TABLE, invalid, 0, bypass, 0), RMR_BECAME_BYPASS);
	assert_int_equal(judge(REC_ENTRY_ERROR, invalid, 0, bypass, 0), RMR_BECAME_BYPASS);
	assert_int_equal(judge(0, abort, 0, abort, 0), RMR_STAYED_REFUSED);
	assert_int_equal(judge(0, abort, 0, invalid, 0), RMR_STAYED_REFUSED);
	assert_int_equal(judge(REC_ENTRY_NO_TABLE, invalid, 0, abort, 0), RMR_STAYED_REFUSED);
	assert_int_equal(judge(0, reserved, 0, abort, 0), RMR_STAYED_REFUSED);
	assert_int_equal(judge(0, abort, 0, s1, 0), RMR_GAINED);
	assert_int_equal(judge(0, s1, 0, abort, 0), RMR_LOST);
	assert_int_equal(judge(0, bypass, REC_ENTRY_NO_TABLE, invalid, 0), RMR_LOST);
	assert_int_equal(judge(0, s1, 0, other, RMR_DIRECT_UNKNOWN), RMR_REPLACED);
	assert_int_equal(judge(0, s1, 0, other, RMR_DIRECT_PRESENT), RMR_REPLACED_MAPPED);
	assert_int_equal(judge(0, s1, 0, other, RMR_DIRECT_MISSING), RMR_REPLACED_UNMAPPED);
	assert_int_equal(judge(REC_ENTRY_BAD_POINTER, invalid, 0, s1, 0), RMR_UNKNOWN);
	assert_int_equal(judge(0, s1, REC_ENTRY_NOT_RAM, invalid, 0), RMR_UNKNOWN);
	assert_string_equal(rmr_verdict_name(RMR_STAYED_REFUSED), "stayed-refused");
	assert_string_equal(rmr_verdict_name(99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

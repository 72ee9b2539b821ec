// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_pageset.c - against a plain array of bytes: random ranges, questions, limits.
 */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "ctl/triage/pageset.h"
#include "tests/unit/support_chance.h"

#define SPAN (4u << 15) /* pages: four pieces */
#define BASE (7ull << 27)

static u8 model[2][SPAN];

static void fill(struct pageset *s, u8 *m, int n)
{
	u32 from, len;

	memset(m, 0, SPAN);
	while (n--) {
		from = (u32)chance(SPAN);
		len = (u32)chance(n % 8 ? 200 : 80000) + 1;
		len = from + len > SPAN ? SPAN - from : len;
		memset(m + from, 1, len);
		HOLDS(pageset_add(s, BASE + (u64)from * 4096, (u64)len * 4096) == 0);
	}
	pageset_sort(s);
}

static void compare(const struct pageset *s, const u8 *m)
{
	u64 pages = 0, runs = 0, in, first, want;
	u32 i, from, to;

	for (i = 0; i < SPAN; i++) {
		pages += m[i];
		runs += m[i] && (!i || !m[i - 1]);
	}
	HOLDS(pageset_bytes(s) == pages * 4096);
	HOLDS(pageset_ranges(s) == runs);
	for (i = 0; i < 50; i++) {
		from = (u32)chance(SPAN);
		to = from + (u32)chance(SPAN - from);
		first = want = ~0ull;
		in = pageset_in(s, BASE + (u64)from * 4096, (u64)(to - from) * 4096, &first);
		for (pages = 0; from < to; from++) {
			if (m[from] && !pages++)
				want = BASE + (u64)from * 4096;
		}
		HOLDS(in == pages * 4096);
		HOLDS(first == want);
	}
}

static void test_random(void **state)
{
	struct pageset a = { 0 }, b = { 0 };
	u64 common, first, want;
	int seed;
	u32 i;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		chance_begin((u64)seed);
		fill(&a, model[0], seed * 5);
		fill(&b, model[1], 40);
		compare(&a, model[0]);
		compare(&b, model[1]);
		first = want = ~0ull;
		for (common = 0, i = 0; i < SPAN; i++)
			if (model[0][i] && model[1][i] && !common++)
				want = BASE + (u64)i * 4096;
		HOLDS(pageset_common(&a, &b, &first) == common * 4096);
		HOLDS(first == want);
		pageset_clear(&a);
		pageset_clear(&b);
	}
}

/* Whole pieces cost no bits; scattered pages over all of 52 bits end at a limit. */
static void test_limits(void **state)
{
	struct pageset s = { 0 };
	u64 i;

	(void)state;
	assert_int_equal(pageset_add(&s, 0, 64ull << 40), 0);
	assert_int_equal(s.bitmaps, 0);
	assert_false(s.over);
	pageset_sort(&s);
	assert_int_equal(pageset_bytes(&s), 64ull << 40);
	assert_int_equal(pageset_ranges(&s), 1);
	pageset_clear(&s);
	for (i = 0; i < 1u << 17; i++)
		assert_int_equal(pageset_add(&s, i << 30, 4096), 0);
	assert_true(s.over);
	assert_true(s.bitmaps <= 1u << 16);
	assert_int_equal(pageset_add(&s, 0, ~0ull), 0);
	assert_int_equal(pageset_add(&s, ~0ull - 4095, 8192), 0); /* wraps: nothing */
	pageset_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

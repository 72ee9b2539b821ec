// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_duration.c - times for people, at the borders of each way to write them. */
#include "tests/unit/cmocka_all.h"

#include "lib/base/duration.h"

static void test_durations(void **state)
{
	static const struct {
		u64 ns;
		const char *text;
	} cases[] = {
		{ 0, "0.0 ms" },
		{ 49999, "0.0 ms" },
		{ 50000, "0.1 ms" },
		{ 3449999, "3.4 ms" },
		{ 3450000, "3.5 ms" },
		{ 9949999, "9.9 ms" },
		{ 9950000, "10 ms" },
		{ 10499999, "10 ms" },
		{ 10500000, "11 ms" },
		{ 999499999, "999 ms" },
		{ 999500000, "1.00 s" },
		{ 1004999999, "1.00 s" },
		{ 1005000000, "1.01 s" },
		{ 99994999999, "99.99 s" },
		{ 99995000000, "100 s" },
		{ 100499999999, "100 s" },
		{ UINT64_MAX, "18446744074 s" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(DURATION(cases[i].ns), cases[i].text);
	assert_string_equal(DURATION_MS(610), "610 ms");
	assert_string_equal(DURATION_MS(4294967295u), "4294967 s");
}

static void test_moments(void **state)
{
	(void)state;
	assert_string_equal(MOMENT(9512345999), "9.512345 s");
	assert_string_equal(MOMENT(0), "0.000000 s");
}

/* A clock that was never set, or a field of a damaged record, is no day in 1969 or 2147483647. */
static void test_dates(void **state)
{
	(void)state;
	assert_string_equal(DATE(1), "1970-01-01 00:00:01");
	assert_string_equal(DATE(1764522000), "2025-11-30 17:00:00");
	assert_string_equal(DATE(253402300799), "9999-12-31 23:59:59");
	assert_string_equal(DATE(253402300800), "");
	assert_string_equal(DATE(0), "");
	assert_string_equal(DATE(67767976233532799), "");
	assert_string_equal(DATE(UINT64_MAX), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

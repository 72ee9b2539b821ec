// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests of lib/base/parse.c: whole numbers or nothing, ranges, units, words. */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "lib/base/parse.h"

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		int rc;
		u64 value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "42", 0, 42 },
		{ "0x1F", 0, 31 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0x-1", -EINVAL, 0 },
		{ "12a", -EINVAL, 0 },
	};
	u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		value = 77;
		assert_int_equal(parse_u64(cases[i].text, 0, UINT64_MAX, &value), cases[i].rc);
		assert_int_equal(value, cases[i].rc ? 77 : cases[i].value);
	}
}

static void test_hex(void **state)
{
	static const struct {
		const char *text;
		int rc;
		u64 value;
	} cases[] = {
		{ "44123000", 0, 0x44123000 },
		{ "0x1F", 0, 31 },
		{ "ffff0000C0000000", 0, 0xffff0000c0000000 },
		{ "10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0x0x1", -EINVAL, 0 },
		{ "x1", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1g", -EINVAL, 0 },
	};
	u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		value = 77;
		assert_int_equal(parse_hex(cases[i].text, &value), cases[i].rc);
		assert_int_equal(value, cases[i].rc ? 77 : cases[i].value);
	}
}

static void test_ranges(void **state)
{
	uint32_t value = 7;

	(void)state;
	assert_int_equal(parse_u32("9", 10, 20, &value), -ERANGE);
	assert_int_equal(parse_u32("21", 10, 20, &value), -ERANGE);
	assert_int_equal(parse_u32("4294967296", 0, UINT32_MAX, &value), -ERANGE);
	assert_int_equal(value, 7);
	assert_int_equal(parse_u32("20", 10, 20, &value), 0);
	assert_int_equal(value, 20);
}

static void test_bool(void **state)
{
	bool value = false;

	(void)state;
	assert_int_equal(parse_bool("yes", &value), 0);
	assert_true(value);
	assert_int_equal(parse_bool("Off", &value), 0);
	assert_false(value);
	assert_int_equal(parse_bool("1", &value), 0);
	assert_true(value);
	assert_int_equal(parse_bool("perhaps", &value), -EINVAL);
	assert_int_equal(parse_bool("", &value), -EINVAL);
}

static void test_duration(void **state)
{
	uint32_t ms = 0;

	(void)state;
	assert_int_equal(parse_duration_ms("20", 0, 60000, &ms), 0);
	assert_int_equal(ms, 20000);
	assert_int_equal(parse_duration_ms("20s", 0, 60000, &ms), 0);
	assert_int_equal(ms, 20000);
	assert_int_equal(parse_duration_ms("500 ms", 0, 60000, &ms), 0);
	assert_int_equal(ms, 500);
	assert_int_equal(parse_duration_ms("1min", 0, 60000, &ms), 0);
	assert_int_equal(ms, 60000);
	assert_int_equal(parse_duration_ms("2min", 0, 60000, &ms), -ERANGE);
	assert_int_equal(parse_duration_ms("99999999999", 0, UINT32_MAX, &ms), -ERANGE);
	assert_int_equal(parse_duration_ms("18446744073709551", 0, UINT32_MAX, &ms), -ERANGE);
	assert_int_equal(parse_duration_ms("5 hours", 0, 60000, &ms), -EINVAL);
	assert_int_equal(parse_duration_ms("s", 0, 60000, &ms), -EINVAL);
	assert_int_equal(ms, 60000);
}

static void test_words(void **state)
{
	const char *cursor = " a,\tbb , ,toolong c\n";
	char word[4];

	(void)state;
	assert_int_equal(parse_word(&cursor, word, sizeof(word)), 1);
	assert_string_equal(word, "a");
	assert_int_equal(parse_word(&cursor, word, sizeof(word)), 2);
	assert_string_equal(word, "bb");
	assert_int_equal(parse_word(&cursor, word, sizeof(word)), -E2BIG);
	assert_int_equal(parse_word(&cursor, word, sizeof(word)), 1);
	assert_string_equal(word, "c");
	assert_int_equal(parse_word(&cursor, word, sizeof(word)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),   cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_bool),  cmocka_unit_test(test_duration),
		cmocka_unit_test(test_words), cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

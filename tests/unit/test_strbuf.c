// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_strbuf.c - growth, joining, stealing, the sticky error. */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"

static void test_grows(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	int i;

	(void)state;
	assert_string_equal(strbuf_text(&buf), "");
	for (i = 0; i < 1000; i++)
		strbuf_printf(&buf, "%03d,", i);
	assert_int_equal(buf.error, 0);
	assert_int_equal(buf.len, 4000);
	assert_int_equal(strlen(strbuf_text(&buf)), 4000);
	assert_memory_equal(strbuf_text(&buf) + 3996, "999,", 5);
	strbuf_reset(&buf);
	assert_string_equal(strbuf_text(&buf), "");
	strbuf_putc(&buf, 'x');
	assert_string_equal(strbuf_text(&buf), "x");
}

static void test_exact_fit(void **state)
{
	size_t len;

	(void)state;
	/* Around the first capacities: the NUL must always have its place. */
	for (len = 60; len < 100; len++) {
		_cleanup_strbuf_ struct strbuf buf = { 0 };
		size_t i;

		for (i = 0; i < len; i++)
			strbuf_putc(&buf, 'a');
		assert_int_equal(strlen(strbuf_text(&buf)), len);
		strbuf_printf(&buf, "%s", "bc");
		assert_int_equal(strlen(strbuf_text(&buf)), len + 2);
	}
}

static void test_join_and_steal(void **state)
{
	struct strbuf buf = { 0 };
	char *text;

	(void)state;
	strbuf_join(&buf, ", ", "one");
	strbuf_join(&buf, ", ", "two");
	text = strbuf_steal(&buf);
	assert_string_equal(text, "one, two");
	free(text);
	assert_null(buf.data);
	text = strbuf_steal(&buf);
	assert_string_equal(text, "");
	free(text);
}

static void test_error_sticks(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };

	(void)state;
	strbuf_puts(&buf, "kept");
	strbuf_putn(&buf, "x", SIZE_MAX / 2); /* refused before anything is read */
	assert_int_equal(buf.error, -ENOMEM);
	strbuf_puts(&buf, "not added");
	assert_string_equal(strbuf_text(&buf), "kept");
	assert_null(strbuf_steal(&buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_exact_fit),
		cmocka_unit_test(test_join_and_steal),
		cmocka_unit_test(test_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_logline.c - one message in every dress in which logs come.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/logline.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MESSAGE "igb 0000:09:00.1: link is up"

static void parse(const char *line, size_t len, char *buf, struct logline *ret)
{
	memcpy(buf, line, len);
	logline_parse(buf, len, ret);
	assert_int_equal(strlen(ret->whole), ret->whole_len);
	assert_int_equal(strlen(ret->text), ret->text_len);
	assert_true(ret->text >= ret->whole &&
		    ret->text + ret->text_len == ret->whole + ret->whole_len);
}

/* Where the kernel's clock is in the line it is 3.1 s. */
static void test_shapes(void **state)
{
	static const struct {
		const char *line;
		bool has_time;
	} cases[] = {
		{ MESSAGE, false },
		{ "[    3.100000] " MESSAGE, true },
		{ "[    3.1] " MESSAGE, true },
		{ "   [    3.100000] " MESSAGE, true },
		{ "[    3.100000][    T1] " MESSAGE, true },
		{ "[    3.100000][  C12] " MESSAGE, true },
		{ "<6>[    3.100000] " MESSAGE, true },
		{ "<6>" MESSAGE, false },
		{ "<30>[    3.100000] " MESSAGE, true },
		{ "[Mon Nov 30 05:10:00 2026] " MESSAGE, false },
		{ "[Mon Nov  2 05:10:00 2026] " MESSAGE, false },
		{ "[Sun Nov 22] " MESSAGE, false },
		{ "[Nov30 05:10] " MESSAGE, false },
		{ "[  +0.000012] " MESSAGE, false },
		{ "[2026-11-30T05:10:00.100000+0000] " MESSAGE, false },
		{ "kern  :info  : [    3.100000] " MESSAGE, true },
		{ "kern  :err   : [Mon Nov 30 05:10:00 2026] " MESSAGE, false },
		{ "6,412,3100000,-;" MESSAGE, true },
		{ "6,412,3100000,-,caller=T1;" MESSAGE, true },
		{ "6.12.95-arm64,6,412,3100000,-,caller=T1;" MESSAGE, true },
		{ "6,412,3100000,c,ncfrag=0/2041;" MESSAGE, true },
		{ "Nov 30 05:10:00 node kernel: " MESSAGE, false },
		{ "Nov  2 05:10:00 node kernel: " MESSAGE, false },
		{ "Nov 30 05:10:00.123456 node kernel: " MESSAGE, false },
		{ "Nov 30 05:10:00 node kernel: [    3.100000] " MESSAGE, true },
		{ "<6>Nov 30 05:10:00 node kernel: [    3.100000] " MESSAGE, true },
		{ "2026-11-30T05:10:00+0000 node kernel: " MESSAGE, false },
		{ "2026-11-30T05:10:00.123456+01:00 node kernel: " MESSAGE, false },
		{ "2026-11-30 05:10:00 node kernel: " MESSAGE, false },
		{ "[    3.100000] node kernel: " MESSAGE, true },
		{ "[Mon Nov 30 05:10:00 2026][    3.100000] " MESSAGE, true },
		{ "05:10:00.112\t[    3.100000] " MESSAGE, true },
		{ "\033[32m[    3.100000] \033[0m\033[33migb 0000:09:00.1\033[0m: link is up",
		  true },
		{ "[32m[    3.100000] " MESSAGE, true },
		{ "\033]0;a title\a[    3.100000] " MESSAGE, true },
		{ "\033]0;a title\033\\" MESSAGE, false },
		{ "\033(B[    3.100000] " MESSAGE "\033[K", true },
		{ "\r[    3.100000] " MESSAGE "\r", true },
		{ "[    3.100000] " MESSAGE "   ", true },
	};
	char buf[LOGLINE_MAX + 1];
	struct logline line;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		parse(cases[i].line, strlen(cases[i].line), buf, &line);
		if (strcmp(line.text, MESSAGE) != 0 || line.has_time != cases[i].has_time ||
		    (line.has_time && line.ns != 3100000000ull) || line.piece)
			fail_msg("'%s': '%s', %llu ns", cases[i].line, line.text, line.ns);
	}
}

/* What looks like a stamp and is the message. */
static void test_no_stamp(void **state)
{
	static const char *const lines[] = {
		"[drm] Initialized",
		"[14] CmpltTO (First)",
		"1,2;3",
		"a,b,c,d;e",
		"kern: a word",
		"12:30 is no time of a log",
		"kernel: a line of itself",
		"<6",
		"<>x",
		"[    3.1000000000] x",
		"99999999999999999999,1,2,-;x",
	};
	char buf[LOGLINE_MAX + 1];
	struct logline line;
	size_t i;

	(void)state;
	for (i = 0; i < N(lines); i++) {
		parse(lines[i], strlen(lines[i]), buf, &line);
		assert_string_equal(line.text, lines[i]);
		assert_false(line.has_time);
	}
}

static void test_bytes(void **state)
{
	static const struct {
		const char *line;
		size_t len;
		const char *whole;
	} cases[] = {
		{ "a\0b\0\0c", 6, "abc" },
		{ "\0\0\0", 3, "" },
		{ "", 0, "" },
		{ "a\tb", 3, "a b" },
		{ "a\x01\x7f\xc3\xa4", 5, "a????" },
		{ "a\033", 2, "a" },
		{ "a\033[", 3, "a" },
		{ "a\033[31", 5, "a" },
		{ "a\033]no end", 9, "ano end" },
		{ "\033]t\aa\033]b\033[31mc\033]d\033", 19, "abcd" },
		{ "\033]a\033]b\033\\c\033]d", 13, "cd" },
		{ "a\033[31mb\033[0m", 11, "ab" },
		{ "6,1,2,-;a\\x09b\\x1bc", 19, "6,1,2,-;a b?c" },
		{ "6,1,2,-;a\\x", 11, "6,1,2,-;a\\x" },
	};
	char buf[LOGLINE_MAX + 1];
	struct logline line;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		parse(cases[i].line, cases[i].len, buf, &line);
		assert_string_equal(line.whole, cases[i].whole);
	}
}

static void test_piece(void **state)
{
	static const char first[] = "4,7,3100000,-,ncfrag=0/1412;one",
			  second[] = "4,7,3100000,-,ncfrag=960/1412;two";
	char buf[LOGLINE_MAX + 1];
	struct logline line;

	(void)state;
	parse(first, strlen(first), buf, &line);
	assert_false(line.piece);
	parse(second, strlen(second), buf, &line);
	assert_true(line.piece);
	assert_string_equal(line.text, "two");
}

/* The longest line, full of what opens something and does not close it. */
static void test_long(void **state)
{
	static const char fill[] = "[<;,1.: \033a";
	char *line = malloc(LOGLINE_MAX), buf[LOGLINE_MAX + 1];
	struct logline parsed;
	size_t i;

	(void)state;
	for (i = 0; i < strlen(fill); i++) {
		memset(line, fill[i], LOGLINE_MAX);
		parse(line, LOGLINE_MAX, buf, &parsed);
	}
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_no_stamp),
		cmocka_unit_test(test_bytes),  cmocka_unit_test(test_piece),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

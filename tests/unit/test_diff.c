// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_diff.c - "diff": in what two crashes differ, in text and JSON, what is no
 * difference, exit codes.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/story/names.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_run.h"

/* The records of a golden story as a file; its path. */
static const char *put(char buf[512], const char *golden)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.rec", golden);
	scratch_put_golden(golden, name);
	return scratch_path(buf, name);
}
#define PUT(golden) put((char[512]){ 0 }, golden)

/* @text without the scratch folder, whose name is another one each time. */
static char *placed(const char *text)
{
	char *ret = strdup(text), *p = ret;
	size_t len = strlen(folder) + 1;

	while ((p = strstr(p, folder)))
		memmove(p, p + len, strlen(p + len) + 1);
	return ret;
}

static void compare(const char *a, const char *b, int code, const char *file, bool json)
{
	struct run run;
	char *text;

	if (json)
		run_ctl(ARGS("diff", "--json", a, b), &run);
	else
		run_ctl(ARGS("diff", a, b), &run);
	if (run.code != code)
		fail_msg("diff %s %s: exit %d: %s", a, b, run.code, run.err);
	text = placed(run.out);
	golden_compare(file, text);
	free(text);
	run_free(&run);
}

static void test_differ(void **state)
{
	const char *adopted = PUT("adopted"), *trouble = PUT("trouble"), *faults = PUT("faults"),
		   *reset = PUT("reset");

	(void)state;
	compare(adopted, trouble, EXIT_FINDINGS, "diff/adopted-trouble.txt", false);
	compare(adopted, trouble, EXIT_FINDINGS, "diff/adopted-trouble.json", true);
	compare(reset, faults, EXIT_FINDINGS, "diff/reset-faults.txt", false);
	compare(reset, faults, EXIT_FINDINGS, "diff/reset-faults.json", true);
	/* A log beside records. */
	compare(reset, "tests/golden/klog/events-7x.log", EXIT_FINDINGS, "diff/reset-log.txt",
		false);
	compare("tests/golden/klog/reset-612.log", "tests/golden/klog/events-7x.log", EXIT_FINDINGS,
		"diff/two-logs.json", true);
}

static void test_same(void **state)
{
	const char *adopted = PUT("adopted"), *torn = PUT("torn");
	struct run run;

	(void)state;
	compare(adopted, adopted, EXIT_DONE, "diff/same.txt", false);
	compare(adopted, adopted, EXIT_DONE, "diff/same.json", true);
	run_ctl(ARGS("diff", "--oneline", adopted, adopted), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_string_equal(run.out, "SAME: verdict, state, devices, findings and events\n");
	run_free(&run);
	/* The same, but nobody knows what the torn part had. */
	run_ctl(ARGS("diff", "--oneline", torn, torn), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.out, "SAME: verdict, state, devices, findings and events\n");
	run_free(&run);
}

/* That it was another day makes no difference. */
static void test_times(void **state)
{
	char *text = file_read("tests/golden/adopted.rectxt", NULL), *p, err[160];
	struct run run;
	size_t len;
	u8 *stream;

	(void)state;
	assert_non_null(text);
	for (p = text; (p = strstr(p, "wall=1")); p++)
		p[6]++;
	assert_int_equal(mkrec(text, &stream, &len, err, sizeof(err)), 0);
	scratch_put("other", stream, len);
	free(stream);
	free(text);
	run_ctl(ARGS("diff", PUT("adopted"), PATH("other")), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
}

/* Each difference is there from either side, with the words changed over. */
static void test_turned_round(void **state)
{
	const char *a = PUT("adopted"), *b = PUT("trouble");
	struct run there, back;

	(void)state;
	run_ctl(ARGS("diff", "--json", a, b), &there);
	run_ctl(ARGS("diff", "--json", b, a), &back);
	assert_int_equal(there.code, back.code);
	assert_non_null(strstr(there.out, "\"key\": \"verdict\",\n      \"a\": \"OK\",\n"
					  "      \"b\": \"WARNING\"\n"));
	assert_non_null(strstr(back.out, "\"key\": \"verdict\",\n      \"a\": \"WARNING\",\n"
					 "      \"b\": \"OK\"\n"));
	assert_int_equal(strlen(there.out), strlen(back.out));
	run_free(&there);
	run_free(&back);
}

static void test_refused(void **state)
{
	const char *adopted = PUT("adopted");
	struct run run;

	(void)state;
	run_is_refused("/nosuch", "No such file", ARGS("diff", adopted, "/nosuch"));
	run_is_refused("/nosuch", "No such file", ARGS("diff", "/nosuch", adopted));
	run_ctl(ARGS("diff", adopted), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_ctl(ARGS("diff", "--records", adopted, adopted, adopted), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_differ),	 TEST(test_same),    TEST(test_times),
		TEST(test_turned_round), TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

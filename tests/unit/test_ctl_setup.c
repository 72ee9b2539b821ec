// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ctl_setup.c - "setup" and "unsetup" against a tool in $PATH that notes how
 * it was called and ends as the test wants.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/story/names.h"
#include "tests/unit/support_run.h"

static char *old_path;

static int setup(void **state)
{
	(void)scratch_set_up(state);
	old_path = strdup(getenv("PATH"));
	return setenv("PATH", folder, 1);
}

static int teardown(void **state)
{
	setenv("PATH", old_path, 1);
	free(old_path);
	return scratch_tear_down(state);
}

/* The tool does @how at its end. */
static void put_tool(const char *how)
{
	char text[512];
	int len;

	len = snprintf(text, sizeof(text), "#!/bin/sh\necho \"$@\" >>%s/calls\n%s\n", folder, how);
	scratch_put(NAME_DRIVER_TOOL, text, (size_t)len);
	assert_int_equal(chmod(PATH(NAME_DRIVER_TOOL), 0700), 0);
}

static void calls_are(const char *expected)
{
	char *calls = file_read(PATH("calls"), NULL);

	assert_string_equal(calls ? calls : "", expected);
	free(calls);
}

static void test_setup_then_checks(void **state)
{
	struct run run;

	(void)state;
	put_tool("exit 0");
	run_ctl(ARGS("setup"), &run);
	calls_are("enable\n");
	/* What it finds is this machine's matter; that it looked is not. */
	assert_non_null(strstr(run.out, "READY"));
	assert_non_null(strstr(run.out, "kexec "));
	assert_true(run.code == EXIT_DONE || run.code == EXIT_FINDINGS || run.code == EXIT_PARTIAL);
	run_free(&run);
}

/* stdout is the result alone, whatever those say who make the image. */
static void test_setup_json(void **state)
{
	struct run run;

	(void)state;
	put_tool("echo Generating an image");
	run_ctl(ARGS("--json", "setup"), &run);
	assert_int_equal(run.out[0], '{');
	assert_null(strstr(run.out, "Generating"));
	assert_non_null(strstr(run.err, "Generating an image\n"));
	run_free(&run);
	run_ctl(ARGS("unsetup"), &run);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(run.err, "Generating an image\n"));
	run_free(&run);
}

/* The administrator is asked first, or it failed: its exit code is the answer, nothing is checked.
 */
static void test_setup_stops(void **state)
{
	static const struct {
		const char *how;
		int code;
	} cases[] = {
		{ "exit 3", EXIT_FINDINGS },
		{ "exit 1", EXIT_FAILED },
		{ "exit 99", EXIT_FAILED },
		{ "kill -9 $$", EXIT_FAILED },
	};
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_tool(cases[i].how);
		run_ctl(ARGS("setup"), &run);
		assert_int_equal(run.code, cases[i].code);
		assert_string_equal(run.out, "");
		run_free(&run);
	}
	calls_are("enable\nenable\nenable\nenable\n");
}

static void test_unsetup(void **state)
{
	struct run run;

	(void)state;
	put_tool("exit 0");
	run_ctl(ARGS("unsetup"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_string_equal(run.out, "");
	calls_are("disable\n");
	run_free(&run);
}

static void test_no_tool(void **state)
{
	struct run run;

	(void)state;
	run_ctl(ARGS("setup"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err,
			    NAME_CTL ": " NAME_DRIVER_TOOL
				     " is not installed: install the package smmu-adopt\n");
	run_free(&run);
}

/* It is the running system that is changed, so --root is refused before anything is. */
static void test_other_root(void **state)
{
	const char *const verbs[] = { "setup", "unsetup" };
	struct run run;
	size_t i;

	(void)state;
	put_tool("exit 0");
	for (i = 0; i < 2; i++) {
		run_ctl(ARGS("--root", folder, verbs[i]), &run);
		assert_int_equal(run.code, EXIT_USAGE);
		assert_non_null(strstr(run.err, verbs[i]));
		run_free(&run);
	}
	calls_are("");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_setup_then_checks), TEST(test_setup_json), TEST(test_setup_stops),
		TEST(test_unsetup),	      TEST(test_no_tool),    TEST(test_other_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

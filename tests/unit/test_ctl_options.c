// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ctl_options.c - which options the verbs of smmu-adoptctl take.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/story/names.h"
#include "tests/unit/support_run.h"

static char record_path[256];

static int setup(void **state)
{
	(void)scratch_set_up(state);
	(void)snprintf(record_path, sizeof(record_path), "%s/smmu-adopt.rec", folder);
	return 0;
}

/* --records is beside FILE, not instead of it. */
static void test_records_of_nothing(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", "smmu-adopt.rec");
	run_ctl(ARGS("report", "/nosuch", "--records", record_path), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err, "smmu-adoptctl: /nosuch: No such file or directory\n");
	run_free(&run);
	run_ctl(ARGS("log", record_path, "--records", record_path), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_non_null(strstr(run.err, "is not a dump, and --records needs a dump"));
	run_free(&run);
}

/* What --help tells of a verb is what the verb takes. */
static void test_options_of_help(void **state)
{
	static const char *const verbs[] = { "status", "show",	"report",  "log",  "who",
					     "walk",   "embed", "collect", "check" };
	static const char *const options[] = { "--json",  "--html", "--records", "--watch",
					       "--image", "--undo", "--force",	 "--host" };
	char said[96], want[32];
	size_t i, k;
	bool listed;

	(void)state;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		for (k = 0; k < sizeof(options) / sizeof(options[0]); k++) {
			struct run help, run;

			run_ctl(ARGS("help", verbs[i]), &help);
			(void)snprintf(want, sizeof(want), "%s", options[k]);
			listed = strstr(strstr(help.out, "\nOptions: "), want) != NULL;
			/* Too many arguments: nothing is run, whatever the option. */
			run_ctl(ARGS(verbs[i], options[k], "x", "x", "x", "x", "x"), &run);
			(void)snprintf(said, sizeof(said), "%s does not take %s", verbs[i],
				       options[k]);
			if (strcmp(verbs[i], "collect") != 0)
				assert_int_equal(run.code, EXIT_USAGE);
			assert_int_equal(listed, !strstr(run.err, said));
			run_free(&run);
			run_free(&help);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, scratch_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_records_of_nothing),
		TEST(test_options_of_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

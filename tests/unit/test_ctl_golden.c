// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ctl_golden.c - each verb's text and JSON against golden files, JSON against the manual page.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/story/names.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_run.h"

static const struct {
	const char *name;
	int report, log; /* exit codes */
} goldens[] = {
	{ "adopted", EXIT_DONE, EXIT_DONE },	      { "reset", EXIT_FINDINGS, EXIT_DONE },
	{ "no-helper", EXIT_PARTIAL, EXIT_DONE },     { "rmr", EXIT_FINDINGS, EXIT_DONE },
	{ "torn", EXIT_PARTIAL, EXIT_PARTIAL },	      { "trouble", EXIT_FINDINGS, EXIT_DONE },
	{ "mid-torn", EXIT_PARTIAL, EXIT_PARTIAL },   { "vm-adopted", EXIT_DONE, EXIT_DONE },
	{ "vm-rmr-stock", EXIT_FINDINGS, EXIT_DONE }, { "driverless", EXIT_FINDINGS, EXIT_DONE },
	{ "early", EXIT_FINDINGS, EXIT_DONE },	      { "note", EXIT_DONE, EXIT_DONE },
	{ "on-again", EXIT_FINDINGS, EXIT_DONE },
};
#define N_GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static char record_path[256];

static int setup(void **state)
{
	(void)scratch_set_up(state);
	(void)snprintf(record_path, sizeof(record_path), "%s/smmu-adopt.rec", folder);
	return 0;
}

static void narrow(const char *name, const char *text)
{
	int line = 1;

	for (; *text; text += strcspn(text, "\n") + 1, line++)
		if (strcspn(text, "\n") > 100)
			fail_msg("%s: line %d has %zu columns", name, line, strcspn(text, "\n"));
}

/* jq is a second opinion on our JSON, where it is installed. */
static void valid_json(const char *text, const char *filter)
{
	char command[512], path[300];

	(void)snprintf(path, sizeof(path), "%s/check.json", folder);
	file_write(path, text, strlen(text));
	if (system("command -v jq >/dev/null") != 0)
		return;
	(void)snprintf(command, sizeof(command), "jq -e '%s' %s >/dev/null", filter, path);
	if (system(command) != 0)
		fail_msg("jq does not agree: %s\n%s", filter, text);
}

static bool has_word(const char *text, const char *word, size_t len)
{
	const char *p;

	for (p = text; (p = strstr(p, word)); p++)
		if ((p == text || strchr(" \n", p[-1])) && strchr(" \n", p[len]))
			return true;
	return false;
}

/* The page names entry keys without prefix, and durations of outcomes as "with their _ms". */
static bool in_man_page(const char *man, const char *key)
{
	static const char *const prefixes[] = { "crash_", "load_", "end_" };
	size_t len = strlen(key), i;
	char stem[64];

	if (has_word(man, key, len))
		return true;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(key, prefixes[i], strlen(prefixes[i])) &&
		    has_word(man, key + strlen(prefixes[i]), len - strlen(prefixes[i])))
			return true;
	if (len <= 3 || strcmp(key + len - 3, "_ms") != 0 || len >= sizeof(stem))
		return false;
	(void)snprintf(stem, sizeof(stem), "%.*s", (int)len - 3, key);
	return has_word(man, stem, len - 3);
}

/* Every key that we write stands in the manual page. */
static void keys_in_man_page(const char *json)
{
	char *man = file_read("man/smmu-adoptctl.8", NULL), key[64];
	const char *p = json, *end, *skip;

	assert_non_null(man);
	while ((p = strchr(p, '"'))) {
		end = strchr(p + 1, '"');
		assert_non_null(end);
		(void)snprintf(key, sizeof(key), "%.*s", (int)(end - p - 1), p + 1);
		if (!strncmp(end, "\": ", 3)) {
			if (!in_man_page(man, key))
				fail_msg("key '%s' is not in the manual page", key);
			/* Register names are described as a whole. */
			skip = strcmp(key, "registers") ? NULL : strchr(end, '}');
			if (skip)
				end = skip - 1;
		}
		p = end + 1;
	}
	free(man);
}

/* JSON that says again what the text says (test_agree compares) is kept for its shape alone. */
static bool is_kept(const char *file)
{
	static const char *const kept[] = { "early.log.json", "driverless.status.json",
					    "trouble.status.json" };
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!strcmp(file, kept[i]))
			return true;
	return !strstr(file, ".log.json") && !strstr(file, ".status.json");
}

/* One run against its golden files; @code is expected. */
static void golden(const char *const *args, int code, const char *name, const char *verb,
		   const char *schema)
{
	bool json = schema[0];
	char file[128], filter[160];
	struct run run;

	run_ctl(args, &run);
	if (run.code != code)
		fail_msg("%s %s: exit %d, not %d; %s", verb, name, run.code, code, run.err);
	(void)snprintf(file, sizeof(file), "%s.%s.%s", name, verb, json ? "json" : "txt");
	if (json) {
		(void)snprintf(filter, sizeof(filter), ".schema == \"%s\"", schema);
		valid_json(run.out, filter);
		keys_in_man_page(run.out);
	} else if (strcmp(verb, "log") != 0) {
		narrow(file, run.out);
	}
	if (is_kept(file))
		golden_compare(file, run.out);
	run_free(&run);
}

static void test_report_golden(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_GOLDENS; i++) {
		const char *name = goldens[i].name;

		scratch_put_golden(name, "smmu-adopt.rec");
		golden(ARGS("--verbose", "report", record_path), goldens[i].report, name, "report",
		       "");
		golden(ARGS("--json", "report", folder), goldens[i].report, name, "report",
		       SCHEMA_REPORT);
	}
}

static void test_log_golden(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_GOLDENS; i++) {
		const char *name = goldens[i].name;

		scratch_put_golden(name, "smmu-adopt.rec");
		golden(ARGS("log", record_path), goldens[i].log, name, "log", "");
		golden(ARGS("log", "--json", record_path), goldens[i].log, name, "log", SCHEMA_LOG);
	}
}

static const struct {
	const char *name;
	int events, health, rmr; /* exit codes */
} record_verbs[] = {
	{ "faults", EXIT_DONE, EXIT_PARTIAL, EXIT_FINDINGS },
	{ "rmr", EXIT_DONE, EXIT_PARTIAL, EXIT_FINDINGS },
	{ "torn", EXIT_PARTIAL, EXIT_PARTIAL, EXIT_PARTIAL },
};

static void test_record_verbs_golden(void **state)
{
	static const char *const verb[] = { "events", "health", "rmr" };
	static const char *const schema[] = { SCHEMA_EVENTS, SCHEMA_HEALTH, SCHEMA_RMR };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(record_verbs) / sizeof(record_verbs[0]); i++) {
		const int code[] = { record_verbs[i].events, record_verbs[i].health,
				     record_verbs[i].rmr };

		scratch_put_golden(record_verbs[i].name, "smmu-adopt.rec");
		for (k = 0; k < 3; k++) {
			/* Below --root, so that the answer names no scratch folder. */
			golden(ARGS("--root", folder, verb[k], "smmu-adopt.rec"), code[k],
			       record_verbs[i].name, verb[k], "");
			golden(ARGS("--json", "--root", folder, verb[k], "smmu-adopt.rec"), code[k],
			       record_verbs[i].name, verb[k], schema[k]);
		}
	}
}

static void test_status_golden(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_GOLDENS; i++) {
		const char *name = goldens[i].name;

		scratch_put_golden(name, PATH_JOURNAL);
		golden(ARGS("--root", folder, "status"), goldens[i].report, name, "status", "");
		golden(ARGS("--root", folder, "status", "--json"), goldens[i].report, name,
		       "status", SCHEMA_STATUS);
	}
}

static void test_show(void **state)
{
	struct run run;
	char *argument;

	(void)state;
	scratch_put_golden("vm-adopted", "smmu-adopt.rec");
	golden(ARGS("--records", record_path, "--verbose", "show", "0000:00:01.0"), EXIT_DONE,
	       "vm-adopted", "show", "");
	golden(ARGS("--records", folder, "--json", "show", "0000:00:01.0"), EXIT_DONE, "vm-adopted",
	       "show", SCHEMA_SHOW);
	scratch_put_golden("driverless", "smmu-adopt.rec");
	golden(ARGS("--records", record_path, "show", "0000:00:01.0"), EXIT_DONE, "driverless",
	       "show", "");
	golden(ARGS("--records", folder, "--json", "show", "0000:00:01.0"), EXIT_DONE, "driverless",
	       "show", SCHEMA_SHOW);
	scratch_put_golden("vm-adopted", "smmu-adopt.rec");
	/* A StreamID leads to the same device; so does the machine itself. */
	argument = file_read("tests/golden/vm-adopted.show.txt", NULL);
	run_ctl(ARGS("--records", record_path, "--verbose", "show", "8"), &run);
	assert_int_equal(strncmp(run.out, "OK: StreamID 0x8\n", 17), 0);
	assert_string_equal(strchr(run.out, '\n'), strchr(argument, '\n'));
	run_free(&run);
	scratch_put_golden("vm-adopted", PATH_JOURNAL);
	run_ctl(ARGS("--root", folder, "--verbose", "show", "0x8"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "source         recorded below --root: "
					"/run/smmu-adoptd/journal.rec (no daemon)\n"));
	assert_string_equal(strstr(run.out, "\n0000:00:01.0  Ethernet controller 8086"),
			    strstr(argument, "\n0000:00:01.0  Ethernet controller 8086"));
	run_free(&run);
	free(argument);
	/* A stream without a device, findings and regions that name a StreamID. */
	scratch_put_golden("trouble", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "0x28"), &run);
	assert_non_null(strstr(run.out, "context descriptor of 0x28: not-ram"));
	run_free(&run);
	scratch_put_golden("rmr", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "0x19"), &run);
	assert_non_null(strstr(run.out, "SID 0x19  no known device  live      no"));
	run_free(&run);
	run_ctl(ARGS("--records", record_path, "show", "0x100"), &run);
	assert_non_null(strstr(run.out, "\nRMR            0x"));
	run_free(&run);
}

/* What is not there, and what was meant by it. */
static void test_show_nothing(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("rmr", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "0000:7f:00.0"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(
		run.err,
		"show 0000:7f:00.0: the records have no such device; 'smmu-adoptctl report --verbose "));
	run_free(&run);
	/* Who leaves out 0x is told what the number was taken for. */
	scratch_put_golden("adopted", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "10"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_non_null(
		strstr(run.err,
		       "show 10: the records have no such StreamID; 10 is read as "
		       "decimal, and 0x10 is 0000:00:02.0; 'smmu-adoptctl report --verbose "));
	run_free(&run);
	run_ctl(ARGS("--records", record_path, "show", "16"), &run);
	assert_non_null(strstr(run.out, "OK: StreamID 0x10\n"));
	assert_string_equal(run.err, "");
	run_free(&run);
}

/* Who gives the file as an argument, or changes the two over, is told the whole command. */
static void test_show_order(void **state)
{
	static const char use[] = "; for a file or crash folder use: show --records ";
	const char *const dev = "00:01.0";
	char want[1100];
	const struct {
		const char *const *args;
		const char *why, *command; /* NULL: none */
	} cases[] = {
		{ ARGS("show", folder, dev), "'00:01.0' is one argument too many", folder },
		{ ARGS("show", dev, folder), "is one argument too many", folder },
		{ ARGS("show", dev, record_path), "is one argument too many", record_path },
		{ ARGS("show", dev, "nosuch"), "'nosuch' is one argument too many", "FILE" },
		{ ARGS("show", "a", "b", "c"), "'c' is one argument too many\n", NULL },
		{ ARGS("--records", folder, "show", dev, "b"), "'b' is one argument too many\n",
		  NULL },
		{ ARGS("show", folder), "is no device", folder },
		{ ARGS("--records", dev, "show", folder),
		  "the file and the device are changed over", folder },
	};
	struct run run;
	size_t i;

	(void)state;
	scratch_put_golden("adopted", "smmu-adopt.rec");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_ctl(cases[i].args, &run);
		(void)snprintf(want, sizeof(want), "%s%s%s %s\n", cases[i].why, use,
			       cases[i].command ? cases[i].command : "",
			       i == 3 || i == 6 ? "DEVICE|STREAM" : dev);
		if (run.code == EXIT_DONE || run.out[0] ||
		    !strstr(run.err, cases[i].command ? want : cases[i].why) ||
		    (!cases[i].command && strstr(run.err, use)))
			fail_msg("%zu: exit %d: %s", i, run.code, run.err);
		run_free(&run);
	}
}

/* Below --root the names are those there. The other verbs have FILE first. */
static void test_order_below_root(void **state)
{
	const char *const dev = "00:01.0", *root = strrchr(folder, '/') + 1;
	char above[512], want[1100];
	struct run run;
	size_t i;

	(void)state;
	scratch_put_golden("adopted", "smmu-adopt.rec");
	(void)snprintf(above, sizeof(above), "%.*s", (int)(root - folder - 1), folder);
	(void)snprintf(want, sizeof(want), "use: show --root %s --records %s 00:01.0\n", above,
		       root);
	for (i = 0; i < 2; i++) {
		run_ctl(i ? ARGS("--root", above, "show", root, dev)
			  : ARGS("--root", above, "show", dev, root),
			&run);
		assert_int_equal(run.code, EXIT_USAGE);
		if (!strstr(run.err, want))
			fail_msg("%s", run.err);
		run_free(&run);
	}
	run_ctl(ARGS("--root", above, "--records", root, "show", dev), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	run_ctl(ARGS("--root", above, "who", "44123000", root), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	(void)snprintf(want, sizeof(want),
		       "who: 44123000 is not there, and %s is: the order is who FILE ADDRESS\n",
		       root);
	if (!strstr(run.err, want))
		fail_msg("%s", run.err);
	run_free(&run);
	run_ctl(ARGS("walk", "8", "1000", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_ctl(ARGS("walk", PATH("none"), "8", "1000"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	run_free(&run);
}

static void test_plan(void **state)
{
	static struct machine machine;
	struct machine *m = &machine;
	struct run run;

	(void)state;
	machine_standard(m);
	machine_write(m, PATH_CONF, "[Dump]\ndevice = 0000:00:02.0\nbad = 1\n");
	run_ctl(ARGS("--root", m->dir, "plan"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "3 endpoints are behind them: 2 live"));
	assert_non_null(strstr(run.out, "warning: /" PATH_CONF ":3: "));
	assert_non_null(strstr(run.out, "warning: the dump path is not known for certain: "));
	assert_non_null(strstr(run.out, "bind     0000:00:02.0      on the dump path\n"));
	run_free(&run);
	run_ctl(ARGS("--root", m->dir, "plan", "--json"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	valid_json(run.out, ".schema == \"" SCHEMA_PLAN "\" and .acts and .endpoints == 3 and "
			    "(.warnings | length) == 3 and ([.steps[] | "
			    "select(.action == \"bind\" and .dump_path)] | length) == 1");
	keys_in_man_page(run.out);
	run_free(&run);
	assert_false(machine_held(m, "pci", "0000:00:02.0"));
	assert_true(machine_is_master(m, "0000:00:01.0"));
	machine_remove(m, PATH_HELPER "/" MACHINE_SMMU "/records");
	run_ctl(ARGS("--root", m->dir, "plan", "--json"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	valid_json(
		run.out,
		"(.acts | not) and .aside == \"it is not known whether an SMMU was adopted, so no device is held\"");
	keys_in_man_page(run.out);
	run_free(&run);
	machine_free(m);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, scratch_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_report_golden),
		TEST(test_log_golden),
		TEST(test_record_verbs_golden),
		TEST(test_status_golden),
		TEST(test_show),
		TEST(test_show_nothing),
		TEST(test_show_order),
		TEST(test_order_below_root),
		TEST(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

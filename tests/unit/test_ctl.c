// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ctl.c - smmu-adoptctl as a whole: each verb's text and JSON against
 * golden files, exit codes, usage errors, bad input.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rec.h"
#include "ctl/ctl.h"
#include "ctl/input/bytes.h"
#include "lib/story/names.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_run.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

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

static char *folder; /* scratch folder of the running test */
static char record_path[256];

static int setup(void **state)
{
	(void)state;
	folder = scratch_new();
	(void)snprintf(record_path, sizeof(record_path), "%s/smmu-adopt.rec", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_free(folder);
	return 0;
}

/* Bytes of a file below the scratch folder; folders on the way are made. */
static void put(const char *name, const void *data, size_t len)
{
	char path[512], *slash;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	file_write(path, data, len);
}

static void put_golden(const char *golden, const char *name)
{
	size_t len;
	u8 *stream = golden_stream(golden, &len);

	put(name, stream, len);
	free(stream);
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
	golden_compare(file, run.out);
	run_free(&run);
}

static void test_report_golden(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_GOLDENS; i++) {
		const char *name = goldens[i].name;

		put_golden(name, "smmu-adopt.rec");
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

		put_golden(name, "smmu-adopt.rec");
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

		put_golden(record_verbs[i].name, "smmu-adopt.rec");
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

		put_golden(name, PATH_JOURNAL);
		golden(ARGS("--root", folder, "status"), goldens[i].report, name, "status", "");
		golden(ARGS("--root", folder, "status", "--json"), goldens[i].report, name,
		       "status", SCHEMA_STATUS);
	}
}

static void test_status_falls_back(void **state)
{
	struct run run;

	(void)state;
	/* Nothing at all. */
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "source         nothing"));
	assert_non_null(strstr(run.err, "there is no daemon and no record in /run/smmu-adoptd; no "
					"/sys/kernel/debug/smmu_adopt"));
	run_free(&run);
	/* The helper alone. */
	put_golden("rmr", PATH_HELPER "/arm-smmu-v3.0.auto/records");
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "source         the helper module alone"));
	assert_string_equal(run.err, "");
	run_free(&run);
	/* The daemon's copy of the helper's records, and what the helper says now. */
	put_golden("adopted", PATH_HELPER "/arm-smmu-v3.0.auto/records");
	put_golden("adopted", PATH_HELPER_COPY);
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "source         records in /run/smmu-adoptd"));
	run_free(&run);
	/* A journal that is garbage is said, the rest serves. */
	put(PATH_JOURNAL, "garbage", 7);
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "journal.rec: torn at byte 0"));
	run_free(&run);
}

static void test_show(void **state)
{
	struct run run;
	char *argument;

	(void)state;
	put_golden("vm-adopted", "smmu-adopt.rec");
	golden(ARGS("--records", record_path, "--verbose", "show", "0000:00:01.0"), EXIT_DONE,
	       "vm-adopted", "show", "");
	golden(ARGS("--records", folder, "--json", "show", "0000:00:01.0"), EXIT_DONE, "vm-adopted",
	       "show", SCHEMA_SHOW);
	put_golden("driverless", "smmu-adopt.rec");
	golden(ARGS("--records", record_path, "show", "0000:00:01.0"), EXIT_DONE, "driverless",
	       "show", "");
	golden(ARGS("--records", folder, "--json", "show", "0000:00:01.0"), EXIT_DONE, "driverless",
	       "show", SCHEMA_SHOW);
	put_golden("vm-adopted", "smmu-adopt.rec");
	/* A StreamID leads to the same device; so does the machine itself. */
	argument = file_read("tests/golden/vm-adopted.show.txt", NULL);
	run_ctl(ARGS("--records", record_path, "--verbose", "show", "8"), &run);
	assert_int_equal(strncmp(run.out, "OK: StreamID 0x8\n", 17), 0);
	assert_string_equal(strchr(run.out, '\n'), strchr(argument, '\n'));
	run_free(&run);
	put_golden("vm-adopted", PATH_JOURNAL);
	run_ctl(ARGS("--root", folder, "--verbose", "show", "0x8"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "source         records in /run/smmu-adoptd"));
	assert_string_equal(strstr(run.out, "\n0000:00:01.0  Ethernet controller 8086"),
			    strstr(argument, "\n0000:00:01.0  Ethernet controller 8086"));
	run_free(&run);
	free(argument);
	/* A stream without a device, findings and regions that name a StreamID. */
	put_golden("trouble", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "0x28"), &run);
	assert_non_null(strstr(run.out, "context descriptor of 0x28: not-ram"));
	run_free(&run);
	put_golden("rmr", "smmu-adopt.rec");
	run_ctl(ARGS("--records", record_path, "show", "0x19"), &run);
	assert_non_null(strstr(run.out, "SID 0x19  no known device  live      no"));
	run_free(&run);
	run_ctl(ARGS("--records", record_path, "show", "0x100"), &run);
	assert_non_null(strstr(run.out, "\nRMR            0x"));
	run_free(&run);
	run_ctl(ARGS("--records", record_path, "show", "0000:7f:00.0"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	assert_non_null(strstr(run.err,
			       "show 0000:7f:00.0: the records have no such device; 'smmu-adoptctl "
			       "report --verbose "));
	run_free(&run);
	/* As the other verbs are called. */
	run_ctl(ARGS("show", folder, "00:01.0"), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	assert_non_null(
		strstr(run.err,
		       "show: '00:01.0' is one argument too many; for a file or crash folder use: "
		       "show --records /"));
	run_free(&run);
}

/* The first line alone; the details only when they are asked for. */
static void test_how_much_is_told(void **state)
{
	struct run run;

	(void)state;
	put_golden("adopted", "smmu-adopt.rec");
	put_golden("adopted", PATH_JOURNAL);
	run_ctl(ARGS("--oneline", "report", record_path), &run);
	assert_string_equal(run.out,
			    "OK: adopted, DMA stopped on 2 of 2 live devices before hand-over\n");
	run_free(&run);
	run_ctl(ARGS("--root", folder, "--oneline", "status"), &run);
	assert_string_equal(run.out,
			    "OK: adopted, DMA stopped on 2 of 2 live devices before hand-over\n");
	run_free(&run);
	run_ctl(ARGS("report", record_path), &run);
	assert_null(strstr(run.out, "STRTAB_BASE"));
	assert_null(strstr(run.out, "STE  "));
	assert_null(strstr(run.out, "planned: "));
	assert_non_null(strstr(run.out, "\nsteps          7 of 7 ended\n"));
	run_free(&run);
	run_ctl(ARGS("--root", folder, "--verbose", "status"), &run);
	assert_non_null(strstr(run.out, "STRTAB_BASE"));
	assert_non_null(strstr(run.out, "STE  "));
	assert_non_null(strstr(run.out, "planned: "));
	run_free(&run);
}

/* What needs doing stands before what is merely so. */
static void test_problems_come_first(void **state)
{
	const char *verdict, *table, *problems, *fix, *fields;
	struct run run;

	(void)state;
	put_golden("trouble", "smmu-adopt.rec");
	run_ctl(ARGS("report", record_path), &run);
	verdict = strstr(run.out, "WARNING: adopted");
	table = strstr(run.out, "\nDEVICE        TYPE");
	problems = strstr(run.out, "\nProblems\n");
	fix = strstr(run.out, "Fix: ");
	fields = strstr(run.out, "\nkernel ");
	assert_ptr_equal(verdict, run.out);
	assert_true(table && problems && fix && fields);
	assert_true(table < problems && problems < fix && fix < fields);
	run_free(&run);
}

/* As somebody who may not read it: a child, since that cannot be taken back. */
static void denied(const char *verb, const char *arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct run run;
		char want[80];

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(3);
		(void)snprintf(want, sizeof(want),
			       "smmu-adoptctl: %s: permission denied: run as root\n", verb);
		run_ctl(ARGS("--root", folder, verb, arg), &run);
		if (strcmp(run.err, want) != 0)
			fprintf(stderr, "exit %d: %s", run.code, run.err);
		_exit(run.code != EXIT_FAILED || run.out[0] || strcmp(run.err, want) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_permission_denied(void **state)
{
	char path[300];

	(void)state;
	put_golden("adopted", PATH_JOURNAL);
	(void)snprintf(path, sizeof(path), "%s/" PATH_RUN, folder);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(path, 0), 0);
	denied("status", NULL);
	denied("show", "0x8");
	assert_int_equal(chmod(path, 0700), 0);
}

static void test_watch(void **state)
{
	struct run run;

	(void)state;
	put_golden("vm-adopted", PATH_JOURNAL);
	run_ctl(ARGS("--root", folder, "status", "--watch"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(
		strstr(run.out,
		       " steps ended; stage over\nOK: adopted, DMA stopped on 2 of 2 live"));
	run_free(&run);
	run_ctl(ARGS("report", "--watch", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
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
	valid_json(run.out,
		   "(.acts | not) and .aside == \"it is not known whether an SMMU was adopted, so "
		   "no device is held\"");
	keys_in_man_page(run.out);
	run_free(&run);
	machine_free(m);
}

static void test_usage(void **state)
{
	static const struct {
		const char *args[5];
		const char *message;
	} cases[] = {
		{ { NULL }, "a verb is missing; see smmu-adoptctl --help" },
		{ { "sta" }, "unknown verb 'sta'; see smmu-adoptctl --help" },
		{ { "" }, "unknown verb ''" },
		{ { "report" }, "report: an argument is missing: FILE" },
		{ { "log", "a", "b" }, "log: 'b' is one argument too many" },
		{ { "status", "x" }, "status: 'x' is one argument too many" },
		{ { "--jso", "status" }, "unknown option '--jso'" },
		{ { "--fast", "status" }, "unknown option '--fast'" },
		{ { "-x", "status" }, "unknown option '-x'" },
		{ { "status", "--root" }, "option '--root' needs an argument" },
		{ { "--json=1", "status" }, "option '--json=1' takes no argument" },
		{ { "help", "nothing" }, "unknown verb 'nothing'" },
		{ { "--records", "x", "plan" }, "plan does not take --records; its options: " },
		{ { "embed", "x", "--json" },
		  "embed does not take --json; its options: --root DIR" },
		{ { "log", "x", "--html" }, "log does not take --html" },
		{ { "collect", "x", "--records", "y" }, "collect does not take --records" },
		{ { "who", "x", "0", "--force" }, "who does not take --force" },
		{ { "report", "x", "--html", "--json" }, "report: --html does not go with --json" },
		{ { "embed", "--undo", "x", "--force" }, "embed: --undo does not go with --force" },
	};
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_ctl(cases[i].args, &run);
		if (run.code != EXIT_USAGE || run.out[0] || !strstr(run.err, cases[i].message))
			fail_msg("case %zu: exit %d, '%s' instead of '%s'", i, run.code, run.err,
				 cases[i].message);
		/* One message, one line. */
		assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
		run_free(&run);
	}
}

static void test_help(void **state)
{
	struct run run;

	(void)state;
	run_ctl(ARGS("--version"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_string_equal(run.out, "smmu-adoptctl " SMMU_ADOPT_VERSION "\n");
	run_free(&run);
	run_ctl(ARGS("--help"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "  report FILE                the whole story"));
	run_free(&run);
	run_ctl(ARGS("--help", "log"), &run);
	assert_non_null(strstr(run.out, "Usage: smmu-adoptctl [OPTIONS] log FILE"));
	run_free(&run);
	run_ctl(ARGS("help", "status"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "Asks the running daemon"));
	run_free(&run);
}

/* Bad files: what is written to "bad", and what is said of it. */
static void bad_file(const char *name, const char *message, const char *verb)
{
	char path[300];
	struct run run;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	run_ctl(ARGS(verb, path), &run);
	if (run.code != EXIT_FAILED || run.out[0] || !strstr(run.err, message) ||
	    !strstr(run.err, path))
		fail_msg("%s %s: exit %d, '%s' instead of '%s'", verb, name, run.code, run.err,
			 message);
	assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
	run_free(&run);
}

static void make_bad_files(void)
{
	static const u8 zeros[64];
	char path[300];
	int fd;

	put("empty", "", 0);
	put("garbage", "This is no record file at all, but it is long enough for one.", 60);
	put("zeros", zeros, sizeof(zeros));
	put("short", "SMAR", 4);
	put("folder/other", "", 0);
	(void)snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/huge", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(ftruncate(fd, (off_t)INPUT_BYTES_MAX + 1), 0);
	assert_int_equal(pwrite(fd, "SMAR", 4, 0), 4); /* a log of zeros is another thing */
	close(fd);
	(void)snprintf(path, sizeof(path), "%s/loop", folder);
	assert_int_equal(symlink("loop", path), 0);
}

static void test_bad_input(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{ "missing", "No such file or directory" },
		{ "empty", "the file is empty" },
		{ "garbage", "not a record file: no record at byte 0" },
		{ "zeros", "the file has only zeros: its content is lost" },
		{ "short", "not a record file: no record at byte 0" },
		{ "folder", "smmu-adopt.rec: No such file or directory" },
		{ "fifo", "not a regular file" },
		{ "huge", "it has 67108865 bytes, and at most 64 MiB are read" },
		{ "loop", "Too many levels of symbolic links" },
		{ "empty/below", "Not a directory" },
	};
	size_t i;

	(void)state;
	make_bad_files();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bad_file(cases[i].name, cases[i].message, "report");
		bad_file(cases[i].name, cases[i].message, "log");
	}
}

static void test_unreadable(void **state)
{
	char path[300];

	(void)state;
	put("secret", "x", 1);
	(void)snprintf(path, sizeof(path), "%s/secret", folder);
	assert_int_equal(chmod(path, 0), 0);
	/* Root may read everything: be somebody else for a moment. */
	if (!geteuid())
		assert_int_equal(seteuid(65534), 0);
	bad_file("secret", "Permission denied", "report");
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
}

static void test_torn_is_said(void **state)
{
	struct run run;
	size_t len;
	u8 *stream = golden_stream("adopted", &len);

	(void)state;
	put("smmu-adopt.rec", stream, len - 5);
	run_ctl(ARGS("report", record_path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "smmu-adopt.rec: torn at byte "));
	run_free(&run);
	free(stream);
}

static void test_root(void **state)
{
	struct run run;

	(void)state;
	put_golden("adopted", "var/crash/now/smmu-adopt.rec");
	run_ctl(ARGS("--root", folder, "report", "/var/crash/now"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	run_ctl(ARGS("--root", folder, "report", "../../etc/passwd"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	run_free(&run);
	run_ctl(ARGS("--root", "/no/such/folder", "status"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_non_null(strstr(run.err, "--root /no/such/folder: No such file or directory"));
	run_free(&run);
}

static void test_full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY), old;
	struct run run;

	(void)state;
	if (full < 0)
		skip();
	put_golden("adopted", "smmu-adopt.rec");
	/* run_ctl() would redirect stdout itself; this run needs its own. */
	fflush(NULL);
	old = dup(STDOUT_FILENO);
	dup2(full, STDOUT_FILENO);
	close(full);
	{
		char *argv[] = { (char *)"smmu-adoptctl", (char *)"report", record_path, NULL };

		run.code = ctl_run(3, argv);
	}
	clearerr(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
	assert_int_equal(run.code, EXIT_FAILED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_report_golden),
		TEST(test_log_golden),
		TEST(test_record_verbs_golden),
		TEST(test_status_golden),
		TEST(test_status_falls_back),
		TEST(test_how_much_is_told),
		TEST(test_problems_come_first),
		TEST(test_permission_denied),
		TEST(test_usage),
		TEST(test_help),
		TEST(test_bad_input),
		TEST(test_unreadable),
		TEST(test_torn_is_said),
		TEST(test_root),
		TEST(test_full_disk),
		TEST(test_show),
		TEST(test_plan),
		TEST(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

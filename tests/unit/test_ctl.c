// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ctl.c - smmu-adoptctl as a whole: exit codes, usage errors, bad input.
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
#include "tests/unit/support_run.h"

static char record_path[256];

static int setup(void **state)
{
	(void)scratch_set_up(state);
	(void)snprintf(record_path, sizeof(record_path), "%s/smmu-adopt.rec", folder);
	return 0;
}

static void test_status_falls_back(void **state)
{
	struct run run;

	(void)state;
	/* Nothing at all. */
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "source         nothing below --root (no daemon, no "
					"journal, no helper module)\n"));
	assert_non_null(strstr(run.err, folder));
	assert_non_null(strstr(
		run.err,
		": there is no daemon and no record in /run/smmu-adoptd; /sys/kernel/debug/smmu_adopt is missing"));
	run_free(&run);
	/* The helper alone. */
	scratch_put_golden("rmr", PATH_HELPER "/arm-smmu-v3.0.auto/records");
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(
		strstr(run.out,
		       "source         recorded below --root: "
		       "/sys/kernel/debug/smmu_adopt (no daemon,\n               no journal)\n"));
	assert_string_equal(run.err, "");
	run_free(&run);
	/* The daemon's copy of the helper's records, and what the helper says now. */
	scratch_put_golden("adopted", PATH_HELPER "/arm-smmu-v3.0.auto/records");
	scratch_put_golden("adopted", PATH_HELPER_COPY);
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out,
			       "source         recorded below --root: "
			       "/run/smmu-adoptd/helper.rec,\n"
			       "               /sys/kernel/debug/smmu_adopt (no daemon)\n"));
	run_free(&run);
	/* A journal that is garbage is said, the rest serves. */
	scratch_put(PATH_JOURNAL, "garbage", 7);
	run_ctl(ARGS("--root", folder, "status"), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "journal.rec: torn at byte 0"));
	run_free(&run);
}

/* The first line alone; the details only when they are asked for. */
static void test_how_much_is_told(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", "smmu-adopt.rec");
	scratch_put_golden("adopted", PATH_JOURNAL);
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
	scratch_put_golden("trouble", "smmu-adopt.rec");
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
	scratch_put_golden("adopted", PATH_JOURNAL);
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
	scratch_put_golden("vm-adopted", PATH_JOURNAL);
	run_ctl(ARGS("--root", folder, "status", "--watch"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(
		run.out,
		" steps ended; daemon's work over\nOK: adopted, DMA stopped on 2 of 2 live"));
	run_free(&run);
	run_ctl(ARGS("report", "--watch", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
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

	scratch_put("empty", "", 0);
	scratch_put("garbage", "This is no record file at all, but it is long enough for one.", 60);
	scratch_put("zeros", zeros, sizeof(zeros));
	scratch_put("short", "SMAR", 4);
	scratch_put("folder/other", "", 0);
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
	scratch_put("secret", "x", 1);
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
	scratch_put("smmu-adopt.rec", stream, len - 5);
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
	scratch_put_golden("adopted", "var/crash/now/smmu-adopt.rec");
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
	scratch_put_golden("adopted", "smmu-adopt.rec");
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, scratch_tear_down)
	const struct CMUnitTest tests[] = {
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
		TEST(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

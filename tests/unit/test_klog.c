// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_klog.c - kernel logs instead of records: what each verb says of the logs in
 * tests/golden/klog, of folders with logs, and of damaged ones. Facts one by one:
 * test_klog_facts.c.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/input/kernel_log.h"
#include "lib/story/names.h"
#include "tests/unit/support_run.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define LOGS "tests/golden/klog/"

static const struct {
	const char *name;
	int report_code;
} logs[] = {
	{ "adopted", EXIT_PARTIAL },	    { "reset-612", EXIT_FINDINGS },
	{ "events-7x", EXIT_FINDINGS },	    { "grace-cmd-sync", EXIT_FINDINGS },
	{ "gerror", EXIT_FINDINGS },	    { "aer-storm", EXIT_FINDINGS },
	{ "serror-panic", EXIT_FINDINGS },  { "netconsole-ext", EXIT_FINDINGS },
	{ "pstore", EXIT_FINDINGS },	    { "journal", EXIT_FINDINGS },
	{ "fallback", EXIT_FINDINGS },	    { "no-smmu", EXIT_PARTIAL },
	{ "ends-in-reset", EXIT_FINDINGS },
};

/* The whole answer of one verb, which ends with @code, as golden file NAME.VERB.KIND. */
static void compare(const char *name, const char *verb, const char *option, int code)
{
	char file[128], log[128];
	struct run run;

	(void)snprintf(log, sizeof(log), LOGS "%s.log", name);
	(void)snprintf(file, sizeof(file), "klog/%s.%s.%s", name, verb, option ? "json" : "txt");
	run_ctl(option ? ARGS(verb, option, log) : ARGS(verb, log), &run);
	if (run.code != code)
		fail_msg("%s %s: exit %d: %s", verb, log, run.code, run.err);
	golden_compare(file, run.out);
	run_free(&run);
}

static void test_report(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(logs); i++)
		compare(logs[i].name, "report", NULL, logs[i].report_code);
	compare("reset-612", "report", "--json", EXIT_FINDINGS);
	compare("adopted", "report", "--json", EXIT_PARTIAL);
}

static void test_log(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(logs); i++)
		compare(logs[i].name, "log", NULL, EXIT_PARTIAL);
}

static void test_events(void **state)
{
	(void)state;
	compare("events-7x", "events", NULL, EXIT_PARTIAL);
	compare("events-7x", "events", "--json", EXIT_PARTIAL);
	compare("reset-612", "events", NULL, EXIT_PARTIAL);
	compare("netconsole-ext", "events", NULL, EXIT_PARTIAL);
	compare("no-smmu", "events", NULL, EXIT_PARTIAL);
}

/* An answer in JSON, which run-units.sh holds against its schema, has @words. */
static void json(const char *verb, const char *log, int code, const char *words)
{
	struct run run;

	run_ctl(ARGS(verb, "--json", log), &run);
	if (run.code != code || !strstr(run.out, words))
		fail_msg("%s %s: exit %d: %s%s", verb, log, run.code, run.err, run.out);
	run_free(&run);
}

static void test_json(void **state)
{
	char log[128];
	size_t i;

	(void)state;
	for (i = 0; i < N(logs); i++) {
		(void)snprintf(log, sizeof(log), LOGS "%s.log", logs[i].name);
		json("report", log, logs[i].report_code, "\"kernels\": [\n");
		json("log", log, EXIT_PARTIAL, "\"kernels\": [\n");
		json("events", log, EXIT_PARTIAL, "\"queues\": [],\n");
	}
}

/* Where a hole is, lines may be missing: that the helper was not loaded is not certain then. */
static void test_hole(void **state)
{
	char *log = file_read(LOGS "aer-storm.log", NULL);
	size_t len = strlen(log);
	struct run run;

	(void)state;
	log = realloc(log, len + KLOG_HOLE_BYTES + 2);
	assert_non_null(log);
	memset(log + len, 0, KLOG_HOLE_BYTES + 1);
	log[len + KLOG_HOLE_BYTES + 1] = '\n';
	scratch_put("dmesg.txt", log, len + KLOG_HOLE_BYTES + 2);
	run_ctl(ARGS("log", PATH("dmesg.txt")), &run);
	if (!strstr(run.err, "the log has holes of zeros"))
		fail_msg("%s%s", run.out, run.err);
	run_free(&run);
	free(log);
}

/* What "log" says of a log, apart from its lines. */
static void test_words(void **state)
{
	static const struct {
		const char *name, *words;
	} cases[] = {
		{ "adopted", ": a kernel log, of the capture kernel\n" },
		{ "aer-storm",
		  ": a kernel log, of the capture kernel, without lines of smmu_adopt: "
		  "the helper was not loaded\n" },
		{ "reset-612",
		  ": a kernel log, of the crashed kernel and of the capture kernel, without" },
		{ "events-7x", ": a kernel log, not of a capture kernel\n" },
		{ "no-smmu", ": a kernel log, without a line of an SMMU\n" },
	};
	struct run run;
	char log[128];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		(void)snprintf(log, sizeof(log), LOGS "%s.log", cases[i].name);
		run_ctl(ARGS("log", log), &run);
		assert_non_null(strstr(run.err, cases[i].words));
		run_free(&run);
	}
}

/* One line for each log; the page is there and says the verdict. */
static void test_collect_and_page(void **state)
{
	char list[N(logs)][64], log[128];
	const char *args[N(logs) + 2] = { "collect" };
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < N(logs); i++) {
		(void)snprintf(list[i], sizeof(list[i]), LOGS "%s.log", logs[i].name);
		args[i + 1] = list[i];
	}
	run_ctl(args, &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.err, "");
	golden_compare("klog/collect.json", run.out);
	run_free(&run);
	(void)snprintf(log, sizeof(log), LOGS "aer-storm.log");
	run_ctl(ARGS("report", "--html", log), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "a storm of PCIe errors"));
	run_free(&run);
}

/* Verbs that need tables say what the file is. */
static void test_other_verbs(void **state)
{
	(void)state;
	run_is_refused(LOGS "gerror.log", "is a kernel log without records",
		       ARGS("health", LOGS "gerror.log"));
	run_is_refused(LOGS "gerror.log", "is a kernel log without records",
		       ARGS("rmr", LOGS "gerror.log"));
}

/* ---- folders ---- */

static void copy(const char *golden, const char *name)
{
	char file[128], *text;
	size_t len;

	(void)snprintf(file, sizeof(file), LOGS "%s.log", golden);
	text = file_read(file, &len);
	assert_non_null(text);
	scratch_put(name, text, len);
	free(text);
}

/* Both logs of kdump-utils: the crashed kernel's events, the capture kernel's reset. */
static void test_folder(void **state)
{
	struct run run;

	(void)state;
	copy("events-7x", "vmcore-dmesg.txt");
	copy("serror-panic", "kexec-dmesg.log");
	run_ctl(ARGS("report", folder), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "FAILED: RESET: "));
	assert_non_null(strstr(run.out, "vmcore-dmesg.txt, kexec-dmesg.log, 35 lines"));
	assert_non_null(strstr(run.out, "kexec-dmesg.log line 4 at 1.400 s"));
	assert_non_null(strstr(run.out, "before the crash, 3 times,\n"));
	assert_non_null(strstr(run.out, "vmcore-dmesg.txt line 4 at 70.100 s"));
	run_free(&run);
	run_ctl(ARGS("log", folder), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.out, "\nkexec-dmesg.log:4  [    1.400007] arm-smmu-v3 "));
	run_free(&run);
	run_ctl(ARGS("events", folder), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.out, "the crashed kernel printed"));
	run_free(&run);
	run_ctl(ARGS("collect", folder), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.out, "\"state\":\"reset\""));
	assert_non_null(strstr(run.out, "\"log_serrors\":1,"));
	run_free(&run);
	json("report", folder, EXIT_FINDINGS, "\"reset_file\": \"kexec-dmesg.log\",\n");
	json("events", folder, EXIT_PARTIAL, "\"first_file\": \"vmcore-dmesg.txt\",\n");
	json("log", folder, EXIT_PARTIAL, "\"file\": \"kexec-dmesg.log\",\n      \"line\": 4,\n");
}

/* The name tells whose log it is, where the text does not. */
static void test_names(void **state)
{
	static const char line[] =
		"[    4.1] arm-smmu-v3 arm-smmu-v3.0.auto: SMMU currently enabled! "
		"Resetting...\n"
		"[    4.2] usb 1-1: new high-speed USB device number 2\n";
	static const struct {
		const char *name, *state;
	} cases[] = {
		{ "kexec-dmesg.log", "\"state\": \"reset\"" },
		{ "console.log", "\"state\": \"reset\"" },
		{ "vmcore-dmesg.txt", "\"state\": \"unknown\"" },
		{ "dmesg.202611300510", "\"state\": \"unknown\"" },
		{ "dmesg.txt", "\"state\": \"unknown\"" },
	};
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		scratch_put(cases[i].name, line, sizeof(line) - 1);
		run_ctl(ARGS("report", "--json", PATH(cases[i].name)), &run);
		if (!strstr(run.out, cases[i].state))
			fail_msg("%s: %s", cases[i].name, run.out);
		run_free(&run);
	}
}

/* Records count for more than a log beside them. */
static void test_records_first(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", SIDECAR_RECORDS);
	copy("serror-panic", "kexec-dmesg.log");
	run_ctl(ARGS("report", folder), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_null(strstr(run.out, "kernel log"));
	run_free(&run);
}

/* ---- damage ---- */

static void test_not_text(void **state)
{
	static const char words[] = "[    3.1] smmu-adoptd: done: 7 steps\n";
	static const char users[] = "root:x:0:0:root:/root:/bin/bash\n"
				    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
				    "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n";
	char wide[2 * sizeof(words)] = { 0 }, zeros[8192] = { 0 }, noise[4096], *text;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(words) - 1; i++)
		wide[2 * i] = words[i];
	scratch_put("le", wide, 2 * (sizeof(words) - 1));
	run_is_refused("le", "UTF-16 text", ARGS("log", PATH("le")));
	run_is_refused("le", "UTF-16 text", ARGS("report", PATH("le")));
	memmove(wide + 1, wide, sizeof(wide) - 1);
	wide[0] = 0;
	scratch_put("be", wide, 2 * (sizeof(words) - 1));
	run_is_refused("be", "UTF-16 text", ARGS("report", PATH("be")));
	scratch_put("bom", "\xff\xfe[\0", 4);
	run_is_refused("bom", "UTF-16 text", ARGS("events", PATH("bom")));
	scratch_put("zeros", zeros, sizeof(zeros));
	run_is_refused("zeros", "has only zeros", ARGS("log", PATH("zeros")));
	run_is_refused("zeros", "has only zeros", ARGS("report", PATH("zeros")));
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 7 + i / 251);
	scratch_put("users", users, sizeof(users) - 1);
	run_is_refused("users", "not a record file", ARGS("report", PATH("users")));
	/* It lies beside the records. */
	text = file_read("tests/golden/adopted.report.txt", &len);
	scratch_put("smmu-adopt.txt", text, len);
	free(text);
	run_is_refused("smmu-adopt.txt", "name the crash folder",
		       ARGS("report", PATH("smmu-adopt.txt")));
	run_is_refused("smmu-adopt.txt", "name the crash folder",
		       ARGS("log", PATH("smmu-adopt.txt")));
	scratch_put("noise", noise, sizeof(noise));
	run_is_refused("noise", "not a record file", ARGS("report", PATH("noise")));
	run_is_refused("noise", "not a record file", ARGS("log", PATH("noise")));
}

/* Zeros in front, behind and between, as a file system leaves them that lost power. */
static void test_holes(void **state)
{
	static const char line[] =
		"[    3.2] smmu-adoptd: quiesce 0000:00:01.0: done in 3 ms (off)\n";
	char *text = calloc(3, 128 << 10);
	struct run run;

	(void)state;
	memcpy(text + (128 << 10), line, sizeof(line) - 1);
	memcpy(text + (256 << 10), line, sizeof(line) - 1);
	scratch_put("holes", text, 384 << 10);
	free(text);
	run_ctl(ARGS("log", PATH("holes")), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(
		run.out,
		"     1  [    3.2] smmu-adoptd: quiesce 0000:00:01.0: done in 3 ms (off)\n"
		"     2  [    3.2] smmu-adoptd: quiesce 0000:00:01.0: done in 3 ms (off)\n");
	run_free(&run);
}

static void test_escapes(void **state)
{
	static const char text[] =
		"[ 1.0] arm-smmu-v3 s\033[2J: SMMU currently enabled! Reset\007\x9b"
		"2J\n[ 2.0] i\033]0;x\007gb 0000:01:00.0: aer_status: 0x4000\n";
	static const char *const verbs[] = { "log", "report", "events", "collect" };
	struct run run;
	size_t i;
	char *p;

	(void)state;
	scratch_put("esc", text, sizeof(text) - 1);
	for (i = 0; i < N(verbs); i++) {
		run_ctl(ARGS(verbs[i], PATH("esc")), &run);
		assert_true(run.code == EXIT_PARTIAL || run.code == EXIT_FINDINGS);
		for (p = run.out; *p; p++)
			assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
		run_free(&run);
	}
}

/* A line of any length costs its end, and that is said. */
static void test_long_line(void **state)
{
	const size_t len = 3 << 20;
	char *text = malloc(len + 200);
	struct run run;
	int n;

	(void)state;
	memset(text, 'x', len);
	n = snprintf(text + len, 200, "\n[    3.2] smmu-adoptd: done: 7 steps\n");
	scratch_put("long", text, len + (size_t)n);
	free(text);
	run_ctl(ARGS("log", PATH("long")), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.out, "     2  [    3.2] smmu-adoptd: done: 7 steps\n");
	assert_non_null(strstr(run.err, "1 lines are longer than 4096 bytes"));
	run_free(&run);
}

/* More than is read, though nearly all of it is a hole. */
static void test_huge(void **state)
{
	static const char line[] = "[    3.2] smmu-adoptd: done: 7 steps\n";
	struct run run;
	int fd;

	(void)state;
	scratch_put("huge", line, sizeof(line) - 1);
	fd = open(PATH("huge"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)KERNEL_LOG_BYTES_MAX + 100), 0);
	close(fd);
	run_ctl(ARGS("log", PATH("huge")), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "only the first 1024 MiB were read"));
	assert_non_null(strstr(run.out, "7 steps"));
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_json),
		cmocka_unit_test_setup_teardown(test_hole, scratch_set_up, scratch_tear_down),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_collect_and_page),
		cmocka_unit_test(test_other_verbs),
		cmocka_unit_test_setup_teardown(test_folder, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_names, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_records_first, scratch_set_up,
						scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_not_text, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_holes, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_escapes, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_long_line, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_huge, scratch_set_up, scratch_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

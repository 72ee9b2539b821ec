// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_collect.c - "collect": lines, layouts, the journal's entry, what is refused. With engines:
 * tests/fleet/.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/story/names.h"
#include "lib/machine/journald.h"
#include "tests/unit/support_run.h"

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* A line for each crash; one message for each folder that is no good. */
static void test_layouts(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", "a/127.0.0.1-2026-11-22-22:55:01/smmu-adopt.rec");
	scratch_put_golden("adopted", "a/10.1.1.9-2026-11-22-22:55:01/smmu-adopt.rec");
	scratch_put_golden("reset", "a/site/db-7/202611222255/smmu-adopt.rec");
	run_ctl(ARGS("collect", "--host", "here", PATH("a")), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_string_equal(run.err, "");
	assert_int_equal(lines_of(run.out), 3);
	assert_int_equal(strncmp(run.out, "{\"schema\":\"" SCHEMA_CRASH "\",", 30), 0);
	assert_non_null(strstr(run.out, "\"host\":\"10.1.1.9\""));
	assert_non_null(strstr(run.out, "\"host\":\"here\""));
	assert_non_null(strstr(run.out, "\"host\":\"db-7\""));
	assert_non_null(strstr(run.out, "\"signature\":\"066244534036ab84\","
					"\"cause\":\"state=adopted\""));
	run_free(&run);
	scratch_folders("a/202611230000/x");
	assert_int_equal(symlink("/", PATH("a/link")), 0);
	run_ctl(ARGS("collect", PATH("a"), PATH("nothing")), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_int_equal(lines_of(run.out), 3);
	assert_int_equal(lines_of(run.err), 2);
	assert_non_null(
		strstr(run.err, "a/202611230000: the folder has no records, no dump and no log\n"));
	assert_non_null(strstr(run.err, "nothing: No such file or directory\n"));
	run_free(&run);
	/* Folders that are too deep are not passed over in silence. */
	scratch_put_golden("reset", "deep/1/2/3/4/5/smmu-adopt.rec");
	scratch_folders("deep/b/2/3/4");
	run_ctl(ARGS("collect", PATH("deep"), PATH("deep/1")), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_int_equal(lines_of(run.out), 1);
	assert_int_equal(lines_of(run.err), 1);
	assert_non_null(strstr(run.err, "deep/1/2/3/4: the folders in it are not searched: it is 4 "
					"levels below the one that was named\n"));
	run_free(&run);
	/* A record file by itself. */
	run_ctl(ARGS("collect", PATH("a/site/db-7/202611222255/smmu-adopt.rec")), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_int_equal(lines_of(run.out), 1);
	run_free(&run);
}

/* A name can be anything: none of it reaches the terminal as it is. */
static void test_names_drive_nothing(void **state)
{
	static const char *const names[] = { "esc\033]0;owned\007",
					     "c1\302\233"
					     "31m",
					     "bidi\342\200\256txt.exe",
					     "raw\377\233",
					     "line\nsmmu-adoptctl: all is well",
					     "gr\303\266\303\237e" };
	char name[300];
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(name, sizeof(name), "a/%s/202611230000/x", names[i]);
		scratch_folders(name);
		(void)snprintf(name, sizeof(name), "b/%s/smmu-adopt.rec", names[i]);
		scratch_put_golden("adopted", name);
	}
	run_ctl(ARGS("collect", PATH("a")), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_int_equal(lines_of(run.err), sizeof(names) / sizeof(names[0]));
	assert_null(strpbrk(run.err, "\033\007\233\377"));
	assert_null(strstr(run.err, "\342\200\256"));
	assert_non_null(strstr(run.err, "a/esc?]0;owned?/202611230000: the folder has no records"));
	assert_non_null(strstr(run.err, "a/c1?31m/"));
	assert_non_null(strstr(run.err, "a/bidi?txt.exe/"));
	assert_non_null(strstr(run.err, "a/line?smmu-adoptctl: all"));
	assert_non_null(strstr(run.err, "a/gr\303\266\303\237e/")); /* letters stay */
	run_free(&run);
	run_ctl(ARGS("collect", PATH("b")), &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_int_equal(lines_of(run.out), sizeof(names) / sizeof(names[0]));
	assert_null(strpbrk(run.out, "\033\007\377"));
	assert_null(strstr(run.out, "\302\233"));
	assert_null(strstr(run.out, "\342\200\256"));
	assert_non_null(strstr(run.out, "b/esc\\u001b]0;owned\\u0007"));
	assert_non_null(strstr(run.out, "b/c1\\u009b31m"));
	assert_non_null(strstr(run.out, "b/bidi\\u202etxt.exe"));
	run_free(&run);
}

/* What run_ctl() would get, from a terminal of @columns columns. */
static void on_terminal(const char *const *args, unsigned short columns, char *text, size_t cap)
{
	struct winsize size = { .ws_col = columns, .ws_row = 24 };
	char *argv[16] = { (char *)"smmu-adoptctl" };
	int master, slave, out, i;
	size_t len = 0;
	ssize_t n;

	for (i = 0; args[i]; i++)
		argv[i + 1] = (char *)args[i];
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	assert_int_equal(setenv("SMMU_ADOPT_PAGER", "cat", 1), 0);
	assert_int_equal(setenv("TERM", "linux", 1), 0);
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	assert_true(out >= 0 && dup2(slave, STDOUT_FILENO) >= 0);
	i = ctl_run(i + 1, argv);
	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	assert_int_equal(i, EXIT_DONE);
	/* All that was written is there; behind it the terminal has gone. */
	close(slave);
	while (len < cap - 1 && (n = read(master, text + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	assert_true(len > 0);
	text[len] = 0;
	close(master);
}

/* Somebody at a terminal gets rows; a pipe, and whoever asks for it, lines. */
static void test_terminal(void **state)
{
	char text[8192], *line, *save = NULL;
	size_t lines = 0;

	(void)state;
	scratch_put_golden("adopted", "a/web1/202611222255/smmu-adopt.rec");
	scratch_put_golden("reset", "a/db-7/202611222255/smmu-adopt.rec");
	scratch_put_golden("trouble", "a/db-7/202611232255/smmu-adopt.rec");
	scratch_put_golden("on-again", "a/web2/202611232255/smmu-adopt.rec");
	on_terminal(ARGS("collect", PATH("a")), 80, text, sizeof(text));
	assert_non_null(strstr(text, "4 crashes: 1 OK, 2 WARNING, 1 FAILED\r\n"));
	assert_non_null(strstr(text, "DATE (UTC)        HOST  VERDICT  STATE    NOT-STOPPED  "
				     "CAUSE\r\n"));
	assert_non_null(strstr(text, "2025-11-22 22:00  db-7  FAILED   reset    unknown      "
				     "reason=fresh-table\r\n"));
	assert_non_null(
		strstr(text, "2025-11-22 22:00  web1  OK       adopted  0 of 2       -\r\n"));
	/* One was never stopped, the other is on again. */
	assert_non_null(strstr(text, "  web2  WARNING  adopted  2 of 2       "));
	/* A word that finds no room in the column takes its cell to the next line. */
	assert_non_null(
		strstr(text, "  WARNING  adopted  4 of 5       \r\n    end=blocked@pci:1200"));
	assert_null(strstr(text, "state="));
	assert_non_null(
		strstr(text, "\r\nNOT-STOPPED    live devices not stopped in time, or on again\r\n"
			     "CAUSE          words of smmu-adoptctl(8); a device is named by "
			     "vendor:class\r\n"));
	/* The worst first. */
	assert_true(strstr(text, "  FAILED ") < strstr(text, "  WARNING  "));
	assert_true(strstr(text, "  WARNING  ") < strstr(text, "  OK  "));
	for (line = strtok_r(text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		lines++;
		if (strlen(line) > 80)
			fail_msg("%s", line);
	}
	assert_true(lines > 5);
	on_terminal(ARGS("--json", "collect", PATH("a")), 80, text, sizeof(text));
	assert_int_equal(lines_of(text), 4);
	assert_int_equal(text[0], '{');
	/* Nothing is explained that is not there. */
	on_terminal(ARGS("collect", PATH("a/db-7/202611222255")), 80, text, sizeof(text));
	assert_null(strstr(text, "live devices not stopped"));
	on_terminal(ARGS("collect", PATH("a/web1")), 80, text, sizeof(text));
	assert_null(strstr(text, "words of smmu-adoptctl"));
}

static void test_nothing_there(void **state)
{
	struct run run;

	(void)state;
	scratch_folders("empty/x");
	run_ctl(ARGS("collect", PATH("empty")), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	assert_int_equal(lines_of(run.err), 1);
	run_free(&run);
	run_ctl(ARGS("collect", "--records", "x", PATH("empty")), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_ctl(ARGS("report", "--journal", PATH("empty")), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
}

static void test_journal(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[8192];
	struct run run;
	ssize_t n;

	(void)state;
	scratch_put_golden("trouble", "var/crash/202611222255/smmu-adopt.rec");
	run_ctl(ARGS("--root", folder, "collect", "--journal", "/var/crash"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	run_free(&run);
	scratch_folders(PATH_JOURNALD_SOCKET);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder,
		       PATH_JOURNALD_SOCKET);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	run_ctl(ARGS("--root", folder, "collect", "--journal", "/var/crash"), &run);
	assert_int_equal(run.code, EXIT_DONE);
	n = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text, "MESSAGE=adopted, DMA stopped on 0 of 5 live devices"));
	assert_non_null(strstr(text, "\nMESSAGE_ID=" MESSAGE_ID_CRASH "\nPRIORITY=4\n"));
	assert_non_null(strstr(text, "\nSMMU_ADOPT_FOLDER=/var/crash/202611222255\n"));
	/* The very line that went to stdout. */
	assert_non_null(strstr(text, "\nSMMU_ADOPT_RECORD={"));
	assert_string_equal(strstr(text, "SMMU_ADOPT_RECORD=") + 18, run.out);
	run_free(&run);
	close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layouts, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_names_drive_nothing, scratch_set_up,
						scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_terminal, scratch_set_up, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_there, scratch_set_up,
						scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_journal, scratch_set_up, scratch_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

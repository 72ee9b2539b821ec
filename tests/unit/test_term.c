// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_term.c - what people get to see: width, colours, tables and the pager. The program runs on
 * a real pseudo-terminal.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/base/term.h"
#include "tests/unit/support_run.h"

static char screen[1 << 16];

/* ---- the pieces ---- */

static char *drawn;
static size_t drawn_len;

static struct term draw(unsigned int columns)
{
	struct term t = TERM_PLAIN(NULL);

	free(drawn);
	drawn = NULL;
	t.out = open_memstream(&drawn, &drawn_len);
	t.columns = columns;
	assert_non_null(t.out);
	return t;
}

static void is_drawn(struct term *t, const char *want)
{
	assert_int_equal(term_end(t), 0);
	fclose(t->out);
	assert_string_equal(drawn, want);
	free(drawn);
	drawn = NULL;
}

static void test_wraps_at_the_width(void **state)
{
	struct term t = draw(40);

	(void)state;
	term_field(&t, 2, "label", "one two three four five six seven");
	is_drawn(&t, "  label          one two three four five\n                 six seven\n");
	t = draw(80);
	term_field(&t, 2, "label", "one two three four five six seven");
	is_drawn(&t, "  label          one two three four five six seven\n");
	/* A word that is longer than a line stays whole. */
	t = draw(40);
	term_paragraph(&t, 0, "a 0123456789012345678901234567890123456789012345 b");
	is_drawn(&t, "a\n  0123456789012345678901234567890123456789012345\n  b\n");
	/* Prose is not as wide as a wide terminal. */
	t = draw(400);
	term_paragraph(&t, 0,
		       "a234567890 b234567890 c234567890 d234567890 e234567890 f234567890 "
		       "g234567890 h234567890 i234567890 j234567890");
	is_drawn(&t, "a234567890 b234567890 c234567890 d234567890 e234567890 f234567890 "
		     "g234567890 h234567890 i234567890\n  j234567890\n");
}

static void test_nothing_drives_the_terminal(void **state)
{
	static const char evil[] = "\033]0;x\007 \x9b"
				   "31m\xc2\x9b\rz\b\t\x7f";
	struct term_table table = { .titles = { "A", "B" } };
	struct term t = draw(80);

	(void)state;
	t.colour = true;
	term_put(&t, TERM_NORMAL, evil);
	term_printf(&t, TERM_NORMAL, "%s", evil);
	term_field(&t, 0, "l", "%s", evil);
	term_paragraph(&t, 0, evil);
	term_cell(&table, TERM_NORMAL, "%s", evil);
	term_cell(&table, TERM_NORMAL, "%s", evil);
	assert_int_equal(term_table_print(&t, &table, 0, false), 0);
	term_table_free(&table);
	fclose(t.out);
	assert_null(strstr(drawn, "\033]"));
	assert_null(strpbrk(drawn, "\007\x9b\r\b\t\x7f\xc2"));
	assert_non_null(strstr(drawn, "?]0;x? ?31m???z???"));
}

static void test_tables(void **state)
{
	struct term_table table = { .titles = { "+N", "NAME", "NOTE" } };
	struct term t = draw(40);
	int pass;

	(void)state;
	for (pass = 0; pass < 2; pass++) {
		term_cell(&table, TERM_NORMAL, "%d", 7);
		term_cell(&table, TERM_BAD, "a-long-name");
		term_cell(&table, TERM_NORMAL, "several words that do not fit here");
		term_cell(&table, TERM_NORMAL, "1234");
		term_cell(&table, TERM_NORMAL, "b");
		term_cell(&table, TERM_NORMAL, "-");
		t.terminal = pass;
		assert_int_equal(term_table_print(&t, &table, 1, !pass), 0);
		/* What is read by a program has one line a row. */
		if (!pass)
			is_drawn(&t, "    N  NAME         NOTE\n"
				     "    7  a-long-name  several words that do not fit here\n"
				     " 1234  b            -\n");
		else
			is_drawn(&t, "    7  a-long-name  several words that\n"
				     "                    do not fit here\n"
				     " 1234  b            -\n");
		t = draw(40);
	}
	fclose(t.out);
	term_table_free(&table);
}

/* What has no room goes below, in each row alike; a pipe gets a line a row. */
static void test_wide_tables(void **state)
{
	struct term_table table = { .titles = { "NAME", "+N", "NOTE" } };
	struct term t;
	int pass;

	(void)state;
	for (pass = 0; pass < 2; pass++) {
		t = draw(40);
		t.terminal = pass;
		term_cell(&table, TERM_NORMAL, "a-name-of-twenty-six-bytes");
		term_cell(&table, TERM_NORMAL, "%d", 1234567);
		term_cell(&table, TERM_NORMAL, "a-word-of-20-letters and more of them");
		term_cell(&table, TERM_NORMAL, "b");
		term_cell(&table, TERM_NORMAL, "%d", 8);
		term_cell(&table, TERM_NORMAL, "-");
		assert_int_equal(term_table_print(&t, &table, 0, true), 0);
		if (pass)
			is_drawn(&t, "NAME                              N\n"
				     "    NOTE\n"
				     "a-name-of-twenty-six-bytes  1234567\n"
				     "    a-word-of-20-letters and more of\n"
				     "    them\n"
				     "b                                 8\n"
				     "    -\n");
		else
			is_drawn(&t, "NAME                              N  NOTE\n"
				     "a-name-of-twenty-six-bytes  1234567  "
				     "a-word-of-20-letters and more of them\n"
				     "b                                 8  -\n");
	}
	term_table_free(&table);
}

static void test_colours_by_name(void **state)
{
	enum term_colour c = TERM_COLOUR_AUTO;
	struct term t = draw(80);

	(void)state;
	assert_int_equal(term_colour_parse("never", &c), 0);
	assert_int_equal(c, TERM_COLOUR_NEVER);
	assert_int_equal(term_colour_parse("always", &c), 0);
	assert_int_equal(c, TERM_COLOUR_ALWAYS);
	assert_int_equal(term_colour_parse("", &c), -EINVAL);
	assert_int_equal(term_colour_parse("alway", &c), -EINVAL);
	t.colour = true;
	term_put(&t, TERM_BAD, "x");
	term_put(&t, TERM_NORMAL, "y");
	is_drawn(&t, "\033[1;31mx\033[0my");
}

/* ---- the program on a terminal ---- */

static void environment(const char *name, const char *value)
{
	if (value)
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

/* What the program writes to @slave, as it arrives at @master, into screen[]; the exit code. */
static int into_screen(int master, int slave, const char *const *args)
{
	char *argv[16] = { (char *)"smmu-adoptctl" };
	int argc = 1, status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(master);
		dup2(slave, STDOUT_FILENO);
		dup2(slave, STDERR_FILENO);
		_exit(ctl_run(argc, argv));
	}
	close(slave);
	while (len < sizeof(screen) - 1 &&
	       (n = read(master, screen + len, sizeof(screen) - 1 - len)) > 0)
		len += (size_t)n;
	screen[len] = 0;
	close(master);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What a person sees. */
static int on_terminal(unsigned short rows, unsigned short columns, const char *const *args)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	return into_screen(master, slave, args);
}

/* What grep gets, of both streams. */
static int in_pipe(const char *const *args)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	return into_screen(ends[0], ends[1], args);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0, len;

	for (; *text; text += len + (text[len] != 0)) {
		len = strcspn(text, "\r\n");
		longest = len > longest ? len : longest;
		len += text[len] == '\r';
	}
	return longest;
}

static int setup(void **state)
{
	(void)scratch_set_up(state);
	environment("TERM", "xterm");
	environment("PAGER", "cat");
	environment("SMMU_ADOPT_PAGER", NULL);
	environment("NO_COLOR", NULL);
	environment("COLUMNS", NULL);
	environment("LINES", NULL);
	return 0;
}

static int teardown(void **state)
{
	free(drawn);
	drawn = NULL;
	return scratch_tear_down(state);
}

/* An empty machine: nothing is ready, and that takes a dozen lines. */
#define CHECK(...) ARGS(__VA_ARGS__ __VA_OPT__(, ) "--root", folder, "check")

static void test_width_is_the_terminals(void **state)
{
	(void)state;
	environment("NO_COLOR", "1");
	on_terminal(24, 60, CHECK());
	assert_in_range(longest_line(screen), 50, 60);
	/* A serial console says nothing about itself. */
	on_terminal(0, 0, CHECK());
	assert_in_range(longest_line(screen), 70, 80);
	/* The environment knows better. */
	environment("COLUMNS", "55");
	on_terminal(24, 80, CHECK());
	assert_in_range(longest_line(screen), 41, 55);
	environment("COLUMNS", "3 feet");
	on_terminal(24, 60, CHECK());
	assert_in_range(longest_line(screen), 50, 60);
}

/* Whatever the records are, on a console of 80 columns nothing is cut and no table breaks. */
static void test_stories_fit_80_columns(void **state)
{
	static const char *const names[] = { "adopted", "reset",  "rmr",	"torn",
					     "trouble", "faults", "vm-adopted", "vm-rmr-stock" };
	static const char *const verbs[] = {
		"report", "rmr", "health", "events", "log", "collect"
	};
	char path[300];
	size_t i, k, len;
	u8 *rec;

	(void)state;
	environment("NO_COLOR", "1");
	(void)snprintf(path, sizeof(path), "%s/r", folder); /* a short name */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rec = golden_stream(names[i], &len);
		file_write(path, rec, len);
		free(rec);
		for (k = 0; k < sizeof(verbs) / sizeof(verbs[0]); k++) {
			on_terminal(24, 80, ARGS("--root", folder, verbs[k], "r"));
			if (longest_line(screen) > 80)
				fail_msg("%s %s: %zu columns\n%s", verbs[k], names[i],
					 longest_line(screen), screen);
		}
	}
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* What is searched by line is not wrapped; a verdict alone is one line for people, too. */
static void test_pipes_are_not_wrapped(void **state)
{
	const char *took;
	char path[300];
	size_t len;
	u8 *rec;

	(void)state;
	environment("NO_COLOR", "1");
	(void)snprintf(path, sizeof(path), "%s/r", folder);
	rec = golden_stream("trouble", &len);
	file_write(path, rec, len);
	free(rec);
	assert_int_equal(in_pipe(ARGS("--oneline", "report", path)), EXIT_FINDINGS);
	assert_int_equal(count_lines(screen), 1);
	assert_true(strlen(screen) > 100);
	on_terminal(24, 80, ARGS("--oneline", "report", path));
	assert_int_equal(count_lines(screen), 1);
	in_pipe(ARGS("report", path));
	took = strstr(screen, "\ntook ");
	assert_non_null(took);
	assert_true(strstr(took, "daemon's work over after") < strchr(took + 1, '\n'));
	/* Somebody wants it narrow. */
	environment("COLUMNS", "60");
	in_pipe(ARGS("report", path));
	assert_in_range(strcspn(strstr(screen, "\ntook ") + 1, "\n"), 20, 60);
}

static void test_help_fits_80_columns(void **state)
{
	char *all, *line, *save = NULL, verb[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(in_pipe(ARGS("--help")), EXIT_DONE);
	assert_in_range(longest_line(screen), 60, 80);
	all = strdup(strstr(screen, "\nVerbs:\n") + 8);
	assert_non_null(all);
	for (line = strtok_r(all, "\n", &save); line && sscanf(line, "  %15[a-z]", verb) == 1;
	     line = strtok_r(NULL, "\n", &save), n++) {
		assert_int_equal(in_pipe(ARGS("help", verb)), EXIT_DONE);
		if (longest_line(screen) > 80)
			fail_msg("help %s: %zu columns\n%s", verb, longest_line(screen), screen);
		assert_int_equal(on_terminal(24, 80, ARGS("help", verb)), EXIT_DONE);
		assert_in_range(longest_line(screen), 20, 80);
	}
	free(all);
	assert_in_range(n, 21, 40);
}

static bool coloured(const char *const *args)
{
	struct run run;
	bool found;

	run_ctl(args, &run);
	found = strchr(run.out, '\033') != NULL;
	run_free(&run);
	return found;
}

static void test_when_there_are_colours(void **state)
{
	(void)state;
	on_terminal(24, 80, CHECK());
	assert_non_null(strstr(screen, "\033[1;31mNOT READY\033[0m: "));
	on_terminal(24, 80, CHECK("--color=never"));
	assert_null(strchr(screen, '\033'));
	environment("NO_COLOR", "1");
	on_terminal(24, 80, CHECK());
	assert_null(strchr(screen, '\033'));
	on_terminal(24, 80, CHECK("--color", "always"));
	assert_non_null(strstr(screen, "\033["));
	environment("NO_COLOR", "");
	on_terminal(24, 80, CHECK());
	assert_non_null(strstr(screen, "\033["));
	environment("TERM", "dumb");
	on_terminal(24, 80, CHECK());
	assert_null(strchr(screen, '\033'));
	assert_int_equal(on_terminal(24, 80, CHECK("--color=red")), EXIT_USAGE);
	assert_non_null(strstr(screen, "'red' is not auto, always or never"));
	/* Where nobody looks there are none. */
	environment("TERM", "xterm");
	assert_false(coloured(CHECK()));
	assert_true(coloured(CHECK("--color=always")));
}

/* A pager that says how it was called. */
static void make_pager(void)
{
	static const char text[] = "#!/bin/sh\necho \"PAGED with $# $1 $LESS\"\nwc -l\n";
	char path[280], words[300];

	(void)snprintf(path, sizeof(path), "%s/pager", folder);
	file_write(path, text, strlen(text));
	assert_int_equal(chmod(path, 0755), 0);
	(void)snprintf(words, sizeof(words), " %s  --some ", path);
	environment("PAGER", words);
	environment("LESS", NULL);
}

static bool paged(unsigned short rows, const char *const *args)
{
	on_terminal(rows, 80, args);
	if (strstr(screen, "PAGED"))
		return true;
	if (!strstr(screen, "READY") && !strstr(screen, "\"ready\""))
		fail_msg("neither a page nor an answer: %s", screen);
	return false;
}

static void test_long_answers_are_paged(void **state)
{
	(void)state;
	make_pager();
	assert_int_equal(on_terminal(6, 80, CHECK()), EXIT_FINDINGS);
	assert_non_null(strstr(screen, "PAGED with 1 --some FRX"));
	assert_null(strstr(screen, "READY"));
	/* It fits; nobody wants one; the answer is not for people. */
	assert_false(paged(200, CHECK()));
	assert_false(paged(6, CHECK("--no-pager")));
	assert_false(paged(6, CHECK("--json")));
	/* A console of unknown size does not stop by itself. */
	assert_false(paged(0, CHECK()));
	environment("LINES", "5");
	assert_true(paged(0, CHECK()));
	environment("LINES", NULL);
	environment("TERM", "dumb");
	assert_false(paged(6, CHECK()));
	environment("TERM", "xterm");
	/* Our own variable counts, and a pager that is not there costs nothing. */
	environment("SMMU_ADOPT_PAGER", "");
	assert_false(paged(6, CHECK()));
	environment("SMMU_ADOPT_PAGER", "/no/such/pager");
	assert_false(paged(6, CHECK()));
}

static void test_options_of_looks(void **state)
{
	struct run run;

	(void)state;
	run_ctl(ARGS("--no-header", "report", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	assert_non_null(strstr(run.err, "report does not take --no-header"));
	run_free(&run);
	run_ctl(ARGS("--oneline", "log", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_ctl(ARGS("--verbose", "collect", folder), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wraps_at_the_width),
		cmocka_unit_test(test_nothing_drives_the_terminal),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_wide_tables),
		cmocka_unit_test(test_colours_by_name),
		cmocka_unit_test_setup_teardown(test_width_is_the_terminals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stories_fit_80_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipes_are_not_wrapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_help_fits_80_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_when_there_are_colours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_answers_are_paged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options_of_looks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

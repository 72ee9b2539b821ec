// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_html.c - nothing from a record becomes markup, and every section of the
 * page is there for every golden story.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/html/html.h"
#include "lib/story/names.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_run.h"

static char path[256];
static struct run run;

static int setup(void **state)
{
	(void)scratch_set_up(state);
	(void)snprintf(path, sizeof(path), "%s/smmu-adopt.rec", folder);
	return 0;
}

static int teardown(void **state)
{
	run_free(&run);
	return scratch_tear_down(state);
}

static void test_text_is_escaped(void **state)
{
	char *text = NULL;
	size_t len = 0;
	struct html h = { .out = open_memstream(&text, &len) };

	(void)state;
	html_text(&h, "<b> & \"x\" 'y' \x01\xc3\xa4\n");
	html_element(&h, "td class=\"n\"", "a<b");
	html_textf(&h, "%s=%d", "<i>", 5);
	fclose(h.out);
	assert_string_equal(text, "&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39; ????"
				  "<td class=\"n\">a&lt;b</td>&lt;i&gt;=5");
	assert_int_equal(h.error, 0);
	free(text);
}

static void test_markup_takes_numbers_only(void **state)
{
	static const char *const good[] = { "%d", "100%%", "%.1f %5u %#llx %zu", "none" };
	static const char *const bad[] = { "%s", "%5u%.3s", "%c", "%*d", "%n", "50%", "%p" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = sizeof(good) / sizeof(good[0]), len = 0;
		const char *volatile format = i < n ? good[i] : bad[i - n];
		char *text = NULL;
		struct html h = { .out = open_memstream(&text, &len) };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (i != 2)
			html_markup(&h, format, 1, 2, 3);
		else
			html_markup(&h, format, 1.0, 2u, 3ull, (size_t)4);
#pragma GCC diagnostic pop
		fclose(h.out);
		if (h.error != (i < n ? 0 : -EINVAL) || (i >= n && len))
			fail_msg("'%s': %d, %s", format, h.error, text);
		free(text);
	}
}

static void put_records(const char *text)
{
	char err[160];
	size_t len;
	u8 *rec;

	if (mkrec(text, &rec, &len, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	file_write(path, rec, len);
	free(rec);
}

#define EVIL "<script>x()</script>'><img src=//e>"

/* Texts of every kind of record that has one. */
static void test_records_are_not_markup(void **state)
{
	(void)state;
	put_records("at 1\nfile producer=smmu_adopt capture=1 kernel=\"" EVIL
		    "\" program=<svg/onload=x()>\n"
		    "smmu phase=crash state=adopted reason=1 name=<iframe/src=//e>\n"
		    "ste phase=crash sid=8 s1=0x1000\n"
		    "finding severity=error code=config text=\"" EVIL "\"\n"
		    "device phase=now name=\"" EVIL
		    "\" bus=<b> driver=</style><i> sids=8 attach=2\n"
		    "at 2\nfile producer=smmu-adoptd capture=1 kernel=\"" EVIL
		    "\" program=<svg/onload=x()>\n"
		    "stage stage=start text=\"" EVIL "\"\n"
		    "plan step=1 action=quiesce device=\"" EVIL "\" reason=\"" EVIL "\"\n"
		    "step step=1 action=quiesce device=\"" EVIL "\"\n"
		    "result step=1 action=quiesce device=\"" EVIL "\" outcome=failed detail=\"" EVIL
		    "\"\n");
	run_ctl(ARGS("report", "--html", path), &run);
	assert_non_null(strstr(run.out, "&lt;script&gt;x()"));
	assert_null(strstr(run.out, "<script"));
	assert_null(strstr(run.out, "<img"));
	assert_null(strstr(run.out, "<iframe"));
	assert_null(strstr(run.out, "<svg/"));
	assert_null(strstr(run.out, "</style><i>"));
	assert_null(strstr(run.out, "'>"));
}

static bool has(const char *text)
{
	return strstr(run.out, text) != NULL;
}

static void make_page(const char *name)
{
	size_t len;
	u8 *rec = golden_stream(name, &len);

	file_write(path, rec, len);
	free(rec);
	run_free(&run);
	run_ctl(ARGS("report", "--html", path), &run);
}

/* Each link leads somewhere, and the contents name every section that is there. */
static void test_contents(void **state)
{
	const char *p, *end;
	char id[64], text[80];
	size_t links = 0, sections = 0;

	(void)state;
	make_page("vm-adopted");
	for (p = run.out; (p = strstr(p, "href=\"#")); p = end) {
		end = strchr(p + 7, '"');
		(void)snprintf(text, sizeof(text), "id=\"%.*s\"", (int)(end - p - 7), p + 7);
		if (!has(text))
			fail_msg("no %s", text);
		links++;
	}
	assert_true(links > 8);
	for (p = run.out; (p = strstr(p, "<section class=")); p = end, sections++) {
		p = strstr(p, "id=\"") + 4;
		end = strchr(p, '"');
		(void)snprintf(id, sizeof(id), "<a href=\"#%.*s\">", (int)(end - p), p);
		if (!has(id))
			fail_msg("the contents have no %s", id);
	}
	assert_int_equal(sections, 6); /* no dump, and no reserved regions */
	assert_false(has("href=\"#memory\""));
	assert_false(has("href=\"#rmrs\""));
}

/* Only what is on the page is explained. */
static void test_legends(void **state)
{
	(void)state;
	make_page("vm-adopted");
	assert_true(has("</svg>handed-over: under its new driver&#39;s entry</span>"));
	assert_false(has("</svg>unknown"));
	assert_false(has("</svg>bypass"));
	assert_true(has("</i>bind driver</span>"));
	assert_false(has("</i>failed or timed out</span>"));
	make_page("trouble");
	assert_true(has("</svg>unknown: its entry was not read again</span>"));
	assert_true(has("but DMA was not stopped before that</span>"));
	assert_true(has("</i>failed or timed out</span>"));
	/* Beside each bar stand its words. */
	assert_true(has("<small><b>quiesce timeout</b>, <b>flr failed</b></small>"));
}

/* What the folder tells of the crash, and the entries as they are. */
static void test_about_the_crash(void **state)
{
	static const char log[] = "[   12.0] sysrq: Trigger a crash\n"
				  "[   12.1] Kernel panic - not syncing: <b>sysrq</b> triggered\n"
				  "[   12.2] CPU: 0 PID: 1\n";
	char dir[300], file[400];
	size_t len;
	u8 *rec = golden_stream("vm-adopted", &len);

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/db-7-2026-11-22-22:55:01", folder);
	assert_int_equal(mkdir(dir, 0755), 0);
	(void)snprintf(file, sizeof(file), "%s/smmu-adopt.rec", dir);
	file_write(file, rec, len);
	free(rec);
	(void)snprintf(file, sizeof(file), "%s/vmcore-dmesg.txt", dir);
	file_write(file, log, strlen(log));
	(void)snprintf(file, sizeof(file), "%s/vmcore", dir);
	file_write(file, "", 0);
	assert_int_equal(truncate(file, 1536), 0);
	run_free(&run);
	run_ctl(ARGS("report", "--html", dir), &run);
	assert_true(has("<span>host <b>db-7</b></span>"));
	assert_true(has("<span>panic <b>&lt;b&gt;sysrq&lt;/b&gt; triggered</b></span>"));
	assert_true(has("<span>dump <b>1.5 KiB, NOT complete: it cannot be read: vmcore: "));
	assert_true(has("<dt>STE</dt><dd class=\"m\">0x"));
	assert_true(has("<dt>CD</dt><dd class=\"m\">0x"));
	/* Of a log that is FILE itself, the kernel that crashed. */
	run_free(&run);
	run_ctl(ARGS("report", "--html", "tests/golden/klog/reset-612.log"), &run);
	assert_true(has("<span>panic <b>sysrq triggered crash</b></span>"));
	/* A record file alone tells nothing of the kind. */
	make_page("vm-adopted");
	assert_false(has("<span>host "));
	assert_false(has("<span>panic "));
	assert_false(has("<span>dump "));
}

/* Every tag that opens closes, in order: no browser has to guess. */
static void balanced(const char *name, const char *p)
{
	static const char *const single[] = {
		"!DOCTYPE", "meta", "circle", "path", "rect", "line"
	};
	char stack[64][16], tag[16];
	size_t depth = 0, i, n;
	const char *end;

	for (; (p = strchr(p, '<')); p = end) {
		bool closes = p[1] == '/';

		end = strchr(p, '>');
		assert_non_null(end);
		n = strcspn(p + 1 + closes, " >\n/");
		(void)snprintf(tag, sizeof(tag), "%.*s", (int)n, p + 1 + closes);
		for (i = 0; i < sizeof(single) / sizeof(single[0]); i++)
			if (!strcmp(tag, single[i]))
				break;
		if (end[-1] == '/' || (i < 2 && !closes))
			continue;
		if (!closes) {
			assert_true(depth < 64);
			strcpy(stack[depth++], tag);
		} else if (!depth || strcmp(stack[--depth], tag) != 0) {
			fail_msg("%s: </%s> closes <%s>: %.80s", name, tag, stack[depth], p);
		}
	}
	assert_int_equal(depth, 0);
}

static void test_every_story_makes_a_page(void **state)
{
	static const char *const names[] = { "adopted",	     "reset",	"no-helper", "rmr",
					     "torn",	     "trouble", "faults",    "vm-adopted",
					     "vm-rmr-stock", "early",	"on-again" };
	size_t i, len;
	int code;
	u8 *rec;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rec = golden_stream(names[i], &len);
		file_write(path, rec, len);
		free(rec);
		run_free(&run);
		run_ctl(ARGS("report", path), &run);
		code = run.code;
		run_free(&run);
		run_ctl(ARGS("report", "--html", path), &run);
		assert_int_equal(run.code, code);
		balanced(names[i], run.out);
		assert_non_null(strstr(run.out, "<h2>Findings</h2>"));
		assert_non_null(strstr(run.out, "<h2>Timeline</h2>"));
		assert_null(strstr(run.out, "http:"));
		assert_null(strstr(run.out, "https:"));
		assert_null(strstr(run.out, "url("));
	}
	run_free(&run);
	run_ctl(ARGS("--html", "--json", "report", path), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	run_ctl(ARGS("--html", "log", path), &run);
	assert_int_equal(run.code, EXIT_USAGE);
}

static void page_of(const char *golden, int code)
{
	size_t len;
	u8 *rec = golden_stream(golden, &len);

	file_write(path, rec, len);
	free(rec);
	run_free(&run);
	run_ctl(ARGS("report", "--html", path), &run);
	assert_int_equal(run.code, code);
}

/* How often is @text in the page? */
static int count(const char *text)
{
	const char *p = run.out;
	int n = 0;

	for (; (p = strstr(p, text)); p += strlen(text))
		n++;
	return n;
}

/* What was stopped, and not to the end, is not called quiesced. */
static void test_on_again(void **state)
{
	(void)state;
	page_of("on-again", EXIT_FINDINGS);
	assert_non_null(strstr(run.out, "<b>1</b>stopped, then on again"));
	assert_non_null(strstr(run.out, "<b>0</b>DMA stopped before hand-over"));
	assert_int_equal(count("<em>on-again</em>"), 1);
	/* The same words as in the table of the text. */
	assert_int_equal(count("<i>at the crash: live</i><i>DMA stopped: 200 ms to 1.01 s</i>"), 1);
	assert_int_equal(count("</svg>on-again: DMA was stopped, but is on again</span>"), 1);
	assert_int_equal(count(", <b>then on again</b></small>"), 1);
	assert_int_equal(count("<dt>on again</dt><dd>its hold was given back at +1.01 s</dd>"), 1);
	assert_null(strstr(run.out, "held: DMA stopped"));
}

/* The verdict of the text is the page's: no green tick over what went wrong. */
static void test_verdict(void **state)
{
	static const struct {
		const char *golden, *verdict;
		int code;
	} cases[] = {
		{ "adopted",
		  "f0\"><svg class=\"s f0\" viewBox=\"0 0 16 16\" "
		  "fill=\"currentColor\" role=\"img\" aria-label=\"OK\"",
		  EXIT_DONE },
		{ "trouble",
		  "f2\"><svg class=\"s f2\" viewBox=\"0 0 16 16\" "
		  "fill=\"currentColor\" role=\"img\" aria-label=\"WARNING\"",
		  EXIT_FINDINGS },
		{ "reset",
		  "f4\"><svg class=\"s f4\" viewBox=\"0 0 16 16\" "
		  "fill=\"currentColor\" role=\"img\" aria-label=\"FAILED\"",
		  EXIT_FINDINGS },
		{ "torn",
		  "f2\"><svg class=\"s f2\" viewBox=\"0 0 16 16\" "
		  "fill=\"currentColor\" role=\"img\" aria-label=\"WARNING\"",
		  EXIT_PARTIAL },
	};
	char verdict[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(verdict, sizeof(verdict), "<div class=\"verdict %s",
			       cases[i].verdict);
		page_of(cases[i].golden, cases[i].code);
		if (!strstr(run.out, verdict))
			fail_msg("%s: no %s", cases[i].golden, verdict);
		assert_int_equal(count("nothing was found that needs attention"),
				 cases[i].code == EXIT_DONE);
		assert_int_equal(count("Fix: ") > 0, cases[i].code != EXIT_DONE);
	}
	page_of("trouble", EXIT_FINDINGS);
	assert_int_equal(count("bind failed: 0000:00:02.0 (unfinished)"), 1);
	assert_int_equal(count("DMA never stopped: 0000:00:05.0 (timeout, Connection timed out), "
			       "0000:00:08.0 (failed, error -9999999), 0000:00:09.0"),
			 1);
}

/* Nothing of the new table is taken for the crash's, and there is advice. */
static void test_reset(void **state)
{
	(void)state;
	page_of("reset", EXIT_FINDINGS);
	assert_int_equal(count("<em>handed-over</em>"), 0);
	assert_int_equal(count("<em>own-entry</em>"), 1);
	assert_int_equal(count("<em>refused</em>"), 1);
	assert_int_equal(count("Fix: run &quot;smmu-adoptctl setup&quot; on the healthy machine"),
			 1);
	/* The helper judged the new table. */
	put_records("at 1\nfile producer=smmu_adopt capture=1\n"
		    "smmu phase=crash state=reset reason=2 evidence=kdump-kernel,registers-read,"
		    "strtab-in-capture-ram name=x score=100 checked=5\n");
	run_free(&run);
	run_ctl(ARGS("report", "--html", path), &run);
	assert_int_equal(count("100 of 100"), 0);
	run_free(&run);
	run_ctl(ARGS("report", path), &run);
	assert_int_equal(count("100 of 100"), 0);
	run_free(&run);
	run_ctl(ARGS("report", "--json", path), &run);
	assert_int_equal(count("health_score"), 0);
	run_free(&run);
	run_ctl(ARGS("collect", path), &run);
	assert_int_equal(count("health_score"), 0);
	run_free(&run);
	run_ctl(ARGS("health", path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_int_equal(count("the capture kernel's own tables, 100 of 100 points"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_escaped),
		cmocka_unit_test(test_markup_takes_numbers_only),
		cmocka_unit_test_setup_teardown(test_records_are_not_markup, setup, teardown),
		cmocka_unit_test_setup_teardown(test_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_legends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_about_the_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_story_makes_a_page, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict, setup, teardown),
		cmocka_unit_test_setup_teardown(test_on_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

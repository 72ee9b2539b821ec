// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_agree.c - whatever the records say, all verbs say the same of them: report as text, one
 * line, JSON and page, status, collect and diff have one verdict, one list of findings and one
 * exit code; status and log say as text what they say as JSON. Asked of the golden records and of
 * mutants of them, which are always the same ones, so that a failure comes back. AGREE_ROUNDS says
 * how many, AGREE_SEED begins elsewhere, and AGREE_KEEP=FILE keeps the input that failed.
 */
#include "tests/unit/cmocka_all.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/story/names.h"
#include "tests/unit/support_chance.h"
#include "tests/unit/support_run.h"

#define ROUNDS 1500u

static const char *const goldens[] = {
	"adopted",  "driverless", "early", "faults", "mid-torn", "no-helper",  "note",
	"on-again", "reset",	  "rmr",   "torn",   "trouble",	 "vm-adopted", "vm-rmr-stock",
};
#define N_GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static const char *const logs[] = {
	"adopted", "aer-storm", "ends-in-reset",  "events-7x",	    "fallback",
	"gerror",  "journal",	"grace-cmd-sync", "netconsole-ext", "no-smmu",
	"pstore",  "reset-612", "serror-panic",
};
#define N_LOGS (sizeof(logs) / sizeof(logs[0]))

static char records[128], root[128], journal[192];
static bool of_log;	/* which status does not read */
static const char *now; /* which input it is */

/* ---- what was said ---- */

enum {
	TEXT,
	LINE,
	JSON,
	PAGE,
	STATUS,
	STATUS_JSON,
	LOG,
	LOG_JSON,
	COLLECT,
	DIFF,
	ANSWERS
};

static struct run said[ANSWERS];

static void __attribute__((format(printf, 1, 2), noreturn)) disagree(const char *format, ...)
{
	const char *keep = getenv("AGREE_KEEP");
	char why[1024];
	size_t len;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (keep) {
		char *data = file_read(records, &len);

		file_write(keep, data, len);
		free(data);
	}
	fail_msg("%s: %s", now, why);
	abort();
}

/* The value at @p without the escapes of JSON; control characters as text prints them. */
static char *value_at(const char *p)
{
	char *ret = calloc(1, strlen(p) + 1), *to = ret;

	assert_non_null(ret);
	if (*p != '"') {
		memcpy(to, p, strcspn(p, ",\n}"));
		return ret;
	}
	for (p++; *p && *p != '"'; p++) {
		bool escape = *p == '\\';

		p += escape;
		*to++ = escape && *p == 'u' ? '?' : *p;
		p += escape && *p == 'u' ? 4 : 0;
	}
	return ret;
}

/* The value of the first "key", likewise; "" there is none. */
static char *value_of(const char *json, const char *key)
{
	char begin[40];
	const char *p;

	(void)snprintf(begin, sizeof(begin), "\"%s\":", key);
	p = strstr(json, begin);
	if (!p)
		return value_at("\"\"");
	p += strlen(begin);
	return value_at(p + (*p == ' '));
}

/* The array @key of @json, "" there is none. */
static char *array_of(const char *json, const char *key)
{
	const char *begin, *end;
	char words[40];

	(void)snprintf(words, sizeof(words), "\n  \"%s\": [\n", key);
	begin = strstr(json, words);
	end = begin ? strstr(begin, "\n  ]") : NULL;
	return end ? strndup(begin, (size_t)(end - begin)) : strdup("");
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

/* Do the words of @text begin with @words, wherever lines end? */
static bool begins(const char *text, const char *words)
{
	for (;; text++, words++) {
		while (isspace((unsigned char)*text))
			text++;
		while (isspace((unsigned char)*words))
			words++;
		if (!*words)
			return true;
		if (*text != *words)
			return false;
	}
}

/* Has @answer @words, wherever its lines end? */
static bool says(int answer, const char *words)
{
	const char *p;

	for (p = said[answer].out; *p; p++)
		if (begins(p, words))
			return true;
	return false;
}

/* Is what one says of @key what report says as JSON? */
static void same_value(int answer, const char *key, const char *of_report)
{
	char *a = value_of(said[JSON].out, of_report), *b = value_of(said[answer].out, key);

	if (strcmp(a, b) != 0)
		disagree("%s is '%s', by answer %d '%s'", key, a, answer, b);
	free(a);
	free(b);
}

/* Nothing that drives a terminal; brackets and strings of JSON end. */
static void is_sound(int answer)
{
	const char *p, *out = said[answer].out;
	bool json = answer == JSON || answer == STATUS_JSON || answer >= LOG_JSON;
	char open[64];
	size_t depth = 0;
	bool string = false;

	for (p = out; *p; p++) {
		if ((unsigned char)*p >= 0x7f || ((unsigned char)*p < 0x20 && *p != '\n'))
			disagree("answer %d has byte 0x%02x", answer, (unsigned char)*p);
		if (!json)
			continue;
		if (string && *p == '\\')
			p++;
		else if (*p == '"')
			string = !string;
		else if (!string && (*p == '{' || *p == '[') && depth < sizeof(open))
			open[depth++] = *p == '{' ? '}' : ']';
		else if (!string && (*p == '}' || *p == ']') && (!depth || open[--depth] != *p))
			disagree("answer %d is no JSON at byte %zu", answer, (size_t)(p - out));
	}
	if (string || depth)
		disagree("answer %d is JSON without an end", answer);
	for (p = said[answer].err; *p; p++)
		if ((unsigned char)*p >= 0x7f || ((unsigned char)*p < 0x20 && *p != '\n'))
			disagree("a message of answer %d has byte 0x%02x", answer,
				 (unsigned char)*p);
}

static void ask_all(void)
{
	const char *const *asked[ANSWERS] = {
		[TEXT] = ARGS("report", records),
		[LINE] = ARGS("report", "--oneline", records),
		[JSON] = ARGS("report", "--json", records),
		[PAGE] = ARGS("report", "--html", records),
		[STATUS] = ARGS("status", "--root", root),
		[STATUS_JSON] = ARGS("status", "--json", "--root", root),
		[LOG] = ARGS("log", records),
		[LOG_JSON] = ARGS("log", "--json", records),
		[COLLECT] = ARGS("collect", "--json", of_log ? records : folder),
		[DIFF] = ARGS("diff", "--json", records, records),
	};
	int i;

	for (i = 0; i < ANSWERS; i++) {
		if (of_log && (i == STATUS || i == STATUS_JSON))
			continue;
		run_ctl(asked[i], &said[i]);
		is_sound(i);
	}
}

static void exit_codes_agree(void)
{
	int code = said[JSON].code, i;
	bool partial = strstr(said[COLLECT].out, "\"partial\":true");

	for (i = TEXT; i <= PAGE; i++)
		if (said[i].code != code)
			disagree("exit %d, by answer %d %d", code, i, said[i].code);
	if (code == EXIT_FAILED) {
		if (said[COLLECT].code != EXIT_FAILED || said[DIFF].code != EXIT_FAILED)
			disagree("exit 1, by collect %d, by diff %d", said[COLLECT].code,
				 said[DIFF].code);
		return;
	}
	if (!of_log && (said[STATUS].code != code || said[STATUS_JSON].code != code))
		disagree("exit %d, by status %d and %d", code, said[STATUS].code,
			 said[STATUS_JSON].code);
	if (said[COLLECT].code != (partial ? EXIT_PARTIAL : EXIT_DONE) ||
	    said[DIFF].code != said[COLLECT].code || (code == EXIT_PARTIAL && !partial))
		disagree("exit %d, by collect %d, by diff %d, %spartial", code, said[COLLECT].code,
			 said[DIFF].code, partial ? "" : "not ");
}

static void verdicts_agree(void)
{
	char *level = value_of(said[JSON].out, "verdict_level"),
	     *verdict = value_of(said[JSON].out, "verdict"),
	     *state = value_of(said[JSON].out, "state"), *title, *line;

	assert_true(asprintf(&line, "%s: %s", level, verdict) > 0);
	assert_true(asprintf(&title, "<title>smmu-adopt: %s, %s</title>", level, state) > 0);
	if (!begins(said[LINE].out, line) || !begins(said[TEXT].out, line))
		disagree("'%s', in one line '%.200s', as text '%.200s'", line, said[LINE].out,
			 said[TEXT].out);
	if (!strstr(said[PAGE].out, title))
		disagree("not in the page: %s", title);
	same_value(COLLECT, "verdict", "verdict");
	same_value(COLLECT, "verdict_level", "verdict_level");
	same_value(COLLECT, "state", "state");
	same_value(COLLECT, "report_exit", "exit");
	same_value(DIFF, "verdict", "verdict");
	same_value(DIFF, "verdict_level", "verdict_level");
	if (!strstr(said[DIFF].out, "\"same\": true"))
		disagree("different from itself: %s", said[DIFF].out);
	free(level);
	free(verdict);
	free(state);
	free(title);
	free(line);
}

/* The part of @json that is the list of findings, and what is not known before it. */
static char *findings_in(const char *json)
{
	const char *begin = strstr(json, "\"findings\": ["), *end = NULL;

	if (begin)
		end = strstr(begin, "\"smmus\": [");
	return begin && end ? strndup(begin, (size_t)(end - begin)) : strdup("");
}

static void same_array(const char *key)
{
	char *of_report = array_of(said[JSON].out, key),
	     *again = array_of(said[STATUS_JSON].out, key);

	if (strcmp(of_report, again) != 0)
		disagree("%s\nby status %s", of_report, again);
	free(of_report);
	free(again);
}

/* What status says of now: its text has the words of its JSON. */
static void now_agrees(void)
{
	char *stage = value_of(said[STATUS_JSON].out, "stage"),
	     *text = value_of(said[STATUS_JSON].out, "stage_text"),
	     *loose = array_of(said[STATUS_JSON].out, "not_stopped"), *first, *words;

	assert_true(asprintf(&words, "stage %s%s%s", stage, text[0] ? ": " : "", text) > 0);
	if (stage[0] && !says(STATUS, words))
		disagree("status does not say '%s'", words);
	free(words);
	first = loose[0] ? value_at(strchr(loose, '[') + strspn(strchr(loose, '[') + 1, "\n ") + 1)
			 : strdup("");
	assert_true(asprintf(&words, "DMA now NOT stopped: %s", first) > 0);
	if (says(STATUS, words) != (loose[0] != 0))
		disagree("'%s' is not what status says of not_stopped: %s", words, loose);
	free(words);
	free(first);
	free(stage);
	free(text);
	free(loose);
}

static void status_agrees(void)
{
	char *findings = findings_in(said[JSON].out), *again = findings_in(said[STATUS_JSON].out),
	     *table;
	const char *begin = strstr(said[STATUS].out, "\nDEVICE ");

	same_value(STATUS_JSON, "verdict", "verdict");
	same_value(STATUS_JSON, "verdict_level", "verdict_level");
	same_value(STATUS_JSON, "exit", "exit");
	same_value(STATUS_JSON, "state", "state");
	same_array("not_known");
	same_array("devices");
	if (!begins(said[STATUS].out, said[LINE].out))
		disagree("'%s', by status '%.200s'", said[LINE].out, said[STATUS].out);
	if (strcmp(findings, again) != 0)
		disagree("findings %s\nby status %s", findings, again);
	if (begin) {
		table = strndup(begin, (size_t)(strstr(begin, "\n\n") - begin));
		if (!strstr(said[TEXT].out, table))
			disagree("a table of status alone: %s", table);
		free(table);
	}
	now_agrees();
	free(findings);
	free(again);
}

/* Each finding stands in the text with the words of the JSON. */
static void findings_said(const char *findings)
{
	char *text, *code, *words;
	const char *p;

	for (p = findings; (p = strstr(p, "\"severity\": ")); p++) {
		text = value_of(p, "text");
		code = value_of(p, "code");
		assert_true(asprintf(&words, "%s [%s", text, code) > 0);
		if (!says(TEXT, words) || (!of_log && !says(STATUS, words)))
			disagree("report or status does not say '%s'", words);
		free(text);
		free(code);
		free(words);
	}
}

/* ---- the log: an entry is a line ---- */

/* Has the line @text all that @entry says? */
static bool is_line_of(const char *entry, const char *text)
{
	static const char *const keys[] = { "sid",    "phase",	 "step",     "action",
					    "device", "outcome", "severity", "code" };
	char *ns = value_of(entry, "ns"), *number = value_of(entry, "line"),
	     *producer = value_of(entry, "producer"), *type = value_of(entry, "type"),
	     *words = value_of(entry, "text"), *begin, *value;
	u64 at = strtoull(ns, NULL, 10);
	bool same;
	size_t i;

	if (of_log)
		assert_true(asprintf(&begin, "%6s  ", number) > 0);
	else
		assert_true(asprintf(&begin, "[%5llu.%06llu] %-13s %-7s ", at / 1000000000,
				     at / 1000 % 1000000, producer, type) > 0);
	same = strncmp(text, begin, strlen(begin)) == 0 && strlen(text) >= strlen(words) &&
	       strcmp(text + strlen(text) - strlen(words), words) == 0 &&
	       (of_log || strlen(text) == strlen(begin) + strlen(words));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && !of_log; i++) {
		value = value_of(entry, keys[i]);
		same = same && strstr(words, value);
		free(value);
	}
	free(ns);
	free(number);
	free(producer);
	free(type);
	free(words);
	free(begin);
	return same;
}

static void log_agrees(void)
{
	char *entries = array_of(said[LOG_JSON].out, "entries"),
	     *torn = value_of(said[LOG_JSON].out, "torn_at"), *one, *text, *last;
	const char *entry = entries, *line = said[LOG].out;

	if (said[LOG].code != said[LOG_JSON].code)
		disagree("log ends with %d, as JSON with %d", said[LOG].code, said[LOG_JSON].code);
	/* Two lines are about the clock. */
	if (!of_log && entries[0])
		line = strstr(line, "\n[") ? strstr(line, "\n[") + 1 : line;
	for (; (entry = strstr(entry, "\n    {\n")); entry++) {
		one = strndup(entry, (size_t)(strstr(entry, "\n    }") - entry));
		text = strndup(line, strcspn(line, "\n"));
		if (!is_line_of(one, text))
			disagree("the entry %s\nis no line '%s'", one, text);
		line += strlen(text) + (line[strlen(text)] != 0);
		free(one);
		free(text);
	}
	assert_true(asprintf(&last,
			     "the records are torn at byte %s: the record at this place is lost\n",
			     torn) > 0);
	if (strcmp(line, torn[0] ? last : "") != 0)
		disagree("log as text goes on: '%.200s'", line);
	free(entries);
	free(torn);
	free(last);
}

static void findings_agree(void)
{
	char *of_report = findings_in(said[JSON].out),
	     *errors = value_of(said[COLLECT].out, "errors"),
	     *warnings = value_of(said[COLLECT].out, "warnings"),
	     *level = value_of(said[JSON].out, "verdict_level");
	size_t n_errors = count(of_report, "\"severity\": \"error\""),
	       n_warnings = count(of_report, "\"severity\": \"warning\""),
	       fixes = count(of_report, "\"advice\": ");

	assert_true(of_report[0]);
	if (strtoul(errors, NULL, 10) != n_errors || strtoul(warnings, NULL, 10) != n_warnings)
		disagree("%zu errors, %zu warnings, by collect %s and %s", n_errors, n_warnings,
			 errors, warnings);
	if (count(said[TEXT].out, " Fix: ") != fixes || count(said[PAGE].out, ">Fix: ") != fixes)
		disagree("%zu with advice, as text %zu, on the page %zu", fixes,
			 count(said[TEXT].out, " Fix: "), count(said[PAGE].out, ">Fix: "));
	if (strcmp(level, "FAILED") == 0 ? !n_errors
	    : strcmp(level, "OK") == 0
		    ? n_errors || n_warnings
		    : n_errors || !(n_warnings || said[JSON].code == EXIT_PARTIAL))
		disagree("%s with %zu errors and %zu warnings", level, n_errors, n_warnings);
	findings_said(of_report);
	free(of_report);
	free(errors);
	free(warnings);
	free(level);
}

static void all_agree(const void *data, size_t len)
{
	int i;

	file_write(records, data, len);
	if (!of_log)
		file_write(journal, data, len);
	ask_all();
	exit_codes_agree();
	log_agrees();
	if (said[JSON].code != EXIT_FAILED) {
		verdicts_agree();
		findings_agree();
		if (!of_log)
			status_agrees();
	}
	for (i = 0; i < ANSWERS; i++)
		run_free(&said[i]);
}

/* ---- the tests ---- */

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void test_goldens(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < N_GOLDENS; i++) {
		u8 *stream = golden_stream(goldens[i], &len);

		now = goldens[i];
		all_agree(stream, len);
		free(stream);
	}
}

static void test_mutants(void **state)
{
	unsigned long round, rounds = number_from("AGREE_ROUNDS", ROUNDS);
	static struct frames from[N_GOLDENS];
	static u8 data[1 << 18];
	static char name[80];
	size_t i, len;

	(void)state;
	chance_begin(number_from("AGREE_SEED", 0));
	for (i = 0; i < N_GOLDENS; i++) {
		u8 *stream = golden_stream(goldens[i], &len);

		mutant_take_apart(stream, len, &from[i]);
	}
	now = name;
	for (round = 0; round < rounds; round++) {
		i = chance(N_GOLDENS);
		(void)snprintf(name, sizeof(name), "mutant %lu, of %s", round, goldens[i]);
		all_agree(data, mutant_of_records(&from[i], data, sizeof(data)));
	}
	for (i = 0; i < N_GOLDENS; i++)
		free(from[i].bytes);
}

static void test_logs(void **state)
{
	unsigned long round, rounds = number_from("AGREE_ROUNDS", ROUNDS);
	static char name[80], data[1 << 18];
	char *text[N_LOGS], path[96];
	size_t i;

	(void)state;
	chance_begin(number_from("AGREE_SEED", 0));
	of_log = true;
	(void)snprintf(records, sizeof(records), "%s/" CAPTURE_LOG, folder);
	for (i = 0; i < N_LOGS; i++) {
		(void)snprintf(path, sizeof(path), "tests/golden/klog/%s.log", logs[i]);
		text[i] = file_read(path, NULL);
		assert_non_null(text[i]);
		now = logs[i];
		all_agree(text[i], strlen(text[i]));
	}
	now = name;
	for (round = 0; round < rounds; round++) {
		i = chance(N_LOGS);
		(void)snprintf(name, sizeof(name), "mutant %lu, of %s", round, logs[i]);
		all_agree(data, mutant_of_log(text[i], data, sizeof(data)));
	}
	for (i = 0; i < N_LOGS; i++)
		free(text[i]);
	of_log = false;
}

static int setup(void **state)
{
	(void)state;
	/* Damaged on purpose: no schema has to hold for what they say. */
	unsetenv("UNITS_JSON");
	(void)scratch_set_up(state);
	(void)snprintf(records, sizeof(records), "%s/" SIDECAR_RECORDS, folder);
	(void)snprintf(root, sizeof(root), "%s/root", folder);
	(void)snprintf(journal, sizeof(journal), "%s/run", root);
	assert_int_equal(mkdir(root, 0700) | mkdir(journal, 0700), 0);
	(void)snprintf(journal, sizeof(journal), "%s/" PATH_RUN, root);
	assert_int_equal(mkdir(journal, 0700), 0);
	(void)snprintf(journal, sizeof(journal), "%s/" PATH_JOURNAL, root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goldens, setup, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_mutants, setup, scratch_tear_down),
		cmocka_unit_test_setup_teardown(test_logs, setup, scratch_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

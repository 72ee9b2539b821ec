// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_agree.c - whatever the records say, all verbs say the same of them: report as text, one
 * line, JSON and page, status, collect and diff have one verdict, one list of findings and one
 * exit code. Asked of the golden records and of mutants of them, which are always the same ones,
 * so that a failure comes back. AGREE_ROUNDS says how many, AGREE_SEED begins elsewhere, and
 * AGREE_KEEP=FILE keeps the input that failed.
 */
#include "tests/unit/cmocka_all.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/rec.h"
#include "lib/story/names.h"
#include "tests/unit/support_run.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ROUNDS 1500u
#define FRAMES 512u

static const char *const goldens[] = {
	"adopted", "driverless", "early", "faults",  "mid-torn",   "no-helper",	   "note",
	"reset",   "rmr",	 "torn",  "trouble", "vm-adopted", "vm-rmr-stock",
};
#define N_GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static const char *const logs[] = {
	"adopted", "aer-storm", "ends-in-reset",  "events-7x",	    "fallback",
	"gerror",  "journal",	"grace-cmd-sync", "netconsole-ext", "no-smmu",
	"pstore",  "reset-612", "serror-panic",
};
#define N_LOGS (sizeof(logs) / sizeof(logs[0]))

static char *folder, records[128], root[128], journal[192];
static bool of_log;	/* which status does not read */
static const char *now; /* which input it is */
static u64 state_of_chance = 88172645463325252ull;

/* xorshift64 */
static u64 chance(u64 below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return state_of_chance % below;
}

/* ---- what was said ---- */

enum {
	TEXT,
	LINE,
	JSON,
	PAGE,
	STATUS,
	STATUS_JSON,
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

/* The value of the first "key", without the escapes of JSON; "" there is none. */
static char *value_of(const char *json, const char *key)
{
	char *ret = calloc(1, strlen(json) + 1), *to = ret, begin[40];
	const char *p;

	assert_non_null(ret);
	(void)snprintf(begin, sizeof(begin), "\"%s\":", key);
	p = strstr(json, begin);
	if (!p)
		return ret;
	p += strlen(begin);
	p += *p == ' ';
	if (*p != '"') {
		memcpy(to, p, strcspn(p, ",\n}"));
		return ret;
	}
	for (p++; *p && *p != '"'; p++) {
		p += *p == '\\';
		*to++ = *p;
	}
	return ret;
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
	bool json = answer == JSON || answer == STATUS_JSON || answer == COLLECT || answer == DIFF;
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

static void status_agrees(void)
{
	char *findings = findings_in(said[JSON].out), *again = findings_in(said[STATUS_JSON].out);

	same_value(STATUS_JSON, "verdict", "verdict");
	same_value(STATUS_JSON, "verdict_level", "verdict_level");
	same_value(STATUS_JSON, "exit", "exit");
	same_value(STATUS_JSON, "state", "state");
	if (!begins(said[STATUS].out, said[LINE].out))
		disagree("'%s', by status '%.200s'", said[LINE].out, said[STATUS].out);
	if (strcmp(findings, again) != 0)
		disagree("findings %s\nby status %s", findings, again);
	free(findings);
	free(again);
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
	if (said[JSON].code != EXIT_FAILED) {
		verdicts_agree();
		findings_agree();
		if (!of_log)
			status_agrees();
	}
	for (i = 0; i < ANSWERS; i++)
		run_free(&said[i]);
}

/* ---- mutants ---- */

struct frames {
	u8 *bytes; /* of all of them, one after the other */
	struct {
		size_t at, len;
	} frame[FRAMES];
	size_t n;
};

static void take_apart(u8 *stream, size_t len, struct frames *ret)
{
	struct rec_iter it = { .data = stream, .len = len };
	size_t at = 0;
	struct rec rec;

	*ret = (struct frames){ .bytes = stream };
	while (ret->n < FRAMES && rec_next(&it, &rec) == REC_OK) {
		ret->frame[ret->n].at = at;
		ret->frame[ret->n++].len = it.offset - at;
		at = it.offset;
	}
	assert_true(ret->n > 1);
}

/* A value that a field had better not have. */
static void spoil(u8 *frame, size_t len)
{
	static const u64 odd[] = { 0, 1, 2, 0xff, 0xffffffff, ~(u64)0, (u64)1 << 63 };
	size_t payload = len - REC_HEADER_BYTES, at;
	u64 value = odd[chance(sizeof(odd) / sizeof(odd[0]))];
	u32 used = core_ld32(frame + 8);

	switch (chance(4)) {
	case 0: core_st64(frame + 24, value); break; /* its time */
	case 1:
		at = payload ? REC_HEADER_BYTES + chance(payload) : 24;
		frame[at] ^= (u8)(1 << chance(8));
		break;
	case 2:
		at = payload >= 8 ? REC_HEADER_BYTES + chance(payload / 4 - 1) * 4 : 24;
		core_st32(frame + at, (u32)value);
		break;
	default: /* a text, or part of one */
		at = payload >= 8 ? REC_HEADER_BYTES + chance(payload - 4) : 24;
		memcpy(frame + at, chance(2) ? "\033[3m" : "\"\xc3\n<", 4);
	}
	core_st32(frame + 12, 0);
	core_st32(frame + 12, rec_crc32(0, frame, REC_HEADER_BYTES + used));
}

static size_t mutant(const struct frames *from, u8 *to, size_t cap)
{
	size_t order[2 * FRAMES], n, i, k, len = 0;
	u64 changes;

	for (n = 0; n < from->n; n++)
		order[n] = n;
	for (changes = chance(4); changes && n; changes--) {
		i = chance(n);
		k = chance(n);
		switch (chance(4)) {
		case 0: order[i] = order[--n]; break;
		case 1: order[n++] = order[i]; break;
		case 2: order[i] = order[k]; break;
		default: n = chance(8) ? n : 1 + i; break;
		}
	}
	for (i = 0; i < n && len + from->frame[order[i]].len <= cap; i++) {
		memcpy(to + len, from->bytes + from->frame[order[i]].at, from->frame[order[i]].len);
		if (!chance(n < 8 ? 4 : n / 2))
			spoil(to + len, from->frame[order[i]].len);
		len += from->frame[order[i]].len;
	}
	if (len && !chance(16))
		to[chance(len)] ^= (u8)(1 << chance(8));
	return chance(32) ? len : len - len / 3;
}

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
	state_of_chance ^= number_from("AGREE_SEED", 0) << 20;
	for (i = 0; i < N_GOLDENS; i++) {
		u8 *stream = golden_stream(goldens[i], &len);

		take_apart(stream, len, &from[i]);
	}
	now = name;
	for (round = 0; round < rounds; round++) {
		i = chance(N_GOLDENS);
		(void)snprintf(name, sizeof(name), "mutant %lu, of %s", round, goldens[i]);
		all_agree(data, mutant(&from[i], data, sizeof(data)));
	}
	for (i = 0; i < N_GOLDENS; i++)
		free(from[i].bytes);
}

/* Lines that are missing, doubled, changed over, cut or damaged. */
static size_t mutant_of_log(const char *text, char *to, size_t cap)
{
	const char *line[512];
	size_t n = 0, len = 0, i, k, one;

	for (; *text && n < 512; n++) {
		line[n] = text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	assert_true(n);
	for (i = 0; i < n; i++) {
		k = chance(10) ? i : chance(n);
		one = strcspn(line[k], "\n") + 1;
		if (!chance(12) || len + one > cap)
			continue;
		memcpy(to + len, line[k], one - 1);
		if (!chance(12))
			to[len + chance(one)] = (char)chance(256);
		if (!chance(40))
			one = 1 + chance(one);
		len += one;
		to[len - 1] = '\n';
		if (!chance(100))
			break;
	}
	return len;
}

static void test_logs(void **state)
{
	unsigned long round, rounds = number_from("AGREE_ROUNDS", ROUNDS);
	static char name[80], data[1 << 18];
	char *text[N_LOGS], path[96];
	size_t i;

	(void)state;
	state_of_chance ^= number_from("AGREE_SEED", 0) << 20;
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
	folder = scratch_new();
	(void)snprintf(records, sizeof(records), "%s/" SIDECAR_RECORDS, folder);
	(void)snprintf(root, sizeof(root), "%s/root", folder);
	(void)snprintf(journal, sizeof(journal), "%s/run", root);
	assert_int_equal(mkdir(root, 0700) | mkdir(journal, 0700), 0);
	(void)snprintf(journal, sizeof(journal), "%s/" PATH_RUN, root);
	assert_int_equal(mkdir(journal, 0700), 0);
	(void)snprintf(journal, sizeof(journal), "%s/" PATH_JOURNAL, root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_free(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goldens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mutants, setup, teardown),
		cmocka_unit_test_setup_teardown(test_logs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

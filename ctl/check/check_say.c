// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_say.c - keep the answers of all topics and print them at the end: the verdict first, then
 * what needs work, last what is fine; or as JSON, in the order in which they were found. Topics
 * call only this file, nothing else of the verb.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"

#define INDENT 23u

static const struct {
	const char *name;
	enum term_style style;
} levels[CHECK_LEVELS] = {
	[CHECK_FAIL] = { "fail", TERM_BAD },	    [CHECK_WARN] = { "warn", TERM_WARN },
	[CHECK_UNKNOWN] = { "unknown", TERM_BOLD }, [CHECK_INFO] = { "info", TERM_NORMAL },
	[CHECK_OK] = { "ok", TERM_GOOD },
};

void check_say(struct check *check, enum check_level level, const char *topic, const char *advice,
	       const char *format, ...)
{
	struct check_answer *answer;
	va_list args;

	check->counts[level]++;
	answer = reallocarray(check->answers, check->n_answers + 1, sizeof(*answer));
	if (!answer) {
		check->no_memory = true;
		return;
	}
	check->answers = answer;
	answer += check->n_answers++;
	*answer = (struct check_answer){ .level = level, .topic = topic };
	if (advice)
		snprintf(answer->advice, sizeof(answer->advice), "%s", advice);
	va_start(args, format);
	(void)vsnprintf(answer->text, sizeof(answer->text), format, args);
	va_end(args);
}

unsigned int check_problems(const struct check *check)
{
	return check->counts[CHECK_FAIL] + check->counts[CHECK_WARN];
}

static void tell(const struct term *term, const struct check_answer *answer)
{
	_cleanup_strbuf_ struct strbuf advice = { 0 };

	term_printf(term, levels[answer->level].style, "%-8s ", levels[answer->level].name);
	term_printf(term, TERM_NORMAL, "%-13s ", answer->topic);
	term_wrap(term, INDENT, INDENT, answer->text);
	if (!answer->advice[0])
		return;
	/* Information asks for no repair. */
	if (answer->level != CHECK_INFO)
		strbuf_puts(&advice, "Fix: ");
	strbuf_puts(&advice, answer->advice);
	fprintf(term->out, "%*s", (int)INDENT, "");
	term_wrap(term, INDENT, INDENT + (answer->level != CHECK_INFO ? 5 : 0),
		  strbuf_text(&advice));
}

static void tell_verdict(const struct term *term, const struct check *check)
{
	unsigned int problems = check_problems(check), unknown = check->counts[CHECK_UNKNOWN];

	term_put(term, problems ? TERM_BAD : TERM_GOOD, problems ? "NOT READY" : "READY");
	if (problems)
		fprintf(term->out, ": %u problem%s", problems, problems == 1 ? "" : "s");
	if (unknown)
		fprintf(term->out, "%s%u not known",
			problems ? ", " : ", as far as can be told: ", unknown);
	fputc('\n', term->out);
}

void check_tell(const struct check *check)
{
	static const enum check_level order[] = { CHECK_FAIL, CHECK_WARN, CHECK_UNKNOWN, CHECK_INFO,
						  CHECK_OK };
	const struct term *term = &check->ctl->term;
	size_t i, k;

	tell_verdict(term, check);
	if (check->ctl->oneline)
		return;
	for (k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		if (check->counts[order[k]])
			fputc('\n', term->out);
		for (i = 0; i < check->n_answers; i++)
			if (check->answers[i].level == order[k])
				tell(term, &check->answers[i]);
	}
}

int check_tell_json(const struct check *check)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, stdout);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_CHECK);
	jsonw_bool(&w, "ready", !check_problems(check));
	jsonw_array_begin(&w, "checks");
	for (i = 0; i < check->n_answers; i++) {
		const struct check_answer *answer = &check->answers[i];

		jsonw_object_begin(&w, NULL);
		jsonw_string(&w, "topic", answer->topic);
		jsonw_string(&w, "level", levels[answer->level].name);
		jsonw_string(&w, "text", answer->text);
		if (answer->advice[0])
			jsonw_string(&w, "advice", answer->advice);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_u64(&w, "failed", check->counts[CHECK_FAIL]);
	jsonw_u64(&w, "warnings", check->counts[CHECK_WARN]);
	jsonw_u64(&w, "unknown", check->counts[CHECK_UNKNOWN]);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

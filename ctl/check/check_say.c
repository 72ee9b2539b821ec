// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_say.c - one answer, as a line for people or an object for programs. The topics speak
 * through it and depend on nothing else of the verb.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/printable.h"

#define COLUMNS 100
#define INDENT 23

static const char *const level_names[CHECK_LEVELS] = { "ok", "warn", "fail", "unknown" };

/* @text from the present column on, wrapped at blanks. */
static void put_wrapped(const char *text)
{
	int at = INDENT;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > INDENT && at + 1 + len > COLUMNS) {
			printf("\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			putchar(' ');
			at++;
		}
		printf("%.*s", len, text);
		at += len;
		text += len + strspn(text + len, " ");
	}
	putchar('\n');
}

void check_say(struct check *check, enum check_level level, const char *topic, const char *advice,
	       const char *format, ...)
{
	char raw[512], text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	(void)printable(text, sizeof(text), raw, PRINTABLE_ASCII); /* parts come from files */
	check->counts[level]++;
	if (check->json) {
		jsonw_object_begin(check->json, NULL);
		jsonw_string(check->json, "topic", topic);
		jsonw_string(check->json, "level", level_names[level]);
		jsonw_string(check->json, "text", text);
		if (advice)
			jsonw_string(check->json, "advice", advice);
		jsonw_object_end(check->json);
		return;
	}
	printf("%-8s %-13s ", level_names[level], topic);
	put_wrapped(text);
	if (advice) {
		printf("%*s", INDENT, "");
		snprintf(text, sizeof(text), "-> %s", advice);
		put_wrapped(text);
	}
}

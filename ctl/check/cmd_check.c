// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_check.c - "check": the answers, one line each, and what they sum up to.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"

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
	char text[512], *p;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Parts come from files: nothing in them may drive the terminal. */
	for (p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
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

static void say_notes(struct check *check, const struct config *config)
{
	size_t i;

	for (i = 0; i < config->n_notes; i++)
		check_say(check, CHECK_WARN, "config", "correct the file; see smmu-adopt.conf(5)",
			  "%s", config->notes[i]);
}

static void run_checks(struct check *check)
{

	config_load(&check->config, &check->ctl->root, -1, NULL);
	check_kdump(check);
	check_image(check);
	check_makedumpfile(check);
	check_smmus(check);
	check_adopt(check);
	check_masters(check);
	say_notes(check, &check->config);
	say_notes(check, &check->image_config);
}

static void clear(struct check *check)
{
	while (check->n_modules)
		free(check->modules[--check->n_modules]);
	free(check->modules);
	while (check->n_confs) {
		free(check->confs[--check->n_confs].path);
		free(check->confs[check->n_confs].text);
	}
	free(check->aliases);
	free(check);
}

static void clear_at(struct check **check)
{
	if (*check)
		clear(*check);
}

enum exit_code ctl_check(const struct ctl *ctl, char **args)
{
	_cleanup_(clear_at) struct check *check = calloc(1, sizeof(*check));
	struct jsonw w;
	unsigned int findings;

	(void)args;
	if (!check) {
		ctl_message("check: no memory");
		return EXIT_FAILED;
	}
	check->ctl = ctl;
	if (ctl->json) {
		check->json = &w;
		jsonw_init(&w, stdout);
		jsonw_object_begin(&w, NULL);
		jsonw_string(&w, "schema", SCHEMA_CHECK);
		jsonw_array_begin(&w, "checks");
	}
	run_checks(check);
	findings = check->counts[CHECK_WARN] + check->counts[CHECK_FAIL];
	if (ctl->json) {
		jsonw_array_end(&w);
		jsonw_u64(&w, "failed", check->counts[CHECK_FAIL]);
		jsonw_u64(&w, "warnings", check->counts[CHECK_WARN]);
		jsonw_u64(&w, "unknown", check->counts[CHECK_UNKNOWN]);
		jsonw_object_end(&w);
		jsonw_finish(&w);
	} else {
		printf("\n%u ok, %u warn, %u fail, %u unknown\n", check->counts[CHECK_OK],
		       check->counts[CHECK_WARN], check->counts[CHECK_FAIL],
		       check->counts[CHECK_UNKNOWN]);
	}
	if (findings)
		return EXIT_FINDINGS;
	return check->counts[CHECK_UNKNOWN] ? EXIT_PARTIAL : EXIT_DONE;
}

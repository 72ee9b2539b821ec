// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_check.c - "check": the topics one after the other, and what their answers sum up to.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"

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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_check.c - "check": run the topics one after the other, and print the verdict and all
 * answers.
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
	check_signature(check);
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
	free(check->answers);
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

	(void)args;
	if (!check) {
		ctl_message("check: out of memory");
		return EXIT_FAILED;
	}
	check->ctl = ctl;
	run_checks(check);
	if (check->no_memory) {
		ctl_message("check: out of memory");
		return EXIT_FAILED;
	}
	if (ctl->json)
		(void)check_tell_json(check); /* ctl_run() reports a failed write */
	else
		check_tell(check);
	if (check_problems(check))
		return EXIT_FINDINGS;
	return check->counts[CHECK_UNKNOWN] ? EXIT_PARTIAL : EXIT_DONE;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_plan.c - "plan": print what the daemon would do here, by the helper's records, sysfs and
 * the configuration. Changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/base/cleanup.h"
#include "lib/plan/dryrun.h"

enum exit_code ctl_plan(const struct ctl *ctl, char **args)
{
	_cleanup_(dryrun_clear) struct dryrun run = { 0 };
	struct config config;
	int r;

	(void)args;
	config_load(&config, &ctl->root, -1, NULL);
	r = dryrun_make(&run, &ctl->root, &config);
	if (r == 0)
		r = ctl->json ? dryrun_json(&run, &config, stdout) : dryrun_text(&run, stdout);
	if (r < 0 && r != -EIO)
		ctl_message("plan: %s", strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	return run.aside ? EXIT_FINDINGS : EXIT_DONE;
}

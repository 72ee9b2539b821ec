// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_report.c - "report FILE": a record file into a story, the story into words.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/recfile.h"
#include "daemon/base/cleanup.h"
#include "daemon/report.h"

enum exit_code ctl_report(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	int r;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	r = ctl->json ? report_json(stdout, &file.story) : report_text(stdout, &file.story);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the report failed: %s", file.input.name, strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	return file.input.broken ? EXIT_PARTIAL : report_exit_code(&file.story);
}

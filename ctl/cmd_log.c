// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_log.c - "log FILE": the records of a file, one by one.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/file.h"
#include "ctl/input/folder.h"
#include "ctl/input/kernel_log.h"
#include "lib/base/cleanup.h"
#include "lib/report/report.h"

/* A folder without records: what is left may be lines of a log. */
static enum exit_code lines_of_folder(const struct ctl *ctl, const char *name)
{
	_cleanup_input_ struct input input = { 0 };

	if (ctl->json || input_read_dir_log(ctl, name, &input) < 0 ||
	    log_text(stdout, input.data, input.len) <= 0)
		return EXIT_FAILED;
	ctl_message("%s: no records, these are lines of a log", input.name);
	return EXIT_PARTIAL;
}

enum exit_code ctl_log(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	const struct input *input = &file.input;
	struct errbuf err = { .text = "" };
	int r;

	r = recfile_read(ctl, args[0], &file, &err);
	if (r == -EBADMSG && file.kind == FILE_TEXT && !ctl->json &&
	    log_text(stdout, input->data, input->len) > 0) {
		ctl_message("%s: no records, these are lines of a log", input->name);
		return EXIT_PARTIAL;
	}
	if (r < 0) {
		ctl_message("%s", err.text);
		return lines_of_folder(ctl, args[0]);
	}
	recfile_warn(&file, &err);
	r = ctl->json ? report_log_json(stdout, input->data, input->len)
		      : report_log_text(stdout, input->data, input->len);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the log failed: %s", input->name, strerror(-r));
	return r < 0 ? EXIT_FAILED : file.partial ? EXIT_PARTIAL : EXIT_DONE;
}

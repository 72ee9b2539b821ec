// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_log.c - "log FILE": the records of a file, one by one.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/bytes.h"
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
	_cleanup_input_ struct input input = { 0 };
	struct rec_iter it = { 0 };
	struct errbuf err;
	struct rec rec;
	int r;

	r = input_read(ctl, args[0], &input, &err);
	if (r < 0) {
		ctl_message("%s", err.text);
		return lines_of_folder(ctl, args[0]);
	}
	if (input.broken)
		ctl_message("%s", err.text);
	it.data = input.data;
	it.len = input.len;
	if (rec_next(&it, &rec) != REC_OK && !story_next_section(&it)) {
		if (!ctl->json && log_text(stdout, input.data, input.len) > 0) {
			ctl_message("%s: no records, these are lines of a log", input.name);
			return EXIT_PARTIAL;
		}
		ctl_message("%s: not a record file: no record at byte 0", input.name);
		return EXIT_FAILED;
	}
	r = ctl->json ? report_log_json(stdout, input.data, input.len)
		      : report_log_text(&ctl->term, input.data, input.len);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the log failed: %s", input.name, strerror(-r));
	if (r > 0)
		ctl_message("%s: the records are torn", input.name);
	return r < 0 ? EXIT_FAILED : r > 0 || input.broken ? EXIT_PARTIAL : EXIT_DONE;
}

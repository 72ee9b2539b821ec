// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_report.c - "report FILE": a record file into a story, the story into words.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input.h"
#include "daemon/base/cleanup.h"
#include "daemon/report.h"

static void free_story(struct story *story)
{
	story_clear(story);
}

enum exit_code ctl_report(const struct ctl *ctl, char **args)
{
	_cleanup_(free_story) struct story story = { 0 };
	_cleanup_input_ struct input input = { 0 };
	struct errbuf err;
	int r;

	r = input_read(ctl, args[0], &input, &err);
	if (r < 0) {
		ctl_message("%s", err.text);
		return EXIT_FAILED;
	}
	if (input.broken)
		ctl_message("%s", err.text);
	r = story_add_stream(&story, input.data, input.len);
	if (r >= 0 && story_finish(&story) < 0)
		r = -ENOMEM;
	if (r < 0) {
		ctl_message("%s: %s", input.name,
			    r == -E2BIG ? "more items than any machine has" : strerror(-r));
		return EXIT_FAILED;
	}
	if (!story.records) {
		ctl_message("%s: not a record file: no record at byte 0", input.name);
		return EXIT_FAILED;
	}
	if (story.torn)
		ctl_message("%s: torn at byte %zu; read were %llu records", input.name,
			    story.torn_offset, (unsigned long long)story.records);
	r = ctl->json ? report_json(stdout, &story) : report_text(stdout, &story);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the report failed: %s", input.name, strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	return input.broken ? EXIT_PARTIAL : report_exit_code(&story);
}

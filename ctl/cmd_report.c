// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_report.c - "report FILE": a record file into a story, the story into words.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/page/page.h"
#include "ctl/input/file.h"
#include "lib/base/cleanup.h"
#include "lib/report/report.h"
#include "lib/story/facts.h"

/*
 * The page tells of memory when FILE is a dump. That it is none, or cannot be
 * read, costs only that section.
 */
static int write_page(const struct ctl *ctl, const char *name, struct recfile *file)
{
	_cleanup_triage_ struct triage triage = { .fd = -1 };
	_cleanup_rings_ struct rings rings = { 0 };
	struct page_input in = { name, &file->story, &rings, NULL };
	struct errbuf ignored;
	int r;

	if (triage_open_file(&triage, ctl, file, &ignored) >= 0)
		in.triage = &triage;
	r = rings_read(&rings, &file->story, file->input.data, file->input.len,
		       in.triage ? &triage.mem : NULL);
	return r < 0 ? r : page_write(stdout, &in);
}

enum exit_code ctl_report(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	int r;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	r = ctl->html	? write_page(ctl, args[0], &file)
	    : ctl->json ? report_json(stdout, &file.story)
			: report_text(stdout, &file.story);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the report failed: %s", file.input.name, strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	if (file.input.broken || file.belong.verdict == BELONG_NO)
		return EXIT_PARTIAL;
	return report_exit_code(&file.story);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_show.c - "show DEVICE|SID": print everything about one device or stream, of this machine
 * or, with --records, of a record file or dump.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/file.h"
#include "ctl/input/machine.h"
#include "lib/base/cleanup.h"

static enum exit_code tell(const struct ctl *ctl, const struct story *story, const char *what,
			   const char *source)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_strbuf_ struct strbuf hint = { 0 };
	struct stream_name name;
	struct errbuf err;
	int r = stream_name_find(story, what, &name, &err);

	if (r == -ENOTUNIQ || r == -EINVAL) {
		ctl_message("show: %s", err.text);
		return EXIT_USAGE;
	}
	if (r >= 0)
		r = verdict_decide(story, &verdict);
	if (r >= 0)
		r = ctl->json ? report_show_json(stdout, &verdict, &name, source)
			      : report_show_text(&ctl->term, &verdict, &name, source, ctl->verbose);
	stream_name_hint(story, what, &hint);
	if (r == -ENOENT)
		ctl_message("show %s: the records have no such %s%s; '" NAME_CTL
			    " %s%s' lists those that they have",
			    what, strchr(what, '.') ? "device" : "StreamID", strbuf_text(&hint),
			    ctl->records ? "report --verbose " : "status --verbose",
			    ctl->records ? ctl->records : "");
	else if (r >= 0 && hint.len)
		ctl_message("show %s: this is StreamID 0x%x%s", what, name.sid, strbuf_text(&hint));
	else if (r < 0 && r != -EIO)
		ctl_message("show: %s", strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	if (story->torn)
		return EXIT_PARTIAL;
	return report_show_level(&verdict, &name) == VERDICT_OK ? EXIT_DONE : EXIT_FINDINGS;
}

static enum exit_code show_file(const struct ctl *ctl, const char *what)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	struct ctl here = *ctl;
	enum exit_code code;

	/* For this verb --records names the FILE itself. */
	here.records = NULL;
	if (recfile_open(&here, ctl->records, &file) < 0)
		return EXIT_FAILED;
	code = tell(ctl, &file.story, what, REPORT_FROM_FILE);
	return (code == EXIT_DONE || code == EXIT_FINDINGS) && file.partial ? EXIT_PARTIAL : code;
}

enum exit_code ctl_show(const struct ctl *ctl, char **args)
{
	_cleanup_story_ struct story story = { 0 };
	const char *source;
	int r;

	if (ctl->records)
		return show_file(ctl, args[0]);
	r = records_of_machine(ctl, &story, &source);
	if (r < 0) {
		ctl_message("show: %s", records_why(r));
		return EXIT_FAILED;
	}
	return tell(ctl, &story, args[0], source);
}

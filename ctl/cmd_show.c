// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_show.c - "show DEVICE|SID": print everything about one device or stream, of this machine
 * or, with --records, of a record file or dump.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/file.h"
#include "ctl/input/machine.h"
#include "lib/base/cleanup.h"

/* "show", "show --root DIR" */
static const char *command(char buf[PATH_MAX], const struct ctl *ctl, const char *verb)
{
	(void)snprintf(buf, PATH_MAX, "%s%s%s", verb, ctl->has_root ? " --root " : "",
		       ctl->has_root ? ctl->root_path : "");
	return buf;
}
#define COMMAND(ctl, verb) command((char[PATH_MAX]){ 0 }, ctl, verb)

/* Tell the command that shows @what of the file @file. */
static void hint(const struct ctl *ctl, const char *why, const char *file, const char *what)
{
	ctl_message("show: %s; for a file or crash folder use: %s --records %s %s", why,
		    COMMAND(ctl, "show"), file, what);
}

/* A FILE was given as an argument, before or behind what it was asked for. */
static enum exit_code refuse_two(const struct ctl *ctl, char **args)
{
	bool second = !input_is_there(ctl, args[0]) && input_is_there(ctl, args[1]);
	struct errbuf why;

	errbuf_set(&why, "'%s' is one argument too many", args[1]);
	if (ctl->records)
		ctl_message("show: %s", why.text);
	else if (second || input_is_there(ctl, args[0]))
		hint(ctl, why.text, args[second], args[!second]);
	else
		hint(ctl, why.text, "FILE", "DEVICE|STREAM");
	return EXIT_USAGE;
}

/* The only argument is a FILE. */
static void refuse_file(const struct ctl *ctl, const char *file)
{
	struct errbuf why;

	errbuf_set(&why, "'%s' is no device", file);
	hint(ctl, why.text, file, "DEVICE|STREAM");
}

static enum exit_code tell(const struct ctl *ctl, const struct story *story, const char *what,
			   const struct report_source *source)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_strbuf_ struct strbuf meant = { 0 };
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
	stream_name_hint(story, what, &meant);
	if (r == -ENOENT)
		ctl_message("show %s: the records have no such %s%s; '" NAME_CTL
			    " %s --verbose%s%s' lists those that they have",
			    what, strchr(what, '.') ? "device" : "StreamID", strbuf_text(&meant),
			    COMMAND(ctl, ctl->records ? "report" : "status"),
			    ctl->records ? " " : "", ctl->records ? ctl->records : "");
	else if (r >= 0 && meant.len)
		ctl_message("show %s: this is StreamID 0x%x%s", what, name.sid,
			    strbuf_text(&meant));
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
	if (recfile_open(&here, ctl->records, &file) < 0) {
		if (!input_is_there(ctl, ctl->records) && input_is_there(ctl, what))
			hint(ctl, "the file and the device are changed over", what, ctl->records);
		return EXIT_FAILED;
	}
	code = tell(ctl, &file.story, what, REPORT_SOURCE(REPORT_FROM_FILE));
	return (code == EXIT_DONE || code == EXIT_FINDINGS) && file.partial ? EXIT_PARTIAL : code;
}

enum exit_code ctl_show(const struct ctl *ctl, char **args)
{
	_cleanup_story_ struct story story = { 0 };
	struct report_source source;
	enum exit_code code;
	int r;

	if (args[1])
		return refuse_two(ctl, args);
	if (!ctl->records && strchr(args[0], '/') && input_is_there(ctl, args[0])) {
		refuse_file(ctl, args[0]);
		return EXIT_USAGE;
	}
	if (ctl->records)
		return show_file(ctl, args[0]);
	r = records_of_machine(ctl, &story, &source);
	if (r < 0) {
		ctl_message("show: %s", records_why(r));
		return EXIT_FAILED;
	}
	code = tell(ctl, &story, args[0], &source);
	if ((code == EXIT_FAILED || code == EXIT_USAGE) && input_is_there(ctl, args[0]))
		refuse_file(ctl, args[0]);
	return code;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_log.c - "log FILE": print the records of a file one by one; of a kernel log the lines that
 * are recognised.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/file.h"
#include "lib/report/klog.h"
#include "lib/report/report.h"

struct lines {
	bool json, begun;
	struct jsonw w;
};

static void begin_json(struct lines *lines)
{
	if (lines->begun)
		return;
	lines->begun = true;
	jsonw_init(&lines->w, stdout);
	jsonw_object_begin(&lines->w, NULL);
	jsonw_string(&lines->w, "schema", SCHEMA_LOG);
	jsonw_array_begin(&lines->w, "entries");
}

static void show_line(void *priv, const char *file, u64 number, const struct logline *line,
		      const struct klog_match *match)
{
	struct lines *lines = priv;

	if (!report_klog_worth(match->what))
		return;
	if (lines->json) {
		begin_json(lines);
		report_klog_entry(&lines->w, file, number, line, match);
	} else {
		report_klog_line(stdout, file, number, line);
	}
}

/* Print what a kernel log is, behind its lines. */
static void end_lines(const struct ctl *ctl, const char *name, struct lines *lines,
		      const struct klog *log)
{
	_cleanup_strbuf_ struct strbuf words = { 0 };

	if (ctl->json) {
		begin_json(lines);
		jsonw_array_end(&lines->w);
		report_klog_json(&lines->w, log);
		jsonw_object_end(&lines->w);
		(void)jsonw_finish(&lines->w); /* a failure is said by ctl_run() */
	}
	klog_words(log, &words);
	ctl_message("%s: %s", name, strbuf_text(&words));
}

enum exit_code ctl_log(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = RECFILE_OR_LOG;
	struct lines lines = { .json = ctl->json };
	const struct input *input = &file.input;
	int rc;

	file.sink = (struct kernel_log_sink){ show_line, &lines };
	rc = recfile_open(ctl, args[0], &file);
	if (rc < 0 && !lines.begun)
		return EXIT_FAILED;
	if (rc < 0 || file.story.log) {
		end_lines(ctl, args[0], &lines, &file.log);
		return rc < 0 ? EXIT_FAILED : EXIT_PARTIAL;
	}
	rc = ctl->json ? report_log_json(stdout, input->data, input->len)
		       : report_log_text(&ctl->term, input->data, input->len);
	if (rc < 0 && rc != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the log could not be printed: %s", input->name, strerror(-rc));
	return rc < 0 ? EXIT_FAILED : file.partial ? EXIT_PARTIAL : EXIT_DONE;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_log.c - "log FILE": print the records of a file one by one; of a kernel log the lines that
 * are recognised.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/input/file.h"
#include "ctl/input/kernel_log.h"
#include "lib/base/cleanup.h"
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

/*
 * Print the lines of a kernel log. Returns EXIT_FAILED when @name is not a kernel log; @err then
 * has a text if the reason is worth a message.
 */
static enum exit_code lines_of(const struct ctl *ctl, const char *name, enum kernel_log_from from,
			       struct errbuf *err)
{
	_cleanup_(klog_free) struct klog log = { 0 };
	_cleanup_strbuf_ struct strbuf words = { 0 };
	struct lines lines = { .json = ctl->json };
	const struct kernel_log_sink sink = { show_line, &lines };
	int r = ctl->records ? 0 : kernel_log_read(ctl, name, from, &sink, &log, err);

	if (r > 0 && lines.json)
		begin_json(&lines);
	if (lines.begun) {
		jsonw_array_end(&lines.w);
		report_klog_json(&lines.w, &log);
		jsonw_object_end(&lines.w);
		(void)jsonw_finish(&lines.w); /* a failure is said by ctl_run() */
	}
	if (r <= 0)
		return EXIT_FAILED;
	if (err->text[0])
		ctl_message("%s", err->text);
	err->text[0] = 0;
	klog_words(&log, &words);
	ctl_message("%s: %s", name, strbuf_text(&words));
	return EXIT_PARTIAL;
}

enum exit_code ctl_log(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	struct errbuf err = { .text = "" }, log_err = { .text = "" };
	const struct input *input = &file.input;
	enum exit_code code;
	int r;

	code = lines_of(ctl, args[0], KERNEL_LOG_FILE, &log_err);
	if (code != EXIT_FAILED || log_err.text[0]) {
		if (log_err.text[0])
			ctl_message("%s", log_err.text);
		return code;
	}
	r = recfile_read(ctl, args[0], &file, &err);
	if (r < 0) {
		code = lines_of(ctl, args[0], KERNEL_LOG_FOLDER, &log_err);
		/*
		 * If the log failed, too: -ENOENT for the records is not worth a message, an
		 * unreadable file is.
		 */
		if (code == EXIT_FAILED || r != -ENOENT)
			ctl_message("%s", log_err.text[0] ? log_err.text : err.text);
		return code;
	}
	recfile_warn(&file, &err);
	r = ctl->json ? report_log_json(stdout, input->data, input->len)
		      : report_log_text(&ctl->term, input->data, input->len);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the log could not be printed: %s", input->name, strerror(-r));
	return r < 0 ? EXIT_FAILED : file.partial ? EXIT_PARTIAL : EXIT_DONE;
}

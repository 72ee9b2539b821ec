// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_status.c - "status": print the state of this machine. Asks the daemon; else reads its
 * files; else the helper's records.
 *
 * The result names its source: an admin must see whether "adopted" comes from the running daemon
 * or from the journal of a daemon that died. A missing source is reported only when all are
 * missing; any other failure is reported at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/dbus/client.h"
#include "ctl/input/machine.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/report/report.h"
#include "lib/story/verdict.h"

static int ask(const char *path, const char *format, char **ret_answer)
{
	struct errbuf err;
	int r = client_get_status(path, format, LIVE_TIMEOUT_MS, ret_answer, &err);

	/*
	 * A user who may not ask the daemon may not read its files either: this is reported once,
	 * later.
	 */
	if (r < 0 && r != -ENOENT && (r != -EACCES || geteuid() == 0))
		ctl_message("%s", err.text);
	return r;
}

/* Returns true when the daemon gave the result and its exit code. */
static bool status_live(const struct ctl *ctl, enum exit_code *ret_code)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_free_ char *number = NULL;
	uint32_t code;
	char path[256];
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", ctl->has_root ? ctl->root_path : "", PATH_BUS);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		ctl_message("--root %s: this path is too long for a socket", ctl->root_path);
		return false;
	}
	if (ask(path, REPORT_FORMAT_EXIT, &number) < 0)
		return false;
	if (parse_u32(number, 0, EXIT_PARTIAL, &code) < 0) {
		ctl_message("%s: the daemon's answer is not an exit code", path);
		return false;
	}
	if (ask(path,
		ctl->json      ? REPORT_FORMAT_JSON
		: ctl->oneline ? REPORT_FORMAT_ONELINE
		: ctl->verbose ? REPORT_FORMAT_VERBOSE
			       : REPORT_FORMAT_TEXT,
		&answer) < 0)
		return false;
	/* The answer comes from another process: none of its bytes may control the terminal. */
	term_put(&ctl->term, TERM_NORMAL, answer);
	*ret_code = (enum exit_code)code;
	return true;
}

static int tell(const struct ctl *ctl, const struct verdict *verdict,
		const struct report_source *source)
{
	if (ctl->json)
		return report_status_json(stdout, verdict, source);
	if (!ctl->oneline)
		return report_status_text(&ctl->term, verdict, source,
					  ctl->root.real ? clock_now_ns() : 0, ctl->verbose);
	report_verdict_text(&ctl->term, verdict);
	return term_end(&ctl->term);
}

static enum exit_code status_offline(const struct ctl *ctl)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_story_ struct story story = { 0 };
	struct report_source source;
	int r;

	r = records_of_machine(ctl, &story, &source);
	if (r >= 0)
		r = verdict_decide(&story, &verdict);
	if (r >= 0)
		r = tell(ctl, &verdict, &source);
	if (r < 0 && r != -EIO)
		ctl_message("status: %s", records_why(r));
	return r < 0 ? EXIT_FAILED : verdict.code;
}

/* ---- --watch ---- */

#define WATCH_MS 500u

/*
 * Put what may change into one line; "" before the daemon has begun. Returns true while the stage
 * goes on.
 */
static bool watch_line(const struct ctl *ctl, char *buf, size_t cap)
{
	_cleanup_story_ struct story story = { 0 };
	const struct story_step *step;
	struct report_source source;
	struct report_steps steps;

	buf[0] = 0;
	if (records_of_machine(ctl, &story, &source) < 0 || !story.n_stages)
		return false;
	steps = report_count_steps(&story);
	step = report_step_running(&story);
	snprintf(buf, cap, "%zu of %zu steps ended; %s%s%.40s", steps.ended, steps.all,
		 step			     ? rec_action_name(step->plan.action)
		 : report_stage_over(&story) ? "daemon's work over"
					     : "between steps",
		 step ? " " : "", step ? CLEAN(step->plan.device) : "");
	return !report_stage_over(&story);
}

static enum exit_code status_once(const struct ctl *ctl)
{
	enum exit_code code;

	return status_live(ctl, &code) ? code : status_offline(ctl);
}

static enum exit_code status_watch(const struct ctl *ctl)
{
	bool terminal = isatty(STDOUT_FILENO), more = true;
	char last[128] = "", line[128];

	while (more) {
		more = watch_line(ctl, line, sizeof(line));
		if (more && terminal) {
			fputs("\033[H\033[2J", stdout);
			status_once(ctl);
		} else if (strcmp(line, last) != 0) {
			puts(line);
		}
		memcpy(last, line, sizeof(last));
		if (fflush(stdout) == EOF)
			return EXIT_FAILED;
		if (more)
			clock_sleep_ms(WATCH_MS);
	}
	if (terminal)
		fputs("\033[H\033[2J", stdout);
	return status_once(ctl);
}

enum exit_code ctl_status(const struct ctl *ctl, char **args)
{
	(void)args;
	return ctl->watch ? status_watch(ctl) : status_once(ctl);
}

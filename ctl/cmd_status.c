// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_status.c - "status": ask the daemon; else its files; else the helper.
 *
 * The result says what it rests on: an admin must see whether "adopted" is the
 * daemon's word of now or a journal left behind by a daemon that died. That
 * something is not there is said only when nothing is; everything else that
 * fails is said at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/live.h"
#include "ctl/records.h"
#include "daemon/base/cleanup.h"
#include "daemon/base/parse.h"

/* The answer comes from a peer: nothing in it may drive the terminal. */
static void put_answer(const char *answer)
{
	const unsigned char *p;

	for (p = (const unsigned char *)answer; *p; p++)
		putchar((*p < 0x20 && *p != '\n') || *p == 0x7f ? '?' : *p);
}

static int ask(const char *path, const char *format, char **ret_answer)
{
	struct errbuf err;
	int r = live_get_status(path, format, LIVE_TIMEOUT_MS, ret_answer, &err);

	if (r < 0 && r != -ENOENT)
		ctl_message("%s", err.text);
	return r;
}

/* True when the daemon gave the result, with its exit code. */
static bool status_live(const struct ctl *ctl, enum exit_code *ret_code)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_free_ char *number = NULL;
	uint32_t code;
	char path[256];
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", ctl->has_root ? ctl->root_path : "", PATH_BUS);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		ctl_message("--root %s: too long for a socket", ctl->root_path);
		return false;
	}
	if (ask(path, REPORT_FORMAT_EXIT, &number) < 0)
		return false;
	if (parse_u32(number, 0, EXIT_PARTIAL, &code) < 0) {
		ctl_message("%s: the daemon's answer is no exit code", path);
		return false;
	}
	if (ask(path, ctl->json ? REPORT_FORMAT_JSON : REPORT_FORMAT_TEXT, &answer) < 0)
		return false;
	put_answer(answer);
	*ret_code = (enum exit_code)code;
	return true;
}

static enum exit_code status_offline(const struct ctl *ctl)
{
	_cleanup_story_ struct story story = { 0 };
	const char *source;
	int r;

	r = records_of_machine(ctl, &story, &source);
	if (r >= 0)
		r = ctl->json ? report_status_json(stdout, &story, source)
			      : report_status_text(stdout, &story, source);
	if (r < 0 && r != -EIO)
		ctl_message("status: %s",
			    r == -E2BIG ? "more items than any machine has" : strerror(-r));
	if (r < 0)
		return EXIT_FAILED;
	/* Nothing at all is "not adopted", not "partial": most likely no capture kernel. */
	return story.records ? report_exit_code(&story) : EXIT_FINDINGS;
}

enum exit_code ctl_status(const struct ctl *ctl, char **args)
{
	enum exit_code code;

	(void)args;
	return status_live(ctl, &code) ? code : status_offline(ctl);
}

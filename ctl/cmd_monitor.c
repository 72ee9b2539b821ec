// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_monitor.c - "monitor": print the daemon's events as they happen, one line each.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/dbus/client.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/jsonw.h"
#include "lib/base/printable.h"

static void event_json(const struct client_event *event)
{
	struct jsonw w;

	jsonw_init_line(&w, stdout);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_EVENT);
	jsonw_string(&w, "event", event->name);
	jsonw_u64(&w, "ns", clock_now_ns());
	if (event->stage) {
		jsonw_string(&w, "stage", event->stage);
		jsonw_string(&w, "text", event->text);
	} else {
		jsonw_u64(&w, "step", event->step);
		jsonw_string(&w, "action", event->action);
		jsonw_string(&w, "device", event->device);
	}
	if (event->outcome) {
		jsonw_string(&w, "outcome", event->outcome);
		if (event->error)
			jsonw_s64(&w, "error", event->error);
		jsonw_ms(&w, "ms", (int64_t)event->took_us * 1000);
		jsonw_string(&w, "detail", event->detail);
	}
	jsonw_object_end(&w);
	(void)jsonw_finish(&w);
}

static void event_text(const struct client_event *event)
{
	char line[400];

	if (event->stage)
		snprintf(line, sizeof(line), "stage %s%s%s", event->stage,
			 event->text[0] ? ": " : "", event->text);
	else if (event->outcome)
		snprintf(line, sizeof(line), "%3u %-8s %-14s %s in %llu.%llu ms%s%s%s", event->step,
			 event->action, event->device, event->outcome, event->took_us / 1000,
			 event->took_us / 100 % 10, event->detail[0] ? " (" : "", event->detail,
			 event->detail[0] ? ")" : "");
	else
		snprintf(line, sizeof(line), "%3u %-8s %-14s begun", event->step, event->action,
			 event->device);
	printable_put(stdout, line, strlen(line), PRINTABLE_UTF8);
	putchar('\n');
}

static void on_event(void *priv, const struct client_event *event)
{
	const struct ctl *ctl = priv;

	if (ctl->json)
		event_json(event);
	else
		event_text(event);
	fflush(stdout);
}

enum exit_code ctl_monitor(const struct ctl *ctl, char **args)
{
	_cleanup_free_ char *answer = NULL;
	struct errbuf err;
	char path[256];
	int n, r;

	(void)args;
	n = snprintf(path, sizeof(path), "%s/%s", ctl->has_root ? ctl->root_path : "", PATH_BUS);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		ctl_message("--root %s: this path is too long for a socket", ctl->root_path);
		return EXIT_FAILED;
	}
	/* Does a daemon answer there at all? This call has a deadline. */
	r = client_get_status(path, "exit", LIVE_TIMEOUT_MS, &answer, &err);
	if (r >= 0)
		r = client_monitor(path, on_event, (void *)ctl, &err);
	if (r == -ENOENT || r == -ECONNREFUSED)
		ctl_message(NAME_DAEMON
			    " does not run here (%s); it runs in the capture kernel: \"" NAME_CTL
			    " report FOLDER\" tells afterwards what it did",
			    err.text);
	else if (r < 0)
		ctl_message("%s", err.text);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

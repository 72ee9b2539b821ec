/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client.h - ask the running daemon. client.c is the only user of sd-bus on this side.
 */
#ifndef CTL_DBUS_CLIENT_H
#define CTL_DBUS_CLIENT_H

#include "core/port.h"
#include "lib/base/errbuf.h"

#define LIVE_TIMEOUT_MS 2000u

/*
 * Call GetStatus(@format) on the daemon's private socket at @path. Returns 0 and the answer,
 * which the caller frees; -ENOENT or -ECONNREFUSED when there is no daemon; -ECONNRESET when the
 * daemon closes the connection; or another negative errno; each with @err. Never takes longer
 * than @timeout_ms, whatever the daemon does.
 */
int client_get_status(const char *path, const char *format, unsigned int timeout_ms,
		      char **ret_answer, struct errbuf *err);

struct client_event {
	const char *name; /* "StageEntered", "StepBegan", "StepEnded" */
	uint32_t step;
	const char *action, *device, *outcome, *detail; /* the step's; NULL: this event has none */
	int32_t error;
	u64 took_us;
	const char *stage, *text;
};
typedef void (*live_event_fn)(void *priv, const struct client_event *event);

/*
 * Call @fn for every event of the daemon until the daemon ends. Returns 0 then, or a negative
 * errno with @err when the daemon cannot be reached.
 */
int client_monitor(const char *path, live_event_fn fn, void *priv, struct errbuf *err);

#endif

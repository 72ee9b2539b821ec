// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * live_none.c - for analysis hosts without libsystemd: there is no daemon to ask
 * there, status reads files.
 */
#include "ctl/live/live.h"

#include <errno.h>

int live_get_status(const char *path, const char *format, unsigned int timeout_ms,
		    char **ret_answer, struct errbuf *err)
{
	(void)path;
	(void)format;
	(void)timeout_ms;
	(void)ret_answer;
	errbuf_set(err, "this build cannot ask the daemon (no libsystemd)");
	return -EOPNOTSUPP;
}

int live_monitor(const char *path, live_event_fn fn, void *priv, struct errbuf *err)
{
	(void)fn, (void)priv;
	errbuf_set(err, "%s: built without libsystemd", path);
	return -EOPNOTSUPP;
}

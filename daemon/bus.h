/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bus.h - the daemon's D-Bus interface on a private socket: status, events, and one
 * method that changes something; the only user of sd-bus on this side.
 *
 * A capture image has no bus daemon: every connection is a peer-to-peer D-Bus
 * connection of its own. The truth that is served are the files in /run, which
 * the worker writes.
 */
#ifndef DAEMON_BUS_H
#define DAEMON_BUS_H

#include <systemd/sd-event.h>

#include "daemon/base/errbuf.h"
#include "daemon/base/fsroot.h"
#include "daemon/stage.h"

struct bus;

/*
 * Listen at PATH_BUS below @root, or on a socket passed by socket activation,
 * and serve from @event. Returns 0 with *ret, or a negative errno with @err. The
 * daemon works without.
 */
int bus_new(sd_event *event, const struct fsroot *root, const struct stage_shared *shared,
	    struct bus **ret, struct errbuf *err);
void bus_free(struct bus *bus);

/* The journal may have grown: tell peers of it. @bus may be NULL. */
void bus_changed(struct bus *bus);

/* What the method Release calls. Returns 0 or a negative errno. */
typedef int (*bus_release_fn)(void *priv);
void bus_on_release(struct bus *bus, bus_release_fn fn, void *priv);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dbus.h - the daemon's D-Bus interface: status, events, and the method Release, the only one that
 * changes something. It is served on a private socket.
 *
 * A capture image has no bus daemon: every connection to the socket is a peer-to-peer D-Bus
 * connection of its own. The answers are made from the files in /run, which the worker writes.
 *
 * libsystemd is loaded when the first client connects. If it is missing, or there is no memory for
 * it, clients are disconnected and read the files instead.
 */
#ifndef DAEMON_DBUS_H
#define DAEMON_DBUS_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "daemon/worker.h"

struct dbus;

/*
 * Listen at PATH_BUS below @root, or on a socket passed by socket activation.
 * Returns 0 with *ret, or a negative errno with @err. The daemon works without.
 */
int dbus_new(const struct fsroot *root, const struct stage_shared *shared, struct dbus **ret,
	     struct errbuf *err);
void dbus_free(struct dbus *bus);

/*
 * Handle all pending events, without waiting. Call it before every wait for dbus_fd() to become
 * readable, which is to last dbus_wait_ms() at most (-1: for ever). @bus may be NULL, and then
 * there is no descriptor (-1).
 *
 * Returns 0, or a negative errno with @err when something failed that an administrator should
 * know. Each failure is reported once; the caller only logs it.
 */
int dbus_dispatch(struct dbus *bus, struct errbuf *err);
int dbus_fd(const struct dbus *bus);
int dbus_wait_ms(const struct dbus *bus);

/* The journal may have grown: send its new records to the peers. @bus may be NULL. */
void dbus_changed(struct dbus *bus);

/* For a forked process: close the sockets, so that they end when the daemon closes them. */
void dbus_leave(const struct dbus *bus);

/* What the method Release calls. Returns 0 or a negative errno. */
typedef int (*dbus_release_fn)(void *priv);
void dbus_on_release(struct dbus *bus, dbus_release_fn fn, void *priv);

#endif

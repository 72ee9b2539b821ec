/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbus_private.h - what dbus.c and dbus_object.c share. */
#ifndef DAEMON_DBUS_PRIVATE_H
#define DAEMON_DBUS_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "core/rec_types.h"
#include "daemon/dbus.h"
#include "lib/machine/sdlib.h"

#define DBUS_PEERS_MAX 8

struct peer {
	struct dbus *owner;
	sd_bus *connection; /* NULL: free slot */
	int fd;		    /* the connection's */
	u64 due_ns;	    /* when the peer is dropped; each message moves this on */
};

struct dbus {
	const struct fsroot *root;
	const struct stage_shared *shared;
	sd_event *event; /* NULL: libsystemd was not needed so far, or is missing */
	sd_event_source *listener;
	struct peer peers[DBUS_PEERS_MAX];
	int listen_fd;
	bool passed;	 /* by socket activation: the socket's file is not ours */
	bool no_library; /* loading libsystemd failed */
	bool busy;	 /* more events are pending */
	off_t told;	 /* the journal up to this offset has been sent to peers */
	int journald;	 /* socket, negative: none */
	dbus_release_fn release;
	void *release_priv;
	int trouble; /* to be reported: negative errno, with trouble_text */
	struct errbuf trouble_text;
};

/* ---- dbus_object.c ---- */

int dbus_object_add(sd_bus *connection, struct dbus *bus);
int dbus_object_tell(sd_bus *to, const struct rec *rec);
int dbus_object_changed(sd_bus *to);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbus_private.h - what dbus.c, dbus_object.c and dbus_system.c share. */
#ifndef DAEMON_DBUS_PRIVATE_H
#define DAEMON_DBUS_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "core/rec_types.h"
#include "daemon/dbus.h"
#include "lib/machine/sdlib.h"

#define BUS_PEERS_MAX 8

struct peer {
	struct bus *owner;
	sd_bus *connection; /* NULL: free slot */
	uint64_t due_ns;    /* then it is dropped; each message moves it */
};

struct bus {
	const struct fsroot *root;
	const struct stage_shared *shared;
	sd_event *event; /* NULL: libsystemd was not needed so far, or is not there */
	sd_event_source *listener;
	struct peer peers[BUS_PEERS_MAX];
	int listen_fd;
	bool passed;	 /* by socket activation: the socket's file is not ours */
	bool no_library; /* it was tried */
	bool busy;	 /* there is more to do at once */
	off_t told;	 /* up to here the journal has been told of */
	int journald;	 /* socket, negative: none */
	bus_release_fn release;
	void *release_priv;
	struct {
		sd_bus *connection; /* NULL: there is none */
		uint64_t look_ns;   /* when to look for it */
		bool over;	    /* the connection is to be closed */
		bool refused;	    /* it does not want us: never again */
	} system;
	int trouble; /* to be told: a negative errno with words */
	struct errbuf trouble_text;
};

/* Make the event loop; loads libsystemd. Returns 0 or a negative errno; trouble is noted. */
int bus_need_library(struct bus *bus);

/* ---- dbus_object.c ---- */

int bus_object_add(sd_bus *connection, struct bus *bus);
int bus_object_tell(sd_bus *to, const struct rec *rec);
int bus_object_changed(sd_bus *to);

/* ---- dbus_system.c ---- */

/* Look for the system bus when it is time to, connect; give up a connection that is over. */
void bus_system_look(struct bus *bus);
void bus_system_close(struct bus *bus);
/* Until the next look; -1: there will be none. */
int bus_system_wait_ms(const struct bus *bus);

#endif

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dbus_system.c - the same object on the system bus, where there is one.
 *
 * We start long before it, so its socket is looked for now and then. Nothing here
 * waits: connecting, authentication and the name are all asked for and answered
 * later, by the event loop. A bus that goes away is looked for again; one that
 * refuses the name, for want of our policy file, is left alone for good.
 *
 * Who may call what is the policy's business (conf/org.smmu_adopt.conf). sd-bus
 * checks the caller of Release once more: a blocking question to the bus, hence
 * its short time limit.
 */
#include "daemon/dbus_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define LOOK_MS 2000u
#define CALL_TIMEOUT_US (500u * 1000u)

static int on_any_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;

	(void)error;
	if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected") > 0)
		bus->system.over = true;
	return 0;
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	const sd_bus_error *error = sd_bus_message_get_error(m);
	struct bus *bus = userdata;

	(void)unused;
	if (!error)
		return 0;
	bus->system.over = true;
	/* No reply: the bus went away, or is too slow. It gets another chance. */
	if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY) > 0)
		return 0;
	bus->system.refused = true;
	bus->trouble = -EACCES;
	errbuf_set(&bus->trouble_text, "system bus: name %s: %s", BUS_NAME,
		   error->message ? error->message : error->name);
	return 0;
}

/* Through /proc/self/fd, for sun_path is short. Full or just going away: an errno, and later again.
 */
static int connect_to_bus(const struct fsroot *root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int socket_path = -1, fd = -1;

	socket_path = fsroot_openat(root, O_PATH, 0, "%s", PATH_SYSTEM_BUS);
	if (socket_path < 0)
		return socket_path;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* The connection object owns *fd from sd_bus_set_fd() on. */
static int set_up(struct bus *bus, int *fd)
{
	sd_bus *connection = NULL;
	int rc;

	rc = sd_bus_new(&connection);
	if (rc < 0)
		return rc;
	bus->system.connection = connection;
	rc = sd_bus_set_fd(connection, *fd, *fd);
	if (rc < 0)
		return rc;
	(void)steal_fd(fd);
	rc = sd_bus_set_bus_client(connection, 1);
	if (rc >= 0)
		rc = sd_bus_set_method_call_timeout(connection, CALL_TIMEOUT_US);
	if (rc >= 0)
		rc = bus_object_add(connection, bus);
	if (rc >= 0)
		rc = sd_bus_add_filter(connection, NULL, on_any_message, bus);
	if (rc >= 0)
		rc = sd_bus_start(connection);
	if (rc >= 0)
		rc = sd_bus_attach_event(connection, bus->event, 0);
	if (rc >= 0)
		rc = sd_bus_request_name_async(connection, NULL, BUS_NAME, SD_BUS_NAME_QUEUE,
					       on_name, bus);
	return rc;
}

void bus_system_close(struct bus *bus)
{
	if (bus->system.connection) {
		sd_bus_detach_event(bus->system.connection);
		sd_bus_close_unref(bus->system.connection);
	}
	bus->system.connection = NULL;
	bus->system.over = false;
}

void bus_system_look(struct bus *bus)
{
	uint64_t now = clock_now_ns();
	_cleanup_close_ int fd = -1;

	if (bus->system.over)
		bus_system_close(bus);
	if (bus->system.connection || bus->system.refused || bus->no_library ||
	    now < bus->system.look_ns)
		return;
	bus->system.look_ns = now + clock_ms(LOOK_MS);
	fd = connect_to_bus(bus->root);
	if (fd < 0)
		return;
	if (bus_need_library(bus) < 0 || set_up(bus, &fd) < 0)
		bus_system_close(bus);
}

int bus_system_wait_ms(const struct bus *bus)
{
	if (bus->system.over)
		return 0;
	if (bus->system.connection || bus->system.refused || bus->no_library)
		return -1;
	return (int)clock_left_ms(clock_now_ns(), bus->system.look_ns);
}

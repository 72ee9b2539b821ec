// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dbus.c - the connections of the D-Bus interface: accept a peer, check who it is, serve it, free
 * it.
 *
 * Peers are untrusted: only root may connect (SO_PEERCRED), at most DBUS_PEERS_MAX at once, and
 * one that stays silent for a while is dropped. A peer's connection object cannot be freed from
 * inside its own callback; so the callback makes the peer's time end now, and the event loop frees
 * the peer later.
 *
 * The event loop is libsystemd's, and is made when the first client connects. The supervisor waits
 * for it by one more descriptor. Our deadlines use base/clock.h; only calls that sd-bus itself
 * makes to the peer have a deadline of the library.
 */
#include "daemon/dbus_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/service.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"
#include "lib/machine/journald.h"

#define DBUS_IDLE_MS 30000u
#define DBUS_QUEUE_MAX 256 /* messages; a peer that lets more pile up is dropped */
#define DBUS_NEWS_BYTES_MAX (1u << 20)
#define DBUS_ROUNDS_MAX 64 /* of the event loop, before its caller has its turn */

static void peer_close(struct peer *peer)
{
	if (peer->connection) {
		sd_bus_detach_event(peer->connection);
		sd_bus_close_unref(peer->connection);
	}
	peer->connection = NULL;
}

static void drop_silent(struct dbus *bus)
{
	u64 now = clock_now_ns();
	size_t i;

	for (i = 0; i < DBUS_PEERS_MAX; i++)
		if (bus->peers[i].connection && now >= bus->peers[i].due_ns)
			peer_close(&bus->peers[i]);
}

/* Every message renews the peer's time; the end of the connection makes it due now. */
static int on_any_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct peer *peer = userdata;
	bool over = sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected") > 0;

	(void)error;
	peer->due_ns = over ? 0 : clock_now_ns() + clock_ms(DBUS_IDLE_MS);
	return 0;
}

/* ---- news ---- */

/* False: @to does not read its messages, and too many of them wait. */
static bool tell(sd_bus *to, const struct rec *rec)
{
	uint64_t queued;

	if (!to || sd_bus_is_ready(to) <= 0)
		return true;
	return dbus_object_tell(to, rec) >= 0 && sd_bus_get_n_queued_write(to, &queued) >= 0 &&
	       queued <= DBUS_QUEUE_MAX;
}

static int on_news(void *priv, const struct rec *rec)
{
	struct dbus *bus = priv;
	size_t i;

	journald_send(bus->journald, rec);
	for (i = 0; i < DBUS_PEERS_MAX; i++)
		if (!tell(bus->peers[i].connection, rec))
			bus->peers[i].due_ns = 0;
	return 0;
}

static void tell_changed(sd_bus *to)
{
	if (to && sd_bus_is_ready(to) > 0)
		(void)dbus_object_changed(to);
}

void dbus_changed(struct dbus *bus)
{
	_cleanup_close_ int fd = -1;
	struct recread_info info = { 0 };
	size_t i;

	if (!bus)
		return;
	fd = fsroot_openat(bus->root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	if (fd < 0 || lseek(fd, bus->told, SEEK_SET) < 0)
		return;
	(void)recread_fd(fd, DBUS_NEWS_BYTES_MAX, on_news, bus, NULL, &info);
	bus->told += (off_t)info.bytes;
	if (!info.bytes)
		return;
	for (i = 0; i < DBUS_PEERS_MAX; i++)
		tell_changed(bus->peers[i].connection);
}

void dbus_on_release(struct dbus *bus, dbus_release_fn fn, void *priv)
{
	bus->release = fn;
	bus->release_priv = priv;
}

/* ---- connections ---- */

static int set_up_connection(struct peer *peer, int fd)
{
	struct dbus *bus = peer->owner;
	sd_id128_t id;
	int rc;

	rc = sd_id128_randomize(&id);
	if (rc >= 0)
		rc = sd_bus_set_fd(peer->connection, fd, fd);
	if (rc >= 0)
		rc = sd_bus_set_server(peer->connection, 1, id);
	if (rc >= 0)
		rc = sd_bus_set_anonymous(peer->connection, 1);
	if (rc >= 0)
		rc = dbus_object_add(peer->connection, bus);
	if (rc >= 0)
		rc = sd_bus_add_filter(peer->connection, NULL, on_any_message, peer);
	if (rc >= 0)
		rc = sd_bus_start(peer->connection);
	if (rc >= 0)
		rc = sd_bus_attach_event(peer->connection, bus->event, 0);
	peer->due_ns = clock_now_ns() + clock_ms(DBUS_IDLE_MS);
	return rc;
}

/* The connection object owns @fd from sd_bus_new() on: it closes it when freed. */
static void take_peer(struct dbus *bus, int fd)
{
	struct peer *peer = NULL;
	size_t i;

	for (i = 0; i < DBUS_PEERS_MAX && !peer; i++)
		if (!bus->peers[i].connection)
			peer = &bus->peers[i];
	if (!peer || sd_bus_new(&peer->connection) < 0) {
		close(fd);
		return;
	}
	peer->owner = bus;
	peer->fd = fd;
	if (set_up_connection(peer, fd) < 0)
		peer_close(peer);
}

/* Returns the descriptor of a client that may connect, or -1. */
static int accept_peer(int listen_fd)
{
	_cleanup_close_ int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    (cred.uid != 0 && cred.uid != geteuid()))
		return -1;
	return steal_fd(&fd);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int peer_fd = accept_peer(fd);

	(void)source, (void)revents;
	if (peer_fd >= 0)
		take_peer(userdata, peer_fd);
	return 0;
}

/* ---- the library ---- */

/* Make the event loop; loads libsystemd. Returns 0 or a negative errno; trouble is noted. */
static int need_library(struct dbus *bus)
{
	int rc;

	if (bus->event)
		return 0;
	if (bus->no_library)
		return -ENOENT;
	rc = sdlib_load(&bus->trouble_text);
	if (rc >= 0)
		rc = sd_event_new(&bus->event);
	if (rc >= 0)
		rc = sd_event_add_io(bus->event, &bus->listener, bus->listen_fd, EPOLLIN,
				     on_connect, bus);
	if (rc >= 0)
		return 0;
	if (!bus->trouble_text.text[0])
		errbuf_set(&bus->trouble_text, "%s", strerror(-rc));
	if (bus->event)
		sd_event_unref(bus->event);
	bus->event = NULL;
	bus->no_library = true;
	bus->trouble = rc;
	return rc;
}

static bool has_visitor(const struct dbus *bus)
{
	struct pollfd p = { .fd = bus->listen_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* Close all waiting connections: such a client reads the files at once instead of waiting. */
static void send_away(struct dbus *bus)
{
	unsigned int budget = DBUS_ROUNDS_MAX;

	while (budget-- && has_visitor(bus)) {
		int fd = accept4(bus->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		close(fd);
	}
}

static void drop_event_loop(struct dbus *bus)
{
	size_t i;

	if (!bus->event)
		return;
	for (i = 0; i < DBUS_PEERS_MAX; i++)
		peer_close(&bus->peers[i]);
	sd_event_source_disable_unref(bus->listener);
	sd_event_unref(bus->event);
	bus->listener = NULL;
	bus->event = NULL;
}

int dbus_dispatch(struct dbus *bus, struct errbuf *err)
{
	unsigned int budget = DBUS_ROUNDS_MAX;
	int rc = 0;

	if (!bus)
		return 0;
	drop_silent(bus);
	if (!bus->event && has_visitor(bus) && need_library(bus) < 0)
		send_away(bus);
	while (bus->event && budget && (rc = sd_event_run(bus->event, 0)) > 0) {
		drop_silent(bus);
		budget--;
	}
	bus->busy = !budget;
	if (rc < 0) {
		bus->trouble = rc;
		errbuf_set(&bus->trouble_text, "%s", strerror(-rc));
		drop_event_loop(bus);
		bus->no_library = true;
	}
	rc = bus->trouble;
	*err = bus->trouble_text;
	bus->trouble = 0;
	bus->trouble_text.text[0] = 0;
	return rc;
}

int dbus_fd(const struct dbus *bus)
{
	if (!bus)
		return -1;
	return bus->event ? sd_event_get_fd(bus->event) : bus->listen_fd;
}

int dbus_wait_ms(const struct dbus *bus)
{
	u64 now = clock_now_ns();
	int wait_ms, ms;
	size_t i;

	if (!bus)
		return -1;
	wait_ms = bus->busy ? 0 : -1;
	for (i = 0; i < DBUS_PEERS_MAX; i++) {
		if (!bus->peers[i].connection)
			continue;
		ms = (int)clock_left_ms(now, bus->peers[i].due_ns);
		if (wait_ms < 0 || ms < wait_ms)
			wait_ms = ms;
	}
	return wait_ms;
}

/* ---- the socket ---- */

/* Bind at PATH_BUS below the root: through /proc/self/fd, for sun_path is short. */
static int listen_at_path(const struct fsroot *root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int dir = -1, fd = -1;

	dir = fsroot_openat(root, O_PATH | O_DIRECTORY, 0, "%s", PATH_RUN);
	if (dir < 0)
		return dir;
	unlinkat(root->fd, PATH_BUS, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir,
		 strrchr(PATH_BUS, '/') + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* The mode of a bound socket comes from the socket's inode; the folder is 0700 anyway. */
	fchmod(fd, 0600);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* Only records after this offset are told to peers. */
static off_t journal_bytes(const struct fsroot *root)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	off_t bytes = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	return bytes < 0 ? 0 : bytes;
}

int dbus_new(const struct fsroot *root, const struct stage_shared *shared, struct dbus **ret,
	     struct errbuf *err)
{
	struct dbus *bus = calloc(1, sizeof(*bus));
	int rc;

	if (!bus)
		return -ENOMEM;
	bus->root = root;
	bus->shared = shared;
	bus->journald = root->real ? journald_open("/" PATH_JOURNALD_SOCKET) : -1;
	bus->listen_fd = service_listen_fd();
	bus->passed = bus->listen_fd >= 0;
	if (!bus->passed)
		bus->listen_fd = listen_at_path(root);
	rc = bus->listen_fd;
	if (rc < 0) {
		errbuf_set(err, "/%s: %s", PATH_BUS, strerror(-rc));
		dbus_free(bus);
		return rc;
	}
	bus->told = journal_bytes(root);
	*ret = bus;
	return 0;
}

/* This must not call libsystemd, which refuses to work in a forked child. */
void dbus_leave(const struct dbus *bus)
{
	size_t i;

	if (!bus)
		return;
	if (bus->listen_fd >= 0)
		close(bus->listen_fd);
	if (bus->journald >= 0)
		close(bus->journald);
	for (i = 0; i < DBUS_PEERS_MAX; i++)
		if (bus->peers[i].connection)
			close(bus->peers[i].fd);
}

void dbus_free(struct dbus *bus)
{
	if (!bus)
		return;
	drop_event_loop(bus);
	if (bus->journald >= 0)
		close(bus->journald);
	if (bus->listen_fd >= 0) {
		close(bus->listen_fd);
		if (!bus->passed)
			unlinkat(bus->root->fd, PATH_BUS, 0);
	}
	free(bus);
}

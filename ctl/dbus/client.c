// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * client.c - talk to the daemon by sd-bus, peer to peer.
 *
 * sd-bus's blocking call is not used: before its timeout starts it waits for authentication, up
 * to 90 s if the peer accepts and is then silent. So the call is queued, and this file drives the
 * connection until one deadline for everything. sd-bus's own timeouts are longer and never end a
 * call.
 */
#include "ctl/dbus/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

/* Non-blocking: with a full backlog connect() fails at once instead of waiting. */
static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return steal_fd(&fd);
}

struct call {
	bool done;
	int error;
	char *answer;
	struct errbuf *err;
};

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	struct call *call = userdata;
	const sd_bus_error *error = sd_bus_message_get_error(m);
	const char *text;
	int r;

	(void)unused;
	call->done = true;
	/* The library itself answers a call that it could not deliver, with a timeout. */
	if (error && sd_bus_is_open(sd_bus_message_get_bus(m)) <= 0) {
		call->error = -ECONNRESET;
		return 0;
	}
	if (error) {
		call->error = -sd_bus_error_get_errno(error);
		if (!call->error)
			call->error = -EIO;
		errbuf_set(call->err, "the daemon answers: %s",
			   error->message ? error->message : error->name);
		return 0;
	}
	r = sd_bus_message_read(m, "s", &text);
	if (r < 0) {
		call->error = r;
		errbuf_set(call->err, "the daemon's answer is not text: %s", strerror(-r));
		return 0;
	}
	call->answer = strdup(text);
	if (!call->answer)
		call->error = -ENOMEM;
	return 0;
}

static int open_bus(int *fd, sd_bus **ret)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_fd(bus, *fd, *fd);
	if (r >= 0) {
		(void)steal_fd(fd); /* the bus closes it from here on */
		r = sd_bus_start(bus);
	}
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int send_call(sd_bus *bus, const char *format, struct call *call)
{
	sd_bus_message *m = NULL;
	int r;

	/* Peer to peer: there is no bus that would know a destination. */
	r = sd_bus_message_new_method_call(bus, &m, NULL, DBUS_PATH, DBUS_INTERFACE, "GetStatus");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", format);
	if (r >= 0)
		r = sd_bus_call_async(bus, NULL, m, on_reply, call, UINT64_MAX);
	sd_bus_message_unref(m);
	return r;
}

/* Wait until there is something to process, or until @deadline. */
static int wait_for(sd_bus *bus, u64 deadline)
{
	struct pollfd p = { .fd = sd_bus_get_fd(bus) };
	int r = sd_bus_get_events(bus);

	if (p.fd < 0 || r < 0)
		return p.fd < 0 ? p.fd : r;
	p.events = (short)r;
	r = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
	return r < 0 && errno != EINTR ? -errno : 0;
}

static int drive(sd_bus *bus, struct call *call, u64 deadline)
{
	int r;

	while (!call->done) {
		if (clock_now_ns() >= deadline)
			return -ETIMEDOUT;
		r = sd_bus_process(bus, NULL);
		if (r == 0 && !call->done)
			r = wait_for(bus, deadline);
		if (r < 0)
			return r;
	}
	return call->error;
}

static bool is_hang_up(int r)
{
	return r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE || r == -ESHUTDOWN;
}

int client_get_status(const char *path, const char *format, unsigned int timeout_ms,
		      char **ret_answer, struct errbuf *err)
{
	u64 deadline = clock_now_ns() + clock_ms(timeout_ms);
	_cleanup_close_ int fd = connect_to(path);
	struct call call = { .err = err };
	sd_bus *bus = NULL;
	int r;

	err->text[0] = 0;
	r = fd < 0 ? fd : open_bus(&fd, &bus);
	if (r >= 0)
		r = send_call(bus, format, &call);
	if (r >= 0)
		r = drive(bus, &call, deadline);
	if (is_hang_up(r))
		r = -ECONNRESET;
	sd_bus_close(bus);
	sd_bus_unref(bus);
	if (r < 0) {
		free(call.answer);
		if (r == -ETIMEDOUT)
			errbuf_set(err, "the daemon did not answer within %u ms", timeout_ms);
		else if (r == -ECONNRESET)
			errbuf_set(err,
				   "the daemon closed the connection: it has no libsystemd, or too "
				   "many clients");
		else if (!err->text[0])
			errbuf_set(err, "%s", strerror(-r));
		errbuf_prefix(err, "%s", path);
		return r;
	}
	*ret_answer = call.answer;
	return 0;
}

/* ---- events ---- */

#define PING_MS 10000u /* the daemon drops whoever is silent for 30 s */

struct monitor {
	live_event_fn fn;
	void *priv;
	bool over;
};

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	struct monitor *monitor = userdata;
	struct client_event event = { .name = sd_bus_message_get_member(m) };
	int r = -1;

	(void)unused;
	if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected") > 0)
		monitor->over = true;
	else if (sd_bus_message_is_signal(m, DBUS_INTERFACE, "StageEntered") > 0)
		r = sd_bus_message_read(m, "ss", &event.stage, &event.text);
	else if (sd_bus_message_is_signal(m, DBUS_INTERFACE, "StepBegan") > 0)
		r = sd_bus_message_read(m, "uss", &event.step, &event.action, &event.device);
	else if (sd_bus_message_is_signal(m, DBUS_INTERFACE, "StepEnded") > 0)
		r = sd_bus_message_read(m, "usssits", &event.step, &event.action, &event.device,
					&event.outcome, &event.error, &event.took_us,
					&event.detail);
	if (r >= 0)
		monitor->fn(monitor->priv, &event);
	return 0;
}

static int ping(sd_bus *bus)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(bus, &m, NULL, DBUS_PATH,
					       "org.freedesktop.DBus.Peer", "Ping");

	if (r >= 0)
		r = sd_bus_send(bus, m, NULL);
	sd_bus_message_unref(m);
	return r;
}

static int follow(sd_bus *bus, const struct monitor *monitor)
{
	u64 next = clock_now_ns();
	int r = 0;

	while (!monitor->over && r >= 0) {
		if (clock_now_ns() >= next) {
			r = ping(bus);
			next = clock_now_ns() + clock_ms(PING_MS);
			continue;
		}
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = wait_for(bus, next);
	}
	return monitor->over || is_hang_up(r) ? 0 : r;
}

int client_monitor(const char *path, live_event_fn fn, void *priv, struct errbuf *err)
{
	_cleanup_close_ int fd = connect_to(path);
	struct monitor monitor = { .fn = fn, .priv = priv };
	sd_bus *bus = NULL;
	int r;

	r = fd < 0 ? fd : open_bus(&fd, &bus);
	if (r >= 0)
		r = sd_bus_add_filter(bus, NULL, on_message, &monitor);
	if (r >= 0)
		r = follow(bus, &monitor);
	sd_bus_close(bus);
	sd_bus_unref(bus);
	if (r < 0)
		errbuf_set(err, "%s: %s", path, strerror(-r));
	return r;
}

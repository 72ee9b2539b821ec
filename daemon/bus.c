// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bus.c - accept, authenticate, serve, forget.
 *
 * Peers are untrusted: only root may connect (SO_PEERCRED), at most BUS_PEERS_MAX
 * at once, and one that stays silent for a while is dropped. A peer's connection
 * object cannot be freed from inside its own callback; the slot is marked and
 * emptied from a timer that runs at once.
 */
#include "daemon/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "core/names.h"
#include "daemon/base/cleanup.h"
#include "daemon/base/clock.h"
#include "daemon/inventory.h"
#include "daemon/names.h"
#include "daemon/publish.h"
#include "daemon/recread.h"
#include "daemon/report.h"
#include "daemon/sdjournal.h"

#define BUS_PEERS_MAX 8
#define BUS_IDLE_US (30u * 1000000u)
#define BUS_QUEUE_MAX 256 /* messages; a peer that lets more pile up is dropped */
#define BUS_NEWS_BYTES_MAX (1u << 20)

struct peer {
	struct bus *owner;
	sd_bus *connection; /* NULL: free slot */
	sd_event_source *idle;
};

struct bus {
	sd_event *event;
	const struct fsroot *root;
	const struct stage_shared *shared;
	sd_event_source *listener;
	struct peer peers[BUS_PEERS_MAX];
	int listen_fd;
	bool passed;  /* by socket activation: the socket's file is not ours */
	off_t told;   /* up to here the journal has been told of */
	int journald; /* socket, negative: none */
	bus_release_fn release;
	void *release_priv;
};

static void peer_close(struct peer *peer)
{
	sd_event_source_disable_unref(peer->idle);
	peer->idle = NULL;
	if (peer->connection) {
		sd_bus_detach_event(peer->connection);
		sd_bus_close_unref(peer->connection);
	}
	peer->connection = NULL;
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	peer_close(userdata);
	return 0;
}

/* Every message renews the peer's time; the end of the connection makes it due now. */
static int on_any_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct peer *peer = userdata;
	bool over = sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected") > 0;

	(void)error;
	sd_event_source_set_time_relative(peer->idle, over ? 0 : BUS_IDLE_US);
	return 0;
}

/* ---- what is served ---- */

static int load_story(const struct bus *bus, struct story *story)
{
	int rc = publish_read_story(bus->root, story);

	story_finish(story);
	return rc;
}

static int write_status(FILE *out, const struct story *story, const char *format, u64 now_ns)
{
	if (strcmp(format, REPORT_FORMAT_JSON) == 0)
		return report_status_json(out, story, REPORT_FROM_DAEMON);
	if (strcmp(format, REPORT_FORMAT_TEXT) == 0)
		return report_status_text(out, story, REPORT_FROM_DAEMON, now_ns);
	fprintf(out, "%d", (int)report_exit_code(story));
	return ferror(out) ? -EIO : 0;
}

static int status_text(const struct bus *bus, const char *format, char **ret)
{
	struct story story = { 0 };
	size_t len;
	FILE *out;
	int rc;

	*ret = NULL;
	out = open_memstream(ret, &len);
	if (!out)
		return -ENOMEM;
	rc = load_story(bus, &story);
	if (rc == 0)
		rc = write_status(out, &story, format, bus->root->real ? clock_now_ns() : 0);
	if (fclose(out) != 0 && rc == 0)
		rc = -ENOMEM;
	story_clear(&story);
	/* The supervisor stays for the whole dump: give the story's memory back. */
	malloc_trim(0);
	return rc;
}

static int method_get_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_free_ char *text = NULL;
	const char *format;
	int rc;

	rc = sd_bus_message_read(m, "s", &format);
	if (rc < 0)
		return rc;
	if (strcmp(format, REPORT_FORMAT_JSON) && strcmp(format, REPORT_FORMAT_TEXT) &&
	    strcmp(format, REPORT_FORMAT_EXIT))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "unknown format \"%.32s\"", format);
	rc = status_text(userdata, format, &text);
	if (rc < 0)
		return rc;
	return sd_bus_reply_method_return(m, "s", text);
}

static int get_version(sd_bus *connection, const char *path, const char *interface,
		       const char *property, sd_bus_message *reply, void *userdata,
		       sd_bus_error *error)
{
	(void)connection, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "s", SMMU_ADOPT_VERSION);
}

static int get_stage(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	struct story story = { 0 };
	int rc;

	(void)connection, (void)path, (void)interface, (void)property, (void)error;
	rc = load_story(userdata, &story);
	if (rc == 0)
		rc = sd_bus_message_append(
			reply, "s",
			story.n_stages
				? rec_stage_name(story.stages[story.n_stages - 1].stage.stage)
				: "unknown");
	story_clear(&story);
	return rc;
}

/* From bad to good; what is not listed is worst. */
static unsigned int state_rank(enum adopt_state state)
{
	static const enum adopt_state order[] = {
		ADOPT_DISABLED, ADOPT_RESET,	   ADOPT_UNPROBED,
		ADOPT_ADOPTED,	ADOPT_NOT_CAPTURE, ADOPT_ABSENT,
	};
	unsigned int i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == state)
			return i + 1;
	return 0;
}

static int get_state(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	struct story story = { 0 };
	enum adopt_state worst;
	size_t i;
	int rc;

	(void)connection, (void)path, (void)interface, (void)property, (void)error;
	rc = load_story(userdata, &story);
	worst = story.n_smmus ? inv_smmu_state(&story.smmus[0]) : ADOPT_UNKNOWN;
	for (i = 1; i < story.n_smmus; i++)
		if (state_rank(inv_smmu_state(&story.smmus[i])) < state_rank(worst))
			worst = inv_smmu_state(&story.smmus[i]);
	if (rc == 0)
		rc = sd_bus_message_append(reply, "s", adopt_state_name(worst));
	story_clear(&story);
	return rc;
}

static int get_steps(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	const struct stage_shared *shared = ((struct bus *)userdata)->shared;

	(void)connection, (void)path, (void)interface, (void)error;
	return sd_bus_message_append(reply, "u",
				     strcmp(property, "StepsTotal") == 0 ? shared->steps_total
									 : shared->steps_done);
}

/*
 * Only root gets here: the private socket takes nobody else, and without
 * SD_BUS_VTABLE_UNPRIVILEGED sd-bus asks for CAP_SYS_ADMIN as well.
 */
static int method_release(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	int rc = bus->release ? bus->release(bus->release_priv) : -EOPNOTSUPP;

	if (rc < 0)
		return sd_bus_error_set_errnof(error, -rc, "holds were not given back: %s",
					       strerror(-rc));
	return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Stage", "s", get_stage, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("StepsTotal", "u", get_steps, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("StepsDone", "u", get_steps, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_ARGS("s", format), SD_BUS_RESULT("s", answer),
				method_get_status, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", "", "", method_release, 0),
	SD_BUS_SIGNAL_WITH_ARGS("StageEntered", SD_BUS_ARGS("s", stage, "s", text), 0),
	SD_BUS_SIGNAL_WITH_ARGS("StepBegan", SD_BUS_ARGS("u", step, "s", action, "s", device), 0),
	SD_BUS_SIGNAL_WITH_ARGS("StepEnded",
				SD_BUS_ARGS("u", step, "s", action, "s", device, "s", outcome, "i",
					    error, "t", took_us, "s", detail),
				0),
	SD_BUS_VTABLE_END,
};

/* ---- news ---- */

static int tell_peer(sd_bus *to, const struct rec *rec)
{
	switch (rec->type) {
	case REC_STAGE:
		return sd_bus_emit_signal(to, BUS_PATH, BUS_INTERFACE, "StageEntered", "ss",
					  rec_stage_name(rec->stage.stage), rec->stage.text);
	case REC_STEP:
		return sd_bus_emit_signal(to, BUS_PATH, BUS_INTERFACE, "StepBegan", "uss",
					  rec->step.step, rec_action_name(rec->step.action),
					  rec->step.device);
	case REC_RESULT:
		return sd_bus_emit_signal(to, BUS_PATH, BUS_INTERFACE, "StepEnded", "usssits",
					  rec->result.step, rec_action_name(rec->result.action),
					  rec->result.device, rec_outcome_name(rec->result.outcome),
					  rec->result.error, rec->result.took_ns / 1000,
					  rec->result.detail);
	default: return 0;
	}
}

static int on_news(void *priv, const struct rec *rec)
{
	struct bus *bus = priv;
	uint64_t queued;
	size_t i;

	sdjournal_send(bus->journald, rec);
	for (i = 0; i < BUS_PEERS_MAX; i++) {
		struct peer *peer = &bus->peers[i];

		if (!peer->connection || sd_bus_is_ready(peer->connection) <= 0)
			continue;
		/* What is said to one that does not listen piles up here. */
		if (tell_peer(peer->connection, rec) < 0 ||
		    sd_bus_get_n_queued_write(peer->connection, &queued) < 0 ||
		    queued > BUS_QUEUE_MAX)
			sd_event_source_set_time_relative(peer->idle, 0);
	}
	return 0;
}

void bus_changed(struct bus *bus)
{
	_cleanup_close_ int fd = -1;
	struct recread_info info = { 0 };
	size_t i;

	if (!bus)
		return;
	fd = fsroot_openat(bus->root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	if (fd < 0 || lseek(fd, bus->told, SEEK_SET) < 0)
		return;
	(void)recread_fd(fd, BUS_NEWS_BYTES_MAX, on_news, bus, NULL, &info);
	bus->told += (off_t)info.bytes;
	for (i = 0; i < BUS_PEERS_MAX && info.bytes; i++)
		if (bus->peers[i].connection && sd_bus_is_ready(bus->peers[i].connection) > 0)
			(void)sd_bus_emit_properties_changed(bus->peers[i].connection, BUS_PATH,
							     BUS_INTERFACE, "Stage", "State",
							     "StepsTotal", "StepsDone", NULL);
}

void bus_on_release(struct bus *bus, bus_release_fn fn, void *priv)
{
	bus->release = fn;
	bus->release_priv = priv;
}

/* ---- connections ---- */

static int set_up_connection(struct peer *peer, int fd)
{
	struct bus *bus = peer->owner;
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
		rc = sd_bus_add_object_vtable(peer->connection, NULL, BUS_PATH, BUS_INTERFACE,
					      vtable, bus);
	if (rc >= 0)
		rc = sd_bus_add_filter(peer->connection, NULL, on_any_message, peer);
	if (rc >= 0)
		rc = sd_bus_start(peer->connection);
	if (rc >= 0)
		rc = sd_bus_attach_event(peer->connection, bus->event, 0);
	if (rc >= 0)
		rc = sd_event_add_time_relative(bus->event, &peer->idle, CLOCK_MONOTONIC,
						BUS_IDLE_US, 0, on_idle, peer);
	return rc;
}

/* The connection object owns @fd from sd_bus_new() on: it closes it when freed. */
static void take_peer(struct bus *bus, int fd)
{
	struct peer *peer = NULL;
	size_t i;

	for (i = 0; i < BUS_PEERS_MAX && !peer; i++)
		if (!bus->peers[i].connection)
			peer = &bus->peers[i];
	if (!peer || sd_bus_new(&peer->connection) < 0) {
		close(fd);
		return;
	}
	peer->owner = bus;
	if (set_up_connection(peer, fd) < 0)
		peer_close(peer);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct bus *bus = userdata;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int peer_fd;

	(void)source, (void)revents;
	peer_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (peer_fd < 0)
		return 0;
	if (getsockopt(peer_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    (cred.uid != 0 && cred.uid != geteuid())) {
		close(peer_fd);
		return 0;
	}
	take_peer(bus, peer_fd);
	return 0;
}

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

/* News are what comes after this. */
static off_t journal_bytes(const struct fsroot *root)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	off_t bytes = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	return bytes < 0 ? 0 : bytes;
}

int bus_new(sd_event *event, const struct fsroot *root, const struct stage_shared *shared,
	    struct bus **ret, struct errbuf *err)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	int rc;

	if (!bus)
		return -ENOMEM;
	bus->event = event;
	bus->root = root;
	bus->shared = shared;
	bus->journald = root->real ? sdjournal_open(PATH_SDJOURNAL) : -1;
	if (sd_listen_fds(1) == 1 &&
	    sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) > 0)
		bus->passed = true;
	if (bus->passed)
		bus->listen_fd = SD_LISTEN_FDS_START;
	else
		bus->listen_fd = listen_at_path(root);
	rc = bus->listen_fd;
	if (rc >= 0)
		rc = sd_event_add_io(event, &bus->listener, bus->listen_fd, EPOLLIN, on_connect,
				     bus);
	if (rc < 0) {
		errbuf_set(err, "/%s: %s", PATH_BUS, strerror(-rc));
		bus_free(bus);
		return rc;
	}
	bus->told = journal_bytes(root);
	*ret = bus;
	return 0;
}

void bus_free(struct bus *bus)
{
	size_t i;

	if (!bus)
		return;
	for (i = 0; i < BUS_PEERS_MAX; i++)
		peer_close(&bus->peers[i]);
	sd_event_source_disable_unref(bus->listener);
	if (bus->journald >= 0)
		close(bus->journald);
	if (bus->listen_fd >= 0) {
		close(bus->listen_fd);
		if (!bus->passed)
			unlinkat(bus->root->fd, PATH_BUS, 0);
	}
	free(bus);
}

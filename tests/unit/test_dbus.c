// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/dbus.c: a client process talks to the server in this one;
 * peers that say garbage, nothing, or come in crowds do no harm.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "ctl/dbus/client.h"
#include "daemon/dbus.h"
#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "lib/report/report.h"
#include "lib/story/facts.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_mkrec.h"

#define HUNG_S 900 /* by the kernel's clock: then a client has nobody to talk to any more */

struct bench {
	struct machine m;
	struct stage_shared shared;
	struct dbus *bus;
	struct errbuf trouble; /* what the bus told last */
	char path[128];
};

static int set_up(void **state)
{
	static struct bench b;
	struct errbuf err;

	memset(&b, 0, sizeof(b));
	fakeclock_start();
	machine_standard(&b.m);
	assert_int_equal(journal_open(&b.shared.journal, &b.m.root, &err), 0);
	journal_begin(&b.shared.journal, &b.m.root);
	journal_stage(&b.shared.journal, REC_STAGE_ACT, 0, "acting");
	b.shared.steps_total = 7;
	b.shared.steps_done = 5;
	assert_int_equal(dbus_new(&b.m.root, &b.shared, &b.bus, &err), 0);
	snprintf(b.path, sizeof(b.path), "%s/%s", b.m.dir, PATH_BUS);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	dbus_free(b->bus);
	assert_int_not_equal(access(b->path, F_OK), 0);
	journal_close(&b->shared.journal);
	machine_free(&b->m);
	fakeclock_stop();
	return 0;
}

static void turn(struct bench *b, int wait_ms)
{
	struct errbuf err = { .text = "" };
	struct pollfd p = { .events = POLLIN };
	int bus_ms;

	if (dbus_dispatch(b->bus, &err) < 0)
		b->trouble = err;
	p.fd = dbus_fd(b->bus);
	bus_ms = dbus_wait_ms(b->bus);
	clock_poll(&p, 1, bus_ms >= 0 && bus_ms < wait_ms ? bus_ms : wait_ms);
}

/* Serve until the client has ended, and do @what once after @ms. The client's exit status is the
 * result. */
static int serve_and(struct bench *b, int (*client)(struct bench *b), uint32_t ms,
		     void (*what)(struct bench *b))
{
	u64 due = clock_now_ns() + clock_ms(ms);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(HUNG_S);
		_exit(client(b));
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		turn(b, 20);
		if (what && clock_now_ns() >= due) {
			what(b);
			what = NULL;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int serve(struct bench *b, int (*client)(struct bench *b))
{
	return serve_and(b, client, 0, NULL);
}

static sd_bus *open_client(struct bench *b)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sd_bus *connection = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, b->path);
	/* The library's own patience is by the kernel's clock. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    sd_bus_new(&connection) < 0 || sd_bus_set_fd(connection, fd, fd) < 0 ||
	    sd_bus_set_method_call_timeout(connection, HUNG_S * 1000000ull) < 0 ||
	    sd_bus_start(connection) < 0)
		_exit(50);
	return connection;
}

static int read_properties(struct bench *b)
{
	sd_bus *connection = open_client(b);
	char *text = NULL;
	uint32_t n;

	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Version", NULL,
				       &text) < 0 ||
	    strcmp(text, SMMU_ADOPT_VERSION))
		return 1;
	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Stage", NULL,
				       &text) < 0 ||
	    strcmp(text, "act"))
		return 2;
	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "State", NULL,
				       &text) < 0 ||
	    strcmp(text, "unknown"))
		return 3;
	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "VerdictLevel",
				       NULL, &text) < 0 ||
	    strcmp(text, "WARNING"))
		return 7;
	if (sd_bus_get_property_trivial(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "StepsTotal",
					NULL, 'u', &n) < 0 ||
	    n != 7)
		return fprintf(stderr, "%s\n", text), 4;
	if (sd_bus_get_property_trivial(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "StepsDone",
					NULL, 'u', &n) < 0 ||
	    n != 5)
		return 5;
	/* Read-only, all of it. */
	if (sd_bus_set_property(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "StepsDone", NULL, "u",
				9u) >= 0)
		return 6;
	return 0;
}

static void test_properties(void **state)
{
	assert_int_equal(serve(*state, read_properties), 0);
}

static int read_status(struct bench *b)
{
	struct errbuf err = { .text = "" };
	char *answer = NULL;

	if (client_get_status(b->path, REPORT_FORMAT_JSON, 5000, &answer, &err) < 0)
		return 1;
	if (!strstr(answer, SCHEMA_STATUS))
		return 2;
	if (client_get_status(b->path, REPORT_FORMAT_TEXT, 5000, &answer, &err) < 0)
		return 3;
	if (client_get_status(b->path, REPORT_FORMAT_EXIT, 5000, &answer, &err) < 0)
		return 4;
	if (strlen(answer) != 1)
		return 5;
	return client_get_status(b->path, "yaml", 5000, &answer, &err) < 0 ? 0 : 6;
}

static void test_status(void **state)
{
	assert_int_equal(serve(*state, read_status), 0);
}

static int connect_raw(struct bench *b)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, b->path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(51);
	return fd;
}

static int talk_garbage(struct bench *b)
{
	char garbage[4096];
	int fd, i;

	memset(garbage, 0xa5, sizeof(garbage));
	for (i = 0; i < 20; i++) {
		fd = connect_raw(b);
		if (write(fd, garbage, sizeof(garbage)) < 0)
			return 1;
		/* The server hangs up. */
		while (read(fd, garbage, sizeof(garbage)) > 0)
			;
		close(fd);
	}
	return read_status(b);
}

static void test_garbage(void **state)
{
	assert_int_equal(serve(*state, talk_garbage), 0);
}

/* Eight silent peers take all places; the ninth is refused; places come back. */
static int come_in_crowds(struct bench *b)
{
	struct errbuf err = { .text = "" };
	char *answer = NULL, byte;
	int fds[8], i, extra;

	for (i = 0; i < 8; i++)
		fds[i] = connect_raw(b);
	extra = connect_raw(b);
	if (read(extra, &byte, 1) != 0)
		return 1;
	if (client_get_status(b->path, REPORT_FORMAT_JSON, 1000, &answer, &err) >= 0)
		return 2;
	for (i = 0; i < 8; i++)
		close(fds[i]);
	for (i = 0; i < 50; i++) {
		if (client_get_status(b->path, REPORT_FORMAT_JSON, 1000, &answer, &err) >= 0)
			return 0;
		clock_sleep_ms(20);
	}
	return 3;
}

static void test_crowd(void **state)
{
	assert_int_equal(serve(*state, come_in_crowds), 0);
}

static void test_socket_mode(void **state)
{
	struct bench *b = *state;
	struct stat st;

	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* ---- events ---- */

static int heard; /* in the client */

static void on_event(void *priv, const struct client_event *event)
{
	(void)priv;
	if (!strcmp(event->name, "StepBegan"))
		heard += event->step == 9 && !strcmp(event->action, "quiesce") &&
			 !strcmp(event->device, "0000:00:01.0");
	if (!strcmp(event->name, "StepEnded"))
		heard += 10 * (event->step == 9 && !strcmp(event->outcome, "failed") &&
			       event->error == -5 && event->took_us == 1500 &&
			       !strcmp(event->detail, "why"));
	if (!strcmp(event->name, "StageEntered") && !strcmp(event->stage, "done"))
		_exit(heard == 11 && !strcmp(event->text, "all") ? 0 : heard + 1);
}

static int hear(struct bench *b)
{
	struct errbuf err;

	return client_monitor(b->path, on_event, NULL, &err) < 0 ? 60 : 61;
}

static void do_something(struct bench *b)
{
	struct rec step = { .type = REC_STEP }, result = { .type = REC_RESULT };

	step.step.step = result.result.step = 9;
	step.step.action = result.result.action = REC_ACT_QUIESCE;
	strcpy(step.step.device, "0000:00:01.0");
	strcpy(result.result.device, "0000:00:01.0");
	strcpy(result.result.detail, "why");
	result.result.outcome = REC_STEP_FAILED;
	result.result.error = -5;
	result.result.took_ns = 1500000;
	journal_write(&b->shared.journal, &step);
	dbus_changed(b->bus);
	journal_write(&b->shared.journal, &result);
	journal_stage(&b->shared.journal, REC_STAGE_DONE, 0, "all");
	dbus_changed(b->bus);
}

static void test_events(void **state)
{
	assert_int_equal(serve_and(*state, hear, 500, do_something), 0);
}

/* Who listens is heard of now and then, and is not taken for one who is silent. */
static void test_events_much_later(void **state)
{
	assert_int_equal(serve_and(*state, hear, 100000, do_something), 0);
	assert_in_range(fakeclock_ms(), 100000, 100020);
}

/* A peer that never reads is dropped, and does not keep the others from hearing. */
static int deaf(struct bench *b)
{
	sd_bus *connection = open_client(b);

	while (sd_bus_is_ready(connection) <= 0)
		if (sd_bus_process(connection, NULL) < 0 || sd_bus_wait(connection, UINT64_MAX) < 0)
			return 1;
	clock_sleep_ms(1500);
	return 0;
}

static void chatter(struct bench *b)
{
	int i;

	for (i = 0; i < 3000; i++)
		journal_stage(&b->shared.journal, REC_STAGE_ACT, 0, "%0150d", i);
	dbus_changed(b->bus);
}

static void test_deaf_peer(void **state)
{
	assert_int_equal(serve_and(*state, deaf, 300, chatter), 0);
}

/* ---- deadlines ---- */

static void serve_until(struct bench *b, u64 ms)
{
	while (fakeclock_ms() < ms)
		turn(b, (int)(ms - fakeclock_ms()));
	turn(b, 0);
}

/* Who is silent for half a minute is dropped, authenticated or not. */
static void test_silent_peer(void **state)
{
	struct bench *b = *state;
	int fd = connect_raw(b);
	char byte;

	serve_until(b, 29999);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	serve_until(b, 30000);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
}

static bool can_ask(sd_bus *connection)
{
	uint32_t n;

	return sd_bus_get_property_trivial(connection, NULL, DBUS_PATH, DBUS_INTERFACE,
					   "StepsTotal", NULL, 'u', &n) >= 0;
}

/* Each message gives it half a minute more. */
static int ask_now_and_then(struct bench *b)
{
	sd_bus *connection = open_client(b);
	int i;

	for (i = 0; i < 4; i++) {
		if (!can_ask(connection))
			return 1 + i;
		clock_sleep_ms(i < 3 ? 29999 : 30001);
	}
	return can_ask(connection) ? 5 : 0;
}

static void test_peer_is_renewed(void **state)
{
	assert_int_equal(serve(*state, ask_now_and_then), 0);
	assert_in_range(fakeclock_ms(), 3 * 29999 + 30001, 3 * 29999 + 30001 + 20);
}

/* ---- the state of the machine ---- */

static int read_state(struct bench *b)
{
	sd_bus *connection = open_client(b);
	char *text = NULL;

	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "State", NULL,
				       &text) < 0)
		return 1;
	if (strcmp(text, "adopted"))
		return 2;
	/* The verdict of the report, as a word and as a sentence. */
	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "VerdictLevel",
				       NULL, &text) < 0 ||
	    strcmp(text, "OK"))
		return 3;
	if (sd_bus_get_property_string(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Verdict", NULL,
				       &text) < 0 ||
	    strcmp(text,
		   "adopted; it is not known which devices were live at the crash (1 adopted, 1 "
		   "disabled of 2 SMMUs)"))
		return 4;
	return 0;
}

/* Of two SMMUs the same one speaks for the machine as in the report: not the one that is off. */
static void test_state(void **state)
{
	struct bench *b = *state;
	struct story story = { 0 };
	char err[160] = "";
	size_t len;
	u8 *data;

	assert_int_equal(mkrec("file producer=smmu_adopt capture=1 kernel=6.12.0 boot=1\n"
			       "smmu smmu=0 phase=now state=disabled name=a\n"
			       "smmu smmu=1 phase=now state=adopted name=b\n",
			       &data, &len, err, sizeof(err)),
			 0);
	machine_write_bytes(&b->m, PATH_HELPER_COPY, data, len);
	assert_int_equal(story_add_stream(&story, data, len), 0);
	assert_int_equal(report_state(&story), ADOPT_ADOPTED);
	story_clear(&story);
	free(data);
	assert_int_equal(serve(b, read_state), 0);
}

/* ---- Release ---- */

static int released;

static int on_release(void *priv)
{
	(void)priv;
	return released++ ? -EBUSY : 0;
}

static int release(struct bench *b)
{
	sd_bus *connection = open_client(b);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *xml;

	if (sd_bus_call_method(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Release", NULL, NULL,
			       "") < 0)
		return 1;
	if (sd_bus_call_method(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Release", &error, NULL,
			       "") >= 0 ||
	    !strstr(error.message, "some holds could not be given back"))
		return 2;
	if (sd_bus_call_method(connection, NULL, DBUS_PATH, "org.freedesktop.DBus.Introspectable",
			       "Introspect", NULL, &reply, "") < 0 ||
	    sd_bus_message_read(reply, "s", &xml) < 0)
		return 3;
	return strstr(xml, "<signal name=\"StepEnded\">") && strstr(xml, "name=\"took_us\"") &&
			       strstr(xml, "<method name=\"Release\">")
		       ? 0
		       : 4;
}

static void test_release(void **state)
{
	struct bench *b = *state;

	released = 0;
	dbus_on_release(b->bus, on_release, NULL);
	assert_int_equal(serve(b, release), 0);
	assert_int_equal(released, 2);
}

/* A socket passed by systemd is used, and its file left alone. */
static void activated(struct bench *b)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct dbus *bus = NULL;
	struct errbuf err;
	char pid[24];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/act", b->m.dir);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0 ||
	    dup2(fd, 3) < 0)
		_exit(1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	unlink(b->path);
	if (dbus_new(&b->m.root, &b->shared, &bus, &err))
		_exit(2);
	if (access(b->path, F_OK) == 0)
		_exit(3);
	dbus_free(bus);
	_exit(access(address.sun_path, F_OK) == 0 ? 0 : 4);
}

static void test_activation(void **state)
{
	struct bench *b = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		activated(b);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_properties),
		TEST(test_status),
		TEST(test_garbage),
		TEST(test_crowd),
		TEST(test_socket_mode),
		TEST(test_events),
		TEST(test_events_much_later),
		TEST(test_deaf_peer),
		TEST(test_silent_peer),
		TEST(test_peer_is_renewed),
		TEST(test_state),
		TEST(test_release),
		TEST(test_activation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

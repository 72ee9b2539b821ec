// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dbus_client.c - smmu-adoptctl against a real peer on a real socket.
 *
 * A child process serves one sd-bus object, as the daemon does, or behaves badly
 * in one of the ways a peer can: silent, garbage, closing, a wrong type, an error.
 * The client must get its answer or give up in time, and status must then fall
 * back to files.
 */
#include "tests/unit/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "ctl/dbus/client.h"
#include "daemon/dbus.h"
#include "lib/story/names.h"
#include "lib/report/report.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_run.h"

enum behaviour {
	SERVE,	    /* answer as the daemon does */
	SILENT,	    /* accept, then nothing */
	GARBAGE,    /* bytes that are no D-Bus */
	CLOSE,	    /* hang up at once */
	SLOW,	    /* authenticate, take the call, never answer */
	LATE,	    /* answer in the last millisecond */
	WRONG_TYPE, /* answer with a number */
	REFUSE,	    /* answer with an error */
	BAD_CODE,   /* an exit code that is none */
	CONTROL,    /* control characters in the answer */
	EVENTS,	    /* answers the first peer, tells the second one what happens */
};

static char socket_path[256];
static pid_t server;

/* ---- the peer, in a child process ---- */

static const char *answer_for(enum behaviour behaviour, const char *format)
{
	if (!strcmp(format, REPORT_FORMAT_EXIT))
		return behaviour == BAD_CODE ? "99" : "3";
	if (behaviour == CONTROL)
		return "red\033[31m\n";
	return strcmp(format, REPORT_FORMAT_JSON) ? "text of the daemon\n"
						  : "[\"of the daemon\"]\n";
}

static int get_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	enum behaviour behaviour = *(enum behaviour *)userdata;
	const char *format;

	if (sd_bus_message_read(m, "s", &format) < 0)
		return -EINVAL;
	switch (behaviour) {
	case SLOW: return 1;
	case LATE: clock_sleep_ms(1999); break;
	case WRONG_TYPE: return sd_bus_reply_method_return(m, "u", 7);
	case REFUSE: return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
	default: break;
	}
	return sd_bus_reply_method_return(m, "s", answer_for(behaviour, format));
}

static const sd_bus_vtable good_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetStatus", "s", "s", get_status, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};
/* sd-bus holds a server to the types it declares. */
static const sd_bus_vtable wrong_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("GetStatus", "s", "u", get_status, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_any(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m, (void)error;
	*(bool *)userdata = true;
	return 0;
}

/* A step that went well, one that did not, and the end; then it goes away. */
static void tell_events(sd_bus *bus)
{
	bool pinged = false;
	int r = sd_bus_add_filter(bus, NULL, on_any, &pinged);

	/* Until then the monitor has something to send, which would fail. */
	while (!pinged && r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (!r)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	if (sd_bus_emit_signal(bus, DBUS_PATH, DBUS_INTERFACE, "StepBegan", "uss", 3, "bind", "a") <
		    0 ||
	    sd_bus_emit_signal(bus, DBUS_PATH, DBUS_INTERFACE, "StepEnded", "usssits", 3, "bind",
			       "a", "done", 0, (u64)1500, "driver x") < 0 ||
	    sd_bus_emit_signal(bus, DBUS_PATH, DBUS_INTERFACE, "StepEnded", "usssits", 4, "flr",
			       "b", "failed", -5, (u64)20, "") < 0 ||
	    sd_bus_emit_signal(bus, DBUS_PATH, DBUS_INTERFACE, "StageEntered", "ss", "done",
			       "4 steps") < 0)
		_exit(8);
	sd_bus_flush_close_unref(bus);
}

static void serve_bus(int fd, enum behaviour *behaviour)
{
	const sd_bus_vtable *table = *behaviour == WRONG_TYPE ? wrong_vtable : good_vtable;
	static int peers;
	sd_bus *bus = NULL;
	sd_id128_t id;

	if (sd_id128_randomize(&id) < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 || sd_bus_set_anonymous(bus, 1) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, DBUS_PATH, DBUS_INTERFACE, table, behaviour) < 0 ||
	    sd_bus_start(bus) < 0)
		_exit(3);
	if (++peers == 2 && *behaviour == EVENTS) {
		tell_events(bus);
		return;
	}
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			break;
		if (!r && sd_bus_wait(bus, UINT64_MAX) < 0)
			break;
	}
	sd_bus_close_unref(bus);
}

/* The real server side. It makes its socket itself. */
static void serve_daemon(void)
{
	static struct stage_shared shared;
	struct fsroot root = FSROOT_NONE;
	struct dbus *bus = NULL;
	struct errbuf err;

	if (fsroot_open(&root, folder) < 0 || dbus_new(&root, &shared, &bus, &err) < 0)
		_exit(5);
	while (dbus_dispatch(bus, &err) == 0) {
		struct pollfd p = { .fd = dbus_fd(bus), .events = POLLIN };

		clock_poll(&p, 1, dbus_wait_ms(bus));
	}
	_exit(6);
}

static void behave(int listener, enum behaviour behaviour)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(2);
		switch (behaviour) {
		case SILENT: pause(); break;
		case GARBAGE:
			if (write(fd, "HTTP/1.0 400 Bad Request\r\n\r\n", 28) != 28)
				_exit(4);
			pause();
			break;
		case CLOSE: close(fd); break;
		default: serve_bus(fd, &behaviour);
		}
	}
}

static void start_daemon(void)
{
	int i;

	server = fork();
	assert_true(server >= 0);
	if (!server) {
		alarm(600);
		serve_daemon();
	}
	for (i = 0; i < 200 && access(socket_path, F_OK) < 0; i++)
		clock_sleep_ms(10);
}

static void start_server(enum behaviour behaviour)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, socket_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 4), 0);
	server = fork();
	assert_true(server >= 0);
	if (!server) {
		alarm(600); /* whatever happens to the test, the child ends */
		behave(listener, behaviour);
	}
	close(listener);
}

static void stop_server(void)
{
	if (server <= 0)
		return;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
}

/* ---- the tests ---- */

static int setup(void **state)
{
	fakeclock_start();
	(void)scratch_set_up(state);
	(void)mkdir(PATH("run"), 0700);
	(void)mkdir(PATH(PATH_RUN), 0700);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/%s", folder, PATH_BUS);
	return 0;
}

static int teardown(void **state)
{
	stop_server();
	fakeclock_stop();
	return scratch_tear_down(state);
}

static void status(bool json, struct run *ret)
{
	const char *text_args[] = { "--root", folder, "status", NULL };
	const char *json_args[] = { "--root", folder, "status", "--json", NULL };

	run_ctl(json ? json_args : text_args, ret);
}

static void test_daemon_answers(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", PATH_JOURNAL); /* would give 0: the daemon's word counts */
	start_server(SERVE);
	status(false, &run);
	assert_string_equal(run.out, "text of the daemon\n");
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, 3);
	run_free(&run);
	status(true, &run);
	assert_string_equal(run.out, "[\"of the daemon\"]\n");
	assert_int_equal(run.code, 3);
	run_free(&run);
}

static void test_monitor(void **state)
{
	const char *args[] = { "--root", folder, "monitor", "--json", NULL };
	struct run run;

	(void)state;
	start_server(EVENTS);
	run_ctl(args, &run);
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "\"event\":\"StepBegan\""));
	assert_non_null(strstr(run.out, "\"step\":3,\"action\":\"bind\",\"device\":\"a\","
					"\"outcome\":\"done\",\"ms\":1.500,"
					"\"detail\":\"driver x\"}\n"));
	assert_non_null(strstr(run.out, "\"outcome\":\"failed\",\"error\":-5,\"ms\":0.020"));
	assert_non_null(strstr(run.out, "\"stage\":\"done\",\"text\":\"4 steps\"}\n"));
	run_free(&run);
}

/* Both real ends: what the daemon serves is what the same files say without it. */
static void test_real_daemon(void **state)
{
	struct run live, files;

	(void)state;
	scratch_put_golden("adopted", PATH_JOURNAL);
	start_daemon();
	status(true, &live);
	assert_string_equal(live.err, "");
	assert_int_equal(live.code, EXIT_DONE);
	assert_non_null(strstr(live.out, "\"source\": \"daemon\""));
	run_free(&live);
	status(false, &live);
	assert_non_null(strstr(live.out, "source         live, from the running daemon\n"));
	scratch_put_golden("trouble", PATH_JOURNAL);
	run_free(&live);
	status(false, &live);
	assert_int_equal(live.code, EXIT_FINDINGS);
	stop_server();
	unlink(socket_path);
	status(false, &files);
	assert_int_equal(files.code, live.code);
	assert_string_equal(strstr(files.out, "\nSMMUs"), strstr(live.out, "\nSMMUs"));
	run_free(&live);
	run_free(&files);
}

static void test_control_characters(void **state)
{
	struct run run;

	(void)state;
	start_server(CONTROL);
	status(false, &run);
	assert_string_equal(run.out, "red?[31m\n");
	run_free(&run);
}

/* The peer misbehaves: one message, and the journal serves. */
static void falls_back(enum behaviour behaviour, const char *message)
{
	struct run run;

	scratch_put_golden("adopted", PATH_JOURNAL);
	start_server(behaviour);
	status(false, &run);
	if (!strstr(run.err, message) || !strstr(run.err, PATH_BUS))
		fail_msg("'%s' instead of '%s'", run.err, message);
	assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
	assert_non_null(strstr(run.out, "source         recorded below --root: /run/smmu-adoptd/"));
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
}

static void test_silent(void **state)
{
	(void)state;
	falls_back(SILENT, "the daemon did not answer within 2000 ms");
	assert_int_equal(fakeclock_ms(), 2000);
}

static void test_slow(void **state)
{
	(void)state;
	falls_back(SLOW, "the daemon did not answer within 2000 ms");
	assert_int_equal(fakeclock_ms(), 2000);
}

/* The answer comes in the last millisecond. */
static void test_late(void **state)
{
	struct run run;

	(void)state;
	start_server(LATE);
	status(false, &run);
	assert_string_equal(run.err, "");
	assert_string_equal(run.out, "text of the daemon\n");
	/* Two calls, each with its own deadline. */
	assert_int_equal(fakeclock_ms(), 2 * 1999);
	run_free(&run);
}

static void test_garbage(void **state)
{
	(void)state;
	falls_back(GARBAGE, "/bus: ");
}

static void test_close(void **state)
{
	(void)state;
	falls_back(CLOSE, "/bus: the daemon closed the connection: it has no libsystemd, or too "
			  "many clients\n");
	assert_int_equal(fakeclock_ms(), 0);
}

static void test_wrong_type(void **state)
{
	(void)state;
	falls_back(WRONG_TYPE, "the daemon's answer is not text");
}

static void test_refuse(void **state)
{
	(void)state;
	falls_back(REFUSE, "the daemon answers: not for you");
}

static void test_bad_code(void **state)
{
	(void)state;
	falls_back(BAD_CODE, "the daemon's answer is not an exit code");
}

/* A socket file that nobody listens on: the daemon died. */
static void test_nobody_listens(void **state)
{
	struct run run;

	(void)state;
	scratch_put_golden("adopted", PATH_JOURNAL);
	start_server(SERVE);
	stop_server();
	status(false, &run);
	assert_non_null(strstr(run.err, "Connection refused"));
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	run_ctl(ARGS("--root", folder, "monitor"), &run);
	assert_int_equal(run.code, EXIT_FAILED);
	assert_non_null(strstr(run.err, "smmu-adoptd does not run here ("));
	assert_non_null(strstr(run.err, "Connection refused); it runs in the capture kernel"));
	run_free(&run);
}

static void test_long_path(void **state)
{
	char path[200], *answer = NULL;
	struct errbuf err;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = 0;
	assert_int_equal(client_get_status(path, REPORT_FORMAT_EXIT, 100, &answer, &err),
			 -ENAMETOOLONG);
	assert_null(answer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_daemon_answers), TEST(test_real_daemon), TEST(test_control_characters),
		TEST(test_silent),	   TEST(test_slow),	   TEST(test_late),
		TEST(test_garbage),	   TEST(test_close),	   TEST(test_wrong_type),
		TEST(test_refuse),	   TEST(test_bad_code),	   TEST(test_nobody_listens),
		TEST(test_long_path),	   TEST(test_monitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

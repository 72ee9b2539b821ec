// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/dbus_system.c with a real dbus-daemon of our own, at the place below the
 * root folder where the system's would be, and with our own policy file. It comes late,
 * goes away, comes back, refuses us, or says nothing: the private socket never notices.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <poll.h>
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

#include "ctl/live/live.h"
#include "lib/base/clock.h"
#include "daemon/dbus.h"
#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "lib/report/report.h"
#include "tests/unit/support_machine.h"

#define NOBODY 65534
#define POLICY "conf/org.smmu_adopt.conf"

struct bench {
	struct machine m;
	struct stage_shared shared;
	struct bus *bus;
	char private_path[128], system_path[128];
	pid_t daemon; /* 0: none */
	int troubles; /* that the bus told of */
	struct errbuf trouble;
	int released;
};

static int on_release(void *priv)
{
	((struct bench *)priv)->released++;
	return 0;
}

static int set_up(void **state)
{
	static struct bench b;
	struct errbuf err;

	memset(&b, 0, sizeof(b));
	machine_standard(&b.m);
	machine_write(&b.m, "run/dbus/here", "");
	chmod(b.m.dir, 0755);
	assert_int_equal(journal_open(&b.shared.journal, &b.m.root, &err), 0);
	journal_begin(&b.shared.journal, &b.m.root);
	assert_int_equal(bus_new(&b.m.root, &b.shared, &b.bus, &err), 0);
	bus_on_release(b.bus, on_release, &b);
	snprintf(b.private_path, sizeof(b.private_path), "%s/%s", b.m.dir, PATH_BUS);
	snprintf(b.system_path, sizeof(b.system_path), "%s/%s", b.m.dir, PATH_SYSTEM_BUS);
	*state = &b;
	return 0;
}

static void stop_daemon(struct bench *b)
{
	if (b->daemon > 0) {
		kill(b->daemon, SIGKILL);
		waitpid(b->daemon, NULL, 0);
	}
	b->daemon = 0;
	unlink(b->system_path);
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	stop_daemon(b);
	bus_free(b->bus);
	journal_close(&b->shared.journal);
	machine_free(&b->m);
	return 0;
}

/* ---- the bus daemon ---- */

/* As the system's: nobody may own a name or call anybody, but for what @policy says. */
static void write_config(struct bench *b, const char *policy)
{
	char text[1024];

	snprintf(
		text, sizeof(text),
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\""
		" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
		"<busconfig><type>system</type><auth>EXTERNAL</auth>"
		"<listen>unix:path=%s</listen><policy context=\"default\"><allow user=\"*\"/>"
		"<deny own=\"*\"/><deny send_type=\"method_call\"/>"
		"<allow send_type=\"signal\"/><allow send_requested_reply=\"true\" "
		"send_type=\"method_return\"/><allow send_requested_reply=\"true\" "
		"send_type=\"error\"/><allow receive_type=\"method_call\"/>"
		"<allow receive_type=\"method_return\"/><allow receive_type=\"error\"/>"
		"<allow receive_type=\"signal\"/>"
		"<allow send_destination=\"org.freedesktop.DBus\"/></policy>%s</busconfig>",
		b->system_path, policy);
	machine_write(&b->m, "bus.conf", text);
}

static const char *our_policy(void)
{
	static char text[256];
	char cwd[128];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(text, sizeof(text), "<include>%s/" POLICY "</include>", cwd);
	return text;
}

static bool start_daemon(struct bench *b, const char *policy)
{
	char config[128];
	int i;

	if (access("/usr/bin/dbus-daemon", X_OK) < 0) {
		print_message("SKIP: no /usr/bin/dbus-daemon\n");
		return false;
	}
	write_config(b, policy);
	snprintf(config, sizeof(config), "--config-file=%s/bus.conf", b->m.dir);
	b->daemon = fork();
	if (b->daemon == 0) {
		execl("/usr/bin/dbus-daemon", "dbus-daemon", config, "--nofork", "--nopidfile",
		      "--nosyslog", NULL);
		_exit(127);
	}
	for (i = 0; i < 500 && access(b->system_path, F_OK) < 0; i++)
		clock_sleep_ms(10);
	assert_int_equal(access(b->system_path, F_OK), 0);
	return true;
}

/* ---- serving ---- */

static void turn(struct bench *b, int wait_ms)
{
	uint64_t begin = clock_now_ns();
	struct pollfd p = { .events = POLLIN };
	struct errbuf err;
	int bus_ms;

	if (bus_dispatch(b->bus, &err) < 0) {
		b->troubles++;
		b->trouble = err;
	}
	/* It asks the bus one thing at most, with a limit of half a second. */
	assert_true(clock_now_ns() - begin < clock_ms(1500));
	p.fd = bus_fd(b->bus);
	bus_ms = bus_wait_ms(b->bus);
	poll(&p, 1, bus_ms >= 0 && bus_ms < wait_ms ? bus_ms : wait_ms);
}

static void serve_for(struct bench *b, uint32_t ms)
{
	uint64_t end = clock_now_ns() + clock_ms(ms);

	while (clock_now_ns() < end)
		turn(b, 20);
}

static int serve(struct bench *b, int (*client)(struct bench *b))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(30);
		_exit(client(b));
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(b, 20);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* ---- clients ---- */

/* The name may take its owner a moment. */
static sd_bus *open_system(struct bench *b)
{
	char address[160];
	sd_bus *connection = NULL;
	int i, has = -1;

	snprintf(address, sizeof(address), "unix:path=%s", b->system_path);
	if (sd_bus_new(&connection) < 0 || sd_bus_set_address(connection, address) < 0 ||
	    sd_bus_set_bus_client(connection, 1) < 0 || sd_bus_start(connection) < 0)
		_exit(50);
	for (i = 0; i < 100 && has < 0; i++) {
		has = sd_bus_get_name_creds(connection, BUS_NAME, 0, NULL);
		if (has < 0)
			usleep(100000);
	}
	if (has < 0)
		_exit(51);
	return connection;
}

static int get_status(sd_bus *connection)
{
	sd_bus_message *reply = NULL;
	const char *text;

	if (sd_bus_call_method(connection, BUS_NAME, BUS_PATH, BUS_INTERFACE, "GetStatus", NULL,
			       &reply, "s", REPORT_FORMAT_JSON) < 0)
		return 1;
	return sd_bus_message_read(reply, "s", &text) > 0 && strstr(text, SCHEMA_STATUS) ? 0 : 2;
}

static int ask_everything(struct bench *b)
{
	sd_bus *connection = open_system(b);
	char *version = NULL;

	if (get_status(connection))
		return 1;
	if (sd_bus_get_property_string(connection, BUS_NAME, BUS_PATH, BUS_INTERFACE, "Version",
				       NULL, &version) < 0 ||
	    strcmp(version, SMMU_ADOPT_VERSION))
		return 2;
	return 0;
}

static int call_release(struct bench *b)
{
	return sd_bus_call_method(open_system(b), BUS_NAME, BUS_PATH, BUS_INTERFACE, "Release",
				  NULL, NULL, "") < 0;
}

/* Reads, and is refused what changes something: by whoever refuses first. */
static int be_nobody(struct bench *b)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *connection;

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 60;
	connection = open_system(b);
	if (get_status(connection))
		return 1;
	if (sd_bus_call_method(connection, BUS_NAME, BUS_PATH, BUS_INTERFACE, "Release", &error,
			       NULL, "") >= 0)
		return 2;
	return sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED) ? 0 : 3;
}

static int ask_privately(struct bench *b)
{
	struct errbuf err = { .text = "" };
	char *answer = NULL;

	return live_get_status(b->private_path, REPORT_FORMAT_JSON, 3000, &answer, &err) < 0;
}

/* ---- tests ---- */

static void test_bus_comes_late(void **state)
{
	struct bench *b = *state;

	serve_for(b, 300);
	assert_int_equal(serve(b, ask_privately), 0);
	if (!start_daemon(b, our_policy()))
		skip();
	assert_int_equal(serve(b, ask_everything), 0);
	assert_int_equal(serve(b, call_release), 0);
	assert_int_equal(b->released, 1);
	assert_int_equal(b->troubles, 0);
}

static void test_nobody(void **state)
{
	struct bench *b = *state;

	if (getuid() != 0) {
		print_message("SKIP: only root can become nobody\n");
		skip();
	}
	if (!start_daemon(b, our_policy()))
		skip();
	assert_int_equal(serve(b, be_nobody), 0);
	assert_int_equal(b->released, 0);
}

/* A bus that lets everything through: sd-bus, in the daemon, refuses by itself. */
static void test_nobody_without_policy(void **state)
{
	struct bench *b = *state;

	if (getuid() != 0) {
		print_message("SKIP: only root can become nobody\n");
		skip();
	}
	if (!start_daemon(b, "<policy context=\"default\"><allow own=\"*\"/>"
			     "<allow send_destination=\"*\"/></policy>"))
		skip();
	assert_int_equal(serve(b, be_nobody), 0);
	assert_int_equal(b->released, 0);
	assert_int_equal(serve(b, call_release), 0);
	assert_int_equal(b->released, 1);
}

static void test_bus_goes_and_comes_back(void **state)
{
	struct bench *b = *state;

	if (!start_daemon(b, our_policy()))
		skip();
	assert_int_equal(serve(b, ask_everything), 0);
	stop_daemon(b);
	assert_int_equal(serve(b, ask_privately), 0);
	journal_stage(&b->shared.journal, REC_STAGE_ACT, 0, "nobody hears");
	bus_changed(b->bus);
	serve_for(b, 100);
	assert_true(start_daemon(b, our_policy()));
	assert_int_equal(serve(b, ask_everything), 0);
	assert_int_equal(b->troubles, 0);
}

/* Without our policy file the bus does not give us the name: told once, then left alone. */
static void test_name_refused(void **state)
{
	struct bench *b = *state;

	if (!start_daemon(b, ""))
		skip();
	serve_for(b, 1500);
	assert_int_equal(b->troubles, 1);
	assert_non_null(strstr(b->trouble.text, "system bus: name " BUS_NAME ": "));
	serve_for(b, 2500);
	assert_int_equal(b->troubles, 1);
	assert_int_equal(serve(b, ask_privately), 0);
}

static int listen_system(struct bench *b, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, b->system_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* Somebody listens, and never says a word. */
static void test_silent_bus(void **state)
{
	struct bench *b = *state;
	int fd = listen_system(b, 4);

	serve_for(b, 300);
	assert_int_equal(serve(b, ask_privately), 0);
	assert_int_equal(b->troubles, 0);
	close(fd);
	serve_for(b, 100);
	assert_int_equal(serve(b, ask_privately), 0);
}

/* Hears what the daemon has to tell. */
static int heard_stage(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *stage, *text;

	(void)error;
	if (sd_bus_message_read(m, "ss", &stage, &text) > 0 && strcmp(text, "all heard") == 0)
		*(bool *)userdata = true;
	return 0;
}

static int hear(struct bench *b)
{
	sd_bus *connection = open_system(b);
	bool heard = false;
	int i;

	if (sd_bus_match_signal(connection, NULL, BUS_NAME, BUS_PATH, BUS_INTERFACE, "StageEntered",
				heard_stage, &heard) < 0)
		return 1;
	for (i = 0; i < 100 && !heard; i++) {
		/* The daemon may not be on the bus yet, and what it tells then nobody repeats. */
		if (i % 10 == 0)
			journal_stage(&b->shared.journal, REC_STAGE_DONE, 0, "all heard");
		while (sd_bus_process(connection, NULL) > 0)
			;
		if (!heard)
			sd_bus_wait(connection, 100000);
	}
	return heard ? 0 : 2;
}

static void test_signals(void **state)
{
	struct bench *b = *state;
	pid_t pid;
	int status;

	if (!start_daemon(b, our_policy()))
		skip();
	pid = fork();
	if (pid == 0) {
		alarm(30);
		_exit(hear(b));
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		bus_changed(b->bus);
		turn(b, 20);
	}
	assert_int_equal(status, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bus_comes_late),
		TEST(test_nobody),
		TEST(test_nobody_without_policy),
		TEST(test_bus_goes_and_comes_back),
		TEST(test_name_refused),
		TEST(test_silent_bus),
		TEST(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

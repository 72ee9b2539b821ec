// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the method Release as the supervisor answers it, while the stage runs and
 * after it: done is what was done.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/supervise.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_shared.h"

#define NIC "0000:00:01.0"

struct bench {
	struct machine m;
	struct stage_shared *shared;
	pid_t supervisor;
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	b.shared = shared_set_up(&b.m);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	shared_tear_down(&b->m, b->shared);
	return 0;
}

static int hangs(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	while (pause() < 0)
		;
	return 0;
}

/* 0, or the errno that the error stands for. */
static int call_release(sd_bus *connection)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (sd_bus_call_method(connection, NULL, DBUS_PATH, DBUS_INTERFACE, "Release", &error, NULL,
			       "") >= 0)
		return 0;
	return strstr(error.message, "some holds could not be given back")
		       ? sd_bus_error_get_errno(&error)
		       : EPROTO;
}

/* Twice: while the stage runs, and after it. Then the supervisor's end. Returns an exit status. */
static int call_twice(struct bench *b, int want)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sd_bus *connection = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), first, second;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", b->m.dir, PATH_BUS);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		clock_sleep_ms(1);
	if (sd_bus_new(&connection) < 0 || sd_bus_set_fd(connection, fd, fd) < 0 ||
	    sd_bus_start(connection) < 0)
		return 50;
	first = call_release(connection);
	second = call_release(connection);
	kill(b->supervisor, SIGTERM);
	return first != want ? 1 : second != want ? 2 : 0;
}

static void check(struct bench *b, int want)
{
	struct supervise s = {
		.root = &b->m.root,
		.shared = b->shared,
		.deadline_ms = 600000,
		.worker = hangs,
		.worker_arg = b,
		.serve = true,
		.ready_fd = -1,
	};
	sigset_t mask;
	pid_t pid;

	b->supervisor = getpid();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(100);
		_exit(call_twice(b, want));
	}
	assert_int_equal(supervise_run(&s), 1);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_done(void **state)
{
	struct bench *b = *state;

	check(b, 0);
	assert_false(machine_held(&b->m, "pci", NIC));
}

static void test_stuck(void **state)
{
	struct bench *b = *state;

	machine_lock(&b->m, "sys/bus/pci/devices/" NIC "/driver_override");

	check(b, EBUSY);
	assert_true(machine_held(&b->m, "pci", NIC));
}

static void test_failed(void **state)
{
	static const char path[] = "sys/devices/pci0000:00/0000:00:02.0/driver_override";
	struct bench *b = *state;

	machine_remove(&b->m, path);
	machine_link(&b->m, path, "driver_override");
	check(b, EIO);
	assert_false(machine_held(&b->m, "pci", NIC));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_done),
		TEST(test_stuck),
		TEST(test_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

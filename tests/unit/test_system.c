// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the small things that stand in for libraries: base/service.c (sd-daemon), devwatch.c
 * (libudev), base/dynlib.c.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/dynlib.h"
#include "lib/base/service.h"
#include "lib/machine/devwatch.h"

static int notify_socket(const char *name, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, len);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	return fd;
}

static void expect_message(int fd, const char *text)
{
	char got[2048];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = 0;
	assert_string_equal(got, text);
}

static void test_notify(void **state)
{
	char dir[] = "/tmp/smmu-adopt-test.XXXXXX", path[64], name[64], huge[3000];
	int fd;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(service_notify("READY=1"), 0);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	fd = notify_socket(path, strlen(path));
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(service_notify("STATUS=%s %d", "step", 3), 1);
	expect_message(fd, "STATUS=step 3");
	/* What does not fit is cut, not refused. */
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = 0;
	assert_int_equal(service_notify("%s", huge), 1);
	huge[1023] = 0;
	expect_message(fd, huge);
	close(fd);
	unlink(path);
	assert_int_equal(service_notify("READY=1"), -ENOENT);
	rmdir(dir);

	snprintf(name, sizeof(name), "@smmu-adopt-test-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	name[0] = 0;
	fd = notify_socket(name, 1 + strlen(name + 1));
	assert_int_equal(service_notify("READY=1"), 1);
	expect_message(fd, "READY=1");
	close(fd);

	setenv("NOTIFY_SOCKET", "relative/path", 1);
	assert_int_equal(service_notify("READY=1"), -EINVAL);
	memset(huge, '/', 200);
	huge[200] = 0;
	setenv("NOTIFY_SOCKET", huge, 1);
	assert_int_equal(service_notify("READY=1"), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

static void test_watchdog(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(service_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(service_watchdog_ms(), 1500);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(service_watchdog_ms(), 1500);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(service_watchdog_ms(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "10", 1);
	assert_int_equal(service_watchdog_ms(), 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(service_watchdog_ms(), 0);
	unsetenv("WATCHDOG_USEC");
}

/* In a child, for descriptor 3 may be somebody's. @fd -1: nothing is passed. */
static int listen_in_child(int fd, const char *count, bool other_pid)
{
	char pid[16];
	int status;
	pid_t child = fork();

	if (child == 0) {
		snprintf(pid, sizeof(pid), "%d", other_pid ? 1 : (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", count, 1);
		if (fd >= 0 && fd != 3)
			dup2(fd, 3);
		else if (fd < 0)
			close(3);
		status = service_listen_fd();
		if (status >= 0 && (getenv("LISTEN_FDS") || getenv("LISTEN_PID") ||
				    !(fcntl(status, F_GETFD) & FD_CLOEXEC)))
			_exit(99);
		_exit(status < 0 ? -status : status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void test_listen(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(listen_in_child(stream, "1", false), ENOENT); /* does not listen yet */
	assert_int_equal(bind(stream, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(stream, 1), 0);
	assert_int_equal(listen_in_child(stream, "1", false), 3);
	assert_int_equal(listen_in_child(stream, "1", true), ENOENT);
	assert_int_equal(listen_in_child(stream, "2", false), ENOENT);
	assert_int_equal(listen_in_child(datagram, "1", false), ENOENT);
	assert_int_equal(listen_in_child(-1, "1", false), ENOENT);
	close(stream);
	close(datagram);
}

#define EVENT(text) (text), sizeof(text)

static void test_bind_events(void **state)
{
	(void)state;
	assert_true(devwatch_is_bind(EVENT("bind@/devices/pci0000:00/0000:00:01.0\0ACTION=bind\0"
					   "SUBSYSTEM=pci\0DRIVER=nvme"),
				     "pci", "0000:00:01.0"));
	assert_false(devwatch_is_bind(EVENT("bind@/devices/pci0000:00/0000:00:01.0\0SUBSYSTEM=pci"),
				      "platform", "0000:00:01.0"));
	assert_false(devwatch_is_bind(EVENT("bind@/devices/pci0000:00/0000:00:01.0\0SUBSYSTEM=pci"),
				      "pci", "00:01.0"));
	assert_false(devwatch_is_bind(EVENT("unbind@/devices/0000:00:01.0\0SUBSYSTEM=pci"), "pci",
				      "0000:00:01.0"));
	assert_false(devwatch_is_bind(EVENT("bind@/devices/0000:00:01.0\0NAME=x"), "pci",
				      "0000:00:01.0"));
	assert_false(
		devwatch_is_bind(EVENT("bind@0000:00:01.0\0SUBSYSTEM=pci"), "pci", "0000:00:01.0"));
	/* Not ended by a NUL, or nothing. */
	assert_false(devwatch_is_bind("bind@/a\0SUBSYSTEM=pci", 20, "pci", "a"));
	assert_false(devwatch_is_bind("", 0, "pci", "a"));
}

static void test_dynlib(void **state)
{
	size_t (*length)(const char *) = NULL, (*nothing)(const char *) = NULL;
	const struct dynlib_symbol symbols[] = { { "strlen", &length },
						 { "no_such_function", &nothing } };
	struct errbuf err = { .text = "" };

	(void)state;
	assert_int_equal(dynlib_load("libno-such-library.so.7", symbols, 1, &err), -ENOENT);
	assert_non_null(strstr(err.text, "libno-such-library.so.7"));
	/* One is missing: none is set. */
	assert_int_equal(dynlib_load("libc.so.6", symbols, 2, &err), -ENOENT);
	assert_string_equal(err.text, "libc.so.6 has no no_such_function");
	assert_null(length);
	assert_int_equal(dynlib_load("libc.so.6", symbols, 1, &err), 0);
	assert_int_equal(length("four"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify), cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_listen), cmocka_unit_test(test_bind_events),
		cmocka_unit_test(test_dynlib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

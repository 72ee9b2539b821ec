// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_journald.c - entries as a listener gets them; a listener that does not
 * read blocks nobody.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/machine/journald.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

static void test_entries(void **state)
{
	struct machine *m = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), fd, i;
	struct rec rec = { .type = REC_RESULT };
	char text[2048];
	ssize_t n;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/journal", m->dir);
	assert_true(journald_open(address.sun_path) < 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	fd = journald_open(address.sun_path);
	assert_true(fd >= 0);
	rec.result.step = 4;
	rec.result.action = REC_ACT_QUIESCE;
	rec.result.outcome = REC_STEP_FAILED;
	rec.result.error = -5;
	strcpy(rec.result.device, "0000:00:01.0");
	strcpy(rec.result.detail, "x\nPRIORITY=0");
	journald_send(fd, &rec);
	n = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = 0;
	assert_non_null(strstr(text, "MESSAGE=quiesce 0000:00:01.0: failed, x?PRIORITY=0\n"));
	assert_non_null(strstr(text, "\nMESSAGE_ID=" MESSAGE_ID_STEP "\nPRIORITY=4\n"));
	assert_non_null(strstr(text, "\nSMMU_ADOPT_DEVICE=0000:00:01.0\n"));
	assert_non_null(strstr(text, "\nERRNO=5\n"));
	/* Far more than any queue takes: this comes back. */
	alarm(600);
	for (i = 0; i < 5000; i++)
		journald_send(fd, &rec);
	alarm(0);
	journald_send(-1, &rec);
	close(fd);
	close(server);
}

/* journald reads again after @ms. What comes of a line sent now, when its queue is full? */
static int send_beside(struct machine *m, uint32_t ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), fd, rc;
	char text[64];
	pid_t pid;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/journal", m->dir);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	fd = journald_open(address.sun_path);
	while (send(fd, "MESSAGE=x\n", 10, MSG_DONTWAIT) > 0)
		;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		clock_sleep_ms(ms);
		while (recv(server, text, sizeof(text), MSG_DONTWAIT) > 0)
			;
		_exit(0);
	}
	rc = journald_send_lines(fd, "MESSAGE=y\n", 10);
	assert_int_equal(fakeclock_wait(pid), 0);
	close(fd);
	close(server);
	return rc;
}

static void test_lines(void **state)
{
	assert_int_equal(send_beside(*state, 1999), 0);
	assert_int_equal(fakeclock_ms(), 1999);
}

static void test_lines_not_taken(void **state)
{
	assert_int_equal(send_beside(*state, 2001), -ETIMEDOUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_clock_set_up, machine_clock_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries),
		TEST(test_lines),
		TEST(test_lines_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/detach.c: whoever waits for a detached daemon does its part when
 * the daemon is too late, or dead.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/detach.h"
#include "daemon/act/hold.h"
#include "daemon/publish.h"
#include "daemon/supervise.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

#define STAGE_MS 1000
#define NIC "0000:00:01.0"

/* A daemon that says after @ms that its stage is over, or dies. Wait for it. */
static void wait_for(struct machine *m, uint32_t ms, bool dies)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		clock_sleep_ms(ms);
		_exit(dies || write(fds[1], "", 1) == 1 ? 0 : 1);
	}
	close(fds[1]);
	detach_wait(&m->root, fds[0], STAGE_MS);
	fakeclock_wait(pid);
	close(fds[0]);
}

static void assert_aborted(struct machine *m, int error, const char *why)
{
	struct story story = { 0 };

	assert_false(machine_held(m, "pci", NIC));
	assert_int_equal(publish_read_story(&m->root, &story), 0);
	assert_int_equal(story.n_stages, 2);
	assert_int_equal(story.stages[0].stage.stage, REC_STAGE_ABORTED);
	assert_int_equal(story.stages[0].stage.error, error);
	assert_string_equal(story.stages[0].stage.text, why);
	assert_int_equal(story.stages[1].stage.stage, REC_STAGE_RELEASED);
	assert_string_equal(story.stages[1].stage.text,
			    "1 holds given back, 0 failed, 0 in a running probe");
	story_clear(&story);
}

static void test_last_millisecond(void **state)
{
	struct machine *m = *state;

	wait_for(m, STAGE_MS + SUPERVISE_GRACE_MS - 1, false);
	assert_int_equal(fakeclock_ms(), STAGE_MS + SUPERVISE_GRACE_MS - 1);
	assert_true(machine_held(m, "pci", NIC));
}

static void test_too_late(void **state)
{
	wait_for(*state, STAGE_MS + SUPERVISE_GRACE_MS + 1, false);
	assert_aborted(*state, -ETIMEDOUT, "the daemon does not answer");
}

static void test_dies(void **state)
{
	wait_for(*state, 10, true);
	assert_int_equal(fakeclock_ms(), 10);
	assert_aborted(*state, -EPIPE, "the daemon died");
}

static int set_up(void **state)
{
	static struct machine m;

	fakeclock_start();
	machine_standard(&m);
	*state = &m;
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_clock_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last_millisecond),
		TEST(test_too_late),
		TEST(test_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

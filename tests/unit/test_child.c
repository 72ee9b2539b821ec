// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/base/child.c: an item that hangs costs its patience and nothing
 * else, all of them the limit; on both sides of each millisecond.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/child.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_spare.h"

#define FOR_EVER UINT32_MAX

static void work(uint32_t ms)
{
	while (ms == FOR_EVER)
		pause();
	clock_sleep_ms(ms);
}

/* ---- one ---- */

struct job {
	uint32_t takes_ms;
	bool dies;
};

static void do_job(void *arg, struct child_result *ret)
{
	const struct job *job = arg;

	work(job->takes_ms);
	if (job->dies)
		_exit(0);
	ret->rc = -ENXIO;
	strcpy(ret->text, "words");
}

static void test_collect(void **state)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct job job = { .takes_ms = 50 };
	struct child_result result;

	(void)state;
	assert_int_equal(child_start(&child, do_job, &job), 0);
	assert_int_equal(child_collect(&child, 49, &result), -EAGAIN);
	assert_int_equal(fakeclock_ms(), 49);
	assert_int_equal(child_collect(&child, 2, &result), 0);
	/* Looked for each millisecond, its end may be seen at the next look. */
	assert_in_range(fakeclock_ms(), 50, 51);
	assert_int_equal(result.rc, -ENXIO);
	assert_string_equal(result.text, "words");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_collect_dead(void **state)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct job job = { .dies = true };
	struct child_result result;

	(void)state;
	assert_int_equal(child_start(&child, do_job, &job), 0);
	assert_int_equal(child_collect(&child, 50, &result), -ECHILD);
	assert_in_range(fakeclock_ms(), 0, 1);
}

/* A child that cannot be killed is left behind after a while, one that can at once. */
static void test_abandon(void **state)
{
	struct child child = CHILD_NONE;
	struct job job = { .takes_ms = FOR_EVER };

	(void)state;
	assert_int_equal(child_start(&child, do_job, &job), 0);
	child_abandon(&child);
	assert_in_range(fakeclock_ms(), 0, 1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	fakeclock_stop();
	fakeclock_start();
	assert_int_equal(child_start(&child, do_job, &job), 0);
	spared = -1;
	child_abandon(&child);
	assert_int_equal(fakeclock_ms(), 50);
	assert_int_equal(child.pid, -1);
	kill(spared, SIGKILL);
	assert_int_equal(waitpid(spared, NULL, 0), spared);
	spared = 0;
}

/* ---- one after the other ---- */

#define ITEMS 6

struct items {
	uint32_t takes_ms[ITEMS];
	int aborts; /* this one */
	struct machine *m;
};

static int item(void *arg, size_t i)
{
	const struct items *items = arg;

	work(items->takes_ms[i]);
	if ((int)i == items->aborts)
		abort();
	return items->m ? fsroot_mkdir(&items->m->root, 0700, "left%zu", i) : (int)i * 10;
}

static void late(void *arg, size_t i, int rc)
{
	const struct items *items = arg;

	if (items->m && rc == 0)
		(void)fsroot_mkdir(&items->m->root, 0700, "late%zu", i);
}

static bool is_there(struct machine *m, const char *word, size_t i)
{
	return fsroot_exists(&m->root, "%s%zu", word, i);
}

static void make_slowly(void *arg, struct child_result *ret)
{
	struct machine *m = arg;

	clock_sleep_ms(50);
	ret->rc = fsroot_mkdir(&m->root, 0700, "left0");
}

static int each(size_t count, struct items *items, uint32_t patience_ms, uint32_t limit_ms,
		int *results)
{
	const struct child_items call = {
		.count = count,
		.fn = item,
		.late = late,
		.arg = items,
		.patience_ms = patience_ms,
		.deadline_ns = clock_now_ns() + clock_ms(limit_ms),
	};

	return child_each(&call, results);
}

static void test_each(void **state)
{
	struct items items = { .takes_ms = { 99, 99, FOR_EVER, 99, 0, 101 }, .aborts = 4 };
	static const int want[ITEMS] = { 0, 10, -ETIMEDOUT, 30, -ECHILD, -ETIMEDOUT };
	int results[ITEMS];

	(void)state;
	assert_int_equal(each(ITEMS, &items, 100, 5000, results), 0);
	assert_memory_equal(results, want, sizeof(want));
	assert_in_range(fakeclock_ms(), 3 * 99 + 2 * 100, 3 * 99 + 2 * 100 + 3);
}

/* Who may be killed is. */
static void test_each_killed(void **state)
{
	struct items items = { .takes_ms = { 0, FOR_EVER }, .aborts = -1 };
	const struct child_items call = {
		.count = 3,
		.fn = item,
		.late = late,
		.arg = &items,
		.patience_ms = 100,
		.deadline_ns = clock_now_ns() + clock_ms(5000),
		.may_kill = true,
	};
	static const int want[] = { 0, -ETIMEDOUT, 20 };
	int results[3];

	(void)state;
	assert_int_equal(child_each(&call, results), 0);
	assert_memory_equal(results, want, sizeof(want));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* On both sides of its patience: what comes late is told so, what comes in time is not. */
static void check_late(void **state, uint32_t takes_ms, int result)
{
	struct items items = { .takes_ms = { takes_ms, 0 }, .aborts = -1, .m = *state };
	int results[2];

	assert_int_equal(each(2, &items, 100, 5000, results), 0);
	assert_int_equal(results[0], result);
	assert_int_equal(results[1], 0);
	assert_false(is_there(items.m, "late", 0));
	clock_sleep_ms(takes_ms);
	assert_true(is_there(items.m, "left", 0));
	assert_int_equal(is_there(items.m, "late", 0), result < 0);
	assert_false(is_there(items.m, "late", 1));
}

static void test_in_time(void **state)
{
	check_late(state, 99, 0);
}

static void test_late(void **state)
{
	check_late(state, 101, -ETIMEDOUT);
}

/* A parent that was killed waits for nothing, though nobody could settle anything. */
static void test_late_for_the_dead(void **state)
{
	struct items items = { .takes_ms = { 50, 0 }, .aborts = -1, .m = *state };
	int results[2];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		(void)each(2, &items, 1000, 5000, results);
		_exit(0);
	}
	clock_sleep_ms(20);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	clock_sleep_ms(40);
	assert_true(is_there(items.m, "late", 0));
	/* And it goes on to nothing else. */
	assert_false(is_there(items.m, "left", 1));
}

/* What asks everybody to end is nothing to a child that is kept. */
static void test_kept(void **state)
{
	struct machine *m = *state;
	struct child child = CHILD_NONE;
	struct child_result result;
	pid_t pid;

	assert_int_equal(child_start_kept(&child, make_slowly, m), 0);
	assert_int_equal(child_collect(&child, 49, &result), -EAGAIN);
	pid = child.pid;
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	child_abandon(&child);
	assert_int_equal(fakeclock_ms(), 49);
	assert_int_equal(child.pid, -1);
	assert_int_equal(child.fd, -1);
	clock_sleep_ms(2);
	assert_true(is_there(m, "left", 0));
	assert_int_equal(fakeclock_wait(pid), 1 << 8); /* nobody reads what it says */
}

/* The limit of all of them cuts an item's patience short. */
static void check_limit(uint32_t limit_ms, int last)
{
	struct items items = { .takes_ms = { 99, 99, 99, 99, 99, 99 }, .aborts = -1 };
	int results[ITEMS];

	assert_int_equal(each(ITEMS, &items, 60000, limit_ms, results), 0);
	assert_int_equal(results[4], 40);
	assert_int_equal(results[5], last);
}

static void test_each_limit(void **state)
{
	(void)state;
	check_limit(6 * 99 + 1, 50);
}

static void test_each_limit_over(void **state)
{
	(void)state;
	check_limit(6 * 99 - 1, -ETIMEDOUT);
	assert_in_range(fakeclock_ms(), 6 * 99 - 1, 6 * 99);
}

static void test_each_none_left(void **state)
{
	struct items items = { .takes_ms = { FOR_EVER }, .aborts = -1 };
	int results[3] = { 0 };

	(void)state;
	assert_int_equal(each(3, &items, 60000, 200, results), 0);
	assert_int_equal(results[0], -ETIMEDOUT);
	assert_int_equal(results[1], -ETIME);
	assert_int_equal(results[2], -ETIME);
	assert_in_range(fakeclock_ms(), 200, 201);
	assert_int_equal(each(0, &items, 100, 200, results), 0);
}

/* ---- left to themselves ---- */

static bool is_left(struct machine *m, size_t i)
{
	return is_there(m, "left", i);
}

/* Each leaves a folder; the first is overtaken, but not cut short. */
static void test_leave_each(void **state)
{
	struct items items = { .takes_ms = { 300 }, .aborts = -1, .m = *state };

	assert_int_equal(child_leave_each(3, item, &items, 50, 10000), 0);
	assert_in_range(fakeclock_ms(), 50, 50 + 4);
	assert_true(is_left(items.m, 1));
	assert_true(is_left(items.m, 2));
	clock_sleep_ms(299 - (uint32_t)fakeclock_ms());
	assert_false(is_left(items.m, 0));
	clock_sleep_ms(2);
	assert_true(is_left(items.m, 0));
}

/* Within its patience an item is waited for. */
static void test_leave_each_in_order(void **state)
{
	struct items items = { .takes_ms = { 49, 49 }, .aborts = -1, .m = *state };

	assert_int_equal(child_leave_each(2, item, &items, 50, 10000), 0);
	assert_in_range(fakeclock_ms(), 2 * 49, 2 * 49 + 4);
}

/* The caller has his own limit, and they go on behind it. */
static void test_leave_each_limit(void **state)
{
	struct items items = { .takes_ms = { 99, 99 }, .aborts = -1, .m = *state };

	assert_int_equal(child_leave_each(2, item, &items, 1000, 150), 0);
	assert_int_equal(fakeclock_ms(), 150);
	assert_true(is_left(items.m, 0));
	assert_false(is_left(items.m, 1));
	clock_sleep_ms(100);
	assert_true(is_left(items.m, 1));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_clock_set_up, machine_clock_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_collect),
		TEST(test_collect_dead),
		TEST(test_abandon),
		TEST(test_each),
		TEST(test_each_limit),
		TEST(test_each_limit_over),
		TEST(test_each_none_left),
		TEST(test_each_killed),
		TEST(test_in_time),
		TEST(test_late),
		TEST(test_late_for_the_dead),
		TEST(test_kept),
		/* The last: what they leave is nobody's to wait for. */
		TEST(test_leave_each),
		TEST(test_leave_each_in_order),
		TEST(test_leave_each_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	assert_int_equal(fakeclock_ms(), 50);
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
	assert_int_equal(fakeclock_ms(), 0);
}

/* A child that cannot be killed is left behind after a while, one that can at once. */
static void test_abandon(void **state)
{
	struct child child = CHILD_NONE;
	struct job job = { .takes_ms = FOR_EVER };

	(void)state;
	assert_int_equal(child_start(&child, do_job, &job), 0);
	child_abandon(&child);
	assert_int_equal(fakeclock_ms(), 0);
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

static void test_each(void **state)
{
	struct items items = { .takes_ms = { 99, 99, FOR_EVER, 99, 0, 101 }, .aborts = 4 };
	static const int want[ITEMS] = { 0, 10, -ETIMEDOUT, 30, -ECHILD, -ETIMEDOUT };
	int results[ITEMS];

	(void)state;
	assert_int_equal(child_each(ITEMS, item, &items, 100, 5000, results), 0);
	assert_memory_equal(results, want, sizeof(want));
	assert_int_equal(fakeclock_ms(), 3 * 99 + 2 * 100);
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* The limit of all of them cuts an item's patience short. */
static void check_limit(uint32_t limit_ms, int last)
{
	struct items items = { .takes_ms = { 99, 99, 99, 99, 99, 99 }, .aborts = -1 };
	int results[ITEMS];

	assert_int_equal(child_each(ITEMS, item, &items, 60000, limit_ms, results), 0);
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
	assert_int_equal(fakeclock_ms(), 6 * 99 - 1);
}

static void test_each_none_left(void **state)
{
	struct items items = { .takes_ms = { FOR_EVER }, .aborts = -1 };
	int results[3] = { 0 };

	(void)state;
	assert_int_equal(child_each(3, item, &items, 60000, 200, results), 0);
	assert_int_equal(results[0], -ETIMEDOUT);
	assert_int_equal(results[1], -ETIMEDOUT);
	assert_int_equal(results[2], -ETIMEDOUT);
	assert_int_equal(fakeclock_ms(), 200);
	assert_int_equal(child_each(0, item, &items, 100, 200, results), 0);
}

/* ---- left to themselves ---- */

static bool is_left(struct machine *m, size_t i)
{
	return fsroot_exists(&m->root, "left%zu", i);
}

/* Each leaves a folder; the first is overtaken, but not cut short. */
static void test_leave_each(void **state)
{
	struct items items = { .takes_ms = { 300 }, .aborts = -1, .m = *state };

	assert_int_equal(child_leave_each(3, item, &items, 50, 10000), 0);
	assert_int_equal(fakeclock_ms(), 50);
	assert_true(is_left(items.m, 1));
	assert_true(is_left(items.m, 2));
	clock_sleep_ms(299 - 50);
	assert_false(is_left(items.m, 0));
	clock_sleep_ms(2);
	assert_true(is_left(items.m, 0));
}

/* Within its patience an item is waited for. */
static void test_leave_each_in_order(void **state)
{
	struct items items = { .takes_ms = { 49, 49 }, .aborts = -1, .m = *state };

	assert_int_equal(child_leave_each(2, item, &items, 50, 10000), 0);
	assert_int_equal(fakeclock_ms(), 2 * 49);
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
		/* The last: what they leave is nobody's to wait for. */
		TEST(test_leave_each),
		TEST(test_leave_each_in_order),
		TEST(test_leave_each_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

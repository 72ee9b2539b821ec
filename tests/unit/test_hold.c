// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/hold.c and daemon/base/child.c: holds are found again from
 * sysfs alone; an item that hangs costs its patience and nothing else.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/child.h"
#include "daemon/base/clock.h"
#include "daemon/hold.h"
#include "daemon/names.h"
#include "daemon/release.h"
#include "tests/unit/support_machine.h"

static int set_up(void **state)
{
	static struct machine m;

	machine_standard(&m);
	machine_device(&m, &(struct machine_device){
				   .bus = "platform", .name = "9000000.dma", .group = 4 });
	*state = &m;
	return 0;
}

static int tear_down(void **state)
{
	machine_free(*state);
	return 0;
}

static void test_set_and_clear(void **state)
{
	struct machine *m = *state;

	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	assert_true(machine_held(m, "pci", "0000:00:01.0"));
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:01.0"), 0);
	assert_string_equal(machine_read(m, "sys/bus/pci/devices/0000:00:01.0/driver_override"),
			    "\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:00.0"), HOLD_BOUND);
	assert_false(machine_held(m, "pci", "0000:00:00.0"));
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:07.0"), -ENODEV);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:07.0"), 0);
	assert_int_equal(hold_set(&m->root, "pci", "../0000:00:01.0"), -EINVAL);
	assert_int_equal(hold_set(&m->root, "../pci", "0000:00:01.0"), -EINVAL);
}

static void test_release_all(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	assert_int_equal(hold_set(&m->root, "platform", "9000000.dma"), 0);
	machine_write(m, "sys/bus/pci/devices/0000:00:02.0/driver_override", "vfio-pci\n");
	assert_int_equal(hold_release_all(&m->root, 500, 5000, &tally, &err), 0);
	assert_int_equal(tally.released, 2);
	assert_int_equal(tally.failed + tally.stuck, 0);
	assert_false(machine_held(m, "pci", "0000:00:01.0"));
	assert_false(machine_held(m, "platform", "9000000.dma"));
	/* Their modules may be loaded: the bus was asked. */
	assert_string_equal(machine_read(m, "sys/bus/pci/drivers_probe"), "0000:00:01.0");
	assert_string_equal(machine_read(m, "sys/bus/platform/drivers_probe"), "9000000.dma");
	/* Somebody else's override is not ours to clear. */
	assert_string_equal(machine_read(m, "sys/bus/pci/devices/0000:00:02.0/driver_override"),
			    "vfio-pci\n");
	assert_int_equal(hold_release_all(&m->root, 500, 5000, &tally, &err), 0);
	assert_int_equal(tally.released, 0);
}

/* An administrator's driver_override is neither overwritten nor cleared. */
static void test_foreign(void **state)
{
	static const char path[] = "sys/bus/pci/devices/0000:00:02.0/driver_override";
	struct machine *m = *state;

	machine_write(m, path, "vfio-pci\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), HOLD_FOREIGN);
	assert_int_equal(hold_pin(&m->root, "pci", "0000:00:02.0"), HOLD_FOREIGN);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:02.0"), HOLD_FOREIGN);
	assert_string_equal(machine_read(m, path), "vfio-pci\n");
	machine_write(
		m, path,
		"a-name-that-is-longer-than-the-room-for-it-is-somebody-elses-as-well-xxxx\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), HOLD_FOREIGN);
	machine_write(m, path, "\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), 0);
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), HOLD_HELD);
}

/* Killed between clearing a hold and asking for the probe: the release asks. */
static void test_release_probes_unheld(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_remove(m, "sys/bus/pci/devices/0000:00:03.0");
	assert_int_equal(release_all(&m->root, 500, 5000, &tally, &err), 0);
	assert_int_equal(tally.released, 0);
	assert_string_equal(machine_read(m, "sys/bus/pci/drivers_probe"), "0000:00:02.0");
	/* Not behind an adopted SMMU, or not known to be: nothing of ours. */
	assert_string_equal(machine_read(m, "sys/bus/platform/drivers_probe"), "");
	machine_write(m, "sys/bus/pci/drivers_probe", "");
	machine_remove(m, "sys/kernel/debug/smmu_adopt");
	assert_int_equal(release_all(&m->root, 500, 5000, &tally, &err), 0);
	assert_string_equal(machine_read(m, "sys/bus/pci/drivers_probe"), "");
}

static void test_release_without_sysfs(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_remove(m, "sys");
	assert_int_equal(hold_release_all(&m->root, 100, 1000, &tally, &err), -ENOENT);
	assert_string_equal(err.text, "sys/bus: No such file or directory");
}

/* ---- children ---- */

static int item(void *arg, size_t i)
{
	const size_t *hang_at = arg;

	if (i == hang_at[0])
		clock_sleep_ms(60000);
	if (i == hang_at[1])
		abort();
	return (int)i * 10;
}

static void test_each(void **state)
{
	size_t hang_at[2] = { 2, 4 };
	int results[6];
	uint64_t begin = clock_now_ns();

	(void)state;
	assert_int_equal(child_each(6, item, hang_at, 100, 5000, results), 0);
	assert_true(clock_now_ns() - begin < clock_ms(3000));
	assert_int_equal(results[0], 0);
	assert_int_equal(results[1], 10);
	assert_int_equal(results[2], -ETIMEDOUT);
	assert_int_equal(results[3], 30);
	assert_int_equal(results[4], -ECHILD);
	assert_int_equal(results[5], 50);
	/* No child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_each_limit(void **state)
{
	size_t hang_at[2] = { 0, 99 };
	int results[3];
	uint64_t begin = clock_now_ns();

	(void)state;
	assert_int_equal(child_each(3, item, hang_at, 60000, 200, results), 0);
	assert_true(clock_now_ns() - begin < clock_ms(3000));
	assert_int_equal(results[0], -ETIMEDOUT);
	assert_int_equal(results[1], -ETIMEDOUT);
	assert_int_equal(results[2], -ETIMEDOUT);
	assert_int_equal(child_each(0, item, hang_at, 100, 200, results), 0);
}

/* Leaves a folder per item; the first is slow. */
static int slow_item(void *arg, size_t i)
{
	struct machine *m = arg;

	if (i == 0)
		clock_sleep_ms(300);
	return fsroot_mkdir(&m->root, 0700, "left%zu", i);
}

static void test_leave_each(void **state)
{
	struct machine *m = *state;
	int i;

	assert_int_equal(child_leave_each(3, slow_item, m, 50, 10000), 0);
	assert_true(fsroot_exists(&m->root, "left1"));
	assert_true(fsroot_exists(&m->root, "left2"));
	/* It was overtaken, but not cut short. */
	for (i = 0; i < 1000 && !fsroot_exists(&m->root, "left0"); i++)
		clock_sleep_ms(10);
	assert_true(fsroot_exists(&m->root, "left0"));
}

static void job(void *arg, struct child_result *ret)
{
	switch (*(int *)arg) {
	case 0:
		ret->rc = -ENXIO;
		strcpy(ret->text, "words");
		return;
	case 1: clock_sleep_ms(60000); return;
	default: _exit(0);
	}
}

static void test_child(void **state)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result;
	int what = 0;

	(void)state;
	assert_int_equal(child_start(&child, job, &what), 0);
	assert_int_equal(child_collect(&child, 5000, &result), 0);
	assert_int_equal(result.rc, -ENXIO);
	assert_string_equal(result.text, "words");
	what = 1;
	assert_int_equal(child_start(&child, job, &what), 0);
	assert_int_equal(child_collect(&child, 50, &result), -EAGAIN);
	child_abandon(&child);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	what = 2;
	assert_int_equal(child_start(&child, job, &what), 0);
	assert_int_equal(child_collect(&child, 5000, &result), -ECHILD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_clear),
		TEST(test_release_all),
		TEST(test_foreign),
		TEST(test_release_probes_unheld),
		TEST(test_release_without_sysfs),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_each_limit),
		cmocka_unit_test(test_child),
		/* The last: what it leaves is nobody's to wait for. */
		TEST(test_leave_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

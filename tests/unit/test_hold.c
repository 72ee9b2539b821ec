// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/hold.c and daemon/act/release.c: holds are found again from sysfs
 * alone. lib/base/child.c has its tests in test_child.c.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/act/hold.h"
#include "lib/story/names.h"
#include "daemon/act/release.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

static int set_up(void **state)
{
	static struct machine m;

	fakeclock_start();
	machine_standard(&m);
	machine_device(&m, &(struct machine_device){
				   .bus = "platform", .name = "9000000.dma", .group = 4 });
	*state = &m;
	return 0;
}

static int tear_down(void **state)
{
	machine_free(*state);
	fakeclock_stop();
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

#define PROBE "sys/bus/pci/drivers_probe"

static void release(struct machine *m)
{
	struct hold_tally tally;
	struct errbuf err;

	assert_int_equal(release_all(&m->root, 500, 5000, &tally, &err), 0);
}

/* Of the probes of two devices, both of which hang, each has its patience. */
static void test_release_probes_hang(void **state)
{
	struct machine *m = *state;
	int lock;

	machine_remove(m, "sys/bus/pci/devices/0000:00:03.0");
	lock = machine_lock(m, PROBE);
	release(m);
	assert_int_equal(fakeclock_ms(), 2 * 100);
	machine_unlock(lock);
}

/* They are left to themselves after a while, and go on. */
static void test_release_probes_are_left(void **state)
{
	struct machine *m = *state;
	int lock;

	machine_device(m, &(struct machine_device){ .name = "0000:00:04.0", .group = 5 });
	machine_records_more(m,
			     "device phase=now name=0000:00:04.0 bus=pci flags=group,config-read "
			     "group=5 sids=32\n");
	lock = machine_lock(m, PROBE);
	release(m);
	assert_int_equal(fakeclock_ms(), 300);
	machine_unlock(lock);
	clock_sleep_ms(1);
	assert_string_not_equal(machine_read(m, PROBE), "");
}

/* Reading the helper's records may hang as well. */
static void test_release_helper_hangs(void **state)
{
	static const char records[] = PATH_HELPER "/" MACHINE_SMMU "/records";
	struct machine *m = *state;
	char path[256];

	machine_remove(m, records);
	(void)snprintf(path, sizeof(path), "%s/%s", m->dir, records);
	assert_int_equal(mkfifo(path, 0600), 0);
	release(m);
	assert_int_equal(fakeclock_ms(), 500);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_clear),
		TEST(test_release_all),
		TEST(test_foreign),
		TEST(test_release_probes_unheld),
		TEST(test_release_without_sysfs),
		TEST(test_release_probes_hang),
		TEST(test_release_probes_are_left),
		TEST(test_release_helper_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

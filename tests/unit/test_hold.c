// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/hold.c and daemon/act/release.c: holds are found again from sysfs
 * alone. lib/base/child.c has its tests in test_child.c.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <signal.h>

#include "daemon/act/hold.h"
#include "lib/machine/journal.h"
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

static u64 in_ms(u64 ms)
{
	return clock_now_ns() + clock_ms(ms);
}

static void test_set_and_clear(void **state)
{
	struct machine *m = *state;

	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	assert_true(machine_held(m, "pci", "0000:00:01.0"));
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:01.0", TURN_ANY), 0);
	assert_string_equal(machine_read(m, "sys/bus/pci/devices/0000:00:01.0/driver_override"),
			    "\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:00.0"), ACT_BOUND);
	assert_false(machine_held(m, "pci", "0000:00:00.0"));
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:07.0"), -ENODEV);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:07.0", TURN_ANY), 0);
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
	assert_int_equal(hold_release_all(&m->root, 500, in_ms(5000), &tally, &err), 0);
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
	assert_int_equal(hold_release_all(&m->root, 500, in_ms(5000), &tally, &err), 0);
	assert_int_equal(tally.released, 0);
}

/* An administrator's driver_override is neither overwritten nor cleared. */
static void test_foreign(void **state)
{
	static const char path[] = "sys/bus/pci/devices/0000:00:02.0/driver_override";
	struct machine *m = *state;

	machine_write(m, path, "vfio-pci\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), ACT_FOREIGN);
	assert_int_equal(hold_pin(&m->root, "pci", "0000:00:02.0"), ACT_FOREIGN);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:02.0", TURN_ANY), ACT_FOREIGN);
	assert_string_equal(machine_read(m, path), "vfio-pci\n");
	machine_write(
		m, path,
		"a-name-that-is-longer-than-the-room-for-it-is-somebody-elses-as-well-xxxx\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), ACT_FOREIGN);
	machine_write(m, path, "\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), 0);
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), ACT_HELD);
}

/* A driver_override that cannot be read may be anybody's: it is neither written nor cleared. */
static void test_unreadable(void **state)
{
	static const char path[] = "sys/devices/pci0000:00/0000:00:02.0/driver_override";
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_remove(m, path);
	machine_link(m, path, "driver_override");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), -ELOOP);
	assert_int_equal(hold_pin(&m->root, "pci", "0000:00:02.0"), -ELOOP);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:02.0", TURN_ANY), -ELOOP);
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	assert_int_equal(hold_release_all(&m->root, 500, in_ms(5000), &tally, &err), 0);
	assert_int_equal(tally.released, 1);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(hold_tally_error(&tally), -EIO);
	assert_false(machine_held(m, "pci", "0000:00:01.0"));
}

/* Without root's right to read and write everything, in a child. */
static int pins_unprivileged(struct machine *m)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { .effective = 0 } };
	pid_t pid = fork();

	if (pid == 0) {
		if (syscall(SYS_capset, &header, none) < 0)
			_exit(0);
		_exit(-hold_pin(&m->root, "pci", "0000:00:02.0"));
	}
	assert_true(pid > 0);
	return -WEXITSTATUS(fakeclock_wait(pid));
}

/* It could be written, and somebody's name be lost. */
static void test_writable_only(void **state)
{
	static const char path[] = "sys/devices/pci0000:00/0000:00:02.0/driver_override";
	struct machine *m = *state;

	machine_write(m, path, "vfio-pci\n");
	assert_int_equal(fchmodat(m->root.fd, path, 0200, 0), 0);
	assert_int_equal(pins_unprivileged(m), -EACCES);
	assert_int_equal(fchmodat(m->root.fd, path, 0600, 0), 0);
	assert_string_equal(machine_read(m, path), "vfio-pci\n");
}

/* No such file and no such device are two things. */
static void test_no_override(void **state)
{
	struct machine *m = *state;

	machine_remove(m, "sys/devices/pci0000:00/0000:00:02.0/driver_override");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:02.0"), -ENOENT);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:02.0", TURN_ANY), -ENOENT);
	/* The link to it is there; that it leads nowhere is no news of the device. */
	machine_remove(m, "sys/bus/pci/devices/0000:00:01.0");
	machine_link(m, "sys/bus/pci/devices/0000:00:01.0", "0000:00:01.0");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), -ELOOP);
	assert_int_equal(hold_probe(&m->root, "pci", "0000:00:01.0"), -ELOOP);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:01.0", TURN_ANY), -ELOOP);
}

/* One bus that cannot be read keeps nothing on the others in place. */
static void test_release_unreadable_bus(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_write(m, "sys/bus/a/devices", "no folder\n");
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:01.0"), 0);
	assert_int_equal(hold_release_all(&m->root, 500, in_ms(5000), &tally, &err), -ENOTDIR);
	assert_string_equal(err.text, "sys/bus/a/devices: Not a directory");
	assert_int_equal(tally.released, 1);
	assert_false(machine_held(m, "pci", "0000:00:01.0"));
}

#define CONFIG(name) "sys/bus/pci/devices/" name "/config"

/* A hold on a device with a driver says that bus mastering was switched off under it. */
static void test_release_gives_master_back(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_device(m, &(struct machine_device){
				  .name = "0000:00:05.0", .driver = "ahci", .off = true });
	assert_int_equal(hold_pin(&m->root, "pci", "0000:00:05.0"), 0);
	assert_int_equal(hold_release_all(&m->root, 500, in_ms(5000), &tally, &err), 0);
	assert_int_equal(tally.released, 1);
	assert_true(machine_is_master(m, "0000:00:05.0"));
	assert_false(machine_held(m, "pci", "0000:00:05.0"));
	/* Of one without a driver, bus mastering is its driver's to switch on. */
	assert_int_equal(hold_set(&m->root, "pci", "0000:00:03.0"), 0);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:03.0", TURN_ANY), 0);
	assert_false(machine_is_master(m, "0000:00:03.0"));
}

/* Where config space may not be written, as if under lockdown: probed anew by its driver. */
static void test_release_takes_driver_away(void **state)
{
	struct machine *m = *state;

	machine_device(m, &(struct machine_device){
				  .name = "0000:00:05.0", .driver = "ahci", .off = true });
	machine_write(m, "sys/bus/pci/drivers/ahci/unbind", "");
	machine_write(m, CONFIG("0000:00:05.0"), "");
	assert_int_equal(hold_pin(&m->root, "pci", "0000:00:05.0"), 0);
	assert_int_equal(hold_clear(&m->root, "pci", "0000:00:05.0", TURN_ANY), 0);
	assert_string_equal(machine_read(m, "sys/bus/pci/drivers/ahci/unbind"), "0000:00:05.0");
	assert_false(machine_held(m, "pci", "0000:00:05.0"));
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

#define OVERRIDE(name) "sys/bus/pci/devices/" name "/driver_override"
#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"

/* One limit for all there is: locks that are not given back, probes, the helper. */
static void test_release_limit(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;
	int locks[3];

	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	assert_int_equal(hold_set(&m->root, "pci", DISK), 0);
	assert_int_equal(hold_set(&m->root, "platform", "9000000.dma"), 0);
	locks[0] = machine_lock(m, OVERRIDE(NIC));
	locks[1] = machine_lock(m, "sys/bus/platform/drivers_probe");
	locks[2] = machine_lock(m, PROBE);
	assert_int_equal(release_all(&m->root, 500, 700, &tally, &err), 0);
	assert_in_range(fakeclock_ms(), 700, 710);
	assert_int_equal(tally.released, 2);
	assert_int_equal(tally.stuck, 1);
	assert_int_equal(hold_tally_error(&tally), -EBUSY);
	while (fakeclock_ms() < 800)
		clock_sleep_ms(1);
	machine_unlock(locks[0]);
	machine_unlock(locks[1]);
	machine_unlock(locks[2]);
	clock_sleep_ms(500);
	/* What was left behind has gone on. */
	assert_false(machine_held(m, "pci", NIC));
	assert_string_equal(machine_read(m, "sys/bus/platform/drivers_probe"), "9000000.dma");
}

/* The last of the locks is given back @ms after the start; there are 1000 ms for all. */
static void release_beside(struct machine *m, uint32_t ms, struct hold_tally *tally)
{
	struct errbuf err;
	pid_t pid;
	int lock;

	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	lock = machine_lock(m, OVERRIDE(NIC));
	pid = machine_unlock_after(lock, ms);
	assert_int_equal(release_all(&m->root, 5000, 1000, tally, &err), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_release_in_time(void **state)
{
	struct hold_tally tally;

	release_beside(*state, 999, &tally);
	assert_int_equal(tally.released, 1);
	assert_in_range(fakeclock_ms(), 999, 1000);
}

/* Those behind it never had their turn: it comes behind us. */
static void test_release_too_late(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;

	assert_int_equal(hold_set(&m->root, "pci", DISK), 0);
	release_beside(m, 1001, &tally);
	assert_int_equal(tally.released, 0);
	assert_true(tally.stuck >= 2);
	clock_sleep_ms(20);
	assert_false(machine_held(m, "pci", NIC));
	assert_false(machine_held(m, "pci", DISK));
}

static void test_release_without_sysfs(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;

	machine_remove(m, "sys");
	assert_int_equal(hold_release_all(&m->root, 100, in_ms(1000), &tally, &err), -ENOENT);
	assert_string_equal(err.text, "sys/bus: No such file or directory");
}

/* More devices than a bus may have for us to look at, and a hold on one of them. */
static void test_release_many(void **state)
{
	struct machine *m = *state;
	struct hold_tally tally;
	struct errbuf err;
	char path[64];
	int i;

	machine_write(m, "sys/bus/big/devices/.keep", "");
	for (i = 0; i < 65537; i++) {
		(void)snprintf(path, sizeof(path), "sys/bus/big/devices/%d", i);
		assert_int_equal(symlinkat("../../../devices/none", m->root.fd, path), 0);
	}
	machine_device(m, &(struct machine_device){ .name = "z", .bus = "big", .group = 1 });
	machine_write(m, "sys/bus/big/drivers_probe", "");
	machine_device(m, &(struct machine_device){ .name = NIC, .group = 1 });
	assert_int_equal(hold_set(&m->root, "big", "z"), 0);
	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	assert_int_equal(hold_release_all(&m->root, 60000, in_ms(600000), &tally, &err), 0);
	assert_int_equal(tally.released, 2);
	assert_int_equal(tally.failed + tally.stuck, 0);
	assert_false(machine_held(m, "big", "z"));
	assert_false(machine_held(m, "pci", NIC));
}

/* ---- whose turn it is ---- */

static pid_t other_daemon(struct machine *m)
{
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (!pid) {
		if (!turn_take(&m->root))
			_exit(1);
		for (;;)
			pause();
	}
	/* It has the lock when we cannot have it. */
	fd = fsroot_openat(&m->root, O_RDWR | O_CREAT, 0600, "%s", PATH_LOCK);
	assert_true(fd >= 0);
	for (;;) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

		assert_int_equal(fcntl(fd, F_GETLK, &lock), 0);
		if (lock.l_type != F_UNLCK)
			break;
		clock_sleep_ms(1);
	}
	close(fd);
	return pid;
}

static void step(struct journal *journal, u32 action)
{
	struct rec rec = { .type = REC_STEP };

	rec.step.action = (u16)action;
	strcpy(rec.step.device, NIC);
	journal_write(journal, &rec);
}

static void result(struct journal *journal, u32 action, u32 outcome)
{
	struct rec rec = { .type = REC_RESULT };

	rec.result.action = (u16)action;
	rec.result.outcome = (u16)outcome;
	strcpy(rec.result.device, NIC);
	journal_write(journal, &rec);
}

/* Clears, for a daemon that is no more, what is held: that gets @rc. */
static void clear_for_the_dead(struct machine *m, int rc)
{
	assert_int_equal(hold_clear(&m->root, "pci", NIC, 1), rc);
	assert_int_equal(machine_held(m, "pci", NIC), rc != 0);
	hold_set(&m->root, "pci", NIC);
}

static void test_turn(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct errbuf err;
	pid_t pid;

	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	assert_int_equal(turn_now(&m->root), 0);
	assert_int_equal(journal_open(&journal, &m->root, &err), 0);
	journal_stage(&journal, REC_STAGE_START, 0, "the first");
	step(&journal, REC_ACT_HOLD);
	result(&journal, REC_ACT_HOLD, REC_STEP_DONE);
	/* Nobody came since. */
	clear_for_the_dead(m, 0);
	pid = other_daemon(m);
	assert_int_equal(turn_now(&m->root), pid);
	/* What it has not begun to hold since its start was given back before. */
	journal_stage(&journal, REC_STAGE_START, 0, "the second");
	clear_for_the_dead(m, 0);
	step(&journal, REC_ACT_HOLD);
	clear_for_the_dead(m, -ESTALE);
	result(&journal, REC_ACT_HOLD, REC_STEP_DONE);
	clear_for_the_dead(m, -ESTALE);
	/* Its own may, and who is beside everybody. */
	assert_int_equal(hold_clear(&m->root, "pci", NIC, pid), 0);
	hold_set(&m->root, "pci", NIC);
	assert_int_equal(hold_clear(&m->root, "pci", NIC, TURN_ANY), 0);
	hold_set(&m->root, "pci", NIC);
	/* On its way to a driver, it is to be cleared by whomever. */
	step(&journal, REC_ACT_BIND);
	clear_for_the_dead(m, 0);
	journal_stage(&journal, REC_STAGE_RELEASED, 0, "all");
	step(&journal, REC_ACT_HOLD);
	result(&journal, REC_ACT_HOLD, REC_STEP_TIMEOUT);
	clear_for_the_dead(m, 0);
	journal_close(&journal);
	kill(pid, SIGKILL);
	assert_int_equal(fakeclock_wait(pid), SIGKILL);
	assert_int_equal(turn_now(&m->root), 0);
}

/* It is written anew, in the order of those who want the device's lock: one may wait to clear it.
 */
static void test_taken_over(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	assert_int_equal(hold_set(&m->root, "pci", NIC), 0);
	pid = machine_unlock_after(machine_lock(m, "sys/bus/pci/devices/" NIC "/driver_override"),
				   50);
	assert_int_equal(hold_set(&m->root, "pci", NIC), ACT_HELD);
	assert_int_equal(fakeclock_ms(), 50);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_true(machine_held(m, "pci", NIC));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_clear),
		TEST(test_release_all),
		TEST(test_foreign),
		TEST(test_release_gives_master_back),
		TEST(test_release_takes_driver_away),
		TEST(test_release_probes_unheld),
		TEST(test_release_without_sysfs),
		TEST(test_release_probes_hang),
		TEST(test_release_probes_are_left),
		TEST(test_release_helper_hangs),
		TEST(test_unreadable),
		TEST(test_writable_only),
		TEST(test_no_override),
		TEST(test_release_unreadable_bus),
		TEST(test_release_limit),
		TEST(test_release_in_time),
		TEST(test_release_too_late),
		/* By the kernel's clock: it looks for nobody at each device. */
		cmocka_unit_test_setup_teardown(test_release_many, machine_set_up,
						machine_tear_down),
		TEST(test_turn),
		TEST(test_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

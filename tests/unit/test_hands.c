// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the deadlines of daemon/act/hands.c on both sides of each millisecond:
 * locks that are not given back, modules that do not load, drivers that come late
 * or never.
 */
#include "tests/unit/cmocka_all.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/act/act.h"
#include "daemon/act/driverless.h"
#include "lib/plan/drivers.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_open.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define OVERRIDE(name) "sys/bus/pci/devices/" name "/driver_override"
#define PROBE "sys/bus/pci/drivers_probe"
#define DEVICES_MAX 12
#define HOLD_MS 5000

#define assert_took(ms) assert_int_equal(fakeclock_ms(), ms)

struct bench {
	struct machine m;
	struct act_real real;
	struct inv_device devices[DEVICES_MAX];
	char detail[ACT_DETAIL_BYTES];
	pid_t other; /* does something by and by */
};

#define FOR_EVER UINT32_MAX

static uint32_t loading_ms; /* how long it takes to find out that there is no library */

/* In place of the C library's. */
void *dlopen(const char *name, int flags)
{
	(void)name, (void)flags;
	while (loading_ms == FOR_EVER)
		pause();
	clock_sleep_ms(loading_ms);
	return NULL;
}

static void add(struct bench *b, int i, const char *name)
{
	(void)snprintf(b->devices[i].name, sizeof(b->devices[i].name), "%.20s", name);
	strcpy(b->devices[i].bus, "pci");
	b->devices[i].pci = true;
}

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	fakeclock_start();
	machine_standard(&b.m);
	b.real.root = &b.m.root;
	loading_ms = 0;
	add(&b, 0, NIC);
	add(&b, 1, DISK);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (b->other)
		assert_int_equal(fakeclock_wait(b->other), 0);
	fakeclock_stop();
	machine_free(&b->m);
	return 0;
}

/* Nobody may write there, for ever or for @ms. */
static void lock(struct bench *b, const char *path, uint32_t ms)
{
	int fd = machine_lock(&b->m, path);

	if (ms != FOR_EVER)
		b->other = machine_unlock_after(fd, ms);
}
/* ---- hold, release ---- */

static void check_hold(struct bench *b, uint32_t locked_ms, int result)
{
	const struct inv_device *devices[2] = { &b->devices[0], &b->devices[1] };
	int results[2];

	lock(b, OVERRIDE(NIC), locked_ms);
	assert_int_equal(act_real_ops.hold(&b->real, devices, 2, HOLD_MS, results), 0);
	assert_int_equal(results[0], result);
	assert_int_equal(results[1], 0);
	assert_true(machine_held(&b->m, "pci", DISK));
}

static void test_hold(void **state)
{
	check_hold(*state, 499, 0);
	assert_took(499);
}

static void test_hold_patience(void **state)
{
	check_hold(*state, 501, -ETIMEDOUT);
	assert_took(500);
}

/* Given up, a hold that comes all the same is nobody's: it is taken back, and the bus is asked. */
static void test_hold_too_late(void **state)
{
	struct bench *b = *state;

	check_hold(b, 501, -ETIMEDOUT);
	clock_sleep_ms(10);
	assert_string_equal(machine_read(&b->m, OVERRIDE(NIC)), "\n");
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
	assert_true(machine_held(&b->m, "pci", DISK));
}

/* The same for a hold that was there before: it was said to have failed. */
static void test_taking_over_too_late(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, OVERRIDE(NIC), "smmu-adopt-hold\n");
	check_hold(b, 501, -ETIMEDOUT);
	clock_sleep_ms(10);
	assert_string_equal(machine_read(&b->m, OVERRIDE(NIC)), "\n");
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* ---- whose holds there are ---- */

static void check_held(struct bench *b, size_t n, uint32_t wait_ms, int *results)
{
	const struct inv_device *devices[2] = { &b->devices[0], &b->devices[1] };

	assert_int_equal(act_real_ops.held(&b->real, devices, n, wait_ms, results), 0);
}

static void test_held(void **state)
{
	struct bench *b = *state;
	int results[2];

	machine_write(&b->m, OVERRIDE(NIC), "smmu-adopt-hold\n");
	check_held(b, 2, 1000, results);
	assert_int_equal(results[0], ACT_HELD);
	assert_int_equal(results[1], 0);
	machine_write(&b->m, OVERRIDE(NIC), "vfio-pci\n");
	machine_remove(&b->m, OVERRIDE(DISK));
	check_held(b, 2, 1000, results);
	assert_int_equal(results[0], ACT_FOREIGN);
	assert_int_equal(results[1], 0);
	/* No time, no answer. */
	check_held(b, 2, 0, results);
	assert_int_equal(results[0], -ETIME);
	assert_int_equal(results[1], -ETIME);
	assert_took(0);
}

/* On some kernels whoever reads it waits for the device's lock. */
static void check_read(struct bench *b, uint32_t locked_ms, int result)
{
	int results[2];

	open_locks_readers = 1;
	lock(b, OVERRIDE(NIC), locked_ms);
	check_held(b, 2, 1000, results);
	open_locks_readers = 0;
	assert_int_equal(results[0], result);
	assert_int_equal(results[1], 0);
}

static void test_held_in_time(void **state)
{
	check_read(*state, 499, 0);
	assert_took(499);
}

static void test_held_patience(void **state)
{
	check_read(*state, 501, -ETIMEDOUT);
	assert_took(500);
}

/* A worker that was killed waits for nothing, and the release pass after it saw no hold. */
static void test_hold_of_the_dead(void **state)
{
	struct bench *b = *state;
	const struct inv_device *devices[1] = { &b->devices[0] };
	int results[1];
	pid_t pid;

	lock(b, OVERRIDE(NIC), 200);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)act_real_ops.hold(&b->real, devices, 1, HOLD_MS, results);
		_exit(0);
	}
	clock_sleep_ms(100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	clock_sleep_ms(110);
	assert_false(machine_held(&b->m, "pci", NIC));
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* Eleven times its patience would be more than there is for all. */
static void test_hold_limit(void **state)
{
	const struct inv_device *devices[DEVICES_MAX];
	struct bench *b = *state;
	int results[DEVICES_MAX], i;
	char text[80];

	for (i = 0; i < DEVICES_MAX; i++) {
		(void)snprintf(text, sizeof(text), "0000:01:%02x.0", (unsigned int)i);
		machine_device(&b->m, &(struct machine_device){ .name = text, .group = 9 });
		add(b, i, text);
		devices[i] = &b->devices[i];
		(void)snprintf(text, sizeof(text), OVERRIDE("%s"), b->devices[i].name);
		if (i != DEVICES_MAX - 1)
			lock(b, text, FOR_EVER);
	}
	assert_int_equal(act_real_ops.hold(&b->real, devices, DEVICES_MAX, HOLD_MS, results), 0);
	assert_took(5000);
	for (i = 0; i < DEVICES_MAX; i++)
		assert_int_equal(results[i], -ETIMEDOUT);
	/* The last one was free, but its turn never came. */
	assert_false(machine_held(&b->m, "pci", b->devices[DEVICES_MAX - 1].name));
}

static void test_release(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 499);
	assert_int_equal(act_real_ops.release(&b->real, &b->devices[0]), 0);
	assert_took(499);
}

static void test_release_patience(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 501);
	assert_int_equal(act_real_ops.release(&b->real, &b->devices[0]), -ETIMEDOUT);
	assert_took(500);
	/* It is given back all the same, and the bus is asked. */
	clock_sleep_ms(10);
	assert_string_equal(machine_read(&b->m, OVERRIDE(NIC)), "\n");
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* Its new driver's probe is not waited for longer, and goes on. */
static void test_release_probe(void **state)
{
	struct bench *b = *state;

	lock(b, PROBE, 600);
	assert_int_equal(act_real_ops.release(&b->real, &b->devices[0]), 0);
	assert_took(500);
	assert_string_equal(machine_read(&b->m, PROBE), "");
	clock_sleep_ms(110);
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* Nobody waits for the lock; when it is free the hold goes, and the bus is asked. */
static void test_let_go(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, OVERRIDE(NIC), HOLD_DRIVER);
	lock(b, OVERRIDE(NIC), 60000);
	assert_int_equal(act_real_ops.let_go(&b->real, &b->devices[0]), 0);
	assert_took(0);
	clock_sleep_ms(59990);
	assert_true(machine_held(&b->m, "pci", NIC));
	clock_sleep_ms(20);
	assert_false(machine_held(&b->m, "pci", NIC));
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* ---- calls that take the device's lock ---- */

static void test_locked_call(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 699);
	/* There is no driver to unbind: it got that far. */
	assert_int_equal(act_real_ops.unbind(&b->real, &b->devices[0], 700), -ENOENT);
	assert_took(699);
}

static void test_locked_call_over(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 701);
	assert_int_equal(act_real_ops.unbind(&b->real, &b->devices[0], 700), -ETIMEDOUT);
	assert_took(700);
	/* Who waits for a lock does what he was about to: better to the end. */
	clock_sleep_ms(10);
	assert_true(machine_held(&b->m, "pci", NIC));
}

/* But a hold that no release sees any more is none. */
static void test_unbind_of_the_dead(void **state)
{
	struct bench *b = *state;
	pid_t pid;

	lock(b, OVERRIDE(NIC), 200);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(act_real_ops.unbind(&b->real, &b->devices[0], 700) != 0);
	clock_sleep_ms(100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	clock_sleep_ms(110);
	assert_string_equal(machine_read(&b->m, OVERRIDE(NIC)), "\n");
}

static void test_load_hangs(void **state)
{
	struct bench *b = *state;

	loading_ms = FOR_EVER;
	assert_int_equal(act_real_ops.load(&b->real, &b->devices[0], 700, b->detail), -ETIMEDOUT);
	assert_took(700);
	assert_string_equal(b->detail, "loading the module takes longer than its deadline");
	/* It is left to itself: a driver's probe may be in it. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
}

/* Names of modules, for rules that ask for them: all of them within two seconds. */
static void find_modules(struct bench *b, uint32_t each_ms)
{
	struct inventory inv = { .devices = b->devices, .count = 2 };
	struct config config = { .rules = { { .driver = "nvme" } }, .n_rules = 1 };

	machine_write(&b->m, "proc/sys/kernel/osrelease", "6.12.0\n");
	machine_write(&b->m, "lib/modules/6.12.0/.keep", "");
	loading_ms = each_ms;
	drivers_name_modules(&b->m.root, &inv, &config);
}

static void test_module_names(void **state)
{
	find_modules(*state, 999);
	assert_took(2 * 999);
}

static void test_module_names_limit(void **state)
{
	find_modules(*state, 1010);
	assert_took(2000);
}

/* ---- bind ---- */

static int bind_nic(struct bench *b, uint32_t wait_ms)
{
	return act_real_ops.bind(&b->real, &b->devices[0], wait_ms, b->detail);
}

/* A driver that takes the device some time after the bus was asked. */
static void driver_after(struct bench *b, uint32_t ms)
{
	b->other = fork();
	assert_true(b->other >= 0);
	if (b->other)
		return;
	clock_sleep_ms(ms);
	machine_link(&b->m, "sys/bus/pci/devices/" NIC "/driver",
		     "../../../bus/pci/drivers/e1000e");
	_exit(0);
}

static void test_bind_late(void **state)
{
	struct bench *b = *state;

	driver_after(b, 299);
	assert_int_equal(bind_nic(b, 5000), 0);
	assert_took(300);
	assert_string_equal(b->detail, "e1000e");
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

static void test_bind_grace(void **state)
{
	struct bench *b = *state;

	driver_after(b, 305);
	assert_int_equal(bind_nic(b, 5000), -ENXIO);
	assert_took(300);
	assert_string_equal(b->detail, "no driver accepted the device");
}

/* Nobody tells of a link: it is looked for ten times in a second. */
static void test_bind_is_looked_for(void **state)
{
	struct bench *b = *state;

	driver_after(b, 110);
	assert_int_equal(bind_nic(b, 5000), 0);
	assert_took(200);
}

static void test_bind_probe_returns(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 999);
	assert_int_equal(bind_nic(b, 999 + 301), -ENXIO);
	assert_took(999 + 300);
}

static void test_bind_probe_hangs(void **state)
{
	struct bench *b = *state;

	lock(b, OVERRIDE(NIC), 1005);
	assert_int_equal(bind_nic(b, 1000), -ETIMEDOUT);
	assert_took(1000);
	assert_string_equal(b->detail, "the driver's probe takes longer than its deadline");
	/* It is not cut short: slow is not stuck. */
	clock_sleep_ms(10);
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* Nor by who ends all of us, or by the end of the worker. */
static void test_bind_outlives_worker(void **state)
{
	struct bench *b = *state;
	pid_t pid;

	lock(b, OVERRIDE(NIC), 500);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(bind_nic(b, 1000) != 0);
	clock_sleep_ms(100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	clock_sleep_ms(410);
	assert_string_equal(machine_read(&b->m, PROBE), NIC);
}

/* For as long as it cannot be read what became of it, it is not gone. */
static void test_bind_unreadable(void **state)
{
	struct bench *b = *state;

	machine_remove(&b->m, "sys/bus/pci/devices/" NIC);
	machine_link(&b->m, "sys/bus/pci/devices/" NIC, NIC);
	assert_int_equal(bind_nic(b, 5000), -ELOOP);
	assert_took(300);
}

/* Deferred, it is waited for as long as there is time, and not only for the grace. */
static void test_bind_deferred(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, "sys/kernel/debug/devices_deferred", NIC "\tplatform: later\n");
	driver_after(b, 1899);
	assert_int_equal(bind_nic(b, 2000), 0);
	assert_took(1900);
}

static void test_bind_deferred_too_long(void **state)
{
	struct bench *b = *state;

	machine_write(&b->m, "sys/kernel/debug/devices_deferred", NIC "\tplatform: later\n");
	driver_after(b, 2005);
	assert_int_equal(bind_nic(b, 2000), -ETIMEDOUT);
	assert_took(2000);
	assert_string_equal(b->detail, "the kernel deferred the probe");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hold),
		TEST(test_hold_patience),
		TEST(test_hold_limit),
		TEST(test_hold_too_late),
		TEST(test_taking_over_too_late),
		TEST(test_held),
		TEST(test_held_in_time),
		TEST(test_held_patience),
		TEST(test_hold_of_the_dead),
		TEST(test_release),
		TEST(test_release_patience),
		TEST(test_locked_call),
		TEST(test_locked_call_over),
		TEST(test_unbind_of_the_dead),
		TEST(test_load_hangs),
		TEST(test_module_names),
		TEST(test_module_names_limit),
		TEST(test_bind_late),
		TEST(test_bind_grace),
		TEST(test_bind_is_looked_for),
		TEST(test_bind_probe_returns),
		TEST(test_bind_probe_hangs),
		TEST(test_bind_outlives_worker),
		TEST(test_bind_unreadable),
		TEST(test_bind_deferred),
		TEST(test_bind_deferred_too_long),
		/* The last: what they leave is nobody's to wait for. */
		TEST(test_let_go),
		TEST(test_release_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

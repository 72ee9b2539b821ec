// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/early.c: what is held before the SMMU has a driver, and what of that
 * is given back when it is known which devices are whose.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/act/early.h"
#include "lib/plan/drivers.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_modules.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define OTHER "0000:00:03.0"
#define OVERRIDE(name) "sys/bus/pci/devices/" name "/driver_override"
#define PROBE "sys/bus/pci/drivers_probe"
#define FOR_EVER UINT32_MAX

struct bench {
	struct machine m;
	struct early_tally tally;
	struct hold_tally back;
	struct resume resume;
	pid_t other;
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	fakeclock_start();
	machine_standard(&b.m);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (b->other)
		assert_int_equal(fakeclock_wait(b->other), 0);
	resume_clear(&b->resume);
	machine_free(&b->m);
	fakeclock_stop();
	return 0;
}

/* Nobody may write there, for ever or for @ms. */
static void lock(struct bench *b, const char *path, uint32_t ms)
{
	int fd = machine_lock(&b->m, path);

	if (ms != FOR_EVER)
		b->other = machine_unlock_after(fd, ms);
}

static void hold(struct bench *b)
{
	struct errbuf err = { .text = "" };

	assert_int_equal(early_hold(&b->m.root, &b->tally, &err), 0);
	assert_string_equal(err.text, "");
}

static bool held(struct bench *b, const char *name)
{
	return machine_held(&b->m, "pci", name);
}

/* ---- hold ---- */

static void test_hold(void **state)
{
	struct bench *b = *state;
	struct machine *m = &b->m;

	machine_device(m, &(struct machine_device){
				  .name = "0000:00:04.0", .group = -1, .bridge = true });
	machine_device(m, &(struct machine_device){
				  .name = "0000:00:05.0", .group = -1, .driver = "ahci" });
	machine_device(m, &(struct machine_device){ .name = "0000:00:06.0", .group = -1 });
	machine_write(m, OVERRIDE("0000:00:06.0"), "vfio-pci\n");
	machine_device(m, &(struct machine_device){
				  .bus = "platform", .name = "9000000.dma", .group = -1 });
	machine_write(m, "sys/bus/platform/devices/9000000.dma/of_node/iommus", "");
	machine_device(m, &(struct machine_device){
				  .bus = "platform", .name = "9050000.smmuv3", .group = -1 });
	hold(b);
	assert_true(held(b, NIC) && held(b, DISK) && held(b, OTHER));
	assert_true(machine_held(m, "platform", "9000000.dma"));
	assert_false(held(b, "0000:00:00.0") || held(b, "0000:00:04.0"));
	assert_false(held(b, "0000:00:05.0"));
	assert_string_equal(machine_read(m, OVERRIDE("0000:00:06.0")), "vfio-pci\n");
	assert_false(machine_held(m, "platform", "9050000.smmuv3"));
	assert_int_equal(b->tally.held, 4);
	assert_int_equal(b->tally.foreign, 1);
	assert_int_equal(b->tally.busy + b->tally.failed, 0);
	/* A second one finds them held. */
	hold(b);
	assert_int_equal(b->tally.held, 4);
	assert_string_equal(machine_read(m, PROBE), "");
}

/* A device without the file stays as it is, and one that is hot-removed is no failure. */
static void test_hold_fails(void **state)
{
	struct bench *b = *state;
	struct errbuf err = { .text = "" };

	machine_remove(&b->m, OVERRIDE(NIC));
	hold(b);
	assert_int_equal(b->tally.held, 2);
	assert_int_equal(b->tally.failed, 1);
	machine_remove(&b->m, "sys/bus");
	assert_int_equal(early_hold(&b->m.root, &b->tally, &err), 0);
	assert_int_equal(b->tally.held + b->tally.failed, 0);
}

static void check_patience(struct bench *b, uint32_t locked_ms, uint32_t took_ms, size_t busy)
{
	lock(b, OVERRIDE(NIC), locked_ms);
	hold(b);
	/* A child that is killed may take a moment to go. */
	assert_in_range(fakeclock_ms(), took_ms, took_ms + 5);
	assert_int_equal(b->tally.busy, busy);
	assert_int_equal(b->tally.held, 3 - busy);
	assert_true(held(b, OTHER));
}

static void test_hold_waits(void **state)
{
	check_patience(*state, 199, 199, 0);
}

static void test_hold_patience(void **state)
{
	check_patience(*state, 201, 200, 1);
}

/* Nine devices cost their patience each; the tenth has what is left of the limit. */
static void check_limit(struct bench *b, uint32_t unlocked_ms, bool held_in_time)
{
	char path[80], name[32];
	int i;

	for (i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "0000:00:00.%d", i + 1);
		machine_device(&b->m, &(struct machine_device){ .name = name, .group = -1 });
		snprintf(path, sizeof(path), OVERRIDE("%s"), name);
		lock(b, path, FOR_EVER);
	}
	lock(b, OVERRIDE(NIC), unlocked_ms);
	hold(b);
	assert_int_equal(b->tally.busy, held_in_time ? 9 : 12);
	assert_int_equal(b->tally.held, held_in_time ? 3 : 0);
	assert_in_range(fakeclock_ms(), held_in_time ? 1999 : 2000, 2005);
}

static void test_hold_to_the_limit(void **state)
{
	check_limit(*state, 1999, true);
}

static void test_hold_limit(void **state)
{
	check_limit(*state, 2001, false);
}

/* Drivers in the kernel are in no index, but had asked for their devices. */
static void test_deferred_have_drivers(void **state)
{
	struct bench *b = *state;
	struct inv_device devices[] = {
		{ .name = NIC, .bus = "pci", .live = INV_LIVE, .pci = true },
		{ .name = DISK, .bus = "pci", .live = INV_LIVE, .pci = true },
	};
	struct inventory inv = { .devices = devices, .count = 2 };

	machine_write(&b->m, PATH_DEFERRED, "serial0\n" NIC "\tpci: waits for its IOMMU\n");
	hold(b);
	machine_write(&b->m, PATH_DEFERRED, "serial0\n");
	assert_string_equal(machine_read(&b->m, PATH_EARLY),
			    "serial0\n" NIC "\tpci: waits for its IOMMU\n");
	machine_modules(&b->m, "pci:*", "other", NULL, NULL);
	drivers_look_up(&b->m.root, &inv, DRIVERS_MS);
	assert_int_equal(devices[0].in_image, INV_DRIVER_THERE);
	assert_int_equal(devices[1].in_image, INV_DRIVER_NONE);
}

/* ---- give back ---- */

static void give_back(struct bench *b, const struct inventory *inv)
{
	struct errbuf err = { .text = "" };

	assert_int_equal(early_give_back(&b->m.root, inv, &b->resume, &b->back, &err), 0);
}

static void test_give_back(void **state)
{
	struct bench *b = *state;
	struct inv_device devices[] = {
		{ .name = NIC, .bus = "pci" },
		{ .name = DISK, .bus = "pci", .rule = CONFIG_ACT_LEAVE },
		{ .name = OTHER, .bus = "platform" }, /* of the same name, but another one */
	};
	struct inventory inv = { .devices = devices, .count = 3 };

	hold(b);
	give_back(b, &inv);
	assert_int_equal(b->back.released, 2);
	assert_int_equal(b->back.failed + b->back.stuck, 0);
	assert_true(held(b, NIC));
	assert_false(held(b, DISK) || held(b, OTHER));
	/* Their drivers may be there and wait: the bus was asked, for this one last. */
	assert_string_equal(machine_read(&b->m, PROBE), OTHER);
	give_back(b, NULL);
	assert_int_equal(b->back.released, 1);
	assert_false(held(b, NIC));
}

/* What an earlier run took is not this one's to give back, whatever it knows of the device. */
static void test_keep_of_earlier_run(void **state)
{
	struct bench *b = *state;
	struct rec rec = { .type = REC_STEP, .step = { .step = 1, .action = REC_ACT_HOLD } };

	strcpy(rec.step.device, NIC);
	assert_int_equal(resume_add(&b->resume, &rec), 0);
	hold(b);
	give_back(b, NULL);
	assert_int_equal(b->back.released, 2);
	assert_true(held(b, NIC));
}

static void check_give_back(struct bench *b, uint32_t locked_ms, uint32_t took_ms, size_t stuck)
{
	hold(b);
	lock(b, OVERRIDE(NIC), locked_ms);
	give_back(b, NULL);
	/* Each probe that follows is a process, of which the end is looked for every millisecond.
	 */
	assert_in_range(fakeclock_ms(), took_ms, took_ms + 12);
	assert_int_equal(b->back.stuck, stuck);
	assert_int_equal(b->back.released, 3 - stuck);
	assert_false(held(b, OTHER));
}

static void test_give_back_waits(void **state)
{
	check_give_back(*state, 99, 99, 0);
}

static void test_give_back_patience(void **state)
{
	check_give_back(*state, 101, 100, 1);
}

/* Four devices cost their patience each; the fifth has what is left of the limit. */
static void check_give_back_limit(struct bench *b, uint32_t unlocked_ms, size_t released)
{
	char path[80], name[32];
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "0000:00:00.%d", i + 1);
		machine_device(&b->m, &(struct machine_device){ .name = name, .group = -1 });
	}
	hold(b);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), OVERRIDE("0000:00:00.%d"), i + 1);
		lock(b, path, FOR_EVER);
	}
	lock(b, OVERRIDE(NIC), unlocked_ms);
	give_back(b, NULL);
	assert_int_equal(b->back.released, released);
	assert_int_equal(b->back.stuck, 7 - released);
	assert_in_range(fakeclock_ms(), released ? 499 : 500, 512);
}

static void test_give_back_to_the_limit(void **state)
{
	check_give_back_limit(*state, 499, 3);
}

static void test_give_back_limit(void **state)
{
	check_give_back_limit(*state, 501, 0);
}

/* Probes are waited for until the limit, a fifth of it each, and go on then. */
static void check_probes(struct bench *b, uint32_t locked_ms, uint32_t took_ms, const char *probed)
{
	char name[32];
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "0000:00:04.%d", i);
		machine_device(&b->m, &(struct machine_device){ .name = name, .group = -1 });
	}
	hold(b);
	lock(b, PROBE, locked_ms);
	give_back(b, NULL);
	assert_int_equal(b->back.released, 7);
	assert_in_range(fakeclock_ms(), took_ms, took_ms + 16);
	assert_string_equal(machine_read(&b->m, PROBE), probed);
}

static void test_give_back_probes(void **state)
{
	struct bench *b = *state;
	int i;

	check_probes(b, FOR_EVER, 500, "");
	machine_unlock(b->m.locks[b->m.n_locks - 1]);
	/* Read once: here, the next probe empties the file before it writes into it. */
	for (i = 0; i < 500 && !machine_read(&b->m, PROBE)[0]; i++)
		clock_sleep_ms(1);
	assert_in_range(i, 0, 499);
}

static void test_give_back_probes_in_time(void **state)
{
	check_probes(*state, 99, 99, "0000:00:04.3");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hold),
		TEST(test_hold_fails),
		TEST(test_hold_waits),
		TEST(test_hold_patience),
		TEST(test_hold_to_the_limit),
		TEST(test_hold_limit),
		TEST(test_deferred_have_drivers),
		TEST(test_give_back),
		TEST(test_keep_of_earlier_run),
		TEST(test_give_back_waits),
		TEST(test_give_back_patience),
		TEST(test_give_back_to_the_limit),
		TEST(test_give_back_limit),
		TEST(test_give_back_probes),
		TEST(test_give_back_probes_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

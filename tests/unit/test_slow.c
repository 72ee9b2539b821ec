// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A step that does not come back in time costs itself, and never the dump's device its
 * driver: hold, quiescing, reset and domain, by the mocked hands and by the real ones.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_act.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_stage.h"

/* Somebody's probe has the disk's lock while it is to be held. It is not denied its driver. */
static void test_hold_hangs(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic" },
		{ .call = "hold disk", .rc = -ETIMEDOUT, .took_ms = 500 },
		OFF_CALLS("nic"),
		DEVSTA("nic", 0),
		{ .call = "load disk" },
		{ .call = "bind disk", .detail = "nvme", .took_ms = 5000 },
		{ .call = "look disk", .attached = true },
	};
	struct bench *b = *state;

	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "disk", REC_ACT_HOLD, REC_STEP_TIMEOUT,
		      "a running probe keeps the device lock");
	assert_result(b, "disk", REC_ACT_QUIESCE, REC_STEP_SKIPPED, STUCK);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_DONE, "driver nvme");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_DONE,
		      "the device is held until it is released");
	assert_false(b->act.dump_lost);
	assert_int_equal(b->told.n_findings, 0);
}

/* Off the dump path nobody waits: it gets its driver when it can, if it is to have one. */
static void test_hold_hangs_elsewhere(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = -ETIMEDOUT, .took_ms = 500 },
		{ .call = "let go nic" },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->inv.policy = CONFIG_PROBE_ALL;
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	/* Its driver is there already, and probes. */
	assert_result(b, "nic", REC_ACT_LOAD, REC_STEP_SKIPPED, STUCK);
	assert_result(b, "nic", REC_ACT_BIND, REC_STEP_PENDING, LET_GO);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_SKIPPED, STUCK);
}

static void test_let_go_fails(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = -ETIMEDOUT, .took_ms = 500 },
		{ .call = "let go nic", .rc = -EAGAIN },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->inv.policy = CONFIG_PROBE_ALL;
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_BIND, REC_STEP_FAILED,
		      "Resource temporarily unavailable; the device may still be held");
}

/* The bind failed before it gave the hold back: that is tried once more, off the dump path. */
static void check_bind_fails(struct bench *b, int let_go, const char *detail)
{
	const struct mock_call calls[] = {
		CONTAINED("nic"),
		{ .call = "load nic" },
		{ .call = "bind nic", .rc = -EACCES },
		{ .call = "let go nic", .rc = let_go },
	};

	b->inv.count = 1;
	b->inv.policy = CONFIG_PROBE_ALL;
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_BIND, REC_STEP_FAILED, detail);
}

static void test_bind_fails(void **state)
{
	check_bind_fails(*state, 0, "Permission denied; a background process gives the hold back");
}

static void test_bind_and_let_go_fail(void **state)
{
	check_bind_fails(*state, -EAGAIN, "Permission denied; the device may still be held");
}

/* Nobody waits longer for the reset, and it costs the dump's device no driver. */
static void test_flr_hangs(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		CONTAINED("disk"),
		{ .call = "reset disk", .rc = -ETIMEDOUT, .took_ms = PLAN_FLR_MS },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	b->devices[1].rule = CONFIG_ACT_FLR;
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_FLR, REC_STEP_TIMEOUT,
		      "the reset takes longer than its deadline");
	assert_handed_over(b);
}

/* One that never comes back: the others go on, and it gets its hold back when it can. */
static void test_flr_hangs_for_good(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		CONTAINED("disk"),
		{ .call = "reset disk", .rc = -ETIMEDOUT, .took_ms = PLAN_FLR_MS },
		{ .call = "load disk" },
		{ .call = "bind disk", .rc = -ETIMEDOUT, .took_ms = 20000 },
		{ .call = "release nic" },
		{ .call = "let go disk" },
	};
	struct bench *b = *state;

	b->devices[1].rule = CONFIG_ACT_FLR;
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_RELEASE, REC_STEP_PENDING, LET_GO);
	assert_lost(b, "disk: an earlier operation on the device timed out and still runs");
}

/* Of two that stay pending, the second reset has what the first left of the time of one. */
static void check_two_resets(struct bench *b, const struct mock_call *resets, size_t n)
{
	static struct mock_call calls[2 * 7 + 2 * (PLAN_QUIESCE_MS + 1) + 16];
	static const struct mock_call before[] = { OFF_CALLS("nic"), OFF_CALLS("disk") };
	size_t i, at = sizeof(before) / sizeof(before[0]);

	memcpy(calls, before, sizeof(before));
	for (i = 0; i < PLAN_QUIESCE_MS; i++) {
		calls[at++] = (struct mock_call)DEVSTA("nic", 0x20);
		calls[at++] = (struct mock_call)DEVSTA("disk", 0x20);
	}
	memcpy(calls + at, resets, n * sizeof(*resets));
	b->devices[0].flr = b->devices[1].flr = true;
	b->devices[0].rule = CONFIG_ACT_DENY;
	plan_and_run(b, calls, at + n);
}

#define CHECK_TWO_RESETS(b, resets) \
	check_two_resets(b, resets, sizeof(resets) / sizeof((resets)[0]))

static void test_two_resets(void **state)
{
	static const struct mock_call resets[] = {
		DEVSTA("nic", 0x20),
		{ .call = "reset nic",
		  .rc = -ETIMEDOUT,
		  .wait_ms = PLAN_FLR_MS,
		  .took_ms = PLAN_FLR_MS - 1 },
		DEVSTA("disk", 0x20),
		{ .call = "reset disk", .wait_ms = 1 },
		GET("disk 04", 0x0400),
		UNTOUCHED_STE("disk"),
		DEVSTA("disk", 0),
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	CHECK_TWO_RESETS(b, resets);
	assert_result(b, "disk", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off; transactions were pending until a function level reset");
}

static void test_two_resets_too_late(void **state)
{
	static const struct mock_call resets[] = {
		DEVSTA("nic", 0x20),
		{ .call = "reset nic",
		  .rc = -ETIMEDOUT,
		  .wait_ms = PLAN_FLR_MS,
		  .took_ms = PLAN_FLR_MS },
		DEVSTA("disk", 0x20),
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	CHECK_TWO_RESETS(b, resets);
	assert_result(b, "disk", REC_ACT_QUIESCE, REC_STEP_TIMEOUT,
		      "bus master off, but Transactions Pending stays set");
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_QUIESCE)->result.took_ns,
			 clock_ms(PLAN_QUIESCE_MS + PLAN_FLR_MS));
}

/* The same reset never comes back: the dump's device gets its driver all the same. */
static void test_pending_reset_hangs(void **state)
{
	static struct mock_call calls[7 + PLAN_QUIESCE_MS + 1 + 4];
	static const struct mock_call before[] = { OFF_CALLS("disk") };
	static const struct mock_call after[] = { LOADED_AND_BOUND("disk", "nvme"),
						  ATTACHED_STE("disk") };
	struct bench *b = *state;
	size_t i;

	memcpy(calls, before, sizeof(before));
	for (i = 7; i < 7 + PLAN_QUIESCE_MS + 1; i++)
		calls[i] = (struct mock_call)DEVSTA("disk", 0x20);
	calls[i++] = (struct mock_call){ .call = "reset disk",
					 .rc = -ETIMEDOUT,
					 .took_ms = PLAN_FLR_MS };
	memcpy(calls + i, after, sizeof(after));
	b->devices[0].gone = true;
	b->devices[1].flr = true;
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_QUIESCE, REC_STEP_TIMEOUT,
		      "bus master off, but Transactions Pending stays set");
	assert_handed_over(b);
}

static void test_domain_hangs(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ETIMEDOUT, .took_ms = PLAN_DOMAIN_MS },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_TIMEOUT,
		      "the domain cannot be made: Connection timed out");
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_DOMAIN)->begin.deadline_ms,
			 PLAN_DOMAIN_MS);
	assert_handed_over(b);
}

static void test_domain_hangs_elsewhere(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ETIMEDOUT, .took_ms = PLAN_DOMAIN_MS },
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	off_dump_path(b);
	b->inv.dump_certain = true;
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_SKIPPED, NO_DOMAIN);
}

/* It may be the dump's: that it is slow is no reason to hold it back. */
static void test_domain_hangs_uncertain(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ETIMEDOUT, .took_ms = PLAN_DOMAIN_MS },
		{ .call = "load disk" },
		{ .call = "let go disk" },
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	off_dump_path(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_PENDING, LET_GO);
}

/* ---- the real hands ---- */

#define NIC_OVERRIDE "sys/devices/pci0000:00/0000:00:01.0/driver_override"
#define DISK_OVERRIDE "sys/devices/pci0000:00/0000:00:02.0/driver_override"

static void test_busy_device(void **state)
{
	struct run *run = *state;
	int lock = machine_lock(&run->m, NIC_OVERRIDE);

	run->config.policy = CONFIG_PROBE_ALL;
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_HOLD)->outcome, REC_STEP_TIMEOUT);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_BIND)->outcome, REC_STEP_PENDING);
	/* As soon as the lock is free, the bus is asked for a driver. */
	machine_write(&run->m, "sys/bus/pci/drivers_probe", "");
	machine_unlock(lock);
	clock_sleep_ms(10);
	assert_false(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_string_equal(machine_read(&run->m, "sys/bus/pci/drivers_probe"), "0000:00:01.0");
	/* The others are served all the same. */
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_HOLD)->outcome, REC_STEP_DONE);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_QUIESCE)->outcome, REC_STEP_DONE);
	assert_false(machine_held(&run->m, "pci", "0000:00:02.0"));
}

/* The dump's own device: it waits for the lock, as the hold did, and then goes to its driver. */
static void test_busy_dump_device(void **state)
{
	struct run *run = *state;
	int lock = machine_lock(&run->m, DISK_OVERRIDE);
	pid_t pid = machine_unlock_after(lock, 700);
	u16 release;

	dump_to(run, "0000:00:02.0");
	run->config.device_deadline_ms = 2000;
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_HOLD)->outcome, REC_STEP_TIMEOUT);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_LOAD)->outcome, REC_STEP_SKIPPED);
	/* There is no driver on this machine, but it was asked for. */
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_BIND)->outcome, REC_STEP_FAILED);
	assert_true(has_finding(run, REC_FIND_DUMP_LOST, "0000:00:02.0: no driver could be bound"));
	/* The hold left behind and the bind, which gives it back, waited for one lock: either is
	 * first. */
	release = result_of(run, "0000:00:02.0", REC_ACT_RELEASE)->outcome;
	assert_true(release == REC_STEP_DONE || release == REC_STEP_SKIPPED);
	assert_false(machine_held(&run->m, "pci", "0000:00:02.0"));
	assert_string_equal(machine_read(&run->m, "sys/bus/pci/drivers_probe"), "0000:00:02.0");
}

/* For longer than there is time: nobody waits, and its hold goes when the lock is free. */
static void test_busy_dump_device_for_long(void **state)
{
	struct run *run = *state;
	int lock = machine_lock(&run->m, DISK_OVERRIDE);

	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_BIND)->outcome, REC_STEP_TIMEOUT);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_RELEASE)->outcome, REC_STEP_DONE);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_RELEASE)->outcome,
			 REC_STEP_PENDING);
	assert_true(has_finding(
		run, REC_FIND_DUMP_LOST,
		"the dump path was not handed over: 0000:00:02.0: an earlier operation on the "
		"device timed out and still runs"));
	machine_write(&run->m, "sys/bus/pci/drivers_probe", "");
	machine_unlock(lock);
	clock_sleep_ms(10);
	assert_false(machine_held(&run->m, "pci", "0000:00:02.0"));
	assert_string_equal(machine_read(&run->m, "sys/bus/pci/drivers_probe"), "0000:00:02.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_hold_hangs),
		BENCH_TEST(test_hold_hangs_elsewhere),
		BENCH_TEST(test_let_go_fails),
		BENCH_TEST(test_bind_fails),
		BENCH_TEST(test_bind_and_let_go_fail),
		BENCH_TEST(test_flr_hangs),
		BENCH_TEST(test_flr_hangs_for_good),
		BENCH_TEST(test_two_resets),
		BENCH_TEST(test_two_resets_too_late),
		BENCH_TEST(test_pending_reset_hangs),
		BENCH_TEST(test_domain_hangs),
		BENCH_TEST(test_domain_hangs_elsewhere),
		BENCH_TEST(test_domain_hangs_uncertain),
		STAGE_TEST(test_busy_device),
		STAGE_TEST(test_busy_dump_device),
		STAGE_TEST(test_busy_dump_device_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

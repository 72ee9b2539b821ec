// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/act.c and quiesce.c against a list of expected calls:
 * which hands move, in which order, and what the journal says of it.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/support_act.h"

static void test_whole_run(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic" },
		{ .call = "hold disk" },
		/* Both are switched off before either is waited for. */
		OFF_CALLS("nic"),
		OFF_CALLS("disk"),
		DEVSTA("nic", 0x20),
		DEVSTA("disk", 0),
		DEVSTA("nic", 0),
		{ .call = "load disk", .detail = "nvme", .took_ms = 5 },
		{ .call = "bind disk", .detail = "nvme", .took_ms = 7 },
		{ .call = "look disk", .deferred = true },
		{ .call = "look disk", .attached = true },
	};
	struct bench *b = *state;

	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_DONE, "held");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off, no transactions pending");
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_DONE, "driver nvme");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_DONE,
		      "the device is held until it is released");
	assert_true(b->act.quiesced_ns > 0);
	assert_true(b->act.dump_path_ns > b->act.quiesced_ns);
	assert_false(b->act.dump_lost);
	assert_int_equal(b->act.failed, 0);
	/* What was seen is in the journal: the device and its new STE. */
	assert_true(story_find_stream(&b->told, 0, 16)->has_now);
	assert_non_null(story_find_device(&b->told, "disk"));
}

/* What is stated is what holds for all of the batch, and nothing is begun for longer than the
 * stage. */
static void check_hold_deadline(struct bench *b, uint32_t stage_ms, uint32_t wait_ms)
{
	const struct mock_call calls[] = {
		{ .call = "hold nic", .wait_ms = wait_ms },
		{ .call = "hold disk", .wait_ms = wait_ms },
	};

	b->act.end_ns = b->mock.now_ns + clock_ms(stage_ms);
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_int_equal(story_step_of(&b->told, "nic", REC_ACT_HOLD)->begin.deadline_ms, wait_ms);
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_HOLD)->begin.deadline_ms, wait_ms);
}

static void test_hold_deadline(void **state)
{
	check_hold_deadline(*state, 10 * PLAN_HOLD_MS, PLAN_HOLD_MS);
}

static void test_hold_cut_by_stage(void **state)
{
	check_hold_deadline(*state, PLAN_HOLD_MS - 1, PLAN_HOLD_MS - 1);
}

/* Its hold failed, and then a driver came: that has it now. */
static void test_driver_after_failed_hold(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = -EACCES },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->mock.got_driver = "nic";
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_SKIPPED, "a driver has the device");
	assert_string_equal(b->devices[0].driver, "other");
}

static void test_pending_attach(void **state)
{
	static const struct mock_call calls[] = {
		OFF_CALLS("nic"),
		DEVSTA("nic", 0),
		{ .call = "load nic" },
		{ .call = "bind nic", .detail = "e1000e" },
		{ .call = "look nic", .deferred = true },
		{ .call = "look nic", .deferred = true },
		{ .call = "look nic", .deferred = true },
		{ .call = "look nic", .deferred = true },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->devices[0].dump_path = true;
	b->config.verify_deadline_ms = 60;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_int_equal(b->mock.slept_ms, 60);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_PENDING, "bound, not attached yet");
	assert_int_equal(b->act.failed, 0);
}

/* Off the dump path nobody waits for an attach that may come only when the device is used. */
static void test_pending_not_waited_for(void **state)
{
	static const struct mock_call calls[] = {
		OFF_CALLS("nic"),
		DEVSTA("nic", 0),
		{ .call = "load nic" },
		{ .call = "bind nic", .detail = "e1000e" },
		{ .call = "look nic", .deferred = true },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->inv.policy = CONFIG_PROBE_ALL;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_int_equal(b->mock.slept_ms, 0);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_PENDING, "bound, not attached yet");
}

static void test_never_deferred(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic" },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->devices[0].bound = b->devices[0].attached = true;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_DONE,
		      "attached: the kernel did not defer the attach");
}

static void test_faster_driver(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = ACT_BOUND },
		{ .call = "hold disk", .rc = -EACCES },
	};
	struct bench *b = *state;

	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_true(b->devices[0].bound);
	assert_false(b->devices[1].bound);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_SKIPPED,
		      "a driver was bound before the device could be held");
	assert_result(b, "disk", REC_ACT_HOLD, REC_STEP_FAILED, "Permission denied");
}

static void test_foreign_override(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = ACT_FOREIGN },
		{ .call = "hold disk" },
		OFF_CALLS("nic"),
		OFF_CALLS("disk"),
		DEVSTA("nic", 0),
		DEVSTA("disk", 0),
		{ .call = "load disk" },
		{ .call = "bind disk", .rc = -ENXIO, .detail = "no driver accepted the device" },
		{ .call = "release disk" },
	};
	struct bench *b = *state;

	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	/* Known from the hold on, before the hand-over is planned. */
	b->devices[0].foreign = true;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_SKIPPED,
		      "another program set driver_override: the device is left alone");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_SKIPPED,
		      "the device is not held by smmu-adoptd");
	assert_string_equal(story_step_of(&b->told, "nic", REC_ACT_KEEP)->plan.reason,
			    "another program set its driver_override: left alone");
	/* The dump path is lost; what is not ours is not given back. */
	assert_true(b->act.dump_lost);
	assert_null(story_step_of(&b->told, "nic", REC_ACT_RELEASE));
}

static void test_vanishes_mid_plan(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "read nic 00", .value = 0xffff },
		OFF_CALLS("disk"),
		DEVSTA("disk", 0),
		{ .call = "load disk" },
		{ .call = "bind disk", .rc = -ENODEV },
	};
	struct bench *b = *state;

	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_GONE, "the device does not answer");
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_GONE, "the device vanished");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_GONE, "the device vanished");
	assert_true(b->act.dump_lost);
	assert_int_equal(b->told.n_findings, 3);
	assert_int_equal(b->told.findings[0].code, REC_FIND_DEVICE_GONE);
	assert_lost(b, "disk: the device vanished");
	/* The NIC is gone as well: nothing to release. */
	assert_null(story_step_of(&b->told, "nic", REC_ACT_RELEASE));
}

static void test_bus_master_stays_on(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "read nic 00", .value = 0x8086 },
		{ .call = "read nic 04", .value = 0x0007 },
		{ .call = "write nic 04", .value = 0x0403 },
		{ .call = "read nic 04", .value = 0x0007 },
		{ .call = "load nic", .detail = "e1000e" },
		{ .call = "bind nic", .detail = "e1000e" },
		{ .call = "look nic", .attached = true },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(b->plan.count, 2);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_FAILED,
		      "bus mastering cannot be switched off");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device is held, but its DMA is not stopped");
	assert_int_equal(b->act.quiesced_ns, 0);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	/* Added steps are planned steps: with number and reason in the journal. */
	assert_string_equal(story_step_of(&b->told, "nic", REC_ACT_LOAD)->plan.reason,
			    "its DMA was not stopped: only its driver can still stop it");
}

/* What two daemons died in is left out by the third, and not taken for done. */
static void test_quiesce_left_out(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load nic", .rc = ACT_NO_MODULE },
		{ .call = "bind nic", .rc = -ENXIO },
	};
	struct rec rec = { .type = REC_STEP };
	struct resume resume = { 0 };
	struct bench *b = *state;
	int i;

	rec.step.action = REC_ACT_QUIESCE;
	strcpy(rec.step.device, "nic");
	for (i = 0; i < RESUME_TRIES_MAX; i++)
		assert_int_equal(resume_add(&resume, &rec), 0);
	b->inv.count = 1;
	b->act.resume = &resume;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(act_take_up(&b->act), 0);
	resume_plan(&resume, &b->plan, 0, &b->inv);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device is held, but its DMA is not stopped");
	resume_clear(&resume);
}

static void test_lockdown(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "read nic 00", .value = 0x8086 },
		{ .call = "read nic 04", .value = 0x0007 },
		{ .call = "write nic 04", .rc = -EPERM, .value = 0x0403 },
		{ .call = "off nic", .rc = -ENOENT },
		{ .call = "load nic", .rc = ACT_NO_MODULE },
		{ .call = "bind nic", .rc = -ENXIO, .detail = "no driver accepted the device" },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_FAILED,
		      "config space cannot be written (is the kernel locked down?)");
	assert_result(b, "nic", REC_ACT_LOAD, REC_STEP_SKIPPED,
		      "no module in the image matches the device");
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_SKIPPED, "no driver is bound");
}

/* A capability list that bites its tail must not be followed for ever. */
static void test_capability_loop(void **state)
{
	static struct mock_call calls[6 + 48];
	struct bench *b = *state;
	size_t i;

	b->inv.count = 1;
	calls[0] = (struct mock_call){ .call = "read nic 00", .value = 0x8086 };
	calls[1] = (struct mock_call){ .call = "read nic 04", .value = 0x0407 };
	calls[2] = (struct mock_call){ .call = "write nic 04", .value = 0x0403 };
	calls[3] = (struct mock_call){ .call = "read nic 04", .value = 0x0403 };
	calls[4] = (struct mock_call){ .call = "read nic 06", .value = 0x0010 };
	calls[5] = (struct mock_call){ .call = "read nic 34", .value = 0x0050 };
	for (i = 6; i < 6 + 48; i++)
		calls[i] = (struct mock_call){ .call = "read nic 50", .value = 0x5001 };
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off; the device has no Transactions Pending bit");
}

/* What could not be held is not said to be. */
static void test_hold_fails(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = -ENOSPC },
		OFF_CALLS("nic"),
		DEVSTA("nic", 0),
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device could not be held: No space left on device");
}

static void test_hold_fails_not_quiesced(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "hold nic", .rc = -EACCES },
		{ .call = "read nic 00", .rc = -EIO },
		{ .call = "load nic" },
		{ .call = "bind nic", .detail = "e1000e" },
		{ .call = "look nic", .attached = true },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device is neither held nor stopped");
}

static void test_probe_hangs(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk", .took_ms = 10 },
		{ .call = "bind disk",
		  .rc = -ETIMEDOUT,
		  .took_ms = 20000,
		  .detail = "the driver's probe takes longer than its deadline" },
		{ .call = "release nic" },
		{ .call = "let go disk" },
	};
	struct bench *b = *state;

	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_TIMEOUT,
		      "the driver's probe takes longer than its deadline");
	assert_lost(b, "disk: an earlier operation on the device timed out and still runs");
	/* The stuck device is not touched by us again: its lock would take us along. */
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_SKIPPED,
		      "an earlier operation on the device timed out and still runs");
	assert_result(b, "nic", REC_ACT_RELEASE, REC_STEP_DONE, "the hold was given back");
	assert_int_equal(b->act.dump_path_ns, 0);
}

static void test_bound_without_attachment(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load nic" },
		{ .call = "bind nic", .rc = -ENOTCONN, .detail = "e1000e" },
		{ .call = "unbind nic" },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	b->inv.policy = CONFIG_PROBE_ALL;
	b->devices[0].live = INV_NOT_LIVE;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_BIND, REC_STEP_FAILED,
		      "driver e1000e got no IOMMU attachment and was unbound again");
	assert_int_equal(b->told.n_findings, 1);
	assert_int_equal(b->told.findings[0].code, REC_FIND_NO_IOMMU);
}

/* The dump's own device keeps what it got: without a driver the dump is lost for certain. */
static void test_bound_without_attachment_for_dump(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk" },
		{ .call = "bind disk", .rc = -ENOTCONN, .detail = "nvme" },
		{ .call = "look disk", .deferred = true },
	};
	struct bench *b = *state;

	b->config.verify_deadline_ms = 0;
	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	b->devices[1].group = false;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_DONE,
		      "driver nvme is bound without an IOMMU attachment");
	assert_false(b->act.dump_lost);
	assert_int_equal(b->told.n_findings, 1);
	assert_int_equal(b->told.findings[0].severity, REC_SEV_ERROR);
	assert_string_equal(
		b->told.findings[0].text,
		"disk got driver nvme but no IOMMU attachment; the driver stays because the dump "
		"needs the device");
}

static void test_stage_time(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk", .took_ms = 59500 },
	};
	struct bench *b = *state;

	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), -ETIME);
	assert_true(story_step_of(&b->told, "disk", REC_ACT_LOAD)->ended);
	assert_false(story_step_of(&b->told, "disk", REC_ACT_BIND)->begun);
}

static void test_stage_time_cuts_deadlines(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk", .took_ms = 50000 },
		{ .call = "bind disk", .detail = "nvme" },
		{ .call = "look disk", .attached = true },
	};
	struct bench *b = *state;

	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_LOAD)->begin.deadline_ms, 20000);
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_BIND)->begin.deadline_ms, 9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_whole_run),
		BENCH_TEST(test_driver_after_failed_hold),
		BENCH_TEST(test_hold_deadline),
		BENCH_TEST(test_hold_cut_by_stage),
		BENCH_TEST(test_pending_attach),
		BENCH_TEST(test_pending_not_waited_for),
		BENCH_TEST(test_never_deferred),
		BENCH_TEST(test_faster_driver),
		BENCH_TEST(test_foreign_override),
		BENCH_TEST(test_vanishes_mid_plan),
		BENCH_TEST(test_bus_master_stays_on),
		BENCH_TEST(test_quiesce_left_out),
		BENCH_TEST(test_lockdown),
		BENCH_TEST(test_capability_loop),
		BENCH_TEST(test_hold_fails),
		BENCH_TEST(test_hold_fails_not_quiesced),
		BENCH_TEST(test_probe_hangs),
		BENCH_TEST(test_bound_without_attachment),
		BENCH_TEST(test_bound_without_attachment_for_dump),
		BENCH_TEST(test_stage_time),
		BENCH_TEST(test_stage_time_cuts_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

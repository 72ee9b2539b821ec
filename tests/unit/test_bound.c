// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/bound.c against a list of expected calls: a device whose driver came
 * before us is marked, then stopped under that driver.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/support_act.h"

/* Bus mastering off, and the pin as it was. */
#define SWITCHED_OFF                                                                               \
	GET("nic 00", 0x8086), GET("nic 04", 0x0007), { .call = "write nic 04", .value = 0x0003 }, \
		GET("nic 04", 0x0003)

static int set_up(void **state)
{
	struct bench *b;

	bench_set_up(state);
	b = *state;
	b->inv.count = 1;
	b->devices[0].bound = true;
	strcpy(b->devices[0].driver, "ahci");
	return 0;
}

static void test_stopped(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "hold nic" },
		SWITCHED_OFF,
		GET("nic 06", 0),
	};
	struct bench *b = *state;

	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_DONE,
		      "marked to be stopped, driver ahci stays bound");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off; the device has no Transactions Pending bit");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_DONE,
		      "DMA is stopped until the device is released, the driver stays bound");
	assert_true(b->act.devices[0].quiesced);
}

/* Between the inventory and now its driver has used it: it runs, and is left alone. */
static void test_attached_meanwhile(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .attached = true },
	};
	struct bench *b = *state;

	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_SKIPPED, "attached: the STE changed");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_SKIPPED, "a driver has the device");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_SKIPPED, "its driver has the device");
	assert_true(b->act.devices[0].attached);
}

/* Without a mark nobody would give bus mastering back. */
static void test_no_mark(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "hold nic", .rc = -EACCES },
	};
	struct bench *b = *state;

	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_FAILED, "Permission denied");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_SKIPPED, "a driver has the device");
	assert_false(b->act.devices[0].quiesced);
}

static void test_mark_hangs(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "hold nic", .rc = -ETIMEDOUT, .took_ms = 500 },
	};
	struct bench *b = *state;

	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_TIMEOUT, "Connection timed out");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_SKIPPED,
		      "an earlier operation on the device timed out and still runs");
}

static void test_cannot_be_seen(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .rc = -EIO },
	};
	struct bench *b = *state;

	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_FAILED, "Input/output error");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_SKIPPED, "a driver has the device");
}

/* Devices of one SMMU share a look, and a hold. */
static void mark_both(struct bench *b, u32 other_smmu, u32 looks, const struct mock_call *calls,
		      size_t count)
{
	b->inv.count = 2;
	b->devices[1].bound = true;
	b->devices[1].dump_path = false;
	b->devices[1].smmu = other_smmu;
	plan_and_run(b, calls, count);
	assert_int_equal(b->mock.looks, looks);
	assert_result(b, "disk", REC_ACT_HOLD, REC_STEP_SKIPPED,
		      "another program set driver_override: the device is left alone");
	assert_result(b, "disk", REC_ACT_QUIESCE, REC_STEP_SKIPPED, "a driver has the device");
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off; the device has no Transactions Pending bit");
}

static void test_one_look(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "look disk", .deferred = true },
		{ .call = "hold nic" },
		{ .call = "hold disk", .rc = ACT_FOREIGN },
		SWITCHED_OFF,
		GET("nic 06", 0),
	};

	mark_both(*state, 0, 1, calls, sizeof(calls) / sizeof(calls[0]));
}

static void test_look_per_smmu(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "hold nic" },
		{ .call = "look disk", .deferred = true },
		{ .call = "hold disk", .rc = ACT_FOREIGN },
		SWITCHED_OFF,
		GET("nic 06", 0),
	};

	mark_both(*state, 1, 2, calls, sizeof(calls) / sizeof(calls[0]));
}

/* Its driver would be told of a reset, and might attach it: transactions that stay are said. */
static void test_no_reset(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .deferred = true },
		{ .call = "hold nic", .rc = ACT_HELD },
		SWITCHED_OFF,
		GET("nic 06", 0x0010),
		GET("nic 34", 0x0040),
		GET("nic 40", 0x0010),
		{ .call = "read nic 4a", .value = 0x0020, .took_ms = PLAN_QUIESCE_MS },
	};
	struct bench *b = *state;

	b->devices[0].flr = true;
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_TIMEOUT,
		      "bus master off, but Transactions Pending stays set");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device is held, but its DMA is not stopped");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, bench_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stopped),    TEST(test_attached_meanwhile), TEST(test_no_mark),
		TEST(test_mark_hangs), TEST(test_cannot_be_seen),     TEST(test_no_reset),
		TEST(test_one_look),   TEST(test_look_per_smmu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

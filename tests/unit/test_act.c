// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act.c and act_contain.c against a list of expected calls:
 * which hands move, in which order, and what the journal says of it.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "core/names.h"
#include "daemon/act.h"
#include "daemon/base/clock.h"
#include "daemon/publish.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_mock_ops.h"

#define MAX_DEVICES 3

struct bench {
	struct machine m; /* only for the journal */
	struct inv_device devices[MAX_DEVICES];
	struct inventory inv;
	struct config config;
	struct journal journal;
	struct story crash; /* STEs of the crash */
	struct story told;  /* read back from the journal */
	struct plan plan;
	struct mock mock;
	struct act act;
	u32 next;
};

static void add_device(struct bench *b, const char *name, u32 sid, bool dump_path)
{
	struct inv_device *dev = &b->devices[b->inv.count];
	struct rec rec = { .type = REC_STE };

	strcpy(dev->name, name);
	strcpy(dev->bus, "pci");
	dev->pci = dev->group = true;
	dev->live = INV_LIVE;
	dev->sids[0] = sid;
	dev->n_sids = 1;
	dev->alias_set = b->inv.count++;
	dev->alias_size = 1;
	dev->dump_path = dump_path;
	rec.ste.phase = REC_PHASE_CRASH;
	rec.ste.sid = sid;
	rec.ste.raw[0] = 0x0b;
	assert_int_equal(story_add(&b->crash, &rec), 0);
}

static int set_up(void **state)
{
	static struct bench b;
	struct errbuf err;

	memset(&b, 0, sizeof(b));
	machine_new(&b.m);
	assert_int_equal(journal_open(&b.journal, &b.m.root, &err), 0);
	config_defaults(&b.config);
	b.inv.devices = b.devices;
	b.inv.groups_early = true;
	add_device(&b, "nic", 8, false);
	add_device(&b, "disk", 16, true);
	story_finish(&b.crash);
	b.mock.now_ns = clock_ms(1000);
	b.act = (struct act){
		.ops = &mock_ops,
		.ops_priv = &b.mock,
		.inv = &b.inv,
		.config = &b.config,
		.story = &b.crash,
		.journal = &b.journal,
		.end_ns = clock_ms(60000),
	};
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	act_clear(&b->act);
	plan_clear(&b->plan);
	story_clear(&b->crash);
	story_clear(&b->told);
	machine_free(&b->m);
	return 0;
}

static int run(struct bench *b, const struct mock_call *calls, size_t count)
{
	int rc;

	b->mock.calls = calls;
	b->mock.count = count;
	act_journal_plan(&b->act, &b->plan, 0);
	rc = act_run(&b->act, &b->plan, &b->next);
	mock_finish(&b->mock);
	journal_close(&b->journal);
	assert_int_equal(publish_read_story(&b->m.root, &b->told), 0);
	story_finish(&b->told);
	return rc;
}

#define RUN(b, calls) run(b, calls, sizeof(calls) / sizeof((calls)[0]))

static void assert_result(struct bench *b, const char *device, u32 action, u32 outcome,
			  const char *detail)
{
	const struct story_step *step = story_step_of(&b->told, device, action);

	if (!step || !step->ended)
		fail_msg("no result of %s %s", rec_action_name(action), device);
	assert_true(step->begun);
	if (step->result.outcome != outcome || strcmp(step->result.detail, detail))
		fail_msg("%s %s: want %s (%s), have %s (%s)", rec_action_name(action), device,
			 rec_outcome_name(outcome), detail, rec_outcome_name(step->result.outcome),
			 step->result.detail);
}

/* Config space of a PCI Express function with its capability at 0x40. */
#define OFF_CALLS(dev)                                                    \
	{ "read " dev " 00", 0, 0x8086, NULL, 0, false, false },          \
		{ "read " dev " 04", 0, 0x0007, NULL, 0, false, false },  \
		{ "write " dev " 04", 0, 0x0403, NULL, 0, false, false }, \
		{ "read " dev " 04", 0, 0x0403, NULL, 0, false, false },  \
		{ "read " dev " 06", 0, 0x0010, NULL, 0, false, false },  \
		{ "read " dev " 34", 0, 0x0040, NULL, 0, false, false },  \
	{                                                                 \
		"read " dev " 40", 0, 0x0010, NULL, 0, false, false       \
	}
#define DEVSTA(dev, v)                                         \
	{                                                      \
		"read " dev " 4a", 0, v, NULL, 0, false, false \
	}

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
	assert_result(b, "nic", REC_ACT_CONTAIN, REC_STEP_DONE,
		      "bus master off, no transactions pending");
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_DONE, "driver nvme");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_DONE, "held to the end");
	assert_true(b->act.contained_ns > 0);
	assert_true(b->act.dump_path_ns > b->act.contained_ns);
	assert_false(b->act.dump_lost);
	assert_int_equal(b->act.failed, 0);
	/* What was seen is in the journal: the device and its new STE. */
	assert_true(story_find_stream(&b->told, 0, 16)->has_now);
	assert_non_null(story_find_device(&b->told, "disk"));
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
	b->devices[0].bound = true;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_DONE,
		      "attached: the kernel does not defer it");
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
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_SKIPPED, "a driver was faster");
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
		{ .call = "bind disk", .rc = -ENXIO, .detail = "no driver took it" },
	};
	struct bench *b = *state;

	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	/* Known from the hold on, before the hand-over is planned. */
	b->devices[0].foreign = true;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_HOLD, REC_STEP_SKIPPED,
		      "its driver_override is not ours: left alone");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_SKIPPED, "not held by us");
	assert_string_equal(story_step_of(&b->told, "nic", REC_ACT_KEEP)->plan.reason,
			    "its driver_override was set by somebody else: left alone");
	/* The dump path is lost; what is not ours is not given back. */
	assert_true(b->act.dump_lost);
	assert_null(story_step_of(&b->told, "nic", REC_ACT_RELEASE));
}

static void test_vanishes_mid_plan(void **state)
{
	static const struct mock_call calls[] = {
		{ "read nic 00", 0, 0xffff, NULL, 0, false, false },
		OFF_CALLS("disk"),
		DEVSTA("disk", 0),
		{ .call = "load disk" },
		{ .call = "bind disk", .rc = -ENODEV },
	};
	struct bench *b = *state;

	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_CONTAIN, REC_STEP_GONE, "the device does not answer");
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_GONE, "the device vanished");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_GONE, "the device vanished");
	assert_true(b->act.dump_lost);
	assert_int_equal(b->told.n_findings, 2);
	assert_int_equal(b->told.findings[0].code, REC_FIND_DEVICE_GONE);
	/* The NIC is gone as well: nothing to release. */
	assert_null(story_step_of(&b->told, "nic", REC_ACT_RELEASE));
}

static void test_bus_master_stays_on(void **state)
{
	static const struct mock_call calls[] = {
		{ "read nic 00", 0, 0x8086, NULL, 0, false, false },
		{ "read nic 04", 0, 0x0007, NULL, 0, false, false },
		{ "write nic 04", 0, 0x0403, NULL, 0, false, false },
		{ "read nic 04", 0, 0x0007, NULL, 0, false, false },
		{ .call = "load nic", .detail = "e1000e" },
		{ .call = "bind nic", .detail = "e1000e" },
		{ .call = "look nic", .attached = true },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(b->plan.count, 2);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_CONTAIN, REC_STEP_FAILED, "bus master stays on");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED, "held, but not contained");
	assert_int_equal(b->act.contained_ns, 0);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	/* Added steps are planned steps: with number and reason in the journal. */
	assert_string_equal(story_step_of(&b->told, "nic", REC_ACT_LOAD)->plan.reason,
			    "not contained: its driver is the last means to stop it");
}

static void test_lockdown(void **state)
{
	static const struct mock_call calls[] = {
		{ "read nic 00", 0, 0x8086, NULL, 0, false, false },
		{ "read nic 04", 0, 0x0007, NULL, 0, false, false },
		{ "write nic 04", -EPERM, 0x0403, NULL, 0, false, false },
		{ .call = "load nic", .rc = ACT_NO_MODULE },
		{ .call = "bind nic", .rc = -ENXIO, .detail = "no driver took it" },
	};
	struct bench *b = *state;

	b->inv.count = 1;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "nic", REC_ACT_CONTAIN, REC_STEP_FAILED,
		      "config space may not be written (lockdown?)");
	assert_result(b, "nic", REC_ACT_LOAD, REC_STEP_SKIPPED,
		      "no module in the image matches it");
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_SKIPPED, "not bound");
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
	assert_result(b, "nic", REC_ACT_CONTAIN, REC_STEP_DONE,
		      "bus master off; it has no Transactions Pending bit");
}

static void test_probe_hangs(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk", .took_ms = 10 },
		{ .call = "bind disk",
		  .rc = -ETIMEDOUT,
		  .took_ms = 20000,
		  .detail = "its probe does not come back" },
		{ .call = "release nic" },
	};
	struct bench *b = *state;

	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_TIMEOUT, "its probe does not come back");
	/* The stuck device is not touched again: its lock would take us along. */
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_SKIPPED,
		      "an earlier call for it has not come back");
	assert_result(b, "nic", REC_ACT_RELEASE, REC_STEP_DONE, "hold given back");
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
		      "no IOMMU attachment; driver e1000e taken away again");
	assert_int_equal(b->told.n_findings, 1);
	assert_int_equal(b->told.findings[0].code, REC_FIND_NO_IOMMU);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_run),
		TEST(test_pending_attach),
		TEST(test_pending_not_waited_for),
		TEST(test_never_deferred),
		TEST(test_faster_driver),
		TEST(test_foreign_override),
		TEST(test_vanishes_mid_plan),
		TEST(test_bus_master_stays_on),
		TEST(test_lockdown),
		TEST(test_capability_loop),
		TEST(test_probe_hangs),
		TEST(test_bound_without_attachment),
		TEST(test_stage_time),
		TEST(test_stage_time_cuts_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

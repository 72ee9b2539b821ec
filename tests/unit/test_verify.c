// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/verify.c and of the look in hands.c: devices that are verified in a
 * row share a look at their SMMU, and nothing else is read for it.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/story/names.h"
#include "tests/unit/support_act.h"
#include "tests/unit/support_stage.h"

/* Both devices were bound before us: nothing but to verify them. */
static void both_bound(struct bench *b)
{
	b->devices[0].bound = b->devices[1].bound = true;
	b->devices[0].attached = b->devices[1].attached = true;
	b->devices[1].dump_path = false;
}

static void test_one_look(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .attached = true },
		{ .call = "look disk", .deferred = true },
	};
	struct bench *b = *state;

	both_bound(b);
	PLAN_RUN(b, calls);
	assert_int_equal(b->mock.looks, 1);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_PENDING, "bound, not attached yet");
}

static void test_a_look_for_each_smmu(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .attached = true },
		{ .call = "look other", .attached = true },
		{ .call = "look disk", .attached = true },
	};
	struct bench *b = *state;

	both_bound(b);
	b->devices[2] = b->devices[0];
	strcpy(b->devices[2].name, "other");
	b->devices[2].sids[0] = 24;
	b->devices[1].smmu = 1;
	b->inv.count = 3;
	PLAN_RUN(b, calls);
	assert_int_equal(b->mock.looks, 2);
}

/* Their waits overlap, each to its own millisecond; what is over is not looked at again. */
static void test_waits_overlap(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load nic" },
		{ .call = "bind nic", .detail = "e1000e", .took_ms = 30 },
		{ .call = "load disk" },
		{ .call = "bind disk", .detail = "nvme", .took_ms = 10 },
		{ .call = "look nic", .deferred = true },
		{ .call = "look disk", .deferred = true },
		{ .call = "look nic", .deferred = true },
		{ .call = "look disk", .deferred = true },
		{ .call = "look nic", .deferred = true },
		{ .call = "look disk", .deferred = true },
		{ .call = "look disk", .deferred = true },
	};
	struct bench *b = *state;
	u64 took;

	b->devices[0].dump_path = true;
	b->devices[0].live = b->devices[1].live = INV_NOT_LIVE;
	b->config.verify_deadline_ms = 50;
	PLAN_RUN(b, calls);
	/* 10 ms after its bind the look begins: 40 are left, and the third look is at 40. */
	took = story_step_of(&b->told, "nic", REC_ACT_VERIFY)->result.took_ns;
	assert_int_equal(took, clock_ms(40));
	took = story_step_of(&b->told, "disk", REC_ACT_VERIFY)->result.took_ns;
	assert_int_equal(took, clock_ms(60));
	assert_int_equal(b->mock.looks, 4);
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_PENDING, "bound, not attached yet");
}

static void test_gone_and_unreadable(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "look nic", .rc = -ENODEV },
		{ .call = "look other", .attached = true },
		{ .call = "look disk", .rc = -EIO },
	};
	struct bench *b = *state;

	both_bound(b);
	b->devices[2] = b->devices[0];
	strcpy(b->devices[2].name, "other");
	b->devices[1].smmu = 1;
	b->inv.count = 3;
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_VERIFY, REC_STEP_GONE, "the device vanished");
	assert_result(b, "other", REC_ACT_VERIFY, REC_STEP_DONE, "attached: the STE changed");
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_FAILED, "Input/output error");
}

/* ---- the real look ---- */

struct sight {
	struct act_sight nic, disk;
	int rc;
};

static struct sight look(struct run *run)
{
	static const struct inv_device nic = { .name = "0000:00:01.0", .sids = { 8 }, .n_sids = 1 };
	static const struct inv_device disk = { .name = "0000:00:02.0",
						.sids = { 16, 24 },
						.n_sids = 2 };
	const struct inv_device *const devs[] = { &nic, &disk };
	struct act_real real = { .root = &run->m.root };
	struct act_sight sights[2];
	int rc = act_real_ops.look(&real, MACHINE_SMMU, devs, 2, sights);

	return (struct sight){ sights[0], sights[1], rc };
}

static void test_look(void **state)
{
	struct run *run = *state;
	struct sight s;

	/* Of another SMMU: opened, it would keep us for ever. */
	machine_write(&run->m, PATH_HELPER "/other/.keep", "");
	assert_int_equal(mkfifoat(run->m.root.fd, PATH_HELPER "/other/" SMMU_ADOPT_FILE_RECORDS,
				  0600),
			 0);
	s = look(run);
	assert_int_equal(s.rc, 0);
	assert_true(s.nic.has_device && s.disk.has_device);
	assert_string_equal(s.nic.device.name, "0000:00:01.0");
	assert_int_equal(s.nic.n_stes, 1);
	assert_int_equal(s.nic.ste[0].sid, 8);
	assert_int_equal(s.nic.ste[0].phase, REC_PHASE_NOW);
	assert_int_equal(s.disk.n_stes, 2);
	assert_int_equal(s.disk.ste[1].sid, 24);
}

/* When both were seen the rest is not read: there may be much of it. */
static void test_look_stops(void **state)
{
	struct run *run = *state;

	machine_records_more(&run->m, "cut 5\n");
	assert_int_equal(look(run).rc, 0);
}

/* One that a torn file does not have is not gone for that. */
static void test_look_torn(void **state)
{
	struct run *run = *state;

	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=now state=adopted name=" MACHINE_SMMU "\n"
				 "device phase=now name=0000:00:01.0 bus=pci sids=8\n"
				 "device phase=now name=0000:00:02.0 bus=pci sids=16\ncut 5\n");
	assert_int_equal(look(run).rc, -EIO);
}

static void test_look_gone(void **state)
{
	struct run *run = *state;
	struct sight s;

	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=now state=adopted name=" MACHINE_SMMU "\n"
				 "device phase=now name=0000:00:01.0 bus=pci sids=8\n");
	s = look(run);
	assert_int_equal(s.rc, 0);
	assert_true(s.nic.has_device);
	assert_false(s.disk.has_device);
	machine_remove(&run->m, PATH_HELPER);
	assert_int_equal(look(run).rc, -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_one_look),	BENCH_TEST(test_a_look_for_each_smmu),
		BENCH_TEST(test_waits_overlap), BENCH_TEST(test_gone_and_unreadable),
		STAGE_TEST(test_look),		STAGE_TEST(test_look_stops),
		STAGE_TEST(test_look_torn),	STAGE_TEST(test_look_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of what is done to a device itself against a list of expected calls:
 * bus mastering off by the helper, function level reset (daemon/act/reset.c), and
 * the domain before the driver (daemon/act/domain.c); with every deadline.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/support_act.h"

static void only_nic(struct bench *b, enum config_action rule)
{
	b->inv.count = 1;
	b->devices[0].rule = (u8)rule;
}

/* ---- lockdown ---- */

static void test_helper_switches_off(void **state)
{
	static const struct mock_call calls[] = {
		SWITCH_OFF("nic", -EPERM),
		{ .call = "off nic" },
		GET("nic 04", 0x0003),
		GET("nic 06", 0),
	};
	struct bench *b = *state;

	only_nic(b, CONFIG_ACT_NONE);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off by the helper; the device has no Transactions Pending bit");
	assert_true(b->act.quiesced_ns > 0);
}

/* What the helper says is not believed either. */
static void test_helper_read_back(void **state)
{
	static const struct mock_call calls[] = {
		SWITCH_OFF("nic", -EACCES),
		{ .call = "off nic" },
		GET("nic 04", 0x0007),
		{ .call = "load nic", .rc = ACT_NO_MODULE },
		{ .call = "bind nic", .rc = -ENXIO },
	};
	struct bench *b = *state;

	only_nic(b, CONFIG_ACT_NONE);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_FAILED,
		      "bus mastering cannot be switched off");
	assert_int_equal(b->act.quiesced_ns, 0);
}

static void test_helper_refuses(void **state)
{
	static const struct mock_call calls[] = {
		SWITCH_OFF("nic", -EPERM),
		{ .call = "off nic", .rc = -EBUSY },
	};
	struct bench *b = *state;

	/* Denied a driver: nothing more is tried. */
	only_nic(b, CONFIG_ACT_DENY);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_FAILED, "Device or resource busy");
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_FAILED,
		      "the device is held, but its DMA is not stopped");
}

/* ---- function level reset ---- */

static void test_flr(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		{ .call = "reset nic", .took_ms = 101 },
		GET("nic 04", 0x0400),
		UNTOUCHED_STE("nic"),
	};
	struct bench *b = *state;

	only_nic(b, CONFIG_ACT_FLR);
	/* The reset gives bus mastering back as it was: so an idle device is quiesced, too. */
	b->devices[0].live = INV_NOT_LIVE;
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_FLR, REC_STEP_DONE, "function level reset, STE untouched");
	assert_int_equal(story_step_of(&b->told, "nic", REC_ACT_FLR)->begin.deadline_ms,
			 PLAN_FLR_MS);
	assert_result(b, "nic", REC_ACT_KEEP, REC_STEP_DONE,
		      "the device is held until it is released");
}

/* One reset, and what is seen after it, as one row. */
static void check_flr(struct bench *b, const struct mock_call *after, size_t n, u32 outcome,
		      const char *detail)
{
	static const struct mock_call before[] = { CONTAINED("nic") };
	static struct mock_call calls[16];
	size_t head = sizeof(before) / sizeof(before[0]);

	memcpy(calls, before, sizeof(before));
	memcpy(calls + head, after, n * sizeof(*after));
	only_nic(b, CONFIG_ACT_FLR);
	plan_and_run(b, calls, head + n);
	assert_result(b, "nic", REC_ACT_FLR, outcome, detail);
}

#define CHECK_FLR(b, after, outcome, detail) \
	check_flr(b, after, sizeof(after) / sizeof((after)[0]), outcome, detail)

static void test_flr_absent(void **state)
{
	static const struct mock_call after[] = {
		{ .call = "reset nic", .rc = ACT_NO_RESET },
	};

	CHECK_FLR(*state, after, REC_STEP_SKIPPED, "the device has no function level reset");
}

static void test_flr_master_on(void **state)
{
	static const struct mock_call after[] = { { .call = "reset nic" }, GET("nic 04", 0x0404) };

	CHECK_FLR(*state, after, REC_STEP_FAILED, "bus mastering is on after the reset");
}

static void test_flr_no_answer(void **state)
{
	static const struct mock_call after[] = { { .call = "reset nic" }, GET("nic 04", 0xffff) };
	struct bench *b = *state;

	CHECK_FLR(b, after, REC_STEP_GONE, "the device vanished");
	assert_true(b->devices[0].gone);
}

static void test_flr_attaches(void **state)
{
	static const struct mock_call after[] = {
		RESET("nic"),
		ATTACHED_STE("nic"),
	};

	CHECK_FLR(*state, after, REC_STEP_FAILED, "the reset changed the STE of the device");
}

static void test_flr_unseen(void **state)
{
	static const struct mock_call after[] = {
		RESET("nic"),
		{ .call = "look nic", .rc = -EIO },
	};

	CHECK_FLR(*state, after, REC_STEP_DONE, "function level reset; the STE could not be read");
}

static void test_flr_cut_by_stage(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		{ .call = "reset nic", .rc = -ETIMEDOUT, .took_ms = 700 },
	};
	struct bench *b = *state;

	only_nic(b, CONFIG_ACT_FLR);
	b->act.end_ns = b->mock.now_ns + clock_ms(700);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(RUN(b, calls), -ETIME);
	assert_int_equal(story_step_of(&b->told, "nic", REC_ACT_FLR)->begin.deadline_ms, 700);
}

/* Extended capabilities: one at 0x100, then ATS at 0x150. */
static void test_flr_ats(void **state)
{
	static const struct mock_call after[] = {
		GET("nic 100", 0x0001),
		GET("nic 102", 0x1502),
		GET("nic 150", 0x000f),
		GET("nic 152", 0x0001),
	};
	struct bench *b = *state;

	b->act.ats_reset_detaches = true;
	CHECK_FLR(b, after, REC_STEP_SKIPPED,
		  "the device has ATS: a reset by this kernel would end adoption");
}

static void test_flr_conventional(void **state)
{
	static const struct mock_call after[] = {
		{ .call = "read nic 100", .rc = -ENODATA },
		RESET("nic"),
		UNTOUCHED_STE("nic"),
	};
	struct bench *b = *state;

	b->act.ats_reset_detaches = true;
	CHECK_FLR(b, after, REC_STEP_DONE, "function level reset, STE untouched");
}

static void test_flr_ats_unknown(void **state)
{
	static const struct mock_call after[] = {
		{ .call = "read nic 100", .rc = -EIO },
	};
	struct bench *b = *state;

	b->act.ats_reset_detaches = true;
	CHECK_FLR(
		b, after, REC_STEP_SKIPPED,
		"it cannot be read whether the device has ATS: with ATS a reset would end adoption");
}

/* A list of extended capabilities that bites its tail ends, too. */
static void test_flr_ats_loop(void **state)
{
	static struct mock_call calls[5 + 2 * 96 + 3];
	static const struct mock_call before[] = { CONTAINED("nic") };
	struct bench *b = *state;
	size_t i;

	memcpy(calls, before, sizeof(before));
	for (i = 5; i < 5 + 2 * 96; i += 2) {
		calls[i] = (struct mock_call)GET("nic 100", 0x0001);
		calls[i + 1] = (struct mock_call)GET("nic 102", 0x1001);
	}
	calls[i++] = (struct mock_call){ .call = "reset nic" };
	calls[i++] = (struct mock_call)GET("nic 04", 0x0400);
	calls[i] = (struct mock_call)UNTOUCHED_STE("nic");
	b->act.ats_reset_detaches = true;
	only_nic(b, CONFIG_ACT_FLR);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_FLR, REC_STEP_DONE, "function level reset, STE untouched");
}

/* Transactions that stay pending for the whole deadline are ended by a reset. */
static void test_pending_reset(void **state)
{
	static struct mock_call calls[7 + PLAN_QUIESCE_MS + 1 + 4];
	static const struct mock_call before[] = { OFF_CALLS("nic") };
	struct bench *b = *state;
	size_t i;

	memcpy(calls, before, sizeof(before));
	for (i = 7; i < 7 + PLAN_QUIESCE_MS + 1; i++)
		calls[i] = (struct mock_call)DEVSTA("nic", 0x20);
	calls[i++] = (struct mock_call){ .call = "reset nic", .took_ms = 100 };
	calls[i++] = (struct mock_call)GET("nic 04", 0x0400);
	calls[i++] = (struct mock_call)UNTOUCHED_STE("nic");
	calls[i] = (struct mock_call)DEVSTA("nic", 0);
	only_nic(b, CONFIG_ACT_NONE);
	b->devices[0].flr = true;
	PLAN_RUN(b, calls);
	assert_int_equal(b->mock.slept_ms, PLAN_QUIESCE_MS);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE,
		      "bus master off; transactions were pending until a function level reset");
}

/* That it cannot be looked at does not mean that it stays on. */
static void test_quiesce_unreadable(void **state)
{
	static const struct mock_call calls[] = {
		OFF_CALLS("nic"),
		{ .call = "read nic 4a", .rc = -EIO },
	};
	struct bench *b = *state;

	only_nic(b, CONFIG_ACT_DENY);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_QUIESCE, REC_STEP_FAILED, "Input/output error");
}

/* ---- the domain ---- */

/* Making it and changing its type have one deadline. */
static void test_domain_one_deadline(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .took_ms = PLAN_DOMAIN_MS - 1 },
		{ .call = "translate disk", .rc = -ETIMEDOUT, .took_ms = 1, .wait_ms = 1 },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	PLAN_RUN(b, calls);
	assert_int_equal(story_step_of(&b->told, "disk", REC_ACT_DOMAIN)->result.took_ns,
			 clock_ms(PLAN_DOMAIN_MS));
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_TIMEOUT,
		      "no answer whether the domain translates: Connection timed out");
	assert_handed_over(b);
}

static void test_domain_made(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .took_ms = 2 },
		{ .call = "translate disk", .rc = ACT_NO_TYPE },
		{ .call = "flush disk" },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	b->inv.may_flush = true;
	PLAN_RUN(b, calls);
	assert_result(
		b, "disk", REC_ACT_DOMAIN, REC_STEP_DONE,
		"domain made before the bind, its type is not known, TLB flushed for its ASID");
	assert_true(b->devices[1].group);
}

static void test_domain_changed(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "translate disk", .rc = ACT_CHANGED },
		{ .call = "flush disk", .rc = -EIO },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	lone_disk(b);
	b->inv.may_flush = true;
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_DONE,
		      "domain exists, changed from identity to DMA, TLB not flushed");
}

/* Without translation a driver is the last chance of the dump, and of nothing else. */
static void test_domain_identity_dump_path(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "translate disk", .rc = -EPERM },
		LOADED_AND_BOUND("disk", "nvme"),
		UNTOUCHED_STE("disk"),
	};
	struct bench *b = *state;

	lone_disk(b);
	b->config.verify_deadline_ms = 0;
	PLAN_RUN(b, calls);
	assert_result(
		b, "disk", REC_ACT_DOMAIN, REC_STEP_FAILED,
		"the domain is an identity domain and cannot be changed: Operation not permitted");
}

static void test_domain_identity_elsewhere(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "translate disk", .rc = -EIO },
	};
	struct bench *b = *state;

	lone_disk(b);
	off_dump_path(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_LOAD, REC_STEP_SKIPPED, NO_DOMAIN);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_SKIPPED, NO_DOMAIN);
	assert_result(b, "disk", REC_ACT_VERIFY, REC_STEP_SKIPPED, "no driver is bound");
}

/* Refused by the SMMU driver: found without a bind that would have to be undone. */
static void test_domain_refused(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ENXIO },
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	off_dump_path(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_FAILED,
		      "the SMMU driver makes no domain for the device");
	assert_result(b, "disk", REC_ACT_LOAD, REC_STEP_SKIPPED, NO_DOMAIN);
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_SKIPPED, NO_DOMAIN);
}

/* The dump needs it: without a driver there is none for certain. */
static void test_domain_refused_for_dump(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ENXIO },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_FAILED,
		      "the SMMU driver makes no domain for the device");
	assert_handed_over(b);
}

static void test_domain_old_helper(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "make disk", .rc = -ENOTTY },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	ungrouped_disk(b);
	PLAN_RUN(b, calls);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_SKIPPED,
		      "the kernel makes the domain when the driver is bound");
}

/* Two devices; the disk, on the dump path, is attached first. */
static void reused(struct bench *b)
{
	b->inv.may_prepare = b->inv.may_flush = true;
	b->inv.policy = CONFIG_PROBE_ALL;
	b->devices[1].live = INV_NOT_LIVE;
}

#define DISK_ATTACHED                                                                             \
	{ .call = "translate disk" }, { .call = "flush disk" }, LOADED_AND_BOUND("disk", "nvme"), \
		ATTACHED_STE("disk")

static void assert_asids(struct bench *b, const char *expected)
{
	char text[160];

	act_tell_asids(&b->act, text, sizeof(text));
	assert_string_equal(text, expected);
}

/* What one SMMU does is not taken back by what another one does. */
static void test_domain_asids_worst(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "translate disk" },
		LOADED_AND_BOUND("disk", "nvme"),
		ATTACHED_STE("disk"),
	};
	struct act_sight sight = { .asids = REC_ASIDS_REUSED };
	struct bench *b = *state;

	lone_disk(b);
	PLAN_RUN(b, calls);
	assert_asids(b, "");
	act_see_asids(&b->act, &sight);
	sight.asids = REC_ASIDS_DISTINCT;
	act_see_asids(&b->act, &sight);
	assert_asids(
		b,
		"ASIDs of the crashed kernel are in use again; the TLB was not flushed at "
		"attaches: DMA may have used old translations; therefore 0 devices get no driver");
}

/* A live device under an old entry, whose ASID somebody else has now, stays without a driver. */
static void test_domain_asids_reused(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		DISK_ATTACHED,
		{ .call = "look nic", .deferred = true, .asids = REC_ASIDS_REUSED },
	};
	struct bench *b = *state;

	reused(b);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_DOMAIN, REC_STEP_FAILED,
		      "ASIDs of the crashed kernel are in use again: the device stays stopped");
	assert_result(
		b, "nic", REC_ACT_BIND, REC_STEP_SKIPPED,
		"ASIDs are in use again: a driver could let it write to the capture kernel's memory");
	assert_false(b->act.dump_lost);
	assert_asids(
		b,
		"ASIDs of the crashed kernel are in use again; the TLB was not flushed at "
		"attaches: DMA may have used old translations; therefore 1 device gets no driver");
	b->inv.attach_flush = true;
	assert_asids(b, "ASIDs of the crashed kernel are in use again; the TLB was flushed at each "
			"attach; therefore 1 device gets no driver");
}

/* It could not be quiesced, so it writes already: its driver is the last means to stop it. */
static void test_domain_asids_not_quiesced(void **state)
{
	static const struct mock_call calls[] = {
		SWITCH_OFF("nic", -EIO),	   DISK_ATTACHED,
		{ .call = "translate nic" },	   { .call = "flush nic" },
		LOADED_AND_BOUND("nic", "e1000e"), UNTOUCHED_STE("nic"),
	};
	struct bench *b = *state;

	reused(b);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_BIND, REC_STEP_DONE, "driver e1000e");
}

static void test_domain_asids_reset(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		DISK_ATTACHED,
		RESET("nic"),
		UNTOUCHED_STE("nic"),
		{ .call = "translate nic" },
		{ .call = "flush nic" },
		LOADED_AND_BOUND("nic", "e1000e"),
		UNTOUCHED_STE("nic"),
	};
	struct bench *b = *state;

	reused(b);
	b->devices[0].rule = CONFIG_ACT_FLR;
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_DOMAIN, REC_STEP_DONE,
		      "domain exists, TLB flushed for its ASID");
}

static void test_domain_asids_distinct(void **state)
{
	static const struct mock_call calls[] = {
		CONTAINED("nic"),
		DISK_ATTACHED,
		{ .call = "look nic", .deferred = true, .asids = REC_ASIDS_DISTINCT },
		{ .call = "translate nic" },
		LOADED_AND_BOUND("nic", "e1000e"),
		UNTOUCHED_STE("nic"),
	};
	struct bench *b = *state;

	reused(b);
	PLAN_RUN(b, calls);
	assert_result(b, "nic", REC_ACT_DOMAIN, REC_STEP_DONE, "domain exists");
	assert_false(b->inv.may_flush);
	assert_asids(b, "");
}

static void test_domain_bound_meanwhile(void **state)
{
	static const struct mock_call calls[] = {
		{ .call = "load disk" },
		ATTACHED_STE("disk"),
	};
	struct bench *b = *state;

	lone_disk(b);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	b->devices[1].bound = true;
	assert_int_equal(RUN(b, calls), 0);
	assert_result(b, "disk", REC_ACT_DOMAIN, REC_STEP_SKIPPED, "a driver has the device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_helper_switches_off),
		BENCH_TEST(test_helper_read_back),
		BENCH_TEST(test_helper_refuses),
		BENCH_TEST(test_flr),
		BENCH_TEST(test_flr_absent),
		BENCH_TEST(test_flr_master_on),
		BENCH_TEST(test_flr_no_answer),
		BENCH_TEST(test_flr_attaches),
		BENCH_TEST(test_flr_unseen),
		BENCH_TEST(test_flr_cut_by_stage),
		BENCH_TEST(test_flr_ats),
		BENCH_TEST(test_flr_conventional),
		BENCH_TEST(test_flr_ats_unknown),
		BENCH_TEST(test_flr_ats_loop),
		BENCH_TEST(test_pending_reset),
		BENCH_TEST(test_quiesce_unreadable),
		BENCH_TEST(test_domain_one_deadline),
		BENCH_TEST(test_domain_made),
		BENCH_TEST(test_domain_changed),
		BENCH_TEST(test_domain_identity_dump_path),
		BENCH_TEST(test_domain_identity_elsewhere),
		BENCH_TEST(test_domain_refused),
		BENCH_TEST(test_domain_refused_for_dump),
		BENCH_TEST(test_domain_old_helper),
		BENCH_TEST(test_domain_asids_reused),
		BENCH_TEST(test_domain_asids_worst),
		BENCH_TEST(test_domain_asids_not_quiesced),
		BENCH_TEST(test_domain_asids_reset),
		BENCH_TEST(test_domain_asids_distinct),
		BENCH_TEST(test_domain_bound_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/resume.c: what a journal that ends anywhere leaves to do.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/names.h"
#include "lib/machine/journal.h"
#include "daemon/act/resume.h"
#include "tests/unit/support_machine.h"

#define DISK 0
#define NIC 1

struct bench {
	struct resume resume;
	struct inv_device devices[2];
	struct inventory inv;
	struct config config;
	struct plan plan;
	char left[512]; /* what the plan has left, as text */
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	config_defaults(&b.config);
	b.inv.devices = b.devices;
	b.inv.count = 2;
	b.inv.policy = CONFIG_PROBE_DUMP_PATH;
	strcpy(b.devices[DISK].name, "disk");
	strcpy(b.devices[NIC].name, "nic");
	for (u32 d = 0; d < 2; d++) {
		b.devices[d].pci = b.devices[d].group = true;
		b.devices[d].live = INV_LIVE;
		b.devices[d].alias_set = d;
		b.devices[d].alias_size = 1;
	}
	b.devices[DISK].dump_path = true;
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	plan_clear(&b->plan);
	resume_clear(&b->resume);
	return 0;
}

static void begun(struct bench *b, const char *device, u16 action)
{
	struct rec rec = { .type = REC_STEP };

	rec.step.action = action;
	strcpy(rec.step.device, device);
	assert_int_equal(resume_add(&b->resume, &rec), 0);
}

static void ended(struct bench *b, const char *device, u16 action, u16 outcome)
{
	struct rec rec = { .type = REC_RESULT };

	begun(b, device, action);
	rec.result.action = action;
	rec.result.outcome = outcome;
	strcpy(rec.result.device, device);
	assert_int_equal(resume_add(&b->resume, &rec), 0);
}

static void stage(struct bench *b, u16 id)
{
	struct rec rec = { .type = REC_STAGE };

	rec.stage.stage = id;
	assert_int_equal(resume_add(&b->resume, &rec), 0);
}

static void assert_left(struct bench *b, const char *want)
{
	u32 i;

	plan_clear(&b->plan);
	resume_inventory(&b->resume, &b->inv);
	assert_int_equal(plan_hold(&b->plan, &b->inv), 0);
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	resume_plan(&b->resume, &b->plan, 0, &b->inv);
	b->left[0] = 0;
	for (i = 0; i < b->plan.count; i++)
		snprintf(b->left + strlen(b->left), sizeof(b->left) - strlen(b->left), "%s %s;",
			 rec_action_name(b->plan.steps[i].action),
			 b->devices[b->plan.steps[i].device].name);
	assert_string_equal(b->left, want);
}

static void test_first_run(void **state)
{
	assert_left(*state, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;"
			    "verify disk;keep nic;");
}

static void test_killed_while_holding(void **state)
{
	struct bench *b = *state;

	stage(b, REC_STAGE_START);
	ended(b, "disk", REC_ACT_HOLD, REC_STEP_DONE);
	begun(b, "nic", REC_ACT_HOLD);
	assert_int_equal(b->resume.runs, 1);
	/* A hold is a state: it is entered anew, and found in place. */
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;"
		       "verify disk;keep nic;");
	assert_int_equal(resume_tries(&b->resume, "nic", REC_ACT_HOLD), 1);
}

/* Reset and domain are acts like quiescing: once, unless the holds were given back since. */
static void test_reset_and_domain(void **state)
{
	struct bench *b = *state;

	b->devices[DISK].rule = CONFIG_ACT_FLR;
	b->inv.may_prepare = true;
	ended(b, "disk", REC_ACT_QUIESCE, REC_STEP_DONE);
	begun(b, "disk", REC_ACT_FLR);
	assert_left(b, "hold disk;hold nic;quiesce nic;flr disk;domain disk;load disk;bind disk;"
		       "verify disk;keep nic;");
	ended(b, "disk", REC_ACT_FLR, REC_STEP_DONE);
	ended(b, "disk", REC_ACT_DOMAIN, REC_STEP_DONE);
	assert_left(b, "hold disk;hold nic;quiesce nic;load disk;bind disk;verify disk;keep nic;");
	stage(b, REC_STAGE_RELEASED);
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;flr disk;domain disk;load disk;"
		       "bind disk;verify disk;keep nic;");
}

/* What was begun twice and never ended is left out; the driver is still tried. */
static void test_domain_kills(void **state)
{
	struct bench *b = *state;

	b->inv.may_prepare = true;
	begun(b, "disk", REC_ACT_DOMAIN);
	begun(b, "disk", REC_ACT_DOMAIN);
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;"
		       "verify disk;keep nic;");
}

static void test_killed_while_quiescing(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_QUIESCE, REC_STEP_DONE);
	begun(b, "nic", REC_ACT_QUIESCE);
	assert_left(b, "hold disk;hold nic;quiesce nic;load disk;bind disk;verify disk;keep nic;");
}

static void test_released_in_between(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_QUIESCE, REC_STEP_DONE);
	ended(b, "disk", REC_ACT_LOAD, REC_STEP_DONE);
	stage(b, REC_STAGE_RELEASED);
	assert_left(b,
		    "hold disk;hold nic;quiesce disk;quiesce nic;bind disk;verify disk;keep nic;");
}

static void test_killed_in_bind(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_LOAD, REC_STEP_DONE);
	begun(b, "disk", REC_ACT_BIND);
	assert_left(b,
		    "hold disk;hold nic;quiesce disk;quiesce nic;bind disk;verify disk;keep nic;");
	/* A second daemon died in it as well: not a third time, and no hold without a bind. */
	begun(b, "disk", REC_ACT_BIND);
	assert_left(b, "hold nic;quiesce nic;verify disk;keep nic;");
}

static void test_killed_after_bind(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_QUIESCE, REC_STEP_DONE);
	ended(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE);
	ended(b, "disk", REC_ACT_LOAD, REC_STEP_DONE);
	ended(b, "disk", REC_ACT_BIND, REC_STEP_DONE);
	b->devices[DISK].bound = true;
	assert_left(b, "hold nic;verify disk;keep nic;");
	assert_true(b->devices[DISK].ours);
	assert_int_equal(b->plan.steps[1].why, PLAN_WHY_VERIFY);
	assert_int_equal(b->plan.steps[1].deadline_ms, b->config.verify_deadline_ms);
	ended(b, "disk", REC_ACT_VERIFY, REC_STEP_DONE);
	assert_left(b, "hold nic;keep nic;");
}

static void test_bound_by_others(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_BIND, REC_STEP_FAILED);
	b->devices[DISK].bound = true;
	assert_left(b, "hold nic;quiesce nic;verify disk;keep nic;");
	assert_false(b->devices[DISK].ours);
	assert_int_equal(b->plan.steps[2].why, PLAN_WHY_BOUND_BEFORE);
}

static void test_given_back_for_good(void **state)
{
	struct bench *b = *state;

	ended(b, "disk", REC_ACT_BIND, REC_STEP_FAILED);
	ended(b, "nic", REC_ACT_RELEASE, REC_STEP_DONE);
	/* Nor is it said to be kept; and a driver may be on its way, which is not to be stopped. */
	assert_left(b, "load disk;verify disk;");
}

/* It is seen to be held all the same: what failed has another chance, and what is on its way none.
 */
static void test_held_all_the_same(void **state)
{
	struct bench *b = *state;

	b->devices[DISK].held = b->devices[NIC].held = true;
	ended(b, "disk", REC_ACT_BIND, REC_STEP_FAILED);
	ended(b, "nic", REC_ACT_RELEASE, REC_STEP_FAILED);
	assert_false(resume_is_on_its_way(&b->resume, "nic"));
	assert_left(b,
		    "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;verify disk;"
		    "keep nic;");
	ended(b, "disk", REC_ACT_BIND, REC_STEP_TIMEOUT);
	ended(b, "nic", REC_ACT_RELEASE, REC_STEP_PENDING);
	assert_true(resume_is_on_its_way(&b->resume, "nic"));
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;verify disk;");
	begun(b, "disk", REC_ACT_BIND);
	assert_left(b,
		    "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;verify disk;");
	begun(b, "disk", REC_ACT_BIND);
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;verify disk;");
}

/* Stopped under the driver that was faster: marked anew, stopped once, until others had it. */
static void test_stopped_under_driver(void **state)
{
	struct bench *b = *state;

	b->devices[NIC].bound = true;
	assert_left(b, "hold disk;hold nic;quiesce disk;quiesce nic;load disk;bind disk;"
		       "verify disk;keep nic;");
	ended(b, "nic", REC_ACT_HOLD, REC_STEP_DONE);
	ended(b, "nic", REC_ACT_QUIESCE, REC_STEP_DONE);
	assert_left(b, "hold disk;hold nic;quiesce disk;load disk;bind disk;verify disk;keep nic;");
	assert_false(b->devices[NIC].given_back);
	assert_true(b->devices[NIC].stopped);
	stage(b, REC_STAGE_RELEASED);
	assert_left(b, "hold disk;quiesce disk;load disk;bind disk;verify disk;verify nic;");
	assert_true(b->devices[NIC].given_back);
	assert_false(b->devices[NIC].stopped);
}

static void test_driver_after_release(void **state)
{
	struct bench *b = *state;

	ended(b, "nic", REC_ACT_RELEASE, REC_STEP_DONE);
	b->devices[NIC].bound = true;
	assert_left(b, "hold disk;quiesce disk;load disk;bind disk;verify disk;verify nic;");
	assert_true(b->devices[NIC].given_back);
}

/* The journal's own reader, with a torn tail: what is whole counts. */
static void test_read(void **state)
{
	struct bench *b = *state;
	struct rec rec = { .type = REC_STEP };
	struct journal journal;
	struct machine m;
	struct errbuf err;

	machine_new(&m);
	assert_int_equal(resume_read(&b->resume, &m.root), -ENOENT);
	assert_int_equal(journal_open(&journal, &m.root, &err), 0);
	journal_begin(&journal, &m.root);
	journal_stage(&journal, REC_STAGE_START, 0, "x");
	rec.step.action = REC_ACT_BIND;
	strcpy(rec.step.device, "disk");
	assert_int_equal(journal_write(&journal, &rec), 0);
	assert_int_equal(write(journal.fd, "SMARtorn", 8), 8);
	journal_close(&journal);
	assert_int_equal(resume_read(&b->resume, &m.root), 0);
	assert_int_equal(b->resume.runs, 1);
	assert_int_equal(resume_tries(&b->resume, "disk", REC_ACT_BIND), 1);
	assert_null(resume_find(&b->resume, "disk", REC_ACT_LOAD));
	machine_free(&m);
}

static void test_many_devices(void **state)
{
	struct bench *b = *state;
	char name[48];
	int i;

	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "0000:%02x:%02x.%d", i >> 8, i >> 3 & 31, i & 7);
		ended(b, name, REC_ACT_QUIESCE, REC_STEP_DONE);
		ended(b, name, REC_ACT_QUIESCE, REC_STEP_FAILED);
	}
	assert_int_equal(b->resume.count, 5000);
	assert_int_equal(resume_find(&b->resume, name, REC_ACT_QUIESCE)->outcome, REC_STEP_FAILED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_run),
		TEST(test_killed_while_holding),
		TEST(test_killed_while_quiescing),
		TEST(test_reset_and_domain),
		TEST(test_domain_kills),
		TEST(test_released_in_between),
		TEST(test_killed_in_bind),
		TEST(test_killed_after_bind),
		TEST(test_bound_by_others),
		TEST(test_stopped_under_driver),
		TEST(test_driver_after_release),
		TEST(test_given_back_for_good),
		TEST(test_held_all_the_same),
		TEST(test_read),
		TEST(test_many_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

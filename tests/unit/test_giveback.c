// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/giveback.c, in whole runs on a machine made of files: a stage that keeps two
 * devices, then the worker that gives them back, or does not, and the daemon after it.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "daemon/giveback.h"
#include "lib/story/facts.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_stage.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define IDLE "0000:00:03.0"

/* Bound before us, and of the dump path: a bind that failed would have everything released at once.
 */
static void give_driver(struct run *run, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", name);
	machine_write(&run->m, "sys/bus/pci/drivers/test/.keep", "");
	machine_link(&run->m, path, "../../../bus/pci/drivers/test");
	config_dump_add(&run->config.dump, name);
}

static int set_up(void **state)
{
	struct run *run;

	(void)stage_set_up(state);
	run = *state;
	run->shared.loan.grace_ms = 12000;
	give_driver(run, DISK);
	return 0;
}

/* The stage, and the time after it. */
static void hand_over(struct run *run, uint32_t then_ms)
{
	run->shared.start_ns = run->shared.loan.start_ns = clock_now_ns();
	assert_int_equal(run_stage_by(run, stage_run), 0);
	run->shared.loan.handover_ns = clock_now_ns();
	clock_sleep_ms(then_ms);
}

static size_t findings(const struct run *run, const char *text)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_findings; i++)
		n += run->story.findings[i].code == REC_FIND_GIVEN_BACK &&
		     run->story.findings[i].severity == REC_SEV_WARNING &&
		     (!text || strcmp(run->story.findings[i].text, text) == 0);
	return n;
}

static size_t steps(const struct run *run, u32 action)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_steps; i++)
		n += run->story.steps[i].begun && run->story.steps[i].begin.action == action;
	return n;
}

static size_t stages(const struct run *run, u32 stage)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_stages; i++)
		n += run->story.stages[i].stage.stage == stage;
	return n;
}

static void assert_kept(struct run *run)
{
	assert_true(machine_held(&run->m, "pci", NIC));
	assert_true(machine_held(&run->m, "pci", IDLE));
	assert_int_equal(findings(run, NULL), 0);
	assert_int_equal(stages(run, REC_STAGE_GIVING_BACK), 0);
}

/* The first stage held, and the second cannot see what it may hold: nobody gives back later. */
static void test_second_stage_aside(void **state)
{
	struct run *run = *state;

	hand_over(run, 0);
	assert_kept(run);
	machine_remove(&run->m, PATH_HELPER);
	assert_int_equal(run_stage_by(run, stage_run), 0);
	assert_int_equal(stages(run, REC_STAGE_ASIDE), 1);
	assert_false(machine_held(&run->m, "pci", NIC));
	assert_false(machine_held(&run->m, "pci", IDLE));
}

static void test_gives_back(void **state)
{
	struct run *run = *state;
	const struct report_device *facts;

	hand_over(run, 12000);
	assert_int_equal(run->shared.loan.lent, 2);
	assert_kept(run);
	machine_write(&run->m, "proc/cmdline", "root=/dev/sda1\n");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_GIVE_BACK);
	assert_int_equal(stages(run, REC_STAGE_GIVING_BACK), 1);
	assert_int_equal(stages(run, REC_STAGE_START), 1);
	assert_int_equal(stages(run, REC_STAGE_DONE), 2);
	assert_false(machine_held(&run->m, "pci", NIC));
	assert_false(machine_held(&run->m, "pci", IDLE));
	assert_int_equal(findings(run, NULL), 2);
	assert_int_equal(findings(run, "the dump had not begun 12 s after the hand-over; the root "
				       "file system /dev/sda1 is not there"),
			 1);
	assert_int_equal(findings(run, "given back: " NIC ", " IDLE), 1);
	/* Stopped as it is, and not once more; held no more, as far as anybody reads. */
	assert_int_equal(steps(run, REC_ACT_HOLD), 3);
	assert_int_equal(steps(run, REC_ACT_QUIESCE), 2);
	assert_false(machine_is_master(&run->m, NIC));
	facts = story_find_device(&run->story, NIC)->facts;
	assert_null(facts->keep);
	assert_true(facts->quiesced_in_time);
	assert_int_equal(run->shared.loan.lent, 0);
}

static void test_not_yet(void **state)
{
	struct run *run = *state;

	hand_over(run, 11999);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, 1);
	assert_kept(run);
}

static void test_dump_runs(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	machine_link(&run->m, "proc/77/fd/3", "/proc/vmcore");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_NEVER);
	assert_true(run->shared.loan.dump_begun);
	assert_kept(run);
}

/* Somebody looked into /proc/vmcore, and closed it: the dump may be about to begin. */
static void test_looked_into(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	run->shared.loan.opened = true;
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_LOOK_MS);
	assert_kept(run);
	clock_sleep_ms(12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_GIVE_BACK);
	assert_int_equal(findings(run, "/proc/vmcore had only been looked into, and no dump ran "
				       "24 s after the hand-over"),
			 1);
}

/* The card of the dump path is up, and its link is not. */
static void test_negotiates(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	run->shared.loan.n_nics = 1;
	run->shared.loan.nics[0] = (struct loan_nic){ .bus = "pci", .name = DISK };
	machine_write(&run->m, "sys/bus/pci/devices/" DISK "/net/eth0/flags", "0x1003\n");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_LOOK_MS);
	assert_kept(run);
	clock_sleep_ms(12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_GIVE_BACK);
	assert_false(machine_held(&run->m, "pci", NIC));
}

/* The initramfs has found its root file system, and is about to mount it. */
static void test_root_is_there(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	machine_write(&run->m, "proc/cmdline", "root=/dev/sda1\n");
	machine_write(&run->m, "dev/sda1", "");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_LOOK_MS);
	assert_kept(run);
}

static void test_network_cards_are_noted(void **state)
{
	struct run *run = *state;

	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=crash state=adopted name=" MACHINE_SMMU "\n"
				 "smmu smmu=0 phase=now state=adopted name=" MACHINE_SMMU "\n"
				 "device phase=now name=" NIC " bus=pci class=0x020000 sids=8\n"
				 "device phase=now name=" DISK " bus=pci class=0x010802 sids=16\n");
	give_driver(run, NIC);
	hand_over(run, 0);
	assert_int_equal(run->shared.loan.n_nics, 1);
	assert_string_equal(run->shared.loan.nics[0].bus, "pci");
	assert_string_equal(run->shared.loan.nics[0].name, NIC);
	assert_int_equal(run->shared.loan.lent, 0);
}

/* What a rule keeps, and what the SMMU driver refused, stays; each is named with its reason. */
static void test_some_stay(void **state)
{
	struct run *run = *state;

	assert_int_equal(config_rule_parse(&run->config.rules[0], "deny path=" NIC), 0);
	run->config.n_rules = 1;
	hand_over(run, 12000);
	assert_int_equal(run->shared.loan.lent, 1);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_true(machine_held(&run->m, "pci", NIC));
	assert_false(machine_held(&run->m, "pci", IDLE));
	assert_int_equal(findings(run, "given back: " IDLE), 1);
	assert_int_equal(findings(run, NIC
				  " stays held: the configuration denies it a driver; the image "
				  "has no driver for it") +
				 findings(run,
					  NIC " stays held: the configuration denies it a driver"),
			 1);
}

/* What an earlier run did not hold is not held now, and nobody says that it is given back, or
 * stays. */
static void test_not_ours(void **state)
{
	struct run *run = *state;
	const struct rec_result *keep;

	machine_write(&run->m, "sys/bus/pci/devices/" NIC "/driver_override", "vfio-pci\n");
	machine_remove(&run->m, "sys/bus/pci/devices/" IDLE "/driver_override");
	assert_int_equal(config_rule_parse(&run->config.rules[0], "deny path=*"), 0);
	run->config.n_rules = 1;
	hand_over(run, 12000);
	run->shared.loan.lent = 1; /* something else was */
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	keep = result_of(run, NIC, REC_ACT_KEEP);
	assert_int_equal(keep->outcome, REC_STEP_SKIPPED);
	assert_string_equal(keep->detail, "the device is not held by smmu-adoptd");
	keep = result_of(run, IDLE, REC_ACT_KEEP);
	assert_int_equal(keep->outcome, REC_STEP_FAILED);
	assert_string_equal(keep->detail,
			    "the device could not be held: No such file or directory");
	assert_int_equal(findings(run, NULL), 1);
}

/* Given back by hand, since: it is held no more, whatever the journal has. */
static void test_by_hand(void **state)
{
	struct run *run = *state;

	assert_int_equal(config_rule_parse(&run->config.rules[0], "deny path=" NIC), 0);
	run->config.n_rules = 1;
	hand_over(run, 12000);
	machine_write(&run->m, "sys/bus/pci/devices/" NIC "/driver_override", "\n");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(result_of(run, NIC, REC_ACT_KEEP)->outcome, REC_STEP_SKIPPED);
	assert_int_equal(findings(run, "given back: " IDLE), 1);
	assert_int_equal(findings(run, NULL), 2);
}

static int no_bind(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	(void)priv, (void)dev, (void)wait_ms, (void)detail;
	return -EAGAIN;
}

static int no_process(void *priv, const struct inv_device *dev)
{
	(void)priv, (void)dev;
	return -EAGAIN;
}

/* Neither its bind nor the release instead of it came to anything: it is tried once more. */
static void test_tried_again(void **state)
{
	struct run *run = *state;

	run->ops.bind = no_bind;
	run->ops.let_go = no_process;
	hand_over(run, 12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_string_equal(result_of(run, NIC, REC_ACT_BIND)->detail,
			    "Resource temporarily unavailable; the device may still be held");
	assert_int_equal(result_of(run, NIC, REC_ACT_RELEASE)->outcome, REC_STEP_DONE);
	assert_false(machine_held(&run->m, "pci", NIC));
	assert_int_equal(findings(run, "given back: " NIC ", " IDLE), 1);
	assert_int_equal(findings(run, NULL), 2);
}

static void test_cannot_be_given_back(void **state)
{
	static const char why[] =
		" stays held: giving the hold back failed: Resource temporarily unavailable";
	struct run *run = *state;
	char text[160];

	run->ops.bind = no_bind;
	run->ops.let_go = run->ops.release = no_process;
	hand_over(run, 12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_true(machine_held(&run->m, "pci", NIC));
	(void)snprintf(text, sizeof(text), NIC "%s", why);
	assert_int_equal(findings(run, text), 1);
	(void)snprintf(text, sizeof(text), IDLE "%s", why);
	assert_int_equal(findings(run, text), 1);
	assert_int_equal(findings(run, NULL), 3);
	/* The next one has what was not done. */
	run->ops = act_real_ops;
	hand_over(run, 12000);
	assert_false(machine_held(&run->m, "pci", NIC));
}

static int no_look(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		   int *results)
{
	(void)priv, (void)devs, (void)wait_ms;
	while (n)
		results[--n] = -ETIME;
	return -EAGAIN;
}

/* Nobody says of what he could not see that it is held, or that it is not. */
static void test_cannot_be_seen(void **state)
{
	struct run *run = *state;

	assert_int_equal(config_rule_parse(&run->config.rules[0], "deny path=" NIC), 0);
	run->config.n_rules = 1;
	hand_over(run, 12000);
	run->ops.held = no_look;
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_string_equal(
		result_of(run, NIC, REC_ACT_KEEP)->detail,
		"driver_override cannot be read, the device may still be held: Timer expired");
	assert_int_equal(
		findings(run,
			 NIC " may still be held: driver_override cannot be read: Timer expired"),
		1);
	assert_false(machine_held(&run->m, "pci", IDLE));
	assert_int_equal(
		findings(run,
			 IDLE " may still be held: driver_override cannot be read: Timer expired"),
		1);
	assert_int_equal(findings(run, NULL), 3);
}

/* Of those that have no driver by then, none has a group: at the start it was told from the others.
 */
static void test_refusal_is_remembered(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/bus/pci/devices/" NIC "/iommu_group");
	machine_device(&run->m, &(struct machine_device){ .name = "0000:00:04.0", .group = 4 });
	machine_records_more(&run->m,
			     "device phase=now name=0000:00:04.0 bus=pci flags=group group=4 "
			     "sids=32\n");
	hand_over(run, 12000);
	assert_true(run->shared.loan.groups_early);
	machine_link(&run->m, "sys/bus/pci/devices/" IDLE "/driver",
		     "../../../bus/pci/drivers/test");
	machine_link(&run->m, "sys/bus/pci/devices/0000:00:04.0/driver",
		     "../../../bus/pci/drivers/test");
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_true(machine_held(&run->m, "pci", NIC));
	assert_int_equal(steps(run, REC_ACT_BIND), 0);
}

/* The records of the helper are gone: nothing can be planned, and the supervisor releases all. */
static void test_no_records_any_more(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	machine_remove(&run->m, PATH_HELPER);
	assert_int_equal(run_stage_by(run, giveback_run), -ENODATA);
	assert_int_equal(run->shared.loan.verdict, LOAN_GIVE_BACK);
}

static void test_order(void **state)
{
	static struct inv_device devices[] = {
		{ .name = "usb", .class_code = 0x0c0330 },
		{ .name = "gpu", .class_code = 0x030000 },
		{ .name = "nic", .class_code = 0x020000 },
		{ .name = "ruled", .class_code = 0x120000, .priority = 1 },
		{ .name = "disk", .class_code = 0x010802 },
	};
	static const char *const want[] = { "ruled", "disk", "usb", "nic", "gpu" };
	struct inventory inv = { .devices = devices, .count = 5 };
	u32 *order, i;

	(void)state;
	giveback_order(&inv);
	order = plan_order(&inv);
	for (i = 0; i < 5; i++)
		assert_string_equal(devices[order[i]].name, want[i]);
	free(order);
}

static int slow_domain(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	(void)priv, (void)dev;
	clock_sleep_ms(wait_ms);
	return -ETIMEDOUT;
}

/* It may be the dump's, as the prediction was wrong: that it is slow does not deny it its driver.
 */
static void test_slow_domain(void **state)
{
	struct run *run = *state;

	hand_over(run, 12000);
	run->ops.domain_translate = slow_domain;
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(result_of(run, NIC, REC_ACT_DOMAIN)->outcome, REC_STEP_TIMEOUT);
	assert_int_equal(result_of(run, NIC, REC_ACT_BIND)->outcome, REC_STEP_PENDING);
	clock_sleep_ms(10);
	assert_false(machine_held(&run->m, "pci", NIC));
}

/* Nobody waits for a slow probe as long as the stage does. */
static void test_device_deadline(void **state)
{
	struct run *run = *state;
	const struct story_step *load;

	run->config.device_deadline_ms = 20000;
	hand_over(run, 12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	load = story_step_of(&run->story, NIC, REC_ACT_LOAD);
	assert_int_equal(load->begin.deadline_ms, GIVEBACK_DEVICE_MS);
}

/* Nor as long as a rule has it. */
static void test_deadline_of_rule(void **state)
{
	struct run *run = *state;
	const struct story_step *bind;

	run->config.n_rules = 1;
	strcpy(run->config.rules[0].path, NIC);
	run->config.rules[0].deadline_ms = 120000;
	hand_over(run, 12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	bind = story_step_of(&run->story, NIC, REC_ACT_BIND);
	assert_int_equal(bind->begin.deadline_ms, GIVEBACK_DEVICE_MS);
	assert_int_equal(run->config.rules[0].deadline_ms, 120000);
}

static void test_policy_all_lends_nothing(void **state)
{
	struct run *run = *state;

	run->config.policy = CONFIG_PROBE_ALL;
	hand_over(run, 12000);
	assert_int_equal(run->shared.loan.lent, 0);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	assert_int_equal(run->shared.loan.verdict, LOAN_NEVER);
}

/* The daemon of the real root, or one that was started again: the prediction counts no more. */
static void test_once(void **state)
{
	struct run *run = *state;
	size_t binds;

	hand_over(run, 12000);
	assert_int_equal(run_stage_by(run, giveback_run), 0);
	binds = steps(run, REC_ACT_BIND);
	machine_device(&run->m, &(struct machine_device){ .name = "0000:00:04.0", .group = 4 });
	machine_records_more(&run->m,
			     "device phase=now name=0000:00:04.0 bus=pci flags=group group=4 "
			     "sids=32\n");
	hand_over(run, 12000);
	assert_int_equal(run->shared.loan.lent, 0);
	assert_false(machine_held(&run->m, "pci", NIC));
	assert_false(machine_held(&run->m, "pci", "0000:00:04.0"));
	assert_int_equal(result_of(run, "0000:00:04.0", REC_ACT_BIND)->outcome, REC_STEP_FAILED);
	assert_int_equal(steps(run, REC_ACT_BIND), binds + 1);
	assert_int_equal(stages(run, REC_STAGE_GIVING_BACK), 1);
}

static void take_text(void *priv, const struct inv_device *dev, const char *text)
{
	(void)dev;
	assert_true(strlen(text) < sizeof(((struct rec_finding *)0)->text));
	strcat(strcat(priv, text), "\n");
}

/* So many names that a finding does not hold them, and at last not all are told. */
static void test_many(void **state)
{
	static struct inv_device devices[100];
	static struct act_device states[100];
	static struct plan_step steps[100];
	struct inventory inv = { .devices = devices, .count = 100 };
	struct act act = { .inv = &inv, .devices = states };
	static bool binds[100];
	struct plan plan = { .steps = steps, .count = 100, .binds = binds, .n_binds = 100 };
	char text[16384] = "";
	u32 d;

	(void)state;
	for (d = 0; d < 100; d++) {
		(void)snprintf(devices[d].name, sizeof(devices[d].name), "0000:%02x:00.0", d);
		devices[d].held = true;
		states[d].sight = d < 50 ? ACT_OK : ACT_HELD;
		steps[d] = (struct plan_step){
			.device = d,
			.action = d < 75 ? REC_ACT_BIND : REC_ACT_KEEP,
			.why = d < 75 ? PLAN_WHY_POLICY_ALL : PLAN_WHY_NO_GROUP,
		};
		binds[d] = d < 75;
		states[d].no_driver = d < 75 ? "of a reason" : NULL;
	}
	giveback_tell(&act, &plan, take_text, text);
	assert_non_null(strstr(text, "given back: 0000:00:00.0, 0000:01:00.0, "));
	assert_non_null(strstr(text, "\ngiven back: 10 more devices\n"));
	assert_non_null(strstr(text, "\n0000:32:00.0 stays held: of a reason\n"));
	assert_non_null(strstr(text, "\n34 more devices stay held\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stage_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_stage_aside),
		TEST(test_gives_back),
		TEST(test_not_yet),
		TEST(test_dump_runs),
		TEST(test_looked_into),
		TEST(test_negotiates),
		TEST(test_root_is_there),
		TEST(test_network_cards_are_noted),
		TEST(test_some_stay),
		TEST(test_not_ours),
		TEST(test_by_hand),
		TEST(test_tried_again),
		TEST(test_cannot_be_given_back),
		TEST(test_cannot_be_seen),
		TEST(test_refusal_is_remembered),
		TEST(test_no_records_any_more),
		TEST(test_order),
		TEST(test_slow_domain),
		TEST(test_device_deadline),
		TEST(test_deadline_of_rule),
		TEST(test_policy_all_lends_nothing),
		TEST(test_once),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/worker.c with the real operations on a machine made of files:
 * what is held, quiesced, journalled; every reason to stand aside.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/plan/outlook.h"
#include "lib/story/names.h"
#include "lib/plan/dryrun.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_stage.h"

static void assert_aside(struct run *run, const char *why)
{
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_ASIDE);
	assert_string_equal(last_stage(run)->text, why);
	assert_false(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_true(machine_is_master(&run->m, "0000:00:01.0"));
	assert_int_equal(run->story.n_steps, 0);
}

/* How many steps the text of a stage speaks of. */
static unsigned long steps_said(struct run *run, u16 stage)
{
	size_t i;

	for (i = 0; i < run->story.n_stages; i++)
		if (run->story.stages[i].stage.stage == stage)
			return strtoul(run->story.stages[i].stage.text, NULL, 10);
	return 0;
}

static void test_quiesces_and_keeps(void **state)
{
	struct run *run = *state;
	const struct rec_result *r;

	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_DONE);
	/* Bus mastering of both live endpoints is off, and nobody touched the bridge. */
	assert_false(machine_is_master(&run->m, "0000:00:01.0"));
	assert_false(machine_is_master(&run->m, "0000:00:02.0"));
	assert_true(machine_is_master(&run->m, "0000:00:00.0"));
	assert_false(machine_held(&run->m, "pci", "0000:00:00.0"));
	r = result_of(run, "0000:00:01.0", REC_ACT_QUIESCE);
	assert_int_equal(r->outcome, REC_STEP_DONE);
	assert_string_equal(r->detail, "bus master off, no transactions pending");
	r = result_of(run, "0000:00:03.0", REC_ACT_QUIESCE);
	assert_int_equal(r->outcome, REC_STEP_SKIPPED);
	assert_string_equal(r->detail, "its STE was not live at the crash");
	/* The dump path's hold is given back and the bus was asked. */
	assert_false(machine_held(&run->m, "pci", "0000:00:02.0"));
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_BIND)->outcome, REC_STEP_FAILED);
	/* As that failed, the others were given back, and then it was asked once more. */
	assert_false(machine_held(&run->m, "pci", "0000:00:03.0"));
	assert_string_equal(machine_read(&run->m, "sys/bus/pci/drivers_probe"), "0000:00:02.0");
	assert_true(run->shared.quiesced_ms > 0);
	/* Before and after it is the same number, but for the holds that were given back. */
	assert_int_equal(steps_said(run, REC_STAGE_DONE), run->story.n_steps);
	assert_int_equal(steps_said(run, REC_STAGE_PLAN), run->story.n_steps - 3);
}

/* The real hands: type of the group's domain in sysfs, reset method and reset. */
static void test_domain_and_reset(void **state)
{
	struct run *run = *state;
	const struct rec_result *r;

	machine_write(&run->m, "sys/kernel/iommu_groups/2/type", "identity\n");
	machine_write(&run->m, "sys/devices/pci0000:00/0000:00:01.0/reset_method",
		      "acpi flr bus\n");
	machine_write(&run->m, "sys/devices/pci0000:00/0000:00:01.0/reset", "");
	machine_write(&run->m, "sys/devices/pci0000:00/0000:00:03.0/reset_method", "bus\n");
	machine_write(&run->m, "sys/devices/pci0000:00/0000:00:03.0/reset", "");
	machine_write(&run->m, "proc/sys/kernel/osrelease", "6.16.3-arm64\n");
	assert_int_equal(config_rule_parse(&run->config.rules[0], "flr path=*:0[13].0"), 0);
	run->config.n_rules = 1;
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	r = result_of(run, "0000:00:01.0", REC_ACT_FLR);
	assert_string_equal(r->detail, "function level reset, STE untouched");
	assert_int_equal(r->outcome, REC_STEP_DONE);
	assert_string_equal(machine_read(&run->m, "sys/devices/pci0000:00/0000:00:01.0/reset"),
			    "1");
	assert_string_equal(machine_read(&run->m,
					 "sys/devices/pci0000:00/0000:00:01.0/reset_method"),
			    "acpi flr bus");
	/* Only a function level reset will do. */
	r = result_of(run, "0000:00:03.0", REC_ACT_FLR);
	assert_int_equal(r->outcome, REC_STEP_SKIPPED);
	assert_string_equal(machine_read(&run->m, "sys/devices/pci0000:00/0000:00:03.0/reset"), "");
	r = result_of(run, "0000:00:02.0", REC_ACT_DOMAIN);
	assert_string_equal(r->detail, "domain exists, changed from identity to DMA");
	assert_memory_equal(machine_read(&run->m, "sys/kernel/iommu_groups/2/type"), "DMA", 3);
}

/* No driver in this machine: the dump path is lost, so nothing is held back. */
static void test_lost_dump_path_releases(void **state)
{
	struct run *run = *state;
	const struct rec_result *r;

	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	r = result_of(run, "0000:00:02.0", REC_ACT_BIND);
	assert_int_equal(r->outcome, REC_STEP_FAILED);
	assert_string_equal(r->detail, "no driver accepted the device");
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_RELEASE)->outcome, REC_STEP_DONE);
	assert_false(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_non_null(strstr(last_stage(run)->text, "the dump path was not handed over"));
}

static void test_bound_dump_path_keeps_rest(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/bus/pci/devices/0000:00:02.0");
	machine_remove(&run->m, "sys/devices/pci0000:00/0000:00:02.0");
	machine_device(&run->m, &(struct machine_device){
					.name = "0000:00:02.0", .driver = "nvme", .group = 2 });
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_true(machine_is_master(&run->m, "0000:00:02.0"));
	assert_true(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_true(machine_held(&run->m, "pci", "0000:00:03.0"));
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_HOLD)->outcome, REC_STEP_SKIPPED);
	assert_int_equal(result_of(run, "0000:00:02.0", REC_ACT_VERIFY)->outcome, REC_STEP_PENDING);
	assert_string_equal(result_of(run, "0000:00:01.0", REC_ACT_KEEP)->detail,
			    "the device is held until it is released");
}

static void test_unknown_dump_device_probes_all(void **state)
{
	struct run *run = *state;

	dump_to(run, "0000:00:1f.0");
	assert_int_equal(run_stage(run), 0);
	assert_true(has_finding(run, REC_FIND_CONFIG, "dump device 0000:00:1f.0 does not exist"));
	assert_true(has_finding(run, REC_FIND_CONFIG, "every device gets its driver"));
	assert_null(story_step_of(&run->story, "0000:00:01.0", REC_ACT_KEEP));
	assert_int_equal(result_of(run, "0000:00:03.0", REC_ACT_BIND)->outcome, REC_STEP_FAILED);
}

static void make_pending(struct run *run)
{
	machine_remove(&run->m, "sys/bus/pci/devices/0000:00:01.0");
	machine_remove(&run->m, "sys/devices/pci0000:00/0000:00:01.0");
	machine_device(&run->m, &(struct machine_device){
					.name = "0000:00:01.0", .group = 1, .pending = true });
	dump_to(run, "0000:00:02.0");
}

/* @ms after the stage's begin, the last transaction is answered. */
static pid_t answer_after(struct run *run, uint32_t ms)
{
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	clock_sleep_ms(ms);
	fd = openat(run->m.root.fd, "sys/bus/pci/devices/0000:00:01.0/config", O_WRONLY);
	_exit(pwrite(fd, "\0\0", 2, 0x6a) != 2);
}

static void test_pending_forever(void **state)
{
	struct run *run = *state;
	const struct rec_result *r;

	make_pending(run);
	assert_int_equal(run_stage(run), 0);
	r = result_of(run, "0000:00:01.0", REC_ACT_QUIESCE);
	assert_int_equal(r->outcome, REC_STEP_TIMEOUT);
	assert_string_equal(r->detail, "bus master off, but Transactions Pending stays set");
	assert_int_equal(r->took_ns, clock_ms(PLAN_QUIESCE_MS));
	/* It resisted, so its driver is tried after the dump path. */
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_KEEP)->outcome, REC_STEP_FAILED);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_BIND)->outcome, REC_STEP_FAILED);
}

static void test_pending_long(void **state)
{
	struct run *run = *state;
	const struct rec_result *r;
	pid_t pid;

	make_pending(run);
	pid = answer_after(run, PLAN_QUIESCE_MS - 1);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	r = result_of(run, "0000:00:01.0", REC_ACT_QUIESCE);
	assert_int_equal(r->outcome, REC_STEP_DONE);
	assert_string_equal(r->detail, "bus master off, no transactions pending");
	/* The look a millisecond later may be the one that sees it. */
	assert_in_range(r->took_ns, clock_ms(PLAN_QUIESCE_MS - 1), clock_ms(PLAN_QUIESCE_MS));
}

/* The stage's end cuts the device's deadline short, and comes before the next step. */
static void test_pending_to_the_end(void **state)
{
	struct run *run = *state;

	make_pending(run);
	run->end_ms = 700;
	assert_int_equal(run_stage(run), -ETIME);
	assert_int_equal(fakeclock_ms(), 700);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_QUIESCE)->outcome,
			 REC_STEP_TIMEOUT);
	assert_false(story_step_of(&run->story, "0000:00:02.0", REC_ACT_BIND)->begun);
}

static void test_device_gone(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/bus/pci/devices/0000:00:01.0");
	machine_remove(&run->m, "sys/devices/pci0000:00/0000:00:01.0");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_HOLD)->outcome, REC_STEP_GONE);
	assert_true(has_finding(run, REC_FIND_DEVICE_GONE, "0000:00:01.0 vanished"));
	assert_false(machine_is_master(&run->m, "0000:00:02.0"));
}

static void test_no_group_is_never_bound(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/devices/pci0000:00/0000:00:01.0/iommu_group");
	run->config.policy = CONFIG_PROBE_ALL;
	assert_int_equal(run_stage(run), 0);
	assert_true(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_null(story_step_of(&run->story, "0000:00:01.0", REC_ACT_BIND));
	assert_true(has_finding(run, REC_FIND_NO_IOMMU, "0000:00:01.0 has no IOMMU attachment"));
}

/* Two runs: the second finds the hold and the lost dump path, and does no act again. */
static void test_second_run(void **state)
{
	struct run *run = *state;
	u64 quiesce_ns;
	u32 bind, steps;

	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	quiesce_ns = story_step_of(&run->story, "0000:00:01.0", REC_ACT_QUIESCE)->begin_ns;
	bind = story_step_of(&run->story, "0000:00:02.0", REC_ACT_BIND)->step;
	steps = run->shared.journal.last_step;
	story_clear(&run->story);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_DONE);
	assert_int_equal(story_step_of(&run->story, "0000:00:01.0", REC_ACT_QUIESCE)->begin_ns,
			 quiesce_ns);
	assert_int_equal(story_step_of(&run->story, "0000:00:02.0", REC_ACT_BIND)->step, bind);
	assert_true(run->shared.journal.last_step > steps);
	assert_non_null(strstr(last_stage(run)->text, "the dump path was not handed over"));
	assert_false(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_false(machine_held(&run->m, "pci", "0000:00:02.0"));
	assert_false(machine_held(&run->m, "pci", "0000:00:03.0"));
}

static void test_takes_over_holds(void **state)
{
	struct run *run = *state;

	machine_write(&run->m, "sys/devices/pci0000:00/0000:00:01.0/driver_override",
		      HOLD_DRIVER "\n");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_string_equal(result_of(run, "0000:00:01.0", REC_ACT_HOLD)->detail,
			    "an existing hold was taken over");
	assert_string_equal(result_of(run, "0000:00:02.0", REC_ACT_HOLD)->detail, "held");
}

static void test_aside_reset(void **state)
{
	struct run *run = *state;

	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=crash state=reset reason=2 name=smmu.1\n");
	assert_aside(
		run,
		"reset: the driver reset the SMMU and installed a fresh stream table (smmu.1)");
}

/* Registers do not tell why the driver reset it; the log has its own words, and those of others. */
static void test_aside_reset_says_why(void **state)
{
	struct run *run = *state;
	const struct rec_finding *found = NULL;
	size_t i;

	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=now state=reset reason=2 name=smmu.1\n");
	machine_write(&run->m, "dev/kmsg",
		      "6,100,200,-;arm-smmu-v3 smmu.1: SMMU currently enabled! Resetting...\n"
		      " DEVICE=+platform:smmu.1\n"
		      "3,101,201,-;arm-smmu-v3 smmu.1: kdump: SID 0x18: bad ASID 0\n"
		      "3,102,202,-;arm-smmu-v3 smmu.10: kdump: invalid STRTAB format 3\n"
		      "4,103,203,-;arm-smmu-v3 smmu.1: kdump: falling back to full reset\n");
	assert_aside(run, "reset: the driver reset the SMMU: its scan for ASIDs and VMIDs in use "
			  "met a bad entry (smmu.1)");
	for (i = 0; i < run->story.n_findings; i++)
		if (run->story.findings[i].code == REC_FIND_DRIVER_REFUSED)
			found = &run->story.findings[i];
	assert_non_null(found);
	assert_string_equal(found->text, "the driver said: SID 0x18: bad ASID 0");
	assert_int_equal(found->sid, 0x18);
	assert_int_equal(found->smmu, 0);
	assert_int_equal(found->severity, REC_SEV_ERROR);
}

/* What the kernel has decides, and its version only where nothing else tells. */
static void test_resets_detach(void **state)
{
	struct run *run = *state;
	const struct fsroot *root = &run->m.root;

	machine_write(&run->m, "proc/sys/kernel/osrelease", "6.18.3-vendor\n");
	assert_false(outlook_resets_detach(root));
	machine_write(&run->m, "proc/kallsyms",
		      "0000000000000000 T pci_dev_reset_iommu_prepare_all\n"
		      "0000000000000000 T pci_dev_reset_iommu_prepare\t[vendor]\n");
	assert_true(outlook_resets_detach(root));
	machine_write(&run->m, "proc/sys/kernel/osrelease", "7.1.0\n");
	machine_write(&run->m, "proc/kallsyms", "0000000000000000 T pci_reset_function\n");
	assert_false(outlook_resets_detach(root));
	machine_remove(&run->m, "proc/kallsyms");
	assert_true(outlook_resets_detach(root));
	machine_remove(&run->m, "proc/sys/kernel/osrelease");
	assert_true(outlook_resets_detach(root));
}

static void test_aside_no_helper(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, PATH_HELPER);
	assert_aside(run, "it is not known whether an SMMU was adopted, so no device is held");
	assert_true(has_finding(
		run, REC_FIND_HELPER,
		"/sys/kernel/debug/smmu_adopt is missing: module smmu_adopt is not loaded"));
}

static void test_aside_garbage(void **state)
{
	struct run *run = *state;
	char garbage[5000];

	memset(garbage, 0xa5, sizeof(garbage));
	machine_write_bytes(&run->m, PATH_HELPER "/" MACHINE_SMMU "/records", garbage,
			    sizeof(garbage));
	assert_aside(run, "it is not known whether an SMMU was adopted, so no device is held");
	assert_true(has_finding(run, REC_FIND_HELPER,
				"records: the file has no FILE and SMMU records"));
}

static void test_aside_no_smmu(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, PATH_HELPER "/" MACHINE_SMMU);
	assert_aside(run, "absent: the helper found no SMMUv3");
}

static void test_aside_off(void **state)
{
	struct run *run = *state;

	run->config.mode = CONFIG_MODE_OFF;
	assert_aside(run, "switched off on the kernel command line");
}

static void test_aside_plan_only(void **state)
{
	struct run *run = *state;

	run->config.mode = CONFIG_MODE_PLAN;
	assert_aside(run, "the kernel command line asks for a plan only");
}

/* Records up to the tear count when FILE and SMMU are among them. */
static void test_torn_helper(void **state)
{
	struct run *run = *state;

	machine_records_more(&run->m, "cut 5\n");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_DONE);
	assert_true(has_finding(run, REC_FIND_HELPER, "the rest is ignored"));
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_QUIESCE)->outcome, REC_STEP_DONE);
	assert_null(story_step_of(&run->story, "0000:00:03.0", REC_ACT_HOLD));
}

static void test_stray_stream(void **state)
{
	struct run *run = *state;

	machine_records_more(&run->m, "ste phase=crash sid=0x77 s1=0x83000000\n");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_true(has_finding(run, REC_FIND_NO_DEVICE, "StreamID 0x77 was live at the crash"));
}

static void test_no_time(void **state)
{
	struct run *run = *state;

	run->end_ms = 0;
	assert_int_equal(run_stage(run), -ETIME);
	assert_false(story_step_of(&run->story, "0000:00:01.0", REC_ACT_HOLD)->begun);
}

static void test_hardly_time(void **state)
{
	struct run *run = *state;

	run->end_ms = 1;
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), -ETIME);
	assert_int_equal(result_of(run, "0000:00:01.0", REC_ACT_HOLD)->outcome, REC_STEP_DONE);
}

static void test_prints_plan(void **state)
{
	struct run *run = *state;
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct dryrun dry = { 0 };

	dump_to(run, "0000:00:02.0");
	assert_int_equal(dryrun_make(&dry, &run->m.root, &run->config), 0);
	assert_false(dry.aside);
	assert_int_equal(dryrun_text(&dry, out), 0);
	dryrun_clear(&dry);
	fclose(out);
	assert_non_null(strstr(text, "1 of 1 SMMUs adopted; 3 endpoints are behind them: 2 live"));
	assert_non_null(
		strstr(text, "   4  quiesce  0000:00:01.0      its STE was live at the crash\n"));
	assert_non_null(strstr(text, "bind     0000:00:02.0      on the dump path\n"));
	assert_false(machine_held(&run->m, "pci", "0000:00:01.0"));
	assert_true(machine_is_master(&run->m, "0000:00:01.0"));
}

/* A reset that the stage will leave out is not listed as if it were done. */
static void test_prints_reset(void **state)
{
	static const struct {
		const char *release, *flags, *line;
	} cases[] = {
		{ "6.12.1\n", ",ats", "flr      0000:00:01.0      a rule" },
		{ "7.0.0\n", "", "flr      0000:00:01.0      a rule" },
		{ "7.0.0\n", ",ats",
		  "flr      0000:00:01.0      skipped: the device has ATS: a reset by this "
		  "kernel would end adoption\n" },
	};
	struct run *run = *state;
	char device[160];
	size_t i, len;

	assert_int_equal(config_rule_parse(&run->config.rules[0], "flr path=*:01.0"), 0);
	run->config.n_rules = 1;
	dump_to(run, "0000:00:02.0");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *text = NULL;
		FILE *out = open_memstream(&text, &len);
		struct dryrun dry = { 0 };

		(void)snprintf(device, sizeof(device),
			       "device phase=now name=0000:00:01.0 bus=pci flags=deferred,group,"
			       "config-read,bus-master,flr%s group=1 sids=8\n",
			       cases[i].flags);
		machine_records_more(&run->m, device);
		machine_write(&run->m, "proc/sys/kernel/osrelease", cases[i].release);
		assert_int_equal(dryrun_make(&dry, &run->m.root, &run->config), 0);
		assert_int_equal(dryrun_text(&dry, out), 0);
		assert_int_equal(dryrun_json(&dry, &run->config, out), 0);
		dryrun_clear(&dry);
		fclose(out);
		if (!strstr(text, cases[i].line))
			fail_msg("case %zu: no \"%s\" in\n%s", i, cases[i].line, text);
		assert_int_equal(!strstr(text, "\"reason\": \"the device has ATS"), i < 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(test_quiesces_and_keeps),
		STAGE_TEST(test_lost_dump_path_releases),
		STAGE_TEST(test_bound_dump_path_keeps_rest),
		STAGE_TEST(test_unknown_dump_device_probes_all),
		STAGE_TEST(test_pending_forever),
		STAGE_TEST(test_pending_long),
		STAGE_TEST(test_pending_to_the_end),
		STAGE_TEST(test_device_gone),
		STAGE_TEST(test_domain_and_reset),
		STAGE_TEST(test_no_group_is_never_bound),
		STAGE_TEST(test_second_run),
		STAGE_TEST(test_takes_over_holds),
		STAGE_TEST(test_aside_reset),
		STAGE_TEST(test_aside_reset_says_why),
		STAGE_TEST(test_resets_detach),
		STAGE_TEST(test_aside_no_helper),
		STAGE_TEST(test_aside_garbage),
		STAGE_TEST(test_aside_no_smmu),
		STAGE_TEST(test_aside_off),
		STAGE_TEST(test_aside_plan_only),
		STAGE_TEST(test_torn_helper),
		STAGE_TEST(test_stray_stream),
		STAGE_TEST(test_no_time),
		STAGE_TEST(test_hardly_time),
		STAGE_TEST(test_prints_plan),
		STAGE_TEST(test_prints_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

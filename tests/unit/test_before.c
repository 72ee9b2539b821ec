// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of whole runs on machines where something was there before the daemon: holds from
 * before the SMMU had a driver, and drivers that were faster.
 */
#include "tests/unit/cmocka_all.h"

#include <string.h>
#include <unistd.h>

#include "core/port.h"
#include "daemon/act/hold.h"
#include "lib/story/facts.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_stage.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define IDLE "0000:00:03.0"
#define OTHER "0000:00:09.0" /* not behind the SMMU */
#define OVERRIDE(name) "sys/bus/pci/devices/" name "/driver_override"
#define PROBE "sys/bus/pci/drivers_probe"

static int set_up(void **state)
{
	(void)stage_set_up(state);
	dump_to(*state, DISK);
	return 0;
}

/* The device as it is on the standard machine, but with a driver. */
static void bind_early(struct run *run, const char *name, const char *driver, int group)
{
	char path[80];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", name);
	machine_remove(&run->m, path);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s", name);
	machine_remove(&run->m, path);
	machine_device(&run->m,
		       &(struct machine_device){ .name = name, .driver = driver, .group = group });
}

static bool held(struct run *run, const char *name)
{
	return machine_held(&run->m, "pci", name);
}

static const struct rec_stage *stage_of(struct run *run, u32 stage)
{
	size_t i;

	for (i = 0; i < run->story.n_stages; i++)
		if (run->story.stages[i].stage.stage == stage)
			return &run->story.stages[i].stage;
	return NULL;
}

/* The first one that says @text; NULL: none. */
static const struct rec_finding *finding(struct run *run, const char *text)
{
	size_t i;

	for (i = 0; i < run->story.n_findings; i++)
		if (run->story.findings[i].code == REC_FIND_EARLY &&
		    strstr(run->story.findings[i].text, text))
			return &run->story.findings[i];
	return NULL;
}

/* ---- early holds ---- */

/* Only what is behind an adopted SMMU stays held, and not what a rule leaves alone. */
static void test_holds(void **state)
{
	struct run *run = *state;

	machine_device(&run->m, &(struct machine_device){ .name = OTHER, .group = -1 });
	machine_write(&run->m, OVERRIDE(NIC), HOLD_DRIVER);
	machine_write(&run->m, OVERRIDE(IDLE), HOLD_DRIVER);
	machine_write(&run->m, OVERRIDE(OTHER), HOLD_DRIVER);
	assert_int_equal(config_rule_parse(&run->config.rules[0], "leave path=*:03.0"), 0);
	run->config.n_rules = 1;
	bind_early(run, DISK, "nvme", 2);
	assert_int_equal(run_stage(run), 0);
	assert_true(held(run, NIC));
	assert_false(held(run, IDLE) || held(run, OTHER));
	assert_string_equal(machine_read(&run->m, PROBE), OTHER);
	assert_string_equal(
		stage_of(run, REC_STAGE_EARLY)->text,
		"2 holds given back: these devices are not behind an adopted SMMU, or a rule "
		"leaves them alone");
	assert_null(finding(run, "may still be there"));
}

/* A probe keeps the device's lock at first: it is tried again at the end of the stage. */
static void test_hold_is_stuck(void **state)
{
	struct run *run = *state;
	pid_t pid;
	int fd;

	machine_device(&run->m, &(struct machine_device){ .name = OTHER, .group = -1 });
	machine_write(&run->m, OVERRIDE(OTHER), HOLD_DRIVER);
	fd = machine_lock(&run->m, OVERRIDE(OTHER));
	pid = machine_unlock_after(fd, 150);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(finding(run, "0 failed, 1 in a running probe")->severity, REC_SEV_WARNING);
	assert_false(held(run, OTHER));
	assert_non_null(stage_of(run, REC_STAGE_DONE));
}

static void assert_gives_all_back(struct run *run)
{
	machine_write(&run->m, OVERRIDE(NIC), HOLD_DRIVER);
	machine_write(&run->m, OVERRIDE(DISK), HOLD_DRIVER);
	machine_write(&run->m, PROBE, "");
	assert_int_equal(run_stage(run), 0);
	assert_non_null(stage_of(run, REC_STAGE_ASIDE));
	assert_string_equal(stage_of(run, REC_STAGE_EARLY)->text, "2 holds given back");
	assert_int_equal(report_last_stage(&run->story)->stage.stage, REC_STAGE_ASIDE);
	assert_false(held(run, NIC) || held(run, DISK));
	assert_string_equal(machine_read(&run->m, PROBE), DISK);
	machine_remove(&run->m, PATH_JOURNAL);
	clock_sleep_ms(1);
}

/* Whatever the reason to stand aside, early holds do not outlast it. */
static void test_holds_aside(void **state)
{
	struct run *run = *state;

	run->config.mode = CONFIG_MODE_PLAN;
	assert_gives_all_back(run);
	run->config.mode = CONFIG_MODE_OFF;
	assert_gives_all_back(run);
	run->config.mode = CONFIG_MODE_RUN;
	machine_records(&run->m, "file producer=smmu_adopt capture=1\n"
				 "smmu smmu=0 phase=crash state=reset reason=2 name=smmu.1\n");
	assert_gives_all_back(run);
	machine_remove(&run->m, PATH_HELPER);
	assert_gives_all_back(run);
}

/* What cannot be given back within its half second is left to the supervisor, which has ten: nobody
 * else comes. */
static void test_stuck_aside(void **state)
{
	struct run *run = *state;
	pid_t pid;
	int fd;

	machine_remove(&run->m, PATH_HELPER);
	machine_write(&run->m, OVERRIDE(NIC), HOLD_DRIVER);
	fd = machine_lock(&run->m, OVERRIDE(NIC));
	pid = machine_unlock_after(fd, 2000);
	assert_int_equal(run_stage(run), -EBUSY);
	assert_non_null(stage_of(run, REC_STAGE_ASIDE));
	assert_int_equal(fakeclock_wait(pid), 0);
}

/* ---- drivers that were faster ---- */

#define HAD(name, driver) name " had driver " driver " before smmu-adoptd started: "

static u16 command_of(struct run *run, const char *name)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/config", name);
	return core_ld16((const u8 *)machine_read(&run->m, path) + 4);
}

static void assert_told(struct run *run, const char *text, u16 severity)
{
	const struct rec_finding *f = finding(run, text);

	if (!f)
		fail_msg("no finding \"%s\"", text);
	assert_int_equal(f->severity, severity);
}

/* Not needed, not attached: bus mastering is off, and nothing else of it has changed. */
static void test_stopped(void **state)
{
	struct run *run = *state;
	struct hold_tally tally;
	struct errbuf err;

	bind_early(run, NIC, "e1000e", 1);
	bind_early(run, DISK, "nvme", 2);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(command_of(run, NIC), 0x0003);
	assert_int_equal(command_of(run, DISK), 0x0007);
	assert_true(held(run, NIC));
	assert_false(held(run, DISK));
	assert_string_equal(result_of(run, NIC, REC_ACT_HOLD)->detail,
			    "marked to be stopped, driver e1000e stays bound");
	assert_string_equal(result_of(run, NIC, REC_ACT_QUIESCE)->detail,
			    "bus master off, no transactions pending");
	assert_string_equal(result_of(run, NIC, REC_ACT_KEEP)->detail,
			    "DMA is stopped until the device is released, the driver stays bound");
	assert_told(run, HAD(NIC, "e1000e") "its DMA is stopped, its driver stays", REC_SEV_INFO);
	assert_told(run, HAD(DISK, "nvme") "the dump needs it, DMA was not stopped",
		    REC_SEV_WARNING);
	assert_null(finding(run, "adopts by itself"));
	/* A second run finds it so, and does not do it again. */
	clock_sleep_ms(5);
	assert_int_equal(run_stage(run), 0);
	assert_true(held(run, NIC));
	assert_int_equal(command_of(run, NIC), 0x0003);
	assert_told(run, HAD(NIC, "e1000e") "its DMA is stopped, its driver stays", REC_SEV_INFO);
	/* Given back, it is the driver's, and stays so. */
	assert_int_equal(hold_release_all(&run->m.root, 500, clock_now_ns() + clock_ms(5000),
					  &tally, &err),
			 0);
	assert_int_equal(command_of(run, NIC), 0x0007);
	assert_int_equal(journal_open(&run->shared.journal, &run->m.root, &err), 0);
	journal_stage(&run->shared.journal, REC_STAGE_RELEASED, 0, "by the test");
	journal_close(&run->shared.journal);
	clock_sleep_ms(5);
	assert_int_equal(run_stage(run), 0);
	assert_false(held(run, NIC));
	assert_int_equal(command_of(run, NIC), 0x0007);
}

/* Its driver is to have it after all: what an earlier run did is undone. */
static void test_stopped_then_wanted(void **state)
{
	struct run *run = *state;

	bind_early(run, NIC, "e1000e", 1);
	bind_early(run, DISK, "nvme", 2);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(command_of(run, NIC), 0x0003);
	clock_sleep_ms(5);
	run->config.policy = CONFIG_PROBE_ALL;
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(result_of(run, NIC, REC_ACT_RELEASE)->outcome, REC_STEP_DONE);
	assert_false(held(run, NIC));
	assert_int_equal(command_of(run, NIC), 0x0007);
	/* Once. */
	clock_sleep_ms(5);
	run->config.policy = CONFIG_PROBE_DUMP_PATH;
	assert_int_equal(run_stage(run), 0);
	assert_false(held(run, NIC));
	assert_int_equal(command_of(run, NIC), 0x0007);
}

static void test_not_stopped(void **state)
{
	struct run *run = *state;

	machine_device(&run->m, &(struct machine_device){
					.name = "0000:00:04.0", .driver = "ahci", .group = 4 });
	machine_records_more(&run->m, "ste phase=crash sid=32 s1=0x84000000\n"
				      "device phase=now name=0000:00:04.0 bus=pci driver=ahci "
				      "flags=group,config-read,bus-master group=4 sids=32\n");
	bind_early(run, NIC, "e1000e", 1);
	bind_early(run, DISK, "nvme", 2);
	assert_int_equal(config_rule_parse(&run->config.rules[0], "leave path=*:01.0"), 0);
	run->config.n_rules = 1;
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(command_of(run, NIC), 0x0007);
	assert_int_equal(command_of(run, "0000:00:04.0"), 0x0007);
	assert_told(run, HAD(NIC, "e1000e") "a rule leaves the device alone", REC_SEV_WARNING);
	assert_told(run, HAD("0000:00:04.0", "ahci") "already attached, DMA was not stopped",
		    REC_SEV_WARNING);
	/* What was not live is of no interest. */
	assert_null(finding(run, IDLE));
}

/* Nobody knows what the dump needs: nothing is stopped under its driver. */
static void test_not_stopped_by_policy(void **state)
{
	struct run *run = *state;

	bind_early(run, NIC, "e1000e", 1);
	run->config.policy = CONFIG_PROBE_ALL;
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(command_of(run, NIC), 0x0007);
	assert_told(run, HAD(NIC, "e1000e") "policy \"all\" leaves it to its driver",
		    REC_SEV_WARNING);
}

/* An administrator gave it this driver. */
static void test_foreign(void **state)
{
	struct run *run = *state;

	bind_early(run, NIC, "vfio-pci", 1);
	machine_write(&run->m, OVERRIDE(NIC), "vfio-pci\n");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(command_of(run, NIC), 0x0007);
	assert_string_equal(machine_read(&run->m, OVERRIDE(NIC)), "vfio-pci\n");
	assert_told(run, HAD(NIC, "vfio-pci") "its DMA could not be stopped", REC_SEV_WARNING);
}

/* The SMMU's driver and theirs are in the kernel: there was no time before them. */
static void test_built_in(void **state)
{
	static const char smmu[] = "sys/bus/platform/devices/" MACHINE_SMMU "/driver";
	struct run *run = *state;

	bind_early(run, NIC, "e1000e", 1);
	machine_write(&run->m, "sys/bus/platform/drivers/arm-smmu-v3/.keep", "");
	machine_link(&run->m, smmu, "../../drivers/arm-smmu-v3");
	assert_int_equal(run_stage(run), 0);
	assert_told(run, "before user space started, which no program could hold: 1", REC_SEV_INFO);
	/* The driver of the SMMU, or theirs, was loaded: there was. */
	machine_write(&run->m, "sys/bus/platform/drivers/arm-smmu-v3/module/initstate", "live\n");
	machine_remove(&run->m, PATH_JOURNAL);
	assert_int_equal(run_stage(run), 0);
	assert_null(finding(run, "adopts by itself"));
	machine_remove(&run->m, "sys/bus/platform/drivers/arm-smmu-v3/module");
	machine_write(&run->m, "sys/bus/pci/drivers/e1000e/module/initstate", "live\n");
	machine_remove(&run->m, PATH_JOURNAL);
	assert_int_equal(run_stage(run), 0);
	assert_null(finding(run, "adopts by itself"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stage_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_holds),	TEST(test_hold_is_stuck),
		TEST(test_stuck_aside), TEST(test_holds_aside),
		TEST(test_stopped),	TEST(test_stopped_then_wanted),
		TEST(test_not_stopped), TEST(test_not_stopped_by_policy),
		TEST(test_foreign),	TEST(test_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

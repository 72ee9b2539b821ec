// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of devices that appear while the stage runs: held, quiesced and kept like the
 * others, or handed over when the dump needs them, and said to have come late.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_stage.h"

#define DISK "0000:00:02.0"
#define LATE "0001:01:00.0"
#define LATER "0002:01:00.0"
#define LIVE_LATE "ste phase=crash sid=0x40 s1=0x84000000\n"
#define RECORD(name, sid)                                               \
	"device phase=now name=" name                                   \
	" bus=pci flags=deferred,group,config-read,bus-master group=7 " \
	"sids=" sid "\n"

/*
 * @ms after the stage's begin, when the disk's driver is waited for, there is a device more: in
 * sysfs first, as the helper can list only what is there.
 */
static pid_t appears_after(struct run *run, uint32_t ms, const struct machine_device *device,
			   const char *records)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	clock_sleep_ms(ms);
	machine_device(&run->m, device);
	machine_records_more(&run->m, records);
	_exit(0);
}

static void run_with(struct run *run, const struct machine_device *device, const char *records)
{
	pid_t pid;

	machine_records_more(&run->m, LIVE_LATE);
	pid = appears_after(run, 200, device, records);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_DONE);
}

static u32 severity_of_late(struct run *run)
{
	size_t i;

	for (i = 0; i < run->story.n_findings; i++)
		if (run->story.findings[i].code == REC_FIND_LATE)
			return run->story.findings[i].severity;
	return 0;
}

static size_t count_steps(struct run *run, const char *device, u32 action)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_steps; i++)
		n += run->story.steps[i].begun && run->story.steps[i].begin.action == action &&
		     strcmp(run->story.steps[i].begin.device, device) == 0;
	return n;
}

/* The disk is bound before us, so that nothing is given back. */
static void with_bound_disk(struct run *run)
{
	machine_remove(&run->m, "sys/bus/pci/devices/" DISK);
	machine_remove(&run->m, "sys/devices/pci0000:00/" DISK);
	machine_device(&run->m,
		       &(struct machine_device){ .name = DISK, .driver = "nvme", .group = 2 });
	dump_to(run, DISK);
	/* Something takes its time: the device may appear while it does. */
	run->config.verify_deadline_ms = 400;
}

static void test_kept(void **state)
{
	static const struct machine_device device = { .name = LATE, .group = 7 };
	struct run *run = *state;

	with_bound_disk(run);
	assert_int_equal(config_rule_parse(&run->config.rules[0], "driver path=0000:00:01.0"), 0);
	run->config.n_rules = 1;
	run_with(run, &device, LIVE_LATE RECORD(LATE, "0x40"));
	assert_true(machine_held(&run->m, "pci", LATE));
	assert_false(machine_is_master(&run->m, LATE));
	assert_string_equal(result_of(run, LATE, REC_ACT_QUIESCE)->detail,
			    "bus master off, no transactions pending");
	assert_string_equal(result_of(run, LATE, REC_ACT_KEEP)->detail,
			    "the device is held until it is released");
	assert_true(has_finding(run, REC_FIND_LATE,
				LATE " appeared after the holds were taken; it is held now"));
	assert_int_equal(severity_of_late(run), REC_SEV_INFO);
	/* Nothing is done again for those that were there. */
	assert_int_equal(count_steps(run, "0000:00:01.0", REC_ACT_BIND), 1);
	assert_int_equal(count_steps(run, "0000:00:03.0", REC_ACT_HOLD), 1);
	assert_int_equal(count_steps(run, "0000:00:03.0", REC_ACT_KEEP), 1);
	assert_int_equal(count_steps(run, DISK, REC_ACT_VERIFY), 1);
}

static void test_bound(void **state)
{
	static const struct machine_device device = { .name = LATE,
						      .driver = "e1000e",
						      .group = 7 };
	struct run *run = *state;

	dump_to(run, DISK);
	run_with(run, &device, LIVE_LATE RECORD(LATE, "0x40"));
	assert_true(machine_is_master(&run->m, LATE));
	assert_true(has_finding(
		run, REC_FIND_LATE,
		LATE
		" appeared after the holds were taken; a driver was bound before it could be held"));
	assert_int_equal(severity_of_late(run), REC_SEV_WARNING);
	assert_int_equal(result_of(run, LATE, REC_ACT_VERIFY)->outcome, REC_STEP_PENDING);
}

/* Not live, nobody minds. */
static void test_idle(void **state)
{
	static const struct machine_device device = { .name = LATE,
						      .driver = "e1000e",
						      .group = 7 };
	struct run *run = *state;

	dump_to(run, DISK);
	run_with(run, &device, RECORD(LATE, "0x48"));
	assert_int_equal(severity_of_late(run), REC_SEV_INFO);
}

/* The dump's own device, behind a host bridge that comes late: it gets its driver. */
static void test_dump_device(void **state)
{
	static const struct machine_device device = { .name = LATE, .group = 7 };
	struct run *run = *state;

	dump_to(run, LATE);
	run_with(run, &device, LIVE_LATE RECORD(LATE, "0x40"));
	assert_true(has_finding(run, REC_FIND_CONFIG, "dump device " LATE " does not exist"));
	assert_int_equal(result_of(run, LATE, REC_ACT_QUIESCE)->outcome, REC_STEP_DONE);
	assert_int_equal(result_of(run, LATE, REC_ACT_BIND)->outcome, REC_STEP_FAILED);
	assert_true(story_find_device(&run->story, LATE)->dump_path);
	assert_non_null(strstr(last_stage(run)->text, "the dump path was not handed over"));
	assert_true(has_finding(run, REC_FIND_DUMP_LOST, LATE));
	assert_false(machine_held(&run->m, "pci", LATE));
}

/* While the late one's driver is waited for, another one comes. */
static void test_later(void **state)
{
	static const struct machine_device late = { .name = LATE, .group = 7 };
	static const struct machine_device later = { .name = LATER, .group = 8 };
	struct run *run = *state;
	pid_t pid;

	run->config.policy = CONFIG_PROBE_ALL;
	dump_to(run, DISK);
	pid = appears_after(run, 1100, &later,
			    LIVE_LATE RECORD(LATE, "0x40") RECORD(LATER, "0x48"));
	run_with(run, &late, LIVE_LATE RECORD(LATE, "0x40"));
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(count_steps(run, LATE, REC_ACT_BIND), 1);
	assert_int_equal(count_steps(run, LATER, REC_ACT_BIND), 1);
	assert_true(has_finding(run, REC_FIND_LATE, LATE));
	assert_true(has_finding(run, REC_FIND_LATE, LATER));
}

/* Devices of its alias set that were there before count for who may have a driver. */
static void test_alias(void **state)
{
	static const struct machine_device device = { .name = LATE, .group = 7 };
	struct run *run = *state;

	run->config.policy = CONFIG_PROBE_ALL;
	with_bound_disk(run);
	run_with(run, &device, LIVE_LATE RECORD(LATE, "16"));
	assert_non_null(story_step_of(&run->story, LATE, REC_ACT_KEEP));
	assert_null(story_step_of(&run->story, LATE, REC_ACT_BIND));
}

/* The helper went away meanwhile: nothing is known, and nothing happens. */
static void test_helper_gone(void **state)
{
	struct run *run = *state;
	pid_t pid;

	dump_to(run, DISK);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		clock_sleep_ms(200);
		machine_remove(&run->m, PATH_HELPER);
		_exit(0);
	}
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(last_stage(run)->stage, REC_STAGE_DONE);
	assert_int_equal(severity_of_late(run), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(test_kept),	      STAGE_TEST(test_bound), STAGE_TEST(test_idle),
		STAGE_TEST(test_dump_device), STAGE_TEST(test_later), STAGE_TEST(test_alias),
		STAGE_TEST(test_helper_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

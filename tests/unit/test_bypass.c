// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/bypass.c and lib/machine/smmudev.c: an SMMU that no driver has is
 * switched off, after all devices were stopped; and when nothing of that may happen.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/smmu_regs.h"
#include "daemon/act/bypass.h"
#include "daemon/publish.h"
#include "lib/machine/smmudev.h"
#include "lib/plan/plan.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define OTHER "0000:00:03.0"
#define RESET(name) "sys/bus/pci/devices/" name "/reset"
#define DT_SMMU "9050000.smmuv3"
#define BASE 0x9050000u
#define MANY 70u
#define DEFER_MS (30000 + BYPASS_DEFER_SLACK_MS)

struct bench {
	struct machine m;
	struct config config;
	struct journal journal;
	struct story story;
	struct errbuf err;
	uint32_t *page; /* what /dev/mem has at BASE */
	pid_t other;
};

static enum rec_severity said;

static void say(enum rec_severity severity, const char *text)
{
	(void)text;
	said = severity;
}

/* Registers of an SMMU that translates, and has nothing against being switched off. */
static void make_registers(struct bench *b)
{
	int fd;

	machine_write(&b->m, "dev/mem", "");
	fd = openat(b->m.root.fd, "dev/mem", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, BASE + MANY * 0x10000), 0);
	b->page = mmap(NULL, SMMUDEV_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, BASE);
	assert_ptr_not_equal(b->page, MAP_FAILED);
	close(fd);
	b->page[SMMU_REG_IDR0 / 4] = SMMU_IDR0_S1P;
	b->page[SMMU_REG_AIDR / 4] = 1;
	b->page[SMMU_REG_CR0 / 4] = SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN;
}

static void add_dt_smmu(struct bench *b, const char *name, const char *driver)
{
	char path[96];

	machine_device(&b->m,
		       &(struct machine_device){
			       .bus = "platform", .name = name, .group = -1, .driver = driver });
	snprintf(path, sizeof(path), "sys/bus/platform/devices/%s/of_node/compatible", name);
	machine_write_bytes(&b->m, path, "hisilicon,x\0arm,smmu-v3", 24);
}

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	fakeclock_start();
	machine_standard(&b.m);
	machine_write(&b.m, "proc/cmdline", "ro deferred_probe_timeout=30 quiet\n");
	machine_write(&b.m, RESET(NIC), "");
	machine_write(&b.m, RESET(DISK), "");
	machine_write(&b.m, RESET(OTHER), "");
	make_registers(&b);
	config_defaults(&b.config);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (b->other)
		assert_int_equal(fakeclock_wait(b->other), 0);
	story_clear(&b->story);
	munmap(b->page, SMMUDEV_PAGE_BYTES);
	machine_free(&b->m);
	fakeclock_stop();
	return 0;
}

/* Run it, and read the journal. */
static int run(struct bench *b)
{
	struct bypass bypass = {
		.root = &b->m.root, .config = &b->config, .journal = &b->journal, .say = say
	};
	int rc;

	said = 0;
	assert_int_equal(journal_open(&b->journal, &b->m.root, &b->err), 0);
	b->err.text[0] = 0;
	rc = bypass_run(&bypass, &b->err);
	journal_close(&b->journal);
	story_clear(&b->story);
	assert_int_equal(publish_read_story(&b->m.root, &b->story), 0);
	assert_int_equal(story_finish(&b->story), 0);
	return rc;
}

static const struct rec_finding *only_finding(struct bench *b)
{
	assert_int_equal(b->story.n_findings, 1);
	assert_int_equal(b->story.findings[0].code, REC_FIND_NO_SMMU_DRIVER);
	assert_int_equal(b->story.findings[0].severity, said);
	return &b->story.findings[0];
}

static bool is_off(const struct bench *b)
{
	return b->page[SMMU_REG_CR0 / 4] == 0;
}

static void assert_untouched(struct bench *b)
{
	assert_false(is_off(b));
	assert_true(machine_is_master(&b->m, NIC) && machine_is_master(&b->m, DISK));
	assert_string_equal(machine_read(&b->m, RESET(NIC)), "");
	assert_int_equal(fakeclock_ms(), 0);
}

/* ---- the SMMU is switched off ---- */

static void assert_bypassed(struct bench *b, const char *name)
{
	char text[160];

	assert_int_equal(run(b), BYPASS_DONE);
	assert_true(is_off(b));
	assert_false(machine_is_master(&b->m, NIC) || machine_is_master(&b->m, DISK) ||
		     machine_is_master(&b->m, OTHER));
	assert_string_equal(machine_read(&b->m, RESET(NIC)), "1");
	assert_string_equal(machine_read(&b->m, RESET(OTHER)), "1");
	snprintf(
		text, sizeof(text),
		"SMMU %s has no driver and was switched off, so that the dump can work without it; "
		"of 3 devices 0 were not stopped, 0 not reset",
		name);
	assert_string_equal(only_finding(b)->text, text);
	assert_int_equal(only_finding(b)->severity, REC_SEV_WARNING);
	/* The kernel's time is over, whenever it began. */
	assert_int_equal(fakeclock_ms(), DEFER_MS);
}

static void test_device_tree(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	assert_bypassed(b, DT_SMMU);
	assert_int_equal(b->story.n_steps, 3);
}

static void test_acpi(void **state)
{
	struct bench *b = *state;

	machine_device(&b->m, &(struct machine_device){
				      .bus = "platform", .name = MACHINE_SMMU, .group = -1 });
	machine_write(&b->m, "proc/iomem",
		      "09000000-09000fff : ARMH0011:00\n09050000-0906ffff : " MACHINE_SMMU
		      "\n40000000-7fffffff : System RAM\n");
	assert_bypassed(b, MACHINE_SMMU);
}

/* It was off at the crash, or another run of this was faster: its devices wait all the same. */
static void test_was_off(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	b->page[SMMU_REG_CR0 / 4] = 0;
	assert_int_equal(run(b), BYPASS_DONE);
	assert_non_null(
		strstr(only_finding(b)->text, DT_SMMU " has no driver and was off already, "));
	assert_int_equal(fakeclock_ms(), DEFER_MS);
}

/* Without a reset, and with transactions that do not end: told, and no reason to lose the dump. */
static void test_resisting(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	machine_remove(&b->m, RESET(DISK));
	machine_device(&b->m, &(struct machine_device){
				      .name = "0000:00:04.0", .group = -1, .pending = true });
	machine_device(&b->m, &(struct machine_device){
				      .bus = "platform", .name = "9000000.dma", .group = -1 });
	machine_write(&b->m, "sys/bus/platform/devices/9000000.dma/of_node/iommus", "");
	assert_int_equal(run(b), BYPASS_DONE);
	assert_true(is_off(b));
	assert_int_equal(said, REC_SEV_ERROR);
	assert_non_null(
		strstr(only_finding(b)->text, "of 5 devices 2 were not stopped, 3 not reset"));
	assert_int_equal(fakeclock_ms(), DEFER_MS);
}

/* Devices that a driver has are the driver's. */
static void test_bound_device(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	machine_device(&b->m, &(struct machine_device){
				      .name = "0000:00:05.0", .group = -1, .driver = "ahci" });
	assert_int_equal(run(b), BYPASS_DONE);
	assert_true(machine_is_master(&b->m, "0000:00:05.0"));
	assert_non_null(strstr(only_finding(b)->text, "of 3 devices"));
}

/* ---- it must not be, or cannot ---- */

static void test_no_smmu(void **state)
{
	assert_int_equal(run(*state), BYPASS_NOTHING);
	assert_untouched(*state);
	assert_int_equal(((struct bench *)*state)->story.n_findings, 0);
}

static void test_has_driver(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, "arm-smmu-v3");
	assert_int_equal(run(b), BYPASS_NOTHING);
	assert_untouched(b);
	assert_int_equal(b->story.n_findings, 0);
}

static void test_one_has(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	add_dt_smmu(b, "9070000.smmuv3", "arm-smmu-v3");
	assert_int_equal(run(b), -EBUSY);
	assert_untouched(b);
	assert_string_equal(only_finding(b)->text,
			    "SMMU " DT_SMMU
			    " has no driver and is left as it is: another SMMU has a driver");
}

static void test_deferred(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	machine_write(&b->m, PATH_DEFERRED, DT_SMMU "\tplatform: wait for supplier\n");
	assert_int_equal(run(b), -EAGAIN);
	assert_untouched(b);
	assert_string_equal(
		only_finding(b)->text,
		"SMMU " DT_SMMU
		" has no driver and is left as it is: the kernel deferred the probe of its driver");
}

static void assert_stays_on(struct bench *b, const char *why)
{
	char text[160];

	assert_int_equal(run(b), -EIO);
	assert_string_equal(b->err.text, "no SMMU could be switched off");
	snprintf(text, sizeof(text),
		 "SMMU " DT_SMMU
		 " has no driver and cannot be switched off; the dump will probably fail: %s",
		 why);
	assert_string_equal(only_finding(b)->text, text);
	assert_int_equal(said, REC_SEV_ERROR);
}

/* However many there are, each is said: only the first has registers of an SMMU. */
static void test_many(void **state)
{
	struct bench *b = *state;
	char name[32];
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%x.smmuv3", BASE + i * 0x10000u);
		add_dt_smmu(b, name, NULL);
	}
	assert_int_equal(run(b), BYPASS_DONE);
	assert_int_equal(b->story.n_findings, MANY);
	assert_int_equal(b->page[SMMU_REG_CR0 / 4], 0);
}

static void test_no_mem(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	machine_remove(&b->m, "dev/mem");
	assert_stays_on(b, "/dev/mem: No such file or directory");
	/* Nothing to wait for. */
	assert_int_equal(fakeclock_ms(), 0);
}

static void test_not_an_smmu(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, DT_SMMU, NULL);
	b->page[SMMU_REG_IDR0 / 4] = UINT32_MAX;
	assert_stays_on(b, "its registers are not those of an SMMUv3");
	assert_false(is_off(b));
}

/* The page cannot be read: no power, no clock. */
static void test_signal(void **state)
{
	struct bench *b = *state;
	int fd = openat(b->m.root.fd, "dev/mem", O_RDWR | O_CLOEXEC);

	add_dt_smmu(b, DT_SMMU, NULL);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	assert_stays_on(b, "its registers cannot be read");
}

static void check_hanging(struct bench *b, uint32_t ms, bool done)
{
	add_dt_smmu(b, DT_SMMU, NULL);
	b->other = machine_unlock_after(machine_lock(&b->m, "dev/mem"), ms);
	if (done)
		assert_int_equal(run(b), BYPASS_DONE);
	else
		assert_stays_on(b, "a read of its registers does not return");
}

static void test_hanging(void **state)
{
	check_hanging(*state, BYPASS_SMMU_MS - 1, true);
}

static void test_hanging_too_long(void **state)
{
	check_hanging(*state, BYPASS_SMMU_MS + 1, false);
}

/* Four that do not answer cost what three cost. */
static void test_hanging_all(void **state)
{
	struct bench *b = *state;

	add_dt_smmu(b, "9060000.smmuv3", NULL);
	add_dt_smmu(b, "9070000.smmuv3", NULL);
	add_dt_smmu(b, "9080000.smmuv3", NULL);
	add_dt_smmu(b, DT_SMMU, NULL);
	b->other = machine_unlock_after(machine_lock(&b->m, "dev/mem"), 5 * BYPASS_SMMU_MS);
	assert_int_equal(run(b), -EIO);
	assert_int_equal(fakeclock_ms(), BYPASS_ALL_MS);
}

/* ---- resets ---- */

static void check_reset(struct bench *b, uint32_t ms, const char *count)
{
	add_dt_smmu(b, DT_SMMU, NULL);
	b->other = machine_unlock_after(machine_lock(&b->m, RESET(NIC)), ms);
	assert_int_equal(run(b), BYPASS_DONE);
	assert_non_null(strstr(only_finding(b)->text, count));
	assert_string_equal(machine_read(&b->m, RESET(DISK)), "1");
	assert_int_equal(fakeclock_ms(), DEFER_MS);
}

static void test_reset_patience(void **state)
{
	check_reset(*state, PLAN_FLR_MS - 1, " 0 not reset");
}

static void test_reset_impatience(void **state)
{
	check_reset(*state, PLAN_FLR_MS + 1, " 1 not reset");
}

/* Two use up their patience, and with it all the time. */
static void check_reset_limit(struct bench *b, bool in_time)
{
	add_dt_smmu(b, DT_SMMU, NULL);
	machine_lock(&b->m, RESET(NIC));
	b->other = machine_unlock_after(machine_lock(&b->m, RESET(DISK)),
					BYPASS_RESET_MS + (in_time ? -1u : 1u));
	assert_int_equal(run(b), BYPASS_DONE);
	assert_non_null(strstr(only_finding(b)->text, in_time ? " 1 not reset" : " 3 not reset"));
	assert_string_equal(machine_read(&b->m, RESET(OTHER)), in_time ? "1" : "");
}

static void test_reset_in_time(void **state)
{
	check_reset_limit(*state, true);
}

static void test_reset_limit(void **state)
{
	check_reset_limit(*state, false);
}

/* ---- the kernel's patience ---- */

static void test_defer_ms(void **state)
{
	static const struct {
		const char *line;
		uint32_t ms;
	} cases[] = {
		{ "quiet", BYPASS_DEFER_DEFAULT_MS },
		{ "deferred_probe_timeout=30", 30000 },
		{ "deferred_probe_timeout=30 deferred_probe_timeout=0x10", 30000 },
		{ "deferred_probe_timeout=030", 30000 },
		{ "deferred_probe_timeout=30 deferred_probe_timeout=soon", 30000 },
		{ "deferred_probe_timeout=0", 0 },
		{ "deferred_probe_timeout=-1", UINT32_MAX },
		{ "deferred_probe_timeout=99999999", UINT32_MAX - 1 },
		{ "xdeferred_probe_timeout=5 deferred_probe_timeout=", BYPASS_DEFER_DEFAULT_MS },
	};
	struct bench *b = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine_write(&b->m, "proc/cmdline", cases[i].line);
		assert_int_equal(bypass_defer_ms(&b->m.root), cases[i].ms);
	}
	machine_remove(&b->m, "proc/cmdline");
	assert_int_equal(bypass_defer_ms(&b->m.root), BYPASS_DEFER_DEFAULT_MS);
}

static void check_defer(struct bench *b, const char *line, uint32_t took_ms, const char *text)
{
	size_t i = 0;

	add_dt_smmu(b, DT_SMMU, NULL);
	machine_write(&b->m, "proc/cmdline", line);
	assert_int_equal(run(b), BYPASS_DONE);
	assert_int_equal(fakeclock_ms(), took_ms + BYPASS_DEFER_SLACK_MS);
	for (; text && i < b->story.n_findings && !strstr(b->story.findings[i].text, text); i++)
		;
	assert_int_equal(b->story.n_findings, text ? 2 : 1);
	assert_true(i < b->story.n_findings);
}

/* Systemd is told so before; nothing may wrap where the kernel waits for ever. */
static void test_most_ms(void **state)
{
	struct bench *b = *state;
	const uint32_t rest =
		BYPASS_STOP_MS + BYPASS_RESET_MS + BYPASS_ALL_MS + BYPASS_DEFER_SLACK_MS;

	assert_int_equal(bypass_most_ms(&b->m.root), rest + 30000);
	machine_write(&b->m, "proc/cmdline", "deferred_probe_timeout=-1\n");
	assert_int_equal(bypass_most_ms(&b->m.root), rest + BYPASS_DEFER_MAX_MS);
	machine_write(&b->m, "proc/cmdline", "deferred_probe_timeout=9999999\n");
	assert_int_equal(bypass_most_ms(&b->m.root), rest + BYPASS_DEFER_MAX_MS);
}

static void test_defer_longest(void **state)
{
	check_defer(*state, "deferred_probe_timeout=60", BYPASS_DEFER_MAX_MS, NULL);
}

static void test_defer_too_long(void **state)
{
	check_defer(*state, "deferred_probe_timeout=61", BYPASS_DEFER_MAX_MS, "wait too long");
}

static void test_defer_for_ever(void **state)
{
	check_defer(*state, "deferred_probe_timeout=-1", BYPASS_DEFER_MAX_MS, "wait for ever");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_device_tree),	     TEST(test_acpi),
		TEST(test_was_off),	     TEST(test_resisting),
		TEST(test_bound_device),     TEST(test_no_smmu),
		TEST(test_has_driver),	     TEST(test_one_has),
		TEST(test_deferred),	     TEST(test_many),
		TEST(test_most_ms),	     TEST(test_no_mem),
		TEST(test_not_an_smmu),	     TEST(test_signal),
		TEST(test_hanging),	     TEST(test_hanging_too_long),
		TEST(test_hanging_all),	     TEST(test_reset_patience),
		TEST(test_reset_impatience), TEST(test_reset_in_time),
		TEST(test_reset_limit),	     TEST(test_defer_ms),
		TEST(test_defer_longest),    TEST(test_defer_too_long),
		TEST(test_defer_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

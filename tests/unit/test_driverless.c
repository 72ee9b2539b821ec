// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/act/driverless.c in whole runs and dry runs: which live devices are
 * said to have no driver in the image, when that is said, and when nothing is.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/plan/drivers.h"
#include "lib/plan/dryrun.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"
#include "lib/report/report.h"
#include "daemon/act/driverless.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_modules.h"
#include "tests/unit/support_stage.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define IDLE "0000:00:03.0"
#define STOPPED " has no driver in this image; its DMA is stopped and stays stopped"
/* Of every device of the standard machine; depmod writes "-" as "_". */
#define ALIAS "test:no_such_module_*"
#define DEVICES "sys/devices/pci0000:00/"

static int set_up(void **state)
{
	(void)stage_set_up(state);
	machine_modules(&((struct run *)*state)->m, "pci:*", "other", NULL, NULL);
	dump_to(*state, DISK);
	return 0;
}

static size_t count_findings(const struct run *run)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_findings; i++)
		n += run->story.findings[i].code == REC_FIND_NO_DRIVER;
	return n;
}

static void assert_finding(const struct run *run, const char *text, u16 severity)
{
	size_t i;

	for (i = 0; i < run->story.n_findings; i++) {
		const struct rec_finding *f = &run->story.findings[i];

		if (f->code != REC_FIND_NO_DRIVER || strcmp(f->text, text))
			continue;
		assert_int_equal(f->severity, severity);
		return;
	}
	fail_msg("no finding \"%s\"", text);
}

struct place {
	u64 seq, quiesce, verify, finding, done; /* the last one of each; seq counts */
};

static int note_place(void *priv, const struct rec *rec)
{
	struct place *p = priv;

	p->seq++;
	if (rec->type == REC_RESULT && rec->result.action == REC_ACT_QUIESCE)
		p->quiesce = p->seq;
	if (rec->type == REC_RESULT && rec->result.action == REC_ACT_VERIFY)
		p->verify = p->seq;
	if (rec->type == REC_FINDING && rec->finding.code == REC_FIND_NO_DRIVER && !p->finding)
		p->finding = p->seq;
	if (rec->type == REC_STAGE && rec->stage.stage == REC_STAGE_DONE)
		p->done = p->seq;
	return 0;
}

/* The first one is said when everything is quiesced and the dump path had its turn. */
static void test_said_at_the_end(void **state)
{
	struct run *run = *state;
	struct recread_info info;
	struct place p = { 0 };
	int fd;

	assert_int_equal(run_stage(run), 0);
	assert_finding(run, NIC STOPPED, REC_SEV_INFO);
	assert_finding(run, DISK STOPPED, REC_SEV_INFO);
	/* The idle one needs none. */
	assert_int_equal(count_findings(run), 2);
	fd = openat(run->m.root.fd, PATH_JOURNAL, O_RDONLY | O_CLOEXEC);
	assert_int_equal(recread_fd(fd, 1 << 20, note_place, &p, NULL, &info), 0);
	close(fd);
	assert_true(p.quiesce && p.quiesce < p.verify);
	assert_true(p.verify < p.finding && p.finding < p.done);
}

static void test_has_a_driver(void **state)
{
	struct run *run = *state;

	machine_modules(&run->m, ALIAS, "nic", NULL, NULL);
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(count_findings(run), 0);
	/* In the kernel is in the image. */
	stage_tear_down(state);
	set_up(state);
	machine_modules(&run->m, "pci:*", "other", ALIAS, "nic");
	assert_int_equal(run_stage(run), 0);
	assert_int_equal(count_findings(run), 0);
}

static void test_unknown_is_silent(void **state)
{
	static const char *const missing[] = { MODULES_ALIASES, MODULES_BUILTIN_ALIASES,
					       MODULES_DIR, "proc/sys/kernel/osrelease",
					       DEVICES NIC "/modalias" };
	struct run *run = *state;
	size_t i;

	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		machine_remove(&run->m, missing[i]);
		assert_int_equal(run_stage(run), 0);
		/* Without its modalias only the one device is not known. */
		assert_int_equal(count_findings(run), i == 4 ? 1 : 0);
		stage_tear_down(state);
		set_up(state);
	}
}

static void test_not_stopped(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/bus/pci/devices/" NIC);
	machine_remove(&run->m, DEVICES NIC);
	machine_device(&run->m,
		       &(struct machine_device){ .name = NIC, .group = 1, .pending = true });
	assert_int_equal(config_rule_parse(&run->config.rules[0], "leave path=" DISK), 0);
	run->config.n_rules = 1;
	strcpy(run->config.dump.device[0].name, IDLE);
	assert_int_equal(run_stage(run), 0);
	assert_finding(run, NIC " has no driver in this image; its DMA could not be stopped",
		       REC_SEV_WARNING);
	assert_finding(
		run,
		DISK
		" has no driver in this image; its DMA was not stopped: a rule leaves the device "
		"alone",
		REC_SEV_WARNING);
	assert_int_equal(count_findings(run), 2);
}

static void test_platform_device(void **state)
{
	struct run *run = *state;

	machine_records_more(
		&run->m,
		"ste phase=crash sid=0x77 s1=0x83000000\n"
		"device phase=now name=ethernet.1 bus=platform flags=group group=4 sids=0x77\n");
	machine_device(&run->m, &(struct machine_device){
					.name = "ethernet.1", .bus = "platform", .group = 4 });
	assert_int_equal(run_stage(run), 0);
	assert_finding(run,
		       "ethernet.1 has no driver in this image; only a driver could stop its DMA",
		       REC_SEV_WARNING);
}

/* A rule that names drivers has all looked up before the plan is made: nothing else is asked. */
static void test_known_from_rules(void **state)
{
	struct run *run = *state;

	assert_int_equal(config_rule_parse(&run->config.rules[0], "deny driver=other"), 0);
	run->config.n_rules = 1;
	assert_int_equal(run_stage(run), 0);
	assert_finding(run, NIC STOPPED, REC_SEV_INFO);
	assert_string_equal(story_step_of(&run->story, NIC, REC_ACT_KEEP)->plan.reason,
			    "the dump does not need it; the image has no driver for it");
}

/* Quiesced by an earlier run is quiesced; and it is the same finding. */
static void test_second_run(void **state)
{
	struct run *run = *state;

	assert_int_equal(run_stage(run), 0);
	assert_int_equal(run_stage(run), 0);
	assert_finding(run, NIC STOPPED, REC_SEV_INFO);
	assert_int_equal(count_findings(run), 2);
}

static char *plan_of(struct run *run, bool json)
{
	struct dryrun dry = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(dryrun_make(&dry, &run->m.root, &run->config), 0);
	assert_int_equal(json ? dryrun_json(&dry, &run->config, out) : dryrun_text(&dry, out), 0);
	dryrun_clear(&dry);
	fclose(out);
	return text;
}

static void assert_plan(struct run *run, bool json, const char *has, const char *lacks)
{
	_cleanup_free_ char *text = plan_of(run, json);

	if (has && !strstr(text, has))
		fail_msg("no \"%s\" in\n%s", has, text);
	if (lacks && strstr(text, lacks))
		fail_msg("\"%s\" in\n%s", lacks, text);
}

static void test_plan_says_it(void **state)
{
	struct run *run = *state;

	assert_plan(run, false,
		    "keep     " NIC "      the dump does not need it; the image has no driver "
		    "for it\n",
		    IDLE "      the dump does not need it; the image");
	assert_plan(run, false, "load     " DISK "      on the dump path; the image has no driver",
		    "bind     " DISK "      on the dump path;");
	assert_plan(run, true, "\"driver_in_image\": false", "\"driver_in_image\": true");
	machine_modules(&run->m, ALIAS, "nic", NULL, NULL);
	assert_plan(run, false, NIC, "the image has no driver");
	assert_plan(run, true, "\"driver_in_image\": true", "\"driver_in_image\": false");
	machine_modules(&run->m, "pci:*", "other", NULL, NULL);
	machine_remove(&run->m, MODULES_BUILTIN_ALIASES);
	assert_plan(run, false, NIC, "the image has no driver");
	assert_plan(run, true, NIC, "driver_in_image");
}

static void test_report_names_it(void **state)
{
	struct run *run = *state;
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_free_ char *text = NULL;
	const struct story_device *d;
	size_t len;
	FILE *out;

	assert_int_equal(run_stage(run), 0);
	d = story_find_device(&run->story, NIC);
	assert_true(d && d->no_driver);
	assert_false(story_find_device(&run->story, IDLE)->no_driver);
	out = open_memstream(&text, &len);
	assert_int_equal(verdict_decide(&run->story, &verdict), 0);
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict,
					    REPORT_SOURCE(REPORT_FROM_JOURNAL), 0, true),
			 0);
	fclose(out);
	assert_non_null(strstr(text, "\nno driver      in this image, "));
	assert_non_null(strstr(text, NIC));
}

/* Opening a FIFO that nobody writes to waits for ever, as an index on a dead disk does. */
static void test_late_is_unknown(void **state)
{
	struct run *run = *state;
	struct inv_device dev = { .name = NIC, .bus = "pci", .pci = true, .live = INV_LIVE };
	struct inventory inv = { .devices = &dev, .count = 1 };
	char path[256];

	machine_remove(&run->m, MODULES_ALIASES);
	snprintf(path, sizeof(path), "%s/" MODULES_ALIASES, run->m.dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	drivers_look_up(&run->m.root, &inv, 50);
	assert_int_equal(dev.in_image, INV_DRIVER_UNKNOWN);
	assert_int_equal(fakeclock_ms(), 50);
	/* The same in time. */
	assert_int_equal(unlink(path), 0);
	machine_modules(&run->m, "pci:*", "other", NULL, NULL);
	drivers_look_up(&run->m.root, &inv, 2000);
	assert_int_equal(dev.in_image, INV_DRIVER_NONE);
	assert_int_equal(fakeclock_ms(), 50);
}

/* ---- many ---- */

struct told {
	u32 warnings, infos;
	char last[160];
};

static void note_told(void *priv, enum rec_severity severity, const struct inv_device *dev,
		      const char *text)
{
	struct told *told = priv;

	assert_true(dev || strstr(text, " more live devices "));
	/* Those that were not stopped come first. */
	assert_true(severity == REC_SEV_INFO || !told->infos || !dev);
	told->warnings += severity == REC_SEV_WARNING;
	told->infos += severity == REC_SEV_INFO;
	snprintf(told->last, sizeof(told->last), "%s", text);
}

static void test_many(void **state)
{
	static struct inv_device devices[50];
	static struct act_device states[50];
	struct inventory inv = { .devices = devices, .count = 50 };
	struct act act = { .inv = &inv, .devices = states };
	struct told told = { 0 };
	u32 d;

	(void)state;
	for (d = 0; d < 50; d++) {
		snprintf(devices[d].name, sizeof(devices[d].name), "0000:01:%02x.0", d);
		devices[d].pci = true;
		devices[d].live = INV_LIVE;
		devices[d].in_image = d == 49 ? INV_DRIVER_UNKNOWN : INV_DRIVER_NONE;
		states[d].quiesced = d < 46;
	}
	devices[0].bound = devices[1].gone = true;
	strcpy(devices[2].driver, "igb"); /* bound by this run */
	devices[3].live = INV_NOT_LIVE;
	driverless_tell(&act, note_told, &told);
	assert_int_equal(told.warnings, 3);
	/* 29 more of the 42, and a line for the rest. */
	assert_int_equal(told.infos, 30);
	assert_string_equal(told.last, "13 more live devices have no driver in this image; "
				       "0 of them were not stopped");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stage_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_said_at_the_end),   TEST(test_has_a_driver),
		TEST(test_unknown_is_silent), TEST(test_not_stopped),
		TEST(test_platform_device),   TEST(test_known_from_rules),
		TEST(test_second_run),	      TEST(test_plan_says_it),
		TEST(test_report_names_it),   TEST(test_late_is_unknown),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

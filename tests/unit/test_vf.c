// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of virtual functions that were live at the crash, in lib/plan/vf.c and outlook.c
 * and in what is made of it: the kernel switched them off, and that is said once.
 */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/report/report.h"
#include "lib/story/facts.h"
#include "tests/unit/support_stage.h"

#define DISK "sys/devices/pci0000:00/0000:00:02.0/"

/* 0000:00:02.0 (StreamID 16) had virtual functions from 16 + 0x60 on, every second id. */
static void set_up_vfs(struct run *run, const char *records)
{
	char text[2048];

	/* The table is the crashed kernel's. */
	(void)snprintf(text, sizeof(text),
		       "%sat 4\nsmmu smmu=0 phase=crash state=adopted reason=1 name=" MACHINE_SMMU
		       " evidence=kdump-kernel,strtab-in-old-ram\n",
		       records);
	machine_records_more(&run->m, text);
	machine_write(&run->m, DISK "sriov_totalvfs", "4\n");
	machine_write(&run->m, DISK "sriov_offset", "96\n");
	machine_write(&run->m, DISK "sriov_stride", "2\n");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
}

#define LIVE(sid, s1) "ste phase=crash sid=" sid " s1=" s1 "\nste phase=now sid=" sid " s1=" s1 "\n"
#define ORPHAN(sid) "StreamID " sid " was live at the crash; no device has this StreamID now"

static size_t count_findings(struct run *run, u32 code)
{
	size_t i, n = 0;

	for (i = 0; i < run->story.n_findings; i++)
		n += run->story.findings[i].code == code;
	return n;
}

static enum report_end end_of(struct run *run, u32 sid)
{
	return report_stream_end(&run->story, story_find_stream(&run->story, 0, sid));
}

static void test_one_statement(void **state)
{
	struct run *run = *state;
	const struct rec_finding *f = NULL;
	struct report_totals totals;
	size_t i;

	set_up_vfs(run, LIVE("0x70", "0x83000000") LIVE("0x74", "0x83002000") LIVE("0x76", "0x8300")
		   /* The helper cannot know. */
		   "finding severity=warning code=stream-without-device sid=0x74 "
		   "text=\"stream 0x74 is live (s1) and no device has it\"\n");
	for (i = 0; i < run->story.n_findings; i++)
		if (run->story.findings[i].code == REC_FIND_VF_OFF)
			f = &run->story.findings[i];
	assert_non_null(f);
	assert_int_equal(count_findings(run, REC_FIND_VF_OFF), 1);
	assert_int_equal(count_findings(run, REC_FIND_NO_DEVICE), 0);
	assert_int_equal(f->severity, REC_SEV_INFO);
	assert_int_equal(f->sid, 0x70);
	assert_int_equal(f->sid_count, 4);
	assert_int_equal(f->sid_stride, 2);
	assert_string_equal(f->text, "3 virtual functions of 0000:00:02.0 were live at the crash: "
				     "the kernel switched them off at boot");
	/* They are no streams that nobody answers for, and not "not quiesced". */
	assert_int_equal(end_of(run, 0x70), REPORT_END_VF_OFF);
	assert_int_equal(end_of(run, 0x76), REPORT_END_VF_OFF);
	report_totals(&run->story, &totals);
	assert_int_equal(totals.orphans, 0);
	/* All of it may be read once more. */
	assert_int_equal(story_finish(&run->story), 0);
	assert_int_equal(count_findings(run, REC_FIND_VF_OFF), 1);
}

static void test_alone(void **state)
{
	struct run *run = *state;

	set_up_vfs(run, LIVE("0x72", "0x83000000"));
	assert_true(has_finding(run, REC_FIND_VF_OFF,
				"1 virtual function of 0000:00:02.0 was live at the crash: the "
				"kernel switched it off at boot"));
}

/* Between two of them, and behind the last. */
static void test_none_of_them(void **state)
{
	struct run *run = *state;

	set_up_vfs(run, LIVE("0x72", "0x83000000") LIVE("0x73", "0x83001000")
				LIVE("0x78", "0x83002000"));
	assert_true(has_finding(run, REC_FIND_VF_OFF, "1 virtual function of 0000:00:02.0"));
	assert_true(has_finding(run, REC_FIND_NO_DEVICE, ORPHAN("0x73")));
	assert_true(has_finding(run, REC_FIND_NO_DEVICE, ORPHAN("0x78")));
	assert_int_equal(count_findings(run, REC_FIND_NO_DEVICE), 2);
	assert_int_equal(end_of(run, 0x72), REPORT_END_VF_OFF);
	assert_int_equal(end_of(run, 0x73), REPORT_END_CRASH_ENTRY);
}

/* What the helper has said of a stream is not said again. */
static void test_helper_said_it(void **state)
{
	struct run *run = *state;

	machine_records_more(
		&run->m,
		LIVE("0x73", "0x83001000") LIVE(
			"0x75",
			"0x83003000") "finding severity=warning code=stream-without-device sid=0x73 "
				      "text=\"stream 0x73 is live (s1) and no device has it\"\n");
	dump_to(run, "0000:00:02.0");
	assert_int_equal(run_stage(run), 0);
	assert_true(has_finding(run, REC_FIND_NO_DEVICE, "stream 0x73 is live (s1)"));
	assert_true(has_finding(run, REC_FIND_NO_DEVICE, ORPHAN("0x75")));
	assert_int_equal(count_findings(run, REC_FIND_NO_DEVICE), 2);
	assert_int_equal(story_finish(&run->story), 0);
	assert_int_equal(count_findings(run, REC_FIND_NO_DEVICE), 2);
}

static char *report_of(const struct story *story)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(verdict_decide(story, &verdict), 0);
	assert_int_equal(report_text(&TERM_PLAIN(out), &verdict, true), 0);
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict,
					    REPORT_SOURCE(REPORT_FROM_DAEMON), 0, true),
			 0);
	assert_int_equal(report_json(out, &verdict), 0);
	fclose(out);
	return text;
}

static void test_reports(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run *run = *state;

	set_up_vfs(run, LIVE("0x72", "0x83000000") LIVE("0x74", "0x83002000"));
	text = report_of(&run->story);
	assert_non_null(strstr(text, "the kernel switched this virtual function off at boot"));
	assert_non_null(strstr(text, "\"end_state\": \"switched-off\""));
	assert_non_null(strstr(text, "\"sid_count\": 2"));
	assert_null(strstr(text, "crash-entry"));
	assert_null(strstr(text, "without a device;"));
}

/* A count that somebody made up keeps nobody busy. */
static void test_wild_counts(void **state)
{
	struct story story = { 0 };
	struct rec rec = { .type = REC_FINDING };
	u32 i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		rec.finding.code = REC_FIND_VF_OFF;
		rec.finding.sid = i;
		rec.finding.sid_count = UINT32_MAX;
		rec.finding.sid_stride = 0x10001;
		assert_int_equal(story_add(&story, &rec), 0);
	}
	assert_int_equal(story_finish(&story), 0);
	story_clear(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(test_one_statement), STAGE_TEST(test_alone),
		STAGE_TEST(test_none_of_them),	STAGE_TEST(test_helper_said_it),
		STAGE_TEST(test_reports),	cmocka_unit_test(test_wild_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

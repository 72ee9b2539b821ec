// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_report.c - the judgements behind the report, one small story each.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/text.h"
#include "lib/story/facts.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_story.h"

static const struct {
	const char *text;
	enum report_end end;
} ends[] = {
	{ ADOPTED LIVE, REPORT_END_UNKNOWN },
	{ ADOPTED DEV OTHER, REPORT_END_HANDED_OVER },
	{ ADOPTED "ste phase=crash sid=8 abort=1\nste phase=now sid=8 s1=0x2000\n",
	  REPORT_END_ACTIVATED },
	{ ADOPTED "ste phase=crash sid=8 entry=no-table\nste phase=now sid=8 s1=0x2000\n",
	  REPORT_END_ACTIVATED },
	{ RESET OTHER, REPORT_END_OWN },
	{ RESET SAME, REPORT_END_OWN },
	{ RESET LIVE, REPORT_END_OWN },
	{ ADOPTED DEV SAME CONTAINED "step step=2 action=keep device=d\n", REPORT_END_HELD },
	{ ADOPTED DEV SAME CONTAINED, REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED KEPT, REPORT_END_HELD },
	/* Neither what could not be held nor what was given back is held. */
	{ ADOPTED DEV SAME CONTAINED "result step=9 action=keep device=d outcome=failed\n",
	  REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED "result step=1 action=hold device=d outcome=timeout\n"
				     "plan step=9 action=keep device=d\n",
	  REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED KEPT RELEASED("done"), REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED KEPT RELEASED("pending"), REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED KEPT RELEASED("failed"), REPORT_END_HELD },
	{ ADOPTED DEV SAME CONTAINED KEPT "at 3\nstage stage=released\n", REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED "at 0.5\nstage stage=released\n" KEPT, REPORT_END_HELD },
	/* Given back: its driver did not come, and the hold is gone all the same. */
	{ ADOPTED DEV SAME CONTAINED KEPT "at 3\nstep step=10 action=bind device=d\n"
					  "result step=10 action=bind device=d outcome=failed\n",
	  REPORT_END_QUIESCED },
	{ ADOPTED DEV SAME CONTAINED KEPT "at 3\nstep step=10 action=bind device=d\n"
					  "result step=10 action=bind device=d outcome=skipped\n",
	  REPORT_END_HELD },
	/* Bound after it was quiesced, or quiesced under its driver. */
	{ ADOPTED SAME CONTAINED "at 2\n" BOUND, REPORT_END_BOUND },
	{ ADOPTED SAME CONTAINED "at 2\n" BOUND_ON, REPORT_END_ON_AGAIN },
	{ ADOPTED SAME CONTAINED "at 2\nresult step=9 action=bind device=d outcome=done\n" BOUND_ON,
	  REPORT_END_BOUND },
	{ ADOPTED SAME CONTAINED "at 2\n" BOUND_OFF, REPORT_END_STOPPED },
	{ ADOPTED BOUND_ON SAME CONTAINED, REPORT_END_BOUND },
	{ ADOPTED BOUND_ON SAME CONTAINED KEPT, REPORT_END_STOPPED },
	{ ADOPTED BOUND_ON SAME CONTAINED KEPT RELEASED("done"), REPORT_END_ON_AGAIN },
	{ ADOPTED BOUND_ON SAME CONTAINED KEPT RELEASED("failed"), REPORT_END_STOPPED },
	{ ADOPTED BOUND_ON SAME CONTAINED KEPT "at 3\nstage stage=released\n",
	  REPORT_END_ON_AGAIN },
	/* The last look says what is. */
	{ ADOPTED SAME CONTAINED KEPT "at 3\nstage stage=released\nat 4\n" BOUND_OFF,
	  REPORT_END_STOPPED },
	{ ADOPTED SAME CONTAINED KEPT "at 4\ndevice phase=now name=d flags=config-read,bus-master "
				      "sids=8\n",
	  REPORT_END_ON_AGAIN },
	{ ADOPTED OTHER CONTAINED KEPT "at 3\nstage stage=released\nat 4\n" BOUND_ON,
	  REPORT_END_HANDED_OVER },
	{ ADOPTED BOUND_OFF SAME, REPORT_END_BOUND },
	{ ADOPTED DEV SAME, REPORT_END_CRASH_ENTRY },
	{ ADOPTED SAME, REPORT_END_CRASH_ENTRY },
	{ ADOPTED DEV SAME "result step=1 action=quiesce device=d outcome=timeout\n",
	  REPORT_END_CRASH_ENTRY },
	{ ADOPTED DEV SAME "result step=1 action=quiesce device=d outcome=skipped\n",
	  REPORT_END_CRASH_ENTRY },
	{ ADOPTED "device phase=now name=d flags=bridge sids=8\n" SAME, REPORT_END_BRIDGE },
	{ ADOPTED "device phase=now name=d class=0x060400 sids=8\n" SAME, REPORT_END_BRIDGE },
	{ ADOPTED "ste phase=now sid=8 s1=0x2000\n", REPORT_END_LIVE },
	{ ADOPTED "ste phase=crash sid=8 entry=read-error\nste phase=now sid=8 s1=0x20\n",
	  REPORT_END_LIVE },
	{ ADOPTED LIVE "ste phase=now sid=8 bypass=1\n", REPORT_END_BYPASS },
	{ RESET "ste phase=crash sid=8 bypass=1\n", REPORT_END_BYPASS },
	{ ADOPTED "ste phase=crash sid=8 bypass=1\nste phase=now sid=8 bypass=1\n",
	  REPORT_END_BYPASS_KEPT },
	{ ADOPTED LIVE "ste phase=now sid=8 abort=1\n", REPORT_END_BLOCKED },
	{ ADOPTED LIVE "ste phase=now sid=8 entry=no-table\n", REPORT_END_BLOCKED },
	{ ADOPTED LIVE "ste phase=now sid=8 q0=0x5\n", REPORT_END_BLOCKED },
	{ ADOPTED LIVE "ste phase=now sid=8 entry=not-ram\n", REPORT_END_UNKNOWN },
	{ ADOPTED "ste phase=crash sid=8 abort=1\nste phase=now sid=8 abort=1\n",
	  REPORT_END_REFUSED },
	{ RESET "ste phase=crash sid=8 abort=1\n", REPORT_END_REFUSED },
	{ ADOPTED DEV SAME "result step=1 action=hold device=d outcome=gone\n", REPORT_END_GONE },
	/* An SMMU that was switched off asks no table. */
	{ UNPROBED LIVE OFF("") "ste phase=now sid=8 entry=no-table\n", REPORT_END_BYPASS },
	{ UNPROBED LIVE OFF(",gbpa-abort") "ste phase=now sid=8 entry=no-table\n",
	  REPORT_END_BLOCKED },
};

static void test_how_streams_end(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct story story = { 0 };
		enum report_end end;

		story_of(ends[i].text, &story);
		end = report_stream_end(&story, story_find_stream(&story, 0, 8));
		if (end != ends[i].end)
			fail_msg("case %zu: %s instead of %s:\n%s", i, report_end_name(end),
				 report_end_name(ends[i].end), ends[i].text);
		story_clear(&story);
	}
}

/* Its bus master bit now: at the last look, or by what was done since. */
static void test_bus_master_now(void **state)
{
#define ON "device phase=now name=d flags=config-read,bus-master sids=8\n"
#define OFF_SEEN "device phase=now name=d flags=config-read sids=8\n"
	static const struct {
		const char *text;
		int now;
	} cases[] = {
		{ DEV, -1 },
		{ ON, 1 },
		{ OFF_SEEN, 0 },
		{ ON CONTAINED, 0 },
		{ DEV CONTAINED, 0 },
		{ ON "at 1\nresult step=1 action=quiesce device=d outcome=timeout\n", 1 },
		{ ON CONTAINED KEPT, 0 },
		{ ON CONTAINED KEPT RELEASED("done"), -1 },
		{ ON CONTAINED "at 3\nstage stage=released\n", -1 },
		{ ON CONTAINED "at 3\nresult step=9 action=release device=d outcome=done\n", -1 },
		{ ON CONTAINED "at 3\nstep step=9 action=bind device=d\n", -1 },
		{ ON CONTAINED "at 3\nresult step=9 action=bind device=d outcome=skipped\n", 0 },
		{ ON CONTAINED "at 3\nresult step=9 action=flr device=d outcome=failed\n", -1 },
		{ ON CONTAINED "at 3\nresult step=9 action=flr device=d outcome=done\n", 0 },
		{ BOUND_ON CONTAINED, -1 },
		{ BOUND_ON CONTAINED KEPT, 0 },
		/* Who looked later knows better. */
		{ CONTAINED "at 2\n" ON, 1 },
		{ CONTAINED "at 2\n" OFF_SEEN, 0 },
		{ CONTAINED "at 2\n" DEV, -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };
		struct story story = { 0 };
		int now;

		strbuf_printf(&text, "%s%s", ADOPTED, cases[i].text);
		story_of(strbuf_text(&text), &story);
		now = story_find_device(&story, "d")->facts->bus_master;
		if (now != cases[i].now)
			fail_msg("case %zu: %d:\n%s", i, now, cases[i].text);
		story_clear(&story);
	}
}

#define DIRECT(base, how) "rmr-stream sid=8 base=" base " direct=" how "\n"

static void test_rmr_verdicts(void **state)
{
	static const struct {
		const char *text;
		enum rmr_verdict verdict;
	} cases[] = {
		{ ADOPTED LIVE, RMR_UNKNOWN },
		{ ADOPTED SAME, RMR_UNTOUCHED },
		{ ADOPTED "ste phase=crash sid=8 bypass=1\nste phase=now sid=8 bypass=1\n",
		  RMR_UNTOUCHED },
		{ ADOPTED LIVE "ste phase=now sid=8 bypass=1\n", RMR_BECAME_BYPASS },
		{ RESET "ste phase=now sid=8 bypass=1\n", RMR_BECAME_BYPASS },
		{ RESET "ste phase=crash sid=8 bypass=1\n", RMR_BECAME_BYPASS },
		{ ADOPTED "ste phase=crash sid=8 abort=1\nste phase=now sid=8 abort=1\n",
		  RMR_STAYED_REFUSED },
		{ RESET "ste phase=crash sid=8 abort=1\n", RMR_UNKNOWN },
		{ ADOPTED LIVE "ste phase=now sid=8 abort=1\n", RMR_LOST },
		{ ADOPTED OTHER, RMR_REPLACED },
		{ ADOPTED OTHER DIRECT("0x1000", "1"), RMR_REPLACED_MAPPED },
		{ ADOPTED OTHER DIRECT("0x1000", "2"), RMR_REPLACED_UNMAPPED },
		{ ADOPTED OTHER DIRECT("0x9000", "2"), RMR_REPLACED },
		/* It is known with the attach, and not before. */
		{ ADOPTED OTHER DIRECT("0x1000", "0") DIRECT("0x1000", "1"), RMR_REPLACED_MAPPED },
		{ ADOPTED "ste phase=crash sid=8 abort=1\nste phase=now sid=8 s1=0x2000\n",
		  RMR_GAINED },
	};
	const struct rec_rmr region = {
		.base = 0x1000, .bytes = 0x1000, .sid_first = 8, .sid_count = 1
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story story = { 0 };
		enum rmr_verdict verdict;

		story_of(cases[i].text, &story);
		verdict = report_rmr_verdict(&story, &region, story_find_stream(&story, 0, 8));
		if (verdict != cases[i].verdict)
			fail_msg("case %zu: %s instead of %s:\n%s", i, rmr_verdict_name(verdict),
				 rmr_verdict_name(cases[i].verdict), cases[i].text);
		story_clear(&story);
	}
}

#define RESULT_AT(at, how)                                                                          \
	"at " at                                                                                    \
	"\nstep step=1 action=quiesce device=d\nresult step=1 action=quiesce device=d outcome=" how \
	"\n"
#define START "at 1\n" DAEMON "stage stage=start\n"

/* The row of a device: what it did at the crash, when it was stopped, where it is now. */
static const struct {
	const char *text, *row;
} rows[] = {
	{ HELPER ADOPTED DEV SAME START RESULT_AT("1.025", "done"),
	  "d  -  live  after 25 ms  quiesced" },
	{ HELPER ADOPTED DEV SAME RESULT("done"), "d  -  live  yes  quiesced" },
	{ HELPER ADOPTED DEV SAME START RESULT_AT("1.5", "timeout"),
	  "d  -  live  no: timeout  crash-entry" },
	{ HELPER ADOPTED LIVE START RESULT_AT("2.5",
					      "done") "device phase=now name=d sids=8 attach=2\n"
						      "ste phase=now sid=8 s1=0x2000\n",
	  "d  -  live  late, 1.50 s  handed-over" },
	{ HELPER ADOPTED BOUND OTHER, "d  -  live  no  handed-over x" },
	{ HELPER ADOPTED SAME START RESULT_AT("1.2", "done") "at 2.01\nstage stage=released\n"
							     "at 4\n" BOUND_ON,
	  "d  -  live  200 ms to 1.01 s  on-again x" },
	{ HELPER ADOPTED SAME START RESULT_AT("1.2", "done") "at 4\n" BOUND_ON,
	  "d  -  live  on-again  on-again x" },
	{ HELPER ADOPTED DEV SAME, "d  -  live  no  crash-entry" },
	{ HELPER ADOPTED DEV "ste phase=crash sid=8 abort=1\nste phase=now sid=8 abort=1\n",
	  "d  -  no DMA  -  refused" },
	{ HELPER ADOPTED DEV
	  "ste phase=crash sid=8 abort=1\nste phase=now sid=8 abort=1\n" RESULT("skipped"),
	  "d  -  no DMA  not needed  refused" },
	{ HELPER ADOPTED DEV, "d  -  unknown  unknown  unknown" },
	{ HELPER RESET DEV LIVE, "d  -  unknown  unknown  own-entry" },
	{ HELPER ADOPTED "device phase=now name=d flags=bridge sids=8\n" SAME,
	  "d  -  bridge  -  bridge" },
	{ HELPER ADOPTED DEV SAME START RESULT_AT("1.5", "gone"), "d  -  live  no: gone  gone" },
	{ HELPER ADOPTED RAM BOUND SAME, "d  -  unknown  -  attached-early x" },
	{ HELPER ADOPTED RAM DEFERRED SAME, "d  -  live  no  crash-entry" },
	{ HELPER ADOPTED RAM "device phase=now name=d driver=x sids=8 attach=2\n" OTHER,
	  "d  -  live  no  handed-over x" },
	{ HELPER ADOPTED SAME, "SID 0x8  no known device  live  no  crash-entry" },
};

/* Columns apart by two blanks. */
static void squeeze(char *row)
{
	char *to = row;

	for (; *row; row++)
		if (strncmp(row, "   ", 3) != 0)
			*to++ = *row;
	*to = 0;
}

static void test_rows_of_devices(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_verdict_ struct verdict verdict = { 0 };
		_cleanup_free_ char *text = NULL;
		struct story story = { 0 };
		FILE *out;
		char *row;

		story_of(rows[i].text, &story);
		assert_int_equal(verdict_decide(&story, &verdict), 0);
		out = open_memstream(&text, &len);
		assert_int_equal(report_text(&TERM_PLAIN(out), &verdict, false), 0);
		fclose(out);
		row = strstr(text, "NOW\n");
		assert_non_null(row);
		row += 4;
		row[strcspn(row, "\n")] = 0;
		squeeze(row);
		if (strcmp(row, rows[i].row) != 0)
			fail_msg("case %zu: '%s' instead of '%s'", i, row, rows[i].row);
		verdict_clear(&verdict);
		story_clear(&story);
	}
}

static void test_foreign_text_is_cleaned(void **state)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_free_ char *text = NULL;
	struct story story = { 0 };
	size_t len;
	FILE *out;

	(void)state;
	story_of(HELPER ADOPTED "device phase=now name=d sids=8\n"
				"finding severity=error code=helper text=\"\x1b]0;owned\x07 \xff\"",
		 &story);
	out = open_memstream(&text, &len);
	assert_int_equal(verdict_decide(&story, &verdict), 0);
	assert_int_equal(report_text(&TERM_PLAIN(out), &verdict, true), 0);
	assert_int_equal(report_json(out, &verdict), 0);
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict,
					    REPORT_SOURCE(REPORT_FROM_DAEMON), 0, true),
			 0);
	fclose(out);
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\x07'));
	assert_null(strchr(text, '\xff'));
	assert_non_null(strstr(text, "?]0;owned? ?"));
	assert_non_null(strstr(text, "\\u001b]0;owned\\u0007 \\ufffd"));
	story_clear(&story);
}

static void test_names_are_complete(void **state)
{
	u32 i, k;

	(void)state;
	for (i = 0; i <= REPORT_END_MAX; i++) {
		assert_non_null(report_end_name(i));
		assert_non_null(report_end_text(i));
		for (k = 0; k < i; k++)
			assert_string_not_equal(report_end_name(i), report_end_name(k));
	}
	for (i = 0; i <= RMR_LOST; i++)
		assert_non_null(report_rmr_text(i));
	assert_string_equal(report_pci_class(0x010802), "NVMe controller");
	assert_string_equal(report_pci_class(0x01ff00), "storage controller");
	assert_null(report_pci_class(0xff0000));
	assert_string_equal(ERROR_TEXT(-19), "No such device");
	assert_string_equal(ERROR_TEXT(-4000), "error -4000");
	assert_string_equal(ERROR_TEXT(INT32_MIN), "error -2147483648");
}

/* The maker of test streams must not swallow mistakes: a golden would then test nothing. */
static void test_mkrec_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "at 1\nste sidd=1", "line 2: 'ste' has no key 'sidd'" },
		{ "stx sid=1", "line 1: unknown type 'stx'" },
		{ "ste sid=1x", "line 1: '1x' is no number" },
		{ "plan action=jump", "line 1: 'jump' is no known name" },
		{ "stage text=\"open", "line 1: quote without end" },
		{ "device name=a-name-that-is-longer-than-any-device-may-have-in-sysfs-paths",
		  "line 1: name is too long" },
		{ "hex 0g", "line 1: '0g' are no hex digits" },
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[160] = "";
		u8 *stream = NULL;

		assert_int_equal(mkrec(cases[i].text, &stream, &len, err, sizeof(err)), -EINVAL);
		assert_string_equal(err, cases[i].message);
		assert_null(stream);
	}
}

/* Live or recorded, and which files. */
static void test_source(void **state)
{
	static const struct {
		struct report_source source;
		const char *words;
	} cases[] = {
		{ { .kind = REPORT_FROM_DAEMON }, "live, from the running daemon" },
		{ { .kind = REPORT_FROM_FILE }, "the records of a crash" },
		{ { .kind = REPORT_FROM_NOTHING },
		  "nothing (no daemon, no journal, no helper module)" },
		{ { .kind = REPORT_FROM_HELPER, .helper = true },
		  "live: /sys/kernel/debug/smmu_adopt (no daemon, no journal)" },
		{ { .kind = REPORT_FROM_JOURNAL, .copy = true, .journal = true },
		  "recorded: /run/smmu-adoptd/helper.rec, journal.rec (the daemon does not "
		  "answer)" },
		{ { .kind = REPORT_FROM_JOURNAL, .journal = true, .helper = true },
		  "recorded: /run/smmu-adoptd/journal.rec; live: /sys/kernel/debug/smmu_adopt (the "
		  "daemon does not answer)" },
		{ { .kind = REPORT_FROM_JOURNAL,
		    .elsewhere = true,
		    .copy = true,
		    .journal = true,
		    .helper = true },
		  "recorded below --root: /run/smmu-adoptd/helper.rec, journal.rec, "
		  "/sys/kernel/debug/smmu_adopt (no daemon)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };

		report_source_words(&cases[i].source, &text);
		assert_string_equal(strbuf_text(&text), cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_streams_end),
		cmocka_unit_test(test_bus_master_now),
		cmocka_unit_test(test_rmr_verdicts),
		cmocka_unit_test(test_rows_of_devices),
		cmocka_unit_test(test_foreign_text_is_cleaned),
		cmocka_unit_test(test_names_are_complete),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_mkrec_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_verdict.c - the verdict of small stories: its words, its level, the exit code, its findings
 * and what they name and advise.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "lib/report/report.h"
#include "lib/story/facts.h"
#include "tests/unit/support_story.h"

#define LIVE_AT(sid) "ste phase=crash sid=" sid " s1=0x1000\n"

#define GONE_AFTER(sid, name, step)                                          \
	"device phase=now name=" name " sids=" sid "\n"                      \
	"result step=" step " action=quiesce device=" name " outcome=done\n" \
	"result step=1" step " action=bind device=" name " outcome=gone\n"

#define BIND(how)                                   \
	"plan step=2 action=bind device=d dump=1\n" \
	"at 1\nresult step=2 action=bind device=d outcome=" how "\n"
#define OVER "at 2\nstage stage=done\n"
#define EARLY(more) DAEMON "at 1\nstage stage=early-hold" more "\n"
#define START "at 2\nstage stage=start\n"
#define ONE_EARLY                                   \
	"adopted; no other device was live at the " \
	"crash; 1 attached before the helper was loaded"

static const struct {
	const char *text, *verdict;
	enum exit_code code;
	enum verdict_level level;
	const char *findings; /* their names */
} verdicts[] = {
	{ "",
	  "UNKNOWN: there are no records of the helper module, so nothing is known "
	  "about the stream table",
	  EXIT_FINDINGS, VERDICT_WARNING, "no-records" },
	{ HELPER, "ABSENT: the helper found no SMMUv3", EXIT_FINDINGS, VERDICT_WARNING, "no-smmu" },
	{ HELPER ADOPTED, "adopted; no device was live at the crash", EXIT_DONE, VERDICT_OK, "" },
	{ HELPER ADOPTED DEV LIVE, "adopted; 1 live device, and no record that a daemon stopped it",
	  EXIT_FINDINGS, VERDICT_WARNING, "no-daemon" },
	{ HELPER ADOPTED DEV LIVE DAEMON RESULT("done"),
	  "adopted, DMA stopped on 1 of 1 live device before hand-over", EXIT_DONE, VERDICT_OK,
	  "" },
	{ HELPER ADOPTED DEV LIVE DAEMON RESULT("timeout"),
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; NOT stopped: d",
	  EXIT_FINDINGS, VERDICT_WARNING, "not-quiesced" },
	/* Under its driver before anything had stopped it, and nothing ever did. */
	{ HELPER ADOPTED DEV LIVE DAEMON "ste phase=now sid=8 s1=0x2000\n",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over", EXIT_FINDINGS,
	  VERDICT_WARNING, "not-quiesced" },
	/* Attached before the helper came. By no driver, if all were held before: it was not live.
	 */
	{ HELPER ADOPTED RAM DEV LIVE EARLY("") START, "adopted; no device was live at the crash",
	  EXIT_DONE, VERDICT_OK, "attached-at-once" },
	{ HELPER ADOPTED RAM DEV LIVE EARLY(" error=-5") START, ONE_EARLY, EXIT_FINDINGS,
	  VERDICT_WARNING, "attached-early" },
	{ HELPER ADOPTED RAM DEV LIVE DAEMON START "at 3\nstage stage=early-hold\n", ONE_EARLY,
	  EXIT_FINDINGS, VERDICT_WARNING, "attached-early" },
	{ HELPER ADOPTED RAM BOUND LIVE EARLY("") START, ONE_EARLY, EXIT_FINDINGS, VERDICT_WARNING,
	  "attached-early" },
	/* The daemon found it bound, and says so: one finding. */
	{ HELPER ADOPTED DEV LIVE DAEMON "finding severity=warning code=before-the-daemon sid=8 "
					 "text=\"d had driver x\"\n"
					 "ste phase=now sid=8 s1=0x2000\n",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over", EXIT_FINDINGS,
	  VERDICT_WARNING, "before-the-daemon" },
	/* Stopped, and not to the end: counted as neither. */
	{ HELPER ADOPTED SAME DAEMON RESULT("done") OVER
	  "at 3\nstage stage=released\nat 4\n" BOUND_ON,
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; stopped, but on again: 1",
	  EXIT_FINDINGS, VERDICT_WARNING, "on-again" },
	{ HELPER ADOPTED OTHER DAEMON RESULT("done") OVER
	  "at 3\nstage stage=released\nat 4\n" BOUND_ON,
	  "adopted, DMA stopped on 1 of 1 live device before hand-over", EXIT_DONE, VERDICT_OK,
	  "" },
	/* The daemon is at it: not yet is no failure, failed is. */
	{ HELPER ADOPTED DEV LIVE DAEMON "stage stage=act\n",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over", EXIT_DONE, VERDICT_OK,
	  "" },
	{ HELPER ADOPTED DEV LIVE DAEMON "stage stage=act\n" RESULT("failed"),
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; NOT stopped: d",
	  EXIT_FINDINGS, VERDICT_WARNING, "not-quiesced" },
	/* Of one kind there is one finding; the worst come first. */
	{ HELPER ADOPTED "finding severity=info text=x\n"
			 "finding severity=error code=no-registers text=y\n"
			 "ste phase=crash sid=1 s1=0x1000\nste phase=crash sid=2 s1=0x1000\n"
			 "ste phase=crash sid=3 s1=0x1000\nste phase=crash sid=4 s1=0x1000\n"
			 "device phase=now name=a sids=1\ndevice phase=now name=b sids=2\n"
			 "device phase=now name=c sids=3\ndevice phase=now name=e sids=4\n" DAEMON,
	  "adopted, DMA stopped on 0 of 4 live devices before hand-over", EXIT_FINDINGS,
	  VERDICT_FAILED, "no-registers not-quiesced unknown" },
	/* Steps: the last attempt counts; what ended well, was left out or is under way is none. */
	{ HELPER ADOPTED DEV DAEMON "result step=1 action=hold device=d outcome=failed\nat 1\n"
				    "result step=2 action=hold device=d outcome=done\n",
	  "adopted; no device was live at the crash", EXIT_DONE, VERDICT_OK, "" },
	{ HELPER ADOPTED DEV DAEMON "result step=1 action=verify device=d outcome=pending\n"
				    "result step=2 action=flr device=d outcome=skipped\n"
				    "step step=3 action=bind device=d\n",
	  "adopted; no device was live at the crash", EXIT_DONE, VERDICT_OK, "" },
	{ HELPER ADOPTED DEV DAEMON "step step=3 action=domain device=d\n" OVER,
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING,
	  "domain-failed" },
	{ HELPER ADOPTED DEV DAEMON RESULT("timeout"), "adopted; no device was live at the crash",
	  EXIT_FINDINGS, VERDICT_WARNING, "quiesce-failed" },
	{ HELPER ADOPTED DEV LIVE DAEMON RESULT("gone"),
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; 1 vanished", EXIT_FINDINGS,
	  VERDICT_WARNING, "device-gone" },
	/* Quiesced and then gone is both; who is left over is counted, not the rest of a sum. */
	{ HELPER ADOPTED LIVE_AT("1") LIVE_AT("2") LIVE_AT("3") GONE_AFTER("2", "b", "2")
		  GONE_AFTER("3", "c", "4") DAEMON
	  "device phase=now name=a sids=1\nresult step=1 action=quiesce device=a outcome=failed\n",
	  "adopted, DMA stopped on 2 of 3 live devices before hand-over; NOT stopped: a; 2 vanished",
	  EXIT_FINDINGS, VERDICT_WARNING, "not-quiesced device-gone" },
	/* The helper lists some devices, and says that these are not all: a live StreamID without
	 * one is no news. */
	{ HELPER ADOPTED "device phase=now name=a sids=1\n"
			 "finding code=devices-left-out severity=warning text=x\n" LIVE_AT("8"),
	  "adopted; it is not known which devices were live at the crash", EXIT_PARTIAL,
	  VERDICT_WARNING, "devices-left-out" },
	/* Quiesced, but only after the attach. */
	{ HELPER ADOPTED LIVE DAEMON RESULT("done") "device phase=now name=d sids=8 attach=0.5",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; NOT stopped: d",
	  EXIT_FINDINGS, VERDICT_WARNING, "quiesced-late" },
	{ HELPER ADOPTED LIVE DAEMON RESULT("done") "device phase=now name=d sids=8 attach=1",
	  "adopted, DMA stopped on 1 of 1 live device before hand-over", EXIT_DONE, VERDICT_OK,
	  "" },
	/* No attach seen: the bind counts. */
	{ HELPER ADOPTED DEV LIVE DAEMON RESULT("done") "at 0.9\nstep step=2 action=bind device=d",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; NOT stopped: d",
	  EXIT_FINDINGS, VERDICT_WARNING, "quiesced-late" },
	{ HELPER ADOPTED LIVE "device phase=now name=e sids=9\n",
	  "adopted; no device was live at the crash; 1 live StreamID "
	  "without a device",
	  EXIT_FINDINGS, VERDICT_WARNING, "stream-without-device" },
	/* Without a list of devices, as in a note: the daemon's few are not all. */
	{ HELPER ADOPTED LIVE, "adopted; it is not known which devices were live at the crash",
	  EXIT_PARTIAL, VERDICT_WARNING, "" },
	{ HELPER ADOPTED LIVE LIVE_AT("9") DAEMON RESULT("done") DEV,
	  "adopted; it is not known which devices were live at the crash", EXIT_PARTIAL,
	  VERDICT_WARNING, "" },
	/* In the helper's first list, not in its second. */
	{ HELPER ADOPTED DEV LIVE DAEMON "at 2\n" HELPER "smmu phase=now state=adopted",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; 1 vanished", EXIT_FINDINGS,
	  VERDICT_WARNING, "device-gone" },
	{ HELPER RESET,
	  "RESET: the capture kernel's driver installed a fresh stream "
	  "table: any DMA still in flight was refused from then on",
	  EXIT_FINDINGS, VERDICT_FAILED, "not-adopted" },
	/* What such a driver always says is the reason, and no finding of its own. */
	{ HELPER RESET "finding severity=error code=refused-by-driver "
		       "text=\"SMMU currently enabled! Resetting...\"\n",
	  "RESET: the capture kernel's driver installed a fresh stream "
	  "table: any DMA still in flight was refused from then on",
	  EXIT_FINDINGS, VERDICT_FAILED, "not-adopted" },
	{ HELPER "smmu state=disabled reason=5",
	  "DISABLED: the SMMU is switched off, no DMA "
	  "is translated",
	  EXIT_FINDINGS, VERDICT_WARNING, "smmu-off" },
	{ HELPER "smmu state=unprobed reason=6",
	  "UNPROBED: the SMMU is as the crashed kernel left it, no driver of the capture "
	  "kernel has taken it",
	  EXIT_FINDINGS, VERDICT_FAILED, "smmu-unprobed" },
	{ HELPER "smmu state=not-capture reason=9",
	  "not a kdump capture kernel: there is nothing to adopt", EXIT_FINDINGS, VERDICT_WARNING,
	  "not-capture" },
	{ HELPER "smmu state=0 reason=7", "UNKNOWN: its registers could not be read", EXIT_FINDINGS,
	  VERDICT_WARNING, "state-unknown" },
	{ HELPER ADOPTED "smmu smmu=1 state=disabled reason=5\nsmmu smmu=2 state=1",
	  "adopted; no device was live at the crash (2 adopted, 1 disabled of 3 SMMUs)", EXIT_DONE,
	  VERDICT_OK, "" },
	{ HELPER ADOPTED "smmu smmu=1 state=4711 reason=4711",
	  "UNKNOWN: unknown (1 unknown, 1 adopted of 2 SMMUs)", EXIT_FINDINGS, VERDICT_WARNING,
	  "state-unknown" },
	{ HELPER ADOPTED "finding severity=warning text=x",
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING, "unknown" },
	{ HELPER ADOPTED "finding severity=info text=x", "adopted; no device was live at the crash",
	  EXIT_DONE, VERDICT_OK, "unknown" },
	/* Cut short: aborted, killed before it began, killed with nobody to say so. */
	{ HELPER ADOPTED DAEMON "stage stage=start\nat 2\nstage stage=aborted\n",
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING, "cut-short" },
	{ HELPER ADOPTED DAEMON "at 2\nstage stage=aborted\nstage stage=released\n",
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING, "cut-short" },
	{ HELPER ADOPTED DAEMON "stage stage=start\nat 2\nstage stage=released\n",
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING, "cut-short" },
	/* Stopped after its end; or run once more, and that came to its end. */
	{ HELPER ADOPTED DAEMON "stage stage=start\n" OVER "at 3\nstage stage=released\n",
	  "adopted; no device was live at the crash", EXIT_DONE, VERDICT_OK, "" },
	{ HELPER ADOPTED DAEMON "stage stage=aborted\nat 1\nstage stage=start\n" OVER,
	  "adopted; no device was live at the crash", EXIT_DONE, VERDICT_OK, "" },
	/* What the machine was restarted for comes first, and is a fact whatever else is not. */
	{ HELPER ADOPTED DEV DAEMON BIND("failed") OVER,
	  "DUMP PATH NOT HANDED OVER: d; adopted; no device was live at the crash", EXIT_FINDINGS,
	  VERDICT_FAILED, "dump-path-lost bind-failed" },
	{ DAEMON BIND("timeout") DEV OVER,
	  "DUMP PATH NOT HANDED OVER: d; UNKNOWN: there are no records of the helper module, so "
	  "nothing is known about the stream table",
	  EXIT_FINDINGS, VERDICT_FAILED, "dump-path-lost helper bind-failed" },
	{ HELPER ADOPTED DEV DAEMON "plan step=2 action=bind device=d dump=1\n"
				    "at 2\nstage stage=aborted\n",
	  "DUMP PATH NOT HANDED OVER: d; adopted; no device was live at the crash", EXIT_FINDINGS,
	  VERDICT_FAILED, "dump-path-lost cut-short" },
	{ HELPER ADOPTED DEV DAEMON "plan step=2 action=verify device=d dump=1\n"
				    "result step=2 action=hold device=d outcome=gone\n" OVER,
	  "DUMP PATH NOT HANDED OVER: d; adopted; no device was live at the crash", EXIT_FINDINGS,
	  VERDICT_FAILED, "dump-path-lost" },
	/* Not yet, or after all. */
	{ HELPER ADOPTED DEV DAEMON BIND("failed"), "adopted; no device was live at the crash",
	  EXIT_FINDINGS, VERDICT_WARNING, "bind-failed" },
	{ HELPER ADOPTED DEV DAEMON BIND("done") OVER, "adopted; no device was live at the crash",
	  EXIT_DONE, VERDICT_OK, "" },
	{ HELPER ADOPTED DAEMON BIND("timeout") OVER BOUND,
	  "adopted; no device was live at the crash", EXIT_FINDINGS, VERDICT_WARNING,
	  "bind-failed" },
};

static void test_verdicts(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		struct strbuf text = { 0 }, names = { 0 };
		struct story story = { 0 };
		struct verdict v = { 0 };

		story_of(verdicts[i].text, &story);
		assert_int_equal(verdict_decide(&story, &v), 0);
		report_verdict(&story, &v.totals, &text);
		if (strcmp(strbuf_text(&text), verdicts[i].verdict) != 0)
			fail_msg("case %zu: '%s' instead of '%s'", i, strbuf_text(&text),
				 verdicts[i].verdict);
		for (k = 0; k < v.n; k++)
			strbuf_join(&names, " ", v.findings[k].name);
		if (strcmp(strbuf_text(&names), verdicts[i].findings) != 0)
			fail_msg("case %zu: findings '%s' instead of '%s'", i, strbuf_text(&names),
				 verdicts[i].findings);
		if (v.code != verdicts[i].code || v.level != verdicts[i].level)
			fail_msg("case %zu: %s, exit %d instead of %s, exit %d", i,
				 verdict_level_name(v.level), v.code,
				 verdict_level_name(verdicts[i].level), verdicts[i].code);
		assert_int_equal(report_exit_code(&story), v.code);
		verdict_clear(&v);
		strbuf_free(&text);
		strbuf_free(&names);
		story_clear(&story);
	}
}

/* All that it is about are named, each once. */
static void test_findings_name_all(void **state)
{
	struct story story = { 0 };
	struct verdict v = { 0 };
	struct strbuf text = { 0 };
	u32 i;

	(void)state;
	strbuf_puts(&text, HELPER ADOPTED DAEMON);
	for (i = 0; i < 60; i++)
		strbuf_printf(&text,
			      "ste phase=crash sid=%u s1=0x1000\n"
			      "device phase=now name=0000:00:%02x.0 sids=%u\n",
			      8 * i, i, 8 * i);
	story_of(strbuf_text(&text), &story);
	assert_int_equal(verdict_decide(&story, &v), 0);
	assert_int_equal(v.n, 1);
	strbuf_reset(&text);
	for (i = 0; i < 60; i++)
		strbuf_printf(&text, ", 0000:00:%02x.0", i);
	assert_non_null(strstr(v.findings[0].text, strbuf_text(&text) + 2));
	strbuf_free(&text);
	verdict_clear(&v);
	story_clear(&story);
}

/* A StreamID alone tells nothing where two SMMUs have it. */
static void test_findings_name_the_smmu(void **state)
{
	struct story story = { 0 };
	struct verdict v = { 0 };

	(void)state;
	story_of(HELPER ADOPTED "smmu smmu=1 phase=crash state=adopted evidence=kdump-kernel\n"
				"device smmu=1 phase=now name=a sids=1\n" LIVE_AT(
					"8") "ste smmu=1 phase=crash sid=8 s1=0x1000\n",
		 &story);
	assert_int_equal(verdict_decide(&story, &v), 0);
	assert_int_equal(v.n, 1);
	assert_string_equal(v.findings[0].text, "live StreamIDs without a device: 0:0x8, 1:0x8");
	verdict_clear(&v);
	story_clear(&story);
}

/* A code of a record or of ours has a row in the table, with advice unless it is information. */
static void test_findings_have_advice(void **state)
{
	const struct finding_kind *kind;
	u32 code;

	(void)state;
	for (code = 1; code <= VERDICT_STEP_LAST; code++) {
		if (code == VERDICT_STEP)
			continue;
		if (code < VERDICT_NOT_ADOPTED && !strcmp(rec_finding_name(code), "unknown")) {
			if (code > 64) /* no more codes of records */
				code = VERDICT_NOT_ADOPTED - 1;
			continue;
		}
		kind = finding_kind(code);
		if (code >= VERDICT_NOT_ADOPTED ? !kind->name : !!kind->name)
			fail_msg("finding %u: its name", code);
		if ((kind->severity == REC_SEV_INFO) != !kind->advice)
			fail_msg("finding %u, %s: its advice", code,
				 kind->name ? kind->name : rec_finding_name(code));
		if (kind->advice && kind->advice[strlen(kind->advice) - 1] == '.')
			fail_msg("finding %u: the advice ends with a full stop", code);
	}
	assert_null(finding_kind(4711)->advice);
	assert_ptr_not_equal(finding_reset_advice(ADOPT_WHY_NOT_COHERENT),
			     finding_reset_advice(ADOPT_WHY_STOCK));
}

/* A driver that says that an entry is bad, and not whose. */
static void test_unnamed_entry(void **state)
{
#define REFUSED(more) HELPER RESET "finding severity=error code=refused-by-driver " more "\n"
	static const struct {
		const char *text;
		bool unnamed;
	} cases[] = {
		{ REFUSED("text=\"failed to reserve in-use ASIDs/VMIDs\""), true },
		{ REFUSED("text=\"failed to reserve in-use ASIDs/VMIDs (-22)\""), true },
		{ REFUSED("text=\"bad CD of SID 0x10\""), false },
		{ REFUSED("sid=0x10 text=\"failed to reserve in-use ASIDs/VMIDs\""), false },
		{ REFUSED("text=\"unsupported STRTAB_SPLIT 6\""), false },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_verdict_ struct verdict v = { 0 };
		struct story story = { 0 };
		bool found = false;

		story_of(cases[i].text, &story);
		assert_int_equal(verdict_decide(&story, &v), 0);
		for (k = 0; k < v.n; k++) {
			if (v.findings[k].code != REC_FIND_DRIVER_REFUSED)
				continue;
			found = true;
			if (!strcmp(v.findings[k].advice, finding_unnamed_advice()) !=
			    cases[i].unnamed)
				fail_msg("case %zu: %s", i, v.findings[k].advice);
		}
		assert_true(found);
		story_clear(&story);
	}
}

/* A story that could not be finished, or was not since a device came, has no verdict. */
static void test_unfinished(void **state)
{
	_cleanup_verdict_ struct verdict v = { 0 };
	struct story story = { 0 };
	struct rec rec = { .type = REC_DEVICE, .device.name = "a" };

	(void)state;
	assert_int_equal(story_add(&story, &rec), 0);
	assert_int_equal(verdict_decide(&story, &v), -ENOMEM);
	verdict_clear(&v);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(verdict_decide(&story, &v), 0);
	/* The facts move with the devices. */
	assert_ptr_equal(story.devices[0].facts->device, &story.devices[0]);
	story_clear(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_findings_name_all),
		cmocka_unit_test(test_findings_name_the_smmu),
		cmocka_unit_test(test_findings_have_advice),
		cmocka_unit_test(test_unnamed_entry),
		cmocka_unit_test(test_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

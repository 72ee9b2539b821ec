// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_report.c - the judgements behind the report, one small story each, and
 * that no stream, however damaged, upsets story or report.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/report.h"
#include "lib/story/facts.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_run.h"

static void story_of(const char *text, struct story *ret)
{
	char err[160] = "";
	u8 *stream = NULL;
	size_t len = 0;

	if (mkrec(text, &stream, &len, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	assert_int_equal(story_add_stream(ret, stream, len), 0);
	assert_int_equal(story_finish(ret), 0);
	free(stream);
}

#define ADOPTED "smmu phase=crash state=adopted reason=1 evidence=kdump-kernel,strtab-in-old-ram\n"
#define RESET "smmu phase=crash state=reset reason=2 evidence=kdump-kernel,strtab-in-capture-ram\n"
#define UNPROBED "smmu phase=crash state=unprobed evidence=kdump-kernel,strtab-in-old-ram\n"
#define OFF(more) "at 1\nsmmu phase=now state=disabled evidence=kdump-kernel" more "\n"
#define RAM "range kind=2 start=0x1000 bytes=0x1000\n" /* of the capture kernel */
#define DEFERRED "device phase=now name=d flags=deferred sids=8\n"
#define DEV "device phase=now name=d sids=8\n"
#define BOUND "device phase=now name=d driver=x sids=8\n"
#define BOUND_OFF "device phase=now name=d driver=x flags=config-read sids=8\n"
#define BOUND_ON "device phase=now name=d driver=x flags=config-read,bus-master sids=8\n"
#define LIVE "ste phase=crash sid=8 s1=0x1000\n"
#define SAME LIVE "ste phase=now sid=8 s1=0x1000\n"
#define OTHER LIVE "ste phase=now sid=8 s1=0x2000\n"
#define CONTAINED                                     \
	"at 1\nstep step=1 action=quiesce device=d\n" \
	"result step=1 action=quiesce device=d outcome=done ms=1\n"

#define KEPT "at 2\nresult step=9 action=keep device=d outcome=done\n"
#define RELEASED(how) "at 3\nresult step=10 action=release device=d outcome=" how "\n"

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
	struct report_device d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };
		struct story story = { 0 };

		strbuf_printf(&text, "%s%s", ADOPTED, cases[i].text);
		story_of(strbuf_text(&text), &story);
		report_device_facts(&story, story_find_device(&story, "d"), &d);
		if (d.bus_master != cases[i].now)
			fail_msg("case %zu: %d:\n%s", i, d.bus_master, cases[i].text);
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

#define HELPER "file producer=smmu_adopt capture=1\n"
#define DAEMON "file producer=smmu-adoptd capture=1\n"
#define RESULT(how) "at 1\nresult step=1 action=quiesce device=d outcome=" how "\n"
#define LIVE_AT(sid) "ste phase=crash sid=" sid " s1=0x1000\n"

#define GONE_AFTER(sid, name, step)                                          \
	"device phase=now name=" name " sids=" sid "\n"                      \
	"result step=" step " action=quiesce device=" name " outcome=done\n" \
	"result step=1" step " action=bind device=" name " outcome=gone\n"

#define BIND(how)                                   \
	"plan step=2 action=bind device=d dump=1\n" \
	"at 1\nresult step=2 action=bind device=d outcome=" how "\n"
#define OVER "at 2\nstage stage=done\n"

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
	/* The daemon found it bound, and says so: one finding. */
	{ HELPER ADOPTED DEV LIVE DAEMON "finding severity=warning code=before-the-daemon sid=8 "
					 "text=\"d had driver x\"\n"
					 "ste phase=now sid=8 s1=0x2000\n",
	  "adopted, DMA stopped on 0 of 1 live device before hand-over", EXIT_FINDINGS,
	  VERDICT_WARNING, "before-the-daemon" },
	/* Stopped, and not to the end: counted as neither. */
	{ HELPER ADOPTED SAME DAEMON RESULT("done") OVER
	  "at 3\nstage stage=released\nat 4\n" BOUND_ON,
	  "adopted, DMA stopped on 0 of 1 live device before hand-over; 1 stopped and on again",
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
	  "table: any in-flight DMA would have been refused",
	  EXIT_FINDINGS, VERDICT_FAILED, "not-adopted" },
	/* What such a driver always says is the reason, and no finding of its own. */
	{ HELPER RESET "finding severity=error code=refused-by-driver "
		       "text=\"SMMU currently enabled! Resetting...\"\n",
	  "RESET: the capture kernel's driver installed a fresh stream "
	  "table: any in-flight DMA would have been refused",
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
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict, REPORT_FROM_DAEMON, 0,
					    true),
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

/* Everything that reads a stream; what comes out does not matter, that it comes back does. */
static void tell_all(const u8 *data, size_t len)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	FILE *out = fopen("/dev/null", "w");
	struct story story = { 0 };

	assert_non_null(out);
	assert_true(story_add_stream(&story, data, len) >= 0);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(verdict_decide(&story, &verdict), 0);
	assert_int_equal(report_text(&TERM_PLAIN(out), &verdict, true), 0);
	assert_int_equal(report_json(out, &verdict), 0);
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict, REPORT_FROM_HELPER, 0,
					    true),
			 0);
	assert_int_equal(report_status_json(out, &verdict, REPORT_FROM_HELPER), 0);
	assert_true(verdict.code <= EXIT_PARTIAL);
	assert_true(report_log_text(&TERM_PLAIN(out), data, len) >= 0);
	assert_true(report_log_json(out, data, len) >= 0);
	story_clear(&story);
	fclose(out);
}

/* xorshift: the same damage in every run. */
static u32 next_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Change one byte of a random record's payload and make its checksum right again. */
static void damage_payload(u8 *data, size_t len, u32 *seed)
{
	struct rec_iter it = { .data = data, .len = len };
	size_t target = next_random(seed) % 60, at = 0;
	static const u8 zero[4];
	struct rec rec;
	u32 crc;

	while (target-- && rec_next(&it, &rec) == REC_OK && it.offset < len)
		at = it.offset;
	it = (struct rec_iter){ .data = data, .len = len, .offset = at };
	if (rec_next(&it, &rec) != REC_OK || !rec.payload_len)
		return;
	data[at + REC_HEADER_BYTES + next_random(seed) % rec.payload_len] = (u8)next_random(seed);
	crc = rec_crc32(0, data + at, 12);
	crc = rec_crc32(crc, zero, 4);
	crc = rec_crc32(crc, data + at + 16, 16 + (size_t)rec.payload_len);
	core_st32(data + at + 12, crc);
}

static void test_damaged_streams(void **state)
{
	static const char *const names[] = { "vm-adopted", "rmr", "trouble", "mid-torn" };
	u32 seed = 20261122, i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		size_t len, k, cut;
		u8 *stream = golden_stream(names[i % 4], &len), *copy;

		switch (i / 4 % 3) {
		case 0:
			stream[next_random(&seed) % len] ^= (u8)(1 + next_random(&seed) % 255);
			break;
		case 1: len = next_random(&seed) % len; break;
		default:
			for (k = 0; k < 8; k++)
				damage_payload(stream, len, &seed);
			break;
		}
		/* An allocation of exactly this size: reading beyond it is seen. */
		cut = len ? len : 1;
		copy = malloc(cut);
		assert_non_null(copy);
		memcpy(copy, stream, len);
		tell_all(copy, len);
		free(copy);
		free(stream);
	}
}

/* Numbers of items that only an attacker would write must not take quadratic time. */
static void test_many_items(void **state)
{
	enum {
		COUNT = 20000
	};
	size_t cap = (size_t)COUNT * 4 * 512, len = 0;
	u8 *data = malloc(cap);
	u32 i;

	(void)state;
	assert_non_null(data);
	for (i = 0; i < COUNT; i++) {
		struct rec rec = { .type = REC_STE };
		int n;

		rec.ste.phase = REC_PHASE_CRASH;
		rec.ste.sid = i;
		core_st64(rec.ste.raw, 0x100b);
		n = rec_encode(&rec, data + len, cap - len);
		len += (size_t)n;
		rec = (struct rec){ .type = REC_RMR };
		rec.rmr.sid_first = i;
		rec.rmr.sid_count = COUNT;
		n = rec_encode(&rec, data + len, cap - len);
		len += (size_t)n;
		rec = (struct rec){ .type = REC_DEVICE };
		(void)snprintf(rec.device.name, sizeof(rec.device.name), "d%u", i);
		rec.device.sid_count = 8;
		rec.device.sids[7] = i;
		n = rec_encode(&rec, data + len, cap - len);
		len += (size_t)n;
	}
	tell_all(data, len);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_streams_end),
		cmocka_unit_test(test_bus_master_now),
		cmocka_unit_test(test_rmr_verdicts),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_findings_name_all),
		cmocka_unit_test(test_findings_name_the_smmu),
		cmocka_unit_test(test_findings_have_advice),
		cmocka_unit_test(test_unnamed_entry),
		cmocka_unit_test(test_rows_of_devices),
		cmocka_unit_test(test_foreign_text_is_cleaned),
		cmocka_unit_test(test_names_are_complete),
		cmocka_unit_test(test_mkrec_refuses),
		cmocka_unit_test(test_damaged_streams),
		cmocka_unit_test(test_many_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

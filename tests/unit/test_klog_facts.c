// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_klog_facts.c - what is taken out of a kernel log: the same facts in every shape, boots of
 * one console, events in parts, lines one by one, budgets.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "ctl/input/kernel_log.h"
#include "lib/report/klog.h"
#include "tests/unit/support_run.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define LOGS "tests/golden/klog/"

/* ---- shapes ---- */

/* A line of dmesg, taken apart, in another shape. */
typedef void (*shape_fn)(FILE *out, const char *time, const char *text);

static void as_dmesg(FILE *out, const char *time, const char *text)
{
	fprintf(out, "[%12s] %s\n", time, text);
}

static void as_date(FILE *out, const char *time, const char *text)
{
	(void)time;
	fprintf(out, "[Mon Nov 30 05:10:00 2026] %s\n", text);
}

static void as_levels(FILE *out, const char *time, const char *text)
{
	fprintf(out, "kern  :warn  : [%12s] %s\n", time, text);
}

static void as_callers(FILE *out, const char *time, const char *text)
{
	fprintf(out, "<4>[%12s][  T312] %s\n", time, text);
}

static void as_kmsg(FILE *out, const char *time, const char *text)
{
	unsigned long s, us;

	assert_int_equal(sscanf(time, "%lu.%lu", &s, &us), 2);
	fprintf(out, "4,77,%lu,-;", s * 1000000 + us);
	for (; *text; text++)
		fprintf(out, *text == '\t' ? "\\x09" : "%c", *text);
	fputc('\n', out);
}

static void as_netconsole(FILE *out, const char *time, const char *text)
{
	fputs("6.12.95-arm64,", out);
	as_kmsg(out, time, text);
}

static void as_pstore(FILE *out, const char *time, const char *text)
{
	(void)time;
	fprintf(out, "<4>%s\n", text);
}

static void as_journal(FILE *out, const char *time, const char *text)
{
	(void)time;
	if (!strncmp(text, "smmu-adoptd:", 12))
		fprintf(out, "Nov 30 05:10:00 node smmu-adoptd[212]:%s\n", text + 12);
	else
		fprintf(out, "Nov 30 05:10:00 node kernel: %s\n", text);
}

static void as_syslog(FILE *out, const char *time, const char *text)
{
	fprintf(out, "2026-11-30T05:10:00.123456+00:00 node kernel: [%12s] %s\n", time, text);
}

static void as_monotonic(FILE *out, const char *time, const char *text)
{
	fprintf(out, "[%12s] node kernel: %s\n", time, text);
}

static void as_serial(FILE *out, const char *time, const char *text)
{
	fprintf(out, "05:10:00.112\t[%12s] %s\r\n", time, text);
}

static void as_conserver(FILE *out, const char *time, const char *text)
{
	fprintf(out, "[Mon Nov 30 05:10:00 2026][%12s] %s\n", time, text);
}

static void as_colours(FILE *out, const char *time, const char *text)
{
	size_t n = strcspn(text, ":");

	fprintf(out, "\033[32m[%12s] \033[0m\033[33m%.*s\033[0m%s\033[K\n", time, (int)n, text,
		text + n);
}

static void as_holes(FILE *out, const char *time, const char *text)
{
	fwrite("\0\0\0", 1, 3, out);
	fprintf(out, "[%12s] ", time);
	fputc(0, out);
	fprintf(out, "%s", text);
	fwrite("\0\0\n", 1, 3, out);
}

/* The log of @name in the shape @as. */
static char *dressed(const char *name, shape_fn as, size_t *ret_len)
{
	char file[128], *log, *line, *save = NULL, *out_text = NULL;
	FILE *out = open_memstream(&out_text, ret_len);

	(void)snprintf(file, sizeof(file), LOGS "%s.log", name);
	log = file_read(file, NULL);
	assert_non_null(log);
	for (line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *close = strchr(line, ']');

		assert_true(line[0] == '[' && close && close[1] == ' ');
		*close = 0;
		as(out, line + 1 + strspn(line + 1, " "), close + 2);
	}
	free(log);
	assert_int_equal(fclose(out), 0);
	return out_text;
}

/* All that was counted in the log, without times, which not every shape has. */
static char *counted(const char *data, size_t len)
{
	struct klog log = { 0 };
	char *text = NULL, *from, *to, *end;
	struct jsonw w;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(kernel_log_bytes((const u8 *)data, len, &log), 0);
	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	report_klog_json(&w, &log);
	jsonw_object_end(&w);
	assert_int_equal(jsonw_finish(&w), 0);
	for (i = 0; log.capture && i < log.capture->n_steps; i++)
		fprintf(out, "%s %s\n", rec_action_name(log.capture->steps[i].action),
			log.capture->steps[i].device);
	assert_int_equal(fclose(out), 0);
	klog_free(&log);
	for (from = to = text; *from; from = end) {
		end = from + strcspn(from, "\n") + 1;
		if (memmem(from, (size_t)(end - from), "_ns\"", 4))
			continue;
		for (; from < end; from++) /* the line before has a comma, or has none */
			if (*from != ',')
				*to++ = *from;
	}
	*to = 0;
	return text;
}

static void test_shapes(void **state)
{
	static const shape_fn shapes[] = { as_date,	  as_levels, as_callers,   as_kmsg,
					   as_netconsole, as_pstore, as_journal,   as_syslog,
					   as_monotonic,  as_serial, as_conserver, as_colours,
					   as_holes };
	static const char *const names[] = { "adopted",	  "reset-612",	    "events-7x",   "gerror",
					     "aer-storm", "grace-cmd-sync", "serror-panic" };
	size_t i, k, len;

	(void)state;
	for (k = 0; k < N(names); k++) {
		char *log = dressed(names[k], as_dmesg, &len), *want = counted(log, len);

		free(log);
		for (i = 0; i < N(shapes); i++) {
			char *other = dressed(names[k], shapes[i], &len);
			char *got = counted(other, len);

			if (strcmp(got, want) != 0)
				fail_msg("%s, shape %zu:\n%s\nis not\n%s", names[k], i, got, want);
			free(got);
			free(other);
		}
		free(want);
	}
}

/* ---- a console has more than one boot ---- */

static void test_boots(void **state)
{
	static const char before[] =
		"[    0.0] Linux version 1\n[    1.0] arm-smmu-v3 s: event: F_ACCESS client: d sid: "
		"0x1 ssid: 0x0\n[    9.0] Starting crashdump kernel...\n[    9.1] Bye!\n";
	/* A quiet one: no first words, but time goes back. */
	static const char capture[] =
		"[    1.0] arm-smmu-v3 s: SMMU currently enabled! Resetting...\n"
		"[    2.0] arm-smmu-v3 s: event: F_ACCESS client: d sid: 0x2 ssid: 0x0\n"
		"[    3.0] kdump: saving vmcore\n";
	static const char after[] =
		"[    0.0] Linux version 2\n[    0.0] Kernel command line: crashkernel=1G\n"
		"[    1.0] arm-smmu-v3 s: event: F_ACCESS client: d sid: 0x3 ssid: 0x0\n";
	struct klog log = { 0 };
	char text[2048];
	int round;

	(void)state;
	/* The last crash of several is told of. */
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", before, capture, before, capture, after);
	for (round = 0; round < 2; round++) {
		assert_int_equal(kernel_log_bytes((const u8 *)text, strlen(text), &log), 0);
		assert_int_equal(log.boots, 5 - round);
		assert_int_equal(log.capture->first.line, 8 + 4);
		assert_int_equal(log.capture->n_events, 1);
		assert_int_equal(log.capture->events[0].sid, 2);
		assert_int_equal(log.crashed->events[0].sid, 1);
		assert_string_equal(log.crashed->release, "1");
		klog_free(&log);
		(void)snprintf(text, sizeof(text), "%s%s%s%s", before, capture, before, capture);
	}
}

/* An ordinary kernel finds the SMMU enabled by firmware, and resets it: no crash. */
static void test_ordinary_reset(void **state)
{
	static const char text[] = "[ 0.0] Kernel command line: ro crashkernel=1G\n"
				   "[ 1.0] arm-smmu-v3 s: SMMU currently enabled! Resetting...\n";
	struct klog log = { 0 };

	(void)state;
	assert_int_equal(kernel_log_bytes((const u8 *)text, strlen(text), &log), 0);
	assert_null(log.capture);
	assert_non_null(log.crashed);
	klog_free(&log);
}

/* More of everything than there is room for is counted. */
static void test_budgets(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct klog log = { 0 };
	struct story story = { 0 };
	struct strbuf words = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		fprintf(out, "arm-smmu-v3 s: event: F_ACCESS client: d sid: 0x%x ssid: 0x0\n", i);
		fprintf(out, "arm-smmu-v3 s%u: SMMU currently enabled! Resetting...\n", i);
		fprintf(out, "igb 0000:%02x:%02x.0: aer_status: 0x4000\n", i >> 5 & 255, i & 31);
		fprintf(out, "smmu-adoptd: hold d%u: done in 1 ms (x)\n", i);
	}
	assert_int_equal(fclose(out), 0);
	assert_int_equal(kernel_log_bytes((const u8 *)text, len, &log), 0);
	assert_int_equal(log.capture->n_events, KLOG_EVENTS);
	assert_int_equal(log.capture->n_smmus, KLOG_SMMUS);
	assert_int_equal(log.capture->n_devices, KLOG_DEVICES);
	assert_int_equal(log.capture->n_steps, KLOG_STEPS);
	assert_int_equal(log.capture->lost,
			 4 * 3000 + 1 - KLOG_EVENTS - KLOG_SMMUS - KLOG_DEVICES - KLOG_STEPS);
	klog_words(&log, &words);
	assert_non_null(strstr(strbuf_text(&words), " lines were not counted, for lack of room"));
	strbuf_free(&words);
	assert_int_equal(klog_story(&log, &story), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(story.n_smmus, KLOG_SMMUS);
	story_clear(&story);
	klog_free(&log);
	free(text);
}

/* The parts of an event: interrupted, without its end, without its beginning, by two SMMUs. */
static void test_event_parts(void **state)
{
	static const char text[] =
		"arm-smmu-v3 a: event 0x10 received:\n"
		"arm-smmu-v3 b: event 0x11 received:\n"
		"arm-smmu-v3 a: \t0x0000000700000010\n"
		"arm-smmu-v3 b: \t0x0000000800000011\n"
		"arm-smmu-v3 a: skipping command in error state:\n"
		"arm-smmu-v3 a: \t0x0000000000000000\n"
		"arm-smmu-v3 b: \t0x0000000000000000\n"
		"arm-smmu-v3 c: \t0x0000000900000010\n"
		"arm-smmu-v3 c: event 0x13 received:\n"
		"arm-smmu-v3 c: event: F_PERMISSION client: 0000:01:00.0 sid: 0xa ssid: 0x0\n"
		"arm-smmu-v3 c: event 0x13 received:\n"
		"arm-smmu-v3 d: event 0xfff received:\n"
		"arm-smmu-v3 d: event: NONSENSE client: x sid: 0xb ssid: 0x0\n"
		"arm-smmu-v3 d: event: F_ACCESS client: x sid: 0xfffffffff ssid: 0x0\n"
		"arm-smmu-v3 d: event: F_ACCESS\n";
	static const struct {
		const char *smmu;
		u32 sid;
		u8 id;
		bool has_sid;
	} want[] = {
		{ "c", 0xa, 0x13, true }, { "d", 0xb, 0, true },   { "a", 7, 0x10, true },
		{ "b", 8, 0x11, true },	  { "c", 0, 0x13, false },
	};
	struct klog log = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(kernel_log_bytes((const u8 *)text, strlen(text), &log), 0);
	assert_int_equal(log.crashed->n_events, N(want));
	for (i = 0; i < N(want); i++) {
		const struct klog_event *e = &log.crashed->events[i];

		assert_string_equal(log.crashed->smmus[e->smmu].name, want[i].smmu);
		assert_int_equal(e->sid, want[i].sid);
		assert_int_equal(e->id, want[i].id);
		assert_int_equal(e->has_sid, want[i].has_sid);
		assert_int_equal(e->count.n, 1);
	}
	assert_string_equal(log.crashed->events[0].client, "0000:01:00.0");
	klog_free(&log);
}

/* ---- lines one by one ---- */

static void test_match(void **state)
{
	static const struct {
		const char *text;
		enum klog_what what;
		const char *name;
	} cases[] = {
		{ "arm-smmu-v3 s: kdump: retaining SMMUEN for in-flight DMA", KLOG_KEPT, "s" },
		{ "arm-smmu-v3 s: kexec: retaining SMMUEN for in-flight DMA", KLOG_KEPT, "s" },
		{ "arm-smmu-v3-adopt s: kdump: retaining SMMUEN for", KLOG_KEPT, "s" },
		{ "xarm-smmu-v3 s: retaining SMMUEN", KLOG_NOTHING, "" },
		{ "arm-smmu-v3 s: SMMU currently enabled! Reset", KLOG_RESET, "s" },
		{ "arm-smmu-v3 s: kdump: non-coherent SMMU unsupported; reset to block all DMAs",
		  KLOG_WHY, "s" },
		{ "arm-smmu-v3 s: CMDQ timeout", KLOG_CMD_SYNC, "s" },
		{ "arm-smmu-v3 s: device has entered Service Failure Mode!", KLOG_GERROR, "s" },
		{ "arm-smmu-v3 s: PRIQ MSI write aborted", KLOG_GERROR, "s" },
		{ "arm-smmu-v3 s: CMDQ error (cons 0x01000001): Illegal command", KLOG_GERROR,
		  "s" },
		{ "arm-smmu-v3 s: PRIQ overflow detected -- requests lost", KLOG_EVENTS_LOST, "s" },
		{ "arm-smmu-v3 s: GBPA not responding to update", KLOG_TROUBLE, "s" },
		{ "arm-smmu-v3 s: oas 44-bit (features 0x00008f0f)", KLOG_SMMU, "s" },
		{ "arm-smmu-v3 a-name-that-is-longer-than-any-there-is: CMDQ timeout", KLOG_NOTHING,
		  "" },
		{ "arm-smmu-v3: probe of s failed with error -110", KLOG_NOTHING, "" },
		{ "arm-smmu-v3", KLOG_NOTHING, "" },
		{ "arm_smmu_evtq_thread: 12 callbacks suppressed", KLOG_SUPPRESSED, "" },
		{ "igb 0000:09:00.1: aer_status: 0x00004000, aer_mask: 0x0", KLOG_AER,
		  "0000:09:00.1" },
		{ "pci 10000:e1:00.0: PCIe Bus Error: severity=Corrected, type=x", KLOG_AER,
		  "10000:e1:00.0" },
		{ "mem0 0000:35:00.0: CXL Bus Error: severity=Uncorrectable", KLOG_AER,
		  "0000:35:00.0" },
		{ "pcieport 0000:00:00.0: AER: Corrected error message received from 0000:01:00.0",
		  KLOG_NOTHING, "" },
		{ "igb 0000:09:00.1: AER:    [14] CmpltTO  (First)", KLOG_AER_BIT, "0000:09:00.1" },
		{ "igb 0000:09:00.1: [99] of something", KLOG_NOTHING, "" },
		{ "igb 0000:09:00.9: aer_status: 0x1", KLOG_NOTHING, "" },
		{ "{1}[Hardware Error]: event severity: fatal", KLOG_HW_ERROR, "" },
		{ "Internal error: synchronous external abort: 96000210 [#1] SMP", KLOG_SERROR,
		  "" },
		{ "---[ end Kernel panic - not syncing: x ]---", KLOG_NOTHING, "" },
		{ "Internal error: Oops: 96000004 [#1] SMP", KLOG_OOPS, "" },
		{ "sysrq: Trigger a crash", KLOG_OOPS, "" },
		{ "Kernel command line: elfcorehdr=0x1 ro", KLOG_CAPTURE, "" },
		{ "Kernel command line: ro crashkernel=1G", KLOG_ORDINARY, "" },
		{ "Kernel command line: ro quiet", KLOG_NOTHING, "" },
		{ "smmu_adopt: no SMMUv3 here", KLOG_HELPER, "" },
		{ "smmu_adopt is a module", KLOG_NOTHING, "" },
		{ "smmu-adoptd[12: x", KLOG_NOTHING, "" },
		{ "see smmu-adoptd: x", KLOG_DAEMON, "" },
	};
	struct klog_match m;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		(void)klog_match(cases[i].text, &m);
		if (m.what != cases[i].what || (m.what && strcmp(m.name, cases[i].name) != 0))
			fail_msg("'%s': %s '%s'", cases[i].text, klog_what_name(m.what), m.name);
	}
}

/* Of the lines that a crash begins with the one that says most, whichever comes first. */
static void test_why_crashed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "sysrq: Trigger a crash\nKernel panic - not syncing: sysrq triggered crash\n"
		  "---[ end Kernel panic - not syncing: other ]---\n",
		  "sysrq triggered crash" },
		{ "Kernel panic - not syncing: first\nKernel panic - not syncing: second\n"
		  "kernel BUG at mm/slub.c:1!\n",
		  "first" },
		{ "Internal error: Oops - BUG: 0 [#1] SMP\nkernel BUG at mm/slub.c:448!\n",
		  "kernel BUG at mm/slub.c:448!" },
		{ "Internal error: synchronous external abort: 96000210 [#1] SMP\n"
		  "Unable to handle kernel paging request at virtual address 0\n",
		  "Unable to handle kernel paging request at virtual address 0" },
		{ "SError Interrupt on CPU3, code 0xbe000000 -- SError\n",
		  "SError Interrupt on CPU3, code 0xbe000000 -- SError" },
		{ "Kernel panic - not syncing\n", "Kernel panic - not syncing" },
		{ "igb 0000:09:00.1: Link is up\n", "" },
	};
	struct klog log = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_int_equal(kernel_log_bytes((const u8 *)cases[i].text, strlen(cases[i].text),
						  &log),
				 0);
		assert_string_equal(log.crashed->why_crashed, cases[i].why);
		klog_free(&log);
	}
}

/* What the driver says that it will do it has done when the log goes on, and not before. */
static void test_ends_in_reset(void **state)
{
#define S "[    1.0] arm-smmu-v3 s: "
#define RESETS S "SMMU currently enabled! Resetting...\n"
	static const struct {
		const char *text;
		enum adopt_state state;
		bool cut_short;
	} cases[] = {
		{ RESETS, ADOPT_UNKNOWN, true },
		{ S "SMMU currently enabled! Reset", ADOPT_UNKNOWN, true },
		{ RESETS "[    1.1] usb 1-1: new device\n", ADOPT_RESET, false },
		{ RESETS S "failed to clear cr0\n", ADOPT_RESET, false },
		{ S "kdump: falling back to full reset\n", ADOPT_UNKNOWN, true },
		{ S "kdump: falling back to full reset\n" RESETS, ADOPT_UNKNOWN, true },
		/* Another one's reset is a sign of life. */
		{ RESETS "[    1.1] arm-smmu-v3 t: SMMU currently enabled! Resetting...\n",
		  ADOPT_RESET, true },
		{ S "kdump: retaining SMMUEN for in-flight DMA\n", ADOPT_ADOPTED, false },
		/* Who wanted to adopt, and says no more, is not known to reset. */
		{ S "kdump: SMMU in Service Failure Mode, must reset\n", ADOPT_UNKNOWN, false },
	};
#undef RESETS
#undef S
	enum adopt_reason reason;
	struct klog log = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		const struct klog_boot *b;

		assert_int_equal(kernel_log_bytes((const u8 *)cases[i].text, strlen(cases[i].text),
						  &log),
				 0);
		b = log.capture ? log.capture : log.crashed;
		if (klog_state(b, klog_find_smmu(b, "s"), &reason) != cases[i].state ||
		    klog_cut_short(b) != cases[i].cut_short)
			fail_msg("%s", cases[i].text);
		klog_free(&log);
	}
}

/* Every state, reason and outcome that our programs print is read back. */
static void test_our_lines(void **state)
{
	char text[512];
	struct klog_match m;
	u32 i;

	(void)state;
	for (i = ADOPT_ADOPTED; i <= ADOPT_NOT_CAPTURE; i++) {
		(void)snprintf(text, sizeof(text),
			       "smmu_adopt: s: %s: %s; 5 streams recorded, 2 others refused, 0 "
			       "findings, 9 us",
			       adopt_state_name(i), adopt_reason_text(ADOPT_WHY_TABLE_KEPT + i));
		assert_true(klog_match(text, &m));
		assert_string_equal(m.name, "s");
		assert_int_equal(m.state, i);
		assert_int_equal(m.reason, ADOPT_WHY_TABLE_KEPT + i);
	}
	for (i = REC_ACT_HOLD; i <= REC_ACT_MAX; i++) {
		u32 outcome = REC_STEP_DONE + i % REC_STEP_PENDING;

		(void)snprintf(text, sizeof(text),
			       "smmu-adoptd: %s 0000:01:00.0: %s in %u ms (why)",
			       rec_action_name(i), rec_outcome_name(outcome), i);
		assert_true(klog_match(text, &m));
		assert_int_equal(m.result.action, i);
		assert_int_equal(m.result.outcome, outcome);
		assert_int_equal(m.result.took_ns, i * 1000000ull);
		assert_string_equal(m.result.device, "0000:01:00.0");
		assert_string_equal(m.result.detail, "why");
	}
	/* The word of older logs. */
	assert_true(klog_match("smmu-adoptd: contain 0000:01:00.0: failed in 3 ms (why)", &m));
	assert_int_equal(m.result.action, REC_ACT_QUIESCE);
	assert_int_equal(m.result.outcome, REC_STEP_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),	       cmocka_unit_test(test_boots),
		cmocka_unit_test(test_ordinary_reset), cmocka_unit_test(test_budgets),
		cmocka_unit_test(test_event_parts),    cmocka_unit_test(test_match),
		cmocka_unit_test(test_why_crashed),    cmocka_unit_test(test_ends_in_reset),
		cmocka_unit_test(test_our_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

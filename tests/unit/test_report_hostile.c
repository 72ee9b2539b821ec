// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_report_hostile.c - no stream, however damaged, upsets story or report. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rec.h"
#include "lib/report/report.h"
#include "lib/story/facts.h"
#include "tests/unit/support_chance.h"
#include "tests/unit/support_run.h"

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
	assert_int_equal(report_status_text(&TERM_PLAIN(out), &verdict,
					    REPORT_SOURCE(REPORT_FROM_HELPER), 0, true),
			 0);
	assert_int_equal(report_status_json(out, &verdict, REPORT_SOURCE(REPORT_FROM_HELPER)), 0);
	assert_true(verdict.code <= EXIT_PARTIAL);
	assert_true(report_log_text(&TERM_PLAIN(out), data, len) >= 0);
	assert_true(report_log_json(out, data, len) >= 0);
	story_clear(&story);
	fclose(out);
}

static void test_damaged_streams(void **state)
{
	static const char *const names[] = { "vm-adopted", "rmr", "trouble", "mid-torn" };
	static struct frames from[4];
	static u8 data[1 << 18];
	size_t len, i;
	u8 *copy;

	(void)state;
	for (i = 0; i < 4; i++) {
		copy = golden_stream(names[i], &len);
		mutant_take_apart(copy, len, &from[i]);
	}
	for (i = 0; i < 1000; i++) {
		chance_begin(i);
		len = mutant_of_records(&from[i % 4], data, sizeof(data));
		/* An allocation of exactly this size: reading beyond it is seen. */
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, data, len);
		tell_all(copy, len);
		free(copy);
	}
	for (i = 0; i < 4; i++)
		free(from[i].bytes);
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
		cmocka_unit_test(test_damaged_streams),
		cmocka_unit_test(test_many_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

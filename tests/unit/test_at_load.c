// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/story/at_load.c: whose entry is it that the helper found? By where its tables lie.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "tests/unit/support_story.h"

#define S1 (CORE_BIT(0) | STE_CONFIG_S1 << 1)
#define S2 (CORE_BIT(0) | STE_CONFIG_S2 << 1)

static void test_own_at_load(void **state)
{
	static const struct {
		u64 q0, q3;
		bool own;
	} cases[] = {
		{ S1 | 0x4000, 0, false },
		{ S1 | 0x7fc0, 0, false },
		{ S1 | 0x8000, 0, true },
		{ S1 | 0xafc0, 0, true },
		{ S1 | 0xb000, 0, false },
		{ S1 | 0x10000, 0, true },
		{ S1 | 0x20000, 0, false },
		{ S2, 0x9000, true },
		{ S2, 0xb000, false },
		{ S1 | 0x4000, 0x9000, false },
		{ S1 | 4, 0x9000, true },
		{ S1 | 4 | 0x9000, 0, true },
		{ 1 | STE_CONFIG_ABORT << 1 | 0x9000, 0, false },
		{ 1 | STE_CONFIG_BYPASS << 1 | 0x9000, 0x9000, false },
		{ S1 - 1 + 0x9000, 0, false }, /* not valid */
	};
	const struct story_stream *found;
	struct story story = { 0 };
	char text[80];
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "ste phase=crash sid=%u q0=0x%llx q3=0x%llx", i,
			       cases[i].q0, cases[i].q3);
		story_of(text, &story);
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		found = story_find_stream(&story, 0, i);
		assert_true(found->has_crash && !found->own_at_load); /* no memory is known */
	}
	/* Overlapping, in no order, and one that wraps; and an old one does not count. */
	story_of("range kind=2 start=0x9000 bytes=0x1000\n"
		 "range kind=2 start=0x8000 bytes=0x3000\n"
		 "range kind=2 start=0x10000 bytes=0x10000\n"
		 "range kind=2 start=0x4000 bytes=0xffffffffffffffff\n"
		 "range kind=1 start=0x4000 bytes=0x10000\n",
		 &story);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		found = story_find_stream(&story, 0, i);
		if (found->own_at_load != cases[i].own || found->has_crash == cases[i].own)
			fail_msg("case %u", i);
	}
	story_clear(&story);
}

/* What is told later counts, and the earliest record is still the first. */
static void test_own_at_load_again(void **state)
{
	struct story story = { 0 };

	(void)state;
	story_of("at 5\nrange kind=2 start=0x8000 bytes=0x1000\nste phase=crash sid=8 s1=0x8000\n",
		 &story);
	assert_true(story.streams[0].own_at_load);
	story_of("at 6\nste phase=crash sid=8 s1=0x4000\n", &story);
	assert_true(story.streams[0].own_at_load);
	/* Its attach came after the snapshot: the crashed kernel's own garbage. */
	story_of("at 7\ndevice phase=now name=d sids=8 attach=6\n", &story);
	assert_false(story.streams[0].own_at_load);
	assert_true(story.streams[0].has_crash && story_stream_was_live(&story.streams[0]));
	story_clear(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_at_load),
		cmocka_unit_test(test_own_at_load_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

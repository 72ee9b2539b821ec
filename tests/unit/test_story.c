// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/story/story.c and find.c: merging in any order, links,
 * retries, torn streams, limits.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "lib/story/story.h"

/* A stream under construction. */
struct stream {
	u8 bytes[65536];
	size_t len;
	u64 seq;
};

static void put(struct stream *s, struct rec rec)
{
	int n;

	rec.seq = ++s->seq;
	n = rec_encode(&rec, s->bytes + s->len, sizeof(s->bytes) - s->len);
	assert_true(n > 0);
	s->len += (size_t)n;
}

static struct rec ste(u16 phase, u64 ns, u32 sid, u64 q0)
{
	struct rec rec = { .type = REC_STE, .mono_ns = ns };

	rec.ste.phase = phase;
	rec.ste.sid = sid;
	core_st64(rec.ste.raw, q0);
	return rec;
}

static struct rec device(u64 ns, const char *name, u16 flags, u64 attach_ns, u32 sid)
{
	struct rec rec = { .type = REC_DEVICE, .mono_ns = ns };

	rec.device.flags = flags;
	rec.device.attach_ns = attach_ns;
	strcpy(rec.device.name, name);
	rec.device.sid_count = 1;
	rec.device.sids[0] = sid;
	return rec;
}

static struct rec step(u64 ns, u32 number, u16 action, u16 attempt, const char *name)
{
	struct rec rec = { .type = REC_STEP, .mono_ns = ns };

	rec.step.step = number;
	rec.step.action = action;
	rec.step.attempt = attempt;
	strcpy(rec.step.device, name);
	return rec;
}

static struct rec result(u64 ns, u32 number, u16 action, u16 outcome, const char *name)
{
	struct rec rec = { .type = REC_RESULT, .mono_ns = ns };

	rec.result.step = number;
	rec.result.action = action;
	rec.result.outcome = outcome;
	strcpy(rec.result.device, name);
	return rec;
}

static struct rec rmr(u32 smmu, u32 first, u32 count)
{
	struct rec rec = { .type = REC_RMR };

	rec.rmr.smmu = smmu;
	rec.rmr.sid_first = first;
	rec.rmr.sid_count = count;
	return rec;
}

#define S1_LIVE (1 | STE_CONFIG_S1 << 1)

static void test_earliest_crash_latest_now(void **state)
{
	struct story story = { 0 };
	const struct story_stream *s;
	const struct rec recs[] = {
		ste(REC_PHASE_NOW, 300, 16, 0x3),   ste(REC_PHASE_CRASH, 20, 16, 0x2),
		ste(REC_PHASE_NOW, 400, 16, 0x4),   ste(REC_PHASE_CRASH, 10, 16, S1_LIVE),
		ste(REC_PHASE_NOW, 200, 16, 0x5),   ste(REC_PHASE_CRASH, 10, 8, 0x1),
		ste(REC_PHASE_CRASH, 30, 16, 0x77),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(recs) / sizeof(recs[0]); i++)
		assert_int_equal(story_add(&story, &recs[i]), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(story.n_streams, 2);
	assert_int_equal(story.streams[0].sid, 8);
	s = story_find_stream(&story, 0, 16);
	assert_ptr_equal(s, &story.streams[1]);
	assert_int_equal(core_ld64(s->crash.raw), S1_LIVE);
	assert_int_equal(core_ld64(s->now.raw), 0x4);
	assert_int_equal(s->now_ns, 400);
	assert_true(story_stream_was_live(s));
	assert_true(story_stream_changed(s));
	assert_false(story_stream_was_live(&story.streams[0]));
	assert_false(story_stream_changed(&story.streams[0])); /* never looked at again */
	assert_null(story_find_stream(&story, 1, 16));
	story_clear(&story);
}

static void test_unread_entries_are_no_evidence(void **state)
{
	struct story story = { 0 };
	struct rec crash = ste(REC_PHASE_CRASH, 1, 16, S1_LIVE);
	struct rec now = ste(REC_PHASE_NOW, 2, 16, 0);

	(void)state;
	now.ste.entry = REC_ENTRY_NOT_RAM;
	assert_int_equal(story_add(&story, &crash), 0);
	assert_int_equal(story_add(&story, &now), 0);
	assert_false(story_stream_changed(&story.streams[0]));
	assert_true(story_stream_was_live(&story.streams[0]));
	crash.ste.entry = REC_ENTRY_ERROR;
	crash.mono_ns = 0; /* the earliest counts */
	assert_int_equal(story_add(&story, &crash), 0);
	assert_false(story_stream_was_live(&story.streams[0]));
	story_clear(&story);
}

static void test_device_merge_and_owner(void **state)
{
	struct story story = { 0 };
	struct rec late = device(50, "0000:00:02.0", REC_DEV_ATTACH_SEEN, 45, 16);
	struct rec early = device(10, "0000:00:02.0", REC_DEV_DEFERRED, 0, 16);
	struct rec other = device(20, "0000:00:03.0", 0, 0, 16);
	struct rec bare = device(60, "0000:00:02.0", 0, 0, 0);
	struct rec entry = ste(REC_PHASE_CRASH, 1, 16, S1_LIVE);
	struct rec plan = { .type = REC_PLAN };
	const struct story_device *d;

	(void)state;
	bare.device.sid_count = 0;
	plan.plan.step = 1;
	plan.plan.action = REC_ACT_BIND;
	plan.plan.dump_path = 1;
	strcpy(plan.plan.device, "0000:00:02.0");
	assert_int_equal(story_add(&story, &late), 0);
	assert_int_equal(story_add(&story, &other), 0);
	assert_int_equal(story_add(&story, &early), 0);
	assert_int_equal(story_add(&story, &bare), 0);
	assert_int_equal(story_add(&story, &entry), 0);
	assert_int_equal(story_add(&story, &plan), 0);
	assert_int_equal(story_finish(&story), 0);
	d = story_find_device(&story, "0000:00:02.0");
	assert_non_null(d);
	assert_int_equal(d->first.flags, REC_DEV_DEFERRED);
	assert_int_equal(d->last_ns, 60);
	assert_int_equal(d->attach_ns, 45);
	assert_true(d->dump_path);
	/* Shared: the first one recorded; the last record without StreamIDs takes nothing away. */
	assert_ptr_equal(story_device_of(&story, 0, 16), d);
	assert_ptr_equal(story_stream_device(&story, story_find_stream(&story, 0, 16)), d);
	assert_null(story_device_of(&story, 0, 17));
	assert_null(story_device_of(&story, 1, 16));
	assert_null(story_find_device(&story, "0000:00:09.0"));
	assert_null(story_find_device(&story, "a name that is far too long to be the name of any "
					      "device recorded"));
	story_clear(&story);
}

static void test_steps_and_retries(void **state)
{
	struct story story = { 0 };
	struct rec plan = { .type = REC_PLAN };
	const struct rec recs[] = {
		result(20, 2, REC_ACT_BIND, REC_STEP_FAILED, "b"),
		step(10, 2, REC_ACT_BIND, 1, "b"),
		step(30, 2, REC_ACT_BIND, 2, "b"),
		step(5, 1, REC_ACT_QUIESCE, 1, "b"),
		result(6, 1, REC_ACT_QUIESCE, REC_STEP_DONE, "b"),
		step(40, 3, REC_ACT_BIND, 1, "a"),
		result(50, 3, REC_ACT_BIND, REC_STEP_DONE, "a"),
		step(60, 4, REC_ACT_QUIESCE, 1, "b"),
	};
	size_t i;

	(void)state;
	plan.plan.step = 1;
	plan.plan.action = REC_ACT_QUIESCE;
	strcpy(plan.plan.device, "b");
	for (i = 0; i < sizeof(recs) / sizeof(recs[0]); i++)
		assert_int_equal(story_add(&story, &recs[i]), 0);
	assert_int_equal(story_add(&story, &plan), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(story.n_steps, 4);
	assert_int_equal(story.steps[0].step, 1);
	assert_true(story.steps[0].has_plan && story.steps[0].begun && story.steps[0].ended);
	/* The second attempt began and nobody saw it end. */
	assert_true(story.steps[1].begun);
	assert_false(story.steps[1].ended);
	assert_int_equal(story.steps[1].begin.attempt, 2);
	assert_int_equal(story_step_of(&story, "b", REC_ACT_QUIESCE)->step, 4);
	assert_int_equal(story_step_of(&story, "b", REC_ACT_BIND)->step, 2);
	assert_int_equal(story_step_of(&story, "a", REC_ACT_BIND)->step, 3);
	assert_null(story_step_of(&story, "a", REC_ACT_QUIESCE));
	assert_null(story_step_of(&story, "", REC_ACT_BIND));
	assert_null(story_step_of(&story, "c", REC_ACT_BIND));
	story_clear(&story);
}

static void test_rmr_marks_streams(void **state)
{
	static const u32 sids[] = { 7, 8, 9, 15, 16, 40, 0xffffffff };
	static const bool want[] = { false, true, true, true, false, false, true };
	struct story story = { 0 };
	struct rec other_smmu = ste(REC_PHASE_CRASH, 1, 8, 0);
	struct rec recs[] = { rmr(0, 8, 8), rmr(0, 9, 1), rmr(0, 0xffffffff, 1), rmr(2, 0, 100),
			      rmr(0, 40, 0) };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		struct rec rec = ste(REC_PHASE_CRASH, 1, sids[i], 0);

		assert_int_equal(story_add(&story, &rec), 0);
	}
	other_smmu.ste.smmu = 1;
	assert_int_equal(story_add(&story, &other_smmu), 0);
	other_smmu.ste.smmu = 2;
	assert_int_equal(story_add(&story, &other_smmu), 0);
	for (i = 0; i < sizeof(recs) / sizeof(recs[0]); i++)
		assert_int_equal(story_add(&story, &recs[i]), 0);
	assert_int_equal(story_finish(&story), 0);
	for (i = 0; i < sizeof(sids) / sizeof(sids[0]); i++)
		assert_int_equal(story_find_stream(&story, 0, sids[i])->rmr, want[i]);
	assert_false(story_find_stream(&story, 1, 8)->rmr);
	assert_true(story_find_stream(&story, 2, 8)->rmr);
	story_clear(&story);
}

static void test_duplicates_are_dropped(void **state)
{
	struct story story = { 0 };
	struct stream s = { .len = 0 };
	struct rec find = { .type = REC_FINDING }, range = { .type = REC_RANGE };
	struct rec stage = { .type = REC_STAGE, .mono_ns = 9 };
	int i;

	(void)state;
	find.finding.code = REC_FIND_L2_NOWHERE;
	strcpy(find.finding.text, "L2 pointer leads nowhere");
	range.range.start = 0x40000000;
	stage.stage.stage = REC_STAGE_START;
	put(&s, find);
	put(&s, range);
	put(&s, stage);
	put(&s, rmr(0, 8, 1));
	put(&s, ste(REC_PHASE_CRASH, 1, 1, 1));
	for (i = 0; i < 2; i++)
		assert_int_equal(story_add_stream(&story, s.bytes, s.len), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_int_equal(story.n_findings, 1);
	assert_int_equal(story.n_ranges, 1);
	assert_int_equal(story.n_stages, 1);
	assert_int_equal(story.n_rmrs, 1);
	assert_int_equal(story.n_streams, 1);
	assert_int_equal(story.records, 10);
	/* One differing word makes another finding. */
	find.finding.text[0] = 'M';
	assert_int_equal(story_add(&story, &find), 0);
	assert_int_equal(story.n_findings, 2);
	story_clear(&story);
}

static void test_torn_tail(void **state)
{
	struct story story = { 0 };
	struct stream s = { .len = 0 };
	size_t first;

	(void)state;
	put(&s, ste(REC_PHASE_CRASH, 1, 1, 1));
	first = s.len;
	put(&s, ste(REC_PHASE_CRASH, 1, 2, 1));
	assert_int_equal(story_add_stream(&story, s.bytes, s.len - 1), 1);
	assert_int_equal(story.n_streams, 1);
	assert_int_equal(story.torn, 1);
	assert_int_equal(story.torn_offset, first);
	/* The next stream is read all the same. */
	assert_int_equal(story_add_stream(&story, s.bytes, s.len), 0);
	assert_int_equal(story.n_streams, 2);
	assert_int_equal(story.torn, 1);
	story_clear(&story);
}

static void test_goes_on_at_next_section(void **state)
{
	struct story story = { 0 };
	struct stream s = { .len = 0 };
	struct rec file = { .type = REC_FILE };
	size_t torn_at;

	(void)state;
	put(&s, file);
	torn_at = s.len;
	put(&s, ste(REC_PHASE_CRASH, 1, 1, 1));
	s.len -= 13; /* cut off at no boundary at all */
	put(&s, file);
	put(&s, ste(REC_PHASE_CRASH, 1, 2, 1));
	assert_int_equal(story_add_stream(&story, s.bytes, s.len), 1);
	assert_int_equal(story.torn, 1);
	assert_int_equal(story.torn_offset, torn_at);
	assert_int_equal(story.n_streams, 1);
	assert_int_equal(story.streams[0].sid, 2);
	story_clear(&story);
}

static void test_producers_and_boots(void **state)
{
	struct story story = { 0 };
	struct rec file = { .type = REC_FILE };

	(void)state;
	file.file.producer = REC_PRODUCER_HELPER;
	strcpy(file.file.kernel, "6.12.0");
	assert_int_equal(story_add(&story, &file), 0);
	file.file.producer = REC_PRODUCER_DAEMON;
	file.file.boot_id[3] = 1;
	assert_int_equal(story_add(&story, &file), 0);
	assert_true(story.has_helper && story.has_daemon);
	assert_false(story.mixed_boots); /* the helper's boot is not recorded: no contradiction */
	file.file.boot_id[3] = 2;
	assert_int_equal(story_add(&story, &file), 0);
	assert_true(story.mixed_boots);
	story_clear(&story);
}

#define ORDER_SIDS 3000u /* behind each of two SMMUs */

/* Record @i of the order: ascending, descending, ascending but for one, or by chance. */
static u32 in_order(u32 order, u32 i)
{
	static const u32 last = 2 * ORDER_SIDS - 1;

	switch (order) {
	case 0: return i;
	case 1: return last - i;
	case 2: return i == 1500 ? last : i == last ? 1500 : i;
	default: return i * 1289 % (last + 1); /* a prime: each of them once */
	}
}

static void add_entry(struct story *story, u16 type, u32 number, u8 mark)
{
	struct rec rec = { .type = type, .mono_ns = 7 };

	if (type == REC_STE) {
		rec.ste.phase = REC_PHASE_CRASH;
		rec.ste.smmu = number / ORDER_SIDS;
		rec.ste.sid = number % ORDER_SIDS * 3;
		rec.ste.raw[0] = mark;
	} else {
		rec.cd.phase = REC_PHASE_NOW;
		rec.cd.smmu = number / ORDER_SIDS;
		rec.cd.sid = number % ORDER_SIDS * 3;
		rec.cd.raw[0] = mark;
	}
	assert_int_equal(story_add(story, &rec), 0);
}

/* Every stream is there once, has what belongs to it, and none is found that is not there. */
static void check_streams(const struct story *story, bool sorted)
{
	const struct story_stream *s;
	u32 i;

	assert_int_equal(story->n_streams, 2 * ORDER_SIDS);
	for (i = 0; i < 2 * ORDER_SIDS; i++) {
		s = story_find_stream(story, i / ORDER_SIDS, i % ORDER_SIDS * 3);
		assert_non_null(s);
		assert_true(!sorted || s == &story->streams[i]);
		assert_int_equal(s->crash.raw[0], (u8)i);
		assert_int_equal(s->now_cd.raw[0], (u8)(i * 7));
		assert_null(story_find_stream(story, i / ORDER_SIDS, i % ORDER_SIDS * 3 + 1));
	}
	assert_null(story_find_stream(story, 2, 0));
}

/* Whether streams come in order or not is seen by nobody. */
static void test_streams_in_any_order(void **state)
{
	struct story story;
	u32 order, i, n;

	(void)state;
	for (order = 0; order < 4; order++) {
		story = (struct story){ 0 };
		for (i = 0; i < 2 * ORDER_SIDS; i++) {
			n = in_order(order, i);
			add_entry(&story, REC_STE, n, (u8)n);
			/* Half of the descriptors at once, half of them when all entries are there.
			 */
			if (i % 2)
				add_entry(&story, REC_CD, n, (u8)(n * 7));
			if (i == 2000)
				assert_int_equal(story_finish(&story), 0);
		}
		for (i = 0; i < 2 * ORDER_SIDS; i += 2) {
			n = in_order(order, i);
			add_entry(&story, REC_CD, n, (u8)(n * 7));
		}
		check_streams(&story, false);
		assert_int_equal(story_finish(&story), 0);
		check_streams(&story, true);
		story_clear(&story);
	}
}

static void test_registers(void **state)
{
	struct story story = { 0 };
	struct rec rec = { .type = REC_SMMU, .mono_ns = 5 };
	struct rec entry = ste(REC_PHASE_CRASH, 1, 3, 0);
	u32 i;

	(void)state;
	rec.smmu.phase = REC_PHASE_NOW;
	assert_int_equal(story_add(&story, &rec), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_false(story.smmus[0].has_geom); /* registers were not read */
	rec.smmu.phase = REC_PHASE_CRASH;
	rec.smmu.evidence = ADOPT_EV_REGS;
	rec.smmu.regs.idr1 = 16;
	assert_int_equal(story_add(&story, &rec), 0);
	for (i = 0; i < 2; i++) {
		entry.ste.smmu = i;
		assert_int_equal(story_add(&story, &entry), 0);
	}
	assert_int_equal(story_finish(&story), 0);
	assert_true(story.smmus[0].has_geom);
	assert_int_equal(story.smmus[0].geom.sid_bits, 16);
	assert_ptr_equal(story_stream_smmu(&story, &story.streams[0]), &story.smmus[0]);
	assert_null(story_stream_smmu(&story, &story.streams[1]));
	story_clear(&story);
}

static void test_vanished_device(void **state)
{
	struct rec file = { .type = REC_FILE, .mono_ns = 10 };
	struct rec smmu = { .type = REC_SMMU, .mono_ns = 12 };
	struct rec stays = device(10, "stays", 0, 0, 8), goes = device(10, "goes", 0, 0, 16);
	struct story story = { 0 };
	struct stream s = { .len = 0 };

	(void)state;
	file.file.producer = REC_PRODUCER_HELPER;
	smmu.smmu.phase = REC_PHASE_NOW;
	put(&s, file);
	put(&s, stays);
	put(&s, goes);
	put(&s, smmu);
	assert_int_equal(story_add_stream(&story, s.bytes, s.len), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_false(story_find_device(&story, "goes")->vanished);
	/* The next section lists one of them only. */
	file.mono_ns = stays.mono_ns = 20;
	smmu.mono_ns = 22;
	put(&s, file);
	put(&s, stays);
	put(&s, smmu);
	assert_int_equal(story_add_stream(&story, s.bytes, s.len), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_false(story_find_device(&story, "stays")->vanished);
	assert_true(story_find_device(&story, "goes")->vanished);
	/* A torn list proves nothing. */
	assert_int_equal(story_add_stream(&story, s.bytes, s.len - 1), 1);
	assert_int_equal(story_finish(&story), 0);
	assert_false(story_find_device(&story, "goes")->vanished);
	story_clear(&story);
}

static void test_too_much_is_refused(void **state)
{
	struct story story = { 0 };
	struct rec rec;
	u32 i;

	(void)state;
	for (i = 0; i < STORY_MAX_ITEMS; i++) {
		rec = ste(REC_PHASE_CRASH, 1, i, 1);
		assert_int_equal(story_add(&story, &rec), 0);
	}
	rec = ste(REC_PHASE_CRASH, 1, i, 1);
	assert_int_equal(story_add(&story, &rec), -E2BIG);
	rec = ste(REC_PHASE_NOW, 1, 0, 1); /* what is there may still be merged */
	assert_int_equal(story_add(&story, &rec), 0);
	assert_int_equal(story_finish(&story), 0);
	story_clear(&story);
}

static void test_empty(void **state)
{
	struct story story = { 0 };

	(void)state;
	assert_int_equal(story_add_stream(&story, NULL, 0), 0);
	assert_int_equal(story_finish(&story), 0);
	assert_null(story_find_stream(&story, 0, 0));
	assert_null(story_find_smmu(&story, 0));
	assert_null(story_device_of(&story, 0, 0));
	assert_null(story_step_of(&story, "x", REC_ACT_BIND));
	story_clear(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_earliest_crash_latest_now),
		cmocka_unit_test(test_unread_entries_are_no_evidence),
		cmocka_unit_test(test_device_merge_and_owner),
		cmocka_unit_test(test_steps_and_retries),
		cmocka_unit_test(test_rmr_marks_streams),
		cmocka_unit_test(test_duplicates_are_dropped),
		cmocka_unit_test(test_torn_tail),
		cmocka_unit_test(test_goes_on_at_next_section),
		cmocka_unit_test(test_producers_and_boots),
		cmocka_unit_test(test_streams_in_any_order),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_vanished_device),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

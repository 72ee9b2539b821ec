// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_rec_note.c - a note of fixed size: readable as records at any moment, torn ones noticed. */
#include "tests/unit/cmocka_all.h"

#include "core/rec_note.h"

#define CAP 4096u

static size_t stage(u8 *buf, size_t cap, u64 seq, const char *text)
{
	struct rec rec = { .type = REC_STAGE, .seq = seq };
	int n;

	rec.stage.stage = REC_STAGE_PLAN;
	strcpy(rec.stage.text, text);
	n = rec_encode(&rec, buf, cap);
	assert_true(n > 0);
	return (size_t)n;
}

static u32 stages_in(const u8 *data, size_t len)
{
	struct rec_iter it = { .data = data, .len = len };
	struct rec rec;
	u32 n = 0;

	while (rec_next(&it, &rec) == REC_OK)
		n += rec.type == REC_STAGE;
	return n;
}

static void test_note(void **state)
{
	u8 data[CAP + 8], frames[2048];
	struct rec_note_buf note;
	struct rec_note got;
	size_t n;

	(void)state;
	memset(data, 0xee, sizeof(data));
	assert_int_equal(rec_note_init(&note, data, REC_NOTE_HEAD_BYTES - 1), -EINVAL);
	assert_int_equal(rec_note_init(&note, data, CAP), 0);
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_GOOD);
	assert_int_equal(got.length, REC_NOTE_HEAD_BYTES);
	assert_int_equal(got.capacity, CAP);

	n = stage(frames, sizeof(frames), 1, "one");
	n += stage(frames + n, sizeof(frames) - n, 2, "two");
	rec_note_add(&note, frames, n);
	/* written, not sealed: the records are there, the note says that it is not sure */
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_GOOD);
	assert_int_equal(got.length, REC_NOTE_HEAD_BYTES);
	assert_int_equal(stages_in(data, CAP), 2);
	rec_note_seal(&note, 77);
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_GOOD);
	assert_int_equal(got.length, REC_NOTE_HEAD_BYTES + n);
	assert_int_equal(got.sequence, 2);
	assert_int_equal(got.lost_bytes, 0);

	data[REC_NOTE_HEAD_BYTES + 50] ^= 1;
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_TORN);
	data[REC_NOTE_HEAD_BYTES + 50] ^= 1;
	assert_int_equal(rec_note_check(data, REC_NOTE_HEAD_BYTES + 8, &got), REC_NOTE_TORN);
	data[40] ^= 1;
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_NONE);
	assert_int_equal(rec_note_check(data, 3, &got), REC_NOTE_NONE);
	/* nothing behind the end was written */
	assert_int_equal(data[CAP], 0xee);
}

static void test_full(void **state)
{
	u8 data[CAP + 8], frames[1024];
	struct rec_note_buf note;
	struct rec_note got;
	size_t n = stage(frames, sizeof(frames), 1, "again");
	u32 i, fit, kept;

	(void)state;
	memset(data, 0xee, sizeof(data));
	rec_note_init(&note, data, CAP);
	note.limit = CAP / 2;
	for (i = 0; i < 100; i++)
		rec_note_add(&note, frames, n);
	fit = (CAP / 2 - REC_NOTE_HEAD_BYTES) / (u32)n;
	assert_int_equal(stages_in(data, CAP), fit);
	assert_int_equal(note.lost_bytes, (100 - fit) * n);
	/* what was kept for later is there */
	note.limit = CAP;
	rec_note_add(&note, frames, n);
	rec_note_seal(&note, 1);
	assert_int_equal(rec_note_check(data, CAP, &got), REC_NOTE_GOOD);
	kept = (got.length - REC_NOTE_HEAD_BYTES) / (u32)n;
	assert_int_equal(kept, fit + 1);
	assert_int_equal(got.lost_bytes, (100 - fit) * n);
	/* a frame that claims more than there is: not followed */
	core_st32(frames + 8, 0xffffffff);
	rec_note_add(&note, frames, n);
	core_st32(frames + 8, 1000);
	rec_note_add(&note, frames, n);
	assert_int_equal(note.len, got.length);
	for (i = CAP; i < CAP + 8; i++)
		assert_int_equal(data[i], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_note),
					    cmocka_unit_test(test_full) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

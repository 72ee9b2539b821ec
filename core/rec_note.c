// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * rec_note.c - writes the records first, and last the note record that covers them. So a reader
 * sees the old state with some bytes behind it, or the new state.
 */
#include "rec_note.h"

int rec_note_init(struct rec_note_buf *note, u8 *data, u32 cap)
{
	memset(note, 0, sizeof(*note));
	if (cap < REC_NOTE_HEAD_BYTES)
		return -EINVAL;
	note->data = data;
	note->cap = note->limit = cap;
	note->len = REC_NOTE_HEAD_BYTES;
	memset(data, 0, cap);
	rec_note_seal(note, 0);
	return 0;
}

void rec_note_add(struct rec_note_buf *note, const u8 *frames, size_t len)
{
	size_t at, bytes;

	for (at = 0; len - at >= REC_HEADER_BYTES; at += bytes) {
		bytes = REC_HEADER_BYTES + (((size_t)core_ld32(frames + at + 8) + 7) & ~(size_t)7);
		if (bytes > len - at)
			return;
		/* Shorter ones behind it may still fit. */
		if (note->len > note->limit || bytes > note->limit - note->len) {
			note->lost_bytes += bytes;
			continue;
		}
		memcpy(note->data + note->len, frames + at, bytes);
		note->len += (u32)bytes;
	}
}

void rec_note_seal(struct rec_note_buf *note, u64 mono_ns)
{
	struct rec rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = REC_NOTE;
	rec.seq = ++note->sequence;
	rec.mono_ns = mono_ns;
	rec.note.capacity = note->cap;
	rec.note.length = note->len;
	rec.note.sequence = note->sequence;
	rec.note.crc =
		rec_crc32(0, note->data + REC_NOTE_HEAD_BYTES, note->len - REC_NOTE_HEAD_BYTES);
	rec.note.lost_bytes = note->lost_bytes;
	rec_encode(&rec, note->data, REC_NOTE_HEAD_BYTES);
}

enum rec_note_outcome rec_note_check(const u8 *data, size_t len, struct rec_note *ret)
{
	struct rec_iter it = { .data = data, .len = len };
	struct rec rec;

	if (rec_next(&it, &rec) != REC_OK || rec.type != REC_NOTE)
		return REC_NOTE_NONE;
	*ret = rec.note;
	if (ret->length > len || ret->length < REC_NOTE_HEAD_BYTES ||
	    rec_crc32(0, data + REC_NOTE_HEAD_BYTES, ret->length - REC_NOTE_HEAD_BYTES) != ret->crc)
		return REC_NOTE_TORN;
	return REC_NOTE_GOOD;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rec_note.h - the record stream inside a vmcore note: memory of a fixed size
 * that is read at an unknown moment while it may be appended to.
 *
 * It is a record stream with zeros behind it, so that every reader of records
 * reads it. Its first record (type "note") says how long the rest is, how often
 * it was written, and its CRC: where that does not match, an append was under
 * way, and the records' own CRCs say how far it got.
 */
#ifndef SMMU_CORE_REC_NOTE_H
#define SMMU_CORE_REC_NOTE_H

#include "rec.h"

struct rec_note_buf {
	u8 *data;
	u32 cap, len;
	u32 limit; /* rec_note_add() stops here: cap, or less to keep room for later */
	u64 sequence;
	u64 lost_bytes; /* of records that found no room */
};

#define REC_NOTE_HEAD_BYTES 64u

/* @data holds @cap bytes. -EINVAL: less than the first record needs. */
int rec_note_init(struct rec_note_buf *note, u8 *data, u32 cap);
/* Append the records in @frames; those that do not fit are counted as lost. */
void rec_note_add(struct rec_note_buf *note, const u8 *frames, size_t len);
/* Make what was added valid. */
void rec_note_seal(struct rec_note_buf *note, u64 mono_ns);

enum rec_note_outcome {
	REC_NOTE_GOOD = 0,
	REC_NOTE_NONE = 1, /* does not start with a note record */
	REC_NOTE_TORN = 2, /* read in the middle of an append, or damaged */
};

enum rec_note_outcome rec_note_check(const u8 *data, size_t len, struct rec_note *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rec.h - the record stream: how everything we know travels from the helper to
 * the daemon's journal, the sidecar file and the vmcore note.
 *
 * A stream is a sequence of records, each 8-byte aligned and little-endian:
 *
 *	 0  u32  magic "SMAR"
 *	 4  u16  type (rec_types.h)
 *	 6  u16  flags, 0
 *	 8  u32  payload length in bytes, padding not counted
 *	12  u32  CRC-32 (IEEE) over the header with this field 0, then the payload
 *	16  u64  sequence number, counts from 1 within a section
 *	24  u64  CLOCK_MONOTONIC nanoseconds
 *	32       payload, padded with zeros to a multiple of 8
 *
 * A section starts with a "file" record; streams may be concatenated. Payloads
 * grow only at their end: a reader skips what it does not know and reads
 * missing fields as 0. Raw table entries stay raw; views are made by readers.
 */
#ifndef SMMU_CORE_REC_H
#define SMMU_CORE_REC_H

#include "rec_types.h"

#define REC_MAGIC 0x52414d53u /* "SMAR" */
#define REC_HEADER_BYTES 32u
#define REC_MAX_PAYLOAD 65536u
/* A record of any known type fits in this many bytes. */
#define REC_MAX_KNOWN_BYTES 1024u
#define REC_VERSION_MAJOR 1u
#define REC_VERSION_MINOR 0u

/* One record, decoded. @payload points into the caller's bytes. */
struct rec {
	u16 type; /* enum rec_type, or a type this version does not know */
	u16 flags;
	u64 seq;
	u64 mono_ns;
	const u8 *payload;
	u32 payload_len;
	union {
		struct rec_file file;
		struct rec_range range;
		struct rec_smmu smmu;
		struct rec_l1 l1;
		struct rec_ste ste;
		struct rec_cd cd;
		struct rec_rmr rmr;
		struct rec_device device;
		struct rec_finding finding;
		struct rec_plan plan;
		struct rec_step step;
		struct rec_result result;
		struct rec_stage stage;
		struct rec_usage usage;
		struct rec_queue queue;
		struct rec_note note;
		struct rec_rmr_stream rmr_stream;
		struct rec_channel channel;
		struct rec_crashed crashed;
	};
};

u32 rec_crc32(u32 crc, const void *data, size_t len);

/*
 * Encode @rec (type, seq, mono_ns and the union member of its type) into @buf.
 * Returns the number of bytes written, a multiple of 8; -ENOSPC when @cap is
 * too small, -EINVAL for an unknown type.
 */
int rec_encode(const struct rec *rec, u8 *buf, size_t cap);

/* Reading a stream: set data and len, the rest to 0. */
struct rec_iter {
	const u8 *data;
	size_t len;
	size_t offset; /* of the next record; after REC_TORN: where the torn tail starts */
	u64 good;      /* records returned so far */
	u64 unknown;   /* of these, records of a type not known here */
};

enum rec_outcome {
	REC_OK = 0,
	REC_END = 1,  /* clean end of the stream */
	REC_TORN = 2, /* the rest is not a record: short, bad magic, bad CRC or bad payload */
};

/*
 * Next record. Known types have their union member filled; an unknown type is
 * returned with payload only. Never reads outside the stream. Trailing zeros
 * (a note's padding) are a clean end.
 */
enum rec_outcome rec_next(struct rec_iter *it, struct rec *ret);

#endif

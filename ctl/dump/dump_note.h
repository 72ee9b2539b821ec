/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_note.h - ELF notes (gABI chapter 5, "Note Section") of a dump, and the
 * one of them that is ours: a device dump, NT_VMCOREDD of the kernel's
 * include/uapi/linux/vmcore.h, with our name in it.
 */
#ifndef CTL_DUMP_DUMP_NOTE_H
#define CTL_DUMP_DUMP_NOTE_H

#include "ctl/dump/dump_io.h"

#define NOTE_HEADER_BYTES 12u
#define NOTE_OWNER "LINUX"
/* Its size in a device dump: the kernel counts the padding (fs/proc/vmcore.c,
 * vmcoredd_write_header()), against the ELF specification. */
#define NOTE_OWNER_BYTES 8u
#define NOTE_TYPE 0x700u
#define NOTE_NAME_BYTES 44u /* of the dump's name, at the start of the body */
/* Header, owner and dump name: what stands before the records. */
#define NOTE_FRONT_BYTES (NOTE_HEADER_BYTES + NOTE_OWNER_BYTES + NOTE_NAME_BYTES)

struct dump_note {
	u64 offset; /* of its header */
	u64 body;
	u32 body_len;
	u32 type;
	bool ours;
};

enum note_outcome {
	NOTE_OK = 0,
	NOTE_END = 1,
};

/*
 * The note at *cursor, which moves on; @end is where the notes end. Returns an
 * enum note_outcome, -EBADMSG for a note that does not fit, or what dump_read()
 * says; each error with @err.
 */
int dump_note_next(struct dump_src *src, u64 end, u64 *cursor, struct dump_note *ret,
		   struct errbuf *err);

/*
 * Make our note of @len bytes of records. Returns its length, a multiple of 4;
 * @buf has room for NOTE_FRONT_BYTES + len + 3.
 */
size_t dump_note_make(u8 *buf, const u8 *records, size_t len);

#endif

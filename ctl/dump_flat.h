/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_flat.h - a flattened dump seen as the file it would be.
 *
 * makedumpfile -F writes records "offset, length, bytes" to a pipe; -R makes the
 * file of them. A record may overwrite an earlier one. Records are indexed only
 * until what was asked for is there: the headers and notes come first, and
 * going through the whole file would cost a seek every 64 KiB. So the first
 * record for a byte is used. makedumpfile does write the headers twice, but the
 * places and bytes of notes are the same both times.
 */
#ifndef CTL_DUMP_FLAT_H
#define CTL_DUMP_FLAT_H

#include "ctl/dump_io.h"

struct flat_record {
	u64 target, len, at; /* @at: of its bytes in the flattened file */
};

struct dump_flat {
	struct dump_src *file;
	struct flat_record *records;
	u32 count, cap;
	u64 next; /* where the next record is */
	bool ended;
	u64 steps; /* of searching; bounded */
	struct errbuf *err;
};

/* True when the first @len bytes of a file are a flattened dump's. */
bool dump_flat_head(const u8 *head, size_t len);

/*
 * Make @view of the flattened @file. Returns 0, or a negative errno with @err.
 * @flat is in use until dump_flat_close(), also after an error.
 */
int dump_flat_open(struct dump_flat *flat, struct dump_src *file, struct dump_src *view,
		   struct errbuf *err);
void dump_flat_close(struct dump_flat *flat);

#endif

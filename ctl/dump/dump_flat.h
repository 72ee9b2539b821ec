/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_flat.h - a flattened dump seen as the file it would be.
 *
 * makedumpfile -F writes records "offset, length, bytes" to a pipe; -R makes the
 * file of them. A record may overwrite an earlier one: makedumpfile writes the
 * program headers of an ELF dump at the very end. To know that takes a seek every
 * 64 KiB of the whole file, so there are two ways to look:
 *
 *	FLAT_FIRST	the first record for a byte; records are indexed only until
 *			what was asked for is there. Right for kdump-compressed dumps,
 *			whose headers and notes come first and stay.
 *	FLAT_LAST	the last record for a byte, as -R would have it; of a file of
 *			any size, only what goes below FLAT_LOW_BYTES.
 */
#ifndef CTL_DUMP_DUMP_FLAT_H
#define CTL_DUMP_DUMP_FLAT_H

#include "ctl/dump/dump_io.h"

#define FLAT_LOW_BYTES (64ull << 20)	   /* headers and notes are there */
#define FLAT_INDEX_BYTES_MAX (64ull << 20) /* read for FLAT_LAST, 16 a record */

enum flat_way {
	FLAT_FIRST,
	FLAT_LAST,
};

struct flat_record {
	u64 target, len, at; /* @at: of its bytes in the flattened file */
};

struct dump_flat {
	struct dump_src *file;
	struct flat_record *records;
	u32 count, cap;
	enum flat_way way;
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
int dump_flat_open(struct dump_flat *flat, enum flat_way way, struct dump_src *file,
		   struct dump_src *view, struct errbuf *err);
void dump_flat_close(struct dump_flat *flat);

#endif

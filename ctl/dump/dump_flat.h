/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_flat.h - where a flattened dump keeps the bytes of the file that it would be.
 *
 * makedumpfile -F writes records "offset, length, bytes" to a pipe, and -R makes the file of them.
 * Records come in any order, and a later one overrides an earlier one: the program headers of an
 * ELF dump are written twice, as zeros at first and at the very end. What no record has is a hole
 * of -R's file, which reads as zeros. But when the flattened file is cut, such bytes may have been
 * lost, and count as missing.
 *
 * The index is made once: 16 bytes are read for each record, and extents that do not overlap are
 * kept, in order. All of it is untrusted.
 */
#ifndef CTL_DUMP_DUMP_FLAT_H
#define CTL_DUMP_DUMP_FLAT_H

#include "ctl/dump/dump_io.h"

/*
 * 256 GiB as makedumpfile writes a kdump-compressed dump with pages of 4 KiB: data of 64 KiB, their
 * descriptors, and so on. The index has 24 bytes for a record, and four times that for a moment.
 */
#define FLAT_RECORDS_MAX (8u << 20)
#define FLAT_RECORD_BYTES_MAX (1u << 30) /* no writer has so much at once */
#define FLAT_SIZE_MAX ((u64)1 << 62)

struct flat_extent {
	u64 start, len; /* in the file that it would be */
	u64 at;		/* in the flattened file */
};

enum flat_end {
	FLAT_WHOLE = 0, /* all records up to the end mark are in the index */
	FLAT_CUT,	/* there is no end mark: the file ends */
	FLAT_DAMAGED,	/* there is no end mark: a record cannot be */
	FLAT_MORE,	/* there are more records */
};

struct dump_flat {
	struct flat_extent *extent; /* sorted */
	u32 count;
	u32 found; /* the extent that was found last */
	u64 size;  /* of the file that it would be, as far as it is indexed */
	enum flat_end end;
	u64 end_at; /* where the last record ends in the flattened file */
};

/* True when the first @len bytes of a file are a flattened dump's. */
bool dump_flat_head(const u8 *head, size_t len);

/*
 * Index the flattened file @file; if it has more than @max records, only the first of them. Returns
 * 0; -EBADMSG: not even the first record can be; -ENOMEM; or as dump_read(). Ends with
 * dump_flat_free() in any case.
 */
int dump_flat_index(struct dump_flat *flat, struct dump_src *file, u32 max, struct errbuf *err);
void dump_flat_free(struct dump_flat *flat);

/*
 * Where the byte @offset lies in the flattened file; 0: in no record. *len, at least 1, becomes the
 * number of bytes from there on of which the same is true, if that is less.
 */
u64 dump_flat_find(struct dump_flat *flat, u64 offset, u64 *len);

#endif

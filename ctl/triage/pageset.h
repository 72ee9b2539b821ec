/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pageset.h - a set of pages of 4 KiB, one bit each, in pieces of 128 MiB.
 *
 * A piece that is empty or full needs no bitmap. So a set needs 32 KiB for each GiB that has a
 * page in it, and never more than 256 MiB, whatever tables map. Pages beyond this limit are
 * refused; sizes are then lower limits.
 */
#ifndef CTL_TRIAGE_PAGESET_H
#define CTL_TRIAGE_PAGESET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"

#define PAGESET_PAGE 4096u

struct pageset_piece {
	u64 number; /* first address >> PAGESET_SHIFT */
	u64 *bits;  /* NULL: all of it */
	u32 count;  /* pages in the set; 0: this slot is free */
};

/* Zero-initialise with = { 0 }. Ends with pageset_clear(). */
struct pageset {
	struct pageset_piece *slot; /* hashed by number; by number after pageset_sort() */
	size_t n, cap, bitmaps, last;
	u64 pages;
	bool sorted;
	bool over; /* a page was refused: no room */
};

/*
 * Add the pages of [@start, @start + @bytes). Returns 0 or -ENOMEM; sets @s->over when there is
 * no room. Not after pageset_sort().
 */
int pageset_add(struct pageset *s, u64 start, u64 bytes);
/* Must be called before any of the functions below. */
void pageset_sort(struct pageset *s);
void pageset_clear(struct pageset *s);
#define _cleanup_pageset_ _cleanup_(pageset_clear)

u64 pageset_bytes(const struct pageset *s);
/* Returns the number of runs of adjacent pages. */
u64 pageset_ranges(const struct pageset *s);
/*
 * Returns the bytes of @s in [@start, @start + @bytes). *first: the first such page; not set when
 * there is none.
 */
u64 pageset_in(const struct pageset *s, u64 start, u64 bytes, u64 *first);
/* Returns the bytes that are in both sets; *first as above. */
u64 pageset_common(const struct pageset *a, const struct pageset *b, u64 *first);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pageset.h - a set of pages of 4 KiB, one bit each, in pieces of 128 MiB.
 *
 * A piece that is empty or full costs no bits. So the memory needed is 32 KiB for
 * each GiB that has a page in the set, and never more than 256 MiB, whatever
 * tables map: what finds no room is refused, and the answer is "at least".
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
	u32 count;  /* pages; 0: this slot is free */
};

/* Zero-initialise with = { 0 }. Ends with pageset_clear(). */
struct pageset {
	struct pageset_piece *slot; /* hashed by number; by number after pageset_sort() */
	size_t n, cap, bitmaps, last;
	u64 pages;
	bool sorted;
	bool over; /* something found no room */
};

/* 0 or -ENOMEM; no room is remembered in @s->over. Not after pageset_sort(). */
int pageset_add(struct pageset *s, u64 start, u64 bytes);
/* Before any of the questions below. */
void pageset_sort(struct pageset *s);
void pageset_clear(struct pageset *s);
#define _cleanup_pageset_ _cleanup_(pageset_clear)

u64 pageset_bytes(const struct pageset *s);
/* Runs of pages that follow each other. */
u64 pageset_ranges(const struct pageset *s);
/* Bytes of @s in [@start, @start + @bytes); @first: the first such page, untouched when 0. */
u64 pageset_in(const struct pageset *s, u64 start, u64 bytes, u64 *first);
/* Bytes that are in both; likewise. */
u64 pageset_common(const struct pageset *a, const struct pageset *b, u64 *first);

#endif

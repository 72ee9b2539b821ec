/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * triage_dump.h - where the tables of the dump are that triage_make writes and triage_walk walks.
 *
 * A dump has 8 sets of tables (4 KiB granule, pages of 4 KiB), their tables spread over all of a
 * sparse memory of GIB, their leaves too, so that no two extents merge.
 */
#ifndef TESTS_BENCH_TRIAGE_DUMP_H
#define TESTS_BENCH_TRIAGE_DUMP_H

#include <stdio.h>
#include <stdlib.h>

#include "core/port.h"

#define RAM 0x40000000ull
#define DATA 0x2000u /* file offset of the memory */
#define ROOTS 8u
#define PAGE 4096u
#define SPREAD_TABLES 0x9e3779b1ull /* odd: a permutation of a power of two */
#define SPREAD_LEAVES 0x85ebca6bull

struct shape {
	u64 pages;	    /* of RAM, a power of two */
	u64 leaves, l3, l2; /* of one root */
};

static inline u64 page_at(const struct shape *s, u64 spread, u64 i)
{
	return RAM + ((i * spread + 17) & (s->pages - 1)) * PAGE;
}

static inline struct shape shape_of(const char *gib, const char *leaves)
{
	struct shape s = { .pages = strtoull(gib, NULL, 0) << 18,
			   .leaves = strtoull(leaves, NULL, 0) / ROOTS };

	s.l3 = s.leaves / 512;
	s.l2 = (s.l3 + 511) / 512;
	return s;
}

/* Root, one level-1 table, level-2 tables, level-3 tables; numbered in this order. */
static inline u64 table(const struct shape *s, u64 root, u64 number)
{
	return page_at(s, SPREAD_TABLES, root * (2 + s->l2 + s->l3) + number);
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline int by_address(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_ptw.h - translation tables of every format for tests, and a second
 * walker, written from the index arithmetic of the architecture manual's figures
 * instead of from shifts.
 */
#ifndef TESTS_SUPPORT_PTW_H
#define TESTS_SUPPORT_PTW_H

#include "core/ptw.h"
#include "tests/unit/support_tables.h"

#define PTW_RAM 0x40000000u
#define PTW_RAM_BYTES 0x1000000u /* room for 64 KiB tables, concatenated roots and some leaves */
#define PTW_LEAF_ATTRS (1ull << 10 | 1ull << 6) /* access flag, and unprivileged or S2 read */
#define PTW_N_FORMATS 27u

/* Every format that there is: granule, input bits, form, stage, start level. */
struct ptw_test_format {
	u8 granule, input, output, form, s2;
	s32 start;
};

extern const struct ptw_test_format ptw_formats[PTW_N_FORMATS];
extern struct fake_mem ptw_fake; /* RAM at PTW_RAM */
extern u64 ptw_next_table;	 /* where the next table is made */
extern u64 ptw_seed;

int ptw_setup(void **state);
int ptw_teardown(void **state);
void ptw_fresh(void);
u64 ptw_rnd(void);

struct ptw_geom ptw_geom_of(const struct ptw_test_format *f);
/* The second opinion; returns an enum ptw_outcome. */
int ptw_second_walk(const struct ptw_test_format *f, u64 root, u64 input, u64 *phys);
u64 ptw_second_span(const struct ptw_test_format *f, int level);
u64 ptw_second_address(const struct ptw_test_format *f, u64 raw);

u64 ptw_encode(const struct ptw_test_format *f, u64 addr, u64 attrs);
u64 ptw_new_table(const struct ptw_test_format *f);
/* Map @input at @level as far as tables above allow it; a table is made where none is. */
void ptw_map(const struct ptw_test_format *f, u64 root, u64 input, int level, u64 phys, u64 attrs);
bool ptw_block_exists(const struct ptw_test_format *f, int level);

#endif

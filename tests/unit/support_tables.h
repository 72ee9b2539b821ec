/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_tables.h - a small physical memory for tests: a few ranges of bytes,
 * everything else is "not RAM". Writers make well-formed table entries, from
 * their own reading of the specification, so that encode and decode are two
 * opinions.
 */
#ifndef TESTS_SUPPORT_TABLES_H
#define TESTS_SUPPORT_TABLES_H

#include "core/smmu_mem.h"
#include "core/geom.h"

#define FAKE_RANGES 8

struct fake_mem {
	struct {
		u64 start;
		size_t len;
		u8 *bytes;
	} ranges[FAKE_RANGES];
	int count;
	u64 fail_at; /* reading this address gives -EIO; 0 = never */
	unsigned int reads;
	struct smmu_mem mem;
};

void fake_mem_init(struct fake_mem *fake);
void fake_mem_free(struct fake_mem *fake);
/* Add a zeroed range of RAM; returns its bytes. */
u8 *fake_mem_add(struct fake_mem *fake, u64 start, size_t len);
/* The byte at @addr; fails the test when it is not RAM. */
u8 *fake_mem_at(struct fake_mem *fake, u64 addr);
void fake_put64(struct fake_mem *fake, u64 addr, u64 value);

/* Geometry of a two-level table (16 StreamID bits) or a linear one. */
struct smmu_geom fake_geom_two_level(u64 base);
struct smmu_geom fake_geom_linear(u64 base, u8 log2size);

/* A stage-1 STE and its CD, as Linux would write them. */
void fake_put_s1_ste(struct fake_mem *fake, u64 ste, u64 cd, u8 cdmax, u8 fmt);
void fake_put_cd(struct fake_mem *fake, u64 cd, u16 asid, u64 ttb0);

#endif

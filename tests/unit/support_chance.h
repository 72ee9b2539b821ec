/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_chance.h - numbers by chance, the same ones in every run; record streams and kernel logs
 * that are damaged by them.
 */
#ifndef TESTS_SUPPORT_CHANCE_H
#define TESTS_SUPPORT_CHANCE_H

#include "core/port.h"

#define MUTANT_FRAMES 512u

/* The same @seed gives the same numbers again. */
extern u64 chance_seed;
void chance_begin(u64 seed);
u64 chance(u64 below);
#define HOLDS(what)                                                            \
	do {                                                                   \
		if (!(what))                                                   \
			fail_msg("seed %llu: not so: %s", chance_seed, #what); \
	} while (0)

struct frames {
	u8 *bytes; /* of all of them, one after the other */
	struct {
		size_t at, len;
	} frame[MUTANT_FRAMES];
	size_t n;
};

/* @stream is kept by reference, as @ret->bytes. */
void mutant_take_apart(u8 *stream, size_t len, struct frames *ret);
/* Records that are missing, doubled, changed over, cut or damaged; returns the bytes at @to. */
size_t mutant_of_records(const struct frames *from, u8 *to, size_t cap);
/* Lines, likewise. */
size_t mutant_of_log(const char *text, char *to, size_t cap);

#endif

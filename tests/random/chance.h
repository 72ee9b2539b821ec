/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * chance.h - pseudo-random numbers of our own (splitmix64), so that a seed means the same machine
 * with every libc.
 */
#ifndef TESTS_RANDOM_CHANCE_H
#define TESTS_RANDOM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
	u64 state; /* the seed; neighbours have nothing in common */
};

static inline u64 chance_next(struct chance *c)
{
	u64 z = (c->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to @n - 1. */
static inline uint32_t chance_below(struct chance *c, uint32_t n)
{
	return (uint32_t)((chance_next(c) >> 32) * n >> 32);
}

static inline bool chance_percent(struct chance *c, uint32_t percent)
{
	return chance_below(c, 100) < percent;
}

/* One of the numbers of an array. */
#define CHANCE_OF(c, array) \
	((array)[chance_below(c, (uint32_t)(sizeof(array) / sizeof((array)[0])))])

#endif

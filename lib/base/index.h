/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index.h - a hash index over an array that the caller owns.
 *
 * It maps a hash to array positions; the caller compares the entries. Made for merging records:
 * the number of entries is chosen by untrusted input, so a linear search per record will not do.
 */
#ifndef LIB_BASE_INDEX_H
#define LIB_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"

/* Zero-initialise with = { 0 }. Ends with index_free(). */
struct index {
	u64 *slots;  /* hash in the upper half, position + 1 in the lower; 0 free */
	size_t size; /* a power of two, or 0 */
	size_t used;
};

/* Is entry @pos the one that is looked for? */
typedef bool (*index_same_fn)(const void *priv, size_t pos);

#define INDEX_NONE SIZE_MAX

/* Position of the entry with @hash for which @same holds, or INDEX_NONE. */
size_t index_find(const struct index *index, uint32_t hash, index_same_fn same, const void *priv);

/* Enter @pos under @hash. @pos must be below 2^32 - 1. Returns 0 or -ENOMEM. */
int index_add(struct index *index, uint32_t hash, size_t pos);

/* Forget all entries, keep the memory. */
void index_reset(struct index *index);
void index_free(struct index *index);

/* FNV-1a, to be chained: start with INDEX_HASH_START. */
#define INDEX_HASH_START 2166136261u
uint32_t index_hash(uint32_t hash, const void *data, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * store.h - keeps many entries that resemble each other in little memory.
 *
 * An entry is a key and a few 64-bit words. Entries of one table differ in few bytes (addresses,
 * ASIDs). So of each entry only the bytes are kept in which it differs from the first one of its
 * chunk, or from zero when that is shorter. What comes out is bit for bit what went in. Entries
 * without resemblance take a tenth more than their raw size. To read an entry, only the first one
 * of its chunk is needed as well.
 *
 * Memory comes in small pieces from a callback, which may refuse.
 */
#ifndef SMMU_CORE_STORE_H
#define SMMU_CORE_STORE_H

#include "port.h"

#define STORE_CHUNK 4096u
#define STORE_WORDS 20

struct store_mem {
	/* NULL: no more. The same @bytes come back to free(). */
	void *(*alloc)(void *priv, size_t bytes);
	void (*free)(void *priv, void *p, size_t bytes);
	void *priv;
};

/* Pieces of STORE_CHUNK bytes. */
struct store_chunks {
	u8 **item;
	u32 n, cap;
};

struct store {
	struct store_mem mem;
	u32 words; /* of one entry, at most STORE_WORDS */
	u32 n;	   /* entries */
	u32 used;  /* bytes of the last chunk of data */
	struct store_chunks data, index;
	u64 bytes; /* memory held */
};

void store_init(struct store *s, const struct store_mem *mem, u32 words);
void store_free(struct store *s);
/* 0 or -ENOSPC, then nothing has changed. */
int store_add(struct store *s, u32 key, const u64 *words);
u32 store_key(const struct store *s, u32 i);
void store_get(const struct store *s, u32 i, u64 *ret_words);
/* Ascending keys. */
void store_sort(struct store *s);
/* Entry with @key among the first @n, which are sorted. */
bool store_find(const struct store *s, u32 n, u32 key, u32 *ret_i);

#endif

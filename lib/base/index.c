// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * index.c - open addressing with linear probing, at most two thirds full.
 * Entries are never removed one by one, so there are no tombstones.
 */
#include "lib/base/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64u

static uint32_t slot_hash(u64 slot)
{
	return (uint32_t)(slot >> 32);
}

static size_t slot_pos(u64 slot)
{
	return (size_t)(slot & UINT32_MAX) - 1;
}

/* FNV's low bits are weak for short keys; spread them. */
static size_t first_slot(uint32_t hash, size_t size)
{
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6du;
	hash ^= hash >> 12;
	return hash & (size - 1);
}

size_t index_find(const struct index *index, uint32_t hash, index_same_fn same, const void *priv)
{
	size_t i;

	if (!index->used)
		return INDEX_NONE;
	for (i = first_slot(hash, index->size); index->slots[i]; i = (i + 1) & (index->size - 1))
		if (slot_hash(index->slots[i]) == hash && same(priv, slot_pos(index->slots[i])))
			return slot_pos(index->slots[i]);
	return INDEX_NONE;
}

static void put(u64 *slots, size_t size, u64 slot)
{
	size_t i = first_slot(slot_hash(slot), size);

	while (slots[i])
		i = (i + 1) & (size - 1);
	slots[i] = slot;
}

static int grow(struct index *index)
{
	size_t size = index->size ? index->size * 2 : FIRST_SIZE;
	u64 *slots = calloc(size, sizeof(*slots));
	size_t i;

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < index->size; i++)
		if (index->slots[i])
			put(slots, size, index->slots[i]);
	free(index->slots);
	index->slots = slots;
	index->size = size;
	return 0;
}

int index_add(struct index *index, uint32_t hash, size_t pos)
{
	int r;

	if (index->used * 3 >= index->size * 2) {
		r = grow(index);
		if (r < 0)
			return r;
	}
	put(index->slots, index->size, (u64)hash << 32 | (uint32_t)(pos + 1));
	index->used++;
	return 0;
}

void index_reset(struct index *index)
{
	if (index->size)
		memset(index->slots, 0, index->size * sizeof(*index->slots));
	index->used = 0;
}

void index_free(struct index *index)
{
	free(index->slots);
	*index = (struct index){ 0 };
}

uint32_t index_hash(uint32_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		hash = (hash ^ *p++) * 16777619u;
	return hash;
}

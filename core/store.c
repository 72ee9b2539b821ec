// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * store.c - entries are written one after the other into chunks; an index has
 * one 64-bit word per entry, key above place, so that sorting it as numbers
 * sorts by key. An entry never crosses a chunk.
 *
 * Encoded entry: three bytes, a bit per word that differs (and AGAINST_ZERO);
 * for each such word one byte, a bit per byte that differs, and these bytes.
 */
#include "store.h"

#define AGAINST_ZERO CORE_BIT(23)
#define HEAD_BYTES 3
#define ENTRY_BYTES (HEAD_BYTES + STORE_WORDS * 9)
#define PER_INDEX (STORE_CHUNK / 8)
#define FIRST_CHUNKS 16

void store_init(struct store *s, const struct store_mem *mem, u32 words)
{
	memset(s, 0, sizeof(*s));
	s->mem = *mem;
	s->words = words < STORE_WORDS ? words : STORE_WORDS;
}

static void *get(struct store *s, size_t bytes)
{
	void *p = s->mem.alloc(s->mem.priv, bytes);

	if (p)
		s->bytes += bytes;
	return p;
}

static void put(struct store *s, void *p, size_t bytes)
{
	if (!p)
		return;
	s->mem.free(s->mem.priv, p, bytes);
	s->bytes -= bytes;
}

static void free_chunks(struct store *s, struct store_chunks *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		put(s, c->item[i], STORE_CHUNK);
	put(s, c->item, c->cap * sizeof(*c->item));
	memset(c, 0, sizeof(*c));
}

void store_free(struct store *s)
{
	free_chunks(s, &s->data);
	free_chunks(s, &s->index);
	s->n = 0;
	s->used = 0;
}

static int more(struct store *s, struct store_chunks *c)
{
	u32 cap = c->cap ? c->cap * 2 : FIRST_CHUNKS;
	u8 **item;

	if (c->n == c->cap) {
		item = get(s, cap * sizeof(*item));
		if (!item)
			return -ENOSPC;
		if (c->n)
			memcpy(item, c->item, c->n * sizeof(*item));
		put(s, c->item, c->cap * sizeof(*item));
		c->item = item;
		c->cap = cap;
	}
	c->item[c->n] = get(s, STORE_CHUNK);
	if (!c->item[c->n])
		return -ENOSPC;
	c->n++;
	return 0;
}

static u8 *index_at(const struct store *s, u32 i)
{
	return s->index.item[i / PER_INDEX] + i % PER_INDEX * 8;
}

/* @base: NULL means zero. Returns the length of what is in @buf. */
static u32 encode(const u64 *base, const u64 *words, u32 n, u8 *buf)
{
	u32 i, byte, mask = base ? 0 : (u32)AGAINST_ZERO, len = HEAD_BYTES;

	for (i = 0; i < n; i++) {
		u64 diff = words[i] ^ (base ? base[i] : 0);
		u32 at = len;

		if (!diff)
			continue;
		mask |= 1u << i;
		buf[len++] = 0;
		for (byte = 0; byte < 8; byte++) {
			u8 v = (u8)(diff >> byte * 8 & 0xff);

			if (!v)
				continue;
			buf[at] |= (u8)(1u << byte);
			buf[len++] = v;
		}
	}
	core_st16(buf, (u16)(mask & 0xffff));
	buf[2] = (u8)(mask >> 16);
	return len;
}

static void decode(const u8 *p, u32 n, u64 *words)
{
	u32 mask = core_ld16(p) | (u32)p[2] << 16, i, byte;

	if (mask & AGAINST_ZERO)
		memset(words, 0, n * sizeof(*words));
	p += HEAD_BYTES;
	for (i = 0; i < n; i++) {
		u8 bytes;

		if (!(mask & 1u << i))
			continue;
		bytes = *p++;
		for (byte = 0; byte < 8; byte++)
			if (bytes & 1u << byte)
				words[i] ^= (u64)*p++ << byte * 8;
	}
}

/* The first entry of each chunk is against zero. */
static void decode_at(const struct store *s, u32 place, u64 *words)
{
	const u8 *chunk = s->data.item[place / STORE_CHUNK];

	decode(chunk, s->words, words);
	if (place % STORE_CHUNK)
		decode(chunk + place % STORE_CHUNK, s->words, words);
}

int store_add(struct store *s, u32 key, const u64 *words)
{
	u8 zero[ENTRY_BYTES], diff[ENTRY_BYTES];
	const u8 *shortest = zero;
	u32 len = encode(NULL, words, s->words, zero), other;
	u64 base[STORE_WORDS];

	if (s->n / PER_INDEX == s->index.n && more(s, &s->index))
		return -ENOSPC;
	if (s->data.n && s->used) {
		decode_at(s, (s->data.n - 1) * STORE_CHUNK, base);
		other = encode(base, words, s->words, diff);
		if (other < len) {
			shortest = diff;
			len = other;
		}
	}
	if (!s->data.n || len > STORE_CHUNK - s->used) {
		if (more(s, &s->data))
			return -ENOSPC;
		s->used = 0;
		shortest = zero;
		len = encode(NULL, words, s->words, zero);
	}
	memcpy(s->data.item[s->data.n - 1] + s->used, shortest, len);
	core_st64(index_at(s, s->n++), (u64)key << 32 | ((s->data.n - 1) * STORE_CHUNK + s->used));
	s->used += len;
	return 0;
}

u32 store_key(const struct store *s, u32 i)
{
	return (u32)(core_ld64(index_at(s, i)) >> 32);
}

void store_get(const struct store *s, u32 i, u64 *ret_words)
{
	decode_at(s, (u32)(core_ld64(index_at(s, i)) & 0xffffffff), ret_words);
}

static void sift(struct store *s, u32 at, u32 n)
{
	u64 v = core_ld64(index_at(s, at)), c;
	u32 child;

	for (; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n &&
		    core_ld64(index_at(s, child + 1)) > core_ld64(index_at(s, child)))
			child++;
		c = core_ld64(index_at(s, child));
		if (c <= v)
			break;
		core_st64(index_at(s, at), c);
	}
	core_st64(index_at(s, at), v);
}

/* A heap: no recursion, no bad case. Mostly there is nothing to do. */
void store_sort(struct store *s)
{
	u32 i;
	u64 v;

	for (i = 1; i < s->n && store_key(s, i - 1) <= store_key(s, i); i++)
		;
	if (i >= s->n)
		return;
	for (i = s->n / 2; i-- > 0;)
		sift(s, i, s->n);
	for (i = s->n - 1; i > 0; i--) {
		v = core_ld64(index_at(s, i));
		core_st64(index_at(s, i), core_ld64(index_at(s, 0)));
		core_st64(index_at(s, 0), v);
		sift(s, 0, i);
	}
}

bool store_find(const struct store *s, u32 n, u32 key, u32 *ret_i)
{
	u32 low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (store_key(s, mid) < key)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_i = low;
	return low < n && store_key(s, low) == key;
}

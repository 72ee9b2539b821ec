// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * pageset.c - see pageset.h. While the set grows it is a hash table with open addressing;
 * pageset_sort() makes it an array sorted by address.
 */
#include "ctl/triage/pageset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define SHIFT 27u /* log2 of a piece's bytes */
#define PAGES (1u << (SHIFT - 12))
#define WORDS (PAGES / 64)
#define PIECES_MAX (1u << 20)  /* 128 TiB */
#define BITMAPS_MAX (1u << 16) /* 256 MiB of them */

static size_t slot_of(const struct pageset *s, u64 number)
{
	size_t i = (size_t)(number * 0x9e3779b97f4a7c15ull >> 32) & (s->cap - 1);

	while (s->slot[i].count && s->slot[i].number != number)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static int grow(struct pageset *s)
{
	struct pageset more = { .cap = s->cap ? 2 * s->cap : 256 };
	size_t i;

	more.slot = calloc(more.cap, sizeof(*more.slot));
	if (!more.slot)
		return -ENOMEM;
	for (i = 0; i < s->cap; i++)
		if (s->slot[i].count)
			more.slot[slot_of(&more, s->slot[i].number)] = s->slot[i];
	free(s->slot);
	s->slot = more.slot;
	s->cap = more.cap;
	s->last = 0;
	return 0;
}

/* Returns the piece @number, which is made if it does not exist; NULL: no room or no memory. */
static struct pageset_piece *piece(struct pageset *s, u64 number, bool whole, int *ret)
{
	struct pageset_piece *p;

	if (s->cap && s->slot[s->last].count && s->slot[s->last].number == number)
		return &s->slot[s->last];
	if (s->n * 2 >= s->cap) {
		*ret = grow(s);
		if (*ret < 0)
			return NULL;
	}
	s->last = slot_of(s, number);
	p = &s->slot[s->last];
	if (p->count)
		return p;
	if (s->n == PIECES_MAX || (!whole && s->bitmaps == BITMAPS_MAX)) {
		s->over = true;
		return NULL;
	}
	p->bits = whole ? NULL : calloc(WORDS, sizeof(u64));
	if (!whole && !p->bits) {
		*ret = -ENOMEM;
		return NULL;
	}
	p->number = number;
	s->bitmaps += !whole;
	s->n++;
	if (whole) {
		p->count = PAGES;
		s->pages += PAGES;
	}
	return p;
}

static u64 mask_of(u32 from, u32 to)
{
	return (~0ull << from) & (to == 64 ? ~0ull : (1ull << to) - 1);
}

static void set(struct pageset *s, struct pageset_piece *p, u32 from, u32 to)
{
	u64 mask;
	u32 end, fresh;

	while (p->bits && from < to) {
		end = to < (from & ~63u) + 64 ? to : (from & ~63u) + 64;
		mask = mask_of(from & 63, end - (from & ~63u)) & ~p->bits[from / 64];
		fresh = (u32)__builtin_popcountll(mask);
		p->bits[from / 64] |= mask;
		p->count += fresh;
		s->pages += fresh;
		from = end;
	}
	if (p->bits && p->count == PAGES) {
		free(p->bits);
		p->bits = NULL;
		s->bitmaps--;
	}
}

int pageset_add(struct pageset *s, u64 start, u64 bytes)
{
	u64 page = start >> 12, last = (start + (bytes ? bytes - 1 : 0)) >> 12, stop;
	struct pageset_piece *p;
	int r = 0;

	if (!bytes || last < page)
		return 0;
	for (; page <= last; page = stop + 1) {
		stop = page | (PAGES - 1);
		stop = stop < last ? stop : last;
		p = piece(s, page >> (SHIFT - 12), stop - page == PAGES - 1, &r);
		if (r < 0)
			return r;
		if (p)
			set(s, p, (u32)page & (PAGES - 1), ((u32)stop & (PAGES - 1)) + 1);
		else if (s->n == PIECES_MAX)
			return 0; /* the rest would find no room either */
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct pageset_piece *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

void pageset_sort(struct pageset *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->cap && !s->sorted; i++)
		if (s->slot[i].count)
			s->slot[n++] = s->slot[i];
	if (n)
		qsort(s->slot, n, sizeof(*s->slot), by_number);
	s->sorted = true;
}

void pageset_clear(struct pageset *s)
{
	size_t i;

	for (i = 0; i < (s->sorted ? s->n : s->cap); i++)
		free(s->slot[i].bits);
	free(s->slot);
	*s = (struct pageset){ 0 };
}

u64 pageset_bytes(const struct pageset *s)
{
	return s->pages * PAGESET_PAGE;
}

static u64 word_of(const struct pageset_piece *p, u32 word)
{
	return p->bits ? p->bits[word] : ~0ull;
}

u64 pageset_ranges(const struct pageset *s)
{
	u64 ranges = 0, word, above = 0; /* bit 63 of the word before */
	size_t i;
	u32 w;

	for (i = 0; i < s->n; i++) {
		if (i && s->slot[i].number != s->slot[i - 1].number + 1)
			above = 0;
		for (w = 0; w < WORDS; w++) {
			word = word_of(&s->slot[i], w);
			/* A run begins where a bit is set and the bit before it is clear. */
			ranges += (u64)__builtin_popcountll(word & ~(word << 1 | above));
			above = word >> 63;
		}
	}
	return ranges;
}

static void note_first(u64 *first, bool *found, const struct pageset_piece *p, u32 word, u64 bits)
{
	if (*found || !bits)
		return;
	*found = true;
	*first =
		(p->number << SHIFT) + (u64)(word * 64 + (u32)__builtin_ctzll(bits)) * PAGESET_PAGE;
}

u64 pageset_in(const struct pageset *s, u64 start, u64 bytes, u64 *first)
{
	u64 page = start >> 12, last = (start + (bytes ? bytes - 1 : 0)) >> 12, at, bits, sum = 0;
	bool found = false;
	size_t i;
	u32 w;

	for (i = 0; bytes && i < s->n; i++) {
		for (w = 0; w < WORDS; w++) {
			at = (s->slot[i].number << (SHIFT - 12)) + w * 64;
			if (at > last || at + 63 < page)
				continue;
			bits = word_of(&s->slot[i], w) &
			       mask_of(page > at ? (u32)(page - at) : 0,
				       last < at + 63 ? (u32)(last - at) + 1 : 64);
			sum += (u64)__builtin_popcountll(bits);
			note_first(first, &found, &s->slot[i], w, bits);
		}
	}
	return sum * PAGESET_PAGE;
}

u64 pageset_common(const struct pageset *a, const struct pageset *b, u64 *first)
{
	u64 sum = 0, bits;
	bool found = false;
	size_t i = 0, k = 0;
	u32 w;

	while (i < a->n && k < b->n) {
		if (a->slot[i].number != b->slot[k].number) {
			if (a->slot[i].number < b->slot[k].number)
				i++;
			else
				k++;
			continue;
		}
		for (w = 0; w < WORDS; w++) {
			bits = word_of(&a->slot[i], w) & word_of(&b->slot[k], w);
			sum += (u64)__builtin_popcountll(bits);
			note_first(first, &found, &a->slot[i], w, bits);
		}
		i++;
		k++;
	}
	return sum * PAGESET_PAGE;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dump_flat.c - makedumpfile's flattened format: a head of 4096 bytes, then records. All numbers
 * are big-endian, whatever the dump's byte order. Offset and length of -1 end it.
 */
#include "ctl/dump/dump_flat.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define HEAD_BYTES 4096u
#define RECORD_BYTES 16u
#define AHEAD 16u    /* records */
#define WINDOW 4096u /* bytes on either side of where a record is expected */

static const u8 signature[16] = "makedumpfile";

static u64 be64(const u8 *p)
{
	return __builtin_bswap64(core_ld64(p));
}

bool dump_flat_head(const u8 *head, size_t len)
{
	return len >= sizeof(signature) && !memcmp(head, signature, sizeof(signature));
}

struct list {
	struct flat_extent *extent;
	u32 count, cap;
};

static int add(struct list *l, struct flat_extent extent)
{
	struct flat_extent *grown;
	u32 cap;

	if (l->count == l->cap) {
		cap = l->cap ? l->cap * 2 : 64;
		grown = realloc(l->extent, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->extent = grown;
		l->cap = cap;
	}
	l->extent[l->count++] = extent;
	return 0;
}

/*
 * A record begins where the one before ends, so a cold disk is asked for one after the other. But
 * where the record lies that comes AHEAD records later can be guessed: as far ahead as the one of
 * AHEAD records ago lies behind. The disk has time until then.
 */
static void ask_ahead(struct dump_src *file, const struct list *l, u64 at)
{
	if (file->ahead && l->count >= AHEAD)
		file->ahead(file->priv, 2 * at - l->extent[l->count - AHEAD].at - WINDOW,
			    2 * WINDOW);
}

/* The record at flat->end_at into @l. 0; 1: there are no more; -EBADMSG: it cannot be; -ENOMEM. */
static int index_one(struct dump_flat *flat, struct dump_src *file, struct list *l,
		     struct errbuf *err)
{
	u64 at = flat->end_at + RECORD_BYTES, room;
	struct flat_extent x;
	u8 raw[RECORD_BYTES];
	int r;

	flat->end = FLAT_CUT;
	if (at > file->size)
		return 1;
	flat->end = FLAT_DAMAGED;
	r = dump_read(file, flat->end_at, raw, sizeof(raw), err);
	if (r < 0)
		return r;
	x = (struct flat_extent){ be64(raw), be64(raw + 8), at };
	if (x.start == ~(u64)0 && x.len == ~(u64)0) {
		flat->end = FLAT_WHOLE;
		return 1;
	}
	if (!x.len || x.len > FLAT_RECORD_BYTES_MAX || x.start > FLAT_SIZE_MAX) {
		errbuf_set(err,
			   "flattened record at 0x%llx: 0x%llx bytes for offset 0x%llx are not "
			   "possible",
			   flat->end_at, x.len, x.start);
		return -EBADMSG;
	}
	ask_ahead(file, l, at);
	room = file->size - at;
	flat->end = FLAT_CUT;
	flat->end_at = x.len > room ? file->size : at + x.len;
	if (x.len > room)
		x.len = room;
	return x.len ? add(l, x) : 0;
}

static int by_start(const void *a, const void *b)
{
	const struct flat_extent *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool overlap(const struct list *l)
{
	u32 i;

	for (i = 1; i < l->count; i++)
		if (l->extent[i].start < l->extent[i - 1].start + l->extent[i - 1].len)
			return true;
	return false;
}

/* Records that begin before a byte, as a heap: the one that was written last is on top. */
struct heap {
	const struct flat_extent *extent;
	u32 *index, count;
};

static u64 written(const struct heap *h, u32 place)
{
	return h->extent[h->index[place]].at;
}

static void swap(struct heap *h, u32 a, u32 b)
{
	u32 kept = h->index[a];

	h->index[a] = h->index[b];
	h->index[b] = kept;
}

static void push(struct heap *h, u32 index)
{
	u32 at = h->count++;

	h->index[at] = index;
	for (; at && written(h, (at - 1) / 2) < written(h, at); at = (at - 1) / 2)
		swap(h, at, (at - 1) / 2);
}

static void pop(struct heap *h)
{
	u32 at = 0, child;

	h->index[0] = h->index[--h->count];
	for (; (child = 2 * at + 1) < h->count; at = child) {
		if (child + 1 < h->count && written(h, child) < written(h, child + 1))
			child++;
		if (written(h, child) < written(h, at))
			return;
		swap(h, child, at);
	}
}

/* @extent behind the others; what continues the last one belongs to it. */
static int append(struct list *l, struct flat_extent extent)
{
	struct flat_extent *last = l->count ? &l->extent[l->count - 1] : NULL;

	if (last && last->start + last->len == extent.start && last->at + last->len == extent.at) {
		last->len += extent.len;
		return 0;
	}
	return add(l, extent);
}

/* Of the sorted records @from make extents of which each byte is the last record's that has it. */
static int resolve(const struct list *from, struct list *to)
{
	_cleanup_free_ u32 *index = malloc(from->count * sizeof(*index));
	struct heap h = { from->extent, index, 0 };
	u64 at = 0, end;
	u32 i = 0;
	int r;

	if (!index)
		return -ENOMEM;
	while (i < from->count || h.count) {
		const struct flat_extent *top;

		if (!h.count && at < from->extent[i].start)
			at = from->extent[i].start;
		while (i < from->count && from->extent[i].start <= at)
			push(&h, i++);
		top = &from->extent[h.index[0]];
		end = top->start + top->len;
		if (end <= at) {
			pop(&h);
			continue;
		}
		if (i < from->count && from->extent[i].start < end)
			end = from->extent[i].start;
		r = append(to, (struct flat_extent){ at, end - at, top->at + (at - top->start) });
		if (r < 0)
			return r;
		at = end;
	}
	return 0;
}

/* The records @l, in the order of the flattened file, become the index. */
static int settle(struct dump_flat *flat, struct list *l)
{
	struct list resolved = { 0 };
	int r;

	if (l->count)
		qsort(l->extent, l->count, sizeof(*l->extent), by_start);
	if (overlap(l)) {
		r = resolve(l, &resolved);
		free(l->extent);
		*l = resolved;
		if (r < 0)
			return r;
	}
	flat->extent = steal_ptr(l->extent);
	flat->count = l->count;
	if (flat->count)
		flat->size =
			flat->extent[flat->count - 1].start + flat->extent[flat->count - 1].len;
	return 0;
}

int dump_flat_index(struct dump_flat *flat, struct dump_src *file, u32 max, struct errbuf *err)
{
	struct list l = { 0 };
	u8 head[32];
	int r;

	*flat = (struct dump_flat){ .end_at = HEAD_BYTES };
	r = dump_read(file, 0, head, sizeof(head), err);
	if (r >= 0 &&
	    (!dump_flat_head(head, sizeof(head)) || be64(head + 16) != 1 || be64(head + 24) != 1)) {
		errbuf_set(err, "flattened head, byte 0x10: not of type 1, version 1");
		r = -EBADMSG;
	}
	while (r == 0 && l.count <= max)
		r = index_one(flat, file, &l, err);
	if (r == 0)
		flat->end = FLAT_MORE;
	/* What comes before a record that cannot be, or be read, is good. */
	if (r >= 0 || (r != -ENOMEM && l.count))
		r = settle(flat, &l);
	free(l.extent);
	return r;
}

void dump_flat_free(struct dump_flat *flat)
{
	free(flat->extent);
	*flat = (struct dump_flat){ 0 };
}

u64 dump_flat_find(struct dump_flat *flat, u64 offset, u64 *len)
{
	const struct flat_extent *e = flat->extent + flat->found;
	u32 lo = 0, hi = flat->count, mid;

	if (!hi)
		return 0;
	if (offset < e->start || offset - e->start >= e->len) {
		while (lo < hi) {
			mid = lo + (hi - lo) / 2;
			if (flat->extent[mid].start <= offset)
				lo = mid + 1;
			else
				hi = mid;
		}
		e = flat->extent + lo;
		if (!lo || offset - e[-1].start >= e[-1].len) {
			if (lo < flat->count && e->start - offset < *len)
				*len = e->start - offset;
			return 0;
		}
		e--;
		flat->found = lo - 1;
	}
	if (e->len - (offset - e->start) < *len)
		*len = e->len - (offset - e->start);
	return e->at + (offset - e->start);
}

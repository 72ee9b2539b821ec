// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * event_count.c - count events: make a key of each entry, sort the keys, count equal ones. A full
 * ring of 2^19 entries costs 8 MiB. There is no hash table, which a crafted ring could slow down.
 */
#include "ctl/triage/event_count.h"

#include <stdlib.h>

#include "core/event.h"
#include "lib/base/cleanup.h"

struct keys {
	u64 *key; /* from high to low bits: StreamID, event id, "unread" */
	size_t n, cap;
};

static int add(void *priv, const struct ring_entry *entry)
{
	struct keys *k = priv;
	struct event_view e;
	u64 *more;

	if (k->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 256;
		more = reallocarray(k->key, k->cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		k->key = more;
	}
	(void)event_decode(entry->raw, EVENT_BYTES, &e);
	k->key[k->n++] = (u64)e.sid << 16 | (u64)e.id << 8 | entry->unread;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int by_count(const void *a, const void *b)
{
	const struct event_kind *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->sid != y->sid)
		return x->sid < y->sid ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

int event_count(struct event_count *ret, const struct rings *rings, const struct ring *ring)
{
	struct keys keys = { 0 };
	int r = ring_each(rings, ring, add, &keys);
	size_t i;

	if (!r && keys.n) {
		qsort(keys.key, keys.n, sizeof(*keys.key), by_key);
		ret->kind = calloc(keys.n, sizeof(*ret->kind));
		r = ret->kind ? 0 : -ENOMEM;
	}
	for (i = 0; !r && i < keys.n; i++) {
		if (!i || keys.key[i] >> 8 != keys.key[i - 1] >> 8)
			ret->kind[ret->n++] = (struct event_kind){ .sid = (u32)(keys.key[i] >> 16),
								   .id = (u8)(keys.key[i] >> 8) };
		ret->kind[ret->n - 1].count++;
		ret->kind[ret->n - 1].unread += keys.key[i] & 1;
	}
	if (ret->n)
		qsort(ret->kind, ret->n, sizeof(*ret->kind), by_count);
	free(keys.key);
	return r;
}

void event_count_free(struct event_count *count)
{
	free(count->kind);
	*count = (struct event_count){ 0 };
}

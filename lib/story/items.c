// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * items.c - keeps the lists of a story.
 *
 * Every list is a "kind": an array, a key that tells its items apart, and a hash index over that
 * key.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/large.h"
#include "lib/story/story_private.h"

#define EXPECT_MIN 1024u /* items of which a list grows to that length in a few steps */
#define EXPECT_MORE 16u

/* A part of a key: a number of @size bytes, or a text; size 0: no more parts. */
struct part {
	u16 offset, size;
};
#define IS_TEXT 0xffffu
#define NUMBER(type, member)                                                      \
	{                                                                         \
		offsetof(struct type, member), sizeof(((struct type *)0)->member) \
	}
#define TEXT(type, member)                             \
	{                                              \
		offsetof(struct type, member), IS_TEXT \
	}
#define KEY_PARTS 6

static const struct kind {
	size_t size;	    /* of an item */
	size_t list, count; /* where the story has the array and its length */
	struct part key[KEY_PARTS];
} kinds[STORY_KINDS] = {
#define KIND(type, list, ...)                                      \
	{                                                          \
		sizeof(struct type), offsetof(struct story, list), \
			offsetof(struct story, n_##list),          \
		{                                                  \
			__VA_ARGS__                                \
		}                                                  \
	}
	[STORY_SMMUS] = KIND(story_smmu, smmus, NUMBER(story_smmu, smmu)),
	[STORY_STREAMS] =
		KIND(story_stream, streams, NUMBER(story_stream, smmu), NUMBER(story_stream, sid)),
	[STORY_DEVICES] = KIND(story_device, devices, TEXT(story_device, first.name)),
	/* The key of a step is kept in its plan, whether a plan record came or not. */
	[STORY_STEPS] = KIND(story_step, steps, NUMBER(story_step, step),
			     NUMBER(story_step, plan.action), TEXT(story_step, plan.device)),
	[STORY_STAGES] = KIND(story_stage, stages, NUMBER(story_stage, mono_ns),
			      NUMBER(story_stage, stage.stage), NUMBER(story_stage, stage.error),
			      TEXT(story_stage, stage.text)),
	[STORY_RMRS] = KIND(rec_rmr, rmrs, NUMBER(rec_rmr, smmu), NUMBER(rec_rmr, sid_first),
			    NUMBER(rec_rmr, sid_count), NUMBER(rec_rmr, base),
			    NUMBER(rec_rmr, bytes), NUMBER(rec_rmr, flags)),
	[STORY_DIRECTS] = KIND(rec_rmr_stream, directs, NUMBER(rec_rmr_stream, smmu),
			       NUMBER(rec_rmr_stream, sid), NUMBER(rec_rmr_stream, base)),
	[STORY_FINDINGS] =
		KIND(rec_finding, findings, NUMBER(rec_finding, smmu), NUMBER(rec_finding, sid),
		     NUMBER(rec_finding, code), NUMBER(rec_finding, addr), TEXT(rec_finding, text)),
	[STORY_RANGES] = KIND(rec_range, ranges, NUMBER(rec_range, kind), NUMBER(rec_range, start),
			      NUMBER(rec_range, bytes)),
};

static uint32_t hash_of(enum story_kind kind, const void *item)
{
	const struct part *p = kinds[kind].key, *end = p + KEY_PARTS;
	uint32_t hash = INDEX_HASH_START;
	const char *at;

	for (; p < end && p->size; p++) {
		at = (const char *)item + p->offset;
		hash = index_hash(hash, at, p->size == IS_TEXT ? strlen(at) : p->size);
	}
	return hash;
}

static bool is_same(enum story_kind kind, const void *a, const void *b)
{
	const struct part *p = kinds[kind].key, *end = p + KEY_PARTS;
	const char *x, *y;

	for (; p < end && p->size; p++) {
		x = (const char *)a + p->offset;
		y = (const char *)b + p->offset;
		if (p->size == IS_TEXT ? strcmp(x, y) : memcmp(x, y, p->size))
			return false;
	}
	return true;
}

/* Where the story keeps the array and the count of @kind. */
static void *list_of(const struct story *story, enum story_kind kind, size_t **ret_count)
{
	char *s = (char *)(uintptr_t)story;

	*ret_count = (size_t *)(void *)(s + kinds[kind].count);
	return s + kinds[kind].list;
}

/* The array pointers have different types; they travel as bytes. */
static unsigned char *items_of(const struct story *story, enum story_kind kind, size_t *ret_count)
{
	unsigned char *items;
	size_t *count;

	memcpy(&items, list_of(story, kind, &count), sizeof(items));
	*ret_count = *count;
	return items;
}

struct match {
	const unsigned char *items;
	enum story_kind kind;
	const void *key;
};

static bool match_item(const void *priv, size_t pos)
{
	const struct match *m = priv;

	return is_same(m->kind, m->items + pos * kinds[m->kind].size, m->key);
}

static void *find_hashed(const struct story *story, enum story_kind kind, const void *key,
			 uint32_t hash)
{
	struct match m = { .kind = kind, .key = key };
	unsigned char *items;
	size_t count, pos;

	items = items_of(story, kind, &count);
	m.items = items;
	pos = index_find(&story->priv->index[kind], hash, match_item, &m);
	return pos == INDEX_NONE ? NULL : items + pos * kinds[kind].size;
}

/* Streams mostly come in order, and are many: as long as they do, they need no index. */
static bool is_indexed(const struct story *story, enum story_kind kind)
{
	return kind != STORY_STREAMS || story->priv->mixed_streams;
}

static void *find_in_order(const struct story *story, const struct story_stream *key)
{
	size_t low = 0, high = story->n_streams, mid;
	u64 order = story_stream_order(key);

	if (!high || story_stream_order(&story->streams[high - 1]) < order)
		return NULL;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (story_stream_order(&story->streams[mid]) < order)
			low = mid + 1;
		else
			high = mid;
	}
	return story_stream_order(&story->streams[low]) == order ? &story->streams[low] : NULL;
}

void *story_item_find(const struct story *story, enum story_kind kind, const void *key)
{
	if (!story->priv)
		return NULL;
	return is_indexed(story, kind) ? find_hashed(story, kind, key, hash_of(kind, key))
				       : find_in_order(story, key);
}

static int resize_list(struct story *story, enum story_kind kind, size_t cap)
{
	size_t *ignored;
	void *list = list_of(story, kind, &ignored);
	void *items;

	memcpy(&items, list, sizeof(items));
	items = reallocarray(items, cap, kinds[kind].size);
	if (!items)
		return -ENOMEM;
	large_advise(items, cap * kinds[kind].size);
	memcpy(list, &items, sizeof(items));
	story->priv->cap[kind] = cap;
	return 0;
}

static int grow_list(struct story *story, enum story_kind kind)
{
	size_t cap = story->priv->cap[kind], *count;

	(void)list_of(story, kind, &count);
	if (*count >= STORY_MAX_ITEMS)
		return -E2BIG;
	return *count < cap ? 0 : resize_list(story, kind, cap ? cap + cap / 2 : 16);
}

/* Append a copy of @key. */
static int append_item(struct story *story, enum story_kind kind, const void *key)
{
	size_t *count, size = kinds[kind].size;
	int r = grow_list(story, kind);

	if (r < 0)
		return r;
	(void)list_of(story, kind, &count);
	(*count)++;
	memcpy(items_of(story, kind, &(size_t){ 0 }) + (*count - 1) * size, key, size);
	return 0;
}

/* The last stream has been appended: is it the first one out of order? */
static int look_at_order(struct story *story)
{
	const struct story_stream *last = story->streams + story->n_streams - 1;

	if (story->n_streams < 2 || story_stream_order(last - 1) < story_stream_order(last))
		return 0;
	story->priv->mixed_streams = true;
	return story_reindex(story, STORY_STREAMS);
}

int story_item_take(struct story *story, enum story_kind kind, const void *key, void *ret_item)
{
	bool indexed = is_indexed(story, kind);
	uint32_t hash = indexed ? hash_of(kind, key) : 0;
	void *item = indexed ? find_hashed(story, kind, key, hash) : find_in_order(story, key);
	unsigned char *items;
	size_t count;
	int r;

	if (item) {
		memcpy(ret_item, &item, sizeof(item));
		return 0;
	}
	r = append_item(story, kind, key);
	items = items_of(story, kind, &count);
	if (r >= 0)
		r = indexed ? index_add(&story->priv->index[kind], hash, count - 1)
			    : look_at_order(story);
	if (r < 0)
		return r; /* the caller gives up: the item may be there, and not be found */
	item = items + (count - 1) * kinds[kind].size;
	memcpy(ret_item, &item, sizeof(item));
	return 1;
}

int story_reindex(struct story *story, enum story_kind kind)
{
	unsigned char *items;
	size_t count, i;
	int r = 0;

	items = items_of(story, kind, &count);
	index_reset(&story->priv->index[kind]);
	for (i = 0; r >= 0 && i < count; i++)
		r = index_add(&story->priv->index[kind],
			      hash_of(kind, items + i * kinds[kind].size), i);
	return r;
}

int story_items_expect(struct story *story, enum story_kind kind, size_t count)
{
	size_t *have;

	(void)list_of(story, kind, &have);
	if (*have || count <= EXPECT_MIN)
		return 0;
	return resize_list(story, kind,
			   count < STORY_MAX_ITEMS ? count + EXPECT_MORE : STORY_MAX_ITEMS);
}

void story_items_free(struct story *story)
{
	enum story_kind kind;
	size_t *count;
	void *items;

	for (kind = 0; kind < STORY_KINDS; kind++) {
		memcpy(&items, list_of(story, kind, &count), sizeof(items));
		free(items);
		if (story->priv)
			index_free(&story->priv->index[kind]);
	}
}

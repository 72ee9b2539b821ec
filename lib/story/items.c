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

struct story_kind_ops {
	size_t size;
	uint32_t (*hash)(const void *item);
	bool (*same)(const void *a, const void *b);
};

static uint32_t hash_u32(uint32_t hash, uint32_t value)
{
	return index_hash(hash, &value, sizeof(value));
}

static uint32_t hash_u64(uint32_t hash, u64 value)
{
	return index_hash(hash, &value, sizeof(value));
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	return index_hash(hash, text, strlen(text));
}

static uint32_t smmu_hash(const void *item)
{
	return hash_u32(INDEX_HASH_START, ((const struct story_smmu *)item)->smmu);
}

static bool smmu_same(const void *a, const void *b)
{
	return ((const struct story_smmu *)a)->smmu == ((const struct story_smmu *)b)->smmu;
}

static uint32_t stream_hash(const void *item)
{
	const struct story_stream *s = item;

	return hash_u32(hash_u32(INDEX_HASH_START, s->smmu), s->sid);
}

static bool stream_same(const void *a, const void *b)
{
	const struct story_stream *x = a, *y = b;

	return x->smmu == y->smmu && x->sid == y->sid;
}

static uint32_t device_hash(const void *item)
{
	return hash_text(INDEX_HASH_START, ((const struct story_device *)item)->first.name);
}

static bool device_same(const void *a, const void *b)
{
	const struct story_device *x = a, *y = b;

	return !strcmp(x->first.name, y->first.name);
}

/* The key of a step is kept in its plan, whether a plan record came or not. */
static uint32_t step_hash(const void *item)
{
	const struct story_step *s = item;

	return hash_text(hash_u32(hash_u32(INDEX_HASH_START, s->step), s->plan.action),
			 s->plan.device);
}

static bool step_same(const void *a, const void *b)
{
	const struct story_step *x = a, *y = b;

	return x->step == y->step && x->plan.action == y->plan.action &&
	       !strcmp(x->plan.device, y->plan.device);
}

static uint32_t stage_hash(const void *item)
{
	const struct story_stage *s = item;

	return hash_u32(hash_u64(INDEX_HASH_START, s->mono_ns), s->stage.stage);
}

static bool stage_same(const void *a, const void *b)
{
	const struct story_stage *x = a, *y = b;

	return x->mono_ns == y->mono_ns && x->stage.stage == y->stage.stage &&
	       x->stage.error == y->stage.error && !strcmp(x->stage.text, y->stage.text);
}

static uint32_t rmr_hash(const void *item)
{
	const struct rec_rmr *r = item;

	return hash_u64(hash_u32(hash_u32(INDEX_HASH_START, r->smmu), r->sid_first), r->base);
}

static bool rmr_same(const void *a, const void *b)
{
	const struct rec_rmr *x = a, *y = b;

	return x->smmu == y->smmu && x->sid_first == y->sid_first && x->sid_count == y->sid_count &&
	       x->base == y->base && x->bytes == y->bytes && x->flags == y->flags;
}

static uint32_t direct_hash(const void *item)
{
	const struct rec_rmr_stream *r = item;

	return hash_u64(hash_u32(hash_u32(INDEX_HASH_START, r->smmu), r->sid), r->base);
}

static bool direct_same(const void *a, const void *b)
{
	const struct rec_rmr_stream *x = a, *y = b;

	return x->smmu == y->smmu && x->sid == y->sid && x->base == y->base;
}

static uint32_t finding_hash(const void *item)
{
	const struct rec_finding *f = item;

	return hash_text(hash_u32(hash_u32(hash_u64(INDEX_HASH_START, f->addr), f->sid), f->code),
			 f->text);
}

static bool finding_same(const void *a, const void *b)
{
	const struct rec_finding *x = a, *y = b;

	return x->smmu == y->smmu && x->sid == y->sid && x->code == y->code && x->addr == y->addr &&
	       !strcmp(x->text, y->text);
}

static uint32_t range_hash(const void *item)
{
	return hash_u64(INDEX_HASH_START, ((const struct rec_range *)item)->start);
}

static bool range_same(const void *a, const void *b)
{
	const struct rec_range *x = a, *y = b;

	return x->kind == y->kind && x->start == y->start && x->bytes == y->bytes;
}

static const struct story_kind_ops kind_ops[STORY_KINDS] = {
	[STORY_SMMUS] = { sizeof(struct story_smmu), smmu_hash, smmu_same },
	[STORY_STREAMS] = { sizeof(struct story_stream), stream_hash, stream_same },
	[STORY_DEVICES] = { sizeof(struct story_device), device_hash, device_same },
	[STORY_STEPS] = { sizeof(struct story_step), step_hash, step_same },
	[STORY_STAGES] = { sizeof(struct story_stage), stage_hash, stage_same },
	[STORY_RMRS] = { sizeof(struct rec_rmr), rmr_hash, rmr_same },
	[STORY_DIRECTS] = { sizeof(struct rec_rmr_stream), direct_hash, direct_same },
	[STORY_FINDINGS] = { sizeof(struct rec_finding), finding_hash, finding_same },
	[STORY_RANGES] = { sizeof(struct rec_range), range_hash, range_same },
};

/* Where the story keeps the array and the count of @kind. */
static void *list_of(const struct story *story, enum story_kind kind, size_t **ret_count)
{
	struct story *s = (struct story *)story;

	switch (kind) {
	case STORY_SMMUS: *ret_count = &s->n_smmus; return &s->smmus;
	case STORY_STREAMS: *ret_count = &s->n_streams; return &s->streams;
	case STORY_DEVICES: *ret_count = &s->n_devices; return &s->devices;
	case STORY_STEPS: *ret_count = &s->n_steps; return &s->steps;
	case STORY_STAGES: *ret_count = &s->n_stages; return &s->stages;
	case STORY_RMRS: *ret_count = &s->n_rmrs; return &s->rmrs;
	case STORY_DIRECTS: *ret_count = &s->n_directs; return &s->directs;
	case STORY_FINDINGS: *ret_count = &s->n_findings; return &s->findings;
	default: *ret_count = &s->n_ranges; return &s->ranges;
	}
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
	const struct story_kind_ops *ops;
	const void *key;
};

static bool match_item(const void *priv, size_t pos)
{
	const struct match *m = priv;

	return m->ops->same(m->items + pos * m->ops->size, m->key);
}

static void *find_hashed(const struct story *story, enum story_kind kind, const void *key,
			 uint32_t hash)
{
	const struct story_kind_ops *ops = &kind_ops[kind];
	struct match m = { .ops = ops, .key = key };
	unsigned char *items;
	size_t count, pos;

	items = items_of(story, kind, &count);
	m.items = items;
	pos = index_find(&story->priv->index[kind], hash, match_item, &m);
	return pos == INDEX_NONE ? NULL : items + pos * ops->size;
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
	return is_indexed(story, kind) ? find_hashed(story, kind, key, kind_ops[kind].hash(key))
				       : find_in_order(story, key);
}

static int resize_list(struct story *story, enum story_kind kind, size_t cap)
{
	size_t *ignored;
	void *list = list_of(story, kind, &ignored);
	void *items;

	memcpy(&items, list, sizeof(items));
	items = reallocarray(items, cap, kind_ops[kind].size);
	if (!items)
		return -ENOMEM;
	large_advise(items, cap * kind_ops[kind].size);
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
	size_t *count, size = kind_ops[kind].size;
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
	uint32_t hash = indexed ? kind_ops[kind].hash(key) : 0;
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
	item = items + (count - 1) * kind_ops[kind].size;
	memcpy(ret_item, &item, sizeof(item));
	return 1;
}

int story_reindex(struct story *story, enum story_kind kind)
{
	const struct story_kind_ops *ops = &kind_ops[kind];
	unsigned char *items;
	size_t count, i;
	int r = 0;

	items = items_of(story, kind, &count);
	index_reset(&story->priv->index[kind]);
	for (i = 0; r >= 0 && i < count; i++)
		r = index_add(&story->priv->index[kind], ops->hash(items + i * ops->size), i);
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

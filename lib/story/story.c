// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * story.c - records in, model out.
 *
 * Every list of the story is a "kind": an array, a key that tells its items
 * apart, and a hash index over that key. Taking in a record means: find or
 * append the item with the record's key, then merge. How to merge depends on
 * the type and is the only thing the add_*() functions differ in. Snapshots of
 * the crash keep the earliest record, observations keep the latest, by
 * CLOCK_MONOTONIC and not by arrival, so the order of streams does not matter.
 */
#include "lib/story/story.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/index.h"
#include "lib/base/large.h"
#include "lib/story/story_private.h"

/* Of a stream's records, about: what it takes in a file, entry and context descriptor. */
#define STREAM_RECORD_BYTES 240u

static uint32_t hash_u32(uint32_t hash, uint32_t value)
{
	return index_hash(hash, &value, sizeof(value));
}

static uint32_t hash_u64(uint32_t hash, uint64_t value)
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

void *story_item_find(const struct story *story, enum story_kind kind, const void *key)
{
	return story->priv ? find_hashed(story, kind, key, kind_ops[kind].hash(key)) : NULL;
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

/* Find the item with the key of @key, or append a copy of @key. 1 = it is new. */
static int take_item(struct story *story, enum story_kind kind, const void *key, void *ret_item)
{
	const struct story_kind_ops *ops = &kind_ops[kind];
	uint32_t hash = ops->hash(key);
	void *item = find_hashed(story, kind, key, hash);
	size_t *count;
	int r;

	if (item) {
		memcpy(ret_item, &item, sizeof(item));
		return 0;
	}
	r = grow_list(story, kind);
	if (r < 0)
		return r;
	(void)list_of(story, kind, &count);
	r = index_add(&story->priv->index[kind], hash, *count);
	if (r < 0)
		return r;
	(*count)++;
	item = items_of(story, kind, &(size_t){ 0 }) + (*count - 1) * ops->size;
	memcpy(item, key, ops->size);
	memcpy(ret_item, &item, sizeof(item));
	return 1;
}

void story_reindex(struct story *story, enum story_kind kind)
{
	const struct story_kind_ops *ops = &kind_ops[kind];
	unsigned char *items;
	size_t count, i;

	items = items_of(story, kind, &count);
	index_reset(&story->priv->index[kind]);
	/* No more entries than before the sort: there is room, this cannot fail. */
	for (i = 0; i < count; i++)
		(void)index_add(&story->priv->index[kind], ops->hash(items + i * ops->size), i);
}

/* @key is complete: nothing to merge. */
static int add_whole(struct story *story, enum story_kind kind, const void *key)
{
	void *item;
	int r = take_item(story, kind, key, &item);

	return r < 0 ? r : 0;
}

static bool known_boot(const struct rec_file *file)
{
	static const u8 none[sizeof(file->boot_id)];

	return memcmp(file->boot_id, none, sizeof(none)) != 0;
}

static void add_file(struct story *story, const struct rec_file *file, u64 mono_ns)
{
	struct story_private *priv = story->priv;

	priv->section_ns = mono_ns;
	if (known_boot(file)) {
		if (priv->boot_known && memcmp(priv->boot_id, file->boot_id, sizeof(priv->boot_id)))
			story->mixed_boots = true;
		memcpy(priv->boot_id, file->boot_id, sizeof(priv->boot_id));
		priv->boot_known = true;
	}
	if (file->producer == REC_PRODUCER_HELPER) {
		story->helper = *file;
		story->has_helper = true;
	} else if (file->producer == REC_PRODUCER_DAEMON) {
		story->daemon = *file;
		story->has_daemon = true;
	}
}

static int add_smmu(struct story *story, const struct rec *rec)
{
	struct story_smmu key = { .smmu = rec->smmu.smmu }, *smmu;
	int r = take_item(story, STORY_SMMUS, &key, &smmu);

	if (r < 0)
		return r;
	if (rec->smmu.phase == REC_PHASE_CRASH) {
		if (!smmu->has_crash || rec->mono_ns < smmu->crash_ns) {
			smmu->crash = rec->smmu;
			smmu->crash_ns = rec->mono_ns;
		}
		smmu->has_crash = true;
	} else {
		if (!smmu->has_now || rec->mono_ns >= smmu->now_ns) {
			smmu->now = rec->smmu;
			smmu->now_ns = rec->mono_ns;
			smmu->section_ns = story->priv->section_ns;
		}
		smmu->has_now = true;
	}
	return 0;
}

/* Most records are of streams, and those of one stream follow each other. */
static int take_stream(struct story *story, u32 smmu, u32 sid, struct story_stream **ret)
{
	size_t last = story->priv->last_stream;
	struct story_stream key;
	int r;

	if (last < story->n_streams && story->streams[last].smmu == smmu &&
	    story->streams[last].sid == sid) {
		*ret = &story->streams[last];
		return 0;
	}
	key = (struct story_stream){ .smmu = smmu, .sid = sid };
	r = take_item(story, STORY_STREAMS, &key, ret);
	if (r >= 0)
		story->priv->last_stream = (size_t)(*ret - story->streams);
	return r;
}

static int add_ste(struct story *story, const struct rec *rec)
{
	struct story_stream *stream;
	int r = take_stream(story, rec->ste.smmu, rec->ste.sid, &stream);

	if (r < 0)
		return r;
	if (rec->ste.phase == REC_PHASE_CRASH) {
		if (!stream->has_crash || rec->mono_ns < stream->crash_ns) {
			stream->crash = rec->ste;
			stream->crash_ns = rec->mono_ns;
		}
		stream->has_crash = true;
	} else {
		if (!stream->has_now || rec->mono_ns >= stream->now_ns) {
			stream->now = rec->ste;
			stream->now_ns = rec->mono_ns;
		}
		stream->has_now = true;
	}
	return 0;
}

/* Only the CD of SSID 0 has a place in the model: the one that plain DMA uses. */
static int add_cd(struct story *story, const struct rec *rec)
{
	struct story_stream *stream;
	int r;

	if (rec->cd.ssid)
		return 0;
	r = take_stream(story, rec->cd.smmu, rec->cd.sid, &stream);
	if (r < 0)
		return r;
	if (rec->cd.phase == REC_PHASE_CRASH) {
		if (!stream->has_crash_cd || rec->mono_ns < stream->crash_cd_ns) {
			stream->crash_cd = rec->cd;
			stream->crash_cd_ns = rec->mono_ns;
		}
		stream->has_crash_cd = true;
	} else {
		if (!stream->has_now_cd || rec->mono_ns >= stream->now_cd_ns) {
			stream->now_cd = rec->cd;
			stream->now_cd_ns = rec->mono_ns;
		}
		stream->has_now_cd = true;
	}
	return 0;
}

static int add_device(struct story *story, const struct rec *rec)
{
	struct story_device key = { .first = rec->device,
				    .last = rec->device,
				    .first_ns = rec->mono_ns,
				    .last_ns = rec->mono_ns };
	struct story_device *device;
	int r = take_item(story, STORY_DEVICES, &key, &device);

	if (r < 0)
		return r;
	if (rec->mono_ns < device->first_ns) {
		device->first = rec->device;
		device->first_ns = rec->mono_ns;
	}
	if (rec->mono_ns >= device->last_ns) {
		device->last = rec->device;
		device->last_ns = rec->mono_ns;
	}
	if ((rec->device.flags & REC_DEV_ATTACH_SEEN) && rec->device.attach_ns &&
	    (!device->attach_ns || rec->device.attach_ns < device->attach_ns))
		device->attach_ns = rec->device.attach_ns;
	return 0;
}

static int take_step(struct story *story, u32 step, u16 action, const char *device,
		     struct story_step **ret)
{
	struct story_step key = { .step = step };

	key.plan.step = step;
	key.plan.action = action;
	memcpy(key.plan.device, device, sizeof(key.plan.device));
	return take_item(story, STORY_STEPS, &key, ret);
}

static int add_plan(struct story *story, const struct rec *rec)
{
	struct story_step *step;
	int r = take_step(story, rec->plan.step, rec->plan.action, rec->plan.device, &step);

	if (r < 0)
		return r;
	step->plan = rec->plan;
	step->has_plan = true;
	return 0;
}

static int add_step(struct story *story, const struct rec *rec)
{
	struct story_step *step;
	int r = take_step(story, rec->step.step, rec->step.action, rec->step.device, &step);

	if (r < 0)
		return r;
	if (!step->begun || rec->mono_ns >= step->begin_ns) {
		step->begin = rec->step;
		step->begin_ns = rec->mono_ns;
	}
	step->begun = true;
	return 0;
}

static int add_result(struct story *story, const struct rec *rec)
{
	struct story_step *step;
	int r = take_step(story, rec->result.step, rec->result.action, rec->result.device, &step);

	if (r < 0)
		return r;
	if (!step->ended || rec->mono_ns >= step->end_ns) {
		step->result = rec->result;
		step->end_ns = rec->mono_ns;
	}
	step->ended = true;
	return 0;
}

static int add_stage(struct story *story, const struct rec *rec)
{
	struct story_stage key = { .stage = rec->stage, .mono_ns = rec->mono_ns };

	return add_whole(story, STORY_STAGES, &key);
}

static void add_usage(struct story *story, const struct rec *rec)
{
	if (!story->has_usage || rec->mono_ns >= story->priv->usage_ns) {
		story->usage = rec->usage;
		story->priv->usage_ns = rec->mono_ns;
	}
	story->has_usage = true;
}

static void add_channel(struct story *story, const struct rec *rec)
{
	u16 id = rec->channel.channel;

	if (id > REC_CHANNEL_MAX || rec->mono_ns < story->priv->channel_ns[id])
		return;
	story->channels[id] = rec->channel;
	story->priv->channel_ns[id] = rec->mono_ns;
}

static int add_record(struct story *story, const struct rec *rec)
{
	switch (rec->type) {
	case REC_FILE: add_file(story, &rec->file, rec->mono_ns); return 0;
	case REC_RANGE: return add_whole(story, STORY_RANGES, &rec->range);
	case REC_SMMU: return add_smmu(story, rec);
	/* Evidence for other verbs, no part of the model. */
	case REC_L1:
	case REC_QUEUE:
	case REC_NOTE:
	case REC_RMR_STREAM: return 0;
	case REC_STE: return add_ste(story, rec);
	case REC_CD: return add_cd(story, rec);
	case REC_RMR: return add_whole(story, STORY_RMRS, &rec->rmr);
	case REC_DEVICE: return add_device(story, rec);
	case REC_FINDING: return add_whole(story, STORY_FINDINGS, &rec->finding);
	case REC_PLAN: return add_plan(story, rec);
	case REC_STEP: return add_step(story, rec);
	case REC_RESULT: return add_result(story, rec);
	case REC_STAGE: return add_stage(story, rec);
	case REC_USAGE: add_usage(story, rec); return 0;
	case REC_CHANNEL: add_channel(story, rec); return 0;
	default: story->unknown++; return 0;
	}
}

static int make_private(struct story *story)
{
	if (!story->priv)
		story->priv = calloc(1, sizeof(*story->priv));
	return story->priv ? 0 : -ENOMEM;
}

int story_add(struct story *story, const struct rec *rec)
{
	int r = make_private(story);

	if (r < 0)
		return r;
	story->records++;
	return add_record(story, rec);
}

/* A "file" record is short, and checking a candidate costs its length: bound both. */
#define SECTION_BYTES_MAX 1024u
#define SECTION_CANDIDATES_MAX 4096u

bool story_next_section(struct rec_iter *it)
{
	unsigned int candidates = 0;
	struct rec_iter ahead;
	struct rec rec;
	size_t at;

	for (at = it->offset + 1; it->len >= REC_HEADER_BYTES && at <= it->len - REC_HEADER_BYTES;
	     at++) {
		if (core_ld32(it->data + at) != REC_MAGIC ||
		    core_ld16(it->data + at + 4) != REC_FILE ||
		    core_ld32(it->data + at + 8) > SECTION_BYTES_MAX)
			continue;
		if (++candidates > SECTION_CANDIDATES_MAX)
			return false;
		ahead = (struct rec_iter){ .data = it->data, .len = it->len, .offset = at };
		if (rec_next(&ahead, &rec) != REC_OK)
			continue;
		it->offset = at;
		return true;
	}
	return false;
}

int story_add_stream(struct story *story, const u8 *data, size_t len)
{
	struct rec_iter it = { .data = data, .len = len };
	enum rec_outcome outcome;
	size_t streams = len / STREAM_RECORD_BYTES;
	bool torn = false;
	struct rec rec;
	int r = make_private(story);

	/* A list that is expected to be long is not moved while it grows. */
	if (r >= 0 && streams > 1024 && !story->n_streams)
		r = resize_list(story, STORY_STREAMS,
				streams < STORY_MAX_ITEMS ? streams + 16 : STORY_MAX_ITEMS);
	if (r < 0)
		return r;
	do {
		while ((outcome = rec_next(&it, &rec)) == REC_OK) {
			r = story_add(story, &rec);
			if (r < 0)
				return r;
		}
		if (outcome == REC_END)
			return torn;
		torn = true;
		story->torn++;
		story->torn_offset = it.offset;
	} while (story_next_section(&it));
	return torn;
}

void story_clear(struct story *story)
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
	if (story->priv) {
		free(story->priv->owners);
		free(story->priv->acts);
	}
	free(story->priv);
	*story = (struct story){ 0 };
}

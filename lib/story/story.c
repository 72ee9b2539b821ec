// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * story.c - records in, model out.
 *
 * Taking in a record means: find or append the item with the record's key, then
 * merge. How to merge depends on the type and is the only thing the add_*()
 * functions differ in. Snapshots of the crash keep the earliest record,
 * observations keep the latest, by CLOCK_MONOTONIC and not by arrival, so the
 * order of streams does not matter.
 */
#include "lib/story/story.h"

#include <stdlib.h>
#include <string.h>

#include "core/rmr.h"
#include "lib/story/story_private.h"

/* Of a stream's records, about: what it takes in a file, entry and context descriptor. */
#define STREAM_RECORD_BYTES 240u

/* @key is complete: nothing to merge. */
static int add_whole(struct story *story, enum story_kind kind, const void *key)
{
	void *item;
	int r = story_item_take(story, kind, key, &item);

	return r < 0 ? r : 0;
}

/*
 * Of what the crash left, the earliest record counts. Is a record of time @ns earlier than the one
 * of time *@have? Then *@have becomes @ns.
 */
static bool is_earliest(bool has, u64 *have, u64 ns)
{
	bool ret = !has || ns < *have;

	if (ret)
		*have = ns;
	return ret;
}

/* The same for observations, of which the latest counts. */
static bool is_latest(bool has, u64 *have, u64 ns)
{
	bool ret = !has || ns >= *have;

	if (ret)
		*have = ns;
	return ret;
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
	priv->producer = file->producer;
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
	int r = story_item_take(story, STORY_SMMUS, &key, &smmu);

	if (r < 0)
		return r;
	if (rec->smmu.phase == REC_PHASE_CRASH) {
		if (is_earliest(smmu->has_crash, &smmu->crash_ns, rec->mono_ns))
			smmu->crash = rec->smmu;
		smmu->has_crash = true;
	} else {
		if (is_latest(smmu->has_now, &smmu->now_ns, rec->mono_ns)) {
			smmu->now = rec->smmu;
			smmu->section_ns = story->priv->section_ns;
		}
		smmu->has_now = true;
		story->devices_listed = true;
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
	r = story_item_take(story, STORY_STREAMS, &key, ret);
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
		if (is_earliest(stream->has_crash || stream->own_at_load, &stream->crash_ns,
				rec->mono_ns)) {
			stream->crash = rec->ste;
			stream->crash_effect = ste_effect_of(rec->ste.entry, rec->ste.raw);
		}
		stream->has_crash = true;
	} else {
		if (is_latest(stream->has_now, &stream->now_ns, rec->mono_ns)) {
			stream->now = rec->ste;
			stream->now_effect = ste_effect_of(rec->ste.entry, rec->ste.raw);
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
		if (is_earliest(stream->has_crash_cd, &stream->crash_cd_ns, rec->mono_ns))
			stream->crash_cd = rec->cd;
		stream->has_crash_cd = true;
	} else {
		if (is_latest(stream->has_now_cd, &stream->now_cd_ns, rec->mono_ns))
			stream->now_cd = rec->cd;
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
	int r = story_item_take(story, STORY_DEVICES, &key, &device);

	if (r < 0)
		return r;
	story->devices_listed |= story->priv->producer != REC_PRODUCER_DAEMON;
	if (is_earliest(true, &device->first_ns, rec->mono_ns))
		device->first = rec->device;
	if (is_latest(true, &device->last_ns, rec->mono_ns))
		device->last = rec->device;
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
	return story_item_take(story, STORY_STEPS, &key, ret);
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
	if (is_latest(step->begun, &step->begin_ns, rec->mono_ns))
		step->begin = rec->step;
	step->begun = true;
	return 0;
}

static int add_result(struct story *story, const struct rec *rec)
{
	struct story_step *step;
	int r = take_step(story, rec->result.step, rec->result.action, rec->result.device, &step);

	if (r < 0)
		return r;
	if (is_latest(step->ended, &step->end_ns, rec->mono_ns))
		step->result = rec->result;
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
	if (is_latest(story->has_usage, &story->priv->usage_ns, rec->mono_ns))
		story->usage = rec->usage;
	story->has_usage = true;
}

static void add_channel(struct story *story, const struct rec *rec)
{
	u16 id = rec->channel.channel;

	if (id <= REC_CHANNEL_MAX && is_latest(true, &story->priv->channel_ns[id], rec->mono_ns))
		story->channels[id] = rec->channel;
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
	case REC_NOTE: return 0;
	case REC_RMR_STREAM:
		/* It becomes known with the attach. */
		return rec->rmr_stream.direct == RMR_DIRECT_UNKNOWN
			       ? 0
			       : add_whole(story, STORY_DIRECTS, &rec->rmr_stream);
	case REC_STE: return add_ste(story, rec);
	case REC_CD: return add_cd(story, rec);
	case REC_RMR: return add_whole(story, STORY_RMRS, &rec->rmr);
	case REC_DEVICE: return add_device(story, rec);
	case REC_FINDING:
		story->devices_cut |= rec->finding.code == REC_FIND_DEVICES;
		return add_whole(story, STORY_FINDINGS, &rec->finding);
	case REC_PLAN: return add_plan(story, rec);
	case REC_STEP: return add_step(story, rec);
	case REC_RESULT: return add_result(story, rec);
	case REC_STAGE: return add_stage(story, rec);
	case REC_USAGE: add_usage(story, rec); return 0;
	case REC_CHANNEL: add_channel(story, rec); return 0;
	case REC_CRASHED:
		story->crashed = rec->crashed;
		story->has_crashed = true;
		return 0;
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
	int r = make_private(story);
	bool torn = false;
	struct rec rec;

	if (r >= 0)
		r = story_items_expect(story, STORY_STREAMS, len / STREAM_RECORD_BYTES);
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
	story_items_free(story);
	if (story->priv) {
		free(story->priv->owners);
		free(story->priv->acts);
		free(story->priv->facts);
	}
	free(story->priv);
	*story = (struct story){ 0 };
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * find.c - sorts and links a finished story, and looks up its items.
 *
 * Links between kinds are sorted arrays and one sweep each, never a loop in a loop: both lengths
 * are chosen by untrusted input.
 */
#include "lib/story/at_load.h"
#include "lib/story/refusal.h"
#include "lib/story/story.h"

#include <stdlib.h>
#include <string.h>

#include "lib/story/story_private.h"

static int order(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

static int order_smmus(const void *a, const void *b)
{
	return order(((const struct story_smmu *)a)->smmu, ((const struct story_smmu *)b)->smmu);
}

static int order_streams(const void *a, const void *b)
{
	return order(story_stream_order(a), story_stream_order(b));
}

static int order_stages(const void *a, const void *b)
{
	return order(((const struct story_stage *)a)->mono_ns,
		     ((const struct story_stage *)b)->mono_ns);
}

static u64 step_time(const struct story_step *step)
{
	return step->begun ? step->begin_ns : step->end_ns;
}

static int order_steps(const void *a, const void *b)
{
	const struct story_step *x = a, *y = b;
	int r = order(x->step, y->step);

	if (!r)
		r = order(step_time(x), step_time(y));
	if (!r)
		r = order(x->plan.action, y->plan.action);
	return r ? r : strcmp(x->plan.device, y->plan.device);
}

static u64 owner_key(const struct story_owner *owner)
{
	return (u64)owner->smmu << 32 | owner->sid;
}

static int order_owners(const void *a, const void *b)
{
	const struct story_owner *x = a, *y = b;
	int r = order(owner_key(x), owner_key(y));

	return r ? r : order(x->device, y->device);
}

static int order_rmrs(const void *a, const void *b)
{
	const struct rec_rmr *x = a, *y = b;
	int r = order((u64)x->smmu << 32 | x->sid_first, (u64)y->smmu << 32 | y->sid_first);

	return r ? r : order(x->base, y->base);
}

static int order_acts(const void *a, const void *b, void *priv)
{
	const struct story *story = priv;
	const struct story_step *x = &story->steps[*(const u32 *)a];
	const struct story_step *y = &story->steps[*(const u32 *)b];
	int r = strcmp(x->plan.device, y->plan.device);

	if (!r)
		r = order(x->plan.action, y->plan.action);
	if (!r)
		r = order(step_time(x), step_time(y));
	return r ? r : order(x->step, y->step);
}

/*
 * Most records come in order, and the items are large, so they are moved only when one is out of
 * order. Returns true if they were moved.
 */
static bool sort(void *items, size_t count, size_t size, int (*fn)(const void *, const void *))
{
	const u8 *p = items;
	size_t i;

	for (i = 1; i < count; i++, p += size) {
		if (fn(p, p + size) > 0) {
			qsort(items, count, size, fn);
			return true;
		}
	}
	return false;
}

/* Retries: a result older than the last begin belongs to an earlier attempt. */
static void settle_steps(struct story *story)
{
	struct story_device key, *device;
	size_t i;

	for (i = 0; i < story->n_steps; i++) {
		struct story_step *step = &story->steps[i];

		if (step->begun && step->ended && step->end_ns < step->begin_ns)
			step->ended = false;
		if (!step->has_plan || !step->plan.dump_path)
			continue;
		memcpy(key.first.name, step->plan.device, sizeof(key.first.name));
		device = story_item_find(story, STORY_DEVICES, &key);
		if (device)
			device->dump_path = true;
	}
}

/* Both lists ascend by (SMMU, StreamID): one sweep that remembers how far the RMRs so far reach. */
static void mark_rmr_streams(struct story *story)
{
	u64 reach = 0;
	u32 smmu = 0;
	size_t i, k = 0;

	for (i = 0; i < story->n_streams; i++) {
		struct story_stream *s = &story->streams[i];
		u64 here = (u64)s->smmu << 32 | s->sid;

		if (s->smmu != smmu) {
			smmu = s->smmu;
			reach = 0;
		}
		for (; k < story->n_rmrs; k++) {
			const struct rec_rmr *r = &story->rmrs[k];

			if (((u64)r->smmu << 32 | r->sid_first) > here)
				break;
			if (r->smmu == smmu && (u64)r->sid_first + r->sid_count > reach)
				reach = (u64)r->sid_first + r->sid_count;
		}
		s->rmr = s->sid < reach;
	}
}

static size_t device_owners(const struct rec_device *rec, u32 device, struct story_owner *ret)
{
	u32 i, count = rec->sid_count < REC_DEVICE_SIDS ? rec->sid_count : REC_DEVICE_SIDS;

	for (i = 0; i < count; i++)
		ret[i] = (struct story_owner){ rec->smmu, rec->sids[i], device };
	return count;
}

/* Streams and owners both ascend by (SMMU, StreamID). */
static void link_devices(struct story *story)
{
	const struct story_owner *owner = story->priv->owners, *end = owner + story->priv->n_owners;
	size_t i;

	for (i = 0; i < story->n_streams; i++) {
		struct story_stream *s = &story->streams[i];

		while (owner < end && owner_key(owner) < story_stream_order(s))
			owner++;
		s->device_at = owner < end && owner_key(owner) == story_stream_order(s)
				       ? owner->device + 1
				       : 0;
	}
}

/*
 * A device may be recorded without StreamIDs (by the daemon alone) before or after a record with
 * them.
 */
static int link_owners(struct story *story)
{
	struct story_private *priv = story->priv;
	struct story_owner *owners;
	size_t i, n = 0;

	owners = calloc(story->n_devices ? story->n_devices : 1,
			2 * REC_DEVICE_SIDS * sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	for (i = 0; i < story->n_devices; i++) {
		n += device_owners(&story->devices[i].first, (u32)i, owners + n);
		n += device_owners(&story->devices[i].last, (u32)i, owners + n);
	}
	(void)sort(owners, n, sizeof(*owners), order_owners);
	free(priv->owners);
	priv->owners = owners;
	priv->n_owners = n;
	link_devices(story);
	return 0;
}

static int link_acts(struct story *story)
{
	struct story_private *priv = story->priv;
	u32 *acts = calloc(story->n_steps ? story->n_steps : 1, sizeof(*acts));
	size_t i;

	if (!acts)
		return -ENOMEM;
	for (i = 0; i < story->n_steps; i++)
		acts[i] = (u32)i;
	if (story->n_steps)
		qsort_r(acts, story->n_steps, sizeof(*acts), order_acts, story);
	free(priv->acts);
	priv->acts = acts;
	priv->n_acts = story->n_steps;
	return 0;
}

/*
 * Each section of the helper lists all devices of its SMMU, with the section's
 * time or a later one. A torn stream may have lost a part of the list.
 */
static void mark_vanished(struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		struct story_device *d = &story->devices[i];
		const struct story_smmu *smmu = story_find_smmu(story, d->last.smmu);

		d->vanished =
			smmu && smmu->has_now && d->last_ns < smmu->section_ns && !story->torn;
	}
}

/*
 * Take over what findings say about a device's driver. Devices may share a StreamID or have none,
 * so the device's name at the begin of the text is used.
 */
static void mark_drivers(struct story *story)
{
	struct story_device key, *device;
	size_t i, len;

	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];

		len = strcspn(f->text, " ");
		if ((f->code != REC_FIND_NO_DRIVER && f->code != REC_FIND_EARLY) ||
		    len >= sizeof(key.first.name))
			continue;
		memcpy(key.first.name, f->text, len);
		key.first.name[len] = 0;
		device = story_item_find(story, STORY_DEVICES, &key);
		if (!device)
			continue;
		device->no_driver |= f->code == REC_FIND_NO_DRIVER;
		device->had_driver |= f->code == REC_FIND_EARLY && f->severity != REC_SEV_INFO;
	}
}

static struct story_stream *stream_of(struct story *story, u32 smmu, u32 sid)
{
	struct story_stream key = { .smmu = smmu, .sid = sid };

	return story_item_find(story, STORY_STREAMS, &key);
}

/* Mark the StreamIDs that, according to findings, belong to virtual functions which are off. */
static void mark_vf_off(struct story *story)
{
	u32 k, budget = STORY_MAX_ITEMS;
	struct story_stream *stream;
	size_t i;

	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];

		if (f->code != REC_FIND_VF_OFF || f->sid == REC_NO_SID)
			continue;
		for (k = 0; (!k || k < f->sid_count) && budget; k++, budget--) {
			stream = stream_of(story, f->smmu, f->sid + k * f->sid_stride);
			if (stream)
				stream->vf_off = true;
		}
	}
}

/*
 * Helper and daemon both report a stream without a device: keep one of the findings, and none for
 * a virtual function that was switched off.
 */
static void drop_repeated_findings(struct story *story)
{
	struct story_stream *stream;
	size_t i, n = 0;

	for (i = 0; i < story->n_streams; i++)
		story->streams[i].no_device = false;
	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];

		if (f->code == REC_FIND_NO_DEVICE) {
			stream = stream_of(story, f->smmu, f->sid);
			if (stream && (stream->no_device || stream->vf_off))
				continue;
			if (stream)
				stream->no_device = true;
		}
		story->findings[n++] = *f;
	}
	story->n_findings = n;
	(void)story_reindex(story, STORY_FINDINGS);
}

/* Decode once what all readers ask of an SMMU. */
static void decode_smmus(struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_smmus; i++) {
		struct story_smmu *s = &story->smmus[i];
		const struct rec_smmu *rec =
			s->has_crash && (s->crash.evidence & ADOPT_EV_REGS) ? &s->crash : &s->now;

		s->own_table = s->has_crash && (!(s->crash.evidence & ADOPT_EV_KDUMP) ||
						(s->crash.evidence & ADOPT_EV_STRTAB_CAPTURE));
		s->has_geom = rec->evidence & ADOPT_EV_REGS;
		if (s->has_geom)
			(void)geom_decode(&rec->regs, &s->geom);
	}
}

/*
 * Link the streams to their SMMUs. One that is off uses no entry: forget what a look found in
 * place of one.
 */
static void link_smmus(struct story *story)
{
	const struct story_smmu *smmu;
	size_t i;

	for (i = 0; i < story->n_streams; i++) {
		struct story_stream *stream = &story->streams[i];

		smmu = story_find_smmu(story, stream->smmu);
		stream->smmu_at = smmu ? (u32)(smmu - story->smmus) + 1 : 0;
		if (stream->has_now && stream->now.entry == REC_ENTRY_NO_TABLE && smmu &&
		    smmu->has_now && smmu->now.state == ADOPT_DISABLED)
			stream->has_now = false;
	}
}

int story_finish(struct story *story)
{
	int r;

	if (!story->priv)
		return 0;
	facts_drop(story);
	if (story->priv->mixed_streams)
		(void)sort(story->streams, story->n_streams, sizeof(*story->streams),
			   order_streams);
	story->priv->mixed_streams = false;
	/* A sort adds no entries: there is room in the index, so that indexing cannot fail. */
	if (sort(story->smmus, story->n_smmus, sizeof(*story->smmus), order_smmus))
		(void)story_reindex(story, STORY_SMMUS);
	if (sort(story->steps, story->n_steps, sizeof(*story->steps), order_steps))
		(void)story_reindex(story, STORY_STEPS);
	if (sort(story->rmrs, story->n_rmrs, sizeof(*story->rmrs), order_rmrs))
		(void)story_reindex(story, STORY_RMRS);
	/* The helper's copy of the journal lacks records from before it was loaded. */
	if (sort(story->stages, story->n_stages, sizeof(*story->stages), order_stages))
		(void)story_reindex(story, STORY_STAGES);
	settle_steps(story);
	decode_smmus(story);
	link_smmus(story);
	mark_rmr_streams(story);
	mark_vanished(story);
	mark_drivers(story);
	mark_vf_off(story);
	drop_repeated_findings(story);
	refusal_explain(story);
	r = link_owners(story);
	if (r >= 0)
		r = link_acts(story);
	if (r >= 0)
		r = at_load_mark(story);
	return r < 0 ? r : facts_make(story);
}

const struct story_smmu *story_find_smmu(const struct story *story, u32 smmu)
{
	struct story_smmu key;
	size_t i;

	/*
	 * A machine has few SMMUs, and this is called for each stream: try a linear search first.
	 */
	for (i = 0; i < story->n_smmus && i < 8; i++)
		if (story->smmus[i].smmu == smmu)
			return &story->smmus[i];
	key = (struct story_smmu){ .smmu = smmu };
	return story_item_find(story, STORY_SMMUS, &key);
}

const struct story_stream *story_find_stream(const struct story *story, u32 smmu, u32 sid)
{
	struct story_stream key = { .smmu = smmu, .sid = sid };

	return story_item_find(story, STORY_STREAMS, &key);
}

const struct story_device *story_find_device(const struct story *story, const char *name)
{
	struct story_device key = { 0 };
	size_t len = strlen(name);

	if (len >= sizeof(key.first.name))
		return NULL;
	memcpy(key.first.name, name, len);
	return story_item_find(story, STORY_DEVICES, &key);
}

const struct rec_rmr_stream *story_find_direct(const struct story *story, u32 smmu, u32 sid,
					       u64 base)
{
	struct rec_rmr_stream key = { .smmu = smmu, .sid = sid, .base = base };

	return story_item_find(story, STORY_DIRECTS, &key);
}

const struct story_device *story_device_of(const struct story *story, u32 smmu, u32 sid)
{
	struct story_owner key = { smmu, sid, 0 };
	const struct story_private *priv = story->priv;
	size_t low = 0, high = priv ? priv->n_owners : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (order_owners(&priv->owners[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!priv || low >= priv->n_owners || priv->owners[low].smmu != smmu ||
	    priv->owners[low].sid != sid)
		return NULL;
	return &story->devices[priv->owners[low].device];
}

const struct story_step *story_step_of(const struct story *story, const char *device, u32 action)
{
	const struct story_private *priv = story->priv;
	size_t low = 0, high = priv ? priv->n_acts : 0;
	const struct story_step *step;
	int r;

	/* Find the first step behind (device, action); the wanted one is just before it. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		step = &story->steps[priv->acts[mid]];
		r = strcmp(step->plan.device, device);
		if (r < 0 || (!r && step->plan.action <= action))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	step = &story->steps[priv->acts[low - 1]];
	return strcmp(step->plan.device, device) || step->plan.action != action ? NULL : step;
}

bool story_stream_was_live(const struct story_stream *stream)
{
	return stream->has_crash && ste_effect_is_live(stream->crash_effect);
}

bool story_stream_changed(const struct story_stream *stream)
{
	if (!(stream->has_crash || stream->own_at_load) || stream->crash.entry != REC_ENTRY_READ ||
	    !stream->has_now || stream->now.entry != REC_ENTRY_READ)
		return false;
	return memcmp(stream->crash.raw, stream->now.raw, sizeof(stream->crash.raw)) != 0;
}

const u8 *story_boot_id(const struct story *story)
{
	static const u8 none[sizeof(story->helper.boot_id)];

	if (story->has_helper && memcmp(story->helper.boot_id, none, sizeof(none)) != 0)
		return story->helper.boot_id;
	if (story->has_daemon && memcmp(story->daemon.boot_id, none, sizeof(none)) != 0)
		return story->daemon.boot_id;
	return NULL;
}

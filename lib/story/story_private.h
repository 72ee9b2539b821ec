/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * story_private.h - what story.c (taking in), items.c (lists) and find.c (links and
 * look-ups) share. Nobody else includes it.
 */
#ifndef LIB_STORY_STORY_PRIVATE_H
#define LIB_STORY_STORY_PRIVATE_H

#include "lib/base/index.h"
#include "lib/story/story.h"

enum story_kind {
	STORY_SMMUS,
	STORY_STREAMS,
	STORY_DEVICES,
	STORY_STEPS,
	STORY_STAGES,
	STORY_RMRS,
	STORY_DIRECTS,
	STORY_FINDINGS,
	STORY_RANGES,
	STORY_KINDS,
};

/* StreamID to device, sorted; equal StreamIDs in order of the devices' arrival. */
struct story_owner {
	u32 smmu, sid, device;
};

struct story_private {
	struct index index[STORY_KINDS];
	size_t cap[STORY_KINDS];
	size_t last_stream; /* position of the one that a record was of last */
	bool mixed_streams; /* they did not come in order: their index is used */
	u64 usage_ns;
	u64 channel_ns[REC_CHANNEL_MAX + 1];
	u64 section_ns; /* of the last "file" record */
	u16 producer;	/* likewise */
	u8 boot_id[16];
	bool boot_known;

	/* Made by story_finish(). */
	struct story_owner *owners;
	size_t n_owners;
	u32 *acts; /* positions of steps, sorted by device, action, time */
	size_t n_acts;
	struct report_device *facts; /* of the devices, in their order */
};

/* Streams are sorted by this. */
static inline u64 story_stream_order(const struct story_stream *s)
{
	return (u64)s->smmu << 32 | s->sid;
}

/* The item of @kind with the key of @key, or NULL. */
void *story_item_find(const struct story *story, enum story_kind kind, const void *key);
/*
 * The same, or append a copy of @key. @ret_item: pointer to a pointer to the item. 1 = it is new,
 * 0, -ENOMEM or -E2BIG.
 */
int story_item_take(struct story *story, enum story_kind kind, const void *key, void *ret_item);
/* Room for @count items of @kind at once, so that a long list is not moved while it grows. */
int story_items_expect(struct story *story, enum story_kind kind, size_t count);
void story_items_free(struct story *story);
/* Make the index of @kind anew, after its array was sorted. 0 or -ENOMEM. */
int story_reindex(struct story *story, enum story_kind kind);

/* Drop the facts of devices; make them, after all links: 0 or -ENOMEM. Parts of story_finish(). */
void facts_drop(struct story *story);
int facts_make(struct story *story);

#endif

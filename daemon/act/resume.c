// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resume.c - one item per device and action, kept up to date record by record.
 */
#include "daemon/act/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"

#define JOURNAL_BYTES_MAX (64ull << 20)
#define ITEMS_MAX 200000u

struct key {
	const struct resume *resume;
	const char *device;
	u16 action;
};

static bool same_item(const void *priv, size_t pos)
{
	const struct key *key = priv;
	const struct resume_item *item = &key->resume->items[pos];

	return item->action == key->action && strcmp(item->device, key->device) == 0;
}

static uint32_t hash_of(const char *device, u16 action)
{
	return index_hash(index_hash(INDEX_HASH_START, device, strlen(device)), &action,
			  sizeof(action));
}

static struct resume_item *find(const struct resume *resume, const char *device, u16 action)
{
	struct key key = { .resume = resume, .device = device, .action = action };
	size_t pos = index_find(&resume->index, hash_of(device, action), same_item, &key);

	return pos == INDEX_NONE ? NULL : &resume->items[pos];
}

const struct resume_item *resume_find(const struct resume *resume, const char *device,
				      enum rec_action action)
{
	return find(resume, device, (u16)action);
}

static int find_or_add(struct resume *resume, const char *device, u16 action,
		       struct resume_item **ret)
{
	struct resume_item *items;
	size_t cap;

	*ret = find(resume, device, action);
	if (*ret)
		return 0;
	if (resume->count == ITEMS_MAX)
		return -E2BIG;
	if (resume->count == resume->cap) {
		cap = resume->cap ? resume->cap * 2 : 64;
		items = realloc(resume->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		resume->items = items;
		resume->cap = cap;
	}
	*ret = &resume->items[resume->count];
	memset(*ret, 0, sizeof(**ret));
	memcpy((*ret)->device, device, strnlen(device, sizeof((*ret)->device) - 1));
	(*ret)->action = action;
	return index_add(&resume->index, hash_of((*ret)->device, action), resume->count++);
}

/* After a release other drivers may have switched bus mastering on again. */
static void forget_quiesced(struct resume *resume)
{
	size_t i;

	for (i = 0; i < resume->count; i++) {
		struct resume_item *item = &resume->items[i];

		if (item->action != REC_ACT_QUIESCE && item->action != REC_ACT_FLR &&
		    item->action != REC_ACT_DOMAIN)
			continue;
		item->ended = false;
		item->tries = 0;
	}
}

int resume_add(struct resume *resume, const struct rec *rec)
{
	struct resume_item *item;
	int rc;

	resume->records++;
	switch (rec->type) {
	case REC_STAGE:
		if (rec->stage.stage == REC_STAGE_START || rec->stage.stage == REC_STAGE_RELEASED)
			resume->fresh_at = resume->records;
		resume->runs += rec->stage.stage == REC_STAGE_START;
		resume->gave_back |= rec->stage.stage == REC_STAGE_GIVING_BACK;
		if (rec->stage.stage == REC_STAGE_RELEASED) {
			resume->released = true;
			forget_quiesced(resume);
		}
		return 0;
	case REC_STEP:
		rc = find_or_add(resume, rec->step.device, rec->step.action, &item);
		if (rc < 0)
			return rc;
		item->tries++;
		item->ended = false;
		item->at = resume->records;
		return 0;
	case REC_RESULT:
		rc = find_or_add(resume, rec->result.device, rec->result.action, &item);
		if (rc < 0)
			return rc;
		item->tries = 0;
		item->ended = true;
		item->outcome = rec->result.outcome;
		item->error = rec->result.error;
		return 0;
	default: return 0;
	}
}

static int take_record(void *priv, const struct rec *rec)
{
	return resume_add(priv, rec);
}

int resume_read(struct resume *resume, const struct fsroot *root)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	struct recread_info info;
	int rc;

	if (fd < 0)
		return fd;
	rc = recread_fd(fd, JOURNAL_BYTES_MAX, take_record, resume, NULL, &info);
	if (rc < 0)
		resume_clear(resume);
	return rc < 0 ? rc : 0;
}

void resume_clear(struct resume *resume)
{
	free(resume->items);
	index_free(&resume->index);
	memset(resume, 0, sizeof(*resume));
}

u32 resume_tries(const struct resume *resume, const char *device, enum rec_action action)
{
	const struct resume_item *item = resume_find(resume, device, action);

	return item ? item->tries : 0;
}

bool resume_has_hold(const struct resume *resume, const char *device)
{
	const struct resume_item *hold = resume_find(resume, device, REC_ACT_HOLD);
	const struct resume_item *bind = resume_find(resume, device, REC_ACT_BIND);
	const struct resume_item *release = resume_find(resume, device, REC_ACT_RELEASE);

	if (!hold || (hold->ended && hold->outcome != REC_STEP_DONE) || hold->at < resume->fresh_at)
		return false;
	return (!bind || bind->at < hold->at) && (!release || release->at < hold->at);
}

static bool is_settled(const struct resume *resume, const char *device, enum rec_action action)
{
	const struct resume_item *item = resume_find(resume, device, action);

	return item && (item->ended || item->tries >= RESUME_TRIES_MAX);
}

bool resume_is_spent(const struct resume *resume, const char *device)
{
	return is_settled(resume, device, REC_ACT_BIND) ||
	       is_settled(resume, device, REC_ACT_RELEASE);
}

static bool has_left_child(const struct resume_item *item)
{
	return item && item->ended && item->outcome != REC_STEP_FAILED &&
	       item->outcome != REC_STEP_SKIPPED;
}

bool resume_is_on_its_way(const struct resume *resume, const char *device)
{
	return has_left_child(resume_find(resume, device, REC_ACT_BIND)) ||
	       has_left_child(resume_find(resume, device, REC_ACT_RELEASE));
}

void resume_inventory(const struct resume *resume, struct inventory *inv)
{
	const struct resume_item *item;
	u32 d;

	for (d = 0; d < inv->count; d++) {
		item = resume_find(resume, inv->devices[d].name, REC_ACT_BIND);
		/*
		 * A bind that only began counts as well: the daemon may have died before it could
		 * write the end.
		 */
		inv->devices[d].ours = inv->devices[d].bound && item &&
				       (!item->ended || item->outcome == REC_STEP_DONE);
		inv->devices[d].given_back =
			inv->devices[d].bound && !inv->devices[d].ours &&
			(resume->released ||
			 is_settled(resume, inv->devices[d].name, REC_ACT_RELEASE));
		item = resume_find(resume, inv->devices[d].name, REC_ACT_HOLD);
		inv->devices[d].stopped = inv->devices[d].bound && !inv->devices[d].ours &&
					  !inv->devices[d].given_back && item && item->ended &&
					  item->outcome == REC_STEP_DONE;
	}
}

static bool is_left(const struct resume *resume, const char *device, enum rec_action action)
{
	const struct resume_item *item;

	switch (action) {
	case REC_ACT_HOLD:
	case REC_ACT_KEEP:
		/*
		 * A device that was given back, or that a run tried to give back, is neither held
		 * again nor kept.
		 */
		return !resume_is_spent(resume, device);
	case REC_ACT_QUIESCE:
	case REC_ACT_FLR:
	case REC_ACT_DOMAIN:
		/* Not held any more, so a driver may be on its way. */
		return !is_settled(resume, device, action) && !resume_is_spent(resume, device);
	case REC_ACT_LOAD:
	case REC_ACT_BIND:
	case REC_ACT_RELEASE: return !is_settled(resume, device, action);
	case REC_ACT_VERIFY:
		item = resume_find(resume, device, action);
		return !item || !item->ended || item->outcome != REC_STEP_DONE;
	default: return true;
	}
}

/*
 * The device is still held, so the step that should give it back had no effect. The step is tried
 * once more, unless two daemons died in it or it did its part.
 */
static bool is_left_held(const struct resume *resume, const char *device, enum rec_action action)
{
	const struct resume_item *item = resume_find(resume, device, action);

	if (action == REC_ACT_KEEP)
		return !resume_is_on_its_way(resume, device);
	if (!item)
		return true;
	if (!item->ended)
		return item->tries < RESUME_TRIES_MAX;
	switch (action) {
	case REC_ACT_BIND:
	case REC_ACT_RELEASE: return !has_left_child(item);
	case REC_ACT_DOMAIN:
	case REC_ACT_LOAD:
		return item->outcome != REC_STEP_DONE && item->outcome != REC_STEP_FAILED;
	default: return action == REC_ACT_VERIFY && item->outcome != REC_STEP_DONE;
	}
}

/* Its driver came after it was quiesced, and switched bus mastering on. */
static bool is_done_anew(const struct resume *resume, const struct plan_step *step,
			 const struct inv_device *dev)
{
	return step->action == REC_ACT_QUIESCE && dev->bound && !dev->stopped &&
	       resume_tries(resume, dev->name, REC_ACT_QUIESCE) < RESUME_TRIES_MAX;
}

void resume_plan(const struct resume *resume, struct plan *plan, u32 first,
		 const struct inventory *inv)
{
	u32 from, to = first;

	if (!resume->count)
		return;
	for (from = first; from < plan->count; from++) {
		const struct plan_step *step = &plan->steps[from];
		const struct inv_device *dev = &inv->devices[step->device];

		if ((dev->held ? is_left_held : is_left)(resume, dev->name, step->action) ||
		    is_done_anew(resume, step, dev))
			plan->steps[to++] = *step;
	}
	plan->count = to;
}

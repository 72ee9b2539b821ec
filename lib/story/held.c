// SPDX-License-Identifier: LGPL-2.1-or-later
/* held.c - see held.h. */
#include "lib/story/held.h"

#include <string.h>

bool held_outcome_is(const struct story_step *step, u16 outcome)
{
	return step && step->ended && step->result.outcome == outcome;
}

bool held_is_gone(const struct story *story, const struct story_device *device)
{
	u32 action;

	if (device->vanished)
		return true;
	for (action = REC_ACT_HOLD; action <= REC_ACT_MAX; action++)
		if (held_outcome_is(story_step_of(story, device->first.name, action),
				    REC_STEP_GONE))
			return true;
	return false;
}

bool held_early(const struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_stages; i++) {
		const struct rec_stage *s = &story->stages[i].stage;

		/* What a run says under that name is that some were given back. */
		if (s->stage == REC_STAGE_START)
			return false;
		if (s->stage == REC_STAGE_EARLY)
			return !s->error;
	}
	return false;
}

/* When were all holds given back, at or after @ns? 0: never. */
static u64 released_after(const struct story *story, u64 ns)
{
	u64 first = 0;
	size_t i;

	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		if (s->stage.stage == REC_STAGE_RELEASED && s->mono_ns >= ns &&
		    (!first || s->mono_ns < first))
			first = s->mono_ns;
	}
	return first;
}

/*
 * Was the hold cleared by @step, which came after @keep? By a bind that was tried, whatever it
 * came to; by a release (@must_work) unless it failed.
 */
static bool clears_hold(const struct story_step *step, const struct story_step *keep,
			bool must_work)
{
	if (!step || !(step->begun || step->ended) || step->step < keep->step ||
	    held_outcome_is(step, REC_STEP_SKIPPED))
		return false;
	return !must_work || (step->ended && !held_outcome_is(step, REC_STEP_FAILED) &&
			      !held_outcome_is(step, REC_STEP_TIMEOUT));
}

const struct story_step *held_keep(const struct story *story, const char *name)
{
	const struct story_step *keep = story_step_of(story, name, REC_ACT_KEEP);

	return keep && clears_hold(story_step_of(story, name, REC_ACT_BIND), keep, false) ? NULL
											  : keep;
}

bool held_is(const struct story *story, const char *name)
{
	const struct story_step *hold = story_step_of(story, name, REC_ACT_HOLD);
	const struct story_step *keep = held_keep(story, name);
	const struct story_step *last = keep && keep->ended ? keep : hold;
	u64 since = last && last->ended ? last->end_ns : 0;

	if (!keep || (since && !held_outcome_is(last, REC_STEP_DONE)))
		return false;
	return !clears_hold(story_step_of(story, name, REC_ACT_RELEASE), keep, true) &&
	       !released_after(story, since);
}

/* Nothing was done since @quiesce that could have switched it on again. */
static bool stays_off(const struct story *story, const struct story_device *device,
		      const struct story_step *quiesce)
{
	const char *name = device->first.name;
	const struct story_step *flr = story_step_of(story, name, REC_ACT_FLR);

	if (held_is(story, name))
		return true;
	return !device->last.driver[0] &&
	       !clears_hold(story_step_of(story, name, REC_ACT_BIND), quiesce, false) &&
	       !clears_hold(story_step_of(story, name, REC_ACT_RELEASE), quiesce, true) &&
	       !released_after(story, quiesce->end_ns) &&
	       !(held_outcome_is(flr, REC_STEP_FAILED) && flr->end_ns >= quiesce->end_ns);
}

int held_bus_master(const struct story *story, const struct story_device *device)
{
	const struct story_step *quiesce =
		story_step_of(story, device->first.name, REC_ACT_QUIESCE);

	if (held_outcome_is(quiesce, REC_STEP_DONE) && quiesce->end_ns > device->last_ns)
		return stays_off(story, device, quiesce) ? 0 : -1;
	if (!(device->last.flags & REC_DEV_CONFIG))
		return -1;
	return !!(device->last.flags & REC_DEV_BUS_MASTER);
}

bool held_on_again(const struct story *story, const struct story_device *device, u64 *ret_ns)
{
	const char *name = device->first.name;
	const struct story_step *quiesce = story_step_of(story, name, REC_ACT_QUIESCE);
	const struct story_step *release = story_step_of(story, name, REC_ACT_RELEASE);
	int master = held_bus_master(story, device);
	bool has_driver = device->last.driver[0];

	*ret_ns = 0;
	if (!held_outcome_is(quiesce, REC_STEP_DONE) || !master)
		return false;
	if (has_driver && clears_hold(story_step_of(story, name, REC_ACT_BIND), quiesce, false))
		return false;
	*ret_ns = clears_hold(release, quiesce, true) ? release->end_ns
						      : released_after(story, quiesce->end_ns);
	/* Giving a hold back switches it on under a driver; without one that takes another probe.
	 */
	return master > 0 || (*ret_ns && has_driver);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stages.c - finds out how far the daemon came.
 */
#include "lib/story/facts.h"

#include "lib/story/held.h"

const struct story_stage *report_last_stage(const struct story *story)
{
	const struct story_stage *last = NULL;
	size_t i;

	for (i = 0; i < story->n_stages; i++)
		if (!last || story->stages[i].mono_ns >= last->mono_ns)
			last = &story->stages[i];
	return last;
}

bool report_stage_over(const struct story *story)
{
	const struct story_stage *last = report_last_stage(story);

	switch (last ? last->stage.stage : 0) {
	case REC_STAGE_DONE:
	case REC_STAGE_ASIDE:
	case REC_STAGE_ABORTED:
	case REC_STAGE_RELEASED:
	case REC_STAGE_PUBLISHED: return true;
	default: return false;
	}
}

const struct story_step *report_step_running(const struct story *story)
{
	const struct story_step *found = NULL;
	size_t i;

	for (i = 0; i < story->n_steps && !report_stage_over(story); i++)
		if (story->steps[i].begun && !story->steps[i].ended)
			found = &story->steps[i];
	return found;
}

void report_recorded(const struct story *story, u64 *ret_from, u64 *ret_to)
{
	u64 a = story->has_daemon ? story->daemon.wall_s : 0;
	u64 b = story->has_helper ? story->helper.wall_s : 0;

	*ret_from = a && (!b || a < b) ? a : b;
	*ret_to = a > b ? a : b;
}

struct report_steps report_count_steps(const struct story *story)
{
	struct report_steps n = { .all = story->n_steps };
	size_t i;

	for (i = 0; i < story->n_steps; i++) {
		const struct story_step *s = &story->steps[i];

		n.ended += s->ended;
		n.left += s->has_plan && !s->begun && !s->ended;
		n.failed +=
			held_outcome_is(s, REC_STEP_FAILED) || held_outcome_is(s, REC_STEP_TIMEOUT);
		n.pending += held_outcome_is(s, REC_STEP_PENDING);
	}
	return n;
}

const char *report_steps_text(struct strbuf *ret, const struct report_steps *steps)
{
	strbuf_printf(ret, "%zu of %zu ended", steps->ended, steps->all);
	if (steps->failed)
		strbuf_printf(ret, ", %zu of them failed", steps->failed);
	if (steps->pending)
		strbuf_printf(ret, ", %zu of them pending: no effect seen yet", steps->pending);
	return strbuf_text(ret);
}

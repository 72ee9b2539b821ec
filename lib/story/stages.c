// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * stages.c - how far the daemon came.
 */
#include "lib/story/facts.h"

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

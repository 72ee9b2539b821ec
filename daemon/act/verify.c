// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * verify.c - what became of a bind.
 *
 * "Attached" means that hardware runs another STE than the crash left. A driver
 * that is bound but not attached yet is PENDING, which is normal: e1000e
 * attaches when its interface is opened.
 */
#include <string.h>

#include "daemon/act/act.h"
#include "lib/base/clock.h"

#define VERIFY_POLL_MS 20

static void journal_sight(struct act *act, const struct act_sight *sight)
{
	struct rec rec = { .type = REC_DEVICE };
	u32 i;

	rec.device = sight->device;
	journal_write(act->journal, &rec);
	for (i = 0; i < sight->n_stes; i++) {
		rec.type = REC_STE;
		rec.ste = sight->ste[i];
		journal_write(act->journal, &rec);
	}
}

static bool ste_changed(const struct act *act, const struct rec_ste *ste)
{
	const struct story_stream *stream = story_find_stream(act->story, ste->smmu, ste->sid);

	if (!stream || !stream->has_crash || stream->crash.entry != REC_ENTRY_READ)
		return false;
	return ste->entry == REC_ENTRY_READ &&
	       memcmp(stream->crash.raw, ste->raw, sizeof(ste->raw));
}

bool act_ste_changed(const struct act *act, const struct act_sight *sight)
{
	u32 i;

	for (i = 0; i < sight->n_stes; i++)
		if (ste_changed(act, &sight->ste[i]))
			return true;
	return false;
}

/* The attach, from hardware first, then from what the kernel says. NULL: not yet. */
static const char *attach_evidence(const struct act *act, const struct act_sight *sight)
{
	if (act_ste_changed(act, sight))
		return "attached: the STE changed";
	if (sight->device.flags & REC_DEV_ATTACH_SEEN)
		return "attached: the helper saw it";
	if ((sight->device.flags & (REC_DEV_GROUP | REC_DEV_DEFERRED)) == REC_DEV_GROUP)
		return "attached: the kernel does not defer it";
	return NULL;
}

void act_do_verify(struct act *act, const struct plan_step *step)
{
	const struct inv_device *dev = &act->inv->devices[step->device];
	struct act_device *state = &act->devices[step->device];
	uint64_t from = state->bound_ns ? state->bound_ns : act->ops->now_ns(act->ops_priv);
	uint64_t deadline = from + clock_ms(step->deadline_ms);
	struct act_open_step open;
	struct act_sight sight;
	const char *evidence;
	int rc;

	if (deadline > act->end_ns)
		deadline = act->end_ns;
	act_begin(act, step, clock_left_ms(act->ops->now_ns(act->ops_priv), deadline), &open);
	if (!dev->bound && !state->bound_ns) {
		act_end(act, &open, REC_STEP_SKIPPED, 0, "not bound");
		return;
	}
	for (;;) {
		rc = act->ops->look(act->ops_priv, dev, &sight);
		evidence = rc == 0 ? attach_evidence(act, &sight) : NULL;
		if (rc < 0 || evidence || act->ops->now_ns(act->ops_priv) >= deadline)
			break;
		act->ops->sleep_ms(act->ops_priv, VERIFY_POLL_MS);
	}
	if (rc == 0)
		journal_sight(act, &sight);
	if (rc < 0)
		act_end_by_errno(act, &open, rc, "");
	else if (evidence)
		act_end(act, &open, REC_STEP_DONE, 0, "%s", evidence);
	else
		act_end(act, &open, REC_STEP_PENDING, 0, "bound, not attached yet");
	if (rc == 0 && dev->dump_path)
		act->dump_path_ns = act->ops->now_ns(act->ops_priv);
}

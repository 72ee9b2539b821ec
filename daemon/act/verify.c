// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * verify.c - checks whether a bind led to an attach.
 *
 * "Attached" means that hardware runs another STE than the crash left. A driver that is bound but
 * not attached yet is PENDING, which is normal: e1000e attaches when its interface is opened.
 *
 * A look reads all records of an SMMU, which with many entries takes a good part of a second. So
 * consecutive VERIFY steps share one look.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/act/act.h"
#include "lib/base/cleanup.h"
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

/* Evidence of the attach: the hardware's first, then the kernel's. NULL: not attached yet. */
const char *act_attach_evidence(const struct act *act, const struct act_sight *sight)
{
	if (act_ste_changed(act, sight))
		return "attached: the STE changed";
	if (sight->device.flags & REC_DEV_ATTACH_SEEN)
		return "attached: the helper saw the attach";
	if ((sight->device.flags & (REC_DEV_GROUP | REC_DEV_DEFERRED)) == REC_DEV_GROUP)
		return "attached: the kernel did not defer the attach";
	return NULL;
}

const char *act_smmu_name(const struct act *act, u32 smmu)
{
	const struct story_smmu *s = story_find_smmu(act->story, smmu);

	return !s ? "" : s->has_now ? s->now.name : s->crash.name;
}

int act_look(struct act *act, const struct inv_device *dev, struct act_sight *ret)
{
	int rc = act->ops->look(act->ops_priv, act_smmu_name(act, dev->smmu), &dev, 1, ret);

	return rc < 0 ? rc : ret->has_device ? 0 : -ENODEV;
}

struct verification {
	struct act_open_step open;
	const struct inv_device *dev;
	u64 deadline;
	bool over;   /* its result is journalled */
	bool looked; /* in this round */
};

static u64 now(const struct act *act)
{
	return act->ops->now_ns(act->ops_priv);
}

static void start(struct act *act, const struct plan_step *step, struct verification *v)
{
	const struct act_device *state = &act->devices[step->device];

	v->dev = &act->inv->devices[step->device];
	v->over = act_skip_step(act, step);
	if (v->over)
		return;
	v->deadline = (state->bound_ns ? state->bound_ns : now(act)) + clock_ms(step->deadline_ms);
	if (v->deadline > act->end_ns)
		v->deadline = act->end_ns;
	act_begin(act, step, clock_left_ms(now(act), v->deadline), &v->open);
	v->over = !v->dev->bound && !state->bound_ns;
	if (v->over)
		act_end(act, &v->open, REC_STEP_SKIPPED, 0, "no driver is bound");
}

/* Judge the result of a look: end the step, or look again later. */
static void judge(struct act *act, struct verification *v, int rc, const struct act_sight *sight)
{
	const char *evidence;

	if (rc == 0 && !sight->has_device)
		rc = -ENODEV;
	evidence = rc == 0 ? act_attach_evidence(act, sight) : NULL;
	v->over = rc < 0 || evidence || now(act) >= v->deadline;
	if (!v->over)
		return;
	if (rc < 0) {
		act_end_by_errno(act, &v->open, rc, "");
		return;
	}
	journal_sight(act, sight);
	act_see_asids(act, sight);
	act_end(act, &v->open, evidence ? REC_STEP_DONE : REC_STEP_PENDING, 0, "%s",
		evidence ? evidence : "bound, not attached yet");
	if (v->dev->dump_path)
		act->dump_path_ns = now(act);
}

/* One look at @first and at those after it that are behind the same SMMU. */
static void look_together(struct act *act, struct verification *all, size_t first, size_t n,
			  struct act_sight *sights)
{
	const struct inv_device *devs[ACT_LOOK_MAX];
	struct verification *these[ACT_LOOK_MAX];
	size_t i, count = 0;
	int rc;

	for (i = first; i < n && count < ACT_LOOK_MAX; i++) {
		if (all[i].over || all[i].looked || all[i].dev->smmu != all[first].dev->smmu)
			continue;
		all[i].looked = true;
		these[count] = &all[i];
		devs[count++] = all[i].dev;
	}
	rc = act->ops->look(act->ops_priv, act_smmu_name(act, devs[0]->smmu), devs, count, sights);
	for (i = 0; i < count; i++)
		judge(act, these[i], rc, &sights[i]);
}

/* Look at all that wait, once. Returns how many still do. */
static size_t look_round(struct act *act, struct verification *all, size_t n,
			 struct act_sight *sights)
{
	size_t i, waiting = 0;

	for (i = 0; i < n; i++)
		all[i].looked = false;
	for (i = 0; i < n; i++)
		if (!all[i].over && !all[i].looked)
			look_together(act, all, i, n, sights);
	for (i = 0; i < n; i++)
		waiting += !all[i].over;
	return waiting;
}

int act_verify(struct act *act, const struct plan *plan, u32 first, u32 end)
{
	size_t n = end - first, i;
	_cleanup_free_ struct verification *all = calloc(n, sizeof(*all));
	_cleanup_free_ struct act_sight *sights =
		calloc(n < ACT_LOOK_MAX ? n : ACT_LOOK_MAX, sizeof(*sights));

	if (!all || !sights)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		start(act, &plan->steps[first + i], &all[i]);
	while (look_round(act, all, n, sights))
		act->ops->sleep_ms(act->ops_priv, VERIFY_POLL_MS);
	return 0;
}

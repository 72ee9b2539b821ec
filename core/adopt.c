// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * adopt.c - the decision table of adopt.h, in order of strength.
 */
#include "adopt.h"

static u32 place_evidence(enum adopt_place place, u32 old, u32 capture, u32 elsewhere)
{
	switch (place) {
	case PLACE_OLD_RAM: return old;
	case PLACE_CAPTURE_RAM: return capture;
	case PLACE_ELSEWHERE: return elsewhere;
	default: return 0;
	}
}

static u32 gather(const struct smmu_regs *regs, const struct adopt_facts *facts)
{
	u32 ev = 0;

	ev |= facts->kdump ? ADOPT_EV_KDUMP : 0;
	ev |= facts->driver_bound ? ADOPT_EV_DRIVER : 0;
	ev |= facts->coherent ? ADOPT_EV_COHERENT : 0;
	if (!facts->regs_valid)
		return ev;
	ev |= ADOPT_EV_REGS;
	ev |= regs->cr0 & SMMU_CR0_SMMUEN ? ADOPT_EV_SMMUEN : 0;
	ev |= regs->cr0 & SMMU_CR0_CMDQEN ? ADOPT_EV_CMDQEN : 0;
	ev |= regs->cr0 & SMMU_CR0_EVTQEN ? ADOPT_EV_EVTQEN : 0;
	ev |= (regs->gerror ^ regs->gerrorn) & SMMU_GERROR_SFM ? ADOPT_EV_SFM : 0;
	ev |= regs->gbpa & SMMU_GBPA_ABORT ? ADOPT_EV_GBPA_ABORT : 0;
	ev |= place_evidence(facts->strtab_place, ADOPT_EV_STRTAB_OLD, ADOPT_EV_STRTAB_CAPTURE,
			     ADOPT_EV_STRTAB_ELSEWHERE);
	ev |= place_evidence(facts->cmdq_place, ADOPT_EV_CMDQ_OLD, ADOPT_EV_CMDQ_CAPTURE,
			     ADOPT_EV_CMDQ_ELSEWHERE);
	return ev;
}

static void set(struct adopt_verdict *v, enum adopt_state state, enum adopt_reason reason)
{
	v->state = state;
	v->reason = reason;
}

/* SMMUEN=1 in a capture kernel: whose table, whose queue? */
static void judge_enabled(u32 ev, struct adopt_verdict *v)
{
	if (ev & ADOPT_EV_STRTAB_CAPTURE) {
		if (ev & ADOPT_EV_SFM)
			set(v, ADOPT_RESET, ADOPT_WHY_SFM);
		else if (!(ev & ADOPT_EV_COHERENT))
			set(v, ADOPT_RESET, ADOPT_WHY_NOT_COHERENT);
		else
			set(v, ADOPT_RESET, ADOPT_WHY_FRESH_TABLE);
	} else if ((ev & ADOPT_EV_STRTAB_OLD) && (ev & ADOPT_EV_CMDQ_CAPTURE)) {
		set(v, ADOPT_ADOPTED, ADOPT_WHY_TABLE_KEPT);
	} else if ((ev & ADOPT_EV_STRTAB_OLD) && (ev & ADOPT_EV_CMDQ_OLD)) {
		set(v, ADOPT_UNPROBED, ADOPT_WHY_NO_DRIVER);
	} else {
		set(v, ADOPT_UNKNOWN, ADOPT_WHY_PLACE_UNKNOWN);
	}
}

void adopt_judge(const struct smmu_regs *regs, const struct adopt_facts *facts,
		 struct adopt_verdict *ret)
{
	u32 ev = gather(regs, facts);

	ret->evidence = ev;
	if (!(ev & ADOPT_EV_REGS))
		set(ret, ADOPT_UNKNOWN, ADOPT_WHY_NO_REGS);
	else if (!(ev & ADOPT_EV_KDUMP))
		set(ret, ADOPT_NOT_CAPTURE, ADOPT_WHY_ORDINARY);
	else if (!(ev & ADOPT_EV_SMMUEN))
		set(ret, ADOPT_DISABLED, ADOPT_WHY_SMMU_OFF);
	else
		judge_enabled(ev, ret);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge_now.h - one SMMU at the moment somebody asks, and what is remarkable about
 * it: what became of the streams since the crash.
 */
#ifndef SA_JUDGE_NOW_H
#define SA_JUDGE_NOW_H

#include "core/rec_types.h"
#include "core/snap.h"
#include "devices.h"
#include "findings.h"
#include "regs.h"
#include "sidset.h"

struct sa_smmu;

struct sa_now {
	const struct sa_smmu *smmu;
	struct sa_look look;
	struct sa_devices devs;
	struct sa_sidset sids; /* of devices, of the snapshot, of RMRs */
	struct sa_findings findings;
};

/* Judges the devices at once. What follows adds to the findings. */
void sa_now_take(struct sa_smmu *smmu, struct sa_now *ret);
void sa_now_free(struct sa_now *now);

/* @s as it is now. A device that it traps is marked (REC_DEV_TRAPPED). */
void sa_now_judge_stream(struct sa_now *now, const struct snap_stream *s);
/* What became of @s, a stream of @rmr. */
void sa_now_judge_rmr(struct sa_now *now, const struct rec_rmr *rmr, const struct snap_stream *s,
		      struct rec_rmr_stream *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge_now.h - what became of the streams since the crash.
 */
#ifndef SA_JUDGE_NOW_H
#define SA_JUDGE_NOW_H

#include "core/rec_types.h"
#include "core/snap.h"

struct sa_devices;
struct sa_smmu;

/* What became of @s, a stream of @rmr. */
void sa_rmr_judge(const struct sa_smmu *smmu, const struct rec_rmr *rmr,
		  const struct sa_devices *devs, const struct snap_stream *s,
		  struct rec_rmr_stream *ret);

#endif

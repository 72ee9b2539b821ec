/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.h - what is wrong with the tables that the snapshot meets, as findings.
 */
#ifndef SA_JUDGE_H
#define SA_JUDGE_H

#include "core/health.h"
#include "core/snap.h"

struct sa_devices;
struct sa_findings;
struct sa_smmu;
struct sa_snapshot;

struct sa_judge {
	struct health h;
	struct sa_findings *findings;
	const struct sa_devices *devs;
};

void sa_judge_open(struct sa_judge *j, struct sa_smmu *smmu, const struct smmu_mem *mem,
		   const struct sa_devices *devs, struct smmu_set *tables);
void sa_judge_table(struct sa_judge *j, struct sa_smmu *smmu);
void sa_judge_stream(struct sa_judge *j, const struct snap_stream *s, const struct ste_view *ste);
void sa_judge_done(struct sa_judge *j, struct sa_snapshot *snap);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snapshot.h - the stream table as it is when the module loads, and one stream of it as it
 * is now.
 */
#ifndef SA_SNAPSHOT_H
#define SA_SNAPSHOT_H

#include "core/health.h"
#include "core/snap.h"
#include "findings.h"
#include "regs.h"

struct sa_mem;
struct sa_smmu;

struct sa_l1 {
	u32 index;
	u64 addr, raw;
};

struct sa_snapshot {
	struct sa_look look;
	struct sa_l1 *l1;
	struct store streams; /* ascending StreamID, see core/snap.h */
	struct store cds;     /* ascending SSID within a stream */
	u32 l1_n, l1_cap;
	u32 stes;	/* valid STEs seen */
	u32 refusing;	/* of these, plain "abort" entries, which are not kept */
	u64 lost_bytes; /* raw bytes that found no room */
	u64 took_ns;
	struct sa_findings findings;
	struct health_tally health;
	u32 health_score;
	bool judged;
};

void sa_stream_read(struct sa_mem *m, const struct sa_look *look, u32 sid, struct snap_stream *ret);
void sa_snapshot_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline);
void sa_snapshot_free(struct sa_snapshot *snap);
bool sa_snapshot_stream(const struct sa_snapshot *snap, u32 sid, struct snap_stream *ret);

#endif

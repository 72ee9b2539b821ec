/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snap.h - streams and context descriptors of a snapshot, on a store.
 */
#ifndef SMMU_CORE_SNAP_H
#define SMMU_CORE_SNAP_H

#include "cd.h"
#include "ste.h"
#include "store.h"

/* A stream as one read found it. */
struct snap_stream {
	u32 sid;
	u16 ste_entry, cd_entry; /* enum rec_entry_state */
	bool has_cd;		 /* stage 1: there should be a CD */
	u64 ste_addr, cd_addr;
	u8 ste[SMMU_STE_BYTES], cd[SMMU_CD_BYTES];
};

/* A context descriptor other than that of SSID 0, which is in snap_stream. */
struct snap_cd {
	u32 sid, ssid;
	u64 addr;
	u8 raw[SMMU_CD_BYTES];
};

#define SNAP_STREAM_WORDS (3 + SMMU_STE_BYTES / 8 + SMMU_CD_BYTES / 8)
#define SNAP_CD_WORDS (2 + SMMU_CD_BYTES / 8)

/* Into and out of a store of SNAP_STREAM_WORDS, by StreamID. */
int snap_add_stream(struct store *s, const struct snap_stream *stream);
void snap_get_stream(const struct store *s, u32 i, struct snap_stream *ret);

/* Into and out of a store of SNAP_CD_WORDS, in the order of adding. */
int snap_add_cd(struct store *s, const struct snap_cd *cd);
void snap_get_cd(const struct store *s, u32 i, struct snap_cd *ret);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * asids.c - does this kernel give the crashed kernel's ASIDs to its own domains?
 *
 * No register and no symbol tells whether the driver reserved them. What it
 * did tells: a stream that was attached since load has a new CD, and its ASID
 * is either one of those the snapshot saw or not.
 */
#include <linux/bitmap.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "asids.h"
#include "oldmem.h"
#include "smmu.h"
#include "snapshot.h"

#define ASIDS 65536

static bool asid_of(const u8 *raw, u16 *ret)
{
	struct cd_view cd;

	cd_decode(raw, SMMU_CD_BYTES, NULL, &cd);
	*ret = cd.asid;
	return cd.valid;
}

static void collect(const struct sa_snapshot *snap, unsigned long *old)
{
	struct snap_stream stream;
	struct snap_cd cd;
	u16 asid;
	u32 i;

	for (i = 0; i < snap->streams.n; i++) {
		snap_get_stream(&snap->streams, i, &stream);
		if (stream.has_cd && asid_of(stream.cd, &asid))
			set_bit(asid, old);
	}
	for (i = 0; i < snap->cds.n; i++) {
		snap_get_cd(&snap->cds, i, &cd);
		if (asid_of(cd.raw, &asid))
			set_bit(asid, old);
	}
}

static u32 compare(const struct sa_smmu *smmu, const unsigned long *old, struct sa_mem *m)
{
	const struct sa_snapshot *snap = &smmu->snap;
	struct snap_stream then, now;
	u32 i, ret = REC_ASIDS_UNKNOWN;
	u16 asid;

	for (i = 0; i < snap->streams.n; i++) {
		snap_get_stream(&snap->streams, i, &then);
		sa_stream_read(m, &snap->look, then.sid, &now);
		/* A CD in the other kernel's memory was there before. */
		if (!now.has_cd || now.cd_entry || now.cd_addr == then.cd_addr ||
		    sa_place(now.cd_addr, SMMU_CD_BYTES) != PLACE_CAPTURE_RAM ||
		    !asid_of(now.cd, &asid))
			continue;
		if (test_bit(asid, old))
			return REC_ASIDS_REUSED;
		ret = REC_ASIDS_DISTINCT;
	}
	return ret;
}

u32 sa_asids(const struct sa_smmu *smmu)
{
	u32 ret = REC_ASIDS_UNKNOWN;
	unsigned long *old;
	struct sa_mem m;

	if (smmu->snap.look.verdict.state != ADOPT_ADOPTED)
		return ret;
	old = kvcalloc(BITS_TO_LONGS(ASIDS), sizeof(*old), GFP_KERNEL);
	if (!old)
		return ret;
	collect(&smmu->snap, old);
	sa_mem_open(&m, jiffies + msecs_to_jiffies(SA_READ_MS));
	ret = compare(smmu, old, &m);
	sa_mem_close(&m);
	kvfree(old);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * asids.c - does this kernel give the crashed kernel's ASIDs to its own domains?
 *
 * No register and no symbol tells whether the driver reserved them, but its CDs do. A CD in this
 * kernel's memory is one of its own, whether its stream was attached before the snapshot or later.
 * An ASID that CDs of both kernels have proves that ASIDs are reused.
 *
 * The absence of such an ASID proves nothing: the driver takes the lowest free ASID, and none of
 * the crashed kernel's may have been among the lowest. An old ASID below the highest new one,
 * which no new CD has, was probably passed over. But it may also have been given to a domain whose
 * attach is deferred, so that its CD is not in use yet. Each deferred device hides at most one
 * ASID in this way, whichever SMMU it is behind, since the driver's SMMUs share their ASIDs. So if
 * more old ASIDs were passed over than devices are deferred, ASIDs are reserved.
 */
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "asids.h"
#include "going.h"
#include "oldmem.h"
#include "smmu.h"
#include "snapshot.h"

#define ASIDS 65536

struct asids {
	DECLARE_BITMAP(old, ASIDS); /* in the crashed kernel's CDs */
	DECLARE_BITMAP(new, ASIDS); /* in those of this kernel */
};

static void add(struct asids *asids, u64 addr, const u8 *raw)
{
	struct cd_view cd;

	cd_decode(raw, SMMU_CD_BYTES, NULL, &cd);
	if (cd.valid)
		set_bit(cd.asid, sa_place(addr, SMMU_CD_BYTES) == PLACE_CAPTURE_RAM ? asids->new
										    : asids->old);
}

static void add_stream(struct asids *asids, const struct snap_stream *stream)
{
	if (stream->has_cd && stream->cd_entry == REC_ENTRY_READ)
		add(asids, stream->cd_addr, stream->cd);
}

static void collect(const struct sa_smmu *smmu, struct asids *asids, struct sa_mem *m)
{
	const struct sa_snapshot *snap = &smmu->snap;
	struct snap_stream then, now;
	struct snap_cd cd;
	u32 i;

	for (i = 0; i < snap->cds.n; i++) {
		snap_get_cd(&snap->cds, i, &cd);
		add(asids, cd.addr, cd.raw);
	}
	for (i = 0; i < snap->streams.n; i++) {
		snap_get_stream(&snap->streams, i, &then);
		sa_stream_read(m, &snap->look, then.sid, &now);
		add_stream(asids, &then);
		add_stream(asids, &now);
	}
}

/* With the lock of the group held. */
static void see_hidden(struct device *dev, void *data)
{
	u32 *hidden = data;

	*hidden += dev->iommu->attach_deferred;
}

static int count_hidden(struct device *dev, void *data)
{
	sa_dev_in_group(dev, data, see_hidden);
	return 0;
}

static u32 judge(const struct asids *asids)
{
	unsigned long last = find_last_bit(asids->new, ASIDS);
	u32 hidden = 0;

	if (bitmap_intersects(asids->old, asids->new, ASIDS))
		return REC_ASIDS_REUSED;
	if (last == ASIDS)
		return REC_ASIDS_UNKNOWN;
	sa_dev_each(&hidden, count_hidden);
	return bitmap_weight(asids->old, last) > hidden ? REC_ASIDS_DISTINCT : REC_ASIDS_UNKNOWN;
}

u32 sa_asids(const struct sa_smmu *smmu)
{
	u32 ret = REC_ASIDS_UNKNOWN;
	struct asids *asids;
	struct sa_mem m;

	if (smmu->snap.look.verdict.state != ADOPT_ADOPTED)
		return ret;
	asids = kvzalloc(sizeof(*asids), GFP_KERNEL);
	if (!asids)
		return ret;
	sa_mem_open(&m, jiffies + msecs_to_jiffies(SA_READ_MS));
	collect(smmu, asids, &m);
	sa_mem_close(&m);
	ret = judge(asids);
	kvfree(asids);
	return ret;
}

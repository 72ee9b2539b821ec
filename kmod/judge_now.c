// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge_now.c - what became of the streams of reserved memory regions, and is the
 * region mapped for who was attached since?
 */
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "core/rmr.h"
#include "devices.h"
#include "judge_now.h"
#include "smmu.h"
#include "snapshot.h"

static bool covers(const struct list_head *regions, const struct rec_rmr *rmr)
{
	const struct iommu_resv_region *rr;

	list_for_each_entry(rr, regions,
			    list) if ((rr->type == IOMMU_RESV_DIRECT ||
				       rr->type == IOMMU_RESV_DIRECT_RELAXABLE) &&
				      rr->start <= rmr->base && rmr->bytes <= rr->length &&
				      rmr->base - rr->start <= rr->length - rmr->bytes) return true;
	return false;
}

static struct device *find_device(const struct rec_device *d)
{
	if (!strcmp(d->bus, "pci"))
		return bus_find_device_by_name(&pci_bus_type, NULL, d->name);
	return bus_find_device_by_name(&platform_bus_type, NULL, d->name);
}

/* The kernel's own list for the device: what its domain maps one to one. */
static enum rmr_direct direct_of(const struct rec_device *d, const struct rec_rmr *rmr)
{
	enum rmr_direct ret = RMR_DIRECT_UNKNOWN;
	struct iommu_group *group;
	LIST_HEAD(regions);
	struct device *dev;

	/* Without a group there are no IOMMU operations to ask; before the attach nothing is
	 * mapped. */
	if (!d || !(d->flags & REC_DEV_GROUP) || (d->flags & REC_DEV_DEFERRED))
		return ret;
	dev = find_device(d);
	if (!dev)
		return ret;
	group = iommu_group_get(dev);
	if (group) {
		iommu_get_resv_regions(dev, &regions);
		ret = covers(&regions, rmr) ? RMR_DIRECT_PRESENT : RMR_DIRECT_MISSING;
		iommu_put_resv_regions(dev, &regions);
		iommu_group_put(group);
	}
	put_device(dev);
	return ret;
}

void sa_rmr_judge(const struct sa_smmu *smmu, const struct rec_rmr *rmr,
		  const struct sa_devices *devs, const struct snap_stream *s,
		  struct rec_rmr_stream *ret)
{
	struct snap_stream then;
	/* After a reset the table at load was the driver's: what was at the crash is gone. */
	bool known = (smmu->snap.look.verdict.evidence & ADOPT_EV_STRTAB_OLD) &&
		     sa_snapshot_stream(&smmu->snap, s->sid, &then);

	memset(ret, 0, sizeof(*ret));
	ret->smmu = smmu->index;
	ret->sid = s->sid;
	ret->base = rmr->base;
	ret->direct = direct_of(sa_devices_owner(devs, s->sid), rmr);
	ret->verdict = rmr_judge(known ? then.ste_entry : REC_ENTRY_ERROR,
				 known ? then.ste : s->ste, s->ste_entry, s->ste, ret->direct);
}

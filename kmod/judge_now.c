// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge_now.c - what became of the streams since the crash, and what is wrong with
 * that: who has a stream that lets DMA through, and where does that DMA go?
 *
 * A reset or an attach ends the crashed kernel's entry of a stream. So the StreamIDs
 * of devices, of the snapshot and of reserved memory regions are collected when
 * somebody asks, and each is judged by its entry then, its entry now, and what the
 * running kernel says of its device at that moment. judge.c judges the tables at load.
 */
#include <linux/crash_dump.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "core/names.h"
#include "core/rmr.h"
#include "devices.h"
#include "findings.h"
#include "firmware.h"
#include "going.h"
#include "judge_now.h"
#include "regs.h"
#include "rmr.h"
#include "sidset.h"
#include "smmu.h"
#include "snapshot.h"

static void judge_devices(struct sa_now *now)
{
	const struct rec_device *d;
	u32 i;

	if (now->devs.error)
		sa_find(&now->findings, REC_FIND_DEVICES, REC_SEV_WARNING, REC_NO_SID, 0,
			"device list incomplete (%d)", now->devs.error);
	if (now->sids.cut)
		sa_find(&now->findings, REC_FIND_OVER_BUDGET, REC_SEV_WARNING, REC_NO_SID, 0,
			"more than %u StreamIDs, the rest is left out", SA_MAX_SIDS);
	if (now->look.verdict.state != ADOPT_ADOPTED)
		return;
	for (i = 0; i < now->devs.n; i++) {
		d = &now->devs.item[i];
		if (d->driver[0] && !(d->flags & (REC_DEV_GROUP | REC_DEV_BRIDGE)))
			sa_find(&now->findings, REC_FIND_NO_IOMMU, REC_SEV_ERROR, d->sids[0], 0,
				"%s has driver %s but no IOMMU attachment", d->name, d->driver);
	}
}

void sa_now_take(struct sa_smmu *smmu, struct sa_now *ret)
{
	u32 i;

	memset(ret, 0, sizeof(*ret));
	ret->smmu = smmu;
	ret->findings.smmu = smmu->index;
	sa_look(smmu, &ret->look);
	sa_devices_collect(smmu, &ret->devs);
	/* Only so many are followed: RMRs, which may name thousands, come last. */
	sa_devices_sids(&ret->devs, &ret->sids);
	for (i = 0; i < smmu->snap.streams.n; i++)
		sa_sidset_add(&ret->sids, store_key(&smmu->snap.streams, i), 1);
	sa_rmr_sids(smmu, &ret->sids);
	sa_sidset_sort(&ret->sids);
	/* Before the streams, which may fill the list of findings. */
	judge_devices(ret);
	/* The table is everybody's, and judged once. */
	if (!smmu->index)
		sa_firmware_judge(&ret->findings);
}

void sa_now_free(struct sa_now *now)
{
	sa_devices_free(&now->devs);
	kvfree(now->sids.sid);
}

/* ---- a stream ---- */

static u8 config_of(const struct snap_stream *s)
{
	struct ste_view ste;

	ste_decode(s->ste, sizeof(s->ste), NULL, &ste);
	return s->ste_entry == REC_ENTRY_READ && ste.valid ? ste.config : STE_CONFIG_ABORT;
}

/*
 * A full reset makes RMR streams bypass: DMA that was translated by the crashed
 * kernel's tables then reaches memory at untranslated addresses.
 */
static void judge_bypass(struct sa_now *now, const struct snap_stream *s,
			 const struct ste_view *ste)
{
	struct snap_stream then;

	if (!is_kdump_kernel() || ste->config != STE_CONFIG_BYPASS ||
	    !sa_rmr_has(now->smmu, s->sid))
		return;
	if (now->look.verdict.state == ADOPT_RESET ||
	    (sa_snapshot_stream(&now->smmu->snap, s->sid, &then) &&
	     config_of(&then) != STE_CONFIG_BYPASS))
		sa_find(&now->findings, REC_FIND_RMR_BYPASS, REC_SEV_ERROR, s->sid, s->ste_addr,
			"RMR stream 0x%x is bypass: its DMA reaches memory untranslated", s->sid);
}

/*
 * With an identity domain the DMA API never makes the deferred attach: the
 * driver hands out physical addresses, and the crashed kernel's tables
 * translate them to somewhere else, for good. Without a driver nothing has gone astray, and the
 * domain's type can still be changed: from 6.15 on a device has a domain since it was found.
 */
static void judge_passthrough(struct sa_now *now, const struct snap_stream *s,
			      const struct ste_view *ste, struct rec_device *d)
{
	if (!d->driver[0] || !(d->flags & REC_DEV_IDENTITY) || !(d->flags & REC_DEV_DEFERRED) ||
	    (ste->config != STE_CONFIG_S1 && ste->config != STE_CONFIG_S2 &&
	     ste->config != STE_CONFIG_NESTED))
		return;
	d->flags |= REC_DEV_TRAPPED;
	sa_find(&now->findings, REC_FIND_PASSTHROUGH, REC_SEV_ERROR, s->sid, s->ste_addr,
		"%s: identity domain here, %s entry of the crashed kernel: its DMA goes astray",
		d->name, ste_config_name(ste->config));
}

static void judge_nobodys(struct sa_now *now, const struct snap_stream *s,
			  const struct ste_view *ste)
{
	if (ste_effect(ste) == STE_EFFECT_REFUSED)
		return;
	/* The driver makes all of an RMR's streams bypass, whether there is a device or not. */
	if (ste->config == STE_CONFIG_BYPASS && sa_rmr_has(now->smmu, s->sid))
		return;
	sa_find(&now->findings, REC_FIND_NO_DEVICE, REC_SEV_WARNING, s->sid, s->ste_addr,
		"stream 0x%x is live (%s) and no device has it", s->sid,
		ste_config_name(ste->config));
}

void sa_now_judge_stream(struct sa_now *now, const struct snap_stream *s)
{
	struct rec_device *owner;
	struct ste_view ste;

	/* What cannot be read, or is not valid, refuses DMA: nothing to say of where that goes. */
	if (s->ste_entry != REC_ENTRY_READ)
		return;
	ste_decode(s->ste, sizeof(s->ste), NULL, &ste);
	if (!ste.valid)
		return;
	judge_bypass(now, s, &ste);
	owner = sa_devices_owner(&now->devs, s->sid);
	if (owner)
		judge_passthrough(now, s, &ste, owner);
	else
		judge_nobodys(now, s, &ste);
}

/* ---- a stream of a reserved memory region ---- */

static bool covers(const struct list_head *regions, const struct rec_rmr *rmr)
{
	const struct iommu_resv_region *rr;

	list_for_each_entry (rr, regions, list)
		if ((rr->type == IOMMU_RESV_DIRECT || rr->type == IOMMU_RESV_DIRECT_RELAXABLE) &&
		    rr->start <= rmr->base && rmr->bytes <= rr->length &&
		    rmr->base - rr->start <= rr->length - rmr->bytes)
			return true;
	return false;
}

static struct device *find_device(const struct rec_device *d)
{
	if (!strcmp(d->bus, "pci"))
		return bus_find_device_by_name(&pci_bus_type, NULL, d->name);
	return bus_find_device_by_name(&platform_bus_type, NULL, d->name);
}

struct direct {
	const struct rec_rmr *rmr;
	enum rmr_direct ret;
};

/* With the lock of the group held. */
static void read_direct(struct device *dev, void *data)
{
	struct direct *d = data;
	LIST_HEAD(regions);

	iommu_get_resv_regions(dev, &regions);
	d->ret = covers(&regions, d->rmr) ? RMR_DIRECT_PRESENT : RMR_DIRECT_MISSING;
	iommu_put_resv_regions(dev, &regions);
}

/* The kernel's own list for the device: what its domain maps one to one. */
static enum rmr_direct direct_of(const struct rec_device *d, const struct rec_rmr *rmr)
{
	struct direct ret = { rmr, RMR_DIRECT_UNKNOWN };
	struct device *dev;

	/* Without a group there are no IOMMU operations to ask; before the attach nothing is
	 * mapped. */
	if (!d || !(d->flags & REC_DEV_GROUP) || (d->flags & REC_DEV_DEFERRED))
		return ret.ret;
	dev = find_device(d);
	if (!dev)
		return ret.ret;
	if (sa_dev_enter(dev)) {
		sa_dev_in_group(dev, &ret, read_direct);
		sa_dev_leave();
	}
	put_device(dev);
	return ret.ret;
}

void sa_now_judge_rmr(struct sa_now *now, const struct rec_rmr *rmr, const struct snap_stream *s,
		      struct rec_rmr_stream *ret)
{
	const struct sa_snapshot *snap = &now->smmu->snap;
	enum ste_effect was = STE_EFFECT_NOT_KNOWN;
	struct snap_stream then;
	/* After a reset the table at load was the driver's: what was at the crash is gone. */
	bool known = (snap->look.verdict.evidence & ADOPT_EV_STRTAB_OLD) &&
		     sa_snapshot_stream(snap, s->sid, &then);

	memset(ret, 0, sizeof(*ret));
	ret->smmu = now->smmu->index;
	ret->sid = s->sid;
	ret->base = rmr->base;
	ret->direct = direct_of(sa_devices_owner(&now->devs, s->sid), rmr);
	if (known)
		was = ste_effect_of(then.ste_entry, then.ste);
	ret->verdict = rmr_judge(was, ste_effect_of(s->ste_entry, s->ste),
				 known && !memcmp(then.ste, s->ste, sizeof(s->ste)), ret->direct);
	if (ret->verdict == RMR_REPLACED_UNMAPPED)
		sa_find(&now->findings, REC_FIND_RMR_UNMAPPED, REC_SEV_WARNING, s->sid, ret->base,
			"stream 0x%x was attached, and its domain does not map the RMR at 0x%llx",
			s->sid, ret->base);
}

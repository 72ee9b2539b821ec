// SPDX-License-Identifier: GPL-2.0-only
/*
 * rmr.c - reserved memory regions of the IORT, as the running kernel sees them:
 * these are the StreamIDs that its driver makes bypass on a full reset. What the
 * raw table has beyond them is a finding. In a device tree it is the devices'
 * reserved-memory nodes with "iommu-addresses"; of these the driver makes nothing
 * before the attach.
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_iommu.h>

#include "core/iort.h"
#include "array.h"
#include "devices.h"
#include "findings.h"
#include "going.h"
#include "rmr.h"
#include "sidset.h"
#include "smmu.h"

/*
 * The kernel keeps of the node's flags what it needs: whether remapping is
 * permitted, privileged, and of the attributes three classes. The values are
 * the IORT's, one per class.
 */
static u32 iort_flags(const struct iommu_resv_region *rr)
{
	u32 attributes = 4; /* normal, non-cacheable */

	if (rr->prot & IOMMU_MMIO)
		attributes = 0; /* device-nGnRnE */
	else if (rr->prot & IOMMU_CACHE)
		attributes = 5; /* normal, write-back */
	return (rr->type == IOMMU_RESV_DIRECT_RELAXABLE ? BIT(0) : 0) |
	       (rr->prot & IOMMU_PRIV ? BIT(1) : 0) | attributes << 2;
}

static void add(struct sa_smmu *smmu, const struct iommu_resv_region *rr, u32 first, u32 count,
		u16 source)
{
	struct rec_rmr *rmr;

	if (smmu->rmr_n == SA_MAX_SIDS ||
	    (smmu->rmr_n == smmu->rmr_cap &&
	     sa_grow((void **)&smmu->rmr, smmu->rmr_n, &smmu->rmr_cap, sizeof(*rmr)))) {
		sa_find(&smmu->snap.findings, REC_FIND_OVER_BUDGET, REC_SEV_WARNING, first,
			rr->start, "RMR of 0x%x left out for lack of room", first);
		return;
	}
	rmr = &smmu->rmr[smmu->rmr_n++];
	rmr->smmu = smmu->index;
	rmr->sid_first = first;
	rmr->sid_count = count;
	rmr->base = rr->start;
	rmr->bytes = rr->length;
	rmr->flags = iort_flags(rr);
	rmr->source = source;
}

/* The kernel has a flat list of StreamIDs per region; runs of them become one record. */
static void add_runs(struct sa_smmu *smmu, const struct iommu_iort_rmr_data *data)
{
	u32 i, start = 0;

	for (i = 1; i <= data->num_sids; i++) {
		if (i < data->num_sids && data->sids[i] == data->sids[i - 1] + 1)
			continue;
		add(smmu, &data->rr, data->sids[start], i - start, REC_RMR_IORT);
		start = i;
	}
}

static int check_raw(void *priv, const struct iort_rmr *raw)
{
	struct sa_smmu *smmu = priv;
	const struct rec_rmr *rmr;
	u32 i;

	for (i = 0; i < smmu->rmr_n; i++) {
		rmr = &smmu->rmr[i];
		/* The kernel widens regions to whole pages. */
		if (raw->sid_first - rmr->sid_first < rmr->sid_count &&
		    raw->base - rmr->base < rmr->bytes)
			return 0;
	}
	sa_find(&smmu->snap.findings, REC_FIND_RMR_IGNORED, REC_SEV_WARNING, raw->sid_first,
		raw->base,
		"RMR of the IORT (%u StreamIDs from 0x%x on, 0x%llx bytes): not the kernel's",
		raw->sid_count, raw->sid_first, raw->bytes);
	return 0;
}

static void check_iort(struct sa_smmu *smmu)
{
	struct acpi_table_header *iort;
	bool ignored;
	int r;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &iort)))
		return;
	r = iort_rmrs((const u8 *)iort, iort->length, smmu->base, check_raw, smmu);
	ignored = r == 1 && iort_odd((const u8 *)iort, iort->length) & IORT_ODD_RMR;
	acpi_put_table(iort);
	if (r < 0)
		sa_find(&smmu->snap.findings, REC_FIND_RMR_IGNORED, REC_SEV_WARNING, REC_NO_SID, 0,
			"the IORT is unusable (%d): not all RMRs checked", r);
	if (ignored)
		sa_find(&smmu->snap.findings, REC_FIND_RMR_IGNORED, REC_SEV_INFO, REC_NO_SID, 0,
			"the IORT has RMRs in a revision in which the kernel ignores them");
}

static void collect_iort(struct sa_smmu *smmu)
{
	struct iommu_resv_region *rr;
	LIST_HEAD(list);

	iort_get_rmr_sids(dev_fwnode(smmu->dev), &list);
	list_for_each_entry (rr, &list, list)
		add_runs(smmu, container_of(rr, struct iommu_iort_rmr_data, rr));
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &list);
	check_iort(smmu);
}

static int collect_of(struct device *dev, void *data)
{
	struct sa_smmu *smmu = data;
	struct iommu_resv_region *rr;
	u32 sids[SA_DEV_SIDS], n, i;
	LIST_HEAD(list);
	bool derived;

	if (!dev->of_node || !of_property_present(dev->of_node, "memory-region"))
		return 0;
	n = sa_sids(smmu, dev, sids, &derived);
	if (!n)
		return 0;
	of_iommu_get_resv_regions(dev, &list);
	list_for_each_entry (rr, &list, list)
		for (i = 0; i < n && rr->type == IOMMU_RESV_DIRECT; i++)
			add(smmu, rr, sids[i], 1, REC_RMR_DT);
	iommu_put_resv_regions(dev, &list);
	return 0;
}

void sa_rmr_collect(struct sa_smmu *smmu)
{
	if (!acpi_disabled && dev_fwnode(smmu->dev))
		collect_iort(smmu);
	if (acpi_disabled)
		sa_dev_each(smmu, collect_of);
}

bool sa_rmr_has(const struct sa_smmu *smmu, u32 sid)
{
	u32 i;

	for (i = 0; i < smmu->rmr_n; i++)
		if (sid - smmu->rmr[i].sid_first < smmu->rmr[i].sid_count)
			return true;
	return false;
}

void sa_rmr_sids(const struct sa_smmu *smmu, struct sa_sidset *set)
{
	u32 i;

	for (i = 0; i < smmu->rmr_n; i++)
		sa_sidset_add(set, smmu->rmr[i].sid_first, smmu->rmr[i].sid_count);
}

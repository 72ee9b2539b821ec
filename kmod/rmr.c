// SPDX-License-Identifier: GPL-2.0-only
/*
 * rmr.c - reserved memory regions of the IORT, as the running kernel sees them:
 * these are the StreamIDs that its driver makes bypass on a full reset. Device
 * trees have no such list (of "iommu-addresses" the driver makes nothing).
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/iommu.h>
#include <linux/mm.h>

#include "sa.h"

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

static void add(struct sa_smmu *smmu, const struct iommu_resv_region *rr, u32 first, u32 count)
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
}

/* The kernel has a flat list of StreamIDs per region; runs of them become one record. */
static void add_runs(struct sa_smmu *smmu, const struct iommu_iort_rmr_data *data)
{
	u32 i, start = 0;

	for (i = 1; i <= data->num_sids; i++) {
		if (i < data->num_sids && data->sids[i] == data->sids[i - 1] + 1)
			continue;
		add(smmu, &data->rr, data->sids[start], i - start);
		start = i;
	}
}

void sa_rmr_collect(struct sa_smmu *smmu)
{
	struct iommu_resv_region *rr;
	LIST_HEAD(list);

	if (acpi_disabled || !dev_fwnode(smmu->dev))
		return;
	iort_get_rmr_sids(dev_fwnode(smmu->dev), &list);
	list_for_each_entry(rr, &list, list)
		add_runs(smmu, container_of(rr, struct iommu_iort_rmr_data, rr));
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &list);
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ASIDs and VMIDs of the crashed kernel.
 *
 * TLB entries are tagged by ASID or VMID and go on being filled from the old tables. A new domain
 * with an id that is in use there would have its transactions translated by those entries, so every
 * id that a valid entry names stays out of reach for the life of this kernel. One entry that
 * hardware would refuse is taken as a sign of damage: no adoption then.
 */
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "adopt-priv.h"

static bool reserve_ids = true;
module_param(reserve_ids, bool, 0444);
MODULE_PARM_DESC(reserve_ids,
		 "Keep the crashed kernel's ASIDs and VMIDs from new domains (default: 1)");

/* A PASID-capable device has at least 1024 CDs in two tables; thousands of such devices fit */
#define ADOPT_MAX_CD_TABLES (1U << 16)
#define ADOPT_MAX_CDS (1U << 23)
/* An id space fuller than this would starve the capture kernel's own domains */
#define ADOPT_MIN_FREE_IDS 32U

struct adopt_scan {
	struct arm_smmu_device *smmu;
	unsigned long *asids;
	unsigned long *vmids;
	unsigned int cd_tables;
	unsigned int cds;
	u32 sid;
};

static int adopt_scan_bad(struct adopt_scan *scan, const char *what, u64 value)
{
	dev_err(scan->smmu->dev, "kdump: SID 0x%x: %s (%#llx)\n", scan->sid, what, value);
	return -EINVAL;
}

static int adopt_scan_cds(struct adopt_scan *scan, phys_addr_t base, unsigned int num)
{
	size_t size = num * sizeof(struct arm_smmu_cd);
	struct arm_smmu_cd *cds;
	unsigned int i;
	u64 val, asid;
	int ret = 0;

	scan->cds += num;
	if (++scan->cd_tables > ADOPT_MAX_CD_TABLES || scan->cds > ADOPT_MAX_CDS)
		return adopt_scan_bad(scan, "too many context descriptors", scan->cds);
	if (!base || !IS_ALIGNED(base, size) || !adopt_is_old_memory(scan->smmu, base, size))
		return adopt_scan_bad(scan, "bad CD table base", base);

	cds = memremap(base, size, MEMREMAP_WB);
	if (!cds)
		return -ENOMEM;
	for (i = 0; i < num && !ret; i++) {
		val = le64_to_cpu(READ_ONCE(cds[i].data[0]));
		if (!(val & CTXDESC_CD_0_V))
			continue;
		asid = FIELD_GET(CTXDESC_CD_0_ASID, val);
		if (!asid || asid >> scan->smmu->asid_bits)
			ret = adopt_scan_bad(scan, "bad ASID", asid);
		else
			__set_bit(asid, scan->asids);
	}
	memunmap(cds);
	cond_resched();
	return ret;
}

static int adopt_scan_cd_2lvl(struct adopt_scan *scan, phys_addr_t base, unsigned int cdmax)
{
	unsigned int num_cds = 1U << cdmax;
	unsigned int num = DIV_ROUND_UP(num_cds, CTXDESC_L2_ENTRIES);
	size_t size = num * sizeof(struct arm_smmu_cdtab_l1);
	struct arm_smmu_cdtab_l1 *l1;
	unsigned int i;
	int ret = 0;
	u64 val;

	if (++scan->cd_tables > ADOPT_MAX_CD_TABLES)
		return adopt_scan_bad(scan, "too many CD tables", scan->cd_tables);
	if (!base || !IS_ALIGNED(base, max_t(size_t, size, 64)) ||
	    !adopt_is_old_memory(scan->smmu, base, size))
		return adopt_scan_bad(scan, "bad L1 CD table base", base);

	l1 = memremap(base, size, MEMREMAP_WB);
	if (!l1)
		return -ENOMEM;
	for (i = 0; i < num && !ret; i++) {
		val = le64_to_cpu(READ_ONCE(l1[i].l2ptr));
		if (val & CTXDESC_L1_DESC_V)
			ret = adopt_scan_cds(scan, val & CTXDESC_L1_DESC_L2PTR_MASK,
					     CTXDESC_L2_ENTRIES);
	}
	memunmap(l1);
	return ret;
}

static int adopt_scan_s1(struct adopt_scan *scan, u64 ste0)
{
	unsigned int cdmax = FIELD_GET(STRTAB_STE_0_S1CDMAX, ste0);
	unsigned int fmt = FIELD_GET(STRTAB_STE_0_S1FMT, ste0);
	phys_addr_t base = ste0 & STRTAB_STE_0_S1CTXPTR_MASK;

	if (cdmax > scan->smmu->ssid_bits)
		return adopt_scan_bad(scan, "S1CDMax exceeds SSIDSIZE", cdmax);
	/* S1Fmt is ignored when there is one CD only */
	if (!cdmax || fmt == STRTAB_STE_0_S1FMT_LINEAR)
		return adopt_scan_cds(scan, base, 1U << cdmax);
	if (fmt == STRTAB_STE_0_S1FMT_64K_L2 && scan->smmu->features & ARM_SMMU_FEAT_2_LVL_CDTAB)
		return adopt_scan_cd_2lvl(scan, base, cdmax);
	return adopt_scan_bad(scan, "unsupported S1Fmt", fmt);
}

static int adopt_scan_stes(struct adopt_scan *scan, const struct arm_smmu_ste *stes, u32 sid,
			   unsigned int num)
{
	unsigned int i, config;
	u64 val, vmid;
	int ret = 0;

	for (i = 0; i < num && !ret; i++) {
		/* A linear table comes in one piece */
		if (i % ADOPT_RESCHED_EVERY == 0)
			cond_resched();
		val = le64_to_cpu(READ_ONCE(stes[i].data[0]));
		if (!(val & STRTAB_STE_0_V))
			continue;
		scan->sid = sid + i;
		config = FIELD_GET(STRTAB_STE_0_CFG, val);
		if (config == STRTAB_STE_0_CFG_ABORT || config == STRTAB_STE_0_CFG_BYPASS)
			continue;
		if (config < STRTAB_STE_0_CFG_BYPASS)
			return adopt_scan_bad(scan, "reserved STE.Config", config);
		if (config == STRTAB_STE_0_CFG_S1_TRANS) {
			ret = adopt_scan_s1(scan, val);
			continue;
		}
		/* Stage 2 or nested; a guest's CD table is in IPA space and not ours to read */
		vmid = FIELD_GET(STRTAB_STE_2_S2VMID, le64_to_cpu(READ_ONCE(stes[i].data[2])));
		if (!vmid || vmid >> scan->smmu->vmid_bits)
			return adopt_scan_bad(scan, "bad VMID", vmid);
		__set_bit(vmid, scan->vmids);
	}
	return ret;
}

static int adopt_scan_table(struct adopt_scan *scan)
{
	struct arm_smmu_device *smmu = scan->smmu;
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	struct arm_smmu_strtab_l2 *l2;
	phys_addr_t base;
	unsigned int i;
	int ret;

	if (!(smmu->features & ARM_SMMU_FEAT_2_LVL_STRTAB))
		return adopt_scan_stes(scan, cfg->linear.table, 0, cfg->linear.num_ents);

	for (i = 0; i < cfg->l2.num_l1_ents; i++) {
		ret = adopt_check_l1_desc(smmu, i, le64_to_cpu(READ_ONCE(cfg->l2.l1tab[i].l2ptr)),
					  &base);
		if (ret)
			return ret;
		if (!base)
			continue;
		l2 = memremap(base, sizeof(*l2), MEMREMAP_WB);
		if (!l2)
			return -ENOMEM;
		ret = adopt_scan_stes(scan, l2->stes, i * STRTAB_NUM_L2_STES, STRTAB_NUM_L2_STES);
		memunmap(l2);
		if (ret)
			return ret;
	}
	return 0;
}

static int adopt_commit_ids(struct adopt_scan *scan)
{
	struct arm_smmu_device *smmu = scan->smmu;
	unsigned int num_asids = 1U << smmu->asid_bits, num_vmids = 1U << smmu->vmid_bits;
	unsigned int asids = bitmap_weight(scan->asids, num_asids);
	unsigned int vmids = bitmap_weight(scan->vmids, num_vmids);
	unsigned int vmid;
	int ret;

	if (asids + ADOPT_MIN_FREE_IDS > num_asids || vmids + ADOPT_MIN_FREE_IDS > num_vmids) {
		dev_err(smmu->dev, "kdump: crashed kernel uses %u ASIDs, %u VMIDs: too many\n",
			asids, vmids);
		return -ENOSPC;
	}
	for_each_set_bit (vmid, scan->vmids, num_vmids) {
		ret = ida_alloc_range(&smmu->vmid_map, vmid, vmid, GFP_KERNEL);
		if (ret < 0)
			return ret;
	}
	smmu->adopt->asids = scan->asids;
	dev_info(smmu->dev, "kdump: reserved %u ASIDs and %u VMIDs of the crashed kernel\n", asids,
		 vmids);
	return 0;
}

int adopt_reserve_ids(struct arm_smmu_device *smmu)
{
	struct adopt_scan scan = { .smmu = smmu };
	int ret = -ENOMEM;

	if (!reserve_ids) {
		dev_warn(smmu->dev, "kdump: ASIDs and VMIDs not reserved (reserve_ids=0)\n");
		return 0;
	}

	scan.asids = devm_bitmap_zalloc(smmu->dev, 1U << smmu->asid_bits, GFP_KERNEL);
	scan.vmids = bitmap_zalloc(1U << smmu->vmid_bits, GFP_KERNEL);
	if (scan.asids && scan.vmids)
		ret = adopt_scan_table(&scan) ?: adopt_commit_ids(&scan);
	bitmap_free(scan.vmids);
	if (ret)
		dev_warn(smmu->dev, "kdump: failed to reserve in-use ASIDs/VMIDs (%d)\n", ret);
	return ret;
}

/*
 * Reserved ASIDs are skipped per SMMU rather than taken out of the driver's global space: old ids
 * of one SMMU are no obstacle on another, since a domain never spans two.
 */
int arm_smmu_adopt_alloc_asid(struct arm_smmu_device *smmu, u32 *asid, void *domain)
{
	unsigned long num = 1UL << smmu->asid_bits, lo, hi;
	const unsigned long *used;
	int ret = -EBUSY;

	if (!smmu->adopt || !smmu->adopt->asids)
		return xa_alloc(&arm_smmu_asid_xa, asid, domain, XA_LIMIT(1, num - 1), GFP_KERNEL);

	used = smmu->adopt->asids;
	for (lo = find_next_zero_bit(used, num, 1); lo < num && ret == -EBUSY;
	     lo = find_next_zero_bit(used, num, hi)) {
		hi = find_next_bit(used, num, lo);
		ret = xa_alloc(&arm_smmu_asid_xa, asid, domain, XA_LIMIT(lo, hi - 1), GFP_KERNEL);
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adoption of a crashed kernel's SMMUv3 stream table by the capture kernel.
 *
 * The stock driver resets the SMMU, so that every device still doing DMA is aborted at once. Here
 * the SMMU goes on translating through the dead kernel's tables; only its queues are replaced, and
 * a stream table entry changes no sooner than its device is attached.
 *
 * Order: arm_smmu_adopt_probe() looks at the registers, arm_smmu_adopt_strtab() checks and maps the
 * table, reserves the ids its entries use and stops the old queues, arm_smmu_adopt_reset() stands
 * in for the first half of the stock reset. Whatever fails puts everything back and leaves
 * smmu->adopt NULL; the stock reset follows. Register and table layouts: Arm IHI 0070, chapters 5
 * and 6.
 *
 * The tables may be damaged. An address in them is used only if firmware says that it is memory and
 * this kernel does not own it; loops over them have budgets.
 */
#include <linux/bitfield.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/iopoll.h>

#include "adopt-priv.h"

/* Bits of CR0 that decide how transactions are treated; the others belong to the queues */
#define ADOPT_CR0_KEEP (CR0_SMMUEN | CR0_ATSCHK)
/* Linear tables beyond 2 GiB are not believable */
#define ADOPT_MAX_LINEAR_BITS 25U
/* EVTQ and PRIQ stay off in a capture kernel: one page is plenty */
#define ADOPT_IDLE_QUEUE_SHIFT 7U

/* Stream table */

int adopt_check_l1_desc(struct arm_smmu_device *smmu, u32 idx, u64 desc, phys_addr_t *l2)
{
	unsigned int span = FIELD_GET(STRTAB_L1_DESC_SPAN, desc);

	*l2 = 0;
	if (!span)
		return 0;
	if (span != STRTAB_SPLIT + 1) {
		dev_err(smmu->dev, "kdump: L1[%u] unsupported span %u\n", idx, span);
		return -EINVAL;
	}
	*l2 = desc & STRTAB_L1_DESC_L2PTR_MASK;
	if (!*l2 || !IS_ALIGNED(*l2, sizeof(struct arm_smmu_strtab_l2)) ||
	    !adopt_is_old_memory(smmu, *l2, sizeof(struct arm_smmu_strtab_l2))) {
		dev_err(smmu->dev, "kdump: L1[%u] bad l2 table base %pa\n", idx, l2);
		return -EINVAL;
	}
	return 0;
}

static void *adopt_map(struct arm_smmu_device *smmu, phys_addr_t base, size_t size)
{
	void *table;

	if (!IS_ALIGNED(base, max_t(size_t, size, 64))) {
		dev_err(smmu->dev, "kdump: unaligned stream table base %pa, size %#zx\n", &base,
			size);
		return ERR_PTR(-EINVAL);
	}
	if (!base || !adopt_is_old_memory(smmu, base, size)) {
		dev_err(smmu->dev,
			"kdump: stream table %pa, size %#zx, is not in the crashed kernel's memory\n",
			&base, size);
		return ERR_PTR(-EINVAL);
	}
	table = devm_memremap(smmu->dev, base, size, MEMREMAP_WB);
	if (IS_ERR(table))
		dev_err(smmu->dev, "kdump: cannot map stream table %pa\n", &base);
	return table;
}

static int adopt_map_2lvl(struct arm_smmu_device *smmu, phys_addr_t base, u32 reg)
{
	unsigned int log2size = FIELD_GET(STRTAB_BASE_CFG_LOG2SIZE, reg);
	unsigned int split = FIELD_GET(STRTAB_BASE_CFG_SPLIT, reg);
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	struct arm_smmu_strtab_l1 *l1tab;
	unsigned int i, num;
	phys_addr_t l2;
	int ret;

	if (split != STRTAB_SPLIT) {
		dev_err(smmu->dev, "kdump: unsupported STRTAB_SPLIT %u\n", split);
		return -EINVAL;
	}
	if (log2size < STRTAB_SPLIT || log2size > smmu->sid_bits) {
		dev_err(smmu->dev, "kdump: log2size %u out of range [%u, %u]\n", log2size,
			STRTAB_SPLIT, smmu->sid_bits);
		return -EINVAL;
	}
	if (log2size - STRTAB_SPLIT > ilog2(STRTAB_MAX_L1_ENTRIES)) {
		dev_err(smmu->dev, "kdump: 2^%u l1 entries exceeds max %u\n",
			log2size - STRTAB_SPLIT, STRTAB_MAX_L1_ENTRIES);
		return -EINVAL;
	}
	num = 1U << (log2size - STRTAB_SPLIT);

	l1tab = adopt_map(smmu, base, num * sizeof(*l1tab));
	if (IS_ERR(l1tab))
		return PTR_ERR(l1tab);

	for (i = 0; i < num; i++) {
		ret = adopt_check_l1_desc(smmu, i, le64_to_cpu(READ_ONCE(l1tab[i].l2ptr)), &l2);
		if (ret)
			return ret;
	}

	cfg->l2.l2ptrs = devm_kcalloc(smmu->dev, num, sizeof(*cfg->l2.l2ptrs), GFP_KERNEL);
	if (!cfg->l2.l2ptrs)
		return -ENOMEM;
	cfg->l2.l1tab = l1tab;
	cfg->l2.l1_dma = base;
	cfg->l2.num_l1_ents = num;
	return 0;
}

static int adopt_map_linear(struct arm_smmu_device *smmu, phys_addr_t base, u32 reg)
{
	unsigned int log2size = FIELD_GET(STRTAB_BASE_CFG_LOG2SIZE, reg);
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	struct arm_smmu_ste *table;

	if (log2size > min(smmu->sid_bits, ADOPT_MAX_LINEAR_BITS)) {
		dev_err(smmu->dev, "kdump: unsupported log2size %u for a linear table\n", log2size);
		return -EINVAL;
	}

	table = adopt_map(smmu, base, sizeof(*table) << log2size);
	if (IS_ERR(table))
		return PTR_ERR(table);

	cfg->linear.table = table;
	cfg->linear.ste_dma = base;
	cfg->linear.num_ents = 1U << log2size;
	/* Every later choice between the two formats goes by this bit */
	smmu->features &= ~ARM_SMMU_FEAT_2_LVL_STRTAB;
	return 0;
}

static int adopt_map_table(struct arm_smmu_device *smmu)
{
	u32 reg = readl_relaxed(smmu->base + ARM_SMMU_STRTAB_BASE_CFG);
	u32 fmt = FIELD_GET(STRTAB_BASE_CFG_FMT, reg);
	phys_addr_t base;

	base = readq_relaxed(smmu->base + ARM_SMMU_STRTAB_BASE) & STRTAB_BASE_ADDR_MASK;

	if (fmt == STRTAB_BASE_CFG_FMT_LINEAR)
		return adopt_map_linear(smmu, base, reg);
	if (fmt == STRTAB_BASE_CFG_FMT_2LVL && smmu->features & ARM_SMMU_FEAT_2_LVL_STRTAB)
		return adopt_map_2lvl(smmu, base, reg);

	dev_err(smmu->dev, "kdump: invalid STRTAB format %u\n", fmt);
	return -EINVAL;
}

/* Registers */

/* Atomic: the driver's error interrupt ends up here too */
static int adopt_write_sync(struct arm_smmu_device *smmu, u32 val, u32 off, u32 ack)
{
	u32 reg;

	writel_relaxed(val, smmu->base + off);
	return readl_relaxed_poll_timeout_atomic(smmu->base + ack, reg, reg == val, 1,
						 ARM_SMMU_POLL_TIMEOUT_US);
}

/* Instead of disabling: the tables stay in charge, the queues in our memory are let go */
int arm_smmu_adopt_stop_queues(struct arm_smmu_device *smmu)
{
	int ret = adopt_write_sync(smmu, smmu->adopt->cr0, ARM_SMMU_CR0, ARM_SMMU_CR0ACK);

	if (ret)
		dev_err(smmu->dev, "kdump: failed to disable queues\n");
	return ret;
}

static int adopt_silence(struct arm_smmu_device *smmu)
{
	int ret = arm_smmu_adopt_stop_queues(smmu);

	if (ret)
		return ret;
	ret = adopt_write_sync(smmu, 0, ARM_SMMU_IRQ_CTRL, ARM_SMMU_IRQ_CTRLACK);
	if (ret)
		dev_err(smmu->dev, "kdump: failed to disable irqs\n");
	return ret;
}

void arm_smmu_adopt_probe(struct arm_smmu_device *smmu)
{
	struct arm_smmu_adopt *adopt;
	u32 cr0, active;

	if (!is_kdump_kernel())
		return;
	cr0 = readl_relaxed(smmu->base + ARM_SMMU_CR0);
	if (!(cr0 & CR0_SMMUEN))
		return;
	if (!(smmu->features & ARM_SMMU_FEAT_COHERENCY)) {
		dev_warn(smmu->dev,
			 "kdump: non-coherent SMMU unsupported; reset to block all DMAs\n");
		return;
	}
	active = readl_relaxed(smmu->base + ARM_SMMU_GERROR) ^
		 readl_relaxed(smmu->base + ARM_SMMU_GERRORN);
	if (active & GERROR_SFM_ERR) {
		dev_warn(smmu->dev, "kdump: SMMU in Service Failure Mode, must reset\n");
		return;
	}

	adopt = devm_kzalloc(smmu->dev, sizeof(*adopt), GFP_KERNEL);
	if (!adopt) {
		dev_warn(smmu->dev, "kdump: out of memory, falling back to full reset\n");
		return;
	}
	adopt->cr0 = cr0 & ADOPT_CR0_KEEP;
	adopt->features = smmu->features;
	smmu->adopt = adopt;

	smmu->evtq.q.llq.max_n_shift = min(smmu->evtq.q.llq.max_n_shift, ADOPT_IDLE_QUEUE_SHIFT);
	smmu->priq.q.llq.max_n_shift = min(smmu->priq.q.llq.max_n_shift, ADOPT_IDLE_QUEUE_SHIFT);
}

static void adopt_undo(struct arm_smmu_device *smmu)
{
	struct arm_smmu_adopt *adopt = smmu->adopt;

	memset(&smmu->strtab_cfg, 0, sizeof(smmu->strtab_cfg));
	smmu->features = adopt->features;
	smmu->adopt = NULL;
	devm_kfree(smmu->dev, adopt);
	dev_warn(smmu->dev, "kdump: falling back to full reset\n");
}

static void adopt_destroy_vmids(void *vmids)
{
	ida_destroy(vmids);
}

/* Stock: with the stream table. The removal of a driver before 7.x destroys them once more */
static int adopt_init_vmids(struct arm_smmu_device *smmu)
{
	ida_init(&smmu->vmid_map);
	return devm_add_action(smmu->dev, adopt_destroy_vmids, &smmu->vmid_map);
}

bool arm_smmu_adopt_strtab(struct arm_smmu_device *smmu)
{
	int ret;

	if (!smmu->adopt)
		return false;

	dev_info(smmu->dev, "kdump: adopting crashed kernel's stream table\n");
	/* All that is acquired here goes in one step, now or in arm_smmu_adopt_abandon() */
	if (!devres_open_group(smmu->dev, smmu->adopt, GFP_KERNEL)) {
		adopt_undo(smmu);
		return false;
	}
	ret = adopt_init_vmids(smmu) ?: adopt_collect_memory(smmu) ?: adopt_map_table(smmu) ?:
	      adopt_reserve_ids(smmu) ?: adopt_silence(smmu);
	devres_close_group(smmu->dev, smmu->adopt);
	if (ret) {
		devres_release_group(smmu->dev, smmu->adopt);
		adopt_undo(smmu);
	}
	return !ret;
}

/* Registers to start the reset from; 0 if there is nothing to retain */
u32 arm_smmu_adopt_reset(struct arm_smmu_device *smmu)
{
	u32 gerror, gerrorn;

	if (!smmu->adopt)
		return 0;

	dev_info(smmu->dev, "kdump: retaining SMMUEN for in-flight DMA\n");
	gerror = readl_relaxed(smmu->base + ARM_SMMU_GERROR);
	gerrorn = readl_relaxed(smmu->base + ARM_SMMU_GERRORN);
	if ((gerror ^ gerrorn) & GERROR_ERR_MASK) {
		dev_info(smmu->dev, "kdump: acknowledging latched errors 0x%08x\n",
			 gerror ^ gerrorn);
		writel_relaxed(gerror, smmu->base + ARM_SMMU_GERRORN);
	}
	return smmu->adopt->cr0;
}

/* After a failed reset: true if the stock one may still be tried, the command queue being unused */
bool arm_smmu_adopt_abandon(struct arm_smmu_device *smmu)
{
	if (!smmu->adopt || smmu->cmdq.q.llq.prod)
		return false;
	devres_release_group(smmu->dev, smmu->adopt);
	adopt_undo(smmu);
	return true;
}

/* Masters */

/*
 * Hardware goes on reading this table whatever becomes of the driver, so it is never freed: not a
 * managed allocation.
 */
static int adopt_publish_l2(struct arm_smmu_device *smmu, u32 idx)
{
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	struct arm_smmu_strtab_l2 *l2;
	dma_addr_t dma;
	unsigned int i;
	u64 val;

	l2 = dma_alloc_coherent(smmu->dev, sizeof(*l2), &dma, GFP_KERNEL);
	if (!l2)
		return -ENOMEM;
	for (i = 0; i < STRTAB_NUM_L2_STES; i++)
		l2->stes[i].data[0] = cpu_to_le64(STRTAB_STE_0_V); /* Config 0: abort */

	val = FIELD_PREP(STRTAB_L1_DESC_SPAN, STRTAB_SPLIT + 1) | (dma & STRTAB_L1_DESC_L2PTR_MASK);
	dma_wmb();
	WRITE_ONCE(cfg->l2.l1tab[idx].l2ptr, cpu_to_le64(val));
	cfg->l2.l2ptrs[idx] = l2;
	return 1;
}

/* 0: mapped, 1: the L1 entry was empty and has a new table, negative: no table for this SID */
int arm_smmu_adopt_l2_strtab(struct arm_smmu_device *smmu, u32 sid)
{
	struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;
	u32 idx = arm_smmu_strtab_l1_idx(sid);
	phys_addr_t base;
	void *l2;
	int ret;

	/* Live memory: what held at adoption is checked again */
	ret = adopt_check_l1_desc(smmu, idx, le64_to_cpu(READ_ONCE(cfg->l2.l1tab[idx].l2ptr)),
				  &base);
	if (!ret && !base) {
		ret = adopt_publish_l2(smmu, idx);
	} else if (!ret) {
		l2 = devm_memremap(smmu->dev, base, sizeof(struct arm_smmu_strtab_l2), MEMREMAP_WB);
		if (IS_ERR(l2))
			ret = PTR_ERR(l2);
		else
			cfg->l2.l2ptrs[idx] = l2;
	}
	if (ret < 0)
		dev_err(smmu->dev, "kdump: failed to adopt l2 stream table for SID %u (%d)\n", sid,
			ret);
	return ret;
}

static const struct arm_smmu_ste *adopt_ste(struct arm_smmu_device *smmu, u32 sid)
{
	const struct arm_smmu_strtab_cfg *cfg = &smmu->strtab_cfg;

	if (smmu->features & ARM_SMMU_FEAT_2_LVL_STRTAB)
		return &cfg->l2.l2ptrs[arm_smmu_strtab_l1_idx(sid)]
				->stes[arm_smmu_strtab_l2_idx(sid)];
	return &cfg->linear.table[sid];
}

static bool adopt_ste_is_live(const struct arm_smmu_ste *ste)
{
	u64 val = le64_to_cpu(READ_ONCE(ste->data[0]));

	return val & STRTAB_STE_0_V && FIELD_GET(STRTAB_STE_0_CFG, val) != STRTAB_STE_0_CFG_ABORT;
}

bool arm_smmu_adopt_is_attach_deferred(struct device *dev)
{
	struct arm_smmu_master *master = dev_iommu_priv_get(dev);
	unsigned int i;

	if (!master->smmu->adopt)
		return false;
	for (i = 0; i < master->num_streams; i++) {
		if (adopt_ste_is_live(adopt_ste(master->smmu, master->streams[i].id)))
			return true;
	}
	return false;
}

/* False for the default domain of a device whose attach was deferred until now */
bool arm_smmu_adopt_in_domain(struct arm_smmu_master *master, struct arm_smmu_domain *domain,
			      ioasid_t ssid)
{
	struct arm_smmu_master_domain *pos;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&domain->devices_lock, flags);
	list_for_each_entry (pos, &domain->devices, devices_elm)
		found |= pos->master == master && pos->ssid == ssid;
	spin_unlock_irqrestore(&domain->devices_lock, flags);
	return found;
}

/*
 * The driver's update engine takes bits that hardware ignores to be zero. In an aborting or invalid
 * entry of another kernel they may be anything: clear them, just before the first write.
 */
void arm_smmu_adopt_prepare_ste(struct arm_smmu_device *smmu, struct arm_smmu_ste *ste)
{
	unsigned int i;

	if (!smmu->adopt || adopt_ste_is_live(ste))
		return;
	WRITE_ONCE(ste->data[0], ste->data[0] & cpu_to_le64(STRTAB_STE_0_V));
	for (i = 1; i < STRTAB_STE_DWORDS; i++)
		WRITE_ONCE(ste->data[i], 0);
}

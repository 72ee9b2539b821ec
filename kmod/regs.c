// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs.c - read an SMMU's registers and judge what state it is in.
 *
 * Reading a power-gated SMMU may end in an SError. No mainline driver gates one
 * yet, but a series that does exists: where runtime PM is enabled, the SMMU must
 * be active, and it is held active while we read. It is never woken up: a
 * suspended SMMU has no DMA in flight, and waking is the driver's business.
 */
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/pm_runtime.h>

#include "oldmem.h"
#include "regs.h"
#include "smmu.h"

#define PAGE1(reg) ((reg)&0xffff)

static void read_regs(const struct sa_smmu *smmu, struct smmu_regs *r)
{
	void __iomem *p0 = smmu->page0, *p1 = smmu->page1 ?: smmu->page0;
	const struct {
		u32 *to;
		void __iomem *from;
	} word[] = {
		{ &r->idr0, p0 + SMMU_REG_IDR0 },
		{ &r->idr1, p0 + SMMU_REG_IDR1 },
		{ &r->idr3, p0 + SMMU_REG_IDR3 },
		{ &r->idr5, p0 + SMMU_REG_IDR5 },
		{ &r->iidr, p0 + SMMU_REG_IIDR },
		{ &r->aidr, p0 + SMMU_REG_AIDR },
		{ &r->cr0, p0 + SMMU_REG_CR0 },
		{ &r->cr0ack, p0 + SMMU_REG_CR0ACK },
		{ &r->cr1, p0 + SMMU_REG_CR1 },
		{ &r->cr2, p0 + SMMU_REG_CR2 },
		{ &r->gbpa, p0 + SMMU_REG_GBPA },
		{ &r->irq_ctrl, p0 + SMMU_REG_IRQ_CTRL },
		{ &r->irq_ctrlack, p0 + SMMU_REG_IRQ_CTRLACK },
		{ &r->gerror, p0 + SMMU_REG_GERROR },
		{ &r->gerrorn, p0 + SMMU_REG_GERRORN },
		{ &r->strtab_base_cfg, p0 + SMMU_REG_STRTAB_BASE_CFG },
		{ &r->cmdq_prod, p0 + SMMU_REG_CMDQ_PROD },
		{ &r->cmdq_cons, p0 + SMMU_REG_CMDQ_CONS },
		{ &r->evtq_prod, p1 + PAGE1(SMMU_REG_EVTQ_PROD) },
		{ &r->evtq_cons, p1 + PAGE1(SMMU_REG_EVTQ_CONS) },
		{ &r->priq_prod, p1 + PAGE1(SMMU_REG_PRIQ_PROD) },
		{ &r->priq_cons, p1 + PAGE1(SMMU_REG_PRIQ_CONS) },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(word); i++)
		*word[i].to = readl_relaxed(word[i].from);
	r->strtab_base = readq_relaxed(p0 + SMMU_REG_STRTAB_BASE);
	r->cmdq_base = readq_relaxed(p0 + SMMU_REG_CMDQ_BASE);
	r->evtq_base = readq_relaxed(p0 + SMMU_REG_EVTQ_BASE);
	r->priq_base = readq_relaxed(p0 + SMMU_REG_PRIQ_BASE);
}

static bool try_read(struct sa_smmu *smmu, struct smmu_regs *regs)
{
	int active;

	if (!smmu->page0)
		return false;
	active = pm_runtime_get_if_active(smmu->dev);
	if (!active)
		return false;
	read_regs(smmu, regs);
	if (active > 0)
		pm_runtime_put(smmu->dev);
	/* A dead bus answers with ones. */
	return regs->idr0 != ~0u || regs->idr1 != ~0u;
}

void sa_look(struct sa_smmu *smmu, struct sa_look *ret)
{
	struct adopt_facts facts = {
		.kdump = is_kdump_kernel(),
		.driver_bound = device_is_bound(smmu->dev),
		.coherent = smmu->coherent,
	};
	const struct smmu_regs *r = &ret->regs;

	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	ret->regs_valid = facts.regs_valid = try_read(smmu, &ret->regs);
	if (ret->regs_valid) {
		ret->walkable = !geom_decode(r, &ret->geom);
		facts.strtab_place = sa_place(r->strtab_base & SMMU_BASE_ADDR_MASK,
					      ret->walkable ? ret->geom.bytes : SMMU_STE_BYTES);
		/* The smallest queue is one 16-byte command; its place is that of its start. */
		facts.cmdq_place = sa_place(r->cmdq_base & SMMU_QUEUE_ADDR_MASK, 16);
	}
	adopt_judge(&ret->regs, &facts, &ret->verdict);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * smmu_find.c - the SMMUv3 instances on the platform bus, whatever driver they
 * are bound to, and a mapping of their registers.
 *
 * The driver has claimed its pages; ioremap() needs no claim, and SMMUv3
 * register reads have no side effects (IHI 0070 chapter 6).
 */
#include <linux/acpi.h>
#include <linux/acpi_iort.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "oldmem.h"
#include "rings.h"
#include "smmu.h"
#include "snapshot.h"

#define MAX_SMMUS 64
#define PAGE1_OFFSET SZ_64K
#define MAPPED_BYTES SZ_4K /* every register we read lies in the first 4 KiB of its page */

struct found {
	struct device *dev[MAX_SMMUS];
	u32 n;
};

static bool is_smmu(struct device *dev)
{
	/* ACPI: created by the IORT code under this name. */
	if (dev->of_node)
		return of_device_is_compatible(dev->of_node, "arm,smmu-v3");
	return !strcmp(to_platform_device(dev)->name, "arm-smmu-v3");
}

static int visit(struct device *dev, void *data)
{
	struct found *f = data;

	if (!is_smmu(dev))
		return 0;
	if (f->n == MAX_SMMUS) {
		pr_warn("more than %u SMMUs, the rest is ignored\n", MAX_SMMUS);
		return 1;
	}
	f->dev[f->n++] = get_device(dev);
	return 0;
}

/* What firmware says, as the driver takes it: it wins over IDR0.COHACC. */
static bool is_coherent(struct device *dev)
{
	const struct acpi_iort_smmu_v3 *smmu;
	struct acpi_iort_node **node;

	if (dev->of_node)
		return of_dma_is_coherent(dev->of_node);
	node = dev_get_platdata(dev);
	if (!node || !*node || (*node)->type != ACPI_IORT_NODE_SMMU_V3)
		return false;
	smmu = (const struct acpi_iort_smmu_v3 *)(*node)->node_data;
	return smmu->flags & ACPI_IORT_SMMU_V3_COHACC_OVERRIDE;
}

/* ioremap() of memory is refused with a splat: ask first. */
static void __iomem *map_page(u64 addr)
{
	return sa_place(addr, MAPPED_BYTES) == PLACE_CAPTURE_RAM ? NULL
								 : ioremap(addr, MAPPED_BYTES);
}

static void map_regs(struct sa_smmu *smmu)
{
	struct resource *res =
		platform_get_resource(to_platform_device(smmu->dev), IORESOURCE_MEM, 0);

	if (!res || resource_size(res) < MAPPED_BYTES) {
		smmu->no_regs = "no register resource";
		return;
	}
	smmu->base = res->start;
	smmu->page0 = map_page(res->start);
	if (!smmu->page0) {
		smmu->no_regs = "registers cannot be mapped";
		return;
	}
	/* One implementation (IORT model CN99xx) has only page 0, with all registers in it. */
	if (resource_size(res) >= PAGE1_OFFSET + MAPPED_BYTES)
		smmu->page1 = map_page(res->start + PAGE1_OFFSET);
}

int sa_smmus_find(struct sa_smmu **ret, u32 *ret_n)
{
	struct sa_smmu *smmus;
	struct found *f;
	u32 i;

	*ret = NULL;
	*ret_n = 0;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	bus_for_each_dev(&platform_bus_type, NULL, f, visit);
	smmus = f->n ? kvcalloc(f->n, sizeof(*smmus), GFP_KERNEL) : NULL;
	for (i = 0; i < f->n; i++) {
		if (!smmus) {
			put_device(f->dev[i]);
			continue;
		}
		smmus[i].index = smmus[i].snap.findings.smmu = i;
		smmus[i].dev = f->dev[i];
		smmus[i].coherent = is_coherent(f->dev[i]);
		map_regs(&smmus[i]);
	}
	if (smmus) {
		*ret = smmus;
		*ret_n = f->n;
	}
	i = f->n;
	kfree(f);
	return i && !smmus ? -ENOMEM : 0;
}

void sa_smmus_free(struct sa_smmu *smmus, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		sa_snapshot_free(&smmus[i].snap);
		sa_rings_free(&smmus[i].rings);
		kvfree(smmus[i].rmr);
		if (smmus[i].page1)
			iounmap(smmus[i].page1);
		if (smmus[i].page0)
			iounmap(smmus[i].page0);
		put_device(smmus[i].dev);
	}
	kvfree(smmus);
}

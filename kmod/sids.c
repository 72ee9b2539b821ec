// SPDX-License-Identifier: GPL-2.0-only
/*
 * sids.c - the StreamIDs of a device.
 *
 * The kernel's own list (iommu_fwspec) is complete, but kernels before 6.15
 * make it only when a driver binds. Until then it is derived the way the kernel
 * will: every requester id the device may appear with (itself, its quirk
 * aliases, the bridges above it that take ownership) through iommu-map or IORT.
 *
 * dev->iommu may vanish when an IOMMU probe fails. It stays while the device has
 * a group, and while we hold the device's lock; the lock is only tried, because
 * a driver stuck in its probe holds it for ever.
 */
#include <linux/acpi.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/pci.h>

#include "core/iort.h"
#include "compat.h"
#include "devices.h"
#include "smmu.h"

#define ALIAS_DEVFNS 256 /* bits in pci_dev.dma_alias_mask: one per function of the bus */

struct sids {
	const struct sa_smmu *smmu;
	u32 *sid;
	u32 n;
};

static void add_sid(struct sids *s, u32 sid)
{
	u32 i;

	for (i = 0; i < s->n; i++)
		if (s->sid[i] == sid)
			return;
	if (s->n < SA_DEV_SIDS)
		s->sid[s->n++] = sid;
}

/* True when the kernel has a list, of whatever SMMU. */
static bool from_fwspec(struct sids *s, struct device *dev)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	u32 i;

	if (!fwspec)
		return false;
	if (fwspec->iommu_fwnode == dev_fwnode(s->smmu->dev))
		for (i = 0; i < fwspec->num_ids; i++)
			add_sid(s, fwspec->ids[i]);
	return true;
}

static bool fwspec_sids(struct sids *s, struct device *dev)
{
	bool locked = device_trylock(dev);
	struct iommu_group *group = iommu_group_get(dev);
	bool found = (locked || group) && from_fwspec(s, dev);

	if (group)
		iommu_group_put(group);
	if (locked)
		device_unlock(dev);
	return found;
}

static void map_of(struct sids *s, struct pci_dev *pdev, u32 rid)
{
	struct pci_bus *bus = pdev->bus;
	struct device_node *target = NULL;
	u32 sid;

	while (bus->parent)
		bus = bus->parent;
	if (!bus->bridge || !bus->bridge->parent || !bus->bridge->parent->of_node)
		return;
	if (sa_of_map_iommu(bus->bridge->parent->of_node, rid, &target, &sid))
		return;
	if (target == s->smmu->dev->of_node)
		add_sid(s, sid);
	of_node_put(target);
}

static void map_acpi(struct sids *s, struct pci_dev *pdev, u32 rid)
{
	struct acpi_table_header *iort;
	u64 base;
	u32 sid;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &iort)))
		return;
	if (!iort_map_rid((const u8 *)iort, iort->length, pci_domain_nr(pdev->bus), rid, &base,
			  &sid) &&
	    base == s->smmu->base)
		add_sid(s, sid);
	acpi_put_table(iort);
}

static void map_rid(struct sids *s, struct pci_dev *pdev, u32 rid)
{
	if (acpi_disabled)
		map_of(s, pdev, rid);
	else
		map_acpi(s, pdev, rid);
}

/* The requester id that a bridge above the device may put in its place, -1 none. */
static int bridge_rid(struct pci_dev *bridge)
{
	int secondary = PCI_DEVID(bridge->subordinate->number, 0);

	if (!pci_is_pcie(bridge))
		return bridge->dev_flags & PCI_DEV_FLAG_PCIE_BRIDGE_ALIAS ? secondary
									  : pci_dev_id(bridge);
	switch (pci_pcie_type(bridge)) {
	case PCI_EXP_TYPE_PCI_BRIDGE: return secondary;
	case PCI_EXP_TYPE_PCIE_BRIDGE: return pci_dev_id(bridge);
	default: return -1;
	}
}

static void pci_sids(struct sids *s, struct pci_dev *pdev)
{
	struct pci_bus *bus;
	u32 devfn;
	int rid;

	map_rid(s, pdev, pci_dev_id(pdev));
	if (pdev->dma_alias_mask)
		for_each_set_bit (devfn, pdev->dma_alias_mask, ALIAS_DEVFNS)
			map_rid(s, pdev, PCI_DEVID(pdev->bus->number, devfn));
	for (bus = pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		/* The virtual buses of SR-IOV have no bridge. */
		if (!bus->self)
			continue;
		if (bus->self->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			break;
		rid = bridge_rid(bus->self);
		if (rid >= 0)
			map_rid(s, pdev, rid);
	}
}

static void platform_sids(struct sids *s, struct device *dev)
{
	struct of_phandle_args args;
	int i;

	if (!dev->of_node)
		return;
	for (i = 0; !of_parse_phandle_with_args(dev->of_node, "iommus", "#iommu-cells", i, &args);
	     i++) {
		if (args.np == s->smmu->dev->of_node && args.args_count == 1)
			add_sid(s, args.args[0]);
		of_node_put(args.np);
	}
}

u32 sa_sids(const struct sa_smmu *smmu, struct device *dev, u32 *sids, bool *ret_derived)
{
	struct sids s = { .smmu = smmu, .sid = sids };

	*ret_derived = false;
	if (fwspec_sids(&s, dev))
		return s.n;
	*ret_derived = true;
	if (dev_is_pci(dev))
		pci_sids(&s, to_pci_dev(dev));
	else
		platform_sids(&s, dev);
	return s.n;
}

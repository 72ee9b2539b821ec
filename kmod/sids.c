// SPDX-License-Identifier: GPL-2.0-only
/*
 * sids.c - the StreamIDs of a device.
 *
 * The kernel's own list (iommu_fwspec) is complete, but kernels before 6.15
 * make it only when a driver binds. Until then it is derived the way the kernel
 * will: every requester id the device may appear with (itself, its quirk
 * aliases, the bridges above it that take ownership) through iommu-map or IORT.
 *
 * The device is entered (going.h). Its buses and the bridges above it stay with
 * it, by the references that each has on the one above; a bridge that is being
 * removed too has no "subordinate" any more.
 */
#include <linux/acpi.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/pci.h>

#include "core/iort.h"
#include "compat.h"
#include "devices.h"
#include "going.h"
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

/* The kernel has a list, of whatever SMMU. */
struct fwspec_sids {
	struct sids *s;
	bool found;
};

/* With the lock of the group held. */
static void from_fwspec(struct device *dev, void *data)
{
	const struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct fwspec_sids *f = data;
	u32 i;

	if (!fwspec)
		return;
	f->found = true;
	if (fwspec->iommu_fwnode == dev_fwnode(f->s->smmu->dev))
		for (i = 0; i < fwspec->num_ids; i++)
			add_sid(f->s, fwspec->ids[i]);
}

static bool fwspec_sids(struct sids *s, struct device *dev)
{
	struct fwspec_sids f = { .s = s };

	/* A list without a group is one in the making, or of a probe that fails. */
	sa_dev_in_group(dev, &f, from_fwspec);
	return f.found;
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
	/* What a damaged table costs is said by firmware.c. */
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

/* The requester id that @bridge, above @bus, may put in a device's place, -1 none. */
static int bridge_rid(struct pci_dev *bridge, const struct pci_bus *bus)
{
	int secondary = PCI_DEVID(bus->number, 0);

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
	const unsigned long *aliases = READ_ONCE(pdev->dma_alias_mask);
	struct pci_bus *bus;
	u32 devfn;
	int rid;

	map_rid(s, pdev, pci_dev_id(pdev));
	if (aliases)
		for_each_set_bit (devfn, aliases, ALIAS_DEVFNS)
			map_rid(s, pdev, PCI_DEVID(pdev->bus->number, devfn));
	for (bus = pdev->bus; !pci_is_root_bus(bus); bus = bus->parent) {
		/* The virtual buses of SR-IOV have no bridge. */
		if (!bus->self)
			continue;
		if (bus->self->dev_flags & PCI_DEV_FLAGS_BRIDGE_XLATE_ROOT)
			break;
		rid = bridge_rid(bus->self, bus);
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

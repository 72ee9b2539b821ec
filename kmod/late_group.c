// SPDX-License-Identifier: GPL-2.0-only
/*
 * late_group.c - a shim for kernels before 6.15, built for no other (Kbuild).
 *
 * There group and default domain are made when a driver binds: so one is tried
 * that takes no device. The driver core configures DMA, asks the driver, is told
 * no, and leaves the domain, not attached, to whoever comes next. From 6.15 on
 * ("iommu: Get DT/ACPI parsing into the proper probe path") they come with the
 * device. A kernel before 6.15 that has this too has a group already when it is
 * asked for, and never gets here.
 */
#include <linux/device.h>
#include <linux/pci.h>

#include "core/names.h"
#include "late_group.h"

static bool registered;

static int refuse(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return -ENODEV;
}

static const struct pci_device_id no_ids[] = { {} };

static struct pci_driver nobody = {
	.name = SMMU_ADOPT_MODULE "-nobody",
	.id_table = no_ids,
	.probe = refuse,
};

void sa_late_group_init(void)
{
	registered = !pci_register_driver(&nobody);
}

void sa_late_group_exit(void)
{
	if (registered)
		pci_unregister_driver(&nobody);
}

int sa_late_group_make(struct device *dev)
{
	if (!registered)
		return -ENXIO;
	/* That no driver took the device is no news. */
	return device_driver_attach(&nobody.driver, dev) ? 0 : -EBUSY;
}

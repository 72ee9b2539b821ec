// SPDX-License-Identifier: GPL-2.0-only
/*
 * late_group.c - makes a device's IOMMU group and default domain in kernels before 6.15; built for
 * no other kernel (Kbuild).
 *
 * In these kernels group and domain are made when a driver is bound. So a driver is attached that
 * takes no device: the driver core configures DMA, asks this driver, is told no, and leaves the
 * new domain for the next driver; nothing is attached to it. From 6.15 on ("iommu: Get DT/ACPI
 * parsing into the proper probe path") group and domain come with the device. Where an older
 * kernel has that change, too, the device has its group already, and this file is not called.
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

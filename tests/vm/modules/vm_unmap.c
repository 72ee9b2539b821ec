// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vm_unmap - takes mappings away from a device that still uses them, as a driver
 * with a bug does: the pages that its IOMMU domain maps in the upper part of the
 * first 4 GiB, where the kernel allocates from the top down.
 *
 *	device=0000:00:01.0	whose
 *	skip=2			leave so many of the topmost mapped pages: descriptor rings
 *	count=512		take so many after them: buffers
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

#define SCAN_TOP 0x100000000ul
#define SCAN_PAGES 16384 /* 64 MiB */

static char *device = "0000:00:01.0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "sysfs name of a PCI device");
static int skip = 4;
module_param(skip, int, 0444);
MODULE_PARM_DESC(skip, "mapped pages to leave, from the top");
static int count = 512;
module_param(count, int, 0444);
MODULE_PARM_DESC(count, "mapped pages to take away after them");

static int __init vm_unmap_init(void)
{
	struct iommu_domain *domain;
	int left = count, leave = skip, taken = 0, i;
	struct device *dev;
	unsigned long iova;

	dev = bus_find_device_by_name(&pci_bus_type, NULL, device);
	if (!dev)
		return -ENODEV;
	domain = iommu_get_domain_for_dev(dev);
	for (i = 1; domain && i <= SCAN_PAGES && left > 0; i++) {
		iova = SCAN_TOP - i * PAGE_SIZE;
		if (!iommu_iova_to_phys(domain, iova) || leave-- > 0)
			continue;
		/* Invalidates the TLB, too. */
		taken += iommu_unmap(domain, iova, PAGE_SIZE) == PAGE_SIZE;
		left--;
	}
	dev_info(dev, "vm_unmap: %d pages taken away\n", taken);
	put_device(dev);
	return taken ? 0 : -ENOENT;
}
module_init(vm_unmap_init);

MODULE_DESCRIPTION("Unmaps pages that a device still uses, for tests");
MODULE_LICENSE("GPL");

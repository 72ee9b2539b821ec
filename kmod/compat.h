/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - kernel interfaces that changed between 6.12 and now. What a kernel
 * has is found out from its headers (Kbuild), not from its version: vendors
 * move changes about.
 */
#ifndef SA_COMPAT_H
#define SA_COMPAT_H

#include <linux/iommu.h>
#include <linux/of.h>

/* Which IOMMU node, and which id there, "iommu-map" gives @id. of_node_put(*ret_np). */
static inline int sa_of_map_iommu(struct device_node *np, u32 id, struct device_node **ret_np,
				  u32 *ret_id)
{
#ifdef SA_HAVE_OF_MAP_IOMMU_ID
	struct of_phandle_args args = { 0 };
	int r = of_map_iommu_id(np, id, &args);

	if (r)
		return r;
	*ret_np = args.np;
	*ret_id = args.args[0];
	return 0;
#else
	*ret_np = NULL;
	return of_map_id(np, id, "iommu-map", "iommu-map-mask", ret_np, ret_id);
#endif
}

/* The domain of the device's group, whose lock is held (going.h); attached or not. */
static inline struct iommu_domain *sa_domain_of(struct device *dev)
{
#ifdef SA_HAVE_DRIVER_GET_DOMAIN
	return iommu_driver_get_domain_for_dev(dev);
#else
	return iommu_get_domain_for_dev(dev);
#endif
}

/*
 * A reset through the PCI core attaches a device with ATS to the blocking domain first, deferred
 * or not (pci_dev_reset_iommu_prepare(), 7.0): the crashed kernel's entry ends there.
 */
#ifdef SA_HAVE_RESET_IOMMU
#define SA_RESET_DETACHES true
#else
#define SA_RESET_DETACHES false
#endif

#endif

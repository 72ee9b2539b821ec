// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which physical addresses may be a crashed kernel's table.
 *
 * The capture kernel knows its own memory only. The machine's memory is taken from firmware, that
 * is the EFI memory map or else the devicetree: the crashed kernel's view is what is being checked,
 * and the address of its ELF header is forgotten once /proc/vmcore exists. Memory added after boot
 * is in neither and counts as a hole.
 */
#include <linux/device.h>
#include <linux/efi.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/overflow.h>

#include "adopt-priv.h"

#define ADOPT_MAX_RANGES 512U

static int adopt_add_range(struct arm_smmu_adopt *adopt, phys_addr_t start, phys_addr_t end)
{
	struct adopt_range *last;

	if (end <= start)
		return 0;
	if (adopt->num_ranges) {
		last = &adopt->ranges[adopt->num_ranges - 1];
		if (last->end == start) {
			last->end = end;
			return 0;
		}
	}
	if (adopt->num_ranges == ADOPT_MAX_RANGES)
		return -E2BIG;
	adopt->ranges[adopt->num_ranges++] = (struct adopt_range){ start, end };
	return 0;
}

static bool adopt_efi_is_memory(const efi_memory_desc_t *md)
{
	switch (md->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL_MEMORY:
	case EFI_ACPI_RECLAIM_MEMORY:
	case EFI_PERSISTENT_MEMORY: return md->attribute & EFI_MEMORY_WB;
	default: return false;
	}
}

static int adopt_ranges_from_efi(struct arm_smmu_adopt *adopt)
{
	efi_memory_desc_t *md;
	int ret = 0;

	for_each_efi_memory_desc (md) {
		if (!adopt_efi_is_memory(md))
			continue;
		ret = adopt_add_range(adopt, md->phys_addr,
				      md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT));
		if (ret)
			break;
	}
	return ret;
}

static int adopt_ranges_from_dt(struct arm_smmu_adopt *adopt)
{
	struct device_node *np;
	struct resource res;
	int i, ret;

	for_each_node_by_type (np, "memory") {
		for (i = 0; !of_address_to_resource(np, i, &res); i++) {
			ret = adopt_add_range(adopt, res.start, res.end + 1);
			if (ret) {
				of_node_put(np);
				return ret;
			}
		}
	}
	return 0;
}

int adopt_collect_memory(struct arm_smmu_device *smmu)
{
	struct arm_smmu_adopt *adopt = smmu->adopt;
	int ret;

	adopt->num_ranges = 0;
	adopt->ranges =
		devm_kcalloc(smmu->dev, ADOPT_MAX_RANGES, sizeof(*adopt->ranges), GFP_KERNEL);
	if (!adopt->ranges)
		return -ENOMEM;

	if (efi_enabled(EFI_MEMMAP))
		ret = adopt_ranges_from_efi(adopt);
	else
		ret = adopt_ranges_from_dt(adopt);
	if (!ret && !adopt->num_ranges)
		ret = -ENODATA;
	if (ret)
		dev_err(smmu->dev, "kdump: no memory map to check table addresses against (%d)\n",
			ret);
	return ret;
}

/*
 * True for memory of the machine that this kernel does not own. A hole would end in an external
 * abort, and one of our own pages would be written as if it were a table.
 */
bool adopt_is_old_memory(struct arm_smmu_device *smmu, phys_addr_t start, size_t size)
{
	const struct arm_smmu_adopt *adopt = smmu->adopt;
	phys_addr_t pos = start, end;
	unsigned int i;

	if (!size || check_add_overflow(start, size, &end))
		return false;

	while (pos < end) {
		for (i = 0; i < adopt->num_ranges; i++) {
			if (adopt->ranges[i].start <= pos && pos < adopt->ranges[i].end)
				break;
		}
		if (i == adopt->num_ranges)
			return false;
		pos = adopt->ranges[i].end;
	}
	return region_intersects(start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) ==
	       REGION_DISJOINT;
}

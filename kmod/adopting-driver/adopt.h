/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of the adopting SMMUv3 driver: what the patches call in adopt.c.
 *
 * smmu->adopt is the one switch. It is non-NULL from the moment a crashed kernel's table looks
 * adoptable, and goes back to NULL for good when adoption fails; every hook then leaves the stock
 * driver's behaviour alone. Two things are for every capture kernel, whatever it makes of the
 * table: arm_smmu_adopt_ack_gerror(), and no virtual command queues (0016-no-cmdqv.patch).
 */
#ifndef _ARM_SMMU_V3_ADOPT_H
#define _ARM_SMMU_V3_ADOPT_H

#include <linux/iommu.h>
#include <linux/types.h>

struct arm_smmu_device;
struct arm_smmu_domain;
struct arm_smmu_master;
struct arm_smmu_ste;
struct device;

/*
 * The built-in driver of a kernel with KUnit exports these symbols already; a second export would
 * make the module loader refuse us.
 */
#undef EXPORT_SYMBOL_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol)

void arm_smmu_adopt_probe(struct arm_smmu_device *smmu);
bool arm_smmu_adopt_strtab(struct arm_smmu_device *smmu);
bool arm_smmu_adopt_abandon(struct arm_smmu_device *smmu);

u32 arm_smmu_adopt_reset(struct arm_smmu_device *smmu);
void arm_smmu_adopt_ack_gerror(struct arm_smmu_device *smmu);
int arm_smmu_adopt_stop_queues(struct arm_smmu_device *smmu);

/* Makes hardware forget what it may have cached of the level 1 descriptor of this StreamID */
typedef int adopt_sync_l1_fn(struct arm_smmu_device *smmu, u32 sid);

int arm_smmu_adopt_l2_strtab(struct arm_smmu_device *smmu, u32 sid, adopt_sync_l1_fn *sync_l1);
bool arm_smmu_adopt_is_attach_deferred(struct device *dev);
bool arm_smmu_adopt_in_domain(struct arm_smmu_master *master, struct arm_smmu_domain *domain,
			      ioasid_t ssid);
void arm_smmu_adopt_prepare_ste(struct arm_smmu_master *master, struct arm_smmu_ste *ste);
int arm_smmu_adopt_alloc_asid(struct arm_smmu_device *smmu, u32 *asid, void *domain);

#endif /* _ARM_SMMU_V3_ADOPT_H */

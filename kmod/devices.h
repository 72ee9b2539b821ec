/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * devices.h - the endpoints behind one SMMU, and their StreamIDs (sids.c).
 */
#ifndef SA_DEVICES_H
#define SA_DEVICES_H

#include "core/rec_types.h"

struct device;
struct pci_dev;
struct sa_sidset;
struct sa_smmu;

struct sa_sid_owner {
	u32 sid, dev; /* dev: index into the list */
};

struct sa_devices {
	struct rec_device *item;
	struct sa_sid_owner *sids; /* ascending StreamID */
	u32 n, cap, sids_n, sids_cap;
	int error;
};

/* Always fills @ret as far as possible; error is the first trouble. */
void sa_devices_collect(const struct sa_smmu *smmu, struct sa_devices *ret);
void sa_devices_free(struct sa_devices *devs);
/* A device that has @sid, NULL none. */
struct rec_device *sa_devices_owner(const struct sa_devices *devs, u32 sid);
void sa_devices_sids(const struct sa_devices *devs, struct sa_sidset *set);

/* Requests of the device are still without completion. */
bool sa_pci_pending(struct pci_dev *pdev);

#define SA_DEV_SIDS 64

/* StreamIDs of @dev, which is entered (going.h), behind @smmu. Returns their number, 0 when it is
 * not behind @smmu. */
u32 sa_sids(const struct sa_smmu *smmu, struct device *dev, u32 *sids, bool *ret_derived);

#endif

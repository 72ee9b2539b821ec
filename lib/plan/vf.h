/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vf.h - finds the physical function whose virtual function had a StreamID that no device has now.
 *
 * Virtual functions of the crashed kernel are gone: the capture kernel switches them off when it
 * finds their physical function (CONFIG_PCI_IOV), before user space starts.
 */
#ifndef LIB_PLAN_VF_H
#define LIB_PLAN_VF_H

#include "lib/plan/inventory.h"

#define VF_PARENTS_MAX 256

struct vf_physical {
	u32 device; /* in the inventory */
	u32 total, offset, stride;
	u32 live, first, last; /* StreamIDs of live ones, filled in by the caller */
};

struct vf_list {
	struct vf_physical pf[VF_PARENTS_MAX];
	u32 count;
};

/* Physical functions of the inventory. */
void vf_find(struct vf_list *vf, const struct fsroot *root, const struct inventory *inv);

/* The one that may have had a virtual function with StreamID @sid; NULL: none. */
struct vf_physical *vf_physical_of(struct vf_list *vf, const struct inventory *inv, u32 smmu,
				   u32 sid);

#endif

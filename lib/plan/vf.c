// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vf.c - see vf.h. Virtual function n has the requester id of its
 * physical function plus offset plus n times stride (PCI Express 9.3.3.9); both
 * are in sysfs while no virtual function is on. StreamIDs are taken to follow requester
 * ids, which holds within one range of the firmware's map.
 */
#include "lib/plan/vf.h"

#include "lib/base/parse.h"

static bool number(const struct fsroot *root, const struct inv_device *dev, const char *file,
		   u32 *ret)
{
	char text[16];

	return fsroot_read_text(root, text, sizeof(text), "sys/bus/pci/devices/%s/%s", dev->name,
				file) > 0 &&
	       parse_u32(text, 1, 0xffff, ret) == 0;
}

void vf_find(struct vf_list *vf, const struct fsroot *root, const struct inventory *inv)
{
	struct vf_physical pf;
	u32 d;

	vf->count = 0;
	for (d = 0; d < inv->count && vf->count < VF_PARENTS_MAX; d++) {
		const struct inv_device *dev = &inv->devices[d];

		if (!dev->pci || dev->gone || !dev->n_sids ||
		    !number(root, dev, "sriov_totalvfs", &pf.total) ||
		    !number(root, dev, "sriov_offset", &pf.offset) ||
		    !number(root, dev, "sriov_stride", &pf.stride))
			continue;
		pf.device = d;
		vf->pf[vf->count++] = pf;
	}
}

const struct inv_device *vf_parent(const struct vf_list *vf, const struct inventory *inv, u32 smmu,
				   u32 sid)
{
	u32 i, delta;

	for (i = 0; i < vf->count; i++) {
		const struct vf_physical *pf = &vf->pf[i];
		const struct inv_device *dev = &inv->devices[pf->device];

		if (dev->smmu != smmu || sid < dev->sids[0])
			continue;
		delta = sid - dev->sids[0];
		if (delta >= pf->offset && (delta - pf->offset) % pf->stride == 0 &&
		    (delta - pf->offset) / pf->stride < pf->total)
			return dev;
	}
	return NULL;
}

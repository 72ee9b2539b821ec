/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - when a device was attached to its new domain, and the TLB then.
 */
#ifndef SA_ATTACH_H
#define SA_ATTACH_H

#include <linux/types.h>

struct device;
struct iommu_domain;

void sa_attach_init(void);
void sa_attach_exit(void);
/* When @dev was attached first, 0: not seen. */
u64 sa_attach_ns(const struct device *dev);
bool sa_attach_watched(void);
/* Is the TLB flushed at each attach? *@ret: how often it was. */
bool sa_attach_flushes(u32 *ret);
/* Invalidate what the TLB holds for @domain. Any context. False: it is NULL, or does not translate.
 */
bool sa_attach_flush(struct iommu_domain *domain);

#endif

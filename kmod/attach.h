/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - when a device was attached to its new domain.
 */
#ifndef SA_ATTACH_H
#define SA_ATTACH_H

#include <linux/types.h>

struct device;

void sa_attach_init(void);
void sa_attach_exit(void);
/* When @dev was attached first, 0: not seen. */
u64 sa_attach_ns(const struct device *dev);
bool sa_attach_watched(void);

#endif

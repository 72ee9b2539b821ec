/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * smmudev.h - lists the SMMUv3s of the platform bus, with or without a driver, and maps the
 * register page of one without a driver through /dev/mem.
 *
 * Once a driver has claimed the registers, or the kernel is locked down, /dev/mem refuses them.
 */
#ifndef LIB_MACHINE_SMMUDEV_H
#define LIB_MACHINE_SMMUDEV_H

#include "core/port.h"
#include "lib/base/fsroot.h"

struct smmudev {
	char name[48];
	u64 base;      /* of register page 0; 0: not known */
	bool bound;    /* a driver has it */
	bool deferred; /* its driver is there, and waits for something else */
};

/* Call @fn for each. Stops when it returns non-zero, and returns that, 0 or a negative errno. */
typedef int (*smmudev_fn)(void *priv, const struct smmudev *smmu);
int smmudev_each(const struct fsroot *root, smmudev_fn fn, void *priv);

/*
 * Map register page 0 at @base, to read and to write. Returns 0, or a negative errno: -EPERM the
 * kernel does not let us, -ENOENT there is no /dev/mem. A read may end in SIGBUS.
 */
#define SMMUDEV_PAGE_BYTES 4096u
int smmudev_map(const struct fsroot *root, u64 base, volatile uint32_t **ret);
void smmudev_unmap(volatile uint32_t *page);

#endif

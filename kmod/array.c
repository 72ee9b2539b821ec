// SPDX-License-Identifier: GPL-2.0-only
/*
 * array.c - arrays that grow. Firmware and old memory decide how many elements there
 * are, so room doubles, and whoever adds has a limit of its own. What is allocated is
 * not cleared.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "array.h"

int sa_grow(void **array, u32 n, u32 *cap, size_t size)
{
	u32 more = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return 0;
	p = kvmalloc_array(more, size, GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	if (n)
		memcpy(p, *array, n * size);
	kvfree(*array);
	*array = p;
	*cap = more;
	return 0;
}

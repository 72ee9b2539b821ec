/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * array.h - arrays that grow.
 */
#ifndef SA_ARRAY_H
#define SA_ARRAY_H

#include <linux/types.h>

/* Room for one more element of @size bytes in *@array. 0 or -ENOMEM. */
int sa_grow(void **array, u32 n, u32 *cap, size_t size);

#endif

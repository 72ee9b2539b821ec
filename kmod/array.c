// SPDX-License-Identifier: GPL-2.0-only
/*
 * array.c - arrays that grow, and the sets of StreamIDs that are made of them (sidset.h). Firmware
 * and old memory decide how many elements there are, so the room doubles each time, and the code
 * that adds elements has a limit of its own. New room is not cleared.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "array.h"
#include "sidset.h"

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

static int by_value(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

void sa_sidset_sort(struct sa_sidset *set)
{
	u32 i, n = 0;

	sort(set->sid, set->n, sizeof(*set->sid), by_value, NULL);
	for (i = 0; i < set->n; i++)
		if (!n || set->sid[n - 1] != set->sid[i])
			set->sid[n++] = set->sid[i];
	set->n = n;
}

/* Full: only a good number of duplicates makes going on worth while. */
static bool make_room(struct sa_sidset *set)
{
	if (set->n < SA_MAX_SIDS)
		return !sa_grow((void **)&set->sid, set->n, &set->cap, sizeof(*set->sid));
	sa_sidset_sort(set);
	return set->n < SA_MAX_SIDS / 4 * 3;
}

void sa_sidset_add(struct sa_sidset *set, u32 first, u32 count)
{
	u32 i;

	for (i = 0; i < count && !set->cut; i++) {
		if (make_room(set))
			set->sid[set->n++] = first + i;
		else
			set->cut = true;
	}
}

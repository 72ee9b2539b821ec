/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sidset.h - sets of StreamIDs in which somebody is interested.
 */
#ifndef SA_SIDSET_H
#define SA_SIDSET_H

#include <linux/types.h>

#define SA_MAX_SIDS 16384 /* StreamIDs one "records" file follows */

struct sa_sidset {
	u32 *sid;
	u32 n, cap;
	bool cut; /* some were left out: too many, or no memory */
};

void sa_sidset_add(struct sa_sidset *set, u32 first, u32 count);
/* Ascending, each StreamID once. */
void sa_sidset_sort(struct sa_sidset *set);

#endif

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * late.c - reads the helper's records again. The story has the entries of the crash already, so
 * only the states of SMMUs and the devices are new; they go into the same story, which saves
 * memory.
 */
#include "lib/plan/late.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/helper.h"

static int take_new(void *priv, const struct rec *rec)
{
	return rec->type == REC_SMMU || rec->type == REC_DEVICE ? story_add(priv, rec) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct inv_device *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Returns how many of @inv are not in @known, or -ENOMEM. */
static int settle(struct inventory *inv, const struct inventory *known)
{
	const struct inv_device **names = calloc((size_t)known->count + 1, sizeof(*names));
	int late = 0;
	u32 d;

	if (!names)
		return -ENOMEM;
	for (d = 0; d < known->count; d++)
		names[d] = &known->devices[d];
	qsort(names, known->count, sizeof(*names), by_name);
	for (d = 0; d < inv->count; d++) {
		struct inv_device *dev = &inv->devices[d];
		const struct inv_device *key = dev;

		dev->settled = bsearch(&key, names, known->count, sizeof(*names), by_name);
		late += !dev->settled;
	}
	free(names);
	return late;
}

int late_look(struct inventory *ret, const struct fsroot *root, struct story *story,
	      const struct inventory *known)
{
	struct helper_info info;
	struct errbuf err;
	int rc;

	rc = helper_read(root, take_new, story, NULL, &info, &err);
	if (rc)
		return rc < 0 ? rc : -ENODATA;
	rc = story_finish(story);
	if (rc == 0)
		rc = inv_build(ret, story);
	if (rc == 0)
		rc = settle(ret, known);
	ret->late = true;
	if (rc <= 0)
		inv_clear(ret);
	return rc;
}

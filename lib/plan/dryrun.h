/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dryrun.h - works out what a run of the daemon would do, and changes nothing: for "smmu-adoptctl
 * plan" and rd.smmu_adopt=plan.
 */
#ifndef LIB_PLAN_DRYRUN_H
#define LIB_PLAN_DRYRUN_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/strbuf.h"
#include "lib/machine/config.h"
#include "lib/plan/inventory.h"
#include "lib/plan/plan.h"
#include "lib/plan/prepare.h"

struct dryrun {
	struct story story;
	struct inventory inv;
	struct plan plan;
	struct strbuf warnings; /* one per line */
	bool resets_detach;	/* the reset of a device with ATS ends adoption */
	bool aside;		/* the daemon would stand aside, for the reason in @why */
	struct prepare_why why;
};

/*
 * Zero-initialise with = { 0 }; ends with dryrun_clear(). Returns 0 or a negative
 * errno; then there is no plan.
 */
int dryrun_make(struct dryrun *run, const struct fsroot *root, const struct config *config);
void dryrun_clear(struct dryrun *run);

/* Both return 0 or a negative errno of writing. */
int dryrun_text(const struct dryrun *run, FILE *out);
int dryrun_json(const struct dryrun *run, const struct config *config, FILE *out);

#endif

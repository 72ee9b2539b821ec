/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refusal.h - finds out why a driver reset an SMMU. Registers do not tell this, so it comes from
 * the driver's log line in a finding "refused-by-driver" of the daemon, or of an old helper that
 * read the kernel log itself.
 */
#ifndef LIB_STORY_REFUSAL_H
#define LIB_STORY_REFUSAL_H

#include "lib/story/story.h"

/* Does @rec, the helper's record of an SMMU, lack the reason of the reset? */
bool refusal_unknown(const struct rec_smmu *rec);
/*
 * Take the reasons from the findings, for SMMUs whose reset has no reason. Part of story_finish().
 */
void refusal_explain(struct story *story);

/*
 * Is this finding the line that a driver without adoption always prints, and the reason of its
 * SMMU already says so? Then it is no separate problem.
 */
bool refusal_is_usual(const struct story *story, const struct rec_finding *finding);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refusal.h - why a driver reset an SMMU, which registers do not tell: by its own
 * words, in a finding "refused-by-driver" of the daemon, or of a helper that still
 * read the kernel log itself.
 */
#ifndef LIB_STORY_REFUSAL_H
#define LIB_STORY_REFUSAL_H

#include "lib/story/story.h"

/* Is the reason of a reset still to be found out? Of @rec, as the helper tells it. */
bool refusal_unknown(const struct rec_smmu *rec);
/* Reasons out of the findings, for the SMMUs whose reset has none. Part of story_finish(). */
void refusal_explain(struct story *story);

/*
 * Is this finding the line that a driver without adoption always says, and its SMMU tells so as the
 * reason? Then it is no trouble of its own.
 */
bool refusal_is_usual(const struct story *story, const struct rec_finding *finding);

#endif

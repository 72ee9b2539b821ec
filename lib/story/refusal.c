// SPDX-License-Identifier: LGPL-2.1-or-later
/* refusal.c - see refusal.h. */
#include "lib/story/refusal.h"

#include <string.h>

#include "core/adopt_log.h"
#include "lib/story/facts.h"
#include "lib/story/story_private.h"

bool refusal_unknown(const struct rec_smmu *rec)
{
	return rec->state == ADOPT_RESET && rec->reason == ADOPT_WHY_FRESH_TABLE;
}

static void explain(struct rec_smmu *rec, enum adopt_reason reason)
{
	if (!refusal_unknown(rec))
		return;
	rec->reason = (u16)reason;
	rec->evidence |= ADOPT_EV_LOG;
}

void refusal_explain(struct story *story)
{
	struct adopt_log_said said;
	struct story_smmu key = { 0 }, *smmu;
	size_t i;

	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];

		if (f->code != REC_FIND_DRIVER_REFUSED ||
		    !adopt_log_text(f->text, strnlen(f->text, sizeof(f->text)), &said))
			continue;
		key.smmu = f->smmu;
		smmu = story_item_find(story, STORY_SMMUS, &key);
		if (!smmu)
			continue;
		explain(&smmu->crash, said.reason);
		explain(&smmu->now, said.reason);
	}
}

bool refusal_is_usual(const struct story *story, const struct rec_finding *finding)
{
	const struct story_smmu *smmu = story_find_smmu(story, finding->smmu);
	struct adopt_log_said said;

	return finding->code == REC_FIND_DRIVER_REFUSED && smmu &&
	       report_smmu_last(smmu)->state == ADOPT_RESET &&
	       report_smmu_last(smmu)->reason == ADOPT_WHY_STOCK &&
	       adopt_log_text(finding->text, strnlen(finding->text, sizeof(finding->text)),
			      &said) &&
	       said.reason == ADOPT_WHY_STOCK;
}

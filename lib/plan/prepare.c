// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * prepare.c - see prepare.h.
 */
#include "lib/plan/prepare.h"

#include <stdio.h>

#include "lib/machine/kmsg.h"
#include "lib/plan/drivers.h"
#include "lib/plan/outlook.h"
#include "lib/plan/plan.h"
#include "lib/plan/suppliers.h"
#include "lib/story/refusal.h"

/* Registers show that an SMMU was reset; only the driver's line in the kernel log tells why. */
static int ask_log(const struct fsroot *root, struct story *story)
{
	struct rec rec = { .type = REC_FINDING };
	int rc = 0;
	size_t i;

	for (i = 0; i < story->n_smmus && rc >= 0; i++) {
		const struct story_smmu *s = &story->smmus[i];
		const struct rec_smmu *now = s->has_now ? &s->now : &s->crash;

		if (refusal_unknown(now) &&
		    kmsg_refusal(root, s->smmu, now->name, &rec.finding) > 0)
			rc = story_add(story, &rec);
	}
	return rc;
}

int prepare_story(const struct fsroot *root, struct story *story, struct recread_copy *copy,
		  struct errbuf *err, struct prepare_why *why)
{
	struct helper_info info;
	int rc = helper_read_story(root, story, copy, &info, err);

	if (rc == HELPER_OK)
		rc = ask_log(root, story);
	if (rc == HELPER_OK || rc < 0)
		return rc < 0 ? rc : story_finish(story);
	snprintf(why->text, sizeof(why->text), "%s",
		 rc == HELPER_NONE
			 ? "absent: the helper found no SMMUv3"
			 : "it is not known whether an SMMU was adopted, so no device is held");
	return PREPARE_ASIDE;
}

int prepare_inventory(struct inventory *inv, const struct story *story, const struct config *config,
		      struct prepare_why *why)
{
	int rc = inv_build(inv, story);

	if (rc < 0)
		return rc;
	if (!inv->adopted) {
		outlook_why_aside(story, why->text, sizeof(why->text));
		return PREPARE_ASIDE;
	}
	plan_apply_rules(inv, config);
	return 0;
}

void prepare_details(struct inventory *inv, const struct fsroot *root, const struct story *story,
		     const struct config *config, inv_complain_fn complain, void *priv)
{
	inv_details(inv, root, config, complain, priv);
	if (!suppliers_mark(inv, root))
		inv_dump_doubt(inv, complain, priv,
			       "not all devices were found that the dump's devices wait for");
	drivers_name_modules(root, inv, config);
	/* Now those that name a module match, too. */
	plan_apply_rules(inv, config);
	outlook_domains(root, story, inv);
}

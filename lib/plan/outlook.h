/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outlook.h - the parts of the stage that only look and report, shared by the real run and the dry
 * run.
 */
#ifndef LIB_PLAN_OUTLOOK_H
#define LIB_PLAN_OUTLOOK_H

#include "lib/machine/config.h"
#include "lib/plan/inventory.h"
#include "lib/machine/journal.h"
#include "lib/story/story.h"

/* Why no SMMU is adopted, as "state: reason (name)"; the first SMMU speaks for all. */
void outlook_why_aside(const struct story *story, char *buf, size_t cap);

void outlook_text(const struct inventory *inv, char *buf, size_t cap);

/* Does the reset of a device with ATS end adoption? Taken for granted from kernel 7.0 on. */
bool outlook_resets_detach(const struct fsroot *root);

/*
 * Set in @inv what can be done for domains before drivers are bound. Nothing, if the kernel makes
 * them during the bind and the helper cannot make them earlier. No flush, if ASIDs are known to be
 * reserved, or if the kernel flushes attached devices only (7.x).
 */
void outlook_domains(const struct fsroot *root, const struct story *story, struct inventory *inv);

/* Devices without IOMMU attachment; live streams without a device. */
void outlook_findings(struct journal *journal, const struct fsroot *root, const struct story *story,
		      const struct inventory *inv);

/* Put the new copy of the helper's records in place, or drop it. */
void outlook_keep_copy(const struct fsroot *root, bool good);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * why.c - after a full reset: what did the driver say? See core/adopt_log.h.
 */
#include <linux/kmsg_dump.h>
#include <linux/slab.h>

#include "core/adopt_log.h"
#include "sa.h"

#define LINE_BYTES 1024

static enum adopt_reason scan(const char *dev, char *line)
{
	enum adopt_reason best = ADOPT_WHY_NONE, r;
	struct kmsg_dump_iter iter;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, LINE_BYTES, &len)) {
		r = adopt_log_line(line, len, dev);
		if (adopt_log_rank(r) > adopt_log_rank(best))
			best = r;
	}
	return best;
}

void sa_why_reset(struct sa_smmu *smmu, struct adopt_verdict *v)
{
	enum adopt_reason r;
	char *line;

	if (v->state != ADOPT_RESET || v->reason != ADOPT_WHY_FRESH_TABLE)
		return;
	/* Said once at boot, and the log may have wrapped later: what was found is kept. */
	r = READ_ONCE(smmu->why);
	if (r == ADOPT_WHY_NONE) {
		line = kmalloc(LINE_BYTES, GFP_KERNEL);
		if (!line)
			return;
		r = scan(dev_name(smmu->dev), line);
		kfree(line);
		WRITE_ONCE(smmu->why, r);
	}
	if (r == ADOPT_WHY_NONE)
		return;
	v->reason = r;
	v->evidence |= ADOPT_EV_LOG;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * reset_reason.c - after a full reset: what did the driver say? See core/adopt_log.h.
 */
#include <linux/device.h>
#include <linux/kmsg_dump.h>
#include <linux/slab.h>

#include "core/adopt_log.h"
#include "regs.h"
#include "smmu.h"

#define LINE_BYTES 1024

static bool scan(struct sa_smmu *smmu, char *line)
{
	struct adopt_log_said best = { .rank = 0 }, said;
	struct kmsg_dump_iter iter;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, LINE_BYTES, &len)) {
		if (!adopt_log_line(line, len, dev_name(smmu->dev), &said) ||
		    said.rank <= best.rank)
			continue;
		best = said;
		scnprintf(smmu->said, sizeof(smmu->said), "%.*s", (int)said.len, line + said.at);
		smmu->said_sid = said.has_sid ? said.sid : REC_NO_SID;
	}
	/* Last, since readers of the files look at it first. */
	smp_store_release(&smmu->why, best.reason);
	return best.rank;
}

void sa_why_reset(struct sa_smmu *smmu, struct adopt_verdict *v)
{
	enum adopt_reason r;
	char *line;

	if (v->state != ADOPT_RESET || v->reason != ADOPT_WHY_FRESH_TABLE)
		return;
	/* Said once at boot, and the log may have wrapped later: what was found is kept. */
	r = smp_load_acquire(&smmu->why);
	if (r == ADOPT_WHY_NONE) {
		line = kmalloc(LINE_BYTES, GFP_KERNEL);
		if (!line)
			return;
		if (scan(smmu, line))
			r = smmu->why;
		kfree(line);
	}
	if (r == ADOPT_WHY_NONE)
		return;
	v->reason = r;
	v->evidence |= ADOPT_EV_LOG;
}

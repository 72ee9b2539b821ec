// SPDX-License-Identifier: GPL-2.0-only
/*
 * findings.c - a bounded list of what is wrong or remarkable. A table full of
 * garbage makes thousands of oddities; the first ones tell the story, the rest
 * is a number.
 */
#include <linux/kernel.h>

#include "findings.h"

void sa_find(struct sa_findings *f, enum rec_finding_code code, enum rec_severity severity, u32 sid,
	     u64 addr, const char *fmt, ...)
{
	struct rec_finding *item;
	va_list args;

	if (f->n == SA_MAX_FINDINGS) {
		f->lost++;
		return;
	}
	item = &f->item[f->n++];
	item->smmu = f->smmu;
	item->sid = sid;
	item->severity = severity;
	item->code = code;
	item->addr = addr;
	va_start(args, fmt);
	vscnprintf(item->text, sizeof(item->text), fmt, args);
	va_end(args);
}

const char *sa_bit_names(u32 odd, const char *(*name)(u32 bit), char *buf, size_t len)
{
	size_t n = 0;
	u32 bit;

	buf[0] = 0;
	for (bit = 0; bit < 32; bit++)
		if (odd & BIT(bit))
			n += scnprintf(buf + n, len - n, "%s%s", n ? " " : "",
				       name(bit) ?: "unknown");
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * findings.h - a bounded list of what is wrong or remarkable.
 */
#ifndef SA_FINDINGS_H
#define SA_FINDINGS_H

#include "core/rec_types.h"

#define SA_MAX_FINDINGS 64

struct sa_findings {
	u32 smmu;
	u32 n;
	u32 lost; /* more than fit */
	struct rec_finding item[SA_MAX_FINDINGS];
};

__printf(6, 7) void sa_find(struct sa_findings *f, enum rec_finding_code code,
			    enum rec_severity severity, u32 sid, u64 addr, const char *fmt, ...);
/* Space-separated names of the bits in @odd. */
const char *sa_bit_names(u32 odd, const char *(*name)(u32 bit), char *buf, size_t len);

#endif

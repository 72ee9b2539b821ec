/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * adopt_log.h - why a driver reset an SMMU, out of the kernel log. The state is
 * never judged by it (adopt.h): after a reset the registers do not tell why, and
 * the driver says it in one line only.
 */
#ifndef SMMU_CORE_ADOPT_LOG_H
#define SMMU_CORE_ADOPT_LOG_H

#include "adopt.h"

/* What one line of the log says of a reset. */
struct adopt_log_said {
	enum adopt_reason reason;
	u32 rank; /* of several lines, that with the highest counts, of equals the first */
	bool has_sid;
	u32 sid;	/* the StreamID it blames */
	size_t at, len; /* the driver's own words in the line, without device and prefix */
};

/* Does the line say why the SMMU named @dev, as its platform device, was reset? */
bool adopt_log_line(const char *line, size_t len, const char *dev, struct adopt_log_said *ret);
/* The same of the driver's own words alone. */
bool adopt_log_text(const char *text, size_t len, struct adopt_log_said *ret);

#endif

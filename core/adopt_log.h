/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * adopt_log.h - why a driver reset an SMMU, out of the kernel log. The state is
 * never judged by it (adopt.h): after a reset the registers do not tell why, and
 * the driver says it in one line only.
 */
#ifndef SMMU_CORE_ADOPT_LOG_H
#define SMMU_CORE_ADOPT_LOG_H

#include "adopt.h"

/*
 * The reason that one line of the log gives for the SMMU named @dev, as its
 * platform device; ADOPT_WHY_NONE when it gives none. Of several lines, that
 * with the highest adopt_log_rank() counts, of equals the first.
 */
enum adopt_reason adopt_log_line(const char *line, size_t len, const char *dev);
u32 adopt_log_rank(enum adopt_reason reason);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* release.h - give everything back, whoever did what before he died. */
#ifndef DAEMON_ACT_RELEASE_H
#define DAEMON_ACT_RELEASE_H

#include "daemon/act/hold.h"

/*
 * hold_release_all(), then a look for a driver for every endpoint behind an
 * adopted SMMU that has none, which is waited for half a second at most. All of it takes
 * @limit_ms at most; what is left then goes on behind us. Returns as hold_release_all() does.
 */
int release_all(const struct fsroot *root, uint32_t patience_ms, uint32_t limit_ms,
		struct hold_tally *ret, struct errbuf *err);

#endif

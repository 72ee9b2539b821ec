/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* release.h - gives every device back, whatever earlier processes did before they died. */
#ifndef DAEMON_ACT_RELEASE_H
#define DAEMON_ACT_RELEASE_H

#include "daemon/act/hold.h"

/*
 * Calls hold_release_all(), then asks the bus to probe every endpoint behind an adopted SMMU that
 * has no driver, and waits for that half a second at most. Takes @limit_ms at most in all; the rest
 * then goes on in the background. Returns as hold_release_all() does.
 */
int release_all(const struct fsroot *root, uint32_t patience_ms, uint32_t limit_ms,
		struct hold_tally *ret, struct errbuf *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detach.h - the parent of a detached daemon, the last who watches. */
#ifndef DAEMON_DETACH_H
#define DAEMON_DETACH_H

#include <stdint.h>

#include "lib/base/fsroot.h"

/*
 * Wait for a byte from @fd, the end of a stage that was given @stage_ms. When it does
 * not come, or the daemon dies without it, all holds are given back from here.
 */
void detach_wait(const struct fsroot *root, int fd, uint32_t stage_ms);

#endif

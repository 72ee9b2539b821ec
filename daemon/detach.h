/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detach.h - the parent of a detached daemon watches the daemon until the stage is over. */
#ifndef DAEMON_DETACH_H
#define DAEMON_DETACH_H

#include <stdint.h>

#include "lib/base/fsroot.h"

/*
 * Wait for a byte from @fd: the daemon writes it when the stage, which has @stage_ms, is over. If
 * the byte does not come in time, or the daemon dies before, give back all holds.
 */
void detach_wait(const struct fsroot *root, int fd, uint32_t stage_ms);

/*
 * In the daemon: tell the parent, which reads *@fd, that the stage is over, and close stderr for
 * its reader. Does nothing where *@fd is -1, as it is after the call.
 */
void detach_tell(int *fd);

#endif

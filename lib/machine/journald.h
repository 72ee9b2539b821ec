/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journald.h - sends the daemon's records as structured entries to journald.
 *
 * Only the supervisor sends, and never waits: an entry that journald does not take at once is
 * lost; the records have it anyway.
 */
#ifndef LIB_MACHINE_JOURNALD_H
#define LIB_MACHINE_JOURNALD_H

#include "core/rec.h"

/* Explained in conf/smmu-adopt.catalog. */
#define MESSAGE_ID_STAGE "68bdbccfd320053684c0462b011c562f"
#define MESSAGE_ID_STEP "ef939c0085f4a0bff2c953c48d33d429"
#define MESSAGE_ID_FINDING "7de929b89ee24616face6b4f737121a0"
#define MESSAGE_ID_CRASH "53d071385e5a49a1870cd3c7f98bd3b8"

/* A socket connected to @path, or a negative errno: nobody listens there. */
int journald_open(const char *path);

/* Send @rec to @fd if it is of a kind that has an entry. @fd < 0: nothing. */
void journald_send(int fd, const struct rec *rec);

/*
 * Send one entry of "KEY=value\n" lines, waiting up to two seconds; not for use in the daemon. 0
 * or a negative errno.
 */
int journald_send_lines(int fd, const char *lines, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - records that user space appends.
 */
#ifndef SA_LOG_H
#define SA_LOG_H

#include <linux/types.h>

struct sa_buf;

void sa_log_init(size_t bytes);
void sa_log_exit(void);
/* 0, -EINVAL: not whole records, -ENOSPC: full. */
int sa_log_append(const u8 *p, size_t bytes);
void sa_log_usage(u64 *ret_bytes, u64 *ret_room);
void sa_log_emit(struct sa_buf *b);

#endif

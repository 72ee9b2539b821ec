/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * printk.h - read the crashed kernel's log out of its memory in a dump: the ring buffer of printk,
 * which kernels have since 5.10. VMCOREINFO tells where it is and what its structures look like.
 */
#ifndef CTL_DUMP_PRINTK_H
#define CTL_DUMP_PRINTK_H

#include "ctl/dump/kernel.h"

/*
 * One message: @ns of the kernel's clock, @len bytes of any value, which may be several lines. A
 * negative return ends the reading.
 */
typedef int (*printk_fn)(void *priv, u64 ns, const char *text, size_t len);

/*
 * Call @fn for each message, from the oldest on. Returns 0; @err is then empty, or tells how many
 * messages could not be read. Returns -ENODATA with @err when the buffer cannot be found, or none
 * of it can be read; -ENOMEM; or what @fn returned.
 */
int printk_read(const struct kernel *k, printk_fn fn, void *priv, struct errbuf *err);

#endif

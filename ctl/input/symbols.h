/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbols.h - find the addresses of symbols in a kernel's System.map (or a copy of
 * /proc/kallsyms) or vmlinux. These are link addresses: the caller must add the offset at which
 * the kernel ran.
 */
#ifndef CTL_INPUT_SYMBOLS_H
#define CTL_INPUT_SYMBOLS_H

#include "ctl/input/options.h"
#include "core/port.h"
#include "lib/base/errbuf.h"

struct symbol {
	const char *name;
	bool found;
	u64 addr;
	u64 bytes; /* 0: not told */
};

/*
 * Look up @n symbols in the file @name; sets found, addr and bytes of each. Of several symbols
 * with one name the first counts. Returns 0, or a negative errno with @err.
 */
int symbols_find(const struct ctl *ctl, const char *name, struct symbol *symbols, size_t n,
		 struct errbuf *err);

#endif

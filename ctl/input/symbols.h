/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbols.h - addresses of symbols out of a kernel's System.map (or a copy of /proc/kallsyms) or
 * vmlinux. They are those the kernel was linked at: the caller knows by how much it was moved.
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
 * Look @n symbols up in the file @name: found, addr and bytes are set, of several of one name the
 * first counts. 0, or a negative errno with @err.
 */
int symbols_find(const struct ctl *ctl, const char *name, struct symbol *symbols, size_t n,
		 struct errbuf *err);

#endif

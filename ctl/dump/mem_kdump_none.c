// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump_none.c - twin of mem_kdump.c for builds without libkdumpfile: plain
 * ELF dumps are read, kdump-compressed ones are refused with a way out.
 */
#include "ctl/dump/mem.h"

int mem_kdump_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err)
{
	(void)fd;
	(void)size;
	(void)ret;
	errbuf_set(err, "%s: kdump-compressed, and this program was built without libkdumpfile",
		   name);
	return -ENOTSUP;
}

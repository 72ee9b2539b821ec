/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * about.h - read what a crash folder and its dump tell about the crash besides our records: the
 * machine, the reason of the panic, the size of the dump. Any of these may be missing.
 */
#ifndef CTL_INPUT_ABOUT_H
#define CTL_INPUT_ABOUT_H

#include "ctl/input/file.h"

struct about {
	char host[128];
	char panic[160]; /* the kernel's own words */
	/* Why @panic is "" though there is a log or a dump; "": there is none. */
	struct errbuf no_panic;
	u64 dump_bytes; /* 0: no dump */
};

/*
 * @name: a FILE argument, a crash folder or a file in it, of which @file was opened. @host: the
 * machine's name, "" when the caller does not know it. The memory of the dump is read only for
 * what neither the folder's name nor a kernel log tells, and never when the records do not belong
 * to the dump.
 */
void about_read(const struct ctl *ctl, const char *name, struct recfile *file, const char *host,
		struct about *ret);

#endif

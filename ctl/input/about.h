/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * about.h - read what a crash folder and its dump tell about the crash besides our records: the
 * machine, the reason of the panic, whether the dump is complete. Any of these may be missing.
 */
#ifndef CTL_INPUT_ABOUT_H
#define CTL_INPUT_ABOUT_H

#include "ctl/input/file.h"

struct about {
	enum file_kind kind; /* of FILE */
	char host[128];
	char panic[160]; /* the kernel's own words */
	/* Why @panic is "" though there is a log or a dump; "": there is none. */
	struct errbuf no_panic;
	const char *dump; /* its name, "" none; the file's */
	u64 dump_bytes;
	bool dump_seen; /* it was looked at; what it lacks is in ... */
	struct errbuf dump_lacks;
};

/*
 * @name: a FILE argument, a crash folder or a file in it, of which @file was opened and stays open.
 * @host: the machine's name, "" when the caller does not know it. With ctl->quick the memory of the
 * dump is read only for what neither a name nor a kernel log tells. It is never read for machine
 * and panic when the records do not belong to the dump.
 */
void about_read(const struct ctl *ctl, const char *name, struct recfile *file, const char *host,
		struct about *ret);

/* The same for a verdict, which points into @about. */
void about_tell(const struct about *about, struct verdict_about *ret);

#endif

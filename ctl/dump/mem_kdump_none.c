// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump_none.c - takes the place of mem_kdump.c in builds without libkdumpfile: what our own
 * reader does not know is refused, and the message says why.
 */
#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem.h"

int mem_kdump_open(struct dump_file *file, struct memdump *ret, struct errbuf *err)
{
	const char *packed = kdcodec_missing(ret->info.kdump.status & KDCODEC_ALL);

	(void)file;
	if (packed)
		errbuf_set(err, "packed with %s, and this program was built without it", packed);
	else
		errbuf_set(err, "a kind of kdump-compressed dump that only libkdumpfile reads, "
				"and this program was built without it");
	return -ENOTSUP;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump_none.c - twin of mem_kdump.c for builds without libkdumpfile: what
 * our own reader does not know is refused, and why.
 */
#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem_kdmap.h"

int mem_kdump_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err)
{
	struct kdmap map = { 0 };
	const char *packed;
	int r;

	(void)ret;
	(void)kdmap_open(&map, fd, size, &r);
	packed = kdcodec_missing(map.codecs);
	kdmap_free(&map);
	if (packed)
		errbuf_set(err, "%s: packed with %s, and this program was built without it", name,
			   packed);
	else
		errbuf_set(err,
			   "%s: a kind of kdump-compressed dump that only libkdumpfile reads, "
			   "and this program was built without it",
			   name);
	return -ENOTSUP;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dumppath.h - which devices on the bus does a dump target need?
 *
 * A target is named as administrators and their files name it:
 *
 *	0000:01:00.0, 9000000.dma	a device on a bus
 *	nvme0n1p3, eth0			a disk, partition or network interface
 *	/dev/..., UUID=, LABEL=, PARTUUID=, PARTLABEL=
 *	/var/crash, file:///var/crash	what is mounted there
 *	host:/export, user@host, nfs://host/...	the way to that host
 *
 * In the capture kernel most of these do not exist before the driver is there,
 * so they are to be resolved on the healthy machine ("smmu-adoptd resolve").
 */
#ifndef RESOLVE_DUMPPATH_H
#define RESOLVE_DUMPPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

#define DUMPPATH_TARGET_BYTES 128
#define DUMPPATH_ENDPOINTS_MAX 32
#define DUMPPATH_NODES_MAX 96 /* disks, interfaces, mounts looked at for one target */

struct dumppath {
	char endpoint[DUMPPATH_ENDPOINTS_MAX][48]; /* names in sysfs, each once */
	size_t count;
	char via[200]; /* what was walked through, for people; may be cut */
};

/*
 * Add the endpoints of @target to @ret (= { 0 } before the first). Returns 0, or
 * a negative errno with @err; @ret is then as before.
 */
int dumppath_resolve(const struct fsroot *root, const char *target, struct dumppath *ret,
		     struct errbuf *err);

/* ---- where a machine's dump goes, from the files that kdump itself reads ---- */

#define DUMPPATH_TARGETS_MAX 16

struct dumppath_targets {
	struct {
		char text[DUMPPATH_TARGET_BYTES];
		const char *source; /* file */
		bool guess;	    /* a root file system that the dump probably goes to */
	} target[DUMPPATH_TARGETS_MAX];
	size_t count;
	bool cut; /* there were more, or one that is too long */
};

void dumppath_find_targets(const struct fsroot *root, struct dumppath_targets *ret);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dumppath_private.h - the parts of dumppath: names, and what sysfs says lies below them. */
#ifndef RESOLVE_DUMPPATH_PRIVATE_H
#define RESOLVE_DUMPPATH_PRIVATE_H

#include "resolve/dumppath.h"

enum dumppath_kind {
	DUMPPATH_DISK = 1, /* name in /sys/class/block */
	DUMPPATH_NET,	   /* name in /sys/class/net */
	DUMPPATH_NVME,	   /* an NVMe controller, name in /sys/class/nvme */
	DUMPPATH_NODE,	   /* path in /dev */
	DUMPPATH_FILE,	   /* absolute path: what is mounted there */
	DUMPPATH_HOST,	   /* address or name of a host */
};

struct dumppath_node {
	enum dumppath_kind kind;
	char name[DUMPPATH_TARGET_BYTES];
};

/*
 * A list that grows while it is worked off: no recursion, and no way to go in
 * circles, for a node is taken in once.
 */
struct dumppath_walk {
	const struct fsroot *root;
	struct dumppath *out;
	struct errbuf *err;
	struct dumppath_node node[DUMPPATH_NODES_MAX];
	size_t count;
	bool found; /* an endpoint */
};

/* All return 0, or a negative errno with err set. */
int dumppath_add(struct dumppath_walk *w, enum dumppath_kind kind, const char *name);
int dumppath_fail(struct dumppath_walk *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int dumppath_add_endpoint(struct dumppath_walk *w, const char *name);

/* The endpoint above the device that the class or bus link @link leads to. */
int dumppath_endpoint_of_link(struct dumppath_walk *w, const char *name, const char *link);

/* dumppath_sysfs.c: what is below a node. */
int dumppath_walk_disk(struct dumppath_walk *w, const char *name);
int dumppath_walk_nvme(struct dumppath_walk *w, const char *name);
int dumppath_walk_net(struct dumppath_walk *w, const char *name);

/* dumppath_mount.c: paths and hosts. */
int dumppath_walk_file(struct dumppath_walk *w, const char *path);
int dumppath_walk_host(struct dumppath_walk *w, const char *host);

#endif

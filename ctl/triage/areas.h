/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * areas.h - memory that no device has business in: how much of it could be
 * written all the same?
 *
 *	kernel-image	text and read-only data, between _stext and swapper_pg_dir
 *	kernel-tables	the kernel's own page tables, below swapper_pg_dir
 *	smmu-tables	stream tables, context descriptors, tables walked for streams
 *	capture-ram	what was reserved for the capture kernel
 *
 * Where the first two are is in VMCOREINFO; the page tables of processes are not
 * looked for.
 */
#ifndef CTL_TRIAGE_AREAS_H
#define CTL_TRIAGE_AREAS_H

#include "ctl/triage/pageset.h"
#include "ctl/triage/triage.h"

struct area {
	const char *name, *text;
	bool known;
	u64 bytes;	    /* of it */
	u64 writable;	    /* of these, through tables */
	u64 first;	    /* the lowest writable address; meaningless when writable is 0 */
	struct pageset set; /* where it is; sorted */
};

#define AREAS 4

/*
 * @writable is sorted here; @smmu_tables (what was read to walk all streams) goes into the
 * set of its area. What is not known becomes a gap of @t. 0 or a negative errno.
 */
int areas_find(struct triage *t, struct pageset *writable, struct pageset *smmu_tables,
	       struct area ret[AREAS]);

#endif

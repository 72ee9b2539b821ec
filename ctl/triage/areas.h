/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * areas.h - find memory that no device should write, and how much of it devices could write.
 *
 *	kernel-image	text and read-only data, between _stext and swapper_pg_dir
 *	kernel-tables	the kernel's own page tables, below swapper_pg_dir
 *	smmu-tables	stream tables, context descriptors, tables walked for streams
 *	capture-ram	what was reserved for the capture kernel
 *
 * VMCOREINFO tells where the first two are. The page tables of processes are not looked for.
 */
#ifndef CTL_TRIAGE_AREAS_H
#define CTL_TRIAGE_AREAS_H

#include "ctl/triage/pageset.h"
#include "ctl/triage/triage.h"

struct area {
	const char *name, *text;
	bool known;
	u64 bytes;	    /* size of the area */
	u64 writable;	    /* bytes of it that were writable through tables */
	u64 first;	    /* the lowest writable address; meaningless when writable is 0 */
	struct pageset set; /* the pages of the area; sorted */
};

#define AREAS 4

/*
 * Find all areas. @writable is sorted here. @smmu_tables, the pages read to walk all streams,
 * becomes the set of its area. What is not known becomes a gap of @t. Returns 0 or a negative
 * errno.
 */
int areas_find(struct triage *t, struct pageset *writable, struct pageset *smmu_tables,
	       struct area ret[AREAS]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * rmr.h - what became of the stream of a reserved memory region: its entry as
 * the crash left it against its entry now.
 *
 * On a full reset the driver makes such streams bypass, on adoption it must
 * leave them alone; when the device is attached later, its new domain must map
 * the region one to one.
 */
#ifndef SMMU_CORE_RMR_H
#define SMMU_CORE_RMR_H

#include "rec_types.h"
#include "ste.h"

enum rmr_verdict {
	RMR_UNKNOWN = 0,	/* one of the entries could not be read */
	RMR_UNTOUCHED = 1,	/* live then, the same entry now */
	RMR_STAYED_REFUSED = 2, /* abort, invalid or without a table, then and now */
	RMR_BECAME_BYPASS = 3,	/* untranslated now, and was not before */
	RMR_GAINED = 4,		/* refused then, translated now */
	RMR_REPLACED = 5,	/* another entry; whether its domain maps the region is not known */
	RMR_REPLACED_MAPPED = 6,   /* another entry, the region is mapped one to one */
	RMR_REPLACED_UNMAPPED = 7, /* another entry, the region is not in its reserved_regions */
	RMR_LOST = 8,		   /* live then, refused now */
};

enum rmr_direct {
	RMR_DIRECT_UNKNOWN = 0, /* no device, or not attached yet */
	RMR_DIRECT_PRESENT = 1, /* the device's reserved regions have it as a direct mapping */
	RMR_DIRECT_MISSING = 2,
};

/* @same: the two entries are the same bytes. */
enum rmr_verdict rmr_judge(enum ste_effect was, enum ste_effect is, bool same,
			   enum rmr_direct direct);

#endif

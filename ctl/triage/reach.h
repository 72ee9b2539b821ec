/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reach.h - find what devices could write at the crash: how much memory, whether some of it was
 * memory that no device should write, and which devices could.
 */
#ifndef CTL_TRIAGE_REACH_H
#define CTL_TRIAGE_REACH_H

#include "ctl/triage/areas.h"
#include "ctl/triage/triage.h"
#include "lib/story/verdict.h"

/* Zero-initialise with = { 0 }. Ends with reach_clear(). */
struct reach {
	struct area area[AREAS];
	bool bypass;		    /* a stream was untranslated: it could write all of memory */
	u64 writable_bytes, ranges; /* through tables, each byte counted once */
	bool has_ram;
	u64 ram;   /* bytes of these that were RAM of the crashed kernel */
	u8 *areas; /* one for each stream of the triage; bit k: it could write to area[k] */
};

/* Walk all tables of @t. What stays unknown becomes a gap of @t. Returns 0 or a negative errno. */
int reach_find(struct triage *t, struct reach *ret);
void reach_clear(struct reach *reach);
#define _cleanup_reach_ _cleanup_(reach_clear)

/* Could a device write to memory that no device should write? */
bool reach_is_bad(const struct reach *reach);
/* If so, add it to the findings of @verdict, which the caller then settles. */
void reach_findings(const struct triage *t, const struct reach *reach, struct verdict *verdict);

/* "none, of 1.0 MiB"; "4 KiB, first at 0x..., of 1.0 MiB, by 0000:00:01.0". */
void reach_area_words(struct strbuf *text, const struct triage *t, const struct reach *reach,
		      size_t k);
/* The devices and streams that could write to area @k; @k AREAS: those that were untranslated. */
void reach_names(struct strbuf *text, const struct triage *t, const struct reach *reach, size_t k);

#endif

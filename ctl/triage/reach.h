/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reach.h - what devices could write at the crash: how much, whether memory was among it that no
 * device has business in, and which devices those were.
 */
#ifndef CTL_TRIAGE_REACH_H
#define CTL_TRIAGE_REACH_H

#include "ctl/triage/areas.h"
#include "ctl/triage/triage.h"
#include "lib/story/verdict.h"

/* Zero-initialise with = { 0 }. Ends with reach_clear(). */
struct reach {
	struct area area[AREAS];
	bool bypass;		    /* a stream was untranslated: all of memory, every area */
	u64 writable_bytes, ranges; /* through tables, each byte counted once */
	bool has_ram;
	u64 ram;   /* of these bytes, how many were the crashed kernel's RAM */
	u8 *areas; /* of each stream of the triage: bit k, it could write of area[k] */
};

/* Walk all tables of @t. What stays unknown becomes its gaps. 0 or a negative errno. */
int reach_find(struct triage *t, struct reach *ret);
void reach_clear(struct reach *reach);
#define _cleanup_reach_ _cleanup_(reach_clear)

/* Could a device write where none has business? */
bool reach_is_bad(const struct reach *reach);
/* Then that is a finding of the machine as well. The caller settles @verdict. */
void reach_findings(const struct triage *t, const struct reach *reach, struct verdict *verdict);

/* "none, of 1.0 MiB"; "4 KiB, first at 0x..., of 1.0 MiB, by 0000:00:01.0". */
void reach_area_words(struct strbuf *text, const struct triage *t, const struct reach *reach,
		      size_t k);
/* Those that could write of area @k; @k AREAS: the untranslated ones. */
void reach_names(struct strbuf *text, const struct triage *t, const struct reach *reach, size_t k);

#endif

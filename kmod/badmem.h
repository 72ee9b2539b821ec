/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * badmem.h - what of the crashed kernel's memory must not be touched.
 */
#ifndef SA_BADMEM_H
#define SA_BADMEM_H

#include "core/elfcore.h"
#include "core/poison.h"

struct sa_findings;

/* Firmware's RAM into @ret, ascending. Returns their number, 0: firmware does not tell; @ret_cut:
 * more than fit. */
u32 sa_firmware_ram(struct elfcore_range *ret, u32 cap, bool *ret_cut);

/*
 * @hdr: the elfcorehdr, checked, or NULL. @meta reads what poisoned pages are found with, and is
 * not asked about such pages itself.
 */
void sa_badmem_init(const u8 *hdr, const struct smmu_mem *meta);
/* Firmware's range that holds @addr. False: it knows of no memory there. */
bool sa_badmem_firmware(u64 addr, u64 *ret_start, u64 *ret_end);
/*
 * Make [@start, @end), old memory around @addr, so small that no page of it is poisoned. False:
 * that of @addr is.
 */
bool sa_badmem_clip(struct poison_cache *cache, const struct smmu_mem *meta, u64 addr, u64 *start,
		    u64 *end);
/* What was not read so far. */
void sa_badmem_judge(struct sa_findings *f);
/* Whether poisoned pages are known, a sentence for "state". */
const char *sa_badmem_text(void);

#endif

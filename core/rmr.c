// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* rmr.c - see rmr.h. */
#include "rmr.h"

enum kind {
	KIND_UNKNOWN,
	KIND_REFUSED,
	KIND_BYPASS,
	KIND_TRANSLATED,
};

static enum kind kind_of(u16 entry, const u8 *raw)
{
	struct ste_view ste;

	/* Hardware refuses what has no table; of a pointer to nowhere it cannot be said. */
	if (entry == REC_ENTRY_NO_TABLE)
		return KIND_REFUSED;
	if (entry != REC_ENTRY_READ)
		return KIND_UNKNOWN;
	ste_decode(raw, SMMU_STE_BYTES, NULL, &ste);
	if (!ste_is_live(&ste) || (ste.odd & STE_ODD_CONFIG))
		return KIND_REFUSED;
	return ste.config == STE_CONFIG_BYPASS ? KIND_BYPASS : KIND_TRANSLATED;
}

enum rmr_verdict rmr_judge(u16 then_entry, const u8 *then, u16 now_entry, const u8 *now,
			   enum rmr_direct direct)
{
	enum kind was = kind_of(then_entry, then), is = kind_of(now_entry, now);

	/* What is bypass now is worth saying even when nobody knows what was. */
	if (is == KIND_BYPASS && was != KIND_BYPASS)
		return RMR_BECAME_BYPASS;
	if (was == KIND_UNKNOWN || is == KIND_UNKNOWN)
		return RMR_UNKNOWN;
	if (is == KIND_REFUSED)
		return was == KIND_REFUSED ? RMR_STAYED_REFUSED : RMR_LOST;
	if (was == KIND_REFUSED)
		return RMR_GAINED;
	if (!memcmp(then, now, SMMU_STE_BYTES))
		return RMR_UNTOUCHED;
	switch (direct) {
	case RMR_DIRECT_PRESENT: return RMR_REPLACED_MAPPED;
	case RMR_DIRECT_MISSING: return RMR_REPLACED_UNMAPPED;
	default: return RMR_REPLACED;
	}
}

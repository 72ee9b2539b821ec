// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* rmr.c - see rmr.h. */
#include "rmr.h"

enum rmr_verdict rmr_judge(enum ste_effect was, enum ste_effect is, bool same,
			   enum rmr_direct direct)
{
	/* What is bypass now is worth saying even when nobody knows what was. */
	if (is == STE_EFFECT_BYPASSED && was != STE_EFFECT_BYPASSED)
		return RMR_BECAME_BYPASS;
	if (was == STE_EFFECT_NOT_KNOWN || is == STE_EFFECT_NOT_KNOWN)
		return RMR_UNKNOWN;
	if (is == STE_EFFECT_REFUSED)
		return was == STE_EFFECT_REFUSED ? RMR_STAYED_REFUSED : RMR_LOST;
	if (was == STE_EFFECT_REFUSED)
		return RMR_GAINED;
	if (same)
		return RMR_UNTOUCHED;
	switch (direct) {
	case RMR_DIRECT_PRESENT: return RMR_REPLACED_MAPPED;
	case RMR_DIRECT_MISSING: return RMR_REPLACED_UNMAPPED;
	default: return RMR_REPLACED;
	}
}

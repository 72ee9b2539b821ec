// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * health.c - the checks, in the order in which hardware follows the pointers.
 * Section numbers are those of IHI 0070: 5.2 (STE), 5.4 (CD), 6.3 (IDR).
 */
#include "health.h"

#define ROOT_READ 512u /* bytes of a root looked through at a time */
#define KIND_SHIFT 29  /* set owners: the kind above, who in the bits below */

static void weigh(struct health_tally *t, u32 sid, bool error)
{
	struct health_worst *w = NULL, *least = t->worst;
	u32 i;

	if (sid == HEALTH_NO_SID)
		return;
	for (i = 0; i < t->worst_n; i++) {
		if (t->worst[i].sid == sid)
			w = &t->worst[i];
		if (t->worst[i].errors < least->errors)
			least = &t->worst[i];
	}
	if (!w && t->worst_n < HEALTH_WORST) {
		w = &t->worst[t->worst_n++];
	} else if (!w) {
		/* An error takes the place of who has warnings only. */
		if (!error || least->errors)
			return;
		w = least;
		memset(w, 0, sizeof(*w));
	}
	w->sid = sid;
	w->errors += error;
	w->warnings += !error;
}

/* Count one object; @known: flagged by a decoder, and so reported by its user. */
static void conclude(struct health *h, struct health_item *item, bool known)
{
	bool error = known || (item->bits & HEALTH_ERRORS);

	h->tally.checked++;
	if (item->bits && h->report)
		h->report(h->priv, item);
	if (!item->bits && !known)
		return;
	h->tally.errors += error;
	h->tally.warnings += !error;
	weigh(&h->tally, item->sid, error);
}

/* Two kinds of table at one address, or one table with two owners. */
static u32 judge_use(struct health *h, struct health_item *item, u32 owner, bool may_share)
{
	u32 mine = (u32)item->what << KIND_SHIFT | (owner & ((1u << KIND_SHIFT) - 1)), first;

	if (!h->tables || smmu_set_add(h->tables, item->addr, mine, &first) != SMMU_SET_SEEN)
		return 0;
	item->owner = first & ((1u << KIND_SHIFT) - 1);
	if (first >> KIND_SHIFT != (u32)item->what)
		return HEALTH_SELF;
	return first == mine || may_share ? 0 : HEALTH_SHARED;
}

static u32 judge_place(struct health *h, const struct health_item *item, u64 bytes)
{
	enum adopt_place place;
	u32 bits = 0;

	if (!geom_fits_oas(h->geom, item->addr, bytes))
		bits |= HEALTH_BEYOND_OAS;
	if (item->addr & (bytes - 1))
		bits |= HEALTH_UNALIGNED;
	if (item->what != HEALTH_STRTAB && item->addr < h->geom->base + h->geom->bytes &&
	    item->addr + bytes > h->geom->base)
		bits |= HEALTH_SELF;
	place = h->place(h->priv, item->addr, bytes);
	if (place == PLACE_ELSEWHERE)
		bits |= HEALTH_NOWHERE;
	else if (h->home != PLACE_UNKNOWN && place != PLACE_UNKNOWN && place != h->home)
		bits |= HEALTH_OTHER_RAM;
	return bits;
}

void health_strtab(struct health *h)
{
	struct health_item item = { .what = HEALTH_STRTAB, .sid = HEALTH_NO_SID };

	if (h->geom->odd) {
		h->tally.unusable = true;
		return;
	}
	item.addr = h->geom->base;
	/* Its alignment is the geometry's; a linear table's size may be anything. */
	item.bits = judge_place(h, &item, h->geom->bytes) & ~(u32)HEALTH_UNALIGNED;
	conclude(h, &item, false);
}

void health_l2(struct health *h, u32 first_sid, u64 addr)
{
	struct health_item item = { .what = HEALTH_L2, .sid = first_sid, .addr = addr };

	item.bits = judge_place(h, &item, SMMU_L2_BYTES);
	/* An adopting driver adds L2 tables of its own below the old L1 table. */
	item.bits &= ~(u32)HEALTH_OTHER_RAM;
	item.bits |= judge_use(h, &item, first_sid >> SMMU_SPLIT, false);
	conclude(h, &item, false);
}

/* ---- STE ---- */

static bool s1_rejected(u32 idr0, const struct ste_view *ste, u64 q1)
{
	u32 stall = (u32)CORE_GET(idr0, 25, 24);

	if (!CORE_GET(idr0, 1, 1))
		return true;
	if (ste->s1_cdmax && (ste->s1_dss == 3 || (ste->s1_fmt && !CORE_GET(idr0, 19, 19))))
		return true;
	/* STRW counts without stage 2 only: NS-EL1, or EL2 where there is one. */
	if (ste->config == STE_CONFIG_S1 &&
	    ((ste->strw & 1) || (ste->strw == 2 && !CORE_GET(idr0, 9, 9))))
		return true;
	return stall == 2 && CORE_GET(q1, 27, 27);
}

/* Size of a stage-2 root in bytes, concatenated tables included; 0: no such geometry. */
static u64 s2_root_bytes(const struct ste_view *ste)
{
	static const u8 shift_of[4] = { 12, 16, 14, 0 };
	u32 shift = shift_of[CORE_GET(ste->s2_vtcr, 15, 14)];
	u32 bits = shift - 3, input = 64 - (u32)CORE_GET(ste->s2_vtcr, 5, 0);
	u32 sl0 = (u32)CORE_GET(ste->s2_vtcr, 7, 6), start, below;

	if (!shift || sl0 == 3)
		return 0;
	start = shift == 12 ? 2 - sl0 : 3 - sl0;
	below = shift + bits * (3 - start);
	if (input > 52 || input <= below || input - below > bits + 4)
		return 0;
	return (u64)8 << (input - below);
}

static u32 judge_ste(struct health *h, const struct ste_view *ste, const u8 *raw)
{
	u64 q1 = core_ld64(raw + 8);
	u32 idr0 = h->regs->idr0, bits = 0;

	/* Above S1ContextPtr, and the last two words (5.2). */
	if ((core_ld64(raw) & CORE_MASK(58, 56)) || core_ld64(raw + 48) || core_ld64(raw + 56))
		bits |= HEALTH_RESERVED;
	if (ste_has_s1(ste) && s1_rejected(idr0, ste, q1))
		bits |= HEALTH_REJECTED;
	if (ste_has_s2(ste) && (!CORE_GET(idr0, 0, 0) || (ste->s2_aa64 && !s2_root_bytes(ste))))
		bits |= HEALTH_REJECTED;
	/* EATS: 3 is reserved, split-stage checking needs both stages. */
	if (ste->eats == 3 || (ste->eats == 2 && ste->config != STE_CONFIG_NESTED))
		bits |= HEALTH_REJECTED;
	return bits;
}

static void judge_cd_table(struct health *h, u32 sid, const struct ste_view *ste)
{
	struct health_item item = { .what = HEALTH_CD_TABLE, .sid = sid, .addr = ste->s1_ctx_ptr };
	u64 bytes = (u64)SMMU_CD_BYTES << (ste->s1_cdmax < 20 ? ste->s1_cdmax : 20);
	u32 leaf_bits = ste->s1_fmt == 1 ? 6 : 10;

	if (ste->s1_fmt && ste->s1_cdmax > leaf_bits)
		bytes = (u64)SMMU_L1_BYTES << (ste->s1_cdmax - leaf_bits);
	else if (ste->s1_fmt && ste->s1_cdmax)
		bytes = SMMU_L1_BYTES;
	item.bits = judge_place(h, &item, bytes < SMMU_CD_BYTES ? SMMU_CD_BYTES : bytes);
	if (h->attached && h->attached(h->priv, sid))
		item.bits &= ~(u32)HEALTH_OTHER_RAM;
	/* The aliases of one device have one CD table. */
	item.bits |= judge_use(h, &item, sid, true);
	conclude(h, &item, false);
}

static void judge_s2_root(struct health *h, u32 sid, const struct ste_view *ste)
{
	struct health_item item = { .what = HEALTH_S2_ROOT, .sid = sid, .addr = ste->s2_ttb };
	u64 bytes = s2_root_bytes(ste);

	item.bits = judge_place(h, &item, bytes ? bytes : 16);
	if (h->attached && h->attached(h->priv, sid))
		item.bits &= ~(u32)HEALTH_OTHER_RAM;
	item.bits |= judge_use(h, &item, ste->s2_vmid, false);
	conclude(h, &item, false);
}

void health_ste(struct health *h, u32 sid, u64 addr, const u8 *raw)
{
	struct health_item item = { .what = HEALTH_STE, .sid = sid, .addr = addr };
	struct ste_view ste;

	ste_decode(raw, SMMU_STE_BYTES, h->geom, &ste);
	item.bits = judge_ste(h, &ste, raw);
	conclude(h, &item, ste.odd != 0);
	/* A pointer that was flagged already leads nowhere. */
	if (ste.config == STE_CONFIG_S1 && !(ste.odd & (STE_ODD_CD_NULL | STE_ODD_CD_OAS)))
		judge_cd_table(h, sid, &ste);
	if (ste_has_s2(&ste) && !(ste.odd & STE_ODD_S2TTB))
		judge_s2_root(h, sid, &ste);
}

/* ---- CD ---- */

/* Stage-1 start level's table; @ret_levels counts the levels below and with it. */
static u64 root_bytes(const struct cd_view *cd, u32 *ret_levels)
{
	u32 bits = cd->granule_shift - 3u, input = cd->input_bits, levels;

	levels = (input - cd->granule_shift + bits - 1) / bits;
	*ret_levels = levels;
	return (u64)8 << (input - cd->granule_shift - bits * (levels - 1));
}

/* A table descriptor whose next table is this very one: the walk never leaves it. */
static bool points_at_itself(struct health *h, const struct cd_view *cd, u64 bytes)
{
	u64 mask = CORE_MASK(47, cd->granule_shift), at, desc;
	u8 raw[ROOT_READ];
	u32 i, n;

	for (at = 0; at < bytes && at < 4096; at += n) {
		n = bytes - at < ROOT_READ ? (u32)(bytes - at) : ROOT_READ;
		if (smmu_mem_read(h->mem, cd->ttb0 + at, raw, n))
			return false;
		for (i = 0; i < n; i += 8) {
			desc = core_ld64(raw + i);
			if ((desc & 3) == 3 && (desc & mask) == (cd->ttb0 & mask))
				return true;
		}
	}
	return false;
}

static void judge_root(struct health *h, u32 sid, u32 ssid, const struct cd_view *cd)
{
	struct health_item item = {
		.what = HEALTH_ROOT, .sid = sid, .ssid = ssid, .addr = cd->ttb0
	};
	u32 levels;
	u64 bytes = root_bytes(cd, &levels);

	item.bits = judge_place(h, &item, bytes < 64 ? 64 : bytes);
	/* The least alignment is 64 bytes, of smaller tables too (CD.TTB0). */
	if (h->attached && h->attached(h->priv, sid))
		item.bits &= ~(u32)HEALTH_OTHER_RAM;
	item.bits |= judge_use(h, &item, cd->asid, false);
	if (levels > 1 && h->roots_left && !(item.bits & HEALTH_NOWHERE)) {
		h->roots_left--;
		if (points_at_itself(h, cd, bytes))
			item.bits |= HEALTH_SELF;
	}
	conclude(h, &item, false);
}

static bool granule_missing(u32 idr5, u8 shift)
{
	return (shift == 12 && !CORE_GET(idr5, 4, 4)) || (shift == 14 && !CORE_GET(idr5, 5, 5)) ||
	       (shift == 16 && !CORE_GET(idr5, 6, 6));
}

static u32 judge_cd(struct health *h, const struct cd_view *cd, const u8 *raw)
{
	u32 idr0 = h->regs->idr0, stall = (u32)CORE_GET(idr0, 25, 24), bits = 0;
	u32 endian = (u32)CORE_GET(idr0, 22, 21), httu = (u32)CORE_GET(idr0, 7, 6);

	if (((core_ld64(raw + 8) | core_ld64(raw + 16)) & CORE_MASK(59, 56)) ||
	    core_ld64(raw + 48) || core_ld64(raw + 56))
		bits |= HEALTH_RESERVED;
	if (!cd->epd0 && granule_missing(h->regs->idr5, cd->granule_shift))
		bits |= HEALTH_REJECTED;
	if ((cd->ha && !httu) || (cd->hd && httu < 2))
		bits |= HEALTH_REJECTED;
	if ((stall == 1 && cd->stall) || (stall == 2 && !cd->stall))
		bits |= HEALTH_REJECTED;
	if ((endian == 2 && cd->endi) || (endian == 3 && !cd->endi))
		bits |= HEALTH_REJECTED;
	/* TERM_MODEL=1: a fault must abort, A=1. */
	if (CORE_GET(idr0, 26, 26) && !CORE_GET(core_ld64(raw), 46, 46))
		bits |= HEALTH_REJECTED;
	return bits;
}

void health_cd(struct health *h, u32 sid, u32 ssid, u64 addr, const u8 *raw)
{
	struct health_item item = { .what = HEALTH_CD, .sid = sid, .ssid = ssid, .addr = addr };
	struct cd_view cd;

	cd_decode(raw, SMMU_CD_BYTES, h->geom, &cd);
	if (!cd.valid) {
		conclude(h, &item, ssid == 0);
		return;
	}
	item.bits = judge_cd(h, &cd, raw);
	conclude(h, &item, cd.odd != 0);
	if (!cd.epd0 && cd.granule_shift && cd.input_bits > cd.granule_shift &&
	    !(cd.odd & CD_ODD_TTB0))
		judge_root(h, sid, ssid, &cd);
}

void health_bad_stream(struct health *h, u32 sid)
{
	struct health_item item = { .what = HEALTH_CD, .sid = sid };

	conclude(h, &item, true);
}

/* ---- the sum ---- */

u32 health_score(struct health_tally *t)
{
	struct health_worst swap;
	u64 bad = 2ull * t->errors + t->warnings;
	u32 i, j;

	for (i = 1; i < t->worst_n; i++)
		for (j = i; j && (t->worst[j].errors > t->worst[j - 1].errors ||
				  (t->worst[j].errors == t->worst[j - 1].errors &&
				   t->worst[j].warnings > t->worst[j - 1].warnings));
		     j--) {
			swap = t->worst[j];
			t->worst[j] = t->worst[j - 1];
			t->worst[j - 1] = swap;
		}
	if (t->unusable)
		return 0;
	if (!t->checked)
		return 100;
	return (u32)((2ull * t->checked - bad) * 50 / t->checked);
}

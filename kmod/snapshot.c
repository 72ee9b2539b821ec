// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - the stream table as it is when the module loads.
 *
 * It must come before the first attach, which rewrites STEs in place. Kept are
 * used L1 descriptors and, with its first context descriptor, every valid STE
 * that lets DMA through or is odd. A driver fills each table with plain "abort"
 * entries; these are only counted, except for StreamIDs of devices and RMRs,
 * which are always there: a StreamID that is missing below a used L1 descriptor
 * was refused.
 *
 * Memory is bounded by the module's budget, time by the reader's deadline.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "core/cdtab.h"
#include "core/names.h"
#include "array.h"
#include "devices.h"
#include "findings.h"
#include "judge.h"
#include "oldmem.h"
#include "regs.h"
#include "rmr.h"
#include "sidset.h"
#include "smmu.h"
#include "snapshot.h"

#define SCRATCH_BYTES SMMU_L2_BYTES
#define MAX_TABLE_BYTES (64u << 20) /* table bytes the visit may read */
#define SET_SLOTS 4096		    /* tables told apart; of more, aliases go unnoticed */
#define MAX_CD_BYTES (8u << 20)	    /* CD tables read behind all streams */

struct taker {
	struct sa_mem m;
	struct sa_smmu *smmu;
	struct sa_snapshot *snap;
	size_t *budget;
	u32 known;    /* so many streams, in order, were taken by name before the visit */
	u8 *scratch;  /* for CDs */
	u64 cd_bytes; /* spent on them */
	u32 cd_sid;
	bool cds_cut;
	struct smmu_set_slot *slots; /* of the sets */
	struct smmu_set l2_seen, cd_seen, tables;
	struct sa_devices devs;
	struct sa_judge judge;
};

static u16 entry_of_find(int r)
{
	switch (r) {
	case STRTAB_FOUND: return REC_ENTRY_READ;
	case STRTAB_FIND_NOT_RAM: return REC_ENTRY_NOT_RAM;
	case STRTAB_SID_RANGE:
	case STRTAB_NO_L2: return REC_ENTRY_NO_TABLE;
	case STRTAB_BAD_L2: return REC_ENTRY_BAD_POINTER;
	default: return REC_ENTRY_ERROR;
	}
}

static u16 entry_of_locate(int r)
{
	switch (r) {
	case CD_FOUND: return REC_ENTRY_READ;
	case CD_NOT_RAM: return REC_ENTRY_NOT_RAM;
	case CD_SSID_RANGE:
	case CD_L1_INVALID: return REC_ENTRY_NO_TABLE;
	case CD_BAD_POINTER: return REC_ENTRY_BAD_POINTER;
	default: return REC_ENTRY_ERROR;
	}
}

/* Fill the CD fields of @s from its STE. */
static void read_cd(struct sa_mem *m, const struct smmu_geom *geom, struct snap_stream *s)
{
	struct ste_view ste;
	int r;

	ste_decode(s->ste, sizeof(s->ste), geom, &ste);
	r = cd_locate(&m->mem, geom, &ste, 0, &s->cd_addr);
	if (r == CD_NO_S1)
		return;
	s->has_cd = true;
	if (r == CD_FOUND)
		r = smmu_mem_read(&m->mem, s->cd_addr, s->cd, sizeof(s->cd));
	s->cd_entry = entry_of_locate(r);
}

void sa_stream_read(struct sa_mem *m, const struct sa_look *look, u32 sid, struct snap_stream *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sid = sid;
	if (!look->regs_valid || !sa_enabled(look)) {
		ret->ste_entry = look->regs_valid ? REC_ENTRY_NO_TABLE : REC_ENTRY_ERROR;
		return;
	}
	ret->ste_entry =
		entry_of_find(strtab_read_ste(&m->mem, &look->geom, sid, &ret->ste_addr, ret->ste));
	if (ret->ste_entry == REC_ENTRY_READ)
		read_cd(m, &look->geom, ret);
}

/* Room for one more element, within the budget. */
static bool room(struct taker *t, void **array, u32 n, u32 *cap, size_t size)
{
	u32 old = *cap;

	if (n < *cap)
		return true;
	/* sa_grow() doubles; the budget counts what is allocated. */
	if ((old ? old : 64) * size > *t->budget || sa_grow(array, n, cap, size))
		return false;
	*t->budget -= (*cap - old) * size;
	return true;
}

/* What a store takes is the budget's while the snapshot is taken. */
static void *store_alloc(void *priv, size_t bytes)
{
	size_t *budget = priv;
	void *p = bytes <= *budget ? kvmalloc(bytes, GFP_KERNEL) : NULL;

	if (p)
		*budget -= bytes;
	return p;
}

static void store_release(void *priv, void *p, size_t bytes)
{
	size_t *budget = priv;

	if (budget)
		*budget += bytes;
	kvfree(p);
}

static void open_stores(struct sa_snapshot *snap, size_t *budget)
{
	const struct store_mem mem = { store_alloc, store_release, budget };

	store_init(&snap->streams, &mem, SNAP_STREAM_WORDS);
	store_init(&snap->cds, &mem, SNAP_CD_WORDS);
}

static void add_stream(struct taker *t, const struct snap_stream *s)
{
	if (snap_add_stream(&t->snap->streams, s))
		t->snap->lost_bytes += SMMU_STE_BYTES + (s->has_cd ? SMMU_CD_BYTES : 0);
}

static int take_cd(void *priv, u32 ssid, u64 addr, const u8 *raw)
{
	struct taker *t = priv;
	struct snap_cd cd = { .sid = t->cd_sid, .ssid = ssid, .addr = addr };

	if (!ssid)
		return 0; /* it is with its STE */
	health_cd(&t->judge.h, t->cd_sid, ssid, addr, raw);
	memcpy(cd.raw, raw, sizeof(cd.raw));
	if (snap_add_cd(&t->snap->cds, &cd))
		t->snap->lost_bytes += SMMU_CD_BYTES;
	return 0;
}

static int take_cd_trouble(void *priv, u32 ssid, u64 addr, int outcome)
{
	struct taker *t = priv;

	/* SSID 0 was judged with its STE. */
	if (ssid)
		sa_find(&t->snap->findings, REC_FIND_CD_NOWHERE, REC_SEV_WARNING, t->cd_sid, addr,
			"context descriptors of 0x%x from substream 0x%x on: %s", t->cd_sid, ssid,
			cd_locate_text(outcome));
	return 0;
}

/* Aliases of one device share a CD table: it is read for the first of them. */
static void take_substreams(struct taker *t, u32 sid, const struct ste_view *ste)
{
	const struct cd_ops ops = { .cd = take_cd, .trouble = take_cd_trouble, .priv = t };
	struct strtab_budget b = { .max_bytes = MAX_CD_BYTES,
				   .scratch = t->scratch,
				   .scratch_len = SCRATCH_BYTES,
				   .bytes = t->cd_bytes };
	u32 first;
	int r;

	if (!ste_has_s1(ste) || !ste->s1_cdmax || t->cds_cut || !t->scratch ||
	    smmu_set_add(&t->cd_seen, ste->s1_ctx_ptr, sid, &first) == SMMU_SET_SEEN)
		return;
	t->cd_sid = sid;
	r = cd_visit(&t->m.mem, &t->snap->look.geom, ste, &b, &ops);
	t->cd_bytes = b.bytes;
	if (!r)
		return;
	t->cds_cut = true;
	sa_find(&t->snap->findings, REC_FIND_OVER_BUDGET, REC_SEV_WARNING, sid, ste->s1_ctx_ptr,
		"context descriptors with substreams left out from StreamID 0x%x on: %s (%d)", sid,
		r == STRTAB_OVER_BUDGET ? "too many" : "reading failed", r);
}

bool sa_snapshot_stream(const struct sa_snapshot *snap, u32 sid, struct snap_stream *ret)
{
	u32 i;

	if (!store_find(&snap->streams, snap->streams.n, sid, &i))
		return false;
	snap_get_stream(&snap->streams, i, ret);
	return true;
}

/* "Abort" and nothing else set but attributes of q1: what drivers fill tables with. */
static bool is_plain_abort(const struct ste_view *ste, const u8 *raw)
{
	return ste->config == STE_CONFIG_ABORT && core_ld64(raw) == 1 && !ste->eats &&
	       !memchr_inv(raw + 16, 0, SMMU_STE_BYTES - 16);
}

static int take_ste(void *priv, u32 sid, u64 addr, const u8 *raw)
{
	struct taker *t = priv;
	struct sa_snapshot *snap = t->snap;
	struct ste_view ste;
	struct snap_stream s = { .sid = sid, .ste_addr = addr };
	u32 i;

	if (store_find(&snap->streams, t->known, sid, &i))
		return 0;
	ste_decode(raw, SMMU_STE_BYTES, &snap->look.geom, &ste);
	if (is_plain_abort(&ste, raw)) {
		snap->refusing++;
		return 0;
	}
	memcpy(s.ste, raw, sizeof(s.ste));
	read_cd(&t->m, &snap->look.geom, &s);
	add_stream(t, &s);
	sa_judge_stream(&t->judge, &s, &ste);
	take_substreams(t, sid, &ste);
	return 0;
}

static int take_l1(void *priv, u32 index, u64 addr, u64 raw)
{
	struct taker *t = priv;
	struct sa_snapshot *snap = t->snap;
	struct smmu_l1_view l1;

	geom_l1_decode(&snap->look.geom, raw, &l1);
	if (!l1.odd)
		health_l2(&t->judge.h, index << SMMU_SPLIT, l1.l2_addr);
	if (!room(t, (void **)&snap->l1, snap->l1_n, &snap->l1_cap, sizeof(*snap->l1))) {
		snap->lost_bytes += SMMU_L1_BYTES;
		return 0;
	}
	snap->l1[snap->l1_n++] = (struct sa_l1){ .index = index, .addr = addr, .raw = raw };
	return 0;
}

static int take_trouble(void *priv, enum strtab_trouble what, u32 sid, u64 addr, u32 detail)
{
	struct taker *t = priv;
	const char *why = detail == SMMU_MEM_EXCLUDED ? "is not read" : "is in no memory";
	struct sa_findings *f = &t->snap->findings;
	char names[96];

	switch (what) {
	case STRTAB_TROUBLE_L1_READ:
		sa_find(f, REC_FIND_L1_UNREADABLE, REC_SEV_ERROR, sid, addr,
			"a piece of L1 descriptors from StreamID 0x%x on %s", sid, why);
		break;
	case STRTAB_TROUBLE_L1_ODD:
		sa_find(f, REC_FIND_L1_ODD, REC_SEV_WARNING, sid, addr, "L1 descriptor 0x%x: %s",
			sid >> SMMU_SPLIT, sa_bit_names(detail, l1_odd_name, names, sizeof(names)));
		break;
	case STRTAB_TROUBLE_L2_READ:
		sa_find(f, REC_FIND_L2_NOWHERE, REC_SEV_WARNING, sid, addr,
			"table from StreamID 0x%x on %s", sid, why);
		break;
	case STRTAB_TROUBLE_L2_SHARED:
		sa_find(f, REC_FIND_L2_SHARED, REC_SEV_WARNING, sid, addr,
			"L1 descriptor 0x%x names the same L2 table as 0x%x", sid >> SMMU_SPLIT,
			detail);
		break;
	}
	return 0;
}

static void visit_table(struct taker *t)
{
	struct strtab_ops ops = {
		.l1 = take_l1, .ste = take_ste, .trouble = take_trouble, .priv = t
	};
	struct strtab_budget b = { .max_bytes = MAX_TABLE_BYTES,
				   .scratch_len = SCRATCH_BYTES,
				   .seen = &t->l2_seen };
	struct sa_findings *f = &t->snap->findings;
	int r = -ENOMEM;

	b.scratch = kvmalloc(SCRATCH_BYTES, GFP_KERNEL);
	if (b.scratch)
		r = strtab_visit(&t->m.mem, &t->snap->look.geom, &b, &ops);
	kvfree(b.scratch);
	t->snap->stes = b.stes;
	if (r == STRTAB_OVER_BUDGET || r == -ETIME)
		sa_find(f, REC_FIND_OVER_BUDGET, REC_SEV_WARNING, REC_NO_SID, 0,
			"visit ended after %llu bytes of tables: too %s", b.bytes,
			r == -ETIME ? "slow" : "large");
	else if (r < 0)
		sa_find(f, REC_FIND_OVER_BUDGET, REC_SEV_ERROR, REC_NO_SID, 0,
			"visit ended after %llu bytes of tables: error %d", b.bytes, r);
}

/* StreamIDs that are of interest whatever their entries say. Keeps the order. */
static void take_named(struct taker *t, struct sa_sidset *set)
{
	struct sa_snapshot *snap = t->snap;
	u32 i, at, before = snap->streams.n;
	struct snap_stream s;
	struct ste_view ste;

	sa_sidset_sort(set);
	for (i = 0; i < set->n; i++) {
		if (store_find(&snap->streams, before, set->sid[i], &at))
			continue;
		sa_stream_read(&t->m, &snap->look, set->sid[i], &s);
		add_stream(t, &s);
		ste_decode(s.ste, sizeof(s.ste), &snap->look.geom, &ste);
		if (s.ste_entry == REC_ENTRY_READ && ste.valid) {
			sa_judge_stream(&t->judge, &s, &ste);
			take_substreams(t, s.sid, &ste);
		}
	}
	store_sort(&snap->streams);
	kvfree(set->sid);
}

static void take_devices(struct taker *t)
{
	struct sa_sidset set = { 0 };

	sa_devices_sids(&t->devs, &set);
	take_named(t, &set);
	t->known = t->snap->streams.n;
}

static void take_rmrs(struct taker *t)
{
	struct sa_sidset set = { 0 };

	sa_rmr_sids(t->smmu, &set);
	take_named(t, &set);
}

/* Without memory for them, aliases are read twice and CDs with substreams not at all. */
static void open_taker(struct taker *t, unsigned long deadline)
{
	u32 slots = SET_SLOTS;

	sa_mem_open(&t->m, deadline);
	t->scratch = kvmalloc(SCRATCH_BYTES, GFP_KERNEL);
	t->slots = kvmalloc_array(3 * SET_SLOTS, sizeof(*t->slots), GFP_KERNEL);
	if (!t->slots)
		slots = 0;
	smmu_set_init(&t->l2_seen, t->slots, slots);
	smmu_set_init(&t->cd_seen, t->slots + slots, slots);
	smmu_set_init(&t->tables, t->slots + 2 * slots, slots);
	sa_devices_collect(t->smmu, &t->devs);
	sa_judge_open(&t->judge, t->smmu, &t->m.mem, &t->devs, &t->tables);
}

static void close_taker(struct taker *t)
{
	sa_judge_done(&t->judge, t->snap);
	sa_devices_free(&t->devs);
	kvfree(t->slots);
	kvfree(t->scratch);
	sa_mem_close(&t->m);
}

void sa_snapshot_take(struct sa_smmu *smmu, size_t *budget, unsigned long deadline)
{
	struct sa_snapshot *snap = &smmu->snap;
	u64 start = ktime_get_ns();
	struct taker *t;

	sa_look(smmu, &snap->look);
	open_stores(snap, budget);
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t) {
		sa_find(&snap->findings, REC_FIND_OVER_BUDGET, REC_SEV_ERROR, REC_NO_SID, 0,
			"no memory for a snapshot");
		return;
	}
	t->smmu = smmu;
	t->snap = snap;
	t->budget = budget;
	open_taker(t, deadline);
	sa_judge_table(&t->judge, smmu);
	/* What matters most comes first: a table full of entries must not crowd it out. */
	take_devices(t);
	/* With SMMUEN=0 STRTAB_BASE may be left over from anything. */
	if (snap->look.walkable && sa_enabled(&snap->look))
		visit_table(t);
	store_sort(&snap->streams);
	take_rmrs(t);
	close_taker(t);
	kfree(t);
	snap->streams.mem.priv = NULL;
	snap->cds.mem.priv = NULL;
	if (snap->lost_bytes)
		sa_find(&snap->findings, REC_FIND_OVER_BUDGET, REC_SEV_WARNING, REC_NO_SID, 0,
			"%llu bytes of entries left out for lack of room (max_snapshot_kib)",
			snap->lost_bytes);
	snap->took_ns = ktime_get_ns() - start;
}

void sa_snapshot_free(struct sa_snapshot *snap)
{
	kvfree(snap->l1);
	store_free(&snap->streams);
	store_free(&snap->cds);
}

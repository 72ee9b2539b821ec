// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage_collect.c - collect the streams as the crash left them: entry, context descriptor,
 * tables, and what is not known about them.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/triage/triage_private.h"
#include "lib/base/large.h"

#define SID_OF(t, s) STREAM_NAME((t)->story, (s)->smmu, (s)->sid)

struct root_key {
	const struct triage *t;
	const struct ptw_geom *geom;
};

static bool same_root(const void *priv, size_t pos)
{
	const struct root_key *key = priv;

	return !memcmp(&key->t->roots[pos].geom, key->geom, sizeof(*key->geom));
}

/*
 * Returns the position of the root with @geom, which is added if it is new. Many streams may
 * share it.
 */
static size_t add_root(struct triage *t, const struct ptw_geom *geom)
{
	u32 hash = index_hash(INDEX_HASH_START, geom, sizeof(*geom));
	struct root_key key = { t, geom };
	size_t pos = index_find(&t->root_index, hash, same_root, &key);

	if (pos != INDEX_NONE)
		return pos;
	t->roots[t->n_roots].geom = *geom;
	/* Without memory for the index entry, these tables are added and walked twice. */
	(void)index_add(&t->root_index, hash, t->n_roots);
	return t->n_roots++;
}

static void use_root(struct triage *t, struct triage_stream *s, int setup,
		     const struct ptw_geom *geom)
{
	if (setup == PTW_UNUSED)
		return;
	if (setup != PTW_USABLE) {
		triage_gap(t, "StreamID %s: the layout of its tables at 0x%llx is not valid",
			   SID_OF(t, s), geom->root);
		return;
	}
	s->root[s->n_roots++] = add_root(t, geom);
}

/* Take the entry of the snapshot; else that of the dump, which may be a later one. */
static bool find_ste(struct triage *t, struct triage_stream *s, const struct smmu_geom *geom)
{
	const struct story_stream *r = s->recorded;
	u64 addr;
	u8 *raw;

	if (r->has_crash && r->crash.entry == REC_ENTRY_READ) {
		s->raw_ste = r->crash.raw;
		return true;
	}
	raw = malloc(SMMU_STE_BYTES);
	if (!raw || !geom ||
	    strtab_read_ste(&t->mem.mem, geom, s->sid, &addr, raw) != STRTAB_FOUND) {
		free(raw);
		return false;
	}
	s->raw_ste = raw;
	s->from_dump = true;
	triage_gap(t,
		   "StreamID %s: its entry at the crash is not recorded; the entry in the "
		   "dump is used",
		   SID_OF(t, s));
	return true;
}

/* The same for the context descriptor. Returns NULL when there is none. @buf: holds the dump's. */
static const u8 *find_cd(struct triage *t, const struct triage_stream *s,
			 const struct smmu_geom *geom, u8 buf[SMMU_CD_BYTES])
{
	const struct story_stream *r = s->recorded;
	u64 addr;

	if (!s->from_dump && r->has_crash_cd && r->crash_cd.entry == REC_ENTRY_READ)
		return r->crash_cd.raw;
	return geom && cd_locate(&t->mem.mem, geom, &s->ste, 0, &addr) == CD_FOUND &&
			       smmu_mem_read(&t->mem.mem, addr, buf, SMMU_CD_BYTES) == SMMU_MEM_OK
		       ? buf
		       : NULL;
}

static void collect_stage1(struct triage *t, struct triage_stream *s, const struct smmu_geom *geom)
{
	u8 buf[SMMU_CD_BYTES];
	struct cd_view view;
	struct ptw_geom tt;
	const u8 *cd;
	int r;

	if (s->ste.s1_cdmax)
		triage_gap(t, "StreamID %s has substreams, and only the first one is looked at",
			   SID_OF(t, s));
	/* DMA without a SubstreamID: with substreams, S1DSS 1 means bypass. */
	if (s->ste.s1_cdmax && s->ste.s1_dss == 1)
		s->effect = STE_EFFECT_BYPASSED;
	cd = find_cd(t, s, geom, buf);
	if (!cd) {
		triage_gap(
			t,
			"StreamID %s: its context descriptor is neither recorded nor in the dump",
			SID_OF(t, s));
		return;
	}
	cd_decode(cd, SMMU_CD_BYTES, geom, &view);
	s->asid = view.asid;
	if (!view.valid) {
		s->effect = STE_EFFECT_REFUSED;
		return;
	}
	r = ptw_from_cd(cd, geom, false, &tt);
	use_root(t, s, r, &tt);
	r = ptw_from_cd(cd, geom, true, &tt);
	use_root(t, s, r, &tt);
}

/*
 * The first stage of a nested stream belongs to a guest, and can reach only what stage 2 maps. So
 * stage 2 is what limits the DMA.
 */
static void collect_stage2(struct triage *t, struct triage_stream *s, const struct smmu_geom *geom)
{
	struct ptw_geom tt;
	int r = ptw_from_ste(s->raw_ste, geom, &tt);

	use_root(t, s, r, &tt);
}

static void collect_stream(struct triage *t, struct triage_stream *s, const struct story_smmu *smmu)
{
	const struct smmu_geom *geom = smmu && smmu->has_geom ? &smmu->geom : NULL;

	if (smmu && smmu->has_crash && smmu->crash.state == ADOPT_RESET) {
		triage_gap(
			t,
			"SMMU %u was reset before the snapshot: its entries at the crash are lost",
			s->smmu);
		return;
	}
	if (s->recorded->own_at_load) {
		triage_gap(
			t,
			"StreamID %s: its entry at the crash is not known: it was attached before "
			"the helper was loaded",
			SID_OF(t, s));
		return;
	}
	if (!find_ste(t, s, geom)) {
		triage_gap(t, "StreamID %s: its entry at the crash is not known", SID_OF(t, s));
		return;
	}
	ste_decode(s->raw_ste, SMMU_STE_BYTES, geom, &s->ste);
	if (smmu && smmu->has_crash && !(smmu->crash.regs.cr0 & SMMU_CR0_SMMUEN) &&
	    (smmu->crash.evidence & ADOPT_EV_REGS)) {
		s->effect = smmu->crash.regs.gbpa & SMMU_GBPA_ABORT ? STE_EFFECT_REFUSED
								    : STE_EFFECT_BYPASSED;
		s->smmu_off = true;
		return;
	}
	s->effect = ste_effect(&s->ste);
	if (s->effect != STE_EFFECT_TRANSLATED)
		return;
	s->full_ats = s->ste.eats == 1;
	if (s->ste.config == STE_CONFIG_S1)
		collect_stage1(t, s, geom);
	else
		collect_stage2(t, s, geom);
}

static void collect_gaps(struct triage *t)
{
	size_t i;

	for (i = 0; i < t->story->n_smmus; i++) {
		const struct story_smmu *s = &t->story->smmus[i];

		if (!s->has_crash)
			triage_gap(t, "SMMU %u: no snapshot of the crash in the records", s->smmu);
		else if (s->crash.lost_bytes)
			triage_gap(t, "SMMU %u: the snapshot is incomplete", s->smmu);
	}
	if (!t->story->n_smmus)
		triage_gap(t, "the records name no SMMU");
	if (t->story->mixed_boots)
		triage_gap(t, "the records are of different boots");
}

/*
 * Has the SMMU a snapshot of the crash? After a reset the snapshot is that of the capture
 * kernel's table.
 */
static bool has_snapshot(const struct story_smmu *smmu)
{
	return smmu && smmu->has_crash && smmu->crash.state != ADOPT_RESET;
}

const char *triage_why_unknown(const struct triage *t)
{
	size_t i;

	if (!t->story->n_smmus)
		return "the records name no SMMU";
	if (t->story->torn)
		return "the records are torn";
	for (i = 0; i < t->story->n_smmus; i++) {
		const struct story_smmu *s = &t->story->smmus[i];

		if (s->has_crash && s->crash.state == ADOPT_RESET)
			return "an SMMU was reset before the snapshot";
		if (!s->has_crash)
			return "an SMMU has no snapshot of the crash";
		if (s->crash.lost_bytes)
			return "the snapshot of an SMMU is incomplete";
		if ((s->crash.evidence & ADOPT_EV_REGS) && !(s->crash.regs.cr0 & SMMU_CR0_SMMUEN))
			return "an SMMU was switched off and did not use its table";
	}
	return NULL;
}

int triage_collect(struct triage *t)
{
	size_t i;

	collect_gaps(t);
	t->streams = calloc(t->story->n_streams + 1, sizeof(*t->streams));
	t->roots = calloc(t->story->n_streams * TRIAGE_ROOTS + 1, sizeof(*t->roots));
	if (!t->streams || !t->roots)
		return -ENOMEM;
	large_advise(t->streams, t->story->n_streams * sizeof(*t->streams));
	for (i = 0; i < t->story->n_streams; i++) {
		const struct story_stream *r = &t->story->streams[i];
		const struct story_smmu *smmu = story_stream_smmu(t->story, r);
		struct triage_stream *s = &t->streams[t->n_streams];

		/* The entry was not valid at the crash, so it does not matter what became of it. */
		if (!r->has_crash && !r->own_at_load && has_snapshot(smmu))
			continue;
		t->n_streams++;
		s->smmu = r->smmu;
		s->sid = r->sid;
		s->recorded = r;
		s->device = story_stream_device(t->story, r);
		collect_stream(t, s, smmu);
	}
	return 0;
}

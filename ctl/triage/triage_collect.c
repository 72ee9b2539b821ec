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

/*
 * What a stream's context descriptor and tables are. First entry and descriptor are read and
 * decoded, then they are judged. What is recorded counts, else what the dump has.
 */
struct reading {
	const u8 *cd; /* NULL: neither recorded nor in the dump */
	struct cd_view view;
	u8 cd_of_dump[SMMU_CD_BYTES];
	int setup[TRIAGE_ROOTS]; /* enum ptw_setup */
	struct ptw_geom tables[TRIAGE_ROOTS];
};

/* Take the entry of the snapshot; else that of the dump, which may be a later one. */
static void read_ste(const struct smmu_mem *mem, const struct smmu_geom *geom,
		     struct triage_stream *s)
{
	const struct rec_ste *crash = &s->recorded->crash;
	u64 addr;
	u8 *raw;

	if (s->recorded->has_crash && crash->entry == REC_ENTRY_READ) {
		s->raw_ste = crash->raw;
		return;
	}
	raw = geom ? malloc(SMMU_STE_BYTES) : NULL;
	if (!raw || strtab_read_ste(mem, geom, s->sid, &addr, raw) != STRTAB_FOUND) {
		free(raw);
		return;
	}
	s->raw_ste = raw;
	s->from_dump = true;
}

static void read_s1(const struct smmu_mem *mem, const struct smmu_geom *geom,
		    const struct triage_stream *s, struct reading *ret)
{
	const struct story_stream *r = s->recorded;
	u64 addr;

	if (!s->from_dump && r->has_crash_cd && r->crash_cd.entry == REC_ENTRY_READ)
		ret->cd = r->crash_cd.raw;
	else if (geom && cd_locate(mem, geom, &s->ste, 0, &addr) == CD_FOUND &&
		 smmu_mem_read(mem, addr, ret->cd_of_dump, SMMU_CD_BYTES) == SMMU_MEM_OK)
		ret->cd = ret->cd_of_dump;
	if (!ret->cd)
		return;
	cd_decode(ret->cd, SMMU_CD_BYTES, geom, &ret->view);
	ret->setup[0] = ptw_from_cd(ret->cd, geom, false, &ret->tables[0]);
	ret->setup[1] = ptw_from_cd(ret->cd, geom, true, &ret->tables[1]);
}

/*
 * The first stage of a nested stream belongs to a guest, and can reach only what stage 2 maps. So
 * stage 2 is what limits the DMA.
 */
static void read_entry(const struct smmu_mem *mem, const struct smmu_geom *geom,
		       struct triage_stream *s, struct reading *ret)
{
	*ret = (struct reading){ .setup = { PTW_UNUSED, PTW_UNUSED } };
	read_ste(mem, geom, s);
	if (!s->raw_ste)
		return;
	ste_decode(s->raw_ste, SMMU_STE_BYTES, geom, &s->ste);
	s->effect = ste_effect(&s->ste);
	if (s->effect != STE_EFFECT_TRANSLATED)
		return;
	if (s->ste.config == STE_CONFIG_S1)
		read_s1(mem, geom, s, ret);
	else
		ret->setup[0] = ptw_from_ste(s->raw_ste, geom, &ret->tables[0]);
}

static void judge_tables(struct triage *t, struct triage_stream *s, const struct reading *r)
{
	int i;

	for (i = 0; i < TRIAGE_ROOTS; i++) {
		if (r->setup[i] == PTW_USABLE)
			s->root[s->n_roots++] = add_root(t, &r->tables[i]);
		else if (r->setup[i] != PTW_UNUSED)
			triage_gap(t,
				   "StreamID %s: the layout of its tables at 0x%llx is not valid",
				   SID_OF(t, s), r->tables[i].root);
	}
}

static void judge_s1(struct triage *t, struct triage_stream *s, const struct reading *r)
{
	if (s->ste.s1_cdmax)
		triage_gap(t, "StreamID %s has substreams, and only the first one is looked at",
			   SID_OF(t, s));
	/* DMA without a SubstreamID: with substreams, S1DSS 1 means bypass. */
	if (s->ste.s1_cdmax && s->ste.s1_dss == 1)
		s->effect = STE_EFFECT_BYPASSED;
	s->asid = r->view.asid;
	if (!r->cd)
		triage_gap(
			t,
			"StreamID %s: its context descriptor is neither recorded nor in the dump",
			SID_OF(t, s));
	else if (!r->view.valid)
		s->effect = STE_EFFECT_REFUSED;
}

static void collect_stream(struct triage *t, struct triage_stream *s, const struct story_smmu *smmu)
{
	struct reading r;

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
	read_entry(&t->mem.mem, smmu && smmu->has_geom ? &smmu->geom : NULL, s, &r);
	if (!s->raw_ste || s->from_dump)
		triage_gap(t, "StreamID %s: its entry at the crash is not %s", SID_OF(t, s),
			   s->from_dump ? "recorded; the entry in the dump is used" : "known");
	if (!s->raw_ste)
		return;
	if (smmu && smmu->has_crash && !(smmu->crash.regs.cr0 & SMMU_CR0_SMMUEN) &&
	    (smmu->crash.evidence & ADOPT_EV_REGS)) {
		s->effect = smmu->crash.regs.gbpa & SMMU_GBPA_ABORT ? STE_EFFECT_REFUSED
								    : STE_EFFECT_BYPASSED;
		s->smmu_off = true;
		return;
	}
	if (s->effect != STE_EFFECT_TRANSLATED)
		return;
	s->full_ats = s->ste.eats == 1;
	if (s->ste.config == STE_CONFIG_S1)
		judge_s1(t, s, &r);
	judge_tables(t, s, &r);
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
		*s = (struct triage_stream){ .smmu = r->smmu,
					     .sid = r->sid,
					     .recorded = r,
					     .device = story_stream_device(t->story, r) };
		collect_stream(t, s, smmu);
	}
	return 0;
}

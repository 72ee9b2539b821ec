// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c - what is wrong with the tables that the snapshot meets, as findings.
 * What to look for is decided in core/ (health.h, and the oddities of the
 * decoders); here it gets its words. The list of findings is bounded: a table full
 * of garbage makes thousands of oddities; the first ones tell the story, the rest is
 * a number.
 */
#include <linux/kernel.h>

#include "core/names.h"
#include "devices.h"
#include "findings.h"
#include "judge.h"
#include "oldmem.h"
#include "regs.h"
#include "smmu.h"
#include "snapshot.h"

#define ROOTS_READ 1024 /* page-table roots looked into; 4 KiB each */

void sa_find(struct sa_findings *f, enum rec_finding_code code, enum rec_severity severity, u32 sid,
	     u64 addr, const char *fmt, ...)
{
	struct rec_finding *item;
	va_list args;

	if (f->n == SA_MAX_FINDINGS) {
		f->lost++;
		return;
	}
	item = &f->item[f->n++];
	item->smmu = f->smmu;
	item->sid = sid;
	item->severity = severity;
	item->code = code;
	item->addr = addr;
	va_start(args, fmt);
	vscnprintf(item->text, sizeof(item->text), fmt, args);
	va_end(args);
}

const char *sa_bit_names(u32 odd, const char *(*name)(u32 bit), char *buf, size_t len)
{
	size_t n = 0;
	u32 bit;

	buf[0] = 0;
	for (bit = 0; bit < 32; bit++)
		if (odd & BIT(bit))
			n += scnprintf(buf + n, len - n, "%s%s", n ? " " : "",
				       name(bit) ?: "unknown");
	return buf;
}

static enum adopt_place place_of(void *priv, u64 addr, u64 bytes)
{
	return sa_place(addr, bytes);
}

/* The running kernel has attached it, so its tables are where they should be. */
static bool attached(void *priv, u32 sid)
{
	const struct sa_judge *j = priv;
	const struct rec_device *d = sa_devices_owner(j->devs, sid);

	return d && (d->flags & REC_DEV_GROUP) && !(d->flags & REC_DEV_DEFERRED);
}

static void report_bit(struct sa_findings *f, const struct health_item *item, u32 bit)
{
	static const char *const texts[HEALTH_BITS] = {
		"lies in the other kernel's memory",
		"lies in no memory",
		"is not aligned to its size",
		"reaches beyond the output address size",
		"has reserved bits set",
		"points at itself, or is two kinds of table",
		"is another owner's too",
		"combines fields in a way that hardware rejects",
	};
	enum rec_severity severity = BIT(bit) & HEALTH_ERRORS ? REC_SEV_ERROR : REC_SEV_WARNING;
	const char *what = health_what_name(item->what);

	if (item->sid == HEALTH_NO_SID)
		sa_find(f, REC_FIND_HEALTH + bit, severity, REC_NO_SID, item->addr, "%s %s", what,
			texts[bit]);
	else if (BIT(bit) & (HEALTH_SHARED | HEALTH_SELF) && item->owner)
		sa_find(f, REC_FIND_HEALTH + bit, severity, item->sid, item->addr,
			"%s of 0x%x %s (first seen with 0x%x)", what, item->sid, texts[bit],
			item->owner);
	else if (item->ssid)
		sa_find(f, REC_FIND_HEALTH + bit, severity, item->sid, item->addr,
			"%s of 0x%x, substream 0x%x, %s", what, item->sid, item->ssid, texts[bit]);
	else
		sa_find(f, REC_FIND_HEALTH + bit, severity, item->sid, item->addr, "%s of 0x%x %s",
			what, item->sid, texts[bit]);
}

static void report(void *priv, const struct health_item *item)
{
	struct sa_judge *j = priv;
	u32 bit, bits = item->bits;

	/* The visit says this, once more. */
	if (item->what == HEALTH_L2)
		bits &= ~HEALTH_SHARED;
	for (bit = 0; bit < HEALTH_BITS; bit++)
		if (bits & BIT(bit))
			report_bit(j->findings, item, bit);
}

void sa_judge_open(struct sa_judge *j, struct sa_smmu *smmu, const struct smmu_mem *mem,
		   const struct sa_devices *devs, struct smmu_set *tables)
{
	const struct sa_look *look = &smmu->snap.look;

	memset(j, 0, sizeof(*j));
	j->findings = &smmu->snap.findings;
	j->devs = devs;
	j->h.regs = &look->regs;
	j->h.geom = &look->geom;
	j->h.mem = mem;
	j->h.place = place_of;
	/* Whoever owns the stream table owns what it points to. */
	j->h.home =
		look->verdict.evidence & ADOPT_EV_STRTAB_OLD ? PLACE_OLD_RAM : PLACE_CAPTURE_RAM;
	j->h.attached = attached;
	j->h.report = report;
	j->h.priv = j;
	j->h.tables = tables;
	j->h.roots_left = ROOTS_READ;
}

static void judge_cd(struct sa_judge *j, const struct snap_stream *s)
{
	struct cd_view cd;
	char names[96];

	cd_decode(s->cd, sizeof(s->cd), j->h.geom, &cd);
	if (!cd.valid)
		sa_find(j->findings, REC_FIND_CD_ODD, REC_SEV_WARNING, s->sid, s->cd_addr,
			"context descriptor of 0x%x: not valid", s->sid);
	else if (cd.odd)
		sa_find(j->findings, REC_FIND_CD_ODD, REC_SEV_WARNING, s->sid, s->cd_addr,
			"context descriptor of 0x%x: %s", s->sid,
			sa_bit_names(cd.odd, cd_odd_name, names, sizeof(names)));
	health_cd(&j->h, s->sid, 0, s->cd_addr, s->cd);
}

void sa_judge_stream(struct sa_judge *j, const struct snap_stream *s, const struct ste_view *ste)
{
	char names[96];

	if (ste->odd)
		sa_find(j->findings, REC_FIND_STE_ODD, REC_SEV_WARNING, s->sid, s->ste_addr,
			"STE of 0x%x: %s", s->sid,
			sa_bit_names(ste->odd, ste_odd_name, names, sizeof(names)));
	health_ste(&j->h, s->sid, s->ste_addr, s->ste);
	if (!s->has_cd)
		return;
	if (s->cd_entry == REC_ENTRY_READ) {
		judge_cd(j, s);
		return;
	}
	if (ste->odd & (STE_ODD_CD_NULL | STE_ODD_CD_OAS))
		return; /* said already */
	sa_find(j->findings, REC_FIND_CD_NOWHERE, REC_SEV_WARNING, s->sid, ste->s1_ctx_ptr,
		"context descriptor of 0x%x: %s", s->sid, rec_entry_name(s->cd_entry));
	health_bad_stream(&j->h, s->sid);
}

void sa_judge_table(struct sa_judge *j, struct sa_smmu *smmu)
{
	const struct sa_look *look = &smmu->snap.look;
	char names[96];

	if (!look->regs_valid) {
		sa_find(j->findings, REC_FIND_NO_REGS, REC_SEV_ERROR, REC_NO_SID, 0,
			"registers could not be read: %s",
			smmu->no_regs ?: "suspended, or no answer");
	} else if (!sa_enabled(look)) {
		sa_find(j->findings, REC_FIND_SMMU_OFF, REC_SEV_WARNING, REC_NO_SID, 0,
			"SMMUEN=0: no stream is translated, GBPA decides");
	} else {
		if (!look->walkable)
			sa_find(j->findings, REC_FIND_TABLE_UNUSABLE, REC_SEV_ERROR, REC_NO_SID,
				look->geom.base, "stream table: %s",
				sa_bit_names(look->geom.odd, geom_odd_name, names, sizeof(names)));
		health_strtab(&j->h);
	}
}

void sa_judge_done(struct sa_judge *j, struct sa_snapshot *snap)
{
	snap->health_score = health_score(&j->h.tally);
	snap->health = j->h.tally;
	snap->judged = snap->look.regs_valid && sa_enabled(&snap->look);
}

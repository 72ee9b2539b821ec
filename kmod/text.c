// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - the files for people: "state", "regs" and "rmr", made from records.
 */
#include <linux/seq_file.h>

#include "core/names.h"
#include "attach.h"
#include "badmem.h"
#include "emit.h"
#include "note.h"
#include "oldmem.h"
#include "text.h"

void sa_text_iter(const struct sa_buf *records, struct rec_iter *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->data = records->data;
	ret->len = records->len;
}

bool sa_text_next(struct rec_iter *it, u16 type, struct rec *rec)
{
	while (rec_next(it, rec) == REC_OK)
		if (rec->type == type)
			return true;
	return false;
}

void sa_text_bits(struct seq_file *m, u32 bits, const char *(*name)(u32 bit))
{
	u32 bit;

	for (bit = 0; bit < 32; bit++)
		if (bits & BIT(bit))
			seq_printf(m, " %s", name(bit) ?: "unknown");
}

/* The SMMU record of @phase. */
static bool find_smmu(const struct sa_buf *records, u16 phase, struct rec *rec)
{
	struct rec_iter it;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_SMMU, rec))
		if (rec->smmu.phase == phase)
			return true;
	return false;
}

static void show_table(struct seq_file *m, const struct smmu_regs *regs)
{
	struct smmu_geom g;

	geom_decode(regs, &g);
	seq_printf(m, "table: %s base 0x%llx log2size %u split %u",
		   g.two_level ? "two-level" : "linear", g.base, g.log2size, g.split);
	if (g.odd) {
		seq_puts(m, " odd");
		sa_text_bits(m, g.odd, geom_odd_name);
	}
	seq_printf(m, "\nwidths: sid %u ssid %u oas %u asid %u vmid %u\n", g.sid_bits, g.ssid_bits,
		   g.oas_bits, g.asid_bits, g.vmid_bits);
}

static void show_queues(struct seq_file *m, const struct sa_buf *records)
{
	struct rec_iter it;
	struct rec rec;
	const struct rec_queue *q = &rec.queue;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_QUEUE, &rec)) {
		/* The heads come first. */
		if (q->count)
			break;
		seq_printf(m, "%s: base 0x%llx %s entries %u prod 0x%x cons 0x%x lost %u",
			   smmu_queue_name(q->queue), q->base, adopt_place_name(q->place),
			   q->entries, q->prod, q->cons, q->lost_entries);
		if (q->entry)
			seq_printf(m, " %s", rec_entry_name(q->entry));
		sa_text_bits(m, q->odd, smmu_queue_odd_name);
		seq_putc(m, '\n');
	}
}

static void show_health(struct seq_file *m, const struct rec_smmu *s)
{
	u32 i;

	if (!s->health_score)
		return;
	seq_printf(m, "health: %u of 100, %u checked, %u with errors, %u with warnings\n",
		   s->health_score - 1, s->health_checked, s->health_errors, s->health_warnings);
	if (!s->worst_count)
		return;
	seq_puts(m, "worst-sids:");
	for (i = 0; i < s->worst_count; i++)
		seq_printf(m, " 0x%x", s->worst[i]);
	seq_putc(m, '\n');
}

static void show_findings(struct seq_file *m, const struct sa_buf *records)
{
	struct rec_iter it;
	struct rec rec;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_FINDING, &rec)) {
		seq_printf(m, "finding: %s %s", rec_severity_name(rec.finding.severity),
			   rec_finding_name(rec.finding.code));
		if (rec.finding.addr)
			seq_printf(m, " at 0x%llx", rec.finding.addr);
		seq_printf(m, ": %s\n", rec.finding.text);
	}
}

static void show_ranges(struct seq_file *m, const struct sa_buf *records)
{
	struct rec_iter it;
	struct rec rec;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_RANGE, &rec))
		seq_printf(m, "%s: 0x%llx-0x%llx\n",
			   rec.range.kind == REC_RANGE_OLD_RAM ? "old-ram" : "running-ram",
			   rec.range.start, rec.range.start + rec.range.bytes - 1);
}

void sa_text_state(struct seq_file *m, const struct sa_buf *records)
{
	struct rec rec;
	u32 flushes;

	if (!find_smmu(records, REC_PHASE_NOW, &rec))
		return;
	seq_printf(m, "smmu: %s\nbase: 0x%llx\nstate: %s\nreason: %s\nevidence:", rec.smmu.name,
		   rec.smmu.base, adopt_state_name(rec.smmu.state),
		   adopt_reason_text(rec.smmu.reason));
	sa_text_bits(m, rec.smmu.evidence, adopt_evidence_name);
	seq_printf(m, "\nasids: %s\n", rec_asids_name(rec.smmu.asids));
	if (rec.smmu.evidence & ADOPT_EV_REGS)
		show_table(m, &rec.smmu.regs);
	if (find_smmu(records, REC_PHASE_CRASH, &rec)) {
		seq_printf(m, "state-at-load: %s\nevidence-at-load:",
			   adopt_state_name(rec.smmu.state));
		sa_text_bits(m, rec.smmu.evidence, adopt_evidence_name);
		seq_printf(m, "\nvalid-stes-at-load: %u\nlost-bytes: %llu\n", rec.smmu.stes,
			   rec.smmu.lost_bytes);
		show_health(m, &rec.smmu);
	}
	show_queues(m, records);
	seq_printf(m, "old-ram-from: %s\n", sa_oldmem_source());
	seq_printf(m, "poisoned-pages: %s\n", sa_badmem_text());
	seq_printf(m, "attach-times: %s\n", sa_attach_watched() ? "watched" : "not watched");
	if (sa_attach_flushes(&flushes))
		seq_printf(m, "attach-flushes: %u\n", flushes);
	seq_printf(m, "vmcore-note: %s\n", sa_note_text());
	show_ranges(m, records);
	show_findings(m, records);
}

#define REG(r)                                               \
	.name = #r, .offset = offsetof(struct smmu_regs, r), \
	.bytes = sizeof_field(struct smmu_regs, r)

static const struct {
	const char *name;
	u8 offset, bytes;
} regs[] = {
	{ REG(idr0) },
	{ REG(idr1) },
	{ REG(idr3) },
	{ REG(idr5) },
	{ REG(iidr) },
	{ REG(aidr) },
	{ REG(cr0) },
	{ REG(cr0ack) },
	{ REG(cr1) },
	{ REG(cr2) },
	{ REG(gbpa) },
	{ REG(irq_ctrl) },
	{ REG(irq_ctrlack) },
	{ REG(gerror) },
	{ REG(gerrorn) },
	{ REG(strtab_base) },
	{ REG(strtab_base_cfg) },
	{ REG(cmdq_base) },
	{ REG(cmdq_prod) },
	{ REG(cmdq_cons) },
	{ REG(evtq_base) },
	{ REG(evtq_prod) },
	{ REG(evtq_cons) },
	{ REG(priq_base) },
	{ REG(priq_prod) },
	{ REG(priq_cons) },
};

static u64 reg_value(const struct smmu_regs *r, u32 i)
{
	const void *p = (const u8 *)r + regs[i].offset;

	return regs[i].bytes == 8 ? *(const u64 *)p : *(const u32 *)p;
}

void sa_text_regs(struct seq_file *m, const struct sa_buf *records)
{
	static const u16 phases[] = { REC_PHASE_CRASH, REC_PHASE_NOW };
	struct rec rec;
	u32 i, j;

	for (j = 0; j < ARRAY_SIZE(phases); j++) {
		if (!find_smmu(records, phases[j], &rec))
			continue;
		seq_printf(m, "%sread: %s%s\n", j ? "\n" : "",
			   phases[j] == REC_PHASE_CRASH ? "at load" : "now",
			   rec.smmu.evidence & ADOPT_EV_REGS ? "" : ", failed");
		if (!(rec.smmu.evidence & ADOPT_EV_REGS))
			continue;
		for (i = 0; i < ARRAY_SIZE(regs); i++)
			seq_printf(m, "%s: 0x%0*llx\n", regs[i].name, 2 * regs[i].bytes,
				   reg_value(&rec.smmu.regs, i));
	}
}

/* A pass of its own: with thousands of regions, one for each would take minutes. */
static void show_rmr_streams(struct seq_file *m, const struct sa_buf *records)
{
	struct rec_iter it;
	struct rec rec;
	const struct rec_rmr_stream *s = &rec.rmr_stream;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_RMR_STREAM, &rec))
		seq_printf(m, "sid: 0x%x region 0x%llx %s\n", s->sid, s->base,
			   rmr_verdict_name(s->verdict));
}

void sa_text_rmr(struct seq_file *m, const struct sa_buf *records)
{
	struct rec_iter it;
	struct rec rec;
	u32 flags;

	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_RMR, &rec)) {
		flags = rec.rmr.flags;
		seq_printf(m, "region: 0x%llx-0x%llx%s\nsids: 0x%x-0x%x\nflags: 0x%x%s%s\n",
			   rec.rmr.base, rec.rmr.base + rec.rmr.bytes - 1,
			   rec.rmr.source == REC_RMR_DT ? " device-tree" : "", rec.rmr.sid_first,
			   rec.rmr.sid_first + rec.rmr.sid_count - 1, flags,
			   flags & BIT(0) ? " remap-permitted" : "",
			   flags & BIT(1) ? " privileged" : "");
		seq_putc(m, '\n');
	}
	show_rmr_streams(m, records);
}

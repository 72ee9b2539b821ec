// SPDX-License-Identifier: GPL-2.0-only
/*
 * emit.c - one SMMU as a section of records: what was saved at load, then what
 * can be seen now. Everything a reader of debugfs gets is made here, the texts
 * too (text.c), so that they cannot disagree.
 */
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "core/names.h"
#include "core/rec.h"
#include "asids.h"
#include "emit.h"
#include "findings.h"
#include "judge_now.h"
#include "log.h"
#include "oldmem.h"
#include "regs.h"
#include "rings.h"
#include "smmu.h"
#include "snapshot.h"

#define MAX_STREAM_BYTES (32u << 20)
#define RAM_LISTED 256 /* ranges of one kind in a section */

/* What the records of now are made with; too much for the stack. */
struct reading {
	struct sa_now now;
	struct sa_mem m;
	struct snap_stream stream; /* the one being written */
};

static void make_room(struct sa_buf *b, size_t bytes)
{
	size_t cap = b->cap ?: SZ_64K;
	u8 *data;

	if (b->error || b->cap - b->len >= bytes)
		return;
	while (cap - b->len < bytes)
		cap *= 2;
	data = cap > MAX_STREAM_BYTES ? NULL : kvmalloc(cap, GFP_KERNEL);
	if (!data) {
		b->error = cap > MAX_STREAM_BYTES ? -EFBIG : -ENOMEM;
		return;
	}
	if (b->len)
		memcpy(data, b->data, b->len);
	kvfree(b->data);
	b->data = data;
	b->cap = cap;
}

void sa_buf_raw(struct sa_buf *b, const u8 *frames, size_t len)
{
	make_room(b, len);
	if (b->error || !len)
		return;
	memcpy(b->data + b->len, frames, len);
	b->len += len;
}

static void emit(struct sa_buf *b, struct rec *rec, u64 mono_ns)
{
	int r;

	make_room(b, REC_MAX_KNOWN_BYTES);
	if (b->error)
		return;
	rec->seq = ++b->seq;
	rec->mono_ns = mono_ns;
	r = rec_encode(rec, b->data + b->len, b->cap - b->len);
	if (r < 0)
		b->error = r;
	else
		b->len += r;
}

static void emit_file(struct sa_buf *b)
{
	struct rec rec = { .type = REC_FILE };

	rec.file.major = REC_VERSION_MAJOR;
	rec.file.minor = REC_VERSION_MINOR;
	rec.file.producer = REC_PRODUCER_HELPER;
	rec.file.capture = is_kdump_kernel();
	rec.file.wall_s = ktime_get_real_seconds();
	strscpy(rec.file.kernel, init_utsname()->release, sizeof(rec.file.kernel));
	strscpy(rec.file.program, SMMU_ADOPT_MODULE " " SMMU_ADOPT_VERSION,
		sizeof(rec.file.program));
	emit(b, &rec, b->mono_ns);
}

static void emit_ranges(struct sa_buf *b, u32 kind)
{
	struct rec rec = { .type = REC_RANGE };
	u32 i;

	for (i = 0; i < RAM_LISTED && sa_oldmem_range(kind, i, &rec.range); i++)
		emit(b, &rec, b->mono_ns);
}

static void emit_health(const struct sa_snapshot *snap, struct rec_smmu *s)
{
	u32 i;

	if (!snap->judged)
		return;
	s->health_score = snap->health_score + 1;
	s->health_checked = snap->health.checked;
	s->health_errors = snap->health.errors;
	s->health_warnings = snap->health.warnings;
	s->worst_count = min_t(u32, snap->health.worst_n, ARRAY_SIZE(s->worst));
	for (i = 0; i < s->worst_count; i++)
		s->worst[i] = snap->health.worst[i].sid;
}

static void emit_smmu(struct sa_buf *b, const struct sa_smmu *smmu, const struct sa_look *look,
		      enum rec_phase phase)
{
	struct rec rec = { .type = REC_SMMU };
	struct rec_smmu *s = &rec.smmu;

	s->smmu = smmu->index;
	s->phase = phase;
	s->state = look->verdict.state;
	s->reason = look->verdict.reason;
	s->evidence = look->verdict.evidence;
	s->base = smmu->base;
	s->lost_bytes = smmu->snap.lost_bytes;
	s->stes = smmu->snap.stes;
	strscpy(s->name, dev_name(smmu->dev), sizeof(s->name));
	s->regs = look->regs;
	emit_health(&smmu->snap, s);
	if (phase == REC_PHASE_NOW)
		s->asids = sa_asids(smmu);
	emit(b, &rec, look->mono_ns);
}

static void emit_stream(struct sa_buf *b, u32 smmu, const struct snap_stream *s,
			enum rec_phase phase, u64 mono_ns)
{
	struct rec rec = { .type = REC_STE };

	rec.ste.smmu = smmu;
	rec.ste.phase = phase;
	rec.ste.entry = s->ste_entry;
	rec.ste.sid = s->sid;
	rec.ste.addr = s->ste_addr;
	memcpy(rec.ste.raw, s->ste, sizeof(rec.ste.raw));
	emit(b, &rec, mono_ns);
	if (!s->has_cd)
		return;
	memset(&rec, 0, sizeof(rec));
	rec.type = REC_CD;
	rec.cd.smmu = smmu;
	rec.cd.phase = phase;
	rec.cd.entry = s->cd_entry;
	rec.cd.sid = s->sid;
	rec.cd.addr = s->cd_addr;
	memcpy(rec.cd.raw, s->cd, sizeof(rec.cd.raw));
	emit(b, &rec, mono_ns);
}

static void emit_findings(struct sa_buf *b, const struct sa_findings *f)
{
	struct rec rec = { .type = REC_FINDING };
	u32 i;

	for (i = 0; i < f->n; i++) {
		rec.finding = f->item[i];
		emit(b, &rec, b->mono_ns);
	}
	if (!f->lost)
		return;
	memset(&rec.finding, 0, sizeof(rec.finding));
	rec.finding.smmu = f->smmu;
	rec.finding.sid = REC_NO_SID;
	rec.finding.severity = REC_SEV_WARNING;
	rec.finding.code = REC_FIND_OVER_BUDGET;
	scnprintf(rec.finding.text, sizeof(rec.finding.text), "%u more findings left out", f->lost);
	emit(b, &rec, b->mono_ns);
}

static void emit_cds(struct sa_buf *b, const struct sa_smmu *smmu)
{
	const struct sa_snapshot *snap = &smmu->snap;
	struct rec rec = { .type = REC_CD };
	struct snap_cd cd;
	u32 i;

	for (i = 0; i < snap->cds.n; i++) {
		snap_get_cd(&snap->cds, i, &cd);
		rec.cd.smmu = smmu->index;
		rec.cd.phase = REC_PHASE_CRASH;
		rec.cd.sid = cd.sid;
		rec.cd.ssid = cd.ssid;
		rec.cd.addr = cd.addr;
		memcpy(rec.cd.raw, cd.raw, sizeof(rec.cd.raw));
		emit(b, &rec, snap->look.mono_ns);
	}
}

static void fill_queue(const struct sa_smmu *smmu, u16 queue, struct rec_queue *q)
{
	const struct sa_ring *ring = &smmu->rings.ring[queue - 1];
	const struct smmu_regs *r = &smmu->snap.look.regs;

	memset(q, 0, sizeof(*q));
	q->smmu = smmu->index;
	q->phase = REC_PHASE_CRASH;
	q->queue = queue;
	q->entry = ring->entry;
	q->place = ring->place;
	q->odd = ring->view.odd;
	q->base = ring->view.base;
	q->entries = ring->view.entries;
	q->entry_bytes = ring->view.entry_bytes;
	q->lost_entries = ring->lost;
	q->prod = queue == SMMU_QUEUE_CMD     ? r->cmdq_prod
		  : queue == SMMU_QUEUE_EVENT ? r->evtq_prod
					      : r->priq_prod;
	q->cons = queue == SMMU_QUEUE_CMD     ? r->cmdq_cons
		  : queue == SMMU_QUEUE_EVENT ? r->evtq_cons
					      : r->priq_cons;
}

static void emit_rings(struct sa_buf *b, const struct sa_smmu *smmu)
{
	const struct sa_rings *rings = &smmu->rings;
	struct rec rec = { .type = REC_QUEUE };
	u64 ns = smmu->snap.look.mono_ns;
	u32 i;
	u16 queue;

	if (!rings->taken)
		return;
	for (queue = 1; queue <= SMMU_QUEUE_ID_MAX; queue++) {
		fill_queue(smmu, queue, &rec.queue);
		emit(b, &rec, ns);
	}
	for (i = 0; i < rings->n; i++) {
		fill_queue(smmu, rings->piece[i].queue, &rec.queue);
		rec.queue.first = rings->piece[i].first;
		rec.queue.count = rings->piece[i].bytes / rec.queue.entry_bytes;
		memcpy(rec.queue.raw, rings->piece[i].raw, sizeof(rec.queue.raw));
		emit(b, &rec, ns);
	}
}

static void emit_l1(struct sa_buf *b, const struct sa_smmu *smmu)
{
	const struct sa_snapshot *snap = &smmu->snap;
	struct rec rec = { .type = REC_L1 };
	u32 i;

	for (i = 0; i < snap->l1_n; i++) {
		rec.l1.smmu = smmu->index;
		rec.l1.phase = REC_PHASE_CRASH;
		rec.l1.index = snap->l1[i].index;
		rec.l1.addr = snap->l1[i].addr;
		rec.l1.raw = snap->l1[i].raw;
		emit(b, &rec, snap->look.mono_ns);
	}
}

static void emit_streams(struct sa_buf *b, const struct sa_smmu *smmu)
{
	const struct sa_snapshot *snap = &smmu->snap;
	struct snap_stream stream;
	u32 i;

	for (i = 0; i < snap->streams.n; i++) {
		snap_get_stream(&snap->streams, i, &stream);
		emit_stream(b, smmu->index, &stream, REC_PHASE_CRASH, snap->look.mono_ns);
	}
	emit_cds(b, smmu);
}

static void emit_rmrs(struct sa_buf *b, const struct sa_smmu *smmu)
{
	struct rec rec = { .type = REC_RMR };
	u32 i;

	for (i = 0; i < smmu->rmr_n; i++) {
		rec.rmr = smmu->rmr[i];
		emit(b, &rec, b->mono_ns);
	}
}

static void emit_crash(struct sa_buf *b, struct sa_smmu *smmu)
{
	emit_smmu(b, smmu, &smmu->snap.look, REC_PHASE_CRASH);
	emit_l1(b, smmu);
	emit_streams(b, smmu);
	emit_rings(b, smmu);
	emit_rmrs(b, smmu);
	emit_findings(b, &smmu->snap.findings);
}

int sa_records_saved(struct sa_smmu *smmu, bool rings, struct sa_buf *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	if (rings) {
		emit_rings(ret, smmu);
		return ret->error;
	}
	emit_file(ret);
	emit_smmu(ret, smmu, &smmu->snap.look, REC_PHASE_CRASH);
	emit_findings(ret, &smmu->snap.findings);
	emit_rmrs(ret, smmu);
	emit_streams(ret, smmu);
	emit_l1(ret, smmu);
	emit_ranges(ret, REC_RANGE_OLD_RAM);
	emit_ranges(ret, REC_RANGE_CAPTURE_RAM);
	return ret->error;
}

int sa_records_head(struct sa_buf *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	emit_file(ret);
	return ret->error;
}

/* Had one of its streams at load an entry that lets DMA through? */
static bool was_live(const struct sa_smmu *smmu, const struct rec_device *d)
{
	struct snap_stream s;
	u32 i;

	for (i = 0; i < d->sid_count; i++) {
		if (sa_snapshot_stream(&smmu->snap, d->sids[i], &s) &&
		    ste_effect_is_live(ste_effect_of(s.ste_entry, s.ste)))
			return true;
	}
	return false;
}

static void emit_devices(struct sa_buf *b, const struct sa_smmu *smmu,
			 const struct sa_devices *devs, bool live)
{
	struct rec rec = { .type = REC_DEVICE };
	u32 i;

	for (i = 0; i < devs->n; i++) {
		if (was_live(smmu, &devs->item[i]) != live)
			continue;
		rec.device = devs->item[i];
		emit(b, &rec, b->mono_ns);
	}
}

int sa_records_devices(const struct sa_smmu *smmu, const struct sa_devices *devs,
		       struct sa_buf *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	emit_devices(ret, smmu, devs, true);
	emit_devices(ret, smmu, devs, false);
	return ret->error;
}

int sa_records_left_out(const struct sa_smmu *smmu, struct sa_buf *ret)
{
	struct rec rec = { .type = REC_FINDING };

	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	rec.finding.smmu = smmu->index;
	rec.finding.sid = REC_NO_SID;
	rec.finding.severity = REC_SEV_WARNING;
	rec.finding.code = REC_FIND_DEVICES;
	strscpy(rec.finding.text, "not all devices are listed, for lack of room",
		sizeof(rec.finding.text));
	emit(ret, &rec, ret->mono_ns);
	return ret->error;
}

/* ---- now ---- */

/* One record per region the stream belongs to. */
static void emit_rmr_streams(struct sa_buf *b, struct sa_now *now, const struct snap_stream *s)
{
	const struct sa_smmu *smmu = now->smmu;
	struct rec rec = { .type = REC_RMR_STREAM };
	u32 i;

	for (i = 0; i < smmu->rmr_n && !b->error; i++) {
		if (s->sid - smmu->rmr[i].sid_first >= smmu->rmr[i].sid_count)
			continue;
		sa_now_judge_rmr(now, &smmu->rmr[i], s, &rec.rmr_stream);
		emit(b, &rec, b->mono_ns);
	}
}

static void emit_now(struct sa_buf *b, struct reading *reading)
{
	struct sa_now *now = &reading->now;
	struct snap_stream *s = &reading->stream;
	struct rec rec = { .type = REC_DEVICE };
	u32 i;

	emit_smmu(b, now->smmu, &now->look, REC_PHASE_NOW);
	sa_mem_open(&reading->m, jiffies + msecs_to_jiffies(SA_READ_MS));
	for (i = 0; i < now->sids.n && !b->error; i++) {
		u64 ns = ktime_get_ns();

		sa_stream_read(&reading->m, &now->look, now->sids.sid[i], s);
		emit_stream(b, now->smmu->index, s, REC_PHASE_NOW, ns);
		sa_now_judge_stream(now, s);
		emit_rmr_streams(b, now, s);
	}
	sa_mem_close(&reading->m);
	/* After the streams, whose judges mark devices. */
	for (i = 0; i < now->devs.n; i++) {
		rec.device = now->devs.item[i];
		emit(b, &rec, b->mono_ns);
	}
	emit_findings(b, &now->findings);
}

int sa_records(struct sa_smmu *smmu, struct sa_buf *ret)
{
	struct reading *reading = kvzalloc(sizeof(*reading), GFP_KERNEL);

	memset(ret, 0, sizeof(*ret));
	ret->mono_ns = ktime_get_ns();
	if (!reading)
		return -ENOMEM;
	sa_now_take(smmu, &reading->now);
	emit_file(ret);
	emit_ranges(ret, REC_RANGE_OLD_RAM);
	emit_ranges(ret, REC_RANGE_CAPTURE_RAM);
	emit_crash(ret, smmu);
	emit_now(ret, reading);
	/* The log is everybody's, and shown once. */
	if (!smmu->index)
		sa_log_emit(ret);
	sa_now_free(&reading->now);
	kvfree(reading);
	if (ret->error) {
		kvfree(ret->data);
		ret->data = NULL;
	}
	return ret->error;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_mkrec.c - a line becomes a record; a key that its type does not take is an error.
 */
#include "tests/unit/support_mkrec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/names.h"
#include "core/rec.h"
#include "tests/unit/support_mkline.h"

struct maker {
	u8 *data;
	size_t len, cap;
	u64 ns, seq;
};

static u16 phase(struct line *line)
{
	return (u16)mkline_named(line, "phase", rec_phase_name, REC_PHASE_NOW);
}

static void words(struct line *line, u8 raw[64])
{
	char key[16];
	int i;

	for (i = 0; i < 8; i++) {
		(void)snprintf(key, sizeof(key), "q%d", i);
		core_st64(raw + 8 * i, mkline_num(line, key, core_ld64(raw + 8 * i)));
	}
}

static void make_file(struct line *line, struct rec_file *r)
{
	r->major = (u16)mkline_num(line, "major", REC_VERSION_MAJOR);
	r->minor = (u16)mkline_num(line, "minor", REC_VERSION_MINOR);
	r->producer = (u16)mkline_named(line, "producer", rec_producer_name, REC_PRODUCER_CTL);
	r->capture = (u16)mkline_num(line, "capture", 0);
	r->wall_s = mkline_num(line, "wall", 0);
	mkline_text(line, "kernel", r->kernel, sizeof(r->kernel));
	mkline_text(line, "program", r->program, sizeof(r->program));
	core_st64(r->boot_id, mkline_num(line, "boot", 0));
}

static void make_smmu(struct line *line, struct rec_smmu *r)
{
	struct smmu_regs *g = &r->regs;
	struct {
		const char *key;
		u32 *to;
	} reg[] = {
		{ "idr0", &g->idr0 },
		{ "idr1", &g->idr1 },
		{ "idr5", &g->idr5 },
		{ "cr0", &g->cr0 },
		{ "cr0ack", &g->cr0ack },
		{ "cr1", &g->cr1 },
		{ "cr2", &g->cr2 },
		{ "gbpa", &g->gbpa },
		{ "gerror", &g->gerror },
		{ "gerrorn", &g->gerrorn },
		{ "cmdq_prod", &g->cmdq_prod },
		{ "cmdq_cons", &g->cmdq_cons },
		{ "evtq_prod", &g->evtq_prod },
		{ "evtq_cons", &g->evtq_cons },
		{ "strtab_base_cfg", &g->strtab_base_cfg },
	};
	size_t i;

	r->smmu = mkline_u32(line, "smmu");
	r->phase = phase(line);
	r->state = (u16)mkline_named(line, "state", adopt_state_name, ADOPT_NOT_CAPTURE);
	r->reason = (u16)mkline_num(line, "reason", 0);
	r->evidence = mkline_bits(line, "evidence", adopt_evidence_name);
	r->base = mkline_num(line, "base", 0);
	r->lost_bytes = mkline_num(line, "lost", 0);
	r->stes = mkline_u32(line, "stes");
	r->health_score = (u32)mkline_num(line, "score", (u64)-1) + 1;
	r->health_checked = mkline_u32(line, "checked");
	r->health_errors = mkline_u32(line, "errors");
	r->health_warnings = mkline_u32(line, "warnings");
	if (mkline_get(line, "worst"))
		r->worst[r->worst_count++] = mkline_u32(line, "worst");
	mkline_text(line, "name", r->name, sizeof(r->name));
	for (i = 0; i < sizeof(reg) / sizeof(reg[0]); i++)
		*reg[i].to = mkline_u32(line, reg[i].key);
	g->strtab_base = mkline_num(line, "strtab_base", 0);
	g->cmdq_base = mkline_num(line, "cmdq_base", 0);
	g->evtq_base = mkline_num(line, "evtq_base", 0);
}

/* As Linux writes it: one CD, S1DSS terminate, cacheable walks, stall disabled. */
static void make_ste(struct line *line, struct rec_ste *r)
{
	u64 cd = mkline_num(line, "s1", 0);

	r->smmu = mkline_u32(line, "smmu");
	r->phase = phase(line);
	r->entry = (u16)mkline_named(line, "entry", rec_entry_name, REC_ENTRY_ERROR);
	r->sid = mkline_u32(line, "sid");
	r->addr = mkline_num(line, "addr", 0);
	if (cd) {
		core_st64(r->raw, cd | STE_CONFIG_S1 << 1 | 1);
		core_st64(r->raw + 8, 0x1000080000d4);
	}
	if (mkline_num(line, "abort", 0))
		core_st64(r->raw, 1);
	if (mkline_num(line, "bypass", 0)) {
		core_st64(r->raw, STE_CONFIG_BYPASS << 1 | 1);
		core_st64(r->raw + 8, CORE_BIT(44));
	}
	words(line, r->raw);
}

/* As Linux writes it: AArch64, TTB1 not used, 48-bit output. */
static void make_cd(struct line *line, struct rec_cd *r)
{
	u64 asid = mkline_num(line, "asid", 0), t0sz = mkline_num(line, "t0sz", 16),
	    tg0 = mkline_num(line, "tg0", 0);
	u64 ttb0 = mkline_num(line, "ttb0", 0);

	r->smmu = mkline_u32(line, "smmu");
	r->phase = phase(line);
	r->entry = (u16)mkline_named(line, "entry", rec_entry_name, REC_ENTRY_ERROR);
	r->sid = mkline_u32(line, "sid");
	r->ssid = mkline_u32(line, "ssid");
	r->addr = mkline_num(line, "addr", 0);
	if (ttb0) {
		core_st64(r->raw, asid << 48 | 0x6205ull << 32 | 0xc0003500 | tg0 << 6 | t0sz);
		core_st64(r->raw + 8, ttb0);
		core_st64(r->raw + 24, 0xf404ff44);
	}
	words(line, r->raw);
}

static void make_rmr(struct line *line, struct rec_rmr *r)
{
	r->smmu = mkline_u32(line, "smmu");
	r->sid_first = mkline_u32(line, "sid");
	r->sid_count = (u32)mkline_num(line, "count", 1);
	r->base = mkline_num(line, "base", 0);
	r->bytes = mkline_num(line, "bytes", 0);
	r->flags = mkline_u32(line, "flags");
}

/* The head, or with e=Q0,Q1,... a piece of one entry from first= on. */
static void make_queue(struct line *line, struct rec_queue *r)
{
	u64 e[sizeof(r->raw) / 8];
	size_t n = mkline_numbers(line, "e", e, sizeof(r->raw) / 8), i;

	r->smmu = mkline_u32(line, "smmu");
	r->phase = REC_PHASE_CRASH;
	r->queue = (u16)mkline_named(line, "queue", smmu_queue_name, SMMU_QUEUE_ID_MAX);
	r->place = (u16)mkline_named(line, "place", adopt_place_name, PLACE_ELSEWHERE);
	r->odd = mkline_u32(line, "odd");
	r->base = mkline_num(line, "base", 0);
	r->entries = mkline_u32(line, "entries");
	r->entry_bytes =
		(u32)mkline_num(line, "entry_bytes", r->queue == SMMU_QUEUE_EVENT ? 32 : 16);
	r->lost_entries = mkline_u32(line, "lost");
	r->prod = mkline_u32(line, "prod");
	r->cons = mkline_u32(line, "cons");
	r->first = mkline_u32(line, "first");
	for (i = 0; i < n; i++)
		core_st64(r->raw + 8 * i, e[i]);
	if (n)
		r->count =
			(u32)mkline_num(line, "count", r->entry_bytes ? 8 * n / r->entry_bytes : 0);
}

static void make_rmr_stream(struct line *line, struct rec_rmr_stream *r)
{
	r->smmu = mkline_u32(line, "smmu");
	r->sid = mkline_u32(line, "sid");
	r->verdict = (u16)mkline_named(line, "verdict", rmr_verdict_name, RMR_LOST);
	r->direct = (u16)mkline_num(line, "direct", 0);
	r->base = mkline_num(line, "base", 0);
}

static void make_device(struct line *line, struct rec_device *r)
{
	const char *attach = mkline_get(line, "attach");
	u64 sids[REC_DEVICE_SIDS];
	u32 i;

	r->smmu = mkline_u32(line, "smmu");
	r->phase = phase(line);
	r->flags = (u16)mkline_bits(line, "flags", rec_device_flag_name);
	r->class_code = mkline_u32(line, "class");
	r->vendor = (u16)mkline_num(line, "vendor", 0);
	r->device = (u16)mkline_num(line, "device", 0);
	r->group = (s32)mkline_num(line, "group", (u64)-1);
	mkline_text(line, "name", r->name, sizeof(r->name));
	mkline_text(line, "bus", r->bus, sizeof(r->bus));
	mkline_text(line, "driver", r->driver, sizeof(r->driver));
	if (attach) {
		r->attach_ns = mkline_time_ns(line, attach, 1000000000);
		r->flags |= REC_DEV_ATTACH_SEEN;
	}
	r->sid_count = (u32)mkline_numbers(line, "sids", sids, REC_DEVICE_SIDS);
	for (i = 0; i < r->sid_count; i++)
		r->sids[i] = (u32)sids[i];
}

static void make_finding(struct line *line, struct rec_finding *r)
{
	r->smmu = mkline_u32(line, "smmu");
	r->sid = (u32)mkline_num(line, "sid", REC_NO_SID);
	r->severity = (u16)mkline_named(line, "severity", rec_severity_name, REC_SEV_ERROR);
	r->code = (u16)mkline_named(line, "code", rec_finding_name, REC_FIND_DEVICES);
	r->addr = mkline_num(line, "addr", 0);
	r->sid_count = mkline_u32(line, "count");
	r->sid_stride = mkline_u32(line, "stride");
	mkline_text(line, "text", r->text, sizeof(r->text));
}

static void make_plan(struct line *line, struct rec_plan *r)
{
	r->step = mkline_u32(line, "step");
	r->action = (u16)mkline_named(line, "action", rec_action_name, REC_ACT_MAX);
	r->dump_path = (u16)mkline_num(line, "dump", 0);
	r->deadline_ms = (u32)mkline_num(line, "deadline", 20000);
	mkline_text(line, "device", r->device, sizeof(r->device));
	mkline_text(line, "reason", r->reason, sizeof(r->reason));
}

static void make_step(struct line *line, struct rec_step *r)
{
	r->step = mkline_u32(line, "step");
	r->action = (u16)mkline_named(line, "action", rec_action_name, REC_ACT_MAX);
	r->attempt = (u16)mkline_num(line, "attempt", 1);
	r->deadline_ms = (u32)mkline_num(line, "deadline", 20000);
	mkline_text(line, "device", r->device, sizeof(r->device));
}

static void make_result(struct line *line, struct rec_result *r)
{
	const char *ms = mkline_get(line, "ms");

	r->step = mkline_u32(line, "step");
	r->action = (u16)mkline_named(line, "action", rec_action_name, REC_ACT_MAX);
	r->outcome = (u16)mkline_named(line, "outcome", rec_outcome_name, REC_STEP_PENDING);
	r->error = (s32)mkline_num(line, "error", 0);
	r->took_ns = ms ? mkline_time_ns(line, ms, 1000000) : 0;
	mkline_text(line, "device", r->device, sizeof(r->device));
	mkline_text(line, "detail", r->detail, sizeof(r->detail));
}

static void make_usage(struct line *line, struct rec_usage *r)
{
	r->peak_rss_kib = mkline_u32(line, "rss");
	r->stage_ms = mkline_u32(line, "stage_ms");
	r->quiesced_ms = mkline_u32(line, "quiesced_ms");
	r->dump_path_ms = mkline_u32(line, "dump_path_ms");
	r->lost_records = mkline_num(line, "lost", 0);
}

static void make_record(struct line *line, struct rec *r)
{
	switch (r->type) {
	case REC_FILE: make_file(line, &r->file); break;
	case REC_RANGE:
		r->range.kind = (u32)mkline_num(line, "kind", 1);
		r->range.start = mkline_num(line, "start", 0);
		r->range.bytes = mkline_num(line, "bytes", 0);
		break;
	case REC_NOTE:
		r->note.capacity = (u32)mkline_num(line, "capacity", 131072);
		r->note.length = mkline_u32(line, "length");
		r->note.sequence = mkline_num(line, "sequence", 1);
		r->note.lost_bytes = mkline_num(line, "lost", 0);
		break;
	case REC_SMMU: make_smmu(line, &r->smmu); break;
	case REC_L1:
		r->l1.smmu = mkline_u32(line, "smmu");
		r->l1.phase = phase(line);
		r->l1.index = mkline_u32(line, "index");
		r->l1.addr = mkline_num(line, "addr", 0);
		r->l1.raw = mkline_num(line, "raw", 0);
		break;
	case REC_STE: make_ste(line, &r->ste); break;
	case REC_CD: make_cd(line, &r->cd); break;
	case REC_RMR: make_rmr(line, &r->rmr); break;
	case REC_DEVICE: make_device(line, &r->device); break;
	case REC_FINDING: make_finding(line, &r->finding); break;
	case REC_PLAN: make_plan(line, &r->plan); break;
	case REC_STEP: make_step(line, &r->step); break;
	case REC_RESULT: make_result(line, &r->result); break;
	case REC_STAGE:
		r->stage.stage = (u16)mkline_named(line, "stage", rec_stage_name, REC_STAGE_MAX);
		r->stage.error = (s32)mkline_num(line, "error", 0);
		mkline_text(line, "text", r->stage.text, sizeof(r->stage.text));
		break;
	case REC_USAGE: make_usage(line, &r->usage); break;
	case REC_QUEUE: make_queue(line, &r->queue); break;
	case REC_RMR_STREAM: make_rmr_stream(line, &r->rmr_stream); break;
	case REC_CRASHED:
		r->crashed.crash_s = mkline_num(line, "time", 0);
		r->crashed.machine = (u16)mkline_num(line, "machine", 183);
		mkline_text(line, "release", r->crashed.release, sizeof(r->crashed.release));
		mkline_text(line, "build_id", r->crashed.build_id, sizeof(r->crashed.build_id));
		break;
	case REC_CHANNEL:
		r->channel.channel =
			(u16)mkline_named(line, "name", rec_channel_name, REC_CHANNEL_MAX);
		r->channel.state = (u16)mkline_named(line, "state", rec_channel_state_name, 3);
		r->channel.error = (s32)mkline_num(line, "error", 0);
		mkline_text(line, "text", r->channel.text, sizeof(r->channel.text));
		break;
	default: mkline_complain(line, "unknown type '%s'", line->type);
	}
}

static int room(struct maker *m, size_t more)
{
	u8 *data;

	if (m->len + more <= m->cap)
		return 0;
	m->cap = (m->cap + more) * 2;
	data = realloc(m->data, m->cap);
	if (!data)
		return -ENOMEM;
	m->data = data;
	return 0;
}

static int put_hex(struct maker *m, struct line *line)
{
	const char *p = line->n ? line->pair[0].value : "";
	char two[3] = { 0 };
	int r = room(m, strlen(p));

	for (; r >= 0 && p[0] && p[1]; p += 2) {
		memcpy(two, p, 2);
		if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]))
			mkline_complain(line, "'%s' are no hex digits", two);
		m->data[m->len++] = (u8)strtoul(two, NULL, 16);
	}
	return r;
}

/* A record of any type with @bytes of payload; the frame is made by hand. */
static int put_other(struct maker *m, struct line *line)
{
	u32 payload = (u32)mkline_num(line, "bytes", 8);
	size_t total = REC_HEADER_BYTES + ((payload + 7) & ~7u);
	u8 *frame;
	int r;

	if (payload > REC_MAX_PAYLOAD) {
		mkline_complain(line, "payload too large");
		return 0;
	}
	r = room(m, total);
	if (r < 0)
		return r;
	frame = m->data + m->len;
	memset(frame, 0, total);
	core_st32(frame, REC_MAGIC);
	core_st16(frame + 4, (u16)mkline_num(line, "type", 0));
	core_st32(frame + 8, payload);
	core_st64(frame + 16, ++m->seq);
	core_st64(frame + 24, m->ns);
	memset(frame + REC_HEADER_BYTES, 0xa5, payload);
	core_st32(frame + 12, rec_crc32(0, frame, REC_HEADER_BYTES + payload));
	m->len += total;
	return 0;
}

static int put_record(struct maker *m, struct line *line)
{
	struct rec rec = { .mono_ns = m->ns };
	int n, r;

	for (rec.type = 1; rec.type <= REC_TYPE_MAX; rec.type++)
		if (!strcmp(rec_type_name(rec.type), line->type))
			break;
	make_record(line, &rec);
	r = room(m, REC_MAX_KNOWN_BYTES);
	if (r < 0 || line->error[0])
		return r;
	m->seq = rec.type == REC_FILE ? 1 : m->seq + 1;
	rec.seq = m->seq;
	n = rec_encode(&rec, m->data + m->len, m->cap - m->len);
	if (n < 0)
		return n;
	m->len += (size_t)n;
	return 0;
}

static int put_line(struct maker *m, struct line *line)
{
	size_t i, cut;
	int r = 0;

	if (!strcmp(line->type, "at")) {
		m->ns = line->n ? mkline_time_ns(line, line->pair[0].value, 1000000000) : 0;
		return 0;
	}
	if (!strcmp(line->type, "cut")) {
		cut = line->n ? (size_t)mkline_number(line, line->pair[0].value) : 0;
		m->len -= cut < m->len ? cut : m->len;
		return 0;
	}
	if (!strcmp(line->type, "hex"))
		return put_hex(m, line);
	r = strcmp(line->type, "other") ? put_record(m, line) : put_other(m, line);
	for (i = 0; i < line->n; i++)
		if (!line->pair[i].used)
			mkline_complain(line, "'%s' has no key '%s'", line->type,
					line->pair[i].key);
	return r;
}

int mkrec(const char *text, u8 **ret, size_t *ret_len, char *err, size_t err_len)
{
	struct maker m = { 0 };
	char buf[1024];
	size_t len;
	int r = 0, number_of_line = 0;

	for (; *text && r >= 0; text += len + (text[len] == '\n')) {
		struct line line = { 0 };

		number_of_line++;
		len = strcspn(text, "\n");
		(void)snprintf(buf, sizeof(buf), "%.*s", (int)len, text);
		if (len >= sizeof(buf))
			mkline_complain(&line, "too long");
		mkline_split(buf, &line);
		if (line.type && !line.error[0])
			r = put_line(&m, &line);
		if (line.error[0]) {
			(void)snprintf(err, err_len, "line %d: %s", number_of_line, line.error);
			r = -EINVAL;
		}
	}
	if (r < 0) {
		free(m.data);
		return r;
	}
	*ret = m.data;
	*ret_len = m.len;
	return 0;
}

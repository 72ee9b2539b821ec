// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_mkrec.c - a line is split into words; a key that its type does not take is an error.
 */
#include "tests/unit/support_mkrec.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/names.h"
#include "core/rec.h"

#define MAX_PAIRS 48

struct line {
	char *type;
	struct {
		char *key, *value;
		bool used;
	} pair[MAX_PAIRS];
	size_t n;
	char error[128];
};

struct maker {
	u8 *data;
	size_t len, cap;
	u64 ns, seq;
};

static void complain(struct line *line, const char *format, ...)
{
	va_list args;

	if (line->error[0])
		return;
	va_start(args, format);
	(void)vsnprintf(line->error, sizeof(line->error), format, args);
	va_end(args);
}

/* Cut the next word off *@cursor; quotes are taken away. NULL at the end. */
static char *next_word(char **cursor, struct line *line)
{
	char *p = *cursor, *word, *to;
	bool quoted = false;

	p += strspn(p, " \t");
	if (!*p || *p == '#')
		return NULL;
	word = to = p;
	for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			*to++ = *p;
	}
	if (quoted)
		complain(line, "quote without end");
	*cursor = *p ? p + 1 : p;
	*to = 0;
	return word;
}

static void split(char *text, struct line *line)
{
	char *word, *value;

	line->type = next_word(&text, line);
	while (line->type && (word = next_word(&text, line))) {
		if (line->n == MAX_PAIRS) {
			complain(line, "too many words");
			return;
		}
		value = strchr(word, '=');
		if (value)
			*value++ = 0;
		line->pair[line->n].key = word;
		line->pair[line->n++].value = value ? value : word;
	}
}

static const char *get(struct line *line, const char *key)
{
	size_t i;

	for (i = 0; i < line->n; i++) {
		if (strcmp(line->pair[i].key, key) != 0)
			continue;
		line->pair[i].used = true;
		return line->pair[i].value;
	}
	return NULL;
}

static u64 number(struct line *line, const char *text)
{
	char *end;
	u64 value;

	errno = 0;
	value = text[0] == '-' ? (u64)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (errno || end == text || *end)
		complain(line, "'%s' is no number", text);
	return value;
}

static u64 num(struct line *line, const char *key, u64 otherwise)
{
	const char *text = get(line, key);

	return text ? number(line, text) : otherwise;
}

/* Seconds or milliseconds with a fraction, as nanoseconds. */
static u64 time_ns(struct line *line, const char *text, u64 unit)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < 0)
		complain(line, "'%s' is no time", text);
	return (u64)(value * (double)unit + 0.5);
}

/* A value by its name; a plain number passes as it is. */
static u32 by_name(struct line *line, const char *text, const char *(*name)(u32), u32 max)
{
	u32 i;

	if (isdigit((unsigned char)text[0]))
		return (u32)number(line, text);
	for (i = 0; i <= max; i++)
		if (name(i) && !strcmp(name(i), text))
			return i;
	complain(line, "'%s' is no known name", text);
	return 0;
}

static u32 named(struct line *line, const char *key, const char *(*name)(u32), u32 max)
{
	const char *text = get(line, key);

	return text ? by_name(line, text, name, max) : 0;
}

static void text_of(struct line *line, const char *key, char *to, size_t size)
{
	const char *text = get(line, key);

	if (text && strlen(text) >= size)
		complain(line, "%s is too long", key);
	else if (text)
		strcpy(to, text);
}

static u32 bits(struct line *line, const char *key, const char *(*name)(u32))
{
	char copy[512], *save = NULL, *word;
	const char *text = get(line, key);
	u32 value = 0;

	if (!text)
		return 0;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	if (isdigit((unsigned char)text[0]))
		return (u32)number(line, text);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		value |= 1u << by_name(line, word, name, 31);
	return value;
}

static u16 phase(struct line *line)
{
	return (u16)named(line, "phase", rec_phase_name, REC_PHASE_NOW);
}

static void words(struct line *line, u8 raw[64])
{
	char key[16];
	int i;

	for (i = 0; i < 8; i++) {
		(void)snprintf(key, sizeof(key), "q%d", i);
		core_st64(raw + 8 * i, num(line, key, core_ld64(raw + 8 * i)));
	}
}

static void make_file(struct line *line, struct rec_file *r)
{
	r->major = (u16)num(line, "major", REC_VERSION_MAJOR);
	r->minor = (u16)num(line, "minor", REC_VERSION_MINOR);
	r->producer = (u16)named(line, "producer", rec_producer_name, REC_PRODUCER_CTL);
	r->capture = (u16)num(line, "capture", 0);
	r->wall_s = num(line, "wall", 0);
	text_of(line, "kernel", r->kernel, sizeof(r->kernel));
	text_of(line, "program", r->program, sizeof(r->program));
	core_st64(r->boot_id, num(line, "boot", 0));
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

	r->smmu = (u32)num(line, "smmu", 0);
	r->phase = phase(line);
	r->state = (u16)named(line, "state", adopt_state_name, ADOPT_NOT_CAPTURE);
	r->reason = (u16)num(line, "reason", 0);
	r->evidence = bits(line, "evidence", adopt_evidence_name);
	r->base = num(line, "base", 0);
	r->lost_bytes = num(line, "lost", 0);
	r->stes = (u32)num(line, "stes", 0);
	r->health_score = (u32)num(line, "score", (u64)-1) + 1;
	r->health_checked = (u32)num(line, "checked", 0);
	r->health_errors = (u32)num(line, "errors", 0);
	r->health_warnings = (u32)num(line, "warnings", 0);
	if (get(line, "worst"))
		r->worst[r->worst_count++] = (u32)num(line, "worst", 0);
	text_of(line, "name", r->name, sizeof(r->name));
	for (i = 0; i < sizeof(reg) / sizeof(reg[0]); i++)
		*reg[i].to = (u32)num(line, reg[i].key, 0);
	g->strtab_base = num(line, "strtab_base", 0);
	g->cmdq_base = num(line, "cmdq_base", 0);
	g->evtq_base = num(line, "evtq_base", 0);
}

/* As Linux writes it: one CD, S1DSS terminate, cacheable walks, stall disabled. */
static void make_ste(struct line *line, struct rec_ste *r)
{
	u64 cd = num(line, "s1", 0);

	r->smmu = (u32)num(line, "smmu", 0);
	r->phase = phase(line);
	r->entry = (u16)named(line, "entry", rec_entry_name, REC_ENTRY_ERROR);
	r->sid = (u32)num(line, "sid", 0);
	r->addr = num(line, "addr", 0);
	if (cd) {
		core_st64(r->raw, cd | STE_CONFIG_S1 << 1 | 1);
		core_st64(r->raw + 8, 0x1000080000d4);
	}
	if (num(line, "abort", 0))
		core_st64(r->raw, 1);
	if (num(line, "bypass", 0)) {
		core_st64(r->raw, STE_CONFIG_BYPASS << 1 | 1);
		core_st64(r->raw + 8, CORE_BIT(44));
	}
	words(line, r->raw);
}

/* As Linux writes it: AArch64, TTB1 not used, 48-bit output. */
static void make_cd(struct line *line, struct rec_cd *r)
{
	u64 asid = num(line, "asid", 0), t0sz = num(line, "t0sz", 16), tg0 = num(line, "tg0", 0);
	u64 ttb0 = num(line, "ttb0", 0);

	r->smmu = (u32)num(line, "smmu", 0);
	r->phase = phase(line);
	r->entry = (u16)named(line, "entry", rec_entry_name, REC_ENTRY_ERROR);
	r->sid = (u32)num(line, "sid", 0);
	r->ssid = (u32)num(line, "ssid", 0);
	r->addr = num(line, "addr", 0);
	if (ttb0) {
		core_st64(r->raw, asid << 48 | 0x6205ull << 32 | 0xc0003500 | tg0 << 6 | t0sz);
		core_st64(r->raw + 8, ttb0);
		core_st64(r->raw + 24, 0xf404ff44);
	}
	words(line, r->raw);
}

static void make_rmr(struct line *line, struct rec_rmr *r)
{
	r->smmu = (u32)num(line, "smmu", 0);
	r->sid_first = (u32)num(line, "sid", 0);
	r->sid_count = (u32)num(line, "count", 1);
	r->base = num(line, "base", 0);
	r->bytes = num(line, "bytes", 0);
	r->flags = (u32)num(line, "flags", 0);
}

/* The head, or with e=Q0,Q1,... a piece of one entry from first= on. */
static void make_queue(struct line *line, struct rec_queue *r)
{
	const char *entry = get(line, "e");
	char copy[256], *save = NULL, *word;
	size_t at = 0;

	r->smmu = (u32)num(line, "smmu", 0);
	r->phase = REC_PHASE_CRASH;
	r->queue = (u16)named(line, "queue", smmu_queue_name, SMMU_QUEUE_ID_MAX);
	r->place = (u16)named(line, "place", adopt_place_name, PLACE_ELSEWHERE);
	r->odd = (u32)num(line, "odd", 0);
	r->base = num(line, "base", 0);
	r->entries = (u32)num(line, "entries", 0);
	r->entry_bytes = (u32)num(line, "entry_bytes", r->queue == SMMU_QUEUE_EVENT ? 32 : 16);
	r->lost_entries = (u32)num(line, "lost", 0);
	r->prod = (u32)num(line, "prod", 0);
	r->cons = (u32)num(line, "cons", 0);
	r->first = (u32)num(line, "first", 0);
	if (!entry)
		return;
	(void)snprintf(copy, sizeof(copy), "%s", entry);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (at == sizeof(r->raw))
			break;
		core_st64(r->raw + at, number(line, word));
		at += 8;
	}
	r->count = (u32)num(line, "count", r->entry_bytes ? at / r->entry_bytes : 0);
}

static void make_rmr_stream(struct line *line, struct rec_rmr_stream *r)
{
	r->smmu = (u32)num(line, "smmu", 0);
	r->sid = (u32)num(line, "sid", 0);
	r->verdict = (u16)named(line, "verdict", rmr_verdict_name, RMR_LOST);
	r->direct = (u16)num(line, "direct", 0);
	r->base = num(line, "base", 0);
}

static void make_device(struct line *line, struct rec_device *r)
{
	const char *sids = get(line, "sids"), *attach = get(line, "attach");
	char copy[256], *save = NULL, *word;

	r->smmu = (u32)num(line, "smmu", 0);
	r->phase = phase(line);
	r->flags = (u16)bits(line, "flags", rec_device_flag_name);
	r->class_code = (u32)num(line, "class", 0);
	r->vendor = (u16)num(line, "vendor", 0);
	r->device = (u16)num(line, "device", 0);
	r->group = (s32)num(line, "group", (u64)-1);
	text_of(line, "name", r->name, sizeof(r->name));
	text_of(line, "bus", r->bus, sizeof(r->bus));
	text_of(line, "driver", r->driver, sizeof(r->driver));
	if (attach) {
		r->attach_ns = time_ns(line, attach, 1000000000);
		r->flags |= REC_DEV_ATTACH_SEEN;
	}
	if (!sids)
		return;
	(void)snprintf(copy, sizeof(copy), "%s", sids);
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (r->sid_count == REC_DEVICE_SIDS)
			complain(line, "too many sids");
		else
			r->sids[r->sid_count++] = (u32)number(line, word);
	}
}

static void make_finding(struct line *line, struct rec_finding *r)
{
	r->smmu = (u32)num(line, "smmu", 0);
	r->sid = (u32)num(line, "sid", REC_NO_SID);
	r->severity = (u16)named(line, "severity", rec_severity_name, REC_SEV_ERROR);
	r->code = (u16)named(line, "code", rec_finding_name, REC_FIND_DEVICES);
	r->addr = num(line, "addr", 0);
	r->sid_count = (u32)num(line, "count", 0);
	r->sid_stride = (u32)num(line, "stride", 0);
	text_of(line, "text", r->text, sizeof(r->text));
}

static void make_plan(struct line *line, struct rec_plan *r)
{
	r->step = (u32)num(line, "step", 0);
	r->action = (u16)named(line, "action", rec_action_name, REC_ACT_MAX);
	r->dump_path = (u16)num(line, "dump", 0);
	r->deadline_ms = (u32)num(line, "deadline", 20000);
	text_of(line, "device", r->device, sizeof(r->device));
	text_of(line, "reason", r->reason, sizeof(r->reason));
}

static void make_step(struct line *line, struct rec_step *r)
{
	r->step = (u32)num(line, "step", 0);
	r->action = (u16)named(line, "action", rec_action_name, REC_ACT_MAX);
	r->attempt = (u16)num(line, "attempt", 1);
	r->deadline_ms = (u32)num(line, "deadline", 20000);
	text_of(line, "device", r->device, sizeof(r->device));
}

static void make_result(struct line *line, struct rec_result *r)
{
	const char *ms = get(line, "ms");

	r->step = (u32)num(line, "step", 0);
	r->action = (u16)named(line, "action", rec_action_name, REC_ACT_MAX);
	r->outcome = (u16)named(line, "outcome", rec_outcome_name, REC_STEP_PENDING);
	r->error = (s32)num(line, "error", 0);
	r->took_ns = ms ? time_ns(line, ms, 1000000) : 0;
	text_of(line, "device", r->device, sizeof(r->device));
	text_of(line, "detail", r->detail, sizeof(r->detail));
}

static void make_usage(struct line *line, struct rec_usage *r)
{
	r->peak_rss_kib = (u32)num(line, "rss", 0);
	r->stage_ms = (u32)num(line, "stage_ms", 0);
	r->quiesced_ms = (u32)num(line, "quiesced_ms", 0);
	r->dump_path_ms = (u32)num(line, "dump_path_ms", 0);
	r->lost_records = num(line, "lost", 0);
}

static void make_record(struct line *line, struct rec *r)
{
	switch (r->type) {
	case REC_FILE: make_file(line, &r->file); break;
	case REC_RANGE:
		r->range.kind = (u32)num(line, "kind", 1);
		r->range.start = num(line, "start", 0);
		r->range.bytes = num(line, "bytes", 0);
		break;
	case REC_NOTE:
		r->note.capacity = (u32)num(line, "capacity", 131072);
		r->note.length = (u32)num(line, "length", 0);
		r->note.sequence = num(line, "sequence", 1);
		r->note.lost_bytes = num(line, "lost", 0);
		break;
	case REC_SMMU: make_smmu(line, &r->smmu); break;
	case REC_L1:
		r->l1.smmu = (u32)num(line, "smmu", 0);
		r->l1.phase = phase(line);
		r->l1.index = (u32)num(line, "index", 0);
		r->l1.addr = num(line, "addr", 0);
		r->l1.raw = num(line, "raw", 0);
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
		r->stage.stage = (u16)named(line, "stage", rec_stage_name, REC_STAGE_MAX);
		r->stage.error = (s32)num(line, "error", 0);
		text_of(line, "text", r->stage.text, sizeof(r->stage.text));
		break;
	case REC_USAGE: make_usage(line, &r->usage); break;
	case REC_QUEUE: make_queue(line, &r->queue); break;
	case REC_RMR_STREAM: make_rmr_stream(line, &r->rmr_stream); break;
	case REC_CRASHED:
		r->crashed.crash_s = num(line, "time", 0);
		r->crashed.machine = (u16)num(line, "machine", 183);
		text_of(line, "release", r->crashed.release, sizeof(r->crashed.release));
		text_of(line, "build_id", r->crashed.build_id, sizeof(r->crashed.build_id));
		break;
	case REC_CHANNEL:
		r->channel.channel = (u16)named(line, "name", rec_channel_name, REC_CHANNEL_MAX);
		r->channel.state = (u16)named(line, "state", rec_channel_state_name, 3);
		r->channel.error = (s32)num(line, "error", 0);
		text_of(line, "text", r->channel.text, sizeof(r->channel.text));
		break;
	default: complain(line, "unknown type '%s'", line->type);
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
			complain(line, "'%s' are no hex digits", two);
		m->data[m->len++] = (u8)strtoul(two, NULL, 16);
	}
	return r;
}

/* A record of any type with @bytes of payload; the frame is made by hand. */
static int put_other(struct maker *m, struct line *line)
{
	u32 payload = (u32)num(line, "bytes", 8);
	size_t total = REC_HEADER_BYTES + ((payload + 7) & ~7u);
	u8 *frame;
	int r;

	if (payload > REC_MAX_PAYLOAD) {
		complain(line, "payload too large");
		return 0;
	}
	r = room(m, total);
	if (r < 0)
		return r;
	frame = m->data + m->len;
	memset(frame, 0, total);
	core_st32(frame, REC_MAGIC);
	core_st16(frame + 4, (u16)num(line, "type", 0));
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
		m->ns = line->n ? time_ns(line, line->pair[0].value, 1000000000) : 0;
		return 0;
	}
	if (!strcmp(line->type, "cut")) {
		cut = line->n ? (size_t)number(line, line->pair[0].value) : 0;
		m->len -= cut < m->len ? cut : m->len;
		return 0;
	}
	if (!strcmp(line->type, "hex"))
		return put_hex(m, line);
	r = strcmp(line->type, "other") ? put_record(m, line) : put_other(m, line);
	for (i = 0; i < line->n; i++)
		if (!line->pair[i].used)
			complain(line, "'%s' has no key '%s'", line->type, line->pair[i].key);
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
			complain(&line, "too long");
		split(buf, &line);
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

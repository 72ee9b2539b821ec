// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * rec.c - record framing, and one field list per type that both encodes and
 * decodes.
 *
 * The cursor runs in one of two directions over the payload; a field function
 * moves one field. So the wire form of a type is written down once, and reader
 * and writer cannot disagree. Decoding past the end yields zeros (older, shorter
 * payloads); encoding past the end is remembered and refused at the end.
 */
#include "rec.h"

struct cursor {
	u8 *out; /* encoding when not NULL */
	const u8 *in;
	size_t len; /* room, or payload length */
	size_t pos;
	bool overflow;
};

/*
 * Decoding a field that is there as a whole, which is most of the work: returns its bytes, and the
 * cursor moves behind them. NULL in all other cases.
 */
static inline const u8 *take(struct cursor *c, size_t n)
{
	if (c->out || c->len - c->pos < n)
		return NULL;
	c->pos += n;
	return c->in + c->pos - n;
}

static void bytes(struct cursor *c, void *field, size_t n)
{
	const u8 *p = take(c, n);

	if (p) {
		memcpy(field, p, n);
		return;
	}
	if (c->out) {
		if (n > c->len - c->pos) {
			c->overflow = true;
			return;
		}
		memcpy(c->out + c->pos, field, n);
		c->pos += n;
		return;
	}
	/* The payload ends within the field. */
	memset(field, 0, n);
	memcpy(field, c->in + c->pos, c->len - c->pos);
	c->pos = c->len;
}

static void f16(struct cursor *c, u16 *field)
{
	const u8 *p = take(c, 2);
	u8 raw[2];

	if (p) {
		*field = core_ld16(p);
		return;
	}
	core_st16(raw, *field);
	bytes(c, raw, sizeof(raw));
	*field = core_ld16(raw);
}

static void f32(struct cursor *c, u32 *field)
{
	const u8 *p = take(c, 4);
	u8 raw[4];

	if (p) {
		*field = core_ld32(p);
		return;
	}
	core_st32(raw, *field);
	bytes(c, raw, sizeof(raw));
	*field = core_ld32(raw);
}

static void f64(struct cursor *c, u64 *field)
{
	const u8 *p = take(c, 8);
	u8 raw[8];

	if (p) {
		*field = core_ld64(p);
		return;
	}
	core_st64(raw, *field);
	bytes(c, raw, sizeof(raw));
	*field = core_ld64(raw);
}

static void fs32(struct cursor *c, s32 *field)
{
	u32 v = (u32)*field;

	f32(c, &v);
	*field = (s32)v;
}

/* Fixed-size text; whatever the bytes were, the result is NUL-terminated. */
static void text(struct cursor *c, char *field, size_t n)
{
	size_t i;

	if (c->out) {
		/* No bytes after the NUL travel: the caller's struct may hold garbage there. */
		for (i = 0; i < n && field[i]; i++)
			;
		if (i == n)
			i--;
		memset(field + i, 0, n - i);
	}
	bytes(c, field, n);
	field[n - 1] = 0;
}

static void xfer_regs(struct cursor *c, struct smmu_regs *r)
{
	u32 *words[] = {
		&r->idr0,	 &r->idr1,	&r->idr3,      &r->idr5,
		&r->iidr,	 &r->aidr,	&r->cr0,       &r->cr0ack,
		&r->cr1,	 &r->cr2,	&r->gbpa,      &r->irq_ctrl,
		&r->irq_ctrlack, &r->gerror,	&r->gerrorn,   &r->strtab_base_cfg,
		&r->cmdq_prod,	 &r->cmdq_cons, &r->evtq_prod, &r->evtq_cons,
		&r->priq_prod,	 &r->priq_cons,
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		f32(c, words[i]);
	f64(c, &r->strtab_base);
	f64(c, &r->cmdq_base);
	f64(c, &r->evtq_base);
	f64(c, &r->priq_base);
}

static void xfer_file(struct cursor *c, struct rec_file *r)
{
	f16(c, &r->major);
	f16(c, &r->minor);
	f16(c, &r->producer);
	f16(c, &r->capture);
	f64(c, &r->wall_s);
	text(c, r->kernel, sizeof(r->kernel));
	text(c, r->program, sizeof(r->program));
	bytes(c, r->boot_id, sizeof(r->boot_id));
}

static void xfer_range(struct cursor *c, struct rec_range *r)
{
	f32(c, &r->kind);
	f64(c, &r->start);
	f64(c, &r->bytes);
}

static void xfer_smmu(struct cursor *c, struct rec_smmu *r)
{
	size_t i;

	f32(c, &r->smmu);
	f16(c, &r->phase);
	f16(c, &r->state);
	f16(c, &r->reason);
	f32(c, &r->evidence);
	f64(c, &r->base);
	f64(c, &r->lost_bytes);
	f32(c, &r->stes);
	text(c, r->name, sizeof(r->name));
	xfer_regs(c, &r->regs);
	f32(c, &r->health_score);
	f32(c, &r->health_checked);
	f32(c, &r->health_errors);
	f32(c, &r->health_warnings);
	f32(c, &r->worst_count);
	for (i = 0; i < sizeof(r->worst) / sizeof(r->worst[0]); i++)
		f32(c, &r->worst[i]);
	if (r->worst_count > sizeof(r->worst) / sizeof(r->worst[0]))
		r->worst_count = sizeof(r->worst) / sizeof(r->worst[0]);
	f32(c, &r->asids);
}

static void xfer_l1(struct cursor *c, struct rec_l1 *r)
{
	f32(c, &r->smmu);
	f16(c, &r->phase);
	f32(c, &r->index);
	f64(c, &r->addr);
	f64(c, &r->raw);
}

static void xfer_ste(struct cursor *c, struct rec_ste *r)
{
	f32(c, &r->smmu);
	f16(c, &r->phase);
	f16(c, &r->entry);
	f32(c, &r->sid);
	f64(c, &r->addr);
	bytes(c, r->raw, sizeof(r->raw));
}

static void xfer_cd(struct cursor *c, struct rec_cd *r)
{
	f32(c, &r->smmu);
	f16(c, &r->phase);
	f16(c, &r->entry);
	f32(c, &r->sid);
	f32(c, &r->ssid);
	f64(c, &r->addr);
	bytes(c, r->raw, sizeof(r->raw));
}

static void xfer_rmr(struct cursor *c, struct rec_rmr *r)
{
	f32(c, &r->smmu);
	f32(c, &r->sid_first);
	f32(c, &r->sid_count);
	f64(c, &r->base);
	f64(c, &r->bytes);
	f32(c, &r->flags);
	f16(c, &r->source);
}

static void xfer_device(struct cursor *c, struct rec_device *r)
{
	u32 i;

	f32(c, &r->smmu);
	f16(c, &r->phase);
	f16(c, &r->flags);
	f32(c, &r->class_code);
	f16(c, &r->vendor);
	f16(c, &r->device);
	fs32(c, &r->group);
	f64(c, &r->attach_ns);
	text(c, r->name, sizeof(r->name));
	text(c, r->bus, sizeof(r->bus));
	text(c, r->driver, sizeof(r->driver));
	f32(c, &r->sid_count);
	for (i = 0; i < REC_DEVICE_SIDS; i++)
		f32(c, &r->sids[i]);
	if (r->sid_count > REC_DEVICE_SIDS)
		r->sid_count = REC_DEVICE_SIDS;
	f16(c, &r->domain);
}

static void xfer_finding(struct cursor *c, struct rec_finding *r)
{
	f32(c, &r->smmu);
	f32(c, &r->sid);
	f16(c, &r->severity);
	f16(c, &r->code);
	f64(c, &r->addr);
	text(c, r->text, sizeof(r->text));
	f32(c, &r->sid_count);
	f32(c, &r->sid_stride);
}

static void xfer_plan(struct cursor *c, struct rec_plan *r)
{
	f32(c, &r->step);
	f16(c, &r->action);
	f16(c, &r->dump_path);
	f32(c, &r->deadline_ms);
	text(c, r->device, sizeof(r->device));
	text(c, r->reason, sizeof(r->reason));
}

static void xfer_step(struct cursor *c, struct rec_step *r)
{
	f32(c, &r->step);
	f16(c, &r->action);
	f16(c, &r->attempt);
	f32(c, &r->deadline_ms);
	text(c, r->device, sizeof(r->device));
}

static void xfer_result(struct cursor *c, struct rec_result *r)
{
	f32(c, &r->step);
	f16(c, &r->action);
	f16(c, &r->outcome);
	fs32(c, &r->error);
	f64(c, &r->took_ns);
	text(c, r->device, sizeof(r->device));
	text(c, r->detail, sizeof(r->detail));
}

static void xfer_stage(struct cursor *c, struct rec_stage *r)
{
	f16(c, &r->stage);
	fs32(c, &r->error);
	text(c, r->text, sizeof(r->text));
}

static void xfer_usage(struct cursor *c, struct rec_usage *r)
{
	f32(c, &r->peak_rss_kib);
	f32(c, &r->stage_ms);
	f32(c, &r->quiesced_ms);
	f32(c, &r->dump_path_ms);
	f64(c, &r->lost_records);
}

static void xfer_queue(struct cursor *c, struct rec_queue *r)
{
	f32(c, &r->smmu);
	f16(c, &r->phase);
	f16(c, &r->queue);
	f16(c, &r->entry);
	f16(c, &r->place);
	f32(c, &r->odd);
	f32(c, &r->prod);
	f32(c, &r->cons);
	f64(c, &r->base);
	f32(c, &r->entries);
	f32(c, &r->entry_bytes);
	f32(c, &r->lost_entries);
	f32(c, &r->first);
	f32(c, &r->count);
	bytes(c, r->raw, sizeof(r->raw));
}

static void xfer_note(struct cursor *c, struct rec_note *r)
{
	f32(c, &r->capacity);
	f32(c, &r->length);
	f64(c, &r->sequence);
	f32(c, &r->crc);
	f64(c, &r->lost_bytes);
}

static void xfer_rmr_stream(struct cursor *c, struct rec_rmr_stream *r)
{
	f32(c, &r->smmu);
	f32(c, &r->sid);
	f16(c, &r->verdict);
	f16(c, &r->direct);
	f64(c, &r->base);
}

static void xfer_channel(struct cursor *c, struct rec_channel *r)
{
	f16(c, &r->channel);
	f16(c, &r->state);
	fs32(c, &r->error);
	text(c, r->text, sizeof(r->text));
}

static void xfer_crashed(struct cursor *c, struct rec_crashed *r)
{
	f64(c, &r->crash_s);
	f16(c, &r->machine);
	text(c, r->release, sizeof(r->release));
	text(c, r->build_id, sizeof(r->build_id));
}

/* Move the union member of @rec's type. False: not a type known here. */
static bool xfer(struct cursor *c, struct rec *rec)
{
	switch (rec->type) {
	case REC_FILE: xfer_file(c, &rec->file); return true;
	case REC_RANGE: xfer_range(c, &rec->range); return true;
	case REC_SMMU: xfer_smmu(c, &rec->smmu); return true;
	case REC_L1: xfer_l1(c, &rec->l1); return true;
	case REC_STE: xfer_ste(c, &rec->ste); return true;
	case REC_CD: xfer_cd(c, &rec->cd); return true;
	case REC_RMR: xfer_rmr(c, &rec->rmr); return true;
	case REC_DEVICE: xfer_device(c, &rec->device); return true;
	case REC_FINDING: xfer_finding(c, &rec->finding); return true;
	case REC_PLAN: xfer_plan(c, &rec->plan); return true;
	case REC_STEP: xfer_step(c, &rec->step); return true;
	case REC_RESULT: xfer_result(c, &rec->result); return true;
	case REC_STAGE: xfer_stage(c, &rec->stage); return true;
	case REC_USAGE: xfer_usage(c, &rec->usage); return true;
	case REC_QUEUE: xfer_queue(c, &rec->queue); return true;
	case REC_NOTE: xfer_note(c, &rec->note); return true;
	case REC_RMR_STREAM: xfer_rmr_stream(c, &rec->rmr_stream); return true;
	case REC_CHANNEL: xfer_channel(c, &rec->channel); return true;
	case REC_CRASHED: xfer_crashed(c, &rec->crashed); return true;
	default: return false;
	}
}

/*
 * CRC-32/ISO-HDLC, four bytes at a time by four tables ("slicing"). Table i is for a byte that is
 * followed by i more bytes. A CRC is linear: the entry of a byte is the sum (exclusive or) of the
 * entries of its bits. So each table is made of the eight entries of single bits.
 */
#define SUM(n, b0, b1, b2, b3, b4, b5, b6, b7)                                                   \
	(((n)&1 ? b0##u : 0) ^ ((n)&2 ? b1##u : 0) ^ ((n)&4 ? b2##u : 0) ^ ((n)&8 ? b3##u : 0) ^ \
	 ((n)&16 ? b4##u : 0) ^ ((n)&32 ? b5##u : 0) ^ ((n)&64 ? b6##u : 0) ^                    \
	 ((n)&128 ? b7##u : 0))
#define CRC_0(n)                                                                                   \
	SUM(n, 0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190, \
	    0xedb88320)
#define CRC_1(n)                                                                                   \
	SUM(n, 0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05, \
	    0x3b83984b)
#define CRC_2(n)                                                                                   \
	SUM(n, 0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0, \
	    0xe1351b80)
#define CRC_3(n)                                                                                   \
	SUM(n, 0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d, \
	    0xed59b63b)
#define FOUR(t, n) t(n), t((n) + 1), t((n) + 2), t((n) + 3)
#define SIXTEEN(t, n) FOUR(t, n), FOUR(t, (n) + 4), FOUR(t, (n) + 8), FOUR(t, (n) + 12)
#define SIXTY_FOUR(t, n) \
	SIXTEEN(t, n), SIXTEEN(t, (n) + 16), SIXTEEN(t, (n) + 32), SIXTEEN(t, (n) + 48)
#define ALL(t) SIXTY_FOUR(t, 0), SIXTY_FOUR(t, 64), SIXTY_FOUR(t, 128), SIXTY_FOUR(t, 192)

u32 rec_crc32(u32 crc, const void *data, size_t len)
{
	static const u32 table[4][256] = {
		{ ALL(CRC_0) }, { ALL(CRC_1) }, { ALL(CRC_2) }, { ALL(CRC_3) }
	};
	const u8 *p = data;

	crc = ~crc;
	for (; len >= 4; len -= 4, p += 4) {
		crc ^= core_ld32(p);
		crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^
		      table[0][crc >> 24];
	}
	while (len--)
		crc = table[0][(crc ^ *p++) & 255] ^ crc >> 8;
	return ~crc;
}

static u32 frame_crc(const u8 *frame, u32 payload_len)
{
	static const u8 zero[4];
	u32 crc;

	crc = rec_crc32(0, frame, 12);
	crc = rec_crc32(crc, zero, 4);
	return rec_crc32(crc, frame + 16, REC_HEADER_BYTES - 16 + (size_t)payload_len);
}

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

int rec_encode(const struct rec *rec, u8 *buf, size_t cap)
{
	struct rec copy = *rec;
	struct cursor c = { 0 };
	size_t total;

	if (cap < REC_HEADER_BYTES)
		return -ENOSPC;
	c.out = buf + REC_HEADER_BYTES;
	c.len = cap - REC_HEADER_BYTES;
	if (!xfer(&c, &copy))
		return -EINVAL;
	total = padded(REC_HEADER_BYTES + c.pos);
	if (c.overflow || total > cap)
		return -ENOSPC;

	core_st32(buf, REC_MAGIC);
	core_st16(buf + 4, rec->type);
	core_st16(buf + 6, rec->flags);
	core_st32(buf + 8, (u32)c.pos);
	core_st64(buf + 16, rec->seq);
	core_st64(buf + 24, rec->mono_ns);
	memset(buf + REC_HEADER_BYTES + c.pos, 0, total - REC_HEADER_BYTES - c.pos);
	core_st32(buf + 12, frame_crc(buf, (u32)c.pos));
	return (int)total;
}

static bool all_zero(const u8 *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

enum rec_outcome rec_next(struct rec_iter *it, struct rec *ret)
{
	size_t left = it->len - it->offset;
	const u8 *frame = it->data + it->offset;
	struct cursor c = { 0 };
	u32 len;

	if (!left || all_zero(frame, left < REC_HEADER_BYTES ? left : REC_HEADER_BYTES))
		return !left || all_zero(frame, left) ? REC_END : REC_TORN;
	if (left < REC_HEADER_BYTES || core_ld32(frame) != REC_MAGIC)
		return REC_TORN;
	len = core_ld32(frame + 8);
	if (len > REC_MAX_PAYLOAD || padded(len) > left - REC_HEADER_BYTES)
		return REC_TORN;
	if (frame_crc(frame, len) != core_ld32(frame + 12))
		return REC_TORN;

	memset(ret, 0, sizeof(*ret));
	ret->type = core_ld16(frame + 4);
	ret->flags = core_ld16(frame + 6);
	ret->seq = core_ld64(frame + 16);
	ret->mono_ns = core_ld64(frame + 24);
	ret->payload = frame + REC_HEADER_BYTES;
	ret->payload_len = len;
	c.in = ret->payload;
	c.len = len;
	if (!xfer(&c, ret))
		it->unknown++;
	it->good++;
	it->offset += REC_HEADER_BYTES + padded(len);
	return REC_OK;
}

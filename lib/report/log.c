// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * log.c - prints the records one by one, by time. The times are the kernel's clock, so that they
 * can be compared with dmesg.
 *
 * A sidecar holds the helper's snapshot twice (at daemon start and at publish time); records that
 * are equal but for their sequence number are shown once.
 */
#include "lib/report/json.h"
#include "lib/report/text.h"

#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/index.h"

struct entry {
	u64 mono_ns;
	size_t offset; /* of the frame in the stream; orders entries of equal time */
	u16 producer;
};

struct log {
	const u8 *data;
	size_t len;
	struct entry *entries;
	size_t n, cap;
	struct index seen;
	struct story story; /* of what tells whose an entry is, and nothing else */
	bool begun;	    /* a section has */
	bool torn;
	size_t torn_at;
};

static void log_free(struct log *log)
{
	free(log->entries);
	index_free(&log->seen);
	story_clear(&log->story);
}
#define _cleanup_log_ _cleanup_(log_free)

/* The record at @offset, which was read before: it cannot fail. */
static void read_at(const struct log *log, size_t offset, struct rec *ret)
{
	struct rec_iter it = { .data = log->data, .len = log->len, .offset = offset };

	(void)rec_next(&it, ret);
}

struct twin {
	const struct log *log;
	const struct rec *rec;
};

static bool same_record(const void *priv, size_t pos)
{
	const struct twin *twin = priv;
	struct rec other;

	read_at(twin->log, twin->log->entries[pos].offset, &other);
	return other.type == twin->rec->type && other.mono_ns == twin->rec->mono_ns &&
	       other.payload_len == twin->rec->payload_len &&
	       !memcmp(other.payload, twin->rec->payload, other.payload_len);
}

static int log_add(struct log *log, const struct rec *rec, size_t offset, u16 producer)
{
	struct twin twin = { log, rec };
	uint32_t hash = index_hash(INDEX_HASH_START, &rec->mono_ns, sizeof(rec->mono_ns));

	hash = index_hash(hash, rec->payload, rec->payload_len);
	if (index_find(&log->seen, hash, same_record, &twin) != INDEX_NONE)
		return 0;
	if (log->n == log->cap) {
		size_t cap = log->cap ? log->cap * 2 : 256;
		struct entry *entries = reallocarray(log->entries, cap, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		log->entries = entries;
		log->cap = cap;
	}
	log->entries[log->n] = (struct entry){ rec->mono_ns, offset, producer };
	return index_add(&log->seen, hash, log->n++);
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->mono_ns != y->mono_ns)
		return x->mono_ns < y->mono_ns ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Records before the first section, as in a note, are of the producer of that section. */
static void name_first(struct log *log, u16 producer)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		log->entries[i].producer = producer;
}

static bool tells_whose(u16 type)
{
	return type == REC_SMMU || type == REC_STE || type == REC_DEVICE || type == REC_RANGE;
}

static int log_read(struct log *log)
{
	struct rec_iter it = { .data = log->data, .len = log->len };
	enum rec_outcome outcome;
	u16 producer = 0;
	struct rec rec;
	size_t offset;
	int r;

	do {
		offset = it.offset;
		while ((outcome = rec_next(&it, &rec)) == REC_OK) {
			if (rec.type == REC_FILE) {
				producer = rec.file.producer;
				if (!log->begun)
					name_first(log, producer);
				log->begun = true;
			}
			r = tells_whose(rec.type) ? story_add(&log->story, &rec) : 0;
			/* At too much garbage the lines before it are still printed. */
			if (r >= 0 || r == -E2BIG)
				r = log_add(log, &rec, offset, producer);
			if (r < 0)
				return r;
			offset = it.offset;
		}
		if (outcome != REC_TORN)
			break;
		log->torn = true;
		log->torn_at = it.offset;
	} while (story_next_section(&it));
	if (log->n)
		qsort(log->entries, log->n, sizeof(*log->entries), by_time);
	return story_finish(&log->story);
}

/* What the helper read at load is the state of the crash only if the table was adopted. */
static const char *phase_name(const struct log *log, u32 smmu, u16 phase)
{
	const struct story_smmu *s = story_find_smmu(&log->story, smmu);

	return phase == REC_PHASE_CRASH && s && s->own_table ? "load" : rec_phase_name(phase);
}

/* And an entry only if it was not the capture kernel's own. */
static const char *entry_phase(const struct log *log, u32 smmu, u32 sid, u16 phase)
{
	const struct story_stream *s = story_find_stream(&log->story, smmu, sid);

	return phase == REC_PHASE_CRASH && s && s->own_at_load ? "load"
							       : phase_name(log, smmu, phase);
}

static void say_entry(const struct log *log, const struct rec_ste *ste, const struct rec_cd *cd,
		      struct strbuf *ret)
{
	struct report_entry e;

	report_decode(ste, cd, NULL, &e);
	if (ste) {
		strbuf_printf(ret, "%s StreamID 0x%x: ",
			      entry_phase(log, ste->smmu, ste->sid, ste->phase), ste->sid);
		/* Its context descriptor is a record of its own. */
		if (e.s.valid && e.s.config == STE_CONFIG_S1)
			strbuf_printf(ret, "stage 1, context descriptor at 0x%llx", e.s.s1_ctx_ptr);
		else
			report_entry_words(&e, ret);
		return;
	}
	strbuf_printf(ret, "%s StreamID 0x%x, substream %u: ",
		      entry_phase(log, cd->smmu, cd->sid, cd->phase), cd->sid, cd->ssid);
	if (!e.cd_read)
		strbuf_printf(ret, "not readable (%s)", rec_entry_name(cd->entry));
	else if (e.c.valid)
		strbuf_printf(ret, "ASID %u, tables at 0x%llx", e.c.asid, e.c.ttb0);
	else
		strbuf_puts(ret, "not valid");
}

static void say_queue(const struct rec_queue *q, struct strbuf *ret)
{
	strbuf_puts(ret, smmu_queue_name(q->queue));
	if (q->count) {
		strbuf_printf(ret, ": entries %u to %u", q->first, q->first + q->count - 1);
		return;
	}
	strbuf_printf(ret, " at 0x%llx: size %u, PROD 0x%x, CONS 0x%x", q->base, q->entries,
		      q->prod, q->cons);
	if (q->lost_entries)
		strbuf_printf(ret, ", %u entries left out", q->lost_entries);
}

static void say_device(const struct rec_device *d, struct strbuf *ret)
{
	static const char *const flags[] = {
		[0] = "attach deferred",
		[3] = "bus master",
		[4] = "bridge",
		[6] = "more StreamIDs than recorded",
		[7] = "shares a StreamID",
		[8] = "identity domain",
		[9] = "StreamIDs from firmware tables",
	};
	u32 i;

	strbuf_printf(ret, "%s %s%s", CLEAN(d->name), d->driver[0] ? "driver " : "no driver",
		      CLEAN(d->driver));
	for (i = 0; i < d->sid_count; i++)
		strbuf_printf(ret, "%s0x%x", i ? " " : ", StreamID ", d->sids[i]);
	if (!(d->flags & REC_DEV_GROUP))
		strbuf_puts(ret, ", no IOMMU group");
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i] && (d->flags & CORE_BIT(i)))
			strbuf_printf(ret, ", %s", flags[i]);
	if ((d->flags & REC_DEV_CONFIG) && !(d->flags & REC_DEV_BUS_MASTER))
		strbuf_puts(ret, ", bus master off");
	if (d->flags & REC_DEV_ATTACH_SEEN)
		strbuf_printf(ret, ", attached at %s", MOMENT(d->attach_ns));
}

static void say_result(const struct rec_result *r, struct strbuf *ret)
{
	strbuf_printf(ret, "%u %s %s: %s after %s", r->step, rec_action_name(r->action),
		      CLEAN(r->device), rec_outcome_name(r->outcome), DURATION(r->took_ns));
	if (r->error)
		strbuf_printf(ret, ", %s", ERROR_TEXT(r->error));
	if (r->detail[0])
		strbuf_printf(ret, ": %s", CLEAN(r->detail));
}

static void say_daemon(const struct rec *rec, struct strbuf *ret)
{
	switch (rec->type) {
	case REC_PLAN:
		strbuf_printf(ret, "%u %s %s%s, deadline %u ms: %s", rec->plan.step,
			      rec_action_name(rec->plan.action), CLEAN(rec->plan.device),
			      rec->plan.dump_path ? " (dump path)" : "", rec->plan.deadline_ms,
			      CLEAN(rec->plan.reason));
		return;
	case REC_STEP:
		strbuf_printf(ret, "%u %s %s begins, attempt %u", rec->step.step,
			      rec_action_name(rec->step.action), CLEAN(rec->step.device),
			      rec->step.attempt);
		return;
	case REC_RESULT: say_result(&rec->result, ret); return;
	case REC_STAGE:
		strbuf_printf(ret, "%s%s%s", rec_stage_name(rec->stage.stage),
			      rec->stage.text[0] ? ": " : "", CLEAN(rec->stage.text));
		if (rec->stage.error)
			strbuf_printf(ret, ", %s", ERROR_TEXT(rec->stage.error));
		return;
	case REC_CHANNEL:
		strbuf_printf(ret, "%s %s%s%s", rec_channel_name(rec->channel.channel),
			      rec_channel_state_name(rec->channel.state),
			      rec->channel.text[0] ? ": " : "", CLEAN(rec->channel.text));
		return;
	case REC_CRASHED: report_crashed(&rec->crashed, ret); return;
	case REC_USAGE:
		strbuf_printf(ret, "%u KiB at the peak, %u ms from the start of its process",
			      rec->usage.peak_rss_kib, rec->usage.stage_ms);
		return;
	default: strbuf_printf(ret, "type %u, %u bytes", rec->type, rec->payload_len); return;
	}
}

static void say_record(const struct log *log, const struct rec *rec, struct strbuf *ret)
{
	switch (rec->type) {
	case REC_FILE:
		strbuf_printf(ret, "section of %s on %s, format %u.%u", CLEAN(rec->file.program),
			      CLEAN(rec->file.kernel), rec->file.major, rec->file.minor);
		return;
	case REC_RANGE:
		strbuf_printf(ret, "%s 0x%llx, 0x%llx bytes",
			      rec->range.kind == REC_RANGE_OLD_RAM	 ? "old RAM"
			      : rec->range.kind == REC_RANGE_CAPTURE_RAM ? "capture RAM"
									 : "unknown kind",
			      rec->range.start, rec->range.bytes);
		return;
	case REC_SMMU:
		strbuf_printf(ret, "%s %u %s: %s, %s",
			      phase_name(log, rec->smmu.smmu, rec->smmu.phase), rec->smmu.smmu,
			      CLEAN(rec->smmu.name), adopt_state_name(rec->smmu.state),
			      adopt_reason_text(rec->smmu.reason));
		return;
	case REC_L1:
		strbuf_printf(ret, "%s descriptor 0x%x: 0x%llx",
			      phase_name(log, rec->l1.smmu, rec->l1.phase), rec->l1.index,
			      rec->l1.raw);
		return;
	case REC_STE: say_entry(log, &rec->ste, NULL, ret); return;
	case REC_CD: say_entry(log, NULL, &rec->cd, ret); return;
	case REC_RMR:
		strbuf_printf(ret, "0x%llx, 0x%llx bytes, StreamIDs: %u from 0x%x on",
			      rec->rmr.base, rec->rmr.bytes, rec->rmr.sid_count,
			      rec->rmr.sid_first);
		return;
	case REC_DEVICE: say_device(&rec->device, ret); return;
	case REC_QUEUE: say_queue(&rec->queue, ret); return;
	case REC_FINDING:
		strbuf_printf(ret, "%s [%s]: %s", rec_severity_name(rec->finding.severity),
			      rec_finding_name(rec->finding.code), CLEAN(rec->finding.text));
		return;
	case REC_RMR_STREAM:
		strbuf_printf(ret, "StreamID 0x%x, region at 0x%llx: %s", rec->rmr_stream.sid,
			      rec->rmr_stream.base, rmr_verdict_name(rec->rmr_stream.verdict));
		return;
	case REC_NOTE:
		strbuf_printf(ret, "in the vmcore, write %llu: %u of %u bytes", rec->note.sequence,
			      rec->note.length, rec->note.capacity);
		if (rec->note.lost_bytes)
			strbuf_printf(ret, ", no room for %llu bytes of records",
				      rec->note.lost_bytes);
		return;
	default: say_daemon(rec, ret); return;
	}
}

/* Keys that programs filter by; the text has everything. */
static void put_keys(struct jsonw *w, const struct log *log, const struct rec *rec)
{
	switch (rec->type) {
	case REC_STE:
		jsonw_u64(w, "smmu", rec->ste.smmu);
		jsonw_hex(w, "sid", rec->ste.sid);
		jsonw_string(w, "phase",
			     entry_phase(log, rec->ste.smmu, rec->ste.sid, rec->ste.phase));
		if (rec->ste.entry == REC_ENTRY_READ)
			jsonw_bytes(w, "raw", rec->ste.raw, sizeof(rec->ste.raw));
		return;
	case REC_CD:
		jsonw_u64(w, "smmu", rec->cd.smmu);
		jsonw_hex(w, "sid", rec->cd.sid);
		jsonw_string(w, "phase",
			     entry_phase(log, rec->cd.smmu, rec->cd.sid, rec->cd.phase));
		if (rec->cd.entry == REC_ENTRY_READ)
			jsonw_bytes(w, "raw", rec->cd.raw, sizeof(rec->cd.raw));
		return;
	case REC_DEVICE: jsonw_string(w, "device", rec->device.name); return;
	case REC_PLAN:
		jsonw_u64(w, "step", rec->plan.step);
		jsonw_string(w, "action", rec_action_name(rec->plan.action));
		jsonw_string(w, "device", rec->plan.device);
		return;
	case REC_STEP:
		jsonw_u64(w, "step", rec->step.step);
		jsonw_string(w, "action", rec_action_name(rec->step.action));
		jsonw_string(w, "device", rec->step.device);
		return;
	case REC_RESULT:
		jsonw_u64(w, "step", rec->result.step);
		jsonw_string(w, "action", rec_action_name(rec->result.action));
		jsonw_string(w, "device", rec->result.device);
		jsonw_string(w, "outcome", rec_outcome_name(rec->result.outcome));
		jsonw_ms(w, "ms", (int64_t)rec->result.took_ns);
		return;
	case REC_FINDING:
		jsonw_string(w, "severity", rec_severity_name(rec->finding.severity));
		jsonw_string(w, "code", rec_finding_name(rec->finding.code));
		return;
	default: return;
	}
}

/* The stamps look like those of dmesg, but dmesg uses another clock. */
static const char the_clock[] =
	"Times are seconds of CLOCK_MONOTONIC in the capture kernel. dmesg uses another clock, "
	"which may differ by seconds. The next column is who wrote the record: smmu_adopt is the "
	"helper module, smmu-adoptd the daemon. \"crash\" is what the crash left, \"load\" what the "
	"capture kernel had put there by then, \"now\" a later look.";

/* A record is one line; on a terminal the line is wrapped below its type. */
static void put_text(const struct term *out, const char *type, const char *text)
{
	size_t width = strlen(type) > 7 ? strlen(type) : 7;

	if (out->terminal)
		term_wrap(out, 31 + (unsigned int)width, 17, text);
	else
		term_printf(out, TERM_NORMAL, "%s\n", text);
}

int report_log_text(const struct term *out, const u8 *data, size_t len)
{
	_cleanup_log_ struct log log = { .data = data, .len = len };
	int r = log_read(&log);
	struct rec rec;
	size_t i;

	if (r < 0)
		return r;
	if (log.n)
		term_paragraph(out, 0, the_clock);
	for (i = 0; i < log.n; i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };

		read_at(&log, log.entries[i].offset, &rec);
		say_record(&log, &rec, &text);
		if (text.error)
			return text.error;
		term_printf(out, TERM_NORMAL, "[%5llu.%06llu] %-13s %-7s ",
			    rec.mono_ns / 1000000000, rec.mono_ns / 1000 % 1000000,
			    rec_producer_name(log.entries[i].producer), rec_type_name(rec.type));
		put_text(out, rec_type_name(rec.type), strbuf_text(&text));
	}
	if (log.torn)
		term_printf(out, TERM_NORMAL,
			    "the records are torn at byte %zu: the record at this place is lost\n",
			    log.torn_at);
	r = term_end(out);
	return r < 0 ? r : log.torn;
}

int report_log_json(FILE *out, const u8 *data, size_t len)
{
	_cleanup_log_ struct log log = { .data = data, .len = len };
	int r = log_read(&log);
	struct jsonw w;
	struct rec rec;
	size_t i;

	if (r < 0)
		return r;
	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_LOG);
	jsonw_string(&w, "clock", "CLOCK_MONOTONIC");
	if (log.torn)
		jsonw_u64(&w, "torn_at", log.torn_at);
	jsonw_array_begin(&w, "entries");
	for (i = 0; i < log.n; i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };

		read_at(&log, log.entries[i].offset, &rec);
		say_record(&log, &rec, &text);
		jsonw_object_begin(&w, NULL);
		jsonw_u64(&w, "ns", rec.mono_ns);
		jsonw_string(&w, "producer", rec_producer_name(log.entries[i].producer));
		jsonw_string(&w, "type", rec_type_name(rec.type));
		put_keys(&w, &log, &rec);
		jsonw_string(&w, "text", strbuf_text(&text));
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	r = jsonw_finish(&w);
	return r < 0 ? r : log.torn;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * json.c - the report for programs. Keys are flat and stable and listed
 * in smmu-adoptctl(8); what is unknown has no key; addresses and register
 * values are hex strings; times in ms count from the daemon's start.
 */
#include "lib/report/json.h"
#include "lib/report/klog.h"

/* A text from a record, when there is one. */
static void put_text(struct jsonw *w, const char *key, const char *text)
{
	if (text && text[0])
		jsonw_string(w, key, text);
}

static void put_since(struct jsonw *w, const char *key, const struct report_totals *t, u64 ns)
{
	if (t->has_start)
		jsonw_ms(w, key, (int64_t)(ns - t->start_ns));
}

static void put_bits(struct jsonw *w, const char *key, u32 bits, const char *(*name)(u32 bit))
{
	u32 bit;

	jsonw_array_begin(w, key);
	for (bit = 0; bit < 32; bit++)
		if (bits & CORE_BIT(bit))
			jsonw_string(w, NULL, name(bit) ? name(bit) : "unknown");
	jsonw_array_end(w);
}

static void say_unknown(void *priv, const char *sentence)
{
	jsonw_string(priv, NULL, sentence);
}

void report_json_totals(struct jsonw *w, const struct report_totals *t)
{
	if (!t->counted || t->unowned)
		return;
	jsonw_u64(w, "live_devices", t->live);
	jsonw_u64(w, "quiesced_devices", t->quiesced);
	if (t->on_again)
		jsonw_u64(w, "on_again_devices", t->on_again);
	jsonw_u64(w, "handed_over_devices", t->handed_over);
	jsonw_u64(w, "vanished_devices", t->gone);
	if (t->early)
		jsonw_u64(w, "early_devices", t->early);
	jsonw_u64(w, "live_streams_without_device", t->orphans);
}

void report_json_head(struct jsonw *w, const struct verdict *v)
{
	const struct report_totals *t = &v->totals;
	const struct story *story = v->story;
	const struct rec_file *any = story->has_daemon ? &story->daemon : &story->helper;
	_cleanup_strbuf_ struct strbuf verdict = { 0 };

	report_verdict(story, t, &verdict);
	jsonw_string(w, "verdict", strbuf_text(&verdict));
	jsonw_string(w, "verdict_level", verdict_level_name(v->level));
	jsonw_u64(w, "exit", (u64)v->code);
	jsonw_string(w, "state", adopt_state_name(t->state));
	report_json_totals(w, t);
	if (story->has_daemon || story->has_helper) {
		put_text(w, "kernel", any->kernel);
		jsonw_bool(w, "capture", any->capture);
		if (any->wall_s)
			jsonw_u64(w, "wall_s", any->wall_s);
	}
	report_json_crashed(w, story);
	put_text(w, "host", v->about.host);
	put_text(w, "panic", v->about.panic);
	if (v->about.dump && v->about.dump[0]) {
		jsonw_string(w, "dump", v->about.dump);
		jsonw_u64(w, "dump_bytes", v->about.dump_bytes);
		jsonw_bool(w, "dump_complete", !v->about.dump_lacks[0]);
		put_text(w, "dump_lacks", v->about.dump_lacks);
	}
	if (story->has_helper)
		put_text(w, "helper", story->helper.program);
	if (story->has_daemon)
		put_text(w, "daemon", story->daemon.program);
	if (t->has_start)
		jsonw_u64(w, "start_ns", t->start_ns);
	jsonw_u64(w, "records", story->records);
	jsonw_u64(w, "records_of_unknown_type", story->unknown);
	if (story->torn)
		jsonw_u64(w, "torn_at", story->torn_offset);
	if (t->n_lost)
		jsonw_u64(w, "dump_path_lost", t->n_lost);
	jsonw_array_begin(w, "not_known");
	report_unknowns(story, say_unknown, w);
	jsonw_array_end(w);
}

void report_json_finding(struct jsonw *w, const struct finding *f)
{
	jsonw_object_begin(w, NULL);
	jsonw_string(w, "severity", rec_severity_name(f->severity));
	jsonw_string(w, "code", f->name);
	if (f->has_smmu)
		jsonw_u64(w, "smmu", f->smmu);
	if (f->sid != REC_NO_SID)
		jsonw_hex(w, "sid", f->sid);
	if (f->sid_count > 1) {
		jsonw_u64(w, "sid_count", f->sid_count);
		jsonw_u64(w, "sid_stride", f->sid_stride);
	}
	if (f->addr)
		jsonw_hex(w, "addr", f->addr);
	jsonw_string(w, "text", f->text);
	if (f->advice)
		jsonw_string(w, "advice", f->advice);
	jsonw_object_end(w);
}

void report_json_findings(struct jsonw *w, const struct verdict *v)
{
	size_t i;

	jsonw_array_begin(w, "findings");
	for (i = 0; i < v->n; i++)
		report_json_finding(w, &v->findings[i]);
	jsonw_array_end(w);
}

void report_json_smmu_head(struct jsonw *w, const struct story_smmu *smmu)
{
	const struct rec_smmu *rec = report_smmu_last(smmu);

	jsonw_u64(w, "smmu", smmu->smmu);
	put_text(w, "name", rec->name);
	jsonw_string(w, "state", adopt_state_name(rec->state));
	jsonw_string(w, "reason", adopt_reason_text(rec->reason));
}

static void put_registers(struct jsonw *w, const struct smmu_regs *r)
{
	const struct {
		const char *name;
		u64 value;
	} regs[] = {
		{ "idr0", r->idr0 },
		{ "idr1", r->idr1 },
		{ "idr3", r->idr3 },
		{ "idr5", r->idr5 },
		{ "iidr", r->iidr },
		{ "aidr", r->aidr },
		{ "cr0", r->cr0 },
		{ "cr0ack", r->cr0ack },
		{ "cr1", r->cr1 },
		{ "cr2", r->cr2 },
		{ "gbpa", r->gbpa },
		{ "irq_ctrl", r->irq_ctrl },
		{ "gerror", r->gerror },
		{ "gerrorn", r->gerrorn },
		{ "strtab_base", r->strtab_base },
		{ "strtab_base_cfg", r->strtab_base_cfg },
		{ "cmdq_base", r->cmdq_base },
		{ "cmdq_prod", r->cmdq_prod },
		{ "cmdq_cons", r->cmdq_cons },
		{ "evtq_base", r->evtq_base },
		{ "evtq_prod", r->evtq_prod },
		{ "evtq_cons", r->evtq_cons },
	};
	size_t i;

	jsonw_object_begin(w, "registers");
	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		jsonw_hex(w, regs[i].name, regs[i].value);
	jsonw_object_end(w);
}

/* How the helper judged the tables at load; older helpers have no judgement. */
static void put_health(struct jsonw *w, const struct rec_smmu *rec)
{
	u32 i;

	if (!rec->health_score)
		return;
	jsonw_u64(w, "health_score", rec->health_score - 1);
	jsonw_u64(w, "health_checked", rec->health_checked);
	jsonw_u64(w, "health_errors", rec->health_errors);
	jsonw_u64(w, "health_warnings", rec->health_warnings);
	jsonw_array_begin(w, "health_worst_sids");
	for (i = 0; i < rec->worst_count; i++)
		jsonw_hex(w, NULL, rec->worst[i]);
	jsonw_array_end(w);
}

static void put_smmu(struct jsonw *w, const struct story_smmu *smmu, size_t refusing)
{
	const struct rec_smmu *rec = report_smmu_last(smmu);
	struct smmu_geom geom;

	jsonw_object_begin(w, NULL);
	report_json_smmu_head(w, smmu);
	if (rec->base)
		jsonw_hex(w, "base", rec->base);
	if (smmu->has_crash)
		jsonw_string(w, "state_at_load", adopt_state_name(smmu->crash.state));
	put_bits(w, "evidence", rec->evidence, adopt_evidence_name);
	if (smmu->has_crash) {
		jsonw_u64(w, "valid_stes_at_load", smmu->crash.stes);
		jsonw_u64(w, "snapshot_lost_bytes", smmu->crash.lost_bytes);
		if (!smmu->own_table)
			put_health(w, &smmu->crash);
	}
	jsonw_u64(w, "refusing_streams", refusing);
	if (rec->evidence & ADOPT_EV_REGS) {
		(void)geom_decode(&rec->regs, &geom);
		jsonw_string(w, "table_format", geom.two_level ? "two-level" : "linear");
		jsonw_hex(w, "table_addr", geom.base);
		jsonw_u64(w, "table_sid_bits", geom.log2size);
		put_bits(w, "table_odd", geom.odd, geom_odd_name);
		put_registers(w, &rec->regs);
	}
	jsonw_object_end(w);
}

/* Keys of an entry are flat, told apart by a prefix: "crash_asid", "end_asid". */
static const char *flat(char buf[48], const char *prefix, const char *name)
{
	(void)snprintf(buf, 48, "%s_%s", prefix, name);
	return buf;
}
#define FLAT(prefix, name) flat((char[48]){ 0 }, prefix, name)

static void put_cd(struct jsonw *w, const char *prefix, const struct report_entry *e)
{
	const struct cd_view *v = &e->c;

	jsonw_string(w, FLAT(prefix, "cd_entry"), rec_entry_name(e->cd->entry));
	if (!e->cd_read)
		return;
	jsonw_hex(w, FLAT(prefix, "cd_addr"), e->cd->addr);
	jsonw_bytes(w, FLAT(prefix, "cd_raw"), e->cd->raw, sizeof(e->cd->raw));
	jsonw_bool(w, FLAT(prefix, "cd_valid"), v->valid);
	if (!v->valid)
		return;
	jsonw_u64(w, FLAT(prefix, "asid"), v->asid);
	jsonw_hex(w, FLAT(prefix, "ttb0"), v->ttb0);
	if (v->input_bits)
		jsonw_u64(w, FLAT(prefix, "input_bits"), v->input_bits);
	if (v->granule_shift)
		jsonw_u64(w, FLAT(prefix, "granule"), 1u << v->granule_shift);
	put_bits(w, FLAT(prefix, "cd_odd"), v->odd, cd_odd_name);
}

static void put_s2(struct jsonw *w, const char *prefix, const struct ste_view *v)
{
	jsonw_u64(w, FLAT(prefix, "vmid"), v->s2_vmid);
	jsonw_hex(w, FLAT(prefix, "s2ttb"), v->s2_ttb);
	jsonw_u64(w, FLAT(prefix, "s2_input_bits"), report_s2_input_bits(v));
	if (report_s2_granule(v))
		jsonw_u64(w, FLAT(prefix, "s2_granule"), 1u << report_s2_granule(v));
}

static void put_entry(struct jsonw *w, const char *prefix, const struct report_entry *e)
{
	_cleanup_strbuf_ struct strbuf words = { 0 };
	const struct ste_view *v = &e->s;

	report_entry_words(e, &words);
	jsonw_string(w, FLAT(prefix, "text"), strbuf_text(&words));
	jsonw_string(w, FLAT(prefix, "entry"), rec_entry_name(e->ste->entry));
	if (!e->ste_read)
		return;
	jsonw_hex(w, FLAT(prefix, "addr"), e->ste->addr);
	jsonw_bytes(w, FLAT(prefix, "raw"), e->ste->raw, sizeof(e->ste->raw));
	jsonw_bool(w, FLAT(prefix, "valid"), v->valid);
	jsonw_bool(w, FLAT(prefix, "live"), ste_effect_is_live(ste_effect(v)));
	if (!v->valid)
		return;
	jsonw_string(w, FLAT(prefix, "config"), ste_config_name(v->config));
	put_bits(w, FLAT(prefix, "odd"), v->odd, ste_odd_name);
	if (ste_has_s1(v)) {
		jsonw_hex(w, FLAT(prefix, "cd_ptr"), v->s1_ctx_ptr);
		jsonw_u64(w, FLAT(prefix, "s1cdmax"), v->s1_cdmax);
	}
	if (ste_has_s2(v))
		put_s2(w, prefix, v);
	if (ste_has_s1(v) && e->cd)
		put_cd(w, prefix, e);
}

/* Outcome and duration of a step, into an open object. */
static void put_outcome(struct jsonw *w, const char *prefix, const struct story_step *step)
{
	u64 ns;

	if (!step)
		return;
	jsonw_string(w, prefix, report_step_outcome(step));
	if (report_step_took(step, &ns))
		jsonw_ms(w, FLAT(prefix, "ms"), (int64_t)ns);
}

static void put_class(struct jsonw *w, const struct rec_device *rec)
{
	if (rec->vendor || rec->device) {
		jsonw_hex(w, "vendor", rec->vendor);
		jsonw_hex(w, "device_id", rec->device);
	}
	if (!rec->class_code)
		return;
	jsonw_hex(w, "class", rec->class_code);
	put_text(w, "class_name", report_pci_class(rec->class_code));
}

static void put_attach(struct jsonw *w, const struct story_device *device,
		       const struct report_totals *t)
{
	if (!device->attach_ns)
		return;
	jsonw_u64(w, "attach_ns", device->attach_ns);
	put_since(w, "attach_ms", t, device->attach_ns);
}

/* What was done with it after the hold, and what came of it. */
static void put_steps(struct jsonw *w, const struct report_device *d, const struct report_totals *t)
{
	put_outcome(w, "quiesce", d->quiesce);
	if (d->quiesce)
		jsonw_bool(w, "quiesced_in_time", d->quiesced_in_time);
	if (d->on_again)
		jsonw_bool(w, "on_again", true);
	if (d->on_again && d->on_again_ns)
		put_since(w, "on_again_ms", t, d->on_again_ns);
	put_outcome(w, "flr", d->flr);
	put_outcome(w, "domain", d->domain);
	put_outcome(w, "bind", d->bind);
	put_outcome(w, "keep", d->keep);
	put_outcome(w, "release", d->release);
	put_attach(w, d->device, t);
}

void report_json_device(struct jsonw *w, const struct story_device *device,
			const struct report_totals *t)
{
	const struct report_device *d = device->facts;
	const struct rec_device *rec = &device->last;
	size_t i;

	jsonw_object_begin(w, NULL);
	jsonw_string(w, "device", rec->name);
	put_text(w, "bus", rec->bus);
	put_class(w, rec);
	put_text(w, "driver", d->driver);
	if (d->driverless)
		jsonw_bool(w, "driver_in_image", false);
	jsonw_u64(w, "smmu", rec->smmu);
	jsonw_array_begin(w, "sids");
	for (i = 0; i < d->n_sids; i++)
		jsonw_hex(w, NULL, d->sids[i]);
	jsonw_array_end(w);
	jsonw_bool(w, "sids_cut", rec->flags & REC_DEV_SIDS_CUT);
	jsonw_bool(w, "sids_from_firmware", rec->flags & REC_DEV_SID_DERIVED);
	jsonw_bool(w, "sid_shared", rec->flags & REC_DEV_SID_SHARED);
	if (rec->group >= 0 && (rec->flags & REC_DEV_GROUP))
		jsonw_s64(w, "group", rec->group);
	jsonw_bool(w, "bridge", d->bridge);
	jsonw_bool(w, "dump_path", device->dump_path);
	if (d->live_known)
		jsonw_bool(w, "live_at_crash", d->live);
	jsonw_bool(w, "attach_deferred", rec->flags & REC_DEV_DEFERRED);
	if (d->attached_early)
		jsonw_bool(w, "attached_before_helper", true);
	if (d->bus_master >= 0)
		jsonw_bool(w, "bus_master", d->bus_master);
	put_outcome(w, "hold", d->hold);
	put_steps(w, d, t);
	jsonw_bool(w, "handed_over", d->handed_over);
	jsonw_string(w, "stream", report_end_name(d->end));
	jsonw_object_end(w);
}

static void put_stream_device(struct jsonw *w, const struct story_device *device,
			      const struct report_totals *t)
{
	const struct report_device *d = device->facts;

	jsonw_string(w, "device", device->last.name);
	put_class(w, &device->last);
	put_text(w, "driver", d->driver);
	jsonw_bool(w, "bridge", d->bridge);
	jsonw_bool(w, "dump_path", device->dump_path);
	put_steps(w, d, t);
}

void report_json_stream(struct jsonw *w, const struct story *story, const struct story_stream *s,
			const struct report_totals *t)
{
	const struct story_device *device = story_stream_device(story, s);
	enum report_end end = report_stream_end(story, s);
	struct report_entry entry;
	bool crash, both;

	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "smmu", s->smmu);
	jsonw_hex(w, "sid", s->sid);
	if (device)
		put_stream_device(w, device, t);
	jsonw_bool(w, "rmr", s->rmr);
	jsonw_string(w, "end_state", report_end_name(end));
	jsonw_string(w, "end_state_text", report_end_text(end));
	if (s->own_at_load)
		jsonw_bool(w, "attached_before_helper", true);
	crash = report_first_entry(story, s, &entry);
	both = crash && entry.ste_read;
	if (entry.ste)
		put_entry(w, crash ? "crash" : "load", &entry);
	report_last_entry(story, s, &entry);
	if (entry.ste) {
		jsonw_u64(w, "end_seen_ns", s->now_ns);
		put_entry(w, "end", &entry);
	}
	if (both && entry.ste_read)
		jsonw_bool(w, "changed", story_stream_changed(s));
	jsonw_object_end(w);
}

static void put_smmus(struct jsonw *w, const struct story *story)
{
	size_t i, k = 0, refusing;

	jsonw_array_begin(w, "smmus");
	for (i = 0; i < story->n_smmus; i++) {
		u32 index = story->smmus[i].smmu;

		/* Both lists ascend by SMMU. */
		for (refusing = 0; k < story->n_streams && story->streams[k].smmu <= index; k++)
			refusing += story->streams[k].smmu == index &&
				    !report_stream_worth(&story->streams[k]);
		put_smmu(w, &story->smmus[i], refusing);
	}
	jsonw_array_end(w);
}

void report_json_rmr(struct jsonw *w, const struct story *story, const struct rec_rmr *r)
{
	size_t n, first = report_rmr_streams(story, r, &n), i;

	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "smmu", r->smmu);
	jsonw_hex(w, "base", r->base);
	jsonw_u64(w, "bytes", r->bytes);
	jsonw_hex(w, "sid_first", r->sid_first);
	jsonw_u64(w, "sid_count", r->sid_count);
	jsonw_hex(w, "flags", r->flags);
	jsonw_array_begin(w, "streams");
	for (i = 0; i < n && i < REPORT_RMR_STREAMS; i++) {
		const struct story_stream *s = &story->streams[first + i];
		enum rmr_verdict verdict = report_rmr_verdict(story, r, s);

		jsonw_object_begin(w, NULL);
		jsonw_hex(w, "sid", s->sid);
		jsonw_string(w, "verdict", rmr_verdict_name(verdict));
		jsonw_string(w, "verdict_text", report_rmr_text(verdict));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	if (n > i)
		jsonw_u64(w, "streams_not_shown", n - i);
	jsonw_object_end(w);
}

void report_json_step(struct jsonw *w, const struct story_step *s, const struct report_totals *t)
{
	u64 ns;

	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "step", s->step);
	jsonw_string(w, "action", rec_action_name(s->plan.action));
	jsonw_string(w, "device", s->plan.device);
	if (s->has_plan) {
		jsonw_bool(w, "dump_path", s->plan.dump_path);
		jsonw_u64(w, "deadline_ms", s->plan.deadline_ms);
		put_text(w, "reason", s->plan.reason);
	}
	if (s->begun) {
		put_since(w, "begin_ms", t, s->begin_ns);
		jsonw_u64(w, "attempt", s->begin.attempt);
	}
	jsonw_string(w, "outcome", report_step_outcome(s));
	if (report_step_took(s, &ns))
		jsonw_ms(w, "ms", (int64_t)ns);
	if (s->ended && s->result.error) {
		jsonw_s64(w, "error", s->result.error);
		jsonw_string(w, "error_text", ERROR_TEXT(s->result.error));
	}
	if (s->ended)
		put_text(w, "detail", s->result.detail);
	jsonw_object_end(w);
}

static void put_stage(struct jsonw *w, const struct story_stage *s, const struct report_totals *t)
{
	jsonw_object_begin(w, NULL);
	jsonw_string(w, "stage", rec_stage_name(s->stage.stage));
	put_since(w, "at_ms", t, s->mono_ns);
	if (s->stage.error)
		jsonw_s64(w, "error", s->stage.error);
	put_text(w, "text", s->stage.text);
	jsonw_object_end(w);
}

static void put_usage(struct jsonw *w, const struct story *story, const struct report_totals *t)
{
	jsonw_object_begin(w, "usage");
	jsonw_u64(w, "peak_rss_kib", story->usage.peak_rss_kib);
	report_json_took(w, story, t);
	jsonw_u64(w, "lost_records", story->usage.lost_records);
	jsonw_object_end(w);
}

void report_json_channels(struct jsonw *w, const struct story *story)
{
	bool begun = false;
	u32 i;

	for (i = 1; i <= REC_CHANNEL_MAX; i++) {
		const struct rec_channel *c = &story->channels[i];

		if (!c->state)
			continue;
		if (!begun)
			jsonw_array_begin(w, "channels");
		begun = true;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "channel", rec_channel_name(i));
		jsonw_string(w, "state", rec_channel_state_name(c->state));
		if (c->error)
			jsonw_s64(w, "error", c->error);
		if (c->text[0])
			jsonw_string(w, "text", c->text);
		jsonw_object_end(w);
	}
	if (begun)
		jsonw_array_end(w);
}

static void put_lists(struct jsonw *w, const struct story *story, const struct report_totals *t)
{
	size_t i;

	jsonw_array_begin(w, "devices");
	for (i = 0; i < story->n_devices; i++)
		report_json_device(w, &story->devices[i], t);
	jsonw_array_end(w);
	jsonw_array_begin(w, "streams");
	for (i = 0; i < story->n_streams; i++)
		if (report_stream_worth(&story->streams[i]))
			report_json_stream(w, story, &story->streams[i], t);
	jsonw_array_end(w);
	jsonw_array_begin(w, "rmrs");
	for (i = 0; i < story->n_rmrs; i++)
		report_json_rmr(w, story, &story->rmrs[i]);
	jsonw_array_end(w);
	jsonw_array_begin(w, "stages");
	for (i = 0; i < story->n_stages; i++)
		put_stage(w, &story->stages[i], t);
	jsonw_array_end(w);
	jsonw_array_begin(w, "steps");
	for (i = 0; i < story->n_steps; i++)
		report_json_step(w, &story->steps[i], t);
	jsonw_array_end(w);
	if (story->has_usage)
		put_usage(w, story, t);
	report_json_channels(w, story);
}

int report_json(FILE *out, const struct verdict *v)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_REPORT);
	report_json_head(&w, v);
	if (v->story->log)
		report_klog_json(&w, v->story->log);
	report_json_findings(&w, v);
	put_smmus(&w, v->story);
	put_lists(&w, v->story, &v->totals);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

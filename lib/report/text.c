// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * text.c - prints the report for people: words first, figures after, at most 100 columns. The
 * verdict is the first line; findings come before mere facts.
 */
#include "lib/report/klog.h"
#include "lib/report/text.h"

#include <string.h>

#include "lib/base/duration.h"

/* "+125 ms" since the daemon's start; "" when that is not known. */
static const char *since_start(char buf[DURATION_BYTES + 1], const struct report_totals *t, u64 ns)
{
	bool before = ns < t->start_ns;

	buf[0] = 0;
	if (t->has_start)
		(void)snprintf(buf, DURATION_BYTES + 1, "%c%s", before ? '-' : '+',
			       DURATION(before ? t->start_ns - ns : ns - t->start_ns));
	return buf;
}

#define SINCE(t, ns) since_start((char[DURATION_BYTES + 1]){ 0 }, t, ns)

enum term_style report_level_style(enum verdict_level level)
{
	return level == VERDICT_OK ? TERM_GOOD : level == VERDICT_WARNING ? TERM_WARN : TERM_BAD;
}

void report_verdict_text(const struct term *out, const struct verdict *v)
{
	const char *level = verdict_level_name(v->level);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_verdict(v->story, &v->totals, &text);
	term_put(out, report_level_style(v->level), level);
	term_put(out, TERM_NORMAL, ": ");
	term_wrap(out, (unsigned int)strlen(level) + 2, 2, strbuf_text(&text));
}

struct unknowns {
	const struct term *out;
	bool any;
};

static void say_unknown(void *priv, const char *sentence)
{
	struct unknowns *u = priv;

	if (!u->any)
		term_put(u->out, TERM_BOLD, "\nNot known\n");
	u->any = true;
	term_paragraph(u->out, 2, sentence);
}

/* "[l2-nowhere, SMMU 1, StreamID 0x200, at 0x...]", as far as it is known. */
static void finding_place(const struct story *story, const struct finding *f, struct strbuf *ret)
{
	strbuf_printf(ret, " [%s", f->name);
	if (f->has_smmu && story->n_smmus > 1)
		strbuf_printf(ret, ", SMMU %u", f->smmu);
	if (f->sid != REC_NO_SID && f->sid_count > 1)
		strbuf_printf(ret, ", StreamIDs 0x%x to 0x%x", f->sid,
			      f->sid + (f->sid_count - 1) * f->sid_stride);
	else if (f->sid != REC_NO_SID)
		strbuf_printf(ret, ", StreamID 0x%x", f->sid);
	if (f->addr)
		strbuf_printf(ret, ", at 0x%llx", f->addr);
	strbuf_putc(ret, ']');
}

void report_finding_text(const struct term *out, const struct story *story, const struct finding *f)
{
	const char *severity = rec_severity_name(f->severity);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_cleaned(f->text, &text);
	finding_place(story, f, &text);
	term_put(out, TERM_NORMAL, "  ");
	term_printf(out,
		    f->severity == REC_SEV_ERROR     ? TERM_BAD
		    : f->severity == REC_SEV_WARNING ? TERM_WARN
						     : TERM_NORMAL,
		    "%-8s ", severity);
	term_wrap(out, 11, 11, strbuf_text(&text));
	if (!f->advice)
		return;
	strbuf_reset(&text);
	strbuf_printf(&text, "Fix: %s.", f->advice);
	term_printf(out, TERM_NORMAL, "%*s", 11, "");
	term_wrap(out, 11, 16, strbuf_text(&text));
}

void report_findings_text(const struct term *out, const struct verdict *v)
{
	struct unknowns unknowns = { .out = out };
	size_t i, infos = 0;

	for (i = 0; i < v->n; i++) {
		if (v->findings[i].severity == REC_SEV_INFO)
			continue;
		term_put(out, TERM_BOLD, i ? "" : "\nProblems\n");
		report_finding_text(out, v->story, &v->findings[i]);
	}
	report_unknowns(v->story, say_unknown, &unknowns);
	for (i = 0; i < v->n; i++) {
		if (v->findings[i].severity != REC_SEV_INFO)
			continue;
		term_put(out, TERM_BOLD, infos++ ? "" : "\nWorth knowing\n");
		report_finding_text(out, v->story, &v->findings[i]);
	}
}

static void put_table_line(const struct term *out, const struct rec_smmu *rec)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct smmu_geom geom;

	if (!(rec->evidence & ADOPT_EV_REGS))
		return;
	(void)geom_decode(&rec->regs, &geom);
	strbuf_printf(&text, "%s, %u StreamID bits, at 0x%llx",
		      geom.two_level ? "two-level" : "linear", geom.log2size, geom.base);
	if (rec->evidence & ADOPT_EV_STRTAB_OLD)
		strbuf_puts(&text, ", in the crashed kernel's memory");
	else if (rec->evidence & ADOPT_EV_STRTAB_CAPTURE)
		strbuf_puts(&text, ", in the capture kernel's memory");
	if (geom.odd) {
		strbuf_puts(&text, "; odd: ");
		report_bits(geom.odd, geom_odd_name, " ", &text);
	}
	term_field(out, 2, "stream table", "%s", strbuf_text(&text));
}

static void put_health_line(const struct term *out, const struct rec_smmu *rec)
{
	_cleanup_strbuf_ struct strbuf worst = { 0 };
	u32 i;

	if (!rec->health_score)
		return;
	for (i = 0; i < rec->worst_count; i++)
		strbuf_printf(&worst, "%s0x%x", i ? ", " : "; worst StreamIDs ", rec->worst[i]);
	term_field(out, 2, "health",
		   "%u of 100 points: %u errors, %u warnings in %u tables and entries%s",
		   rec->health_score - 1, rec->health_errors, rec->health_warnings,
		   rec->health_checked, strbuf_text(&worst));
}

static void put_smmu(const struct term *out, const struct story_smmu *smmu)
{
	const struct rec_smmu *rec = report_smmu_last(smmu);
	_cleanup_strbuf_ struct strbuf evidence = { 0 };
	const struct smmu_regs *r = &rec->regs;

	term_printf(out, TERM_NORMAL, "\nSMMU %u, %s", smmu->smmu, CLEAN(rec->name));
	if (rec->base)
		term_printf(out, TERM_NORMAL, " at 0x%llx", rec->base);
	term_put(out, TERM_NORMAL, "\n");
	term_field(out, 2, "state", "%s: %s", adopt_state_name(rec->state),
		   adopt_reason_text(rec->reason));
	if (smmu->has_crash && smmu->has_now && smmu->crash.state != smmu->now.state)
		term_field(out, 2, "at load", "%s: %s", adopt_state_name(smmu->crash.state),
			   adopt_reason_text(smmu->crash.reason));
	report_bits(rec->evidence, adopt_evidence_name, ", ", &evidence);
	if (rec->evidence)
		term_field(out, 2, "evidence", "%s", strbuf_text(&evidence));
	put_table_line(out, rec);
	if (smmu->has_crash && !smmu->own_table)
		put_health_line(out, &smmu->crash);
	if (!(rec->evidence & ADOPT_EV_REGS))
		return;
	term_field(out, 2, "registers",
		   "CR0=0x%x CR0ACK=0x%x GBPA=0x%x GERROR=0x%x GERRORN=0x%x "
		   "STRTAB_BASE=0x%llx STRTAB_BASE_CFG=0x%x CMDQ_BASE=0x%llx"
		   " CMDQ_PROD=0x%x CMDQ_CONS=0x%x",
		   r->cr0, r->cr0ack, r->gbpa, r->gerror, r->gerrorn, r->strtab_base,
		   r->strtab_base_cfg, r->cmdq_base, r->cmdq_prod, r->cmdq_cons);
}

static void put_raw(const struct term *out, const char *label, const u8 raw[64])
{
	int last = 7, i;

	while (last > 3 && !core_ld64(raw + 8 * last))
		last--;
	term_printf(out, TERM_NORMAL, "%*s%-*s", 4, "", (int)TERM_LABEL, label);
	for (i = 0; i <= last; i++)
		term_printf(out, TERM_NORMAL, "%s0x%llx",
			    i == 4 ? "\n                   "
			    : i	   ? " "
				   : "",
			    core_ld64(raw + 8 * i));
	term_put(out, TERM_NORMAL, "\n");
}

static void put_entry(const struct term *out, const char *label, const struct report_entry *e)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_entry_words(e, &text);
	term_field(out, 4, label, "%s", strbuf_text(&text));
	if (!e->ste_read)
		return;
	put_raw(out, "  STE", e->ste->raw);
	if (e->cd_read)
		put_raw(out, "  CD", e->cd->raw);
}

void report_stream_text(const struct term *out, const struct story *story,
			const struct story_stream *s)
{
	struct report_entry entry;
	bool crash;

	term_printf(out, TERM_NORMAL, "  StreamID 0x%x on SMMU %u%s\n", s->sid, s->smmu,
		    s->rmr ? ", named by an RMR" : "");
	term_field(out, 4, "outcome", "%s", report_end_text(report_stream_end(story, s)));
	if (s->own_at_load)
		term_field(out, 4, "at the crash", "%s", REPORT_EARLY_TEXT);
	crash = report_first_entry(story, s, &entry);
	put_entry(out, report_first_when(crash), &entry);
	report_last_entry(story, s, &entry);
	if (report_is_unchanged(s))
		term_field(out, 4, "last seen", "unchanged, bit for bit");
	else
		put_entry(out, "last seen", &entry);
}

/* "done in 3.4 ms", "timeout after 1000.0 ms, Connection timed out" */
static void say_outcome(const struct story_step *step, struct strbuf *ret)
{
	strbuf_puts(ret, report_step_outcome(step));
	if (!step->ended)
		return;
	strbuf_printf(ret, " %s %s", step->result.outcome == REC_STEP_DONE ? "in" : "after",
		      DURATION(step->result.took_ns));
	if (step->result.error)
		strbuf_printf(ret, ", %s", ERROR_TEXT(step->result.error));
}

static void put_step(const struct term *out, const char *label, const struct story_step *step,
		     const struct report_totals *t)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (!step)
		return;
	say_outcome(step, &text);
	if (step->ended && t->has_start)
		strbuf_printf(&text, ", at %s", SINCE(t, step->end_ns));
	if (step->ended && step->result.detail[0])
		strbuf_printf(&text, ": %s", CLEAN(step->result.detail));
	term_field(out, 2, label, "%s", strbuf_text(&text));
}

static void say_device(const struct report_device *d, struct strbuf *ret)
{
	const struct rec_device *rec = &d->device->last;
	const char *class = rec->class_code ? report_pci_class(rec->class_code) : NULL;

	strbuf_puts(ret, class ? class : CLEAN(rec->bus));
	if (rec->vendor || rec->device)
		strbuf_printf(ret, " %04x:%04x", rec->vendor, rec->device);
	strbuf_printf(ret, ", %s%s", d->driver[0] ? "capture kernel's driver " : "no driver",
		      CLEAN(d->driver));
	if (d->driverless)
		strbuf_puts(ret, " in the image");
	if (d->device->dump_path)
		strbuf_puts(ret, ", on the dump path");
	if (d->bridge)
		strbuf_puts(ret, ", left alone as it is a bridge");
	if (d->device->last.flags & REC_DEV_SID_SHARED)
		strbuf_puts(ret, ", shares a StreamID");
	if (d->device->last.flags & REC_DEV_SIDS_CUT)
		strbuf_puts(ret, ", has more StreamIDs than recorded");
	if (d->device->last.flags & REC_DEV_SID_DERIVED)
		strbuf_puts(ret, ", StreamIDs from firmware tables");
	if (d->device->last.flags & REC_DEV_IDENTITY)
		strbuf_puts(ret, ", identity domain");
}

void report_device_line(const struct term *out, const struct story_device *device)
{
	const struct report_device *d = device->facts;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	say_device(d, &text);
	term_field(out, 0, device->last.name, "%s", strbuf_text(&text));
}

static const char *no_attach_text(const struct report_device *d)
{
	if (d->attached_early)
		return "before the helper was loaded";
	if (d->untouched)
		return "no: the crashed kernel's entry is unchanged";
	return d->device->last.flags & REC_DEV_DEFERRED ? "no: the kernel deferred the attach"
							: "not seen";
}

static void put_attach(const struct term *out, const struct report_device *d,
		       const struct report_totals *t)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (d->device->attach_ns)
		report_moment(t, d->device->attach_ns, &text);
	else
		strbuf_puts(&text, no_attach_text(d));
	term_field(out, 2, "attached", "%s", strbuf_text(&text));
}

void report_device_text(const struct term *out, const struct story *story,
			const struct story_device *device, const struct report_totals *t)
{
	const struct report_device *d = device->facts;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct story_stream *s;
	size_t i;

	say_device(d, &text);
	term_put(out, TERM_NORMAL, "\n");
	term_put(out, TERM_BOLD, CLEAN(device->last.name));
	term_put(out, TERM_NORMAL, "  ");
	term_wrap(out, (unsigned int)strlen(device->last.name) + 2, 2, strbuf_text(&text));
	put_step(out, "held", d->hold, t);
	put_step(out, "DMA stopped", d->quiesce, t);
	put_step(out, "reset", d->flr, t);
	put_step(out, "domain", d->domain, t);
	put_step(out, "bound", d->bind, t);
	put_step(out, "released", d->release, t);
	strbuf_reset(&text);
	if (d->on_again)
		report_on_again(d, t, &text);
	if (text.len)
		term_field(out, 2, "on again", "%s", strbuf_text(&text));
	if (!d->quiesce && d->live && !d->bridge)
		term_field(out, 2, "DMA stopped", "no such step is recorded");
	put_attach(out, d, t);
	for (i = 0; i < d->n_sids; i++) {
		s = story_find_stream(story, device->last.smmu, d->sids[i]);
		if (s)
			report_stream_text(out, story, s);
		else
			term_printf(out, TERM_NORMAL,
				    "  StreamID 0x%x on SMMU %u: its entry is not recorded\n",
				    d->sids[i], device->last.smmu);
	}
	if (!d->n_sids)
		term_field(out, 2, "StreamIDs", "not known");
}

static void put_devices(const struct term *out, const struct story *story,
			const struct report_totals *t)
{
	size_t i, idle = 0;
	bool title = false;

	term_put(out, TERM_BOLD, "\nDevices and their streams\n");
	for (i = 0; i < story->n_devices; i++)
		report_device_text(out, story, &story->devices[i], t);
	if (!story->n_devices)
		term_paragraph(out, 2, "none recorded");
	for (i = 0; i < story->n_streams; i++) {
		const struct story_stream *s = &story->streams[i];

		idle += !s->device_at && !report_stream_worth(s);
		if (!report_stream_alone(s))
			continue;
		if (!title)
			term_put(out, TERM_BOLD, "\nStreams without a device\n");
		title = true;
		report_stream_text(out, story, s);
	}
	if (idle)
		term_printf(
			out, TERM_NORMAL,
			"\nMore entries that refused DMA at the crash and at the last look: %zu.\n",
			idle);
}

static void put_rmr_streams(const struct term *out, const struct story *story,
			    const struct rec_rmr *rmr)
{
	size_t n, first = report_rmr_streams(story, rmr, &n), i;
	char label[24];

	for (i = 0; i < n && i < REPORT_RMR_STREAMS; i++) {
		const struct story_stream *s = &story->streams[first + i];

		(void)snprintf(label, sizeof(label), "StreamID 0x%x", s->sid);
		term_field(out, 4, label, "%s", report_rmr_text(report_rmr_verdict(story, rmr, s)));
	}
	if (n > i)
		term_printf(out, TERM_NORMAL, "    and %zu more of its StreamIDs\n", n - i);
	if (!n)
		term_paragraph(out, 4, "no entry of its StreamIDs is recorded");
}

static void put_rmrs(const struct term *out, const struct story *story)
{
	size_t i;

	if (!story->n_rmrs)
		return;
	term_put(out, TERM_BOLD, "\nReserved memory regions of the firmware (RMR)\n");
	for (i = 0; i < story->n_rmrs; i++) {
		const struct rec_rmr *r = &story->rmrs[i];

		term_printf(out, TERM_NORMAL,
			    "  0x%llx, %llu"
			    " KiB, %u StreamID%s from 0x%x on SMMU %u%s\n",
			    r->base, r->bytes / 1024, r->sid_count, r->sid_count == 1 ? "" : "s",
			    r->sid_first, r->smmu, r->flags & 1 ? ", may be remapped" : "");
		put_rmr_streams(out, story, r);
	}
}

void report_step_text(const struct term *out, const struct story_step *s,
		      const struct report_totals *t)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	say_outcome(s, &text);
	if (s->has_plan && s->plan.reason[0])
		strbuf_printf(&text, "; planned: %s", CLEAN(s->plan.reason));
	term_printf(out, TERM_NORMAL, "  %12s  %3u %-8s %-14s ",
		    s->begun ? SINCE(t, s->begin_ns) : "", s->step, rec_action_name(s->plan.action),
		    CLEAN(s->plan.device));
	term_wrap(out, 44, 44, strbuf_text(&text));
}

static void put_timeline(const struct term *out, const struct story *story,
			 const struct report_totals *t)
{
	size_t i;

	term_printf(out, TERM_BOLD, "\nStages of the daemon%s\n",
		    t->has_start ? ", counted from its start" : "");
	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		_cleanup_strbuf_ struct strbuf text = { 0 };

		strbuf_printf(&text, "%s%s%s", rec_stage_name(s->stage.stage),
			      s->stage.text[0] ? ": " : "", CLEAN(s->stage.text));
		if (s->stage.error)
			strbuf_printf(&text, " (%s)", ERROR_TEXT(s->stage.error));
		term_printf(out, TERM_NORMAL, "  %12s  ", SINCE(t, s->mono_ns));
		term_wrap(out, 16, 18, strbuf_text(&text));
	}
	if (!story->n_stages)
		term_paragraph(out, 2, "none recorded");
	term_printf(out, TERM_BOLD, "\nSteps%s\n",
		    t->has_start ? ", counted from the daemon's start" : "");
	for (i = 0; i < story->n_steps; i++)
		report_step_text(out, &story->steps[i], t);
	if (!story->n_steps)
		term_paragraph(out, 2, "none recorded");
}

static void put_usage(const struct term *out, const struct story *story)
{
	const struct rec_usage *u = &story->usage;

	if (!story->has_usage)
		return;
	term_put(out, TERM_BOLD, "\nCost of the daemon\n");
	term_field(out, 2, "memory", "%u KiB at the peak", u->peak_rss_kib);
	term_field(out, 2, "time", "%s from the start of its process", DURATION_MS(u->stage_ms));
	if (u->lost_records)
		term_field(out, 2, "lost", "%llu records could not be written", u->lost_records);
}

void report_details_text(const struct term *out, const struct verdict *v)
{
	const struct story *story = v->story;
	size_t i;

	for (i = 0; i < story->n_smmus; i++)
		put_smmu(out, &story->smmus[i]);
	/* A log has no devices, and steps only where the daemon ran. */
	if (!story->log)
		put_devices(out, story, &v->totals);
	if (!story->log || story->n_steps)
		put_timeline(out, story, &v->totals);
	put_usage(out, story);
}

int report_text(const struct term *out, const struct verdict *v, bool verbose)
{
	int r;

	report_verdict_text(out, v);
	if (v->story->log)
		report_klog_head(out, v->story->log);
	r = report_devices_table(out, v, SIZE_MAX);
	if (r < 0)
		return r;
	report_findings_text(out, v);
	put_rmrs(out, v->story);
	report_about_text(out, v);
	report_took_text(out, v->story, &v->totals);
	report_channels_text(out, v->story);
	if (verbose)
		report_details_text(out, v);
	return term_end(out);
}

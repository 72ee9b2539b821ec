// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * text.c - the report for people: words first, figures after, at most
 * 100 columns. The verdict is the first line; findings come before everything
 * that is merely so.
 */
#include "lib/report/klog.h"
#include "lib/report/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define COLUMNS 100u
#define LABEL_COLUMNS 15u

/* Words of @text, wrapped; the cursor stands at column @at, later lines start at @indent. */
static void put_wrapped(FILE *out, unsigned int at, unsigned int indent, const char *text)
{
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && at + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, len, out);
		at += (unsigned int)len;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void report_field(FILE *out, unsigned int indent, const char *label, const char *format, ...)
{
	unsigned int at = indent + LABEL_COLUMNS;
	_cleanup_free_ char *line = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	fprintf(out, "%*s%-*s", (int)indent, "", (int)LABEL_COLUMNS, label);
	put_wrapped(out, at, at, line ? line : "?");
}

void report_paragraph(FILE *out, unsigned int indent, const char *text)
{
	fprintf(out, "%*s", (int)indent, "");
	put_wrapped(out, indent, indent + 2, text);
}

int report_end_of(FILE *out)
{
	return fflush(out) == EOF || ferror(out) ? -EIO : 0;
}

/* "+12.3 ms" since the daemon's start; "" when that is not known. */
static const char *since_start(char buf[40], const struct report_totals *t, u64 ns)
{
	bool before = ns < t->start_ns;
	u64 us = (before ? t->start_ns - ns : ns - t->start_ns) / 1000;

	buf[0] = 0;
	if (t->has_start)
		(void)snprintf(buf, 40, "%c%" PRIu64 ".%" PRIu64 " ms", before ? '-' : '+',
			       us / 1000, us / 100 % 10);
	return buf;
}

static const char *took(char buf[40], u64 ns)
{
	(void)snprintf(buf, 40, "%" PRIu64 ".%" PRIu64 " ms", ns / 1000000, ns / 100000 % 10);
	return buf;
}

#define SINCE(t, ns) since_start((char[40]){ 0 }, t, ns)
#define TOOK(ns) took((char[40]){ 0 }, ns)

void report_verdict_text(FILE *out, const struct verdict *v)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "%s: ", verdict_level_name(v->level));
	report_verdict(v->story, &v->totals, &text);
	report_paragraph(out, 0, strbuf_text(&text));
	fputc('\n', out);
}

static void put_header(FILE *out, const struct verdict *v)
{
	const struct story *story = v->story;
	const struct rec_file *any = story->has_daemon ? &story->daemon : &story->helper;
	time_t wall = (time_t)any->wall_s;
	char date[40];
	struct tm tm;

	report_verdict_text(out, v);
	if (story->log)
		report_klog_head(out, story->log);
	if (!story->has_daemon && !story->has_helper)
		return;
	report_field(out, 0, "kernel", "%s, %s", CLEAN(any->kernel),
		     any->capture ? "kdump capture kernel" : "not a capture kernel");
	if (any->wall_s && gmtime_r(&wall, &tm) &&
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm))
		report_field(out, 0, "time", "%s", date);
	report_field(out, 0, "helper", "%s",
		     story->has_helper ? CLEAN(story->helper.program) : "no records");
	report_field(out, 0, "daemon", "%s",
		     story->has_daemon ? CLEAN(story->daemon.program) : "no records");
}

static void say_unknown(void *priv, const char *sentence)
{
	report_field(priv, 2, "not known", "%s", sentence);
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
		strbuf_printf(ret, ", at 0x%" PRIx64, f->addr);
	strbuf_putc(ret, ']');
}

void report_finding_text(FILE *out, const struct story *story, const struct finding *f)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_cleaned(f->text, &text);
	finding_place(story, f, &text);
	report_field(out, 2, rec_severity_name(f->severity), "%s", strbuf_text(&text));
	if (f->advice)
		report_field(out, 2, "", "Fix: %s.", f->advice);
}

void report_findings_text(FILE *out, const struct verdict *v)
{
	size_t i;

	fputs("\nFindings\n", out);
	for (i = 0; i < v->n; i++)
		report_finding_text(out, v->story, &v->findings[i]);
	if (!v->n)
		report_paragraph(out, 2, "none");
	report_unknowns(v->story, say_unknown, out);
}

static void put_table_line(FILE *out, const struct story *story, const struct rec_smmu *rec)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct smmu_geom geom;

	if (!(rec->evidence & ADOPT_EV_REGS) || !story_geom(story, rec->smmu, &geom))
		return;
	(void)geom_decode(&rec->regs, &geom);
	strbuf_printf(&text, "%s, %u StreamID bits, at 0x%" PRIx64,
		      geom.two_level ? "two-level" : "linear", geom.log2size, geom.base);
	if (rec->evidence & ADOPT_EV_STRTAB_OLD)
		strbuf_puts(&text, ", in the crashed kernel's memory");
	else if (rec->evidence & ADOPT_EV_STRTAB_CAPTURE)
		strbuf_puts(&text, ", in the capture kernel's memory");
	if (geom.odd) {
		strbuf_puts(&text, "; odd: ");
		report_bits(geom.odd, geom_odd_name, " ", &text);
	}
	report_field(out, 2, "stream table", "%s", strbuf_text(&text));
}

static void put_health_line(FILE *out, const struct rec_smmu *rec)
{
	_cleanup_strbuf_ struct strbuf worst = { 0 };
	u32 i;

	if (!rec->health_score)
		return;
	for (i = 0; i < rec->worst_count; i++)
		strbuf_printf(&worst, "%s0x%x", i ? ", " : "; worst StreamIDs ", rec->worst[i]);
	report_field(out, 2, "health",
		     "%u of 100 points: %u errors, %u warnings in %u tables and entries%s",
		     rec->health_score - 1, rec->health_errors, rec->health_warnings,
		     rec->health_checked, strbuf_text(&worst));
}

void report_smmu_text(FILE *out, const struct story *story, const struct story_smmu *smmu)
{
	const struct rec_smmu *rec = report_smmu_last(smmu);
	_cleanup_strbuf_ struct strbuf evidence = { 0 };
	const struct smmu_regs *r = &rec->regs;

	fprintf(out, "\nSMMU %u, %s", smmu->smmu, CLEAN(rec->name));
	if (rec->base)
		fprintf(out, " at 0x%" PRIx64, rec->base);
	fputc('\n', out);
	report_field(out, 2, "state", "%s: %s", adopt_state_name(rec->state),
		     adopt_reason_text(rec->reason));
	if (smmu->has_crash && smmu->has_now && smmu->crash.state != smmu->now.state)
		report_field(out, 2, "at load", "%s: %s", adopt_state_name(smmu->crash.state),
			     adopt_reason_text(smmu->crash.reason));
	report_bits(rec->evidence, adopt_evidence_name, ", ", &evidence);
	if (rec->evidence)
		report_field(out, 2, "evidence", "%s", strbuf_text(&evidence));
	put_table_line(out, story, rec);
	if (smmu->has_crash && report_from_crash(story, smmu->smmu))
		put_health_line(out, &smmu->crash);
	if (!(rec->evidence & ADOPT_EV_REGS))
		return;
	report_field(out, 2, "registers",
		     "CR0=0x%x CR0ACK=0x%x GBPA=0x%x GERROR=0x%x GERRORN=0x%x "
		     "STRTAB_BASE=0x%" PRIx64 " STRTAB_BASE_CFG=0x%x CMDQ_BASE=0x%" PRIx64
		     " CMDQ_PROD=0x%x CMDQ_CONS=0x%x",
		     r->cr0, r->cr0ack, r->gbpa, r->gerror, r->gerrorn, r->strtab_base,
		     r->strtab_base_cfg, r->cmdq_base, r->cmdq_prod, r->cmdq_cons);
}

static void put_raw(FILE *out, const char *label, const u8 raw[64])
{
	int last = 7, i;

	while (last > 3 && !core_ld64(raw + 8 * last))
		last--;
	fprintf(out, "%*s%-*s", 4, "", (int)LABEL_COLUMNS, label);
	for (i = 0; i <= last; i++)
		fprintf(out, "%s0x%" PRIx64,
			i == 4 ? "\n                   "
			: i    ? " "
			       : "",
			core_ld64(raw + 8 * i));
	fputc('\n', out);
}

static void put_entry(FILE *out, const char *label, const struct rec_ste *ste,
		      const struct rec_cd *cd, const struct smmu_geom *geom)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_entry(ste, cd, geom, &text);
	report_field(out, 4, label, "%s", strbuf_text(&text));
	if (!ste || ste->entry != REC_ENTRY_READ)
		return;
	put_raw(out, "  STE", ste->raw);
	if (cd && cd->entry == REC_ENTRY_READ)
		put_raw(out, "  CD", cd->raw);
}

void report_stream_text(FILE *out, const struct story *story, u32 smmu, u32 sid)
{
	const struct story_stream *s = story_find_stream(story, smmu, sid);
	struct smmu_geom known, *geom = story_geom(story, smmu, &known) ? &known : NULL;

	if (!s) {
		fprintf(out, "  StreamID 0x%x on SMMU %u: its entry is not recorded\n", sid, smmu);
		return;
	}
	fprintf(out, "  StreamID 0x%x on SMMU %u%s\n", sid, smmu,
		s->rmr ? ", named by an RMR" : "");
	report_field(out, 4, "outcome", "%s", report_end_text(report_stream_end(story, s)));
	put_entry(out, report_from_crash(story, smmu) ? "at the crash" : "at load",
		  s->has_crash ? &s->crash : NULL, s->has_crash_cd ? &s->crash_cd : NULL, geom);
	if (s->has_crash && s->has_now && s->crash.entry == REC_ENTRY_READ &&
	    s->now.entry == REC_ENTRY_READ && !story_stream_changed(s))
		report_field(out, 4, "last seen", "unchanged, bit for bit");
	else
		put_entry(out, "last seen", s->has_now ? &s->now : NULL,
			  s->has_now_cd ? &s->now_cd : NULL, geom);
}

/* "done in 3.4 ms", "timeout after 1000.0 ms, Connection timed out" */
static void say_outcome(const struct story_step *step, struct strbuf *ret)
{
	strbuf_puts(ret, report_step_outcome(step));
	if (!step->ended)
		return;
	strbuf_printf(ret, " %s %s", step->result.outcome == REC_STEP_DONE ? "in" : "after",
		      TOOK(step->result.took_ns));
	if (step->result.error)
		strbuf_printf(ret, ", %s", ERROR_TEXT(step->result.error));
}

static void put_step(FILE *out, const char *label, const struct story_step *step,
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
	report_field(out, 2, label, "%s", strbuf_text(&text));
}

static void put_device_line(FILE *out, const struct report_device *d)
{
	const struct rec_device *rec = &d->device->last;
	const char *class = rec->class_code ? report_pci_class(rec->class_code) : NULL;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_puts(&text, class ? class : CLEAN(rec->bus));
	if (rec->vendor || rec->device)
		strbuf_printf(&text, " %04x:%04x", rec->vendor, rec->device);
	strbuf_printf(&text, ", %s%s", d->driver[0] ? "driver " : "no driver", CLEAN(d->driver));
	if (d->driverless)
		strbuf_puts(&text, " in the image");
	if (d->device->dump_path)
		strbuf_puts(&text, ", on the dump path");
	if (d->bridge)
		strbuf_puts(&text, ", left alone as it is a bridge");
	if (d->device->last.flags & REC_DEV_SID_SHARED)
		strbuf_puts(&text, ", shares a StreamID");
	if (d->device->last.flags & REC_DEV_SIDS_CUT)
		strbuf_puts(&text, ", has more StreamIDs than recorded");
	if (d->device->last.flags & REC_DEV_SID_DERIVED)
		strbuf_puts(&text, ", StreamIDs from firmware tables");
	if (d->device->last.flags & REC_DEV_IDENTITY)
		strbuf_puts(&text, ", identity domain");
	fprintf(out, "\n%s  ", CLEAN(rec->name));
	put_wrapped(out, (unsigned int)strlen(rec->name) + 2, 2, strbuf_text(&text));
}

static const char *no_attach_text(const struct report_device *d)
{
	if (d->untouched)
		return "no: its entry is as it was at the crash";
	return d->device->last.flags & REC_DEV_DEFERRED ? "no: the kernel deferred it" : "not seen";
}

static void put_attach(FILE *out, const struct report_device *d, const struct report_totals *t)
{
	u64 ns = d->device->attach_ns;

	if (!ns)
		report_field(out, 2, "attached", "%s", no_attach_text(d));
	else if (t->has_start)
		report_field(out, 2, "attached",
			     "%s from the daemon's start, %" PRIu64 ".%06" PRIu64
			     " s on the kernel's clock",
			     SINCE(t, ns), ns / 1000000000, ns / 1000 % 1000000);
	else
		report_field(out, 2, "attached",
			     "at %" PRIu64 ".%06" PRIu64 " s on the kernel's clock",
			     ns / 1000000000, ns / 1000 % 1000000);
}

void report_device_text(FILE *out, const struct story *story, const struct story_device *device,
			const struct report_totals *t)
{
	u32 sids[2 * REC_DEVICE_SIDS];
	size_t n = report_device_sids(device, sids), i;
	struct report_device d;

	report_device_facts(story, device, &d);
	put_device_line(out, &d);
	put_step(out, "held", d.hold, t);
	put_step(out, "contained", d.contain, t);
	put_step(out, "reset", d.flr, t);
	put_step(out, "domain", d.domain, t);
	put_step(out, "bound", d.bind, t);
	put_step(out, "released", d.release, t);
	if (!d.contain && d.live && !d.bridge)
		report_field(out, 2, "contained", "no such step is recorded");
	put_attach(out, &d, t);
	for (i = 0; i < n; i++)
		report_stream_text(out, story, device->last.smmu, sids[i]);
	if (!n)
		report_field(out, 2, "StreamIDs", "not known");
}

static void put_devices(FILE *out, const struct story *story, const struct report_totals *t)
{
	size_t i, idle = 0;
	bool title = false;

	fputs("\nDevices and their streams\n", out);
	for (i = 0; i < story->n_devices; i++)
		report_device_text(out, story, &story->devices[i], t);
	if (!story->n_devices)
		report_paragraph(out, 2, "none recorded");
	for (i = 0; i < story->n_streams; i++) {
		const struct story_stream *s = &story->streams[i];

		if (story_device_of(story, s->smmu, s->sid))
			continue;
		if (!report_stream_worth(story, s)) {
			idle++;
			continue;
		}
		if (!title)
			fputs("\nStreams without a device\n", out);
		title = true;
		report_stream_text(out, story, s->smmu, s->sid);
	}
	if (idle)
		fprintf(out, "\n%zu more entries refused DMA before and after.\n", idle);
}

static void put_rmr_streams(FILE *out, const struct story *story, const struct rec_rmr *rmr)
{
	size_t n, first = report_rmr_streams(story, rmr, &n), i;

	for (i = 0; i < n && i < REPORT_RMR_STREAMS; i++) {
		const struct story_stream *s = &story->streams[first + i];

		fprintf(out, "    StreamID 0x%-6x %s\n", s->sid,
			report_rmr_text(report_rmr_verdict(story, s)));
	}
	if (n > i)
		fprintf(out, "    and %zu more of its StreamIDs\n", n - i);
	if (!n)
		report_paragraph(out, 4, "no entry of its StreamIDs is recorded");
}

static void put_rmrs(FILE *out, const struct story *story)
{
	size_t i;

	if (!story->n_rmrs)
		return;
	fputs("\nReserved memory regions of the firmware (RMR)\n", out);
	for (i = 0; i < story->n_rmrs; i++) {
		const struct rec_rmr *r = &story->rmrs[i];

		fprintf(out,
			"  0x%" PRIx64 ", %" PRIu64 " KiB, %u StreamID%s from 0x%x on SMMU %u%s\n",
			r->base, r->bytes / 1024, r->sid_count, r->sid_count == 1 ? "" : "s",
			r->sid_first, r->smmu, r->flags & 1 ? ", may be remapped" : "");
		put_rmr_streams(out, story, r);
	}
}

void report_step_text(FILE *out, const struct story_step *s, const struct report_totals *t)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	say_outcome(s, &text);
	if (s->has_plan && s->plan.reason[0])
		strbuf_printf(&text, "; planned: %s", CLEAN(s->plan.reason));
	fprintf(out, "  %12s  %3u %-8s %-14s ", s->begun ? SINCE(t, s->begin_ns) : "", s->step,
		rec_action_name(s->plan.action), CLEAN(s->plan.device));
	put_wrapped(out, 44, 44, strbuf_text(&text));
}

static void put_timeline(FILE *out, const struct story *story, const struct report_totals *t)
{
	size_t i;

	fputs("\nStages of the daemon\n", out);
	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		_cleanup_strbuf_ struct strbuf text = { 0 };

		strbuf_printf(&text, "%s%s%s", rec_stage_name(s->stage.stage),
			      s->stage.text[0] ? ": " : "", CLEAN(s->stage.text));
		if (s->stage.error)
			strbuf_printf(&text, " (%s)", ERROR_TEXT(s->stage.error));
		fprintf(out, "  %12s  ", SINCE(t, s->mono_ns));
		put_wrapped(out, 16, 18, strbuf_text(&text));
	}
	if (!story->n_stages)
		report_paragraph(out, 2, "none recorded");
	fputs("\nSteps\n", out);
	for (i = 0; i < story->n_steps; i++)
		report_step_text(out, &story->steps[i], t);
	if (!story->n_steps)
		report_paragraph(out, 2, "none recorded");
}

static void put_usage(FILE *out, const struct story *story)
{
	const struct rec_usage *u = &story->usage;

	if (!story->has_usage)
		return;
	fputs("\nCost of the daemon\n", out);
	report_field(out, 2, "memory", "%u KiB at the peak", u->peak_rss_kib);
	report_field(out, 2, "time", "%u ms from its start to the end of its work", u->stage_ms);
	if (u->contained_ms)
		report_field(out, 2, "", "%u ms until all live bus masters were contained",
			     u->contained_ms);
	if (u->dump_path_ms)
		report_field(out, 2, "", "%u ms until the dump path was handed over",
			     u->dump_path_ms);
	if (u->lost_records)
		report_field(out, 2, "lost", "%" PRIu64 " records could not be written",
			     u->lost_records);
}

/* By which ways the records leave the machine. A channel nobody spoke of is not shown. */
void report_channels_text(FILE *out, const struct story *story)
{
	bool title = false;
	u32 i;

	for (i = 1; i <= REC_CHANNEL_MAX; i++) {
		const struct rec_channel *c = &story->channels[i];

		if (!c->state)
			continue;
		if (!title)
			fputs("\nWhere these records are\n", out);
		title = true;
		report_field(out, 2, rec_channel_name(i), "  %s%s%s",
			     rec_channel_state_name(c->state), c->text[0] ? ": " : "",
			     CLEAN(c->text));
	}
}

int report_text(FILE *out, const struct verdict *v)
{
	const struct story *story = v->story;
	const struct report_totals *t = &v->totals;
	size_t i;

	put_header(out, v);
	report_findings_text(out, v);
	for (i = 0; i < story->n_smmus; i++)
		report_smmu_text(out, story, &story->smmus[i]);
	/* A log has no devices, and steps only where the daemon ran. */
	if (!story->log)
		put_devices(out, story, t);
	put_rmrs(out, story);
	if (!story->log || story->n_steps)
		put_timeline(out, story, t);
	put_usage(out, story);
	report_channels_text(out, story);
	return report_end_of(out);
}

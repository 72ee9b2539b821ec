// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_health.c - "health FILE": print how sound the tables were that the helper found, their
 * faults, and the worst StreamIDs.
 *
 * The helper judged every table, STE and CD while it took the snapshot (core/health.h). This file
 * only prints its numbers and findings.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/input/file.h"
#include "lib/base/jsonw.h"
#include "lib/story/verdict.h"
#include "lib/report/text.h"

static bool judged(const struct story_smmu *s)
{
	return s->has_crash && s->crash.health_score;
}

static u32 worst_count(const struct rec_smmu *r)
{
	u32 max = sizeof(r->worst) / sizeof(r->worst[0]);

	return r->worst_count < max ? r->worst_count : max;
}

static bool is_of(const struct finding *f, u32 smmu)
{
	return f->has_smmu && f->smmu == smmu && report_about_tables(f->code);
}

static void print_findings(const struct term *term, const struct verdict *v, u32 smmu)
{
	_cleanup_strbuf_ struct strbuf place = { 0 };
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct finding *f = &v->findings[i];

		if (!is_of(f, smmu))
			continue;
		strbuf_reset(&place);
		if (f->sid != REC_NO_SID)
			strbuf_printf(&place, ", StreamID 0x%x", f->sid);
		if (f->addr)
			strbuf_printf(&place, ", at 0x%llx", f->addr);
		term_field(term, 2, rec_severity_name(f->severity), "%s [%s%s]", CLEAN(f->text),
			   f->name, strbuf_text(&place));
	}
}

static void print_smmu(const struct term *term, const struct verdict *v, const struct story_smmu *s)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct story *story = v->story;
	const struct rec_smmu *r = &s->crash;
	const struct story_device *d;
	u32 i;

	strbuf_printf(&text, "SMMU %u, %s: ", s->smmu, CLEAN(report_smmu_last(s)->name));
	if (judged(s))
		strbuf_printf(&text, "%s%u of 100 points",
			      s->own_table ? "the capture kernel's own tables, " : "",
			      r->health_score - 1);
	else
		strbuf_puts(&text, "not judged");
	term_paragraph(term, 0, strbuf_text(&text));
	if (judged(s)) {
		strbuf_reset(&text);
		strbuf_printf(&text,
			      "tables and entries: %u checked, %u with errors, %u with warnings",
			      r->health_checked, r->health_errors, r->health_warnings);
		term_paragraph(term, 2, strbuf_text(&text));
		for (i = 0; i < worst_count(r); i++) {
			d = story_device_of(story, s->smmu, r->worst[i]);
			term_field(term, 2, "worst", "StreamID 0x%x%s%s", r->worst[i], d ? " " : "",
				   d ? CLEAN(d->last.name) : "");
		}
	}
	print_findings(term, v, s->smmu);
}

static void json_findings(struct jsonw *w, const struct verdict *v, u32 smmu)
{
	size_t i;

	jsonw_array_begin(w, "findings");
	for (i = 0; i < v->n; i++) {
		const struct finding *f = &v->findings[i];

		if (!is_of(f, smmu))
			continue;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "severity", rec_severity_name(f->severity));
		jsonw_string(w, "code", f->name);
		if (f->sid != REC_NO_SID)
			jsonw_hex(w, "sid", f->sid);
		if (f->addr)
			jsonw_hex(w, "addr", f->addr);
		jsonw_string(w, "text", f->text);
		if (f->advice)
			jsonw_string(w, "advice", f->advice);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void json_smmu(struct jsonw *w, const struct verdict *v, const struct story_smmu *s)
{
	const struct story *story = v->story;
	const struct rec_smmu *r = &s->crash;
	const struct story_device *d;
	u32 i;

	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "smmu", s->smmu);
	jsonw_string(w, "name", report_smmu_last(s)->name);
	if (judged(s)) {
		jsonw_u64(w, "health_score", r->health_score - 1);
		jsonw_u64(w, "health_checked", r->health_checked);
		jsonw_u64(w, "health_errors", r->health_errors);
		jsonw_u64(w, "health_warnings", r->health_warnings);
		jsonw_bool(w, "of_capture_kernel", s->own_table);
		jsonw_array_begin(w, "worst");
		for (i = 0; i < worst_count(r); i++) {
			d = story_device_of(story, s->smmu, r->worst[i]);
			jsonw_object_begin(w, NULL);
			jsonw_hex(w, "sid", r->worst[i]);
			if (d)
				jsonw_string(w, "device", d->last.name);
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
	}
	json_findings(w, v, s->smmu);
	jsonw_object_end(w);
}

enum exit_code ctl_health(const struct ctl *ctl, char **args)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_recfile_ struct recfile file = { 0 };
	bool partial, trouble = false;
	const struct story *story = &file.story;
	struct jsonw w;
	size_t i;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	if (verdict_decide(story, &verdict) < 0) {
		ctl_message("health: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	partial = file.partial || !story->n_smmus;
	if (ctl->json) {
		jsonw_init(&w, stdout);
		jsonw_object_begin(&w, NULL);
		jsonw_string(&w, "schema", SCHEMA_HEALTH);
		jsonw_string(&w, "records", file.input.name);
		jsonw_array_begin(&w, "smmus");
	}
	for (i = 0; i < story->n_smmus; i++) {
		const struct story_smmu *s = &story->smmus[i];

		/* After a reset nothing is known of the crashed kernel's tables. */
		partial |= !judged(s) || s->own_table || s->crash.lost_bytes;
		trouble |= judged(s) && (s->crash.health_errors || s->crash.health_warnings);
		if (ctl->json)
			json_smmu(&w, &verdict, s);
		else
			print_smmu(&ctl->term, &verdict, s);
	}
	if (ctl->json) {
		jsonw_array_end(&w);
		jsonw_bool(&w, "partial", partial);
		jsonw_object_end(&w);
		(void)jsonw_finish(&w);
	} else if (!story->n_smmus) {
		puts("the records name no SMMU");
	} else if (partial) {
		puts("\nThis answer is partial: a snapshot is missing, incomplete or not judged.");
	}
	return partial ? EXIT_PARTIAL : trouble ? EXIT_FINDINGS : EXIT_DONE;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * report_status.c - where things stand now, on one screen: the verdict, what it
 * rests on, one line per SMMU and per device. The report has the rest.
 */
#include "daemon/report_json.h"
#include "daemon/report_text.h"

#include <inttypes.h>
#include <string.h>

const char *report_source_text(const char *source)
{
	if (!strcmp(source, REPORT_FROM_DAEMON))
		return "the running daemon";
	if (!strcmp(source, REPORT_FROM_JOURNAL))
		return "records in /" PATH_RUN " (the daemon does not answer)";
	if (!strcmp(source, REPORT_FROM_HELPER))
		return "the helper module alone (no daemon, no journal)";
	if (!strcmp(source, REPORT_FROM_NOTHING))
		return "nothing: no daemon, no journal, no helper module";
	if (!strcmp(source, REPORT_FROM_FILE))
		return "a record file";
	return source;
}

static const struct story_stage *last_stage(const struct story *story)
{
	const struct story_stage *last = NULL;
	size_t i;

	for (i = 0; i < story->n_stages; i++)
		if (!last || story->stages[i].mono_ns >= last->mono_ns)
			last = &story->stages[i];
	return last;
}

/* One word for what became of a device. */
static const char *device_word(const struct story *story, const struct report_device *d)
{
	u32 sids[2 * REC_DEVICE_SIDS];
	size_t n = report_device_sids(d->device, sids), i;
	enum report_end end = REPORT_END_UNKNOWN;

	if (d->handed_over)
		return report_end_name(REPORT_END_HANDED_OVER);
	for (i = 0; i < n; i++) {
		const struct story_stream *s =
			story_find_stream(story, d->device->last.smmu, sids[i]);

		if (s && report_stream_end(story, s) != REPORT_END_UNKNOWN)
			end = report_stream_end(story, s);
	}
	return report_end_name(end);
}

static const char *live_word(const struct report_device *d)
{
	if (d->bridge)
		return "-";
	if (!d->live_known)
		return "?";
	return d->live ? "yes" : "no";
}

static void put_device(FILE *out, const struct story *story, const struct story_device *device)
{
	const char *class =
		device->last.class_code ? report_pci_class(device->last.class_code) : NULL;
	struct report_device d;

	report_device_facts(story, device, &d);
	fprintf(out, "  %-14s %-22s %-12.12s %-5s %-11s %s%s\n", CLEAN(device->last.name),
		class ? class : CLEAN(device->last.bus), d.driver[0] ? CLEAN(d.driver) : "-",
		live_word(&d), d.contain ? report_step_outcome(d.contain) : "-",
		device_word(story, &d), device->dump_path ? " (dump path)" : "");
}

int report_status_text(FILE *out, const struct story *story, const char *source)
{
	const struct story_stage *stage = last_stage(story);
	struct strbuf verdict = { 0 };
	struct report_totals t;
	size_t i;

	report_totals(story, &t);
	report_verdict(story, &t, &verdict);
	report_paragraph(out, 0, strbuf_text(&verdict));
	strbuf_free(&verdict);
	fputc('\n', out);
	report_field(out, 0, "rests on", "%s", report_source_text(source));
	if (stage)
		report_field(out, 0, "stage", "%s%s%s", rec_stage_name(stage->stage.stage),
			     stage->stage.text[0] ? ": " : "", CLEAN(stage->stage.text));
	for (i = 0; i < story->n_smmus; i++) {
		const struct rec_smmu *rec = report_smmu_last(&story->smmus[i]);

		report_field(out, 0, i ? "" : "SMMUs", "%u %s: %s, %s", rec->smmu, CLEAN(rec->name),
			     adopt_state_name(rec->state), adopt_reason_text(rec->reason));
	}
	report_findings_text(out, story);
	fprintf(out, "\nDevices\n  %-14s %-22s %-12s %-5s %-11s %s\n", "name", "class", "driver",
		"live", "containment", "stream");
	for (i = 0; i < story->n_devices; i++)
		put_device(out, story, &story->devices[i]);
	if (!story->n_devices)
		report_paragraph(out, 2, "none recorded");
	return report_end_of(out);
}

int report_status_json(FILE *out, const struct story *story, const char *source)
{
	const struct story_stage *stage = last_stage(story);
	struct report_totals t;
	struct jsonw w;
	size_t i;

	report_totals(story, &t);
	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_STATUS);
	jsonw_string(&w, "source", source);
	report_json_head(&w, story, &t);
	if (stage) {
		jsonw_string(&w, "stage", rec_stage_name(stage->stage.stage));
		if (stage->stage.text[0])
			jsonw_string(&w, "stage_text", stage->stage.text);
	}
	report_json_findings(&w, story);
	jsonw_array_begin(&w, "smmus");
	for (i = 0; i < story->n_smmus; i++) {
		jsonw_object_begin(&w, NULL);
		report_json_smmu_head(&w, &story->smmus[i]);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "devices");
	for (i = 0; i < story->n_devices; i++)
		report_json_device(&w, story, &story->devices[i], &t);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

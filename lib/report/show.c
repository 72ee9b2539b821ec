// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * show.c - prints the report about one device or StreamID: this device or StreamID, the devices
 * that share its StreamIDs, and their records.
 *
 * A subject is a set of devices and streams. A device brings its streams; a StreamID brings the
 * devices that have it.
 */
#include "lib/report/json.h"
#include "lib/report/text.h"

#include <string.h>

struct subject {
	const struct story *story;
	const char *device; /* NULL: sid */
	u32 smmu, sid;	    /* smmu: STREAM_ANY_SMMU, or that of sid */
};

static struct subject subject_of(const struct story *story, const struct stream_name *name)
{
	return (struct subject){ story, name->device ? name->device->last.name : NULL, name->smmu,
				 name->sid };
}

static bool is_smmu(const struct subject *s, u32 smmu)
{
	return s->smmu == STREAM_ANY_SMMU || s->smmu == smmu;
}

static bool is_device(const struct subject *s, const struct story_device *device)
{
	if (s->device)
		return !strcmp(device->last.name, s->device);
	return is_smmu(s, device->last.smmu) && report_device_has(device->facts, s->sid);
}

static bool is_stream(const struct subject *s, u32 smmu, u32 sid)
{
	const struct story_device *device;

	if (!s->device)
		return is_smmu(s, smmu) && sid == s->sid;
	device = story_find_device(s->story, s->device);
	return device && device->last.smmu == smmu && report_device_has(device->facts, sid);
}

/* Is @name in @text, and not as a part of a longer one? */
static bool has_name(const char *text, const char *name)
{
	static const char more[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";
	size_t len = strlen(name);
	const char *p = text;

	for (; len && (p = strstr(p, name)); p++)
		if ((p == text || !strchr(more, p[-1])) && (!p[len] || !strchr(more, p[len])))
			return true;
	return false;
}

/* A finding of our own names the devices that it is about. */
static bool is_about(const struct subject *s, const struct finding *f)
{
	size_t i;

	if (f->sid != REC_NO_SID)
		return is_stream(s, f->smmu, f->sid);
	for (i = 0; i < s->story->n_devices && f->own; i++)
		if (is_device(s, &s->story->devices[i]) &&
		    has_name(f->text, CLEAN(s->story->devices[i].last.name)))
			return true;
	return false;
}

static bool is_step(const struct subject *s, const struct story_step *step)
{
	const struct story_device *device = story_find_device(s->story, step->plan.device);

	return s->device ? !strcmp(step->plan.device, s->device) : device && is_device(s, device);
}

/* Devices hand over to each other with a StreamID they share. */
static bool shares(const struct subject *s, const struct story_device *device)
{
	const struct story_device *mine = s->device ? story_find_device(s->story, s->device) : NULL;
	size_t i;

	if (!mine || mine == device || mine->last.smmu != device->last.smmu)
		return false;
	for (i = 0; i < mine->facts->n_sids; i++)
		if (report_device_has(device->facts, mine->facts->sids[i]))
			return true;
	return false;
}

static bool is_known(const struct subject *s)
{
	const struct story *story = s->story;
	size_t i;

	for (i = 0; i < story->n_devices; i++)
		if (is_device(s, &story->devices[i]))
			return true;
	for (i = 0; i < story->n_streams && !s->device; i++)
		if (is_stream(s, story->streams[i].smmu, story->streams[i].sid))
			return true;
	return false;
}

static bool in_rmr(const struct subject *s, const struct rec_rmr *rmr)
{
	size_t i, n, first = report_rmr_streams(s->story, rmr, &n);

	for (i = 0; i < n; i++)
		if (is_stream(s, rmr->smmu, s->story->streams[first + i].sid))
			return true;
	return !s->device && is_smmu(s, rmr->smmu) && s->sid >= rmr->sid_first &&
	       s->sid - rmr->sid_first < rmr->sid_count;
}

/* Is it not known whether it did DMA at the crash? Never true for a bridge. */
static bool is_unknown(const struct subject *s)
{
	const struct story *story = s->story;
	bool found = false;
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		if (!is_device(s, &story->devices[i]))
			continue;
		found = true;
		if (!story->devices[i].facts->bridge && !story->devices[i].facts->live_known)
			return true;
	}
	for (i = 0; i < story->n_streams && !found; i++)
		if (is_stream(s, story->streams[i].smmu, story->streams[i].sid) &&
		    report_stream_at_crash(story, &story->streams[i]) < 0)
			return true;
	return false;
}

static enum verdict_level level_of(const struct subject *s, const struct verdict *v)
{
	enum verdict_level level = is_unknown(s) ? VERDICT_WARNING : VERDICT_OK;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (v->findings[i].severity == REC_SEV_INFO || !is_about(s, &v->findings[i]))
			continue;
		if (v->findings[i].severity == REC_SEV_ERROR)
			return VERDICT_FAILED;
		level = VERDICT_WARNING;
	}
	return level;
}

static void put_verdict(const struct term *out, const struct subject *s, const struct verdict *v)
{
	enum verdict_level level = level_of(s, v);

	term_put(out, report_level_style(level), verdict_level_name(level));
	if (s->device)
		term_printf(out, TERM_NORMAL, ": %s", CLEAN(s->device));
	else
		term_printf(out, TERM_NORMAL, ": StreamID %s",
			    s->smmu == STREAM_ANY_SMMU
				    ? STREAM_NAME(&(struct story){ 0 }, 0, s->sid)
				    : STREAM_NAME(s->story, s->smmu, s->sid));
	term_put(out, TERM_NORMAL,
		 is_unknown(s) ? ": it is not known whether it did DMA at the crash\n\n" : "\n\n");
}

/* Its devices, or else its streams. */
static int put_table(const struct term *out, const struct subject *s, const struct verdict *v)
{
	_cleanup_rows_ struct report_rows rows;
	const struct story *story = s->story;
	bool found = false;
	size_t i;

	report_rows_begin(&rows, v);
	for (i = 0; i < story->n_devices; i++) {
		if (!is_device(s, &story->devices[i]))
			continue;
		report_rows_device(&rows, v, &story->devices[i]);
		found = true;
	}
	for (i = 0; i < story->n_streams && !found; i++)
		if (is_stream(s, story->streams[i].smmu, story->streams[i].sid))
			report_rows_stream(&rows, v, &story->streams[i]);
	return report_rows_print(out, &rows);
}

static void put_findings(const struct term *out, const struct subject *s, const struct verdict *v)
{
	bool title = false;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (!is_about(s, &v->findings[i]))
			continue;
		term_put(out, TERM_BOLD, title ? "" : "\nFindings\n");
		title = true;
		report_finding_text(out, s->story, &v->findings[i]);
	}
}

static void put_fields(const struct term *out, const struct subject *s,
		       const struct report_source *source)
{
	const struct story *story = s->story;
	char label[24];
	size_t i;

	term_put(out, TERM_NORMAL, "\n");
	for (i = 0; i < story->n_devices; i++)
		if (is_device(s, &story->devices[i]))
			report_device_line(out, &story->devices[i]);
	for (i = 0; i < story->n_devices; i++)
		if (shares(s, &story->devices[i]))
			term_field(out, 0, "shared with", "%s", story->devices[i].last.name);
	for (i = 0; i < story->n_streams; i++) {
		const struct story_stream *stream = &story->streams[i];

		if (!is_stream(s, stream->smmu, stream->sid))
			continue;
		(void)snprintf(label, sizeof(label), "SID 0x%x", stream->sid);
		term_field(out, 0, label, "%s", report_end_text(report_stream_end(story, stream)));
	}
	for (i = 0; i < story->n_rmrs; i++)
		if (in_rmr(s, &story->rmrs[i]))
			term_field(out, 0, "RMR", "0x%llx, %llu KiB, on SMMU %u",
				   story->rmrs[i].base, story->rmrs[i].bytes / 1024,
				   story->rmrs[i].smmu);
	report_source_text(out, source);
}

/* Entries and steps. */
static void put_details(const struct term *out, const struct subject *s, const struct verdict *v)
{
	const struct story *story = s->story;
	bool found = false, title = false;
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		if (!is_device(s, &story->devices[i]))
			continue;
		found = true;
		report_device_text(out, story, &story->devices[i], &v->totals);
	}
	for (i = 0; i < story->n_streams && !found; i++) {
		if (!is_stream(s, story->streams[i].smmu, story->streams[i].sid))
			continue;
		term_put(out, TERM_NORMAL, "\n");
		report_stream_text(out, story, &story->streams[i]);
	}
	for (i = 0; i < story->n_steps; i++) {
		if (!is_step(s, &story->steps[i]))
			continue;
		if (!title)
			term_printf(out, TERM_BOLD, "\nSteps%s\n",
				    v->totals.has_start ? ", counted from the daemon's start" : "");
		title = true;
		report_step_text(out, &story->steps[i], &v->totals);
	}
}

enum verdict_level report_show_level(const struct verdict *v, const struct stream_name *name)
{
	const struct subject s = subject_of(v->story, name);

	return level_of(&s, v);
}

int report_show_text(const struct term *out, const struct verdict *v,
		     const struct stream_name *name, const struct report_source *source,
		     bool verbose)
{
	const struct subject s = subject_of(v->story, name);
	int r;

	if (!is_known(&s))
		return -ENOENT;
	put_verdict(out, &s, v);
	r = put_table(out, &s, v);
	if (r < 0)
		return r;
	put_findings(out, &s, v);
	put_fields(out, &s, source);
	if (verbose)
		put_details(out, &s, v);
	return term_end(out);
}

static void put_json_devices(struct jsonw *w, const struct subject *s,
			     const struct report_totals *t)
{
	const struct story *story = s->story;
	size_t i;

	jsonw_array_begin(w, "devices");
	for (i = 0; i < story->n_devices; i++)
		if (is_device(s, &story->devices[i]))
			report_json_device(w, &story->devices[i], t);
	jsonw_array_end(w);
	jsonw_array_begin(w, "shared_with");
	for (i = 0; i < story->n_devices; i++)
		if (shares(s, &story->devices[i]))
			jsonw_string(w, NULL, story->devices[i].last.name);
	jsonw_array_end(w);
	jsonw_array_begin(w, "streams");
	for (i = 0; i < story->n_streams; i++)
		if (is_stream(s, story->streams[i].smmu, story->streams[i].sid))
			report_json_stream(w, story, &story->streams[i], t);
	jsonw_array_end(w);
}

int report_show_json(FILE *out, const struct verdict *v, const struct stream_name *name,
		     const struct report_source *source)
{
	const struct story *story = v->story;
	const struct subject s = subject_of(story, name);
	struct jsonw w;
	size_t i;

	if (!is_known(&s))
		return -ENOENT;
	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_SHOW);
	report_source_json(&w, source);
	put_json_devices(&w, &s, &v->totals);
	jsonw_array_begin(&w, "rmrs");
	for (i = 0; i < story->n_rmrs; i++)
		if (in_rmr(&s, &story->rmrs[i]))
			report_json_rmr(&w, story, &story->rmrs[i]);
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "findings");
	for (i = 0; i < v->n; i++)
		if (is_about(&s, &v->findings[i]))
			report_json_finding(&w, &v->findings[i]);
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "steps");
	for (i = 0; i < story->n_steps; i++)
		if (is_step(&s, &story->steps[i]))
			report_json_step(&w, &story->steps[i], &v->totals);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

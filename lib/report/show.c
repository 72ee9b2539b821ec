// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * show.c - the report, cut down to one device or StreamID: what is asked
 * for, the devices that share its StreamIDs, and all that is recorded of them.
 *
 * A subject is a set of devices and streams. A device brings its streams; a
 * StreamID brings the devices that have it.
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

static bool device_has_sid(const struct story_device *device, u32 sid)
{
	u32 sids[2 * REC_DEVICE_SIDS];
	size_t n = report_device_sids(device, sids), i;

	for (i = 0; i < n; i++)
		if (sids[i] == sid)
			return true;
	return false;
}

static bool is_device(const struct subject *s, const struct story_device *device)
{
	if (s->device)
		return !strcmp(device->last.name, s->device);
	return is_smmu(s, device->last.smmu) && device_has_sid(device, s->sid);
}

static bool is_stream(const struct subject *s, u32 smmu, u32 sid)
{
	const struct story_device *device;

	if (!s->device)
		return is_smmu(s, smmu) && sid == s->sid;
	device = story_find_device(s->story, s->device);
	return device && device->last.smmu == smmu && device_has_sid(device, sid);
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
	u32 sids[2 * REC_DEVICE_SIDS];
	size_t n, i;

	if (!mine || mine == device || mine->last.smmu != device->last.smmu)
		return false;
	n = report_device_sids(mine, sids);
	for (i = 0; i < n; i++)
		if (device_has_sid(device, sids[i]))
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

static void put_text_lists(FILE *out, const struct subject *s, const struct report_totals *t)
{
	const struct story *story = s->story;
	bool title = false;
	size_t i;

	for (i = 0; i < story->n_rmrs; i++)
		if (in_rmr(s, &story->rmrs[i]))
			fprintf(out, "\nReserved memory region 0x%llx, %llu KiB, on SMMU %u\n",
				(unsigned long long)story->rmrs[i].base,
				(unsigned long long)story->rmrs[i].bytes / 1024,
				story->rmrs[i].smmu);
	for (i = 0; i < story->n_findings; i++) {
		if (!is_stream(s, story->findings[i].smmu, story->findings[i].sid))
			continue;
		fputs(title ? "" : "\nFindings\n", out);
		title = true;
		report_finding_text(out, story, &story->findings[i]);
	}
	for (i = 0, title = false; i < story->n_steps; i++) {
		if (!is_step(s, &story->steps[i]))
			continue;
		fputs(title ? "" : "\nSteps\n", out);
		title = true;
		report_step_text(out, &story->steps[i], t);
	}
}

int report_show_text(FILE *out, const struct story *story, const struct stream_name *name,
		     const char *source)
{
	const struct subject s = subject_of(story, name);
	struct report_totals t;
	bool found = false;
	size_t i;

	if (!is_known(&s))
		return -ENOENT;
	report_totals(story, &t);
	report_field(out, 0, "rests on", "%s", report_source_text(source));
	for (i = 0; i < story->n_devices; i++) {
		if (!is_device(&s, &story->devices[i]))
			continue;
		found = true;
		report_device_text(out, story, &story->devices[i], &t);
	}
	for (i = 0; i < story->n_devices; i++)
		if (shares(&s, &story->devices[i]))
			fprintf(out, "\n%s has a StreamID of it, too\n",
				CLEAN(story->devices[i].last.name));
	for (i = 0; i < story->n_streams && !found; i++) {
		if (!is_stream(&s, story->streams[i].smmu, story->streams[i].sid))
			continue;
		fputs("\nno known device has this StreamID\n", out);
		report_stream_text(out, story, story->streams[i].smmu, name->sid);
	}
	put_text_lists(out, &s, &t);
	return report_end_of(out);
}

static void put_json_devices(struct jsonw *w, const struct subject *s,
			     const struct report_totals *t)
{
	const struct story *story = s->story;
	size_t i;

	jsonw_array_begin(w, "devices");
	for (i = 0; i < story->n_devices; i++)
		if (is_device(s, &story->devices[i]))
			report_json_device(w, story, &story->devices[i], t);
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

int report_show_json(FILE *out, const struct story *story, const struct stream_name *name,
		     const char *source)
{
	const struct subject s = subject_of(story, name);
	struct report_totals t;
	struct jsonw w;
	size_t i;

	if (!is_known(&s))
		return -ENOENT;
	report_totals(story, &t);
	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_SHOW);
	jsonw_string(&w, "source", source);
	put_json_devices(&w, &s, &t);
	jsonw_array_begin(&w, "rmrs");
	for (i = 0; i < story->n_rmrs; i++)
		if (in_rmr(&s, &story->rmrs[i]))
			report_json_rmr(&w, story, &story->rmrs[i]);
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "findings");
	for (i = 0; i < story->n_findings; i++)
		if (is_stream(&s, story->findings[i].smmu, story->findings[i].sid))
			report_json_finding(&w, &story->findings[i]);
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "steps");
	for (i = 0; i < story->n_steps; i++)
		if (is_step(&s, &story->steps[i]))
			report_json_step(&w, &story->steps[i], &t);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

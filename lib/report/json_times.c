// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * json_times.c - writes when the kernel crashed, and how long the daemon's work took: keys that
 * report, status and collect have in common.
 */
#include "lib/report/json.h"

void report_json_crashed(struct jsonw *w, const struct story *story)
{
	if (!story->has_crashed)
		return;
	if (story->crashed.crash_s)
		jsonw_u64(w, "crash_s", story->crashed.crash_s);
	if (story->crashed.release[0])
		jsonw_string(w, "crashed_kernel", story->crashed.release);
	if (story->crashed.build_id[0])
		jsonw_string(w, "crashed_build_id", story->crashed.build_id);
}

static u64 rounded_ms(u64 ns)
{
	return (ns + 500000) / 1000000;
}

void report_json_took(struct jsonw *w, const struct story *story, const struct report_totals *t)
{
	struct report_took took;

	report_took(story, t, &took);
	if (took.over_ns)
		jsonw_u64(w, "stage_ms", rounded_ms(took.over_ns));
	if (took.quiesced)
		jsonw_u64(w, "quiesced_ms", rounded_ms(took.quiesced_ns));
	if (took.ready_ns)
		jsonw_u64(w, "dump_path_ms", rounded_ms(took.ready_ns));
}

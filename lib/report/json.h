/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * json.h - the parts of the JSON report that status and show use as well. Only this folder and
 * ctl/ include it.
 */
#ifndef LIB_REPORT_JSON_H
#define LIB_REPORT_JSON_H

#include "lib/base/jsonw.h"
#include "lib/report/report.h"

/* Keys of the top level that report and status have in common. */
void report_json_head(struct jsonw *w, const struct verdict *verdict);
/* "crash_s", "crashed_kernel", "crashed_build_id": which kernel crashed, and when. */
void report_json_crashed(struct jsonw *w, const struct story *story);
/* The numbers of devices by their outcome; nothing when they are not known. */
void report_json_totals(struct jsonw *w, const struct report_totals *t);
/*
 * "stage_ms", "quiesced_ms", "dump_path_ms", as far as they are known: report_took() in whole
 * milliseconds.
 */
void report_json_took(struct jsonw *w, const struct story *story, const struct report_totals *t);
void report_json_findings(struct jsonw *w, const struct verdict *verdict);
void report_json_device(struct jsonw *w, const struct story_device *device,
			const struct report_totals *t);
void report_json_finding(struct jsonw *w, const struct finding *finding);
void report_json_rmr(struct jsonw *w, const struct story *story, const struct rec_rmr *rmr);
void report_json_step(struct jsonw *w, const struct story_step *step,
		      const struct report_totals *t);
void report_json_stream(struct jsonw *w, const struct story *story,
			const struct story_stream *stream, const struct report_totals *t);
/*
 * "smmu", "name", "state", "reason": the keys that report and status have in common for an SMMU,
 * into an open object.
 */
void report_json_smmu_head(struct jsonw *w, const struct story_smmu *smmu);
/* "channels", when any is recorded. */
void report_json_channels(struct jsonw *w, const struct story *story);

#endif

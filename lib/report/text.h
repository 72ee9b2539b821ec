/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h - parts of the text report that status shows, too. Only
 * this folder and ctl/ include it.
 */
#ifndef LIB_REPORT_TEXT_H
#define LIB_REPORT_TEXT_H

#include "lib/report/report.h"
#include "lib/story/verdict.h"

/* "label      text ...", wrapped to 100 columns, continued below the text. */
void report_field(FILE *out, unsigned int indent, const char *label, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void report_paragraph(FILE *out, unsigned int indent, const char *text);

/* The first line, and an empty one. */
void report_verdict_text(FILE *out, const struct verdict *verdict);
void report_findings_text(FILE *out, const struct verdict *verdict);
/* What a status rests on, in words; @source is one of REPORT_FROM_*. */
const char *report_source_text(const char *source);

/* One finding, one step, one device with its streams, one stream. */
void report_finding_text(FILE *out, const struct story *story, const struct finding *finding);
void report_step_text(FILE *out, const struct story_step *step, const struct report_totals *t);
void report_device_text(FILE *out, const struct story *story, const struct story_device *device,
			const struct report_totals *t);
void report_stream_text(FILE *out, const struct story *story, u32 smmu, u32 sid);
void report_smmu_text(FILE *out, const struct story *story, const struct story_smmu *smmu);
void report_channels_text(FILE *out, const struct story *story);

/* 0, or -EIO when something could not be written. */
int report_end_of(FILE *out);

#endif

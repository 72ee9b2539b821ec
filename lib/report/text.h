/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h - the parts of the text report that status and show use as well. Only this folder and
 * ctl/ include it.
 */
#ifndef LIB_REPORT_TEXT_H
#define LIB_REPORT_TEXT_H

#include "lib/report/report.h"
#include "lib/story/verdict.h"

enum term_style report_level_style(enum verdict_level level);
/* Problems, what is not known, what is worth knowing; a part that is empty is left out. */
void report_findings_text(const struct term *out, const struct verdict *verdict);

/* ---- the table of devices, devices.c ---- */

/* DEVICE TYPE AT-CRASH DMA-STOPPED NOW, and SMMU where there are several. */
void report_rows_begin(struct term_table *table, const struct verdict *verdict);
void report_rows_device(struct term_table *table, const struct verdict *verdict,
			const struct story_device *device);
void report_rows_stream(struct term_table *table, const struct verdict *verdict,
			const struct story_stream *stream);
/* The words of its cells, without times: "live"; "yes", "late", "no: timeout"; how its streams
 * ended. */
const char *report_crash_word(const struct report_device *device);
const char *report_stopped_word(char buf[32], const struct report_device *device,
				enum term_style *ret_style);
enum report_end report_device_end(const struct report_device *device);
/* All of them, at most @room devices and @room streams. 0 or -ENOMEM. */
int report_devices_table(const struct term *out, const struct verdict *verdict, size_t room);
#define REPORT_ROOM 24 /* one screen */

/* ---- the details, text.c and about.c ---- */

/* Registers, evidence, entries, steps, cost: what --verbose adds. */
void report_details_text(const struct term *out, const struct verdict *verdict);
/* The source of a status, in words; @source is one of REPORT_FROM_*. */
const char *report_source_text(const char *source);

/* One finding, one step, one device with its streams, one stream. */
void report_finding_text(const struct term *out, const struct story *story,
			 const struct finding *finding);
void report_step_text(const struct term *out, const struct story_step *step,
		      const struct report_totals *t);
void report_device_text(const struct term *out, const struct story *story,
			const struct story_device *device, const struct report_totals *t);
/* What the device is, in one line. */
void report_device_line(const struct term *out, const struct story *story,
			const struct story_device *device);
void report_stream_text(const struct term *out, const struct story *story,
			const struct story_stream *stream);
/* "0 9050000.smmuv3: adopted, ..." */
void report_smmu_line(const struct term *out, const struct story_smmu *smmu, const char *label);
/* Kernels, times, programs, SMMUs. */
void report_about_text(const struct term *out, const struct verdict *verdict);
/* How many steps, how long. */
void report_took_text(const struct term *out, const struct story *story,
		      const struct report_totals *t);
void report_channels_text(const struct term *out, const struct story *story);

#endif

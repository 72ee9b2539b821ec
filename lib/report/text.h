/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h - the parts of the text report that status and show use as well. Only this folder and
 * ctl/ include it.
 */
#ifndef LIB_REPORT_TEXT_H
#define LIB_REPORT_TEXT_H

#include "lib/base/jsonw.h"
#include "lib/report/report.h"
#include "lib/story/verdict.h"

enum term_style report_level_style(enum verdict_level level);
/* Problems, what is not known, what is worth knowing; a part that is empty is left out. */
void report_findings_text(const struct term *out, const struct verdict *verdict);

/* ---- the table of devices, devices.c ---- */

/* The words of AT-CRASH and DMA-STOPPED; those of NOW are enum report_end. */
enum report_crash_word {
	CRASH_LIVE,
	CRASH_NO_DMA,
	CRASH_UNKNOWN,
	CRASH_BRIDGE,
	CRASH_MAX = CRASH_BRIDGE,
};

enum report_stopped_word {
	STOPPED_NONE,
	STOPPED_YES,
	STOPPED_LATE,
	STOPPED_ON_AGAIN,
	STOPPED_NOT_NEEDED,
	STOPPED_FAILED, /* "no: timeout" */
	STOPPED_NO,
	STOPPED_UNKNOWN,
	STOPPED_MAX = STOPPED_UNKNOWN,
};

/* The rows, and which words occur in them. Begun by report_rows_begin(). */
struct report_rows {
	struct term_table table;
	bool crash[CRASH_MAX + 1], stopped[STOPPED_MAX + 1], ends[REPORT_END_MAX + 1];
	bool times, spans, dump_path; /* spans: "A to B" */
};

static inline void report_rows_free(struct report_rows *rows)
{
	term_table_free(&rows->table);
}
#define _cleanup_rows_ _cleanup_(report_rows_free)

/* DEVICE TYPE AT-CRASH DMA-STOPPED NOW, and SMMU where there are several. */
void report_rows_begin(struct report_rows *rows, const struct verdict *verdict);
void report_rows_device(struct report_rows *rows, const struct verdict *verdict,
			const struct story_device *device);
void report_rows_stream(struct report_rows *rows, const struct verdict *verdict,
			const struct story_stream *stream);
/* Prints and empties the table, and a legend of its words. Returns 0 or -ENOMEM. */
int report_rows_print(const struct term *out, struct report_rows *rows);

/* The words of its cells, without times: "live"; "yes", "late", "no: timeout"; how its streams
 * ended. */
const char *report_crash_word(const struct report_device *device);
const char *report_stopped_word(char buf[32], const struct report_device *device);
enum report_end report_device_end(const struct report_device *device);
/* "after 25 ms", or the word where no time is known. Returns true if it has a time. */
#define REPORT_CELL_BYTES 80
bool report_stopped_cell(char buf[REPORT_CELL_BYTES], const struct report_totals *totals,
			 const struct report_device *device);
/* All of them, at most @room devices and @room streams. 0 or -ENOMEM. */
int report_devices_table(const struct term *out, const struct verdict *verdict, size_t room);
#define REPORT_ROOM 24 /* one screen */

/* ---- the details, text.c and about.c ---- */

/* Registers, evidence, entries, steps, cost: what --verbose adds. */
void report_details_text(const struct term *out, const struct verdict *verdict);
/* Where a status comes from: live or recorded, and which files. */
void report_source_words(const struct report_source *source, struct strbuf *ret);
void report_source_text(const struct term *out, const struct report_source *source);
/* "source" and "source_text". */
void report_source_json(struct jsonw *w, const struct report_source *source);

/* One finding, one step, one device with its streams, one stream. */
void report_finding_text(const struct term *out, const struct story *story,
			 const struct finding *finding);
void report_step_text(const struct term *out, const struct story_step *step,
		      const struct report_totals *t);
void report_device_text(const struct term *out, const struct story *story,
			const struct story_device *device, const struct report_totals *t);
/* What the device is, in one line. */
void report_device_line(const struct term *out, const struct story_device *device);
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

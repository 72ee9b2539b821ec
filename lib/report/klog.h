/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * klog.h - prints the lines of a kernel log that tell something, and what lib/story/klog.h
 * counted.
 */
#ifndef LIB_REPORT_KLOG_H
#define LIB_REPORT_KLOG_H

#include "lib/base/jsonw.h"
#include "lib/base/term.h"
#include "lib/story/klog.h"

/* Is the line worth showing? Those that only tell which kernel it is are not. */
bool report_klog_worth(enum klog_what what);
/* One line of the log, of file @file if it has one of several. */
void report_klog_line(FILE *out, const char *file, u64 number, const struct logline *line);
/* The same as an object of the array "entries" (schema SCHEMA_LOG). */
void report_klog_entry(struct jsonw *w, const char *file, u64 number, const struct logline *line,
		       const struct klog_match *match);

/* What the log is, as fields of a report's head. */
void report_klog_head(const struct term *out, const struct klog *log);
/* An object "log": what it is, and everything that was counted. */
void report_klog_json(struct jsonw *w, const struct klog *log);
/* Events by SMMU, kind and StreamID, those of each kernel apart. Returns their number. */
u64 report_klog_events(FILE *out, const struct klog *log);

#endif

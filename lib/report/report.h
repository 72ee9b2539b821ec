/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report.h - a story and its verdict, told to people (text) and to programs (JSON).
 *
 * Pure functions from a verdict (after verdict_settle()) to a FILE; daemon and ctl
 * share them. JSON keys are listed in smmu-adoptctl(8) and do not change; what
 * is unknown is not written.
 *
 * The bus: the object DBUS_PATH, interface DBUS_INTERFACE has one method
 *
 *	GetStatus(s format) -> (s answer)
 *
 * with format REPORT_FORMAT_TEXT or REPORT_FORMAT_VERBOSE (report_status_text()),
 * REPORT_FORMAT_ONELINE (its first line), REPORT_FORMAT_JSON
 * (report_status_json()) or REPORT_FORMAT_EXIT (the exit code as a decimal
 * number, for the caller's exit status); anything else is answered with
 * org.freedesktop.DBus.Error.InvalidArgs. The daemon passes REPORT_FROM_DAEMON as
 * the source. It is served on the private socket PATH_BUS, sd-bus peer to peer:
 * the server side calls sd_bus_set_server() and sd_bus_set_anonymous(); a client
 * need not call Hello.
 */
#ifndef LIB_REPORT_REPORT_H
#define LIB_REPORT_REPORT_H

#include <stdio.h>

#include "lib/base/term.h"
#include "lib/story/names.h"
#include "lib/story/stream_name.h"
#include "lib/story/verdict.h"

#define REPORT_FORMAT_TEXT "text"
#define REPORT_FORMAT_VERBOSE "verbose"
#define REPORT_FORMAT_ONELINE "oneline"
#define REPORT_FORMAT_JSON "json"
#define REPORT_FORMAT_EXIT "exit"

/* The source of a status. */
#define REPORT_FROM_DAEMON "daemon"   /* the running daemon's own story */
#define REPORT_FROM_JOURNAL "journal" /* files below PATH_RUN */
#define REPORT_FROM_HELPER "helper"   /* debugfs files of the module, no daemon */
#define REPORT_FROM_NOTHING "nothing" /* there are no records at all */
#define REPORT_FROM_FILE "file"	      /* records of an earlier crash */

struct report_source {
	const char *kind; /* one of these */
	bool elsewhere;	  /* below --root: what is there was recorded, whatever it is */
	/* Which had records: PATH_HELPER_COPY, PATH_JOURNAL, PATH_HELPER. */
	bool copy, journal, helper;
};
#define REPORT_SOURCE(name) (&(const struct report_source){ .kind = (name) })

/* All return 0, -ENOMEM, -EIO when @out fails, or -EINVAL for a bug in the writer. */
int report_text(const struct term *out, const struct verdict *verdict, bool verbose);
/* The first line alone. */
void report_verdict_text(const struct term *out, const struct verdict *verdict);
int report_json(FILE *out, const struct verdict *verdict);
/* @now_ns: CLOCK_MONOTONIC of this kernel; 0: the records are of another. */
int report_status_text(const struct term *out, const struct verdict *verdict,
		       const struct report_source *source, u64 now_ns, bool verbose);
int report_status_json(FILE *out, const struct verdict *verdict,
		       const struct report_source *source);

/*
 * Everything about one device or StreamID: itself, its streams, its steps, findings that name
 * it. -ENOENT when the story does not know it; nothing is written then.
 */
int report_show_text(const struct term *out, const struct verdict *verdict,
		     const struct stream_name *name, const struct report_source *source,
		     bool verbose);
/*
 * The level that report_show_text() begins with: that of the worst finding about @name, and never
 * OK if the state of @name is not known.
 */
enum verdict_level report_show_level(const struct verdict *verdict, const struct stream_name *name);
int report_show_json(FILE *out, const struct verdict *verdict, const struct stream_name *name,
		     const struct report_source *source);

/*
 * One line, or one entry, per record of the stream, by time; a record that is
 * there twice is shown once. Returns as above, or 1 when the stream is torn
 * (shown up to there, and said so at the end).
 */
int report_log_text(const struct term *out, const u8 *data, size_t len);
int report_log_json(FILE *out, const u8 *data, size_t len);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h - the daemon's journal: an append-only record file in /run.
 *
 * A process may die at any moment; the journal has what it did until then. A record is one
 * write(); a step is two records, so that a crash in between is visible. A process that is killed
 * in a write may leave a part of a record: the next writer cuts it off, or readers would not find
 * the records after it. Without /run, or without room, the daemon goes on and counts what was
 * lost. Every record also goes to the helper, which puts it into the vmcore note: so the dump has
 * it even if /run is lost.
 *
 * The struct lives in memory shared by supervisor and worker, which write one after the other,
 * never at once.
 */
#ifndef LIB_MACHINE_JOURNAL_H
#define LIB_MACHINE_JOURNAL_H

#include "core/rec.h"
#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

struct journal {
	int fd;	       /* -1: nothing can be written */
	int helper_fd; /* -1: no helper */
	u64 seq;
	u64 lost;	 /* records that could not be written */
	int error;	 /* of the first lost record, negative errno */
	u64 helper_lost; /* records that the helper did not take */
	u32 last_step;	 /* highest step number in the file: ours go on from there */
	u64 torn_bytes;	 /* cut off torn tails */
	u64 end;	 /* whole records up to here */
	bool unlocked;	 /* another process keeps the lock: write without it */
};

/*
 * Open or create the journal below @root. A torn tail is cut off, so that new records can be read;
 * a record that another process is just writing stays. Returns 0 or a negative errno with @err;
 * the journal may be used all the same, it then only counts.
 */
int journal_open(struct journal *journal, const struct fsroot *root, struct errbuf *err);
void journal_close(struct journal *journal);
/* Write records to the helper again, if it is loaded. */
void journal_join_helper(struct journal *journal, const struct fsroot *root);
/* Stop writing records to the helper: it cannot be unloaded while its device file is open. */
void journal_leave_helper(struct journal *journal);

/* Append; sets seq and mono_ns of @rec. Returns 0, or a negative errno (counted in lost). */
int journal_write(struct journal *journal, struct rec *rec);

/* Start a section: a FILE record of this program and kernel. */
void journal_begin(struct journal *journal, const struct fsroot *root);

void journal_stage(struct journal *journal, enum rec_stage_id stage, int error, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

struct journal_about {
	u32 smmu;
	u32 sid; /* REC_NO_SID */
	enum rec_severity severity;
	enum rec_finding_code code;
	u32 sid_count, sid_stride; /* as in struct rec_finding */
};
void journal_finding(struct journal *journal, const struct journal_about *about, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

#endif

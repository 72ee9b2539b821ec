/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * triage.h - combine a dump and its records: which streams could do DMA at the crash, and through
 * which tables?
 *
 * Entries (STE, CD) are taken from the snapshot in the records: by the time the
 * dump was written the capture kernel's driver may have replaced them. Tables
 * are read from the dump, which holds the crashed kernel's memory. Where the
 * records lack an entry it is read from the dump too, and the answer says so.
 *
 * Every reason why an answer may be incomplete becomes a "gap". A verb with gaps ends with
 * EXIT_PARTIAL.
 */
#ifndef CTL_TRIAGE_TRIAGE_H
#define CTL_TRIAGE_TRIAGE_H

#include "core/ptw.h"
#include "core/strtab.h"
#include "ctl/input/file.h"
#include "ctl/input/options.h"
#include "ctl/dump/mem.h"
#include "ctl/triage/pageset.h"
#include "lib/base/index.h"
#include "lib/base/jsonw.h"
#include "lib/base/strbuf.h"
#include "lib/story/story.h"
#include "lib/story/stream_name.h"

#define TRIAGE_ROOTS 2 /* TTB0 and TTB1, or the stage-2 root */

struct triage_stream {
	u32 smmu, sid;
	const struct story_stream *recorded;
	const struct story_device *device; /* NULL: none is known */
	/*
	 * What the SMMU did with its DMA, by all that is known: bypassed, it could reach all of
	 * memory; translated, what its tables map.
	 */
	enum ste_effect effect;
	bool smmu_off;	   /* bypassed, because its SMMU was switched off */
	bool from_dump;	   /* its entry is the dump's, not the snapshot's */
	bool full_ats;	   /* its translated requests are not checked against the tables */
	const u8 *raw_ste; /* SMMU_STE_BYTES; owned by the story, with from_dump by the stream */
	struct ste_view ste;
	u16 asid; /* the ASID of its context descriptor */
	int n_roots;
	size_t root[TRIAGE_ROOTS]; /* positions in triage.roots */
};

/* A set of tables. Streams of one domain share it, so that it is walked only once. */
struct triage_root {
	struct ptw_geom geom;
	/* Filled by triage_visit(). */
	bool visited;
	u64 mapped, writable, extents, table_bytes, leaves;
	u64 lost_bytes; /* input range whose tables are not in the dump or not in RAM */
	u64 bad_bytes;	/* input range of bad entries and loops, which hardware refuses */
	bool cut;	/* the budget ended it */
};

struct triage_gap {
	char text[160];
};

#define TRIAGE_GAPS 32

struct triage {
	const struct ctl *ctl;
	struct recfile own; /* opened by triage_open(); empty when the caller has the records */
	const struct story *story;
	struct memdump mem;
	struct dump_file *file; /* the record file's, which closes it */
	const char *dump_name, *records_name;
	struct triage_stream *streams;
	struct triage_root *roots;
	size_t n_streams, n_roots;
	struct index root_index; /* of roots, by geometry */
	size_t n_visited;	 /* of the roots */
	u64 bytes_read;		 /* of tables, by all visits */
	struct pageset *tables;	 /* gets the pages of tables that visits read; may be NULL */
	struct triage_gap gaps[TRIAGE_GAPS];
	size_t n_gaps;
};

/*
 * Open the dump @name, or the one in the folder @name, and its records. Returns 0, or a negative
 * errno after a message. Call triage_close() in both cases.
 */
int triage_open(struct triage *t, const struct ctl *ctl, const char *name);
/*
 * As triage_open(), for a FILE that is open and stays open. Sets @err and prints no message.
 * -ENOENT: it has no dump.
 */
int triage_open_file(struct triage *t, const struct ctl *ctl, struct recfile *file,
		     struct errbuf *err);
void triage_close(struct triage *t);
#define _cleanup_triage_ _cleanup_(triage_close)

/* Add a reason why answers may be incomplete, unless it was added before. */
void triage_gap(struct triage *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns the stream @sid behind @smmu, or NULL. */
const struct triage_stream *triage_find(const struct triage *t, u32 smmu, u32 sid);

/* Why a StreamID that is not in t->streams may still have had an entry; NULL: it had none. */
const char *triage_why_unknown(const struct triage *t);

typedef int (*triage_extent_fn)(void *priv, const struct ptw_extent *extent);

/*
 * Call @fn (may be NULL) for everything that the root maps, in order. The first complete visit
 * makes the totals in the root. Shows progress. When the user interrupts it ends early and adds a
 * gap. Returns 0, what @fn returned, or a negative errno after a message.
 */
int triage_visit(struct triage *t, size_t root, triage_extent_fn fn, void *priv);

/* --- words, triage_words.c --- */

/* "0000:00:01.0 Ethernet controller 8086:10d3, capture kernel's driver e1000e"; "no known device".
 */
void triage_device(struct strbuf *out, const struct triage_stream *s);
/* "stage 1, ASID 1, tables at 0x..., 48-bit input, 4 KiB granule" */
void triage_entry(struct strbuf *out, const struct triage *t, const struct triage_stream *s);
const char *triage_access(u32 flags); /* "read-write", "read-only", ... */
const char *triage_effect_name(enum ste_effect effect);
const char *triage_outcome_text(int outcome); /* of enum ptw_outcome */
const char *triage_outcome_name(int outcome); /* "mapped", "not-mapped", ... */

/* Write the first members of a JSON document, and its end with the gaps. */
void triage_json_begin(struct jsonw *w, const struct triage *t, const char *schema);
int triage_json_end(struct jsonw *w, const struct triage *t);
/* "access", "privileged", "access_flag", of the flags of an extent or a walk. */
void triage_json_access(struct jsonw *w, u32 flags);
void triage_json_stream(struct jsonw *w, const struct triage *t, const struct triage_stream *s);
/* Print the gaps as text; the exit code of the answer. */
void triage_print_gaps(const struct triage *t);
enum exit_code triage_code(const struct triage *t);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * facts.h - the facts that follow from a story: which devices were live, which were quiesced in
 * time, how each stream ended. Text, JSON and D-Bus only render these facts.
 */
#ifndef LIB_STORY_FACTS_H
#define LIB_STORY_FACTS_H

#include "core/rmr.h"
#include "lib/base/strbuf.h"
#include "lib/story/names.h"
#include "lib/story/story.h"

/* How a stream ended. Names and texts are in facts.c. */
enum report_end {
	REPORT_END_UNKNOWN,	/* its entry was not read again after the crash */
	REPORT_END_HANDED_OVER, /* live at the crash, another live entry now */
	REPORT_END_EARLY, /* the capture kernel's own entry already when the helper was loaded */
	REPORT_END_ACTIVATED,	/* refused at the crash, live now */
	REPORT_END_OWN,		/* live in a table of the capture kernel's */
	REPORT_END_HELD,	/* crash-time entry, quiesced, kept without driver on purpose */
	REPORT_END_QUIESCED,	/* crash-time entry, quiesced, no driver */
	REPORT_END_BOUND,	/* crash-time entry, driver bound, attach still deferred */
	REPORT_END_STOPPED,	/* the same, and quiesced under that driver */
	REPORT_END_BRIDGE,	/* crash-time entry of a bridge, which is left alone */
	REPORT_END_CRASH_ENTRY, /* crash-time entry, nothing stops its DMA */
	REPORT_END_LIVE,	/* live now, the crash-time entry is not known */
	REPORT_END_BYPASS,	/* bypass now, something else or unknown before */
	REPORT_END_BYPASS_KEPT, /* bypass, as at the crash */
	REPORT_END_BLOCKED,	/* live at the crash, refused now */
	REPORT_END_REFUSED,	/* refused now, and at the crash or not known */
	REPORT_END_GONE,	/* the device vanished */
	REPORT_END_VF_OFF,	/* crash-time entry of a virtual function that is off */
	REPORT_END_ON_AGAIN,	/* crash-time entry, quiesced once, and not stopped any more */
	REPORT_END_MAX = REPORT_END_ON_AGAIN,
};

const char *report_end_name(enum report_end end);  /* "handed-over" */
const char *report_end_text(enum report_end end);  /* a sentence without full stop */
const char *report_end_brief(enum report_end end); /* of a legend; NULL: the name says it */

/* The outcome of an RMR's stream, in words; rmr_verdict_name() is its name. */
const char *report_rmr_text(enum rmr_verdict verdict);

/* An entry with its context descriptor, decoded once for all who tell of it. */
struct report_entry {
	const struct rec_ste *ste; /* NULL: not recorded */
	const struct rec_cd *cd;   /* likewise */
	/* Are the raw bytes there? Else the view is all zeros. */
	bool ste_read, cd_read;
	struct ste_view s;
	struct cd_view c;
};

/* @ste, @cd, @geom may be NULL: not recorded. */
void report_decode(const struct rec_ste *ste, const struct rec_cd *cd, const struct smmu_geom *geom,
		   struct report_entry *ret);
/*
 * The stream's first recorded entry. Returns whether the crash left it; false: it was found when
 * the helper was loaded, and is the capture kernel's.
 */
bool report_first_entry(const struct story *story, const struct story_stream *stream,
			struct report_entry *ret);
/* The same in words: "at the crash", "at load". */
const char *report_first_when(bool crash);
/* The entry as it was seen last. */
void report_last_entry(const struct story *story, const struct story_stream *stream,
		       struct report_entry *ret);
/* Were both read, and are they the same bytes? */
bool report_is_unchanged(const struct story_stream *stream);
/* An entry in words. */
void report_entry_words(const struct report_entry *entry, struct strbuf *ret);
#define REPORT_EARLY_TEXT \
	"not known: the capture kernel had installed its own entry before the helper was loaded"

/* Is its entry at load one of the capture kernel's own table, and not of the crash? */
bool report_in_own_table(const struct story *story, const struct story_stream *stream);
/* Did its entry let DMA through at the crash? 1 yes, 0 no, -1 not known. */
int report_stream_at_crash(const struct story *story, const struct story_stream *stream);
enum report_end report_stream_end(const struct story *story, const struct story_stream *stream);
enum rmr_verdict report_rmr_verdict(const struct story *story, const struct rec_rmr *rmr,
				    const struct story_stream *stream);

/*
 * The recorded streams of @rmr: position of the first one, their number in @ret.
 * Reports show so many of each; firmware may name all of a bus.
 */
#define REPORT_RMR_STREAMS 64
size_t report_rmr_streams(const struct story *story, const struct rec_rmr *rmr, size_t *ret_count);

/* Worth telling: live, changed, unreadable, or named by a device or an RMR. */
bool report_stream_worth(const struct story_stream *stream);
/* The same of a stream without a device, which has a row of its own. */
bool report_stream_alone(const struct story_stream *stream);

/* May the device still do DMA through the crashed kernel's entry? */
enum report_loose {
	REPORT_LOOSE_NO,
	REPORT_LOOSE_UNKNOWN,
	REPORT_LOOSE_YES,
};

/* Decided once, by story_finish(); all who tell of a device take it from there. */
struct report_device {
	const struct story_device *device;
	/* NULL: no such step. A keep that a later bind ended is none. */
	const struct story_step *hold, *quiesce, *flr, *domain, *bind, *keep, *release;
	u32 sids[2 * REC_DEVICE_SIDS]; /* of its first record, then of its last, each once */
	size_t n_sids;
	const char *driver;    /* last one known, "" none */
	bool bridge;	       /* never a unit of work */
	bool live;	       /* a crash-time entry let its DMA through */
	bool live_known;       /* false: no such entry is known, and live means nothing */
	bool quiesced;	       /* quiescing succeeded ... */
	bool quiesced_in_time; /* ... and before anything could attach */
	bool missed;	       /* live, there to the end, and not quiesced in time */
	bool on_again;	       /* quiesced, and then held_on_again() under its crash-time entry */
	u64 on_again_ns;       /* when its hold was given back; 0 not known */
	enum report_loose loose;
	enum report_end end; /* of its streams, in one word */
	bool handed_over;
	bool attached_early; /* before the helper was loaded: its entry at the crash is not known */
	/*
	 * The same, and by no driver: it was held before its SMMU had one, which attached it at
	 * once. With a live entry it would have deferred that.
	 */
	bool attached_at_once;
	int bus_master;	 /* held_bus_master() */
	bool untouched;	 /* entries at the crash and at the end are known and the same */
	bool driverless; /* the image has no driver for it, and it got none from elsewhere */
	bool gone;	 /* it vanished */
	bool lost;	 /* the dump needs it, and the stage ended without a driver for it */
};

/* Is @sid one of its StreamIDs? */
bool report_device_has(const struct report_device *device, u32 sid);
/* 1 and the duration in @ret_ns when the step has ended. */
bool report_step_took(const struct story_step *step, u64 *ret_ns);
/* All texts that tell the number of steps use this. */
struct report_steps {
	size_t all, ended, left; /* left: planned, and neither begun nor ended */
	size_t failed;		 /* of those that ended: failed or timed out */
	size_t pending;		 /* likewise: bound, and not attached yet when last looked at */
};

struct report_steps report_count_steps(const struct story *story);
/* "24 of 24 ended, 2 of them failed", appended to @ret; returns its text. */
const char *report_steps_text(struct strbuf *ret, const struct report_steps *steps);
/* "done", "failed", ...; "unfinished" when no end is recorded, "not-begun" before. */
const char *report_step_outcome(const struct story_step *step);

/* One state for the machine: that of the SMMU which needs attention most. */
enum adopt_state report_state(const struct story *story);

#define REPORT_LOST 4 /* named */

struct report_totals {
	enum adopt_state state;	  /* report_state() */
	enum adopt_reason reason; /* of the SMMU that has this state */
	size_t by_state[ADOPT_NOT_CAPTURE + 1];
	size_t live, handed_over, gone; /* live devices, bridges left out */
	size_t quiesced;		/* of these: before hand-over, and to the end */
	size_t on_again; /* of these: DMA stopped before hand-over, and not to the end */
	size_t early; /* attached before the helper was loaded; not known whether they were live */
	size_t orphans; /* live streams without a device */
	size_t unowned; /* the same where the records have no list of devices */
	bool counted;	/* some crash-time table is known: the numbers above mean something */
	const struct story_device *missed[2]; /* the first of those not quiesced in time */
	size_t n_missed;		      /* live, there to the end; not quiesced in time */
	const struct story_device *lost[REPORT_LOST]; /* of the dump path, not handed over */
	size_t n_lost;
	bool has_start;
	u64 start_ns; /* daemon start, CLOCK_MONOTONIC */
};

void report_totals(const struct story *story, struct report_totals *ret);
/* How long the daemon's work took, from its start, as all times of a report. 0: not known. */
struct report_took {
	size_t live, quiesced; /* live devices, and those quiesced in time */
	size_t on_again;       /* of these: not to the end */
	u64 quiesced_ns;       /* the last of these */
	u64 ready_ns;	       /* when the dump path had its drivers, according to the daemon */
	size_t waiting;	 /* devices of it that were not attached by then, and no later attach is
			    recorded */
	u64 attached_ns; /* when the last of it was attached, if later than ready_ns */
	u64 over_ns;
};

void report_took(const struct story *story, const struct report_totals *totals,
		 struct report_took *ret);
/* The same in words; empty where nothing is known. */
void report_took_words(const struct story *story, const struct report_totals *totals,
		       struct strbuf *ret);
/* The state of @smmu as last seen. */
const struct rec_smmu *report_smmu_last(const struct story_smmu *smmu);
enum adopt_state report_smmu_state(const struct story_smmu *smmu); /* an unknown number: unknown */
/* Was its entry live at the crash, and no device has it? Never where devices are not listed. */
bool report_is_orphan(const struct story *story, const struct story_stream *stream);
/* The same where devices are not listed, so that the owner is not known. */
bool report_is_unowned(const struct story *story, const struct story_stream *stream);
/* Did its entry at the crash let DMA through untranslated? */
bool report_bypassed(const struct story *story, const struct story_stream *stream);
/* Did the last run of the daemon end before its work was done? */
bool report_cut_short(const struct story *story);

/* The verdict, one sentence without full stop. */
void report_verdict(const struct story *story, const struct report_totals *totals,
		    struct strbuf *ret);

/* "DATE UTC, kernel RELEASE, build id ID", as far as it is known. */
void report_crashed(const struct rec_crashed *crashed, struct strbuf *ret);

/* Why a device whose DMA was stopped is on again, and when, counted from the daemon's start. */
void report_on_again(const struct report_device *device, const struct report_totals *totals,
		     struct strbuf *ret);

/* A moment on both clocks: the daemon's start is the zero point of all other times. */
void report_moment(const struct report_totals *totals, u64 ns, struct strbuf *ret);

/* Is a finding of @code about tables and entries, and not about machine or devices? */
bool report_about_tables(u32 code);

/* Sentences about what is not known and why; @fn is called for each. */
typedef void (*report_say_fn)(void *priv, const char *sentence);
void report_unknowns(const struct story *story, report_say_fn fn, void *priv);

/* Name of a PCI class code, as "Ethernet controller"; NULL when it has none here. */
const char *report_pci_class(u32 class_code);

/* The names of the set bits of @bits, joined by @separator. */
void report_bits(u32 bits, const char *(*name)(u32 bit), const char *separator, struct strbuf *ret);

/* Stage 2: input bits, 0 unknown; granule shift, 0 reserved. */
unsigned int report_s2_input_bits(const struct ste_view *ste);
unsigned int report_s2_granule(const struct ste_view *ste);

/* Texts come from foreign records: what is not printable ASCII becomes '?'. */
#define REPORT_CLEAN_BYTES 192
const char *report_clean(char buf[REPORT_CLEAN_BYTES], const char *text);
/* The same of any length. */
void report_cleaned(const char *text, struct strbuf *ret);
#define CLEAN(text) report_clean((char[REPORT_CLEAN_BYTES]){ 0 }, text)

/* A recorded error in words; it may be any number. */
const char *report_error(char buf[64], s32 error);
#define ERROR_TEXT(error) report_error((char[64]){ 0 }, error)

/* The stage that was entered last, NULL none. */
const struct story_stage *report_last_stage(const struct story *story);

/* When the first and the last section of the records was begun, seconds of UTC; 0 not known. */
void report_recorded(const struct story *story, u64 *ret_from, u64 *ret_to);

/* Is the daemon's stage over, by any end? And the step that is running; NULL: none. */
bool report_stage_over(const struct story *story);
const struct story_step *report_step_running(const struct story *story);

/*
 * EXIT_DONE: nothing needs attention. EXIT_PARTIAL: records are torn or the helper's are missing.
 * EXIT_FINDINGS: everything else, and whenever the dump path was not handed over. What decides
 * is in verdict.h.
 */
enum exit_code report_exit_code(const struct story *story);

#endif

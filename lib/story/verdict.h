/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * verdict.h - the judgement of a story, made once: the findings with severity and advice, the
 * level of the whole, and the exit code. Text, JSON, HTML page, D-Bus, status and fleet lines only
 * render it.
 *
 * Most findings are records. Others follow from the records, such as a live device that was never
 * quiesced. smmu-adoptctl adds findings that only a dump shows, with verdict_add().
 */
#ifndef LIB_STORY_VERDICT_H
#define LIB_STORY_VERDICT_H

#include "lib/story/facts.h"

/* The worst finding decides. */
enum verdict_level {
	VERDICT_OK,	 /* nothing needs attention */
	VERDICT_WARNING, /* something does, or not all is known */
	VERDICT_FAILED,	 /* not adopted, dump path lost, or another error */
};

/* Findings that no record has. Their names are published, the numbers are not. */
enum verdict_code {
	VERDICT_NOT_ADOPTED = 0x10000, /* beyond all codes of records */
	VERDICT_UNPROBED,
	VERDICT_STATE_UNKNOWN,
	VERDICT_NO_SMMU,
	VERDICT_NOT_CAPTURE,
	VERDICT_NO_RECORDS,
	VERDICT_NO_DAEMON,
	VERDICT_NOT_QUIESCED,	  /* live, and never quiesced */
	VERDICT_QUIESCED_LATE,	  /* live, and handed over before it was quiesced */
	VERDICT_ON_AGAIN,	  /* quiesced, and not stopped any more */
	VERDICT_ATTACHED_EARLY,	  /* before the helper was loaded: not known whether live */
	VERDICT_ATTACHED_AT_ONCE, /* the same without a driver, so it was not live */
	VERDICT_CUT_SHORT,
	VERDICT_TORN,
	VERDICT_OTHER_CRASH,  /* the records are not of the crash that the dump is of */
	VERDICT_INPUT_BROKEN, /* the file of records could not be read to its end */
	VERDICT_WRITABLE,     /* a device could write memory that no device needs */
	VERDICT_UNTRANSLATED, /* a device could write all of memory */
	VERDICT_NOT_WALKED,   /* it was not looked up which memory devices could write */
	VERDICT_UNREAD_EVENTS,
	/* Of a kernel log (klog_findings.c). */
	VERDICT_LOG_EVENTS,   /* events of one kind and StreamID */
	VERDICT_LOG_CMD_SYNC, /* commands that were not done in time */
	VERDICT_LOG_GERROR,   /* the SMMU's global errors */
	VERDICT_LOG_AER,      /* PCIe errors of a device */
	VERDICT_LOG_SERROR,
	VERDICT_LOG_PANIC,
	VERDICT_LOG_TROUBLE, /* the driver's reset or adoption of an SMMU failed */
	VERDICT_LOG_ENDS,    /* the log ends in the reset */
	VERDICT_LOG_RESET,   /* the line of the reset */
	VERDICT_STEP,	     /* a step failed: this plus enum rec_action */
	VERDICT_STEP_LAST = VERDICT_STEP + REC_ACT_MAX,
};

struct finding {
	u32 code;	    /* enum rec_finding_code or enum verdict_code */
	const char *name;   /* of the code, as "l2-nowhere" */
	u16 severity;	    /* enum rec_severity and nothing else */
	const char *text;   /* foreign bytes may be in it */
	const char *advice; /* a sentence without full stop; NULL: there is nothing to do */
	bool has_smmu;
	u32 smmu, sid; /* sid REC_NO_SID: about no single stream */
	u32 sid_count, sid_stride;
	u64 addr;
	/* For verdict.c. */
	char *own; /* NULL: the text is a record's */
	size_t order;
};

/* What the records do not have, and the crash folder and the dump tell. Any of it may be NULL. */
struct verdict_about {
	/* The machine's name, and why the kernel crashed in its own words; else why not. */
	const char *host, *no_host, *panic, *no_panic;
	const char *dump;	/* the dump's name, "" if there is none */
	u64 dump_bytes;		/* size of the file */
	const char *dump_lacks; /* "": it is complete */
};

/* Zero-initialise with = { 0 }. Ends with verdict_clear(). The story must outlive it. */
struct verdict {
	const struct story *story;
	enum verdict_level level;
	enum exit_code code;
	bool partial; /* not all of the records are there */
	bool foreign; /* ... and they are of another crash than the dump */
	struct verdict_about about;
	struct report_totals totals;
	struct finding *findings; /* the worst first, else in the order of the records */
	size_t n, cap;
	size_t infos, warnings, errors;
	int error; /* 0 or -ENOMEM */
};

/* @story is finished. 0 or -ENOMEM. */
int verdict_decide(const struct story *story, struct verdict *ret);
void verdict_clear(struct verdict *verdict);
#define _cleanup_verdict_ _cleanup_(verdict_clear)

/*
 * One finding more, of the severity that its code has. NULL without memory, which
 * verdict_settle() returns; else the caller may fill in where it is.
 */
struct finding *verdict_add(struct verdict *verdict, u32 code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* After verdict_add(): order the findings, judge anew. 0 or -ENOMEM. */
int verdict_settle(struct verdict *verdict);

const char *verdict_level_name(enum verdict_level level); /* "OK", "WARNING", "FAILED" */

/* One table: name, severity unless a record has another, advice. */
struct finding_kind {
	u32 code;
	const char *name;
	u16 severity;
	const char *advice;
};

/* Never NULL: an unknown code has an entry without advice. */
const struct finding_kind *finding_kind(u32 code);

/* Of VERDICT_NOT_ADOPTED: what to do depends on enum adopt_reason. */
const char *finding_reset_advice(u32 reason);
/* Of REC_FIND_DRIVER_REFUSED, when the driver does not name the StreamID of a bad entry. */
const char *finding_unnamed_advice(void);

/* The findings that follow from the records; verdict_decide() calls this. */
void findings_derive(struct verdict *verdict);

#endif

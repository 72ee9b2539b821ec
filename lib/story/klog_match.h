/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * klog_match.h - recognises lines of a kernel log about an SMMU, about effects of its reset, and
 * of our programs. Each line is judged alone; klog.h combines them.
 */
#ifndef LIB_STORY_KLOG_MATCH_H
#define LIB_STORY_KLOG_MATCH_H

#include "core/adopt.h"
#include "core/rec_types.h"

/* What a line is about. Names are in klog_match.c; they are part of the JSON interface. */
enum klog_what {
	KLOG_NOTHING = 0,
	KLOG_BOOT,     /* a kernel begins */
	KLOG_CAPTURE,  /* it is a capture kernel */
	KLOG_ORDINARY, /* it is an ordinary one: it has memory for a capture kernel, or jumps to it
			*/
	KLOG_HELPER,   /* a line of smmu_adopt.ko; about an SMMU when there is a name */
	KLOG_DAEMON,   /* a line of smmu-adoptd; the result of a step when there is an action */
	KLOG_SMMU,     /* the driver is at an SMMU */
	KLOG_KEPT,     /* it keeps the stream table */
	KLOG_RESET,    /* it resets the SMMU */
	KLOG_WHY,      /* why it does not adopt */
	KLOG_TROUBLE,  /* the reset did not work */
	KLOG_EVENT,    /* an event begins: its id, or all of it in words */
	KLOG_EVENT_WORD, /* one of its four words */
	KLOG_EVENT_MORE, /* what is said of it besides */
	KLOG_SUPPRESSED, /* so many were not printed */
	KLOG_EVENTS_LOST,
	KLOG_CMD_SYNC, /* a command was not done in time */
	KLOG_GERROR,
	KLOG_AER,      /* a report of PCIe errors, of a device */
	KLOG_AER_BIT,  /* one error in it */
	KLOG_HW_ERROR, /* firmware reports an error */
	KLOG_SERROR,
	KLOG_PANIC,
	KLOG_OOPS, /* what else a crash begins with */
	KLOG_WHAT_MAX = KLOG_OOPS,
};

const char *klog_what_name(enum klog_what what);

#define KLOG_NAME_BYTES 32u

struct klog_match {
	enum klog_what what;
	char name[KLOG_NAME_BYTES];   /* of the SMMU, or of a device; "" none */
	char driver[KLOG_NAME_BYTES]; /* of a device with PCIe errors */
	const char *said; /* the part of the text that says it; in @text of klog_match() */
	char client[KLOG_NAME_BYTES]; /* of an event: whose it is, in the kernel's opinion */
	bool words;		      /* of an event: in words, sid is set */
	u8 id;
	u32 sid;
	u64 number;		  /* a word of an event; how many were suppressed */
	enum adopt_state state;	  /* KLOG_HELPER */
	enum adopt_reason reason; /* KLOG_HELPER, KLOG_WHY, KLOG_RESET */
	/* Of the reason, see adopt_log.h; or how much the line says of why the kernel crashed. */
	u32 rank;
	struct rec_result result; /* KLOG_DAEMON, when action is set */
};

/* False: the line is about none of this. @text: the message, NUL-terminated (logline.h). */
bool klog_match(const char *text, struct klog_match *ret);

/* Of KLOG_PANIC, KLOG_SERROR and KLOG_OOPS: the kernel's own words for why it crashed. */
const char *klog_why_crashed(const struct klog_match *match);

#endif

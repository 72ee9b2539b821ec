/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fleet_line.h - one crash as one flat line, for whoever looks at many machines.
 *
 * The line holds numbers and names that can be counted, and a signature: crashes
 * that went wrong in the same way have the same one, on whatever machine. What
 * goes into it is in fleet_cause.c.
 */
#ifndef CTL_FLEET_LINE_H
#define CTL_FLEET_LINE_H

#include "ctl/input/file.h"
#include "lib/base/strbuf.h"
#include "lib/story/verdict.h"

/* Unread events of the crashed kernel: how many, and the most frequent kind. */
struct crash_events {
	u32 unread;
	bool lost; /* a ring had overflowed */
	u8 id;	   /* the kind; meaningless when most is 0 */
	u32 most;  /* how many of it */
	u32 smmu, sid;
};

/* Zero-initialise with = { 0 }. Ends with crash_clear(). The story must outlive it. */
struct crash {
	const struct story *story;
	const char *folder;  /* as it was found */
	const char *records; /* the file that was read */
	const char *host;    /* "": not known */
	char dump[256];	     /* the dump's name, "" none seen */
	u64 dump_bytes;
	char id[33]; /* hex; the same crash has the same one wherever its records lie */
	struct verdict verdict;
	struct crash_events events;
	struct strbuf cause;
	u64 signature;
};

/* Sum up @file's records. 0 or -ENOMEM. The caller has set folder and what it knows else. */
int crash_sum_up(struct crash *crash, const struct recfile *file);
void crash_clear(struct crash *crash);
#define _cleanup_crash_ _cleanup_(crash_clear)

/* Fill in cause and signature from the rest. 0 or -ENOMEM. */
int crash_cause(struct crash *crash, const struct recfile *file);

/* "8086:0200": vendor and class of a PCI device, else bus, or bus and class; "unknown" for NULL. */
const char *crash_kind(char buf[24], const struct story_device *device);
#define CRASH_KIND(device) crash_kind((char[24]){ 0 }, device)

/* One line of JSON. 0 or a negative errno. */
int crash_write(FILE *out, const struct crash *crash);
/* The same to the open journal socket @fd, under MESSAGE_ID_CRASH. 0 or a negative errno. */
int crash_to_journal(int fd, const struct crash *crash);

#endif

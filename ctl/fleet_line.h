/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fleet_line.h - write one crash as one flat line, for admins of many machines.
 *
 * The line has numbers and names that can be counted, and a signature. Crashes that went wrong in
 * the same way have the same signature on every machine; fleet_cause.c makes it.
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
	u32 most;  /* number of events of this kind */
	u32 smmu, sid;
};

/* Zero-initialise with = { 0 }. Ends with crash_clear(). The story must outlive it. */
struct crash {
	const struct story *story;
	const char *folder;  /* as it was found */
	const char *records; /* the file that was read */
	const char *host;    /* "": not known */
	const char *panic;   /* why the kernel crashed, in its own words; "": not known */
	char dump[256];	     /* the dump's name, "" none */
	u64 dump_bytes;
	char id[33]; /* hexadecimal; the same for all copies of the records of one crash */
	struct verdict verdict;
	struct crash_events events;
	struct strbuf cause;
	u64 signature;
};

/*
 * Sum up the records of @file. The caller has set folder and the other names that it knows.
 * Returns 0 or -ENOMEM.
 */
int crash_sum_up(struct crash *crash, const struct recfile *file);
void crash_clear(struct crash *crash);
#define _cleanup_crash_ _cleanup_(crash_clear)

/* Fill in cause and signature from the other members. Returns 0 or -ENOMEM. */
int crash_cause(struct crash *crash, const struct recfile *file);

/*
 * "8086:0200": the vendor and class of a PCI device; of others the bus, or bus and class;
 * "unknown" for NULL.
 */
const char *crash_kind(char buf[24], const struct story_device *device);
#define CRASH_KIND(device) crash_kind((char[24]){ 0 }, device)

/* Write one line of JSON. Returns 0 or a negative errno. */
int crash_write(FILE *out, const struct crash *crash);
/*
 * Send the same to the open journald socket @fd, under MESSAGE_ID_CRASH. Returns 0 or a negative
 * errno.
 */
int crash_to_journald(int fd, const struct crash *crash);

#endif

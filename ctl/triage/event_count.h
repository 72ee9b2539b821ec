/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event_count.h - count the events in a ring by kind and stream. */
#ifndef CTL_TRIAGE_EVENT_COUNT_H
#define CTL_TRIAGE_EVENT_COUNT_H

#include "ctl/triage/rings.h"

struct event_kind {
	u32 sid, count, unread;
	u8 id;
};

/* Zero-initialise with = { 0 }. Ends with event_count_free(). */
struct event_count {
	struct event_kind *kind; /* most frequent first */
	size_t n;
};

/* Count the events of the event queue @ring. Returns 0 or -ENOMEM. */
int event_count(struct event_count *ret, const struct rings *rings, const struct ring *ring);
void event_count_free(struct event_count *count);

#endif

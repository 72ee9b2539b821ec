/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rings.h - the command, event and PRI queues of a crashed machine, put together
 * from the pieces in the records, or read from the dump.
 *
 * A ring keeps its history: consumed entries stay until they are overwritten. The cost of a walk
 * through a ring depends on the pieces that exist, not on the size that a record claims.
 */
#ifndef CTL_TRIAGE_RINGS_H
#define CTL_TRIAGE_RINGS_H

#include "core/queue.h"
#include "ctl/dump/mem.h"
#include "lib/story/story.h"

struct ring {
	struct rec_queue head; /* its members first, count and raw are not used */
	bool from_dump;
	bool capture;  /* the ring is the capture kernel's own, and tells nothing about the crash */
	u32 pending;   /* written, not yet consumed */
	bool overflow; /* event queue: events were lost */
	bool off;      /* its bit of CR0 was clear when last seen: the SMMU writes nothing to it */
	u32 missing;   /* entries that neither the records nor the dump have */
	size_t first, n;    /* its pieces in rings.piece, by position */
	const char *unread; /* why there are no entries, in a few words; NULL: they were read */
};

/* Zero-initialise with = { 0 }. Ends with rings_free(). */
struct rings {
	struct ring *ring; /* by SMMU, then queue */
	struct rec_queue *piece;
	size_t n_rings, n_pieces, cap_pieces;
};

/*
 * Take the queues out of @story's records (@data, @len) and, where these lack
 * them or a part, out of @mem when it is not NULL. Returns 0 or -ENOMEM.
 */
int rings_read(struct rings *rings, const struct story *story, const u8 *data, size_t len,
	       struct memdump *mem);
void rings_free(struct rings *rings);
#define _cleanup_rings_ _cleanup_(rings_free)

/* Is it an event queue of the crashed kernel, and were its entries read? */
bool ring_is_crash_events(const struct ring *ring);

struct ring_entry {
	u32 index;   /* in the ring */
	bool unread; /* between CONS and PROD */
	const u8 *raw;
};

/* Call @fn for every entry that is not all zeros, oldest first, until @fn returns other than 0. */
typedef int (*ring_fn)(void *priv, const struct ring_entry *entry);
int ring_each(const struct rings *rings, const struct ring *ring, ring_fn fn, void *priv);

#endif

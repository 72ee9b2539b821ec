/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * child.h - runs calls that may hang in the kernel in a child process.
 *
 * A probe that never returns cannot be interrupted, and a slow one must not be: if it is killed
 * half-way it fails, and leaves the device in an undefined state. A process that waits for a
 * device's lock cannot be killed either; it does its work when it gets the lock. So "kept"
 * children make such calls: the parent waits with a deadline, and leaves a child running that does
 * not return in time. A child that only reads is killed instead.
 */
#ifndef LIB_BASE_CHILD_H
#define LIB_BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/port.h"

/* The result that a child sends at its end. */
struct child_result {
	int rc;
	char text[160];
};

struct child {
	pid_t pid;
	int fd;	   /* readable when it has ended */
	bool kept; /* never killed */
};

#define CHILD_NONE                  \
	{                           \
		.pid = -1, .fd = -1 \
	}

typedef void (*child_fn)(void *arg, struct child_result *ret);

/* Run @fn(@arg) in a child that dies with us. Returns 0 or a negative errno. */
int child_start(struct child *child, child_fn fn, void *arg);

/* Run @fn(@arg) in a kept child, which outlives us. Process lists show it by this name. */
#define CHILD_KEPT_NAME "kernel-call"
int child_start_kept(struct child *child, child_fn fn, void *arg);

/*
 * Wait at most @wait_ms for its end. Returns 0 (*ret is filled, the child is
 * gone), -EAGAIN (still running) or -ECHILD (died without a word).
 */
int child_collect(struct child *child, uint32_t wait_ms, struct child_result *ret);

/* If it still runs, kill and reap it, or leave it behind when it is stuck, or kept. */
void child_abandon(struct child *child);

#define _cleanup_child_ __attribute__((__cleanup__(child_abandon)))

struct child_items {
	size_t count;
	/* Called in children, one item after the other. */
	int (*fn)(void *arg, size_t i);
	/*
	 * Called after @fn when its result comes too late, because the item's time was over or the
	 * parent has died. It undoes or finishes the item. @rc is what @fn returned.
	 */
	void (*late)(void *arg, size_t i, int rc);
	void *arg;
	uint32_t patience_ms; /* for each */
	u64 deadline_ns;      /* for all, by clock.h */
	bool may_kill;	      /* the children are not kept, and @late is never called */
};

/*
 * An item that takes longer than its patience gets -ETIMEDOUT and a new child goes on with the
 * next; an item that was not begun before the deadline gets -ETIME, one whose child died -ECHILD.
 * Returns 0, or a negative errno when no child could be started; the remaining items then have
 * -ETIME.
 */
int child_each(const struct child_items *items, int *results);

/*
 * Call @fn(@arg, i) for i in 0..@count-1 from processes that are kept. An item that
 * takes longer than @patience_ms does not keep the next one waiting. Returns when all are
 * done, or after @wait_ms; they go on then. 0 or a negative errno.
 */
typedef int (*child_item_fn)(void *arg, size_t i);
int child_leave_each(size_t count, child_item_fn fn, void *arg, uint32_t patience_ms,
		     uint32_t wait_ms);

#endif

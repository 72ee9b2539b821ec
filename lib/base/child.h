/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * child.h - what may get stuck in the kernel runs in a child process.
 *
 * A probe that never returns cannot be interrupted, not even killed; a process
 * that waits for its device lock is stuck with it. So such calls are made by a
 * child, the parent waits with a deadline, and a child that does not come back
 * is killed as far as possible and left behind.
 */
#ifndef LIB_BASE_CHILD_H
#define LIB_BASE_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a child says at its end. */
struct child_result {
	int rc;
	char text[160];
};

struct child {
	pid_t pid;
	int fd; /* readable when it has ended */
};

#define CHILD_NONE                  \
	{                           \
		.pid = -1, .fd = -1 \
	}

typedef void (*child_fn)(void *arg, struct child_result *ret);

/* Run @fn(@arg) in a child. Returns 0 or a negative errno. */
int child_start(struct child *child, child_fn fn, void *arg);

/*
 * Wait at most @wait_ms for its end. Returns 0 (*ret is filled, the child is
 * gone), -EAGAIN (still running) or -ECHILD (died without a word).
 */
int child_collect(struct child *child, uint32_t wait_ms, struct child_result *ret);

/* Kill it if it still runs; reap it, or leave it behind when it is stuck. */
void child_abandon(struct child *child);

#define _cleanup_child_ __attribute__((__cleanup__(child_abandon)))

/*
 * Call @fn(@arg, i) for i in 0..@count-1 in children. An item that takes longer
 * than @patience_ms gets -ETIMEDOUT and a new child goes on with the next; after
 * @limit_ms all that is left gets -ETIMEDOUT. Returns 0 or a negative errno when no
 * child could be started.
 */
typedef int (*child_item_fn)(void *arg, size_t i);
int child_each(size_t count, child_item_fn fn, void *arg, uint32_t patience_ms, uint32_t limit_ms,
	       int *results);

/* In a child: go on when the parent dies. For calls that must not be cut short once begun. */
void child_outlive_parent(void);

/*
 * Call @fn(@arg, i) for i in 0..@count-1 from processes that nobody ever kills:
 * a signal would make a probe fail half-way. An item that takes longer than
 * @patience_ms does not keep the next one waiting. Returns when all are done,
 * or after @wait_ms; they go on then. 0 or a negative errno.
 */
int child_leave_each(size_t count, child_item_fn fn, void *arg, uint32_t patience_ms,
		     uint32_t wait_ms);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rec_fd.h - record streams from file descriptors, in bounded memory whatever
 * their length.
 */
#ifndef LIB_STORY_REC_FD_H
#define LIB_STORY_REC_FD_H

#include "core/rec.h"

/* Return 0 to go on; anything else ends the reading and is returned. */
typedef int (*recread_fn)(void *priv, const struct rec *rec);

struct recread_info {
	u64 bytes;   /* read */
	u64 records; /* good ones */
	u64 torn_at; /* where the torn tail starts, when the stream is torn */
};

#define RECREAD_TORN 1 /* the rest is no record */

/*
 * Where good records are copied to, frame by frame: a torn tail does not get
 * there, for it would hide from readers whatever is appended later.
 */
struct recread_copy {
	int fd;	   /* -1: no copy */
	int error; /* negative errno of the first failed write; then nothing more is copied */
};

/*
 * Read @fd to its end, at most @max_bytes (-EFBIG). @fn and @copy may be NULL.
 * Returns 0, RECREAD_TORN, a negative errno of reading, or what @fn returned.
 */
int recread_fd(int fd, u64 max_bytes, recread_fn fn, void *priv, struct recread_copy *copy,
	       struct recread_info *ret);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cleanup.h - every kind of resource closes itself at the end of its scope.
 *
 * A variable marked _cleanup_X_ is released on every way out; steal_*() hands
 * it over instead. Each release function accepts the empty value and keeps
 * errno.
 */
#ifndef LIB_BASE_CLEANUP_H
#define LIB_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_fclosep(FILE **file)
{
	int saved = errno;

	if (*file)
		fclose(*file);
	errno = saved;
}

static inline void cleanup_closedirp(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	errno = saved;
}

#define _cleanup_(f) __attribute__((__cleanup__(f)))
#define _cleanup_free_ _cleanup_(cleanup_freep)
#define _cleanup_close_ _cleanup_(cleanup_closep)
#define _cleanup_fclose_ _cleanup_(cleanup_fclosep)
#define _cleanup_closedir_ _cleanup_(cleanup_closedirp)

static inline int steal_fd(int *fd)
{
	int ret = *fd;

	*fd = -1;
	return ret;
}

/* The pointer, which its owner forgets. */
#define steal_ptr(p)                                   \
	({                                             \
		__typeof__(p) *steal_at_ = &(p);       \
		__typeof__(p) steal_val_ = *steal_at_; \
		*steal_at_ = NULL;                     \
		steal_val_;                            \
	})

#endif

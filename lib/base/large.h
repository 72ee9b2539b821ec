/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * large.h - memory in large pages.
 *
 * To touch a fresh page costs more than to fill it. Arrays of many megabytes that are going to be
 * used as a whole are worth the advice; it may be ignored, and never takes more memory than the
 * array has.
 */
#ifndef LIB_BASE_LARGE_H
#define LIB_BASE_LARGE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)2 << 20)

static inline void large_advise(void *p, size_t bytes)
{
	uintptr_t start = ((uintptr_t)p + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	uintptr_t end = ((uintptr_t)p + bytes) & ~(LARGE_PAGE - 1);
	int saved = errno;

	if (start < end)
		(void)madvise((char *)p + (start - (uintptr_t)p), end - start, MADV_HUGEPAGE);
	errno = saved;
}

#endif

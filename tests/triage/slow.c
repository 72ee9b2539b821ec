// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * slow.c - loaded in front of the C library: every pread(2) takes some milliseconds more, as on a
 * loaded disk, so that a small dump is long work. Nothing is in the page cache.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	(void)nanosleep(&ms, NULL);
	return syscall(SYS_pread64, fd, buf, len, at);
}

/* Asked with RWF_NOWAIT. */
ssize_t preadv2(int fd, const struct iovec *vec, int count, off_t at, int flags)
{
	(void)fd;
	(void)vec;
	(void)count;
	(void)at;
	(void)flags;
	errno = EAGAIN;
	return -1;
}

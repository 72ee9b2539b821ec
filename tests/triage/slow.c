// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * slow.c - loaded in front of the C library: every pread(2) takes some
 * milliseconds more, as on a loaded disk, so that a small dump is long work.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	(void)nanosleep(&ms, NULL);
	return syscall(SYS_pread64, fd, buf, len, at);
}

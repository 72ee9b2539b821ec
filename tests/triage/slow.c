// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * slow.c - loaded in front of the C library: every pread(2) takes some milliseconds more, as on a
 * loaded disk, so that a small dump is long work. Nothing is in the page cache. Once the program
 * has got ready to be interrupted, and some reads later, the file SLOW_BEGUN says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SOME_READS 50

static void say_begun(void)
{
	const char *name = getenv("SLOW_BEGUN");
	struct sigaction action;
	static int reads;

	/* Not SIGINT, which the caller may have ignored. */
	if (!name || sigaction(SIGTERM, NULL, &action) < 0 || action.sa_handler == SIG_DFL)
		return;
	if (++reads == SOME_READS)
		close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	struct timespec ms = { .tv_nsec = 2000000 };

	(void)nanosleep(&ms, NULL);
	say_begun();
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

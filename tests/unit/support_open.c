// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_open.c - lib/base/fsroot.c asks for openat2() by syscall(). A lock is one of
 * flock(2) on the file itself: it lasts until it is given back, and who waits for it
 * sleeps in the kernel, where the fake clock sees him. (A lease would do without this
 * file, but the kernel takes it away after 45 seconds of its own clock.)
 */
#include "tests/unit/support_open.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS 6
#define LIMIT_S 1800 /* then the test that has the lock is gone */

int open_renames, open_calls, open_locks_readers;

/* By its mark. Programs have locks of their own on files, and a FIFO is not to be opened. */
static bool was_locked(int dir, const char *path)
{
	int fd = openat(dir, path, O_PATH | O_CLOEXEC);
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & OPEN_LOCKED;

	if (fd >= 0)
		close(fd);
	return is;
}

static void wait_for_lock(int dir, const char *path)
{
	int fd = was_locked(dir, path) ? openat(dir, path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		alarm(LIMIT_S);
		while (flock(fd, LOCK_SH) < 0 && errno == EINTR)
			;
		alarm(0);
	}
	close(fd);
}

/* In place of the C library's. */
long syscall(long number, ...)
{
	long (*real)(long number, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	const struct open_how *how;
	long a[ARGUMENTS];
	va_list ap;
	int i;

	va_start(ap, number);
	for (i = 0; i < ARGUMENTS; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_openat2) {
		open_calls++;
		if (open_renames && open_renames--) {
			errno = EAGAIN;
			return -1;
		}
		how = (const struct open_how *)a[2];
		if (!(how->flags & O_PATH) &&
		    (open_locks_readers || (how->flags & O_ACCMODE) != O_RDONLY))
			wait_for_lock((int)a[0], (const char *)a[1]);
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fault.c - preloaded: pwrite() number FAULT_AT and all writing and cutting after
 * it fail, as if the machine had lost its disk there.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t offset);

static int count;

static int gone(int writes)
{
	const char *at = getenv("FAULT_AT");

	count += writes;
	if (!at || count < atoi(at))
		return 0;
	errno = EIO;
	return 1;
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	return gone(1) ? -1 : syscall(SYS_pwrite64, fd, buf, len, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
	return pwrite(fd, buf, len, offset);
}

int ftruncate(int fd, off_t len)
{
	return gone(0) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * turn.c - see turn.h.
 *
 * When a process closes any descriptor of a file, it loses all its locks on that file. So the
 * daemon must not open the lock file again, and remembers that it has the lock.
 */
#include "daemon/act/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/act/resume.h"
#include "lib/base/cleanup.h"
#include "lib/story/names.h"

static pid_t daemon_pid; /* the daemon that this process is, or was started by; 0: none */

bool turn_take(const struct fsroot *root)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = fsroot_openat(root, O_RDWR | O_CREAT, 0600, "%s", PATH_LOCK);

	daemon_pid = getpid();
	/* Without /run there is no lock; the daemon then runs without one. */
	return fd < 0 || fcntl(fd, F_SETLK, &lock) == 0 || (errno != EACCES && errno != EAGAIN);
}

static pid_t who_has_it(const struct fsroot *root)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = -1;

	if (daemon_pid == getpid())
		return daemon_pid;
	fd = fsroot_openat(root, O_RDWR, 0, "%s", PATH_LOCK);
	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

pid_t turn_now(const struct fsroot *root)
{
	return daemon_pid ? daemon_pid : who_has_it(root);
}

bool turn_may_clear(pid_t turn, const struct fsroot *root, const char *device)
{
	pid_t now = turn == TURN_ANY ? 0 : who_has_it(root);
	struct resume resume = { 0 };
	bool theirs;

	if (now <= 0 || now == turn || resume_read(&resume, root) < 0)
		return true;
	theirs = resume_has_hold(&resume, device);
	resume_clear(&resume);
	return !theirs;
}

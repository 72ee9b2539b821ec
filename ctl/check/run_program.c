// SPDX-License-Identifier: LGPL-2.1-or-later
/* run_program.c - see run_program.h. */
#include "ctl/check/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

extern char **environ;

static int start(const char *const *argv, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = posix_spawn_file_actions_init(&actions);
	if (!rc) {
		rc = posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO)
			     ?: posix_spawn_file_actions_addopen(&actions, STDERR_FILENO,
								 "/dev/null", O_WRONLY, 0);
		/* posix_spawnp() takes no const pointers, but changes nothing. */
		if (!rc)
			rc = posix_spawnp(pid, argv[0], &actions, NULL,
					  (char *const *)(uintptr_t)argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(fds[1]);
	if (!rc)
		return fds[0];
	close(fds[0]);
	return -rc;
}

int run_program(const char *const *argv, uint32_t ms, size_t max, struct strbuf *answer)
{
	_cleanup_close_ int fd = -1;
	int status = 0, rc;
	pid_t pid;

	fd = start(argv, &pid);
	if (fd < 0)
		return fd;
	rc = strbuf_read(answer, fd, ms, max);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return rc;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resolve_run.c - the program lies beside this one, as installed or as built. Its answer is read as
 * the daemon reads it.
 */
#include "ctl/check/resolve_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define ANSWER_BYTES_MAX (256u << 10)

extern char **environ;

static int find_program(char *path, size_t cap)
{
	static const char *const places[] = { "../libexec/smmu-adopt/resolve",
					      "../resolve/" NAME_RESOLVE };
	const char *given = getenv("SMMU_ADOPT_RESOLVE");
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (given) {
		snprintf(path, cap, "%s", given);
		return access(path, X_OK) < 0 ? -errno : 0;
	}
	self[n > 0 ? n : 0] = 0;
	if (strrchr(self, '/'))
		*strrchr(self, '/') = 0;
	for (i = 0; n > 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, cap, "%s/%s", self, places[i]);
		if (access(path, X_OK) == 0)
			return 0;
	}
	snprintf(path, cap, "/%s", PATH_RESOLVE);
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* Its messages are in its answer, too. */
static int start(char *const argv[], pid_t *pid)
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
		if (!rc)
			rc = posix_spawn(pid, argv[0], &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(fds[1]);
	if (!rc)
		return fds[0];
	close(fds[0]);
	return -rc;
}

static int read_answer(int fd, struct strbuf *answer)
{
	uint64_t deadline = clock_now_ns() + clock_ms(RESOLVE_RUN_MS);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[4096];
	ssize_t n;

	for (;;) {
		n = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
		if (n == 0)
			return -ETIMEDOUT;
		n = n < 0 ? n : read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : answer->error;
		if (answer->len + (size_t)n > ANSWER_BYTES_MAX)
			return -E2BIG;
		strbuf_putn(answer, part, (size_t)n);
	}
}

/* The comments but the first, which names the program. */
static void take_comments(struct strbuf *how, const char *text)
{
	const char *p = strchr(text, '\n');

	for (; p && p[1] == '#'; p = strchr(p + 1, '\n')) {
		const char *line = p + 1 + strspn(p + 1, "# ");

		if (how->len)
			strbuf_puts(how, "; ");
		strbuf_putn(how, line, strcspn(line, "\n"));
	}
}

int resolve_run(const struct ctl *ctl, const char *target, struct config *ret, struct strbuf *how,
		struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf answer = { 0 };
	_cleanup_close_ int fd = -1;
	char path[600];
	char root_option[] = "--root", end[] = "--"; /* posix_spawn() takes no constants */
	char *argv[] = { path,
			 root_option,
			 (char *)(uintptr_t)(ctl->has_root ? ctl->root_path : "/"),
			 end,
			 (char *)(uintptr_t)target,
			 NULL };
	int rc = find_program(path, sizeof(path)), status = 0;
	pid_t pid;

	if (rc < 0) {
		errbuf_set(err, NAME_RESOLVE " is not installed");
		return -ENOENT;
	}
	fd = start(argv, &pid);
	if (fd < 0) {
		errbuf_set(err, "%s: %s", path, strerror(-fd));
		return -EIO;
	}
	rc = read_answer(fd, &answer);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0 && (!WIFEXITED(status) ||
			(WEXITSTATUS(status) != EXIT_DONE && WEXITSTATUS(status) != EXIT_FINDINGS)))
		rc = -EIO;
	if (rc < 0) {
		errbuf_set(err, NAME_RESOLVE " failed: %s",
			   rc == -EIO ? "run it by hand" : strerror(-rc));
		return rc;
	}
	config_defaults(ret);
	config_add_text(ret, strbuf_text(&answer), NAME_RESOLVE);
	if (how)
		take_comments(how, strbuf_text(&answer));
	return 0;
}

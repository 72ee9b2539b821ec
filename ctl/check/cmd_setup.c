// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_setup.c - "setup" and "unsetup": a machine may need one thing besides the packages, a
 * driver that adopts. smmu-adopt-driver(8) knows the distribution's files for it, and how to
 * build the image again.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/check/check.h"

extern char **environ;

static enum exit_code run_tool(const char *verb)
{
	char tool[] = NAME_DRIVER_TOOL, word[8]; /* posix_spawn() takes no constants */
	char *argv[] = { tool, word, NULL };
	posix_spawn_file_actions_t actions;
	int rc, status;
	pid_t pid;

	snprintf(word, sizeof(word), "%s", verb);
	/*
	 * Its output, and that of the image builder, goes to stderr: it is no result, and a
	 * program may read stdout.
	 */
	rc = posix_spawn_file_actions_init(&actions);
	if (!rc) {
		rc = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
		if (!rc)
			rc = posix_spawnp(&pid, tool, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	if (rc == ENOENT) {
		ctl_message("%s is not installed: install the package smmu-adopt", tool);
		return EXIT_FAILED;
	}
	if (rc) {
		ctl_message("%s: %s", tool, strerror(rc));
		return EXIT_FAILED;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_PARTIAL)
		return (enum exit_code)WEXITSTATUS(status);
	ctl_message("%s %s was killed by a signal or ended with an unknown exit code", tool, verb);
	return EXIT_FAILED;
}

enum exit_code ctl_setup(const struct ctl *ctl, char **args)
{
	enum exit_code code;

	if (check_kernel_adopts(&ctl->root) == 1)
		ctl_message("this kernel's own driver adopts: no other driver is needed");
	else {
		code = run_tool("enable");
		if (code != EXIT_DONE)
			return code;
	}
	return ctl_check(ctl, args);
}

enum exit_code ctl_unsetup(const struct ctl *ctl, char **args)
{
	(void)ctl, (void)args;
	return run_tool("disable");
}

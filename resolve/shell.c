// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * shell.c - a child process sources the file and answers on a pipe: for each variable its value
 * and a NUL. The file's own output is thrown away. Only the last word, "end", proves that the
 * whole file was read: a shell that exits in the file, or refuses it, writes none.
 */
#include "resolve/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "resolve/tree.h"

#define ANSWER_BYTES_MAX (256u << 10)

#define PATH "PATH=/bin:/usr/bin:/sbin:/usr/sbin"

/* Find a shell of this machine. If the tree's "sh" is a link to dash or bash, take that one. */
static int find_shell(const struct fsroot *root, const char *shell, char *buf, size_t cap)
{
	char kind[16] = "";
	const char *name = shell;

	if (!root->real && strcmp(shell, "sh") == 0 &&
	    (fsroot_link_name(root, kind, sizeof(kind), "bin/sh") > 0 ||
	     fsroot_link_name(root, kind, sizeof(kind), "usr/bin/sh") > 0) &&
	    (strcmp(kind, "dash") == 0 || strcmp(kind, "bash") == 0))
		name = kind;
	snprintf(buf, cap, "/bin/%s", name);
	if (access(buf, X_OK) < 0)
		snprintf(buf, cap, "/bin/sh");
	return access(buf, X_OK) < 0 ? -errno : 0;
}

static void make_script(struct strbuf *script, const char *file, const struct shell_variable *v,
			size_t n)
{
	size_t i;

	strbuf_printf(script, ". '/%s'\n", file);
	for (i = 0; i < n; i++)
		strbuf_printf(script, "printf '%%s\\0' \"${%s-}\" >&3\n", v[i].name);
	strbuf_puts(script, "printf 'end\\0' >&3\n");
}

struct shell_call {
	const struct fsroot *root;
	const char *shell, *script;
	const char *environment;
	int answer;
};

/* The child. Never returns. */
static void run_shell(const struct shell_call *call)
{
	int null, rc = tree_leave(), n = 0;
	const char *argv[TREE_WORDS + 3] = { call->shell }, *envp[4] = { PATH, "LC_ALL=C" };
	char shell[64];

	envp[2] = call->environment;
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (rc < 0 || null < 0)
		_exit(1);
	if (!call->root->real) {
		rc = find_shell(call->root, call->shell, shell, sizeof(shell));
		if (rc == 0)
			rc = tree_confine(call->root, shell, argv);
		if (rc < 0)
			_exit(126);
	}
	while (argv[n])
		n++;
	argv[n++] = "-c";
	argv[n++] = call->script;
	argv[n] = NULL;
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    (call->answer == 3 ? fcntl(3, F_SETFD, 0) : dup2(call->answer, 3)) < 0)
		_exit(1);
	execve(argv[0], (char *const *)argv, (char *const *)envp);
	_exit(127);
}

static int take_values(const struct strbuf *answer, struct shell_variable *v, size_t n)
{
	const char *at = answer->data, *end = at + answer->len;
	size_t i;

	for (i = 0; i <= n && at < end; i++) {
		size_t len = strnlen(at, (size_t)(end - at));

		if (at + len == end)
			break;
		if (i == n)
			return strcmp(at, "end") == 0 ? 0 : -ENODATA;
		if (len >= sizeof(v[i].value))
			return -E2BIG;
		memcpy(v[i].value, at, len + 1);
		at += len + 1;
	}
	return -ENODATA;
}

static int ask(struct shell_call *call, struct strbuf *answer)
{
	_cleanup_close_ int from = -1;
	int fds[2], rc, status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	from = fds[0];
	call->answer = fds[1];
	pid = fork();
	if (pid == 0)
		run_shell(call);
	close(fds[1]);
	if (pid < 0)
		return -EAGAIN;
	rc = strbuf_read(answer, from, SHELL_MS, ANSWER_BYTES_MAX);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 126 ? -EPERM : rc;
}

static void clear_values(struct shell_variable *v, size_t n)
{
	while (n--)
		v[n].value[0] = 0;
}

int shell_read(const struct fsroot *root, const char *shell, const char *file,
	       const char *environment, struct shell_variable *variables, size_t n,
	       struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf script = { 0 }, answer = { 0 };
	struct shell_call call = { .root = root, .environment = environment, .shell = shell };
	char path[64];
	int rc;

	clear_values(variables, n);
	if (!fsroot_exists(root, "%s", file))
		return -ENOENT;
	make_script(&script, file, variables, n);
	rc = script.error;
	if (rc == 0 && root->real)
		rc = find_shell(root, shell, path, sizeof(path));
	if (rc == 0) {
		call.shell = root->real ? path : shell;
		call.script = strbuf_text(&script);
		rc = ask(&call, &answer);
	}
	if (rc == 0)
		rc = take_values(&answer, variables, n);
	if (rc == 0)
		return 0;
	clear_values(variables, n);
	if (rc == -ENODATA)
		errbuf_set(err, "/%s: the shell stops before the end of the file", file);
	else if (rc == -EPERM)
		errbuf_set(err,
			   "/%s: this shell file of another machine may run in namespaces only, "
			   "which are not allowed here",
			   file);
	else
		errbuf_set(err, "/%s: %s", file, strerror(-rc));
	return rc == -ENOENT ? -EIO : rc;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * shell.c - a child process sources the file and answers on a pipe: for each variable its value
 * and a NUL. The file's own output is thrown away. Only the last word, "end", proves that the
 * whole file was read: a shell that exits in the file, or refuses it, writes none.
 *
 * In the tree of another machine no program is run (tree.h), and a file that would run one is not
 * understood. This holds also for a program that the tree lacks, as the tree may not be a whole
 * copy. Of all shells only bash starts the process before it looks for the program, so that the
 * attempt can be seen. So bash reads each file of a tree once just for this. It does so in POSIX
 * mode, in which it also ends at an included file that is missing.
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

/*
 * Find a shell of this machine. For "sh" of a tree it is the one that the tree's "sh" is a link to,
 * else Debian's: shells do not agree, for example on "+=".
 */
static int find_shell(const struct fsroot *root, const char *shell, char *buf, size_t cap)
{
	char kind[16] = "dash";

	if (!root->real && strcmp(shell, "sh") == 0) {
		if (fsroot_link_name(root, kind, sizeof(kind), "bin/sh") <= 0 &&
		    fsroot_link_name(root, kind, sizeof(kind), "usr/bin/sh") <= 0)
			strcpy(kind, "dash");
		shell = kind;
	}
	snprintf(buf, cap, "/bin/%s", shell);
	return access(buf, X_OK) < 0 ? -ENOEXEC : 0;
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
	bool posix; /* for bash */
	int answer;
};

#define EXIT_CONFINE 126 /* the tree cannot be confined */
#define EXIT_NO_SHELL 124

/* The child. Never returns. */
static void run_shell(const struct shell_call *call)
{
	int null, rc = tree_leave(), n = 0;
	const char *argv[TREE_WORDS + 4] = { call->shell }, *envp[4] = { PATH, "LC_ALL=C" };
	char shell[64];

	envp[2] = call->environment;
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (rc < 0 || null < 0)
		_exit(1);
	if (!call->root->real) {
		if (find_shell(call->root, call->shell, shell, sizeof(shell)) < 0)
			_exit(EXIT_NO_SHELL);
		if (tree_confine(call->root, shell, argv) < 0)
			_exit(EXIT_CONFINE);
	}
	while (argv[n])
		n++;
	if (call->posix)
		argv[n++] = "--posix";
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

	strbuf_reset(answer);
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
	if (rc < 0 || call->root->real || !WIFEXITED(status))
		return rc;
	switch (WEXITSTATUS(status)) {
	case EXIT_CONFINE: return -EPERM;
	case EXIT_NO_SHELL: return -ENOEXEC;
	case TREE_FORBIDDEN: return -ECANCELED;
	default: return 0;
	}
}

/* Does bash come to the end of the file of a tree without another program? */
static int try_file(const struct shell_call *call, struct strbuf *answer)
{
	static const char end[] = "end";
	struct shell_call strict = *call;
	int rc;

	strict.shell = "bash";
	strict.posix = true;
	rc = ask(&strict, answer);
	if (rc < 0)
		return rc;
	return answer->len >= sizeof(end) &&
			       !memcmp(answer->data + answer->len - sizeof(end), end, sizeof(end))
		       ? 0
		       : -ENODATA;
}

static const char *why(int error)
{
	switch (error) {
	case -ENODATA: return "the shell stops before the end of the file";
	case -EPERM:
		return "this shell file of another machine may run in namespaces only, "
		       "which are not allowed here";
	case -ECANCELED:
		return "it runs other programs, and those of another machine are not run here";
	case -ENOEXEC: return "the shell that reads it is not on this machine";
	default: return strerror(-error);
	}
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
	if (fsroot_has(root, "%s", file) == 0)
		return -ENOENT;
	make_script(&script, file, variables, n);
	rc = script.error;
	if (rc == 0 && root->real)
		rc = find_shell(root, shell, path, sizeof(path));
	if (rc == 0) {
		call.shell = root->real ? path : shell;
		call.script = strbuf_text(&script);
		rc = root->real ? 0 : try_file(&call, &answer);
	}
	if (rc == 0)
		rc = ask(&call, &answer);
	if (rc == 0)
		rc = take_values(&answer, variables, n);
	if (rc == 0)
		return 0;
	clear_values(variables, n);
	errbuf_set(err, "/%s: %s", file, why(rc));
	return rc == -ENOENT ? -EIO : rc;
}

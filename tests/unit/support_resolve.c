// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_resolve.c - the program in a child; a child in namespaces. */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/story/names.h"
#include "tests/unit/support_resolve.h"

#define APART_NOT 77

const char *resolve_program(void)
{
	static char path[600];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	int i;

	assert_true(n > 0);
	path[n] = 0;
	/* build/native/tests/unit/test_x */
	for (i = 0; i < 3; i++)
		*strrchr(path, '/') = 0;
	strcat(path, "/resolve/" NAME_RESOLVE);
	return path;
}

static char *slurp(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

void run_resolve(struct machine *m, const char *const *args, struct run *ret)
{
	int out = memfd_create("out", 0), err = memfd_create("err", 0), status, argc = 3;
	const char *program = resolve_program(), *argv[64] = { program, "--root", m->dir };
	pid_t pid;

	for (; *args; args++)
		argv[argc++] = *args;
	pid = fork();
	if (pid == 0) {
		/* It cannot look for leaks from within a tree. */
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		if (dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
			execv(program, (char *const *)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	ret->code = WEXITSTATUS(status);
	ret->out = slurp(out);
	ret->err = slurp(err);
	if (ret->code != EXIT_FAILED || !strstr(ret->err, "needs root or user namespaces"))
		return;
	print_message("SKIP: %s", ret->err);
	run_free(ret);
	skip();
}

/* The value of each line "KEY = ", in one text. */
static void values_of(const char *text, const char *key, bool whole, char *buf, size_t cap)
{
	const char *p = text;
	char want[32];

	snprintf(want, sizeof(want), "\n%s = ", key);
	buf[0] = 0;
	while ((p = strstr(p, want))) {
		p += strlen(want);
		snprintf(buf + strlen(buf), cap - strlen(buf), "%s%.*s", buf[0] ? " " : "",
			 (int)strcspn(p, whole ? "\n" : " \n"), p);
	}
}

void expect_resolved(struct machine *m, const char *target, const char *devices, const char *doubts)
{
	const char *const args[] = { "--", target, NULL };
	char have[2048], reasons[2048], order[32];
	bool by_name = strstr(doubts, "which is another one when");
	struct run run;

	run_resolve(m, target ? args : args + 2, &run);
	values_of(run.out, "device", false, have, sizeof(have));
	values_of(run.out, "uncertain", true, reasons, sizeof(reasons));
	values_of(run.out, "order", true, order, sizeof(order));
	if (strcmp(have, devices) || strcmp(reasons, doubts) ||
	    strcmp(order, by_name ? "bus" : "") ||
	    run.code != (*doubts ? EXIT_FINDINGS : EXIT_DONE))
		fail_msg("%s: exit %d, %s; %s\n%s", target ? target : "none", run.code, have,
			 reasons, run.err);
	run_free(&run);
}

/* finds [TARGET] -> DEVICES [; DOUBTS] */
static bool resolve_line(struct machine *m, const char *word, char *rest)
{
	char *target = rest, *devices = strstr(rest, "-> "), *doubts;

	if (strcmp(word, "finds") != 0 || !devices)
		return false;
	if (devices == rest)
		target = NULL;
	else
		devices[-1] = 0;
	devices += strlen("-> ");
	doubts = strstr(devices, "; ");
	if (doubts) {
		doubts[doubts > devices ? -1 : 0] = 0;
		doubts += strlen("; ");
	}
	expect_resolved(m, target, devices, doubts ? doubts : "");
	return true;
}

void resolve_text(struct machine *m, const char *text)
{
	mkmachine(m, text, resolve_line);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool go_apart(void)
{
	char uid[48], gid[48];

	snprintf(uid, sizeof(uid), "0 %u 1\n", (unsigned int)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1\n", (unsigned int)getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) == 0 &&
	       put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", uid) &&
	       put("/proc/self/gid_map", gid) &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

int run_apart(int (*fn)(void *priv), void *priv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(go_apart() ? fn(priv) : APART_NOT);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == APART_NOT) {
		print_message("SKIP: no user namespaces here\n");
		skip();
	}
	return WEXITSTATUS(status);
}

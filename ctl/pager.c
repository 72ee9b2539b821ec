// SPDX-License-Identifier: LGPL-2.1-or-later
/* pager.c - see pager.h. */
#include "ctl/pager.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

extern char **environ;

#define WORDS 16

/* The pager's command line; "": the user wants none. */
static const char *command(void)
{
	const char *own = getenv("SMMU_ADOPT_PAGER"), *common = getenv("PAGER");

	return own ? own : common ? common : "less";
}

void pager_begin(struct pager *pager, const struct term *term)
{
	const char *words = command();

	if (!term->terminal || !term->rows || term_is_dumb() || !words[0] || !strcmp(words, "cat"))
		return;
	if (fflush(stdout) == EOF)
		return;
	pager->answer = memfd_create("answer", MFD_CLOEXEC);
	pager->screen = pager->answer < 0 ? -1 : dup(STDOUT_FILENO);
	if (pager->screen >= 0)
		(void)dup2(pager->answer, STDOUT_FILENO);
	else if (pager->answer >= 0)
		close(pager->answer);
}

/* Returns the number of screen rows of @text; colour sequences count as visible characters. */
static size_t count_rows(const char *text, size_t len, unsigned int columns)
{
	size_t rows = 0, at = 0, i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\n' || ++at > columns) {
			rows++;
			at = 0;
		}
	}
	return rows;
}

/* Run the pager without a shell; blanks separate the words of its command line. */
static bool show_by_pager(int answer)
{
	_cleanup_free_ char *line = strdup(command());
	char *argv[WORDS + 1] = { NULL }, *next = line;
	posix_spawn_file_actions_t actions;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old_int, old_quit;
	size_t n = 0;
	pid_t pid;
	int rc;

	while (line && n < WORDS && (argv[n] = strsep(&next, " \t")))
		n += argv[n][0] != 0;
	if (!n || lseek(answer, 0, SEEK_SET) < 0)
		return false;
	argv[n] = NULL;
	/* For less: pass colours through, and quit at once if all fits on the screen. */
	(void)setenv("LESS", "FRX", 0);
	/*
	 * A user who may run smmu-adoptctl as root need not be allowed a shell as root, which
	 * less offers.
	 */
	if (geteuid() == 0)
		(void)setenv("LESSSECURE", "1", 1);
	if (posix_spawn_file_actions_init(&actions))
		return false;
	rc = posix_spawn_file_actions_adddup2(&actions, answer, STDIN_FILENO);
	if (!rc)
		rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		return false;
	/* The pager gets the interrupt key. */
	(void)sigaction(SIGINT, &ignore, &old_int);
	(void)sigaction(SIGQUIT, &ignore, &old_quit);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &old_int, NULL);
	(void)sigaction(SIGQUIT, &old_quit, NULL);
	return true;
}

static int write_all(const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = write(STDOUT_FILENO, text, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -errno;
	}
	return 0;
}

int pager_end(struct pager *pager, const struct term *term)
{
	char *text;
	off_t size;
	int r;

	if (pager->screen < 0)
		return 0;
	r = fflush(stdout) == EOF ? -errno : 0;
	(void)dup2(pager->screen, STDOUT_FILENO);
	close(pager->screen);
	size = lseek(pager->answer, 0, SEEK_END);
	if (size > 0) {
		text = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, pager->answer, 0);
		if (text == MAP_FAILED)
			r = -errno;
		else if (count_rows(text, (size_t)size, term->columns) < term->rows ||
			 !show_by_pager(pager->answer))
			r = write_all(text, (size_t)size);
		if (text != MAP_FAILED)
			munmap(text, (size_t)size);
	}
	close(pager->answer);
	*pager = PAGER_NONE;
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* detach.c - see detach.h. */
#include "daemon/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/machine/journal.h"
#include "daemon/act/release.h"
#include "daemon/supervise.h"

/* The supervisor is dead or hangs: give the holds back in its place. */
static void clean_up_after(const struct fsroot *root, int error, const char *why)
{
	struct journal journal;
	struct hold_tally tally;
	struct errbuf err = { .text = "" };
	int rc;

	log_err("%s: giving back all holds", why);
	rc = release_all(root, SUPERVISE_PATIENCE_MS, SUPERVISE_RELEASE_MS, &tally, &err);
	if (rc < 0)
		log_err("%s", err.text);
	else
		rc = hold_tally_error(&tally);
	if (journal_open(&journal, root, &err) < 0)
		return;
	journal_stage(&journal, REC_STAGE_ABORTED, error, "%s", why);
	journal_stage(&journal, REC_STAGE_RELEASED, rc,
		      "%zu holds given back, %zu failed, %zu in a running probe", tally.released,
		      tally.failed, tally.stuck);
	journal_close(&journal);
}

void detach_wait(const struct fsroot *root, int fd, uint32_t stage_ms)
{
	u64 deadline = clock_now_ns() + clock_ms(stage_ms + SUPERVISE_GRACE_MS);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;
	int n;

	do {
		n = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		clean_up_after(root, -ETIMEDOUT, "the daemon does not answer");
	else if (read(fd, &byte, 1) != 1)
		clean_up_after(root, -EPIPE, "the daemon died");
}

void detach_tell(int *fd)
{
	int null;

	if (*fd < 0)
		return;
	/* Write a byte, as a child that was left behind may keep the pipe open. */
	if (write(*fd, "", 1) < 0)
		log_warning("the parent process has ended");
	close(*fd);
	*fd = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * child.c - one pipe per child carries its result; end of file without one
 * means that it died.
 *
 * Children die with their parent (PR_SET_PDEATHSIG), so that a worker killed by
 * the supervisor takes along what it started - unless that is stuck in the
 * kernel, where the signal waits for the probe to return.
 */
#include "lib/base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define REAP_PATIENCE_MS 50

static int start_process(struct child *child, int *ret_write_fd)
{
	_cleanup_close_ int read_fd = -1, write_fd = -1;
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_fd = fds[0];
	write_fd = fds[1];
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (child->pid == 0) {
		close(steal_fd(&read_fd));
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		*ret_write_fd = steal_fd(&write_fd);
		return 1;
	}
	child->fd = steal_fd(&read_fd);
	return 0;
}

int child_start(struct child *child, child_fn fn, void *arg)
{
	struct child_result result = { .rc = 0 };
	int fd = -1, rc;

	rc = start_process(child, &fd);
	if (rc <= 0)
		return rc;
	fn(arg, &result);
	_exit(write(fd, &result, sizeof(result)) == (ssize_t)sizeof(result) ? 0 : 1);
}

/* Returns bytes read (less than @len: end of file), -EAGAIN when time is over. */
static ssize_t read_fully(int fd, void *buf, size_t len, uint32_t wait_ms)
{
	uint64_t deadline = clock_now_ns() + clock_ms(wait_ms);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EAGAIN;
		n = read(fd, (char *)buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int child_collect(struct child *child, uint32_t wait_ms, struct child_result *ret)
{
	ssize_t n = read_fully(child->fd, ret, sizeof(*ret), wait_ms);

	if (n < 0)
		return (int)n;
	child_abandon(child);
	if ((size_t)n < sizeof(*ret))
		return -ECHILD;
	ret->text[sizeof(ret->text) - 1] = 0;
	return 0;
}

void child_abandon(struct child *child)
{
	uint64_t deadline = clock_now_ns() + clock_ms(REAP_PATIENCE_MS);

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, WNOHANG) == 0 && clock_now_ns() < deadline)
			clock_sleep_ms(1);
	}
	if (child->fd >= 0)
		close(child->fd);
	child->pid = -1;
	child->fd = -1;
}

/* Items @first.. in one child; reports as they are done. Returns the next item to look at. */
static int each_from(size_t first, size_t count, child_item_fn fn, void *arg, uint32_t patience_ms,
		     uint64_t deadline, int *results, size_t *ret_next)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	uint32_t wait_ms;
	int fd = -1, rc;
	size_t i;

	rc = start_process(&child, &fd);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		for (i = first; i < count; i++) {
			rc = fn(arg, i);
			if (write(fd, &rc, sizeof(rc)) != (ssize_t)sizeof(rc))
				_exit(1);
		}
		_exit(0);
	}
	for (i = first; i < count; i++) {
		ssize_t n;

		wait_ms = clock_left_ms(clock_now_ns(), deadline);
		if (wait_ms > patience_ms)
			wait_ms = patience_ms;
		n = read_fully(child.fd, &results[i], sizeof(results[i]), wait_ms);
		if (n != (ssize_t)sizeof(results[i])) {
			results[i++] = n == -EAGAIN ? -ETIMEDOUT : -ECHILD;
			break;
		}
	}
	*ret_next = i;
	return 0;
}

int child_each(size_t count, child_item_fn fn, void *arg, uint32_t patience_ms, uint32_t limit_ms,
	       int *results)
{
	uint64_t deadline = clock_now_ns() + clock_ms(limit_ms);
	size_t next = 0;
	int rc;

	while (next < count && clock_now_ns() < deadline) {
		rc = each_from(next, count, fn, arg, patience_ms, deadline, results, &next);
		if (rc < 0)
			return rc;
	}
	for (; next < count; next++)
		results[next] = -ETIMEDOUT;
	return 0;
}

void child_outlive_parent(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
}

/* Has @pid ended within @wait_ms? */
static bool ends_within(pid_t pid, uint32_t wait_ms)
{
	uint64_t deadline = clock_now_ns() + clock_ms(wait_ms);

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_now_ns() >= deadline)
			return false;
		clock_sleep_ms(1);
	}
	return true;
}

int child_leave_each(size_t count, child_item_fn fn, void *arg, uint32_t patience_ms,
		     uint32_t wait_ms)
{
	pid_t pid, item;
	size_t i;

	if (!count)
		return 0;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		ends_within(pid, wait_ms);
		return 0;
	}
	setsid();
	for (i = 0; i < count; i++) {
		item = fork();
		if (item == 0) {
			fn(arg, i);
			_exit(0);
		}
		if (item > 0)
			ends_within(item, patience_ms);
	}
	_exit(0);
}

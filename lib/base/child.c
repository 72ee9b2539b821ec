// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * child.c - one pipe per child carries its result; end of file without one means that it died.
 *
 * Children that may be killed die with their parent, too (PR_SET_PDEATHSIG). Kept children block
 * all signals, since a SIGTERM to all processes would abort a probe as SIGKILL does. Only a
 * SIGKILL from another process ends them; they have a name of their own, by which such a process
 * can leave them out. They close all inherited files, since the program that started us may wait
 * for the end of one.
 */
#include "lib/base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define REAP_PATIENCE_MS 50

static void become_kept(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), i;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, CHILD_KEPT_NAME);
	for (i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd >= 3)
		close(fd);
}

static int start_process(struct child *child, bool kept, int *ret_write_fd)
{
	_cleanup_close_ int read_fd = -1, write_fd = -1;
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_fd = fds[0];
	write_fd = fds[1];
	child->kept = kept;
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (child->pid == 0) {
		close(steal_fd(&read_fd));
		if (kept)
			become_kept();
		else
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		*ret_write_fd = steal_fd(&write_fd);
		return 1;
	}
	child->fd = steal_fd(&read_fd);
	return 0;
}

static int start(struct child *child, bool kept, child_fn fn, void *arg)
{
	struct child_result result = { .rc = 0 };
	int fd = -1, rc;

	rc = start_process(child, kept, &fd);
	if (rc <= 0)
		return rc;
	fn(arg, &result);
	_exit(write(fd, &result, sizeof(result)) == (ssize_t)sizeof(result) ? 0 : 1);
}

int child_start(struct child *child, child_fn fn, void *arg)
{
	return start(child, false, fn, arg);
}

int child_start_kept(struct child *child, child_fn fn, void *arg)
{
	return start(child, true, fn, arg);
}

/* Returns bytes read (less than @len: end of file), -EAGAIN when time is over. */
static ssize_t read_fully(int fd, void *buf, size_t len, uint32_t wait_ms)
{
	u64 deadline = clock_now_ns() + clock_ms(wait_ms);
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

/* Has @pid ended within @wait_ms? */
static bool ends_within(pid_t pid, uint32_t wait_ms)
{
	u64 deadline = clock_now_ns() + clock_ms(wait_ms);

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_now_ns() >= deadline)
			return false;
		clock_sleep_ms(1);
	}
	return true;
}

/* Wait @wait_ms for the child's end, then forget it. */
static void let_go(struct child *child, uint32_t wait_ms)
{
	if (child->pid > 0 && !child->kept)
		kill(child->pid, SIGKILL);
	if (child->pid > 0)
		ends_within(child->pid, wait_ms);
	if (child->fd >= 0)
		close(child->fd);
	child->pid = -1;
	child->fd = -1;
}

int child_collect(struct child *child, uint32_t wait_ms, struct child_result *ret)
{
	ssize_t n = read_fully(child->fd, ret, sizeof(*ret), wait_ms);

	if (n < 0)
		return (int)n;
	let_go(child, REAP_PATIENCE_MS);
	if ((size_t)n < sizeof(*ret))
		return -ECHILD;
	ret->text[sizeof(ret->text) - 1] = 0;
	return 0;
}

void child_abandon(struct child *child)
{
	let_go(child, child->kept ? 0 : REAP_PATIENCE_MS);
}

/* ---- one after the other ---- */

/* An item is settled once: by the child as done, or by the parent as left. */
enum slot_state {
	SLOT_OPEN,
	SLOT_DONE,
	SLOT_LEFT
};

struct slot {
	enum slot_state state;
	int rc;
};

static bool settle(struct slot *slot, enum slot_state state)
{
	enum slot_state open = SLOT_OPEN;

	return __atomic_compare_exchange_n(&slot->state, &open, state, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static bool is_settled(const struct slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST) != SLOT_OPEN;
}

/*
 * Runs in the child. It checks that the parent is alive after it has done an item and before it
 * settles the item: a process that cleans up after a dead parent does so later than both.
 */
static void do_items(const struct child_items *items, struct slot *slots, size_t i, pid_t parent,
		     int fd)
{
	for (; i < items->count && getppid() == parent && !is_settled(&slots[i]); i++) {
		slots[i].rc = items->fn(items->arg, i);
		if (getppid() != parent || !settle(&slots[i], SLOT_DONE)) {
			if (items->late)
				items->late(items->arg, i, slots[i].rc);
			return;
		}
		/* Only to wake the parent. */
		if (write(fd, "", 1) != 1)
			return;
	}
}

/* Wait until @slot is settled: 0. At -ETIMEDOUT and -ECHILD this function has settled it. */
static int wait_for_slot(const struct child *child, struct slot *slot, u64 deadline)
{
	struct pollfd p = { .fd = child->fd, .events = POLLIN };
	bool ended = false;
	char bytes[64];
	ssize_t n;
	int rc;

	while (!is_settled(slot) && !ended) {
		rc = clock_poll(&p, 1, (int)clock_left_ms(clock_now_ns(), deadline));
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			break;
		n = read(child->fd, bytes, sizeof(bytes));
		ended = n == 0 || (n < 0 && errno != EINTR);
	}
	if (!settle(slot, SLOT_LEFT))
		return 0;
	return ended ? -ECHILD : -ETIMEDOUT;
}

/* Items *next.. in one child, as far as it comes. Returns 0 or a negative errno. */
static int each_from(const struct child_items *items, struct slot *slots, int *results,
		     size_t *next)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	u64 until;
	pid_t parent = getpid();
	int fd = -1, rc;

	rc = start_process(&child, !items->may_kill, &fd);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		do_items(items, slots, *next, parent, fd);
		_exit(0);
	}
	do {
		until = clock_now_ns() + clock_ms(items->patience_ms);
		rc = wait_for_slot(&child, &slots[*next],
				   until < items->deadline_ns ? until : items->deadline_ns);
		results[*next] = rc < 0 ? rc : slots[*next].rc;
	} while (++*next < items->count && rc == 0);
	if (rc != -ETIMEDOUT)
		let_go(&child, REAP_PATIENCE_MS);
	return 0;
}

int child_each(const struct child_items *items, int *results)
{
	size_t bytes = items->count * sizeof(struct slot), next = 0;
	struct slot *slots;
	int rc = 0;

	if (!items->count)
		return 0;
	slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		rc = -ENOMEM;
	while (rc == 0 && next < items->count && clock_now_ns() < items->deadline_ns)
		rc = each_from(items, slots, results, &next);
	for (; next < items->count; next++)
		results[next] = -ETIME;
	if (slots != MAP_FAILED)
		munmap(slots, bytes);
	return rc;
}

/* ---- left to themselves ---- */

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
	become_kept();
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

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_clock.c - see support_clock.h.
 *
 * Each process has a seat at a shared table. Who waits notes until when. Whose wait is
 * the first to end watches the others, and moves the clock when none of them can run;
 * SIGURG wakes those who have to know. Who can run is read from /proc: everybody sleeps at two
 * looks, and has not been switched to in between. Who waits by the clock must be seen
 * asleep, too: with data for him he is not.
 */
#include "tests/unit/support_clock.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_NS (1000ull * 1000000000ull)
#define SEATS 512
#define VARIABLE "FAKECLOCK_FD" /* where the table is, for programs that the test starts */
#define NAP_MS 50		/* should nobody wake us */
#define LIMIT_MS 900000 /* of the kernel's clock, without any move of ours: then a test hangs */

struct seat {
	pid_t pid; /* 0: about to be forked; -1: gone */
	u64 until; /* 0: does not wait by this clock */
	u64 waits; /* so far */
};

struct table {
	u64 now;
	size_t count;
	struct seat seats[SEATS];
};

/* How long we wait for others to come to rest. */
struct patience {
	u64 seen; /* the clock, when it moved last */
	u64 end;  /* by the kernel's clock */
};

static volatile struct table *table; /* shared; NULL: the kernel's clock */
static int table_fd = -1;
static volatile struct seat *own;
static volatile sig_atomic_t woken;

static u64 real_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

static volatile struct seat *new_seat(void)
{
	size_t i = __atomic_fetch_add(&table->count, 1, __ATOMIC_SEQ_CST);

	if (i >= SEATS) {
		fputs("fake clock: more processes than seats\n", stderr);
		abort();
	}
	return &table->seats[i];
}

static void on_wake(int sig)
{
	(void)sig;
	woken = 1;
}

/*
 * Blocked but while we nap, so that it is not missed. Inherited by those who are forked. One that
 * comes late interrupts no call of a test that has no signals blocked.
 */
static void catch_wake(void)
{
	struct sigaction action = { .sa_handler = on_wake, .sa_flags = SA_RESTART };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigaction(SIGURG, &action, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/*
 * A child that crashes would sleep until a program outside of the test has its core: no time of
 * ours. 1 means no core in a file, and none for such a program.
 */
static void leave_no_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < 1 ? limit.rlim_max : 1;
	(void)setrlimit(RLIMIT_CORE, &limit);
}

static bool map_table(int fd)
{
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return table != MAP_FAILED;
}

void fakeclock_start(void)
{
	/* A new one for each test: somebody of the last one may still sit at the old one. */
	int fd = memfd_create("fake clock", 0);
	char number[16];

	if (fd < 0 || ftruncate(fd, sizeof(*table)) < 0 || !map_table(fd))
		abort();
	(void)snprintf(number, sizeof(number), "%d", fd);
	setenv(VARIABLE, number, 1);
	table_fd = fd;
	table->now = START_NS;
	own = new_seat();
	own->pid = getpid();
	catch_wake();
	leave_no_core();
}

/* A program with this file in it, which the test has started: it has the seat of its process. */
__attribute__((constructor)) static void fakeclock_join(void)
{
	const char *number = getenv(VARIABLE);
	volatile struct seat *seat;

	if (!number)
		return;
	if (!map_table(atoi(number)))
		abort();
	for (seat = table->seats; seat < table->seats + table->count; seat++)
		if (seat->pid == getpid())
			own = seat;
	if (!own)
		abort();
	catch_wake();
}

/* Is @pid still the process that sat down here, and no other program? */
static bool is_ours(pid_t pid)
{
	char path[40], exe[256] = "", mine[256] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 &&
	       readlink("/proc/self/exe", mine, sizeof(mine) - 1) > 0 && !strcmp(exe, mine);
}

/* What was left behind on purpose is left by nobody else. */
static void end_others(void)
{
	volatile struct seat *seat;

	for (seat = table->seats; seat < table->seats + table->count; seat++) {
		if (seat == own || seat->pid <= 0 || !is_ours(seat->pid))
			continue;
		(void)syscall(SYS_kill, seat->pid, SIGKILL);
		(void)waitpid(seat->pid, NULL, 0);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void fakeclock_stop(void)
{
	if (!table)
		return;
	end_others();
	own->pid = -1;
	munmap((void *)table, sizeof(*table));
	table = NULL;
	unsetenv(VARIABLE);
	close(table_fd);
}

u64 fakeclock_ms(void)
{
	return (table->now - START_NS) / CLOCK_NS_PER_MS;
}

/* In place of the C library's: everybody is at the table before he runs. */
pid_t fork(void)
{
	pid_t (*real_fork)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
	volatile struct seat *seat = table ? new_seat() : NULL;
	pid_t pid = real_fork();

	if (!seat)
		return pid;
	seat->pid = pid ? pid : getpid();
	if (!pid)
		own = seat;
	return pid;
}

/* ---- who can run ---- */

/*
 * State S alone is also that of a process which was preempted on its way to sleep, or
 * in waitpid(WNOHANG): it is in no function to wait for, then.
 */
static bool is_off_cpu(int task)
{
	char where[64];
	ssize_t n;
	int fd = openat(task, "wchan", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true; /* a kernel that does not tell */
	n = read(fd, where, sizeof(where));
	close(fd);
	return n > 1 || (n == 1 && where[0] != '0');
}

/* Of one thread: false when it runs, or is about to. It adds how often it was switched to. */
static bool task_sleeps(int task, bool *ret_ended, u64 *switches)
{
	char text[4096], *line, state = 'X';
	u64 count;
	int fd = openat(task, "status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		(void)sscanf(line, "State: %c", &state);
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &count) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %llu", &count) == 1)
			*switches += count;
	}
	*ret_ended = state == 'X' || state == 'Z';
	return *ret_ended || ((state == 'S' || state == 'T') && is_off_cpu(task));
}

/* Of a process: does each of its threads? *ret_ended, or how often they were switched to. */
static bool sleeps(pid_t pid, bool *ret_ended, u64 *ret_switches)
{
	bool ended, all = true;
	struct dirent *entry;
	char path[40];
	DIR *dir;
	int fd;

	*ret_switches = 0;
	*ret_ended = true;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && all && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		all = task_sleeps(fd, &ended, ret_switches);
		*ret_ended = *ret_ended && ended;
		close(fd);
	}
	if (dir)
		closedir(dir);
	return all;
}

static u64 mix(u64 sum, u64 value)
{
	return (sum ^ value) * 0x100000001b3ull + (sum >> 29);
}

/* Whose wait ends first; of several, who came first. */
static volatile struct seat *first_to_end(void)
{
	volatile struct seat *first = own, *seat;

	for (seat = table->seats; seat < table->seats + table->count; seat++)
		if (seat->pid > 0 && seat->until && seat->until <= first->until &&
		    (seat->until < first->until || seat < first))
			first = seat;
	return first;
}

/* Do all the others sleep? *ret_sum: which sleep of each it is. */
static bool look(u64 *ret_sum)
{
	size_t i, count = table->count;
	u64 sum = 0, switches;
	bool ended;

	for (i = 0; i < count; i++) {
		volatile struct seat *seat = &table->seats[i];
		pid_t pid = seat->pid;

		if (seat == own || pid < 0)
			continue;
		if (!pid || !sleeps(pid, &ended, &switches))
			return false;
		if (ended) {
			seat->pid = -1;
			continue;
		}
		sum = mix(sum, (u64)pid);
		sum = mix(sum, seat->until ? seat->waits : switches);
	}
	*ret_sum = sum;
	return count == table->count;
}

static bool all_sleep(void)
{
	u64 first, second;

	return look(&first) && look(&second) && first == second;
}

/* ---- waiting ---- */

static void wake(volatile struct seat *seat)
{
	if (seat != own)
		(void)syscall(SYS_kill, seat->pid, SIGURG);
}

static void move_clock(u64 until)
{
	volatile struct seat *seat;

	table->now = until;
	for (seat = table->seats; seat < table->seats + table->count; seat++)
		if (seat->pid > 0 && seat->until && seat->until <= until)
			wake(seat);
}

/* Is it our turn to move the clock? Who was killed while he waited, has none. */
static bool is_first(void)
{
	volatile struct seat *first = first_to_end();
	u64 switches;
	bool ended;

	if (first != own && (sleeps(first->pid, &ended, &switches), ended))
		first->pid = -1;
	return first == own && own->until != UINT64_MAX;
}

/* As poll(): 0 when there is nothing, -1 for a signal that is not ours. */
static int nap(struct pollfd *fds, nfds_t count, int ms)
{
	struct timespec ts = { .tv_nsec = (long)ms * 1000000 };
	sigset_t set;
	int n;

	sigprocmask(SIG_BLOCK, NULL, &set);
	sigdelset(&set, SIGURG);
	woken = 0;
	n = ppoll(fds, count, &ts, &set);
	return n < 0 && errno == EINTR && woken ? 0 : n;
}

/* Nothing has changed for so long that nothing ever will. @patience is of one wait. */
static void check_patience(struct patience *patience)
{
	if (!patience->end || table->now != patience->seen) {
		patience->seen = table->now;
		patience->end = real_now() + clock_ms(LIMIT_MS);
	}
	if (real_now() <= patience->end)
		return;
	fputs("fake clock: somebody never comes to rest\n", stderr);
	abort();
}

static int wait_until(struct pollfd *fds, nfds_t count, u64 until)
{
	struct patience patience = { 0 };
	int n;

	own->waits++;
	own->until = until;
	wake(first_to_end());
	for (;;) {
		bool first = is_first();

		n = poll(fds, count, 0);
		if (n || table->now >= until)
			break;
		/* Nobody changes anything now; but who is asleep may wait since a moment ago. */
		if (first && all_sleep() && is_first()) {
			n = poll(fds, count, 0);
			if (!n)
				move_clock(until);
			break;
		}
		n = nap(fds, count, first ? 1 : NAP_MS);
		if (n)
			break;
		check_patience(&patience);
	}
	own->until = 0;
	return n;
}

u64 clock_now_ns(void)
{
	return table ? table->now : real_now();
}

void clock_sleep_ms(uint32_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	if (table)
		(void)wait_until(NULL, 0, table->now + clock_ms(ms));
	else
		nanosleep(&ts, NULL);
}

int clock_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (!table || !timeout_ms)
		return poll(fds, count, timeout_ms);
	return wait_until(fds, count,
			  timeout_ms < 0 ? UINT64_MAX
					 : table->now + clock_ms((uint32_t)timeout_ms));
}

/* Is its wait over, though it may not know yet? */
static bool is_due(pid_t pid)
{
	volatile struct seat *seat;

	for (seat = table->seats; seat < table->seats + table->count; seat++)
		if (seat->pid == pid && seat->until && seat->until <= table->now)
			return true;
	return false;
}

/* Does @pid sleep, at two looks, and is it the same sleep? Not when it has ended. */
static bool is_at_rest(pid_t pid)
{
	u64 first, second;
	bool ended;

	return !is_due(pid) && sleeps(pid, &ended, &first) && !ended &&
	       sleeps(pid, &ended, &second) && !ended && first == second;
}

/*
 * In place of the C library's: "not yet" is said of a child that sleeps, and not of one on its
 * way to its end. Who looks each millisecond sees the end in the millisecond in which it comes.
 */
pid_t waitpid(pid_t pid, int *status, int options)
{
	pid_t (*real_waitpid)(pid_t, int *, int) =
		(pid_t(*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid");
	struct patience patience = { 0 };
	pid_t ended = real_waitpid(pid, status, options);

	/* No nap: who does not wait by the clock would be seen asleep. */
	while (table && options & WNOHANG && pid > 0 && ended == 0 && !is_at_rest(pid)) {
		sched_yield();
		check_patience(&patience);
		ended = real_waitpid(pid, status, options);
	}
	return ended;
}

int fakeclock_wait(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0)
		clock_sleep_ms(1);
	return status;
}

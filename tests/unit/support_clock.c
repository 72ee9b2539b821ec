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

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_NS (1000ull * 1000000000ull)
#define SEATS 512
#define NAP_MS 50	/* should nobody wake us */
#define LIMIT_MS 200000 /* then something is wrong */

struct seat {
	pid_t pid;	/* 0: about to be forked; -1: gone */
	uint64_t until; /* 0: does not wait by this clock */
	uint64_t waits; /* so far */
};

struct table {
	uint64_t now;
	size_t count;
	struct seat seats[SEATS];
};

static volatile struct table *table; /* shared; NULL: the kernel's clock */
static volatile struct seat *own;
static volatile sig_atomic_t woken;

static uint64_t real_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
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

/* Blocked but while we nap, so that it is not missed. Inherited by those who are forked. */
static void catch_wake(void)
{
	struct sigaction action = { .sa_handler = on_wake };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigaction(SIGURG, &action, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void fakeclock_start(void)
{
	/* A new one for each test: somebody of the last one may still sit at the old one. */
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (table == MAP_FAILED)
		abort();
	table->now = START_NS;
	own = new_seat();
	own->pid = getpid();
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
}

uint64_t fakeclock_ms(void)
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
static bool is_off_cpu(pid_t pid)
{
	char path[40], where[64];
	FILE *file;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/wchan", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return true; /* a kernel that does not tell */
	n = fread(where, 1, sizeof(where), file);
	(void)fclose(file);
	return n > 1 || (n == 1 && where[0] != '0');
}

/* False: it runs, or is about to. *ret_ended, or how often it was switched to. */
static bool sleeps(pid_t pid, bool *ret_ended, uint64_t *ret_switches)
{
	char path[40], line[128], state = 'X';
	unsigned long long n;
	FILE *file;

	*ret_switches = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		(void)sscanf(line, "State: %c", &state);
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %llu", &n) == 1)
			*ret_switches += n;
	}
	if (file)
		(void)fclose(file);
	*ret_ended = state == 'X' || state == 'Z';
	return *ret_ended || (state == 'S' && is_off_cpu(pid));
}

static uint64_t mix(uint64_t sum, uint64_t value)
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
static bool look(uint64_t *ret_sum)
{
	size_t i, count = table->count;
	uint64_t sum = 0, switches;
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
		sum = mix(sum, (uint64_t)pid);
		sum = mix(sum, seat->until ? seat->waits : switches);
	}
	*ret_sum = sum;
	return count == table->count;
}

static bool all_sleep(void)
{
	uint64_t first, second;

	return look(&first) && look(&second) && first == second;
}

/* ---- waiting ---- */

static void wake(volatile struct seat *seat)
{
	if (seat != own)
		(void)syscall(SYS_kill, seat->pid, SIGURG);
}

static void move_clock(uint64_t until)
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
	uint64_t switches;
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

static int wait_until(struct pollfd *fds, nfds_t count, uint64_t until)
{
	uint64_t limit = real_now() + clock_ms(LIMIT_MS);
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
		if (real_now() > limit) {
			fputs("fake clock: somebody never comes to rest\n", stderr);
			abort();
		}
	}
	own->until = 0;
	return n;
}

uint64_t clock_now_ns(void)
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

int fakeclock_wait(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0)
		clock_sleep_ms(1);
	return status;
}

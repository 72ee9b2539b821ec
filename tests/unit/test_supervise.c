// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/supervise.c with workers that end well, badly, or never: in
 * every case the stage ends in time, holds are given back, and the journal says
 * what happened.
 */
#include "tests/unit/cmocka_all.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/act/hold.h"
#include "daemon/publish.h"
#include "daemon/supervise.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_shared.h"
#include "tests/unit/support_spare.h"

#define assert_took(b, ms) assert_int_equal((b)->took_ms, ms)

struct bench {
	struct machine m;
	struct stage_shared *shared;
	struct story told;
	u64 took_ms;
	uint32_t works_ms; /* how long works() takes */
	int lock;	   /* of the first device in a probe that does not end */
	int notify_fd;
	char *messages; /* each ended by "|" */
};

#define MESSAGES_BYTES 1024

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	b.shared = shared_set_up(&b.m);
	b.shared->start_ns = clock_now_ns();
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	story_clear(&b->told);
	shared_tear_down(&b->m, b->shared);
	return 0;
}

static int run(struct bench *b, supervise_worker_fn worker, uint32_t deadline_ms)
{
	struct supervise s = {
		.root = &b->m.root,
		.shared = b->shared,
		.deadline_ms = deadline_ms,
		.worker = worker,
		.worker_arg = b,
		.ready_fd = -1,
	};
	u64 begin = clock_now_ns();
	sigset_t mask;
	int rc;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	rc = supervise_run(&s);
	b->took_ms = (clock_now_ns() - begin) / CLOCK_NS_PER_MS;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	journal_close(&b->shared->journal);
	assert_int_equal(publish_read_story(&b->m.root, &b->told), 0);
	story_finish(&b->told);
	return rc;
}

static const struct rec_stage *stage(struct bench *b, u32 id)
{
	size_t i;

	for (i = 0; i < b->told.n_stages; i++)
		if (b->told.stages[i].stage.stage == id)
			return &b->told.stages[i].stage;
	return NULL;
}

static void assert_aborted(struct bench *b, int error, const char *text)
{
	assert_non_null(stage(b, REC_STAGE_ABORTED));
	assert_int_equal(stage(b, REC_STAGE_ABORTED)->error, error);
	assert_string_equal(stage(b, REC_STAGE_ABORTED)->text, text);
	assert_non_null(stage(b, REC_STAGE_RELEASED));
	assert_string_equal(stage(b, REC_STAGE_RELEASED)->text,
			    "1 holds given back, 0 failed, 0 in a running probe");
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	assert_true(b->told.has_usage);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0);
}

static int ends_well(void *arg, int status_fd)
{
	struct bench *b = arg;

	assert_int_equal(write(status_fd, "half", 4), 4);
	b->shared->quiesced_ms = 12;
	b->shared->worker_rss_kib = 1000;
	journal_stage(&b->shared->journal, REC_STAGE_DONE, 0, "well");
	return 0;
}

static void test_ends_well(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, ends_well, 10000), 0);
	assert_null(stage(b, REC_STAGE_ABORTED));
	assert_null(stage(b, REC_STAGE_RELEASED));
	/* Holds of kept devices stay, on purpose. */
	assert_true(machine_held(&b->m, "pci", "0000:00:01.0"));
	assert_int_equal(b->told.usage.quiesced_ms, 12);
	assert_true(b->told.usage.peak_rss_kib > 1000);
	assert_took(b, 0);
}

static int hangs(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	signal(SIGTERM, SIG_IGN);
	while (pause() < 0)
		;
	return 0;
}

static void test_hangs(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, hangs, 300), 1);
	assert_took(b, 300);
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 300 ms");
}

static int works(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	clock_sleep_ms(b->works_ms);
	return 0;
}

static void test_ends_in_time(void **state)
{
	struct bench *b = *state;

	b->works_ms = 299;
	assert_int_equal(run(b, works, 300), 0);
	assert_null(stage(b, REC_STAGE_ABORTED));
	assert_took(b, 299);
}

static void test_ends_too_late(void **state)
{
	struct bench *b = *state;

	b->works_ms = 301;
	assert_int_equal(run(b, works, 300), 1);
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 300 ms");
}

/* ---- cleaning up ---- */

/* A worker that cannot be killed is waited for a while, and the holds are given back. */
static void test_stuck_worker(void **state)
{
	struct bench *b = *state;

	spared = -1;
	assert_int_equal(run(b, hangs, 300), 1);
	assert_int_equal(b->told.stages[0].stage.stage, REC_STAGE_ABORTED);
	assert_int_equal(b->told.stages[0].mono_ns - b->shared->start_ns, clock_ms(300 + 100));
	assert_true(spared > 0);
	assert_int_equal(waitpid(spared, NULL, WNOHANG), 0);
	kill(spared, SIGKILL);
	assert_int_equal(waitpid(spared, NULL, 0), spared);
	spared = 0;
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 300 ms");
}

/* @count held devices more, their locks taken by probes that do not end. */
static void make_busy(struct bench *b, int count)
{
	char name[32], path[128];
	int i, lock;

	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "0000:01:%02x.0", (unsigned int)i);
		machine_device(&b->m, &(struct machine_device){ .name = name, .group = 9 });
		assert_int_equal(hold_set(&b->m.root, "pci", name), 0);
		(void)snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver_override", name);
		lock = machine_lock(&b->m, path);
		if (i == 0)
			b->lock = lock;
	}
}

static void assert_given_back(struct bench *b, const char *text)
{
	assert_non_null(stage(b, REC_STAGE_RELEASED));
	assert_string_equal(stage(b, REC_STAGE_RELEASED)->text, text);
}

/* One probe ends @ms after the stage's deadline. */
static void release_beside_probe(struct bench *b, uint32_t ms)
{
	pid_t pid;

	make_busy(b, 1);
	pid = machine_unlock_after(b->lock, 300 + ms);
	assert_int_equal(run(b, hangs, 300), 1);
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_release_patience(void **state)
{
	struct bench *b = *state;

	release_beside_probe(b, 199);
	assert_given_back(b, "2 holds given back, 0 failed, 0 in a running probe");
}

static void test_release_patience_over(void **state)
{
	struct bench *b = *state;

	release_beside_probe(b, 201);
	assert_given_back(b, "1 holds given back, 0 failed, 1 in a running probe");
	assert_took(b, 300 + 200);
}

/* Each of twelve would take its patience: more than there is for all of them. */
static int hides_buses(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	return renameat(b->m.root.fd, "sys/bus", b->m.root.fd, "sys/hidden") < 0 ? -errno : -EIO;
}

/* The buses are there again @ms after the start. */
static void release_again(struct bench *b, uint32_t ms, bool released)
{
	pid_t pid = fork();

	if (!pid) {
		clock_sleep_ms(ms);
		_exit(renameat(b->m.root.fd, "sys/hidden", b->m.root.fd, "sys/bus") < 0);
	}
	assert_int_equal(run(b, hides_buses, 10000), 1);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(machine_held(&b->m, "pci", "0000:00:01.0"), !released);
}

/* A release that failed, for lack of memory or of descriptors, is tried again. */
static void test_release_again(void **state)
{
	struct bench *b = *state;

	release_again(b, 2500, true);
	assert_in_range(b->took_ms, 3000, 3010);
}

static void test_release_again_in_time(void **state)
{
	release_again(*state, 1000 * SUPERVISE_RELEASES - 10, true);
}

static void test_release_again_too_late(void **state)
{
	release_again(*state, 1000 * SUPERVISE_RELEASES + 500, false);
}

static void test_release_limit(void **state)
{
	struct bench *b = *state;
	unsigned int given, failed, busy;

	make_busy(b, 12);
	assert_int_equal(run(b, hangs, 300), 1);
	assert_took(b, 300 + SUPERVISE_RELEASE_MS);
	assert_true(b->took_ms < 300 + SUPERVISE_GRACE_MS);
	assert_int_equal(sscanf(stage(b, REC_STAGE_RELEASED)->text,
				"%u holds given back, %u failed, %u in a running probe", &given,
				&failed, &busy),
			 3);
	assert_int_equal(failed, 0);
	assert_true(busy >= 12);
}

/* ---- before it says that the stage is over ---- */

static uint32_t listing_ms; /* how long a look at the helper's folder takes */

/* In place of the C library's. */
DIR *fdopendir(int fd)
{
	DIR *(*real)(int fd) = (DIR * (*)(int)) dlsym(RTLD_NEXT, "fdopendir");

	if (listing_ms)
		clock_sleep_ms(listing_ms);
	return real(fd);
}

static void end_beside_helper(struct bench *b, uint32_t ms)
{
	machine_write(&b->m, PATH_HELPER "/" MACHINE_SMMU "/" SMMU_ADOPT_FILE_STATE,
		      "vmcore-note: in /proc/vmcore\n");
	listing_ms = ms;
	b->works_ms = 10;
	assert_int_equal(run(b, works, 30000), 0);
	listing_ms = 0;
}

static void test_note(void **state)
{
	struct bench *b = *state;

	end_beside_helper(b, 499);
	assert_took(b, 10 + 499);
	assert_int_equal(b->told.channels[REC_CHANNEL_NOTE].state, REC_CHANNEL_USED);
}

static void test_note_hangs(void **state)
{
	struct bench *b = *state;

	end_beside_helper(b, 501);
	assert_took(b, 10 + 500);
	assert_int_equal(b->told.channels[REC_CHANNEL_NOTE].state, REC_CHANNEL_FAILED);
	assert_int_equal(b->told.channels[REC_CHANNEL_NOTE].error, -ETIMEDOUT);
}

static int dies(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	raise(SIGKILL);
	return 0;
}

static void test_dies(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, dies, 10000), 1);
	assert_aborted(b, -EINTR, "worker killed by signal 9");
}

static int fails(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	return -ENOMEM;
}

static void test_fails(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, fails, 10000), 1);
	assert_aborted(b, -ENOMEM, "worker: Cannot allocate memory");
}

static int out_of_time(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	return -ETIME;
}

static void test_out_of_time(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, out_of_time, 10000), 1);
	assert_aborted(b, -ETIME, "worker: no time was left in the stage");
}

static int terminates_parent(void *arg, int status_fd)
{
	kill(getppid(), SIGTERM);
	return hangs(arg, status_fd);
}

static void test_sigterm(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, terminates_parent, 10000), 1);
	assert_aborted(b, -EINTR, "SIGTERM");
	assert_took(b, 0);
}

static int crashes(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	journal_stage(&b->shared->journal, REC_STAGE_START, 0, "x");
	/* The test library catches it otherwise. */
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static void test_crashes(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, crashes, 10000), 1);
	assert_aborted(b, -EINTR, "worker killed by signal 11");
	assert_int_equal(b->told.torn, 0);
	assert_non_null(stage(b, REC_STAGE_START));
}

/* The next message to the service manager, put behind those in b->messages. */
static void receive(struct bench *b)
{
	struct pollfd p = { .fd = b->notify_fd, .events = POLLIN };
	size_t len = strlen(b->messages);
	ssize_t n;

	if (clock_poll(&p, 1, 10000) != 1)
		return;
	n = recv(b->notify_fd, b->messages + len, MESSAGES_BYTES - len - 2, MSG_DONTWAIT);
	strcpy(b->messages + len + (n > 0 ? n : 0), "|");
}

/* It goes on, and ends, only when what it said has been passed on. */
static int says_things(void *arg, int status_fd)
{
	struct bench *b = arg;

	receive(b); /* what the supervisor says before it starts us */
	if (write(status_fd, "first\nsecond", 12) != 12)
		return -EIO;
	receive(b);
	if (write(status_fd, "\nthird\n", 7) != 7)
		return -EIO;
	receive(b);
	return 0;
}

/* What a service manager is told, as lines, each message ended by "|". */
static void collect(int fd, char *text, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, cap - len - 2, MSG_DONTWAIT)) > 0) {
		len += (size_t)n;
		text[len++] = '|';
	}
	text[len] = 0;
}

static void test_notify(void **state)
{
	struct bench *b = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len;

	/* Shared with the worker, which reads the first messages itself. */
	b->messages = mmap(NULL, MESSAGES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	assert_true(b->messages != MAP_FAILED);
	b->notify_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", b->m.dir);
	assert_int_equal(bind(b->notify_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_int_equal(run(b, says_things, 30000), 0);
	len = strlen(b->messages);
	collect(b->notify_fd, b->messages + len, MESSAGES_BYTES - len);
	assert_string_equal(b->messages, "EXTEND_TIMEOUT_USEC=3000000|STATUS=first|STATUS=third|"
					 "READY=1|");
	unsetenv("NOTIFY_SOCKET");
	close(b->notify_fd);
	munmap(b->messages, MESSAGES_BYTES);
}

#define ALIVE "EXTEND_TIMEOUT_USEC=3000000|"

static void test_notify_abort(void **state)
{
	struct bench *b = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[1024];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", b->m.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_int_equal(run(b, hangs, 2999), 1);
	collect(fd, text, sizeof(text));
	/* Each second, so that a start that hangs is told from one that takes its time. */
	assert_string_equal(text, ALIVE ALIVE ALIVE
			    "STATUS=aborted: the stage took longer than its deadline of 2999 ms|"
			    "EXTEND_TIMEOUT_USEC=5000000|READY=1|");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

/* How often the service manager hears of us within @deadline_ms. */
static int pings_within(struct bench *b, uint32_t deadline_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[1024], *p;
	int pings = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", b->m.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "200000", 1);
	assert_int_equal(run(b, hangs, deadline_ms), 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	collect(fd, text, sizeof(text));
	for (p = text; (p = strstr(p, "WATCHDOG=1|")); p++)
		pings++;
	close(fd);
	return pings;
}

/* Twice in WATCHDOG_USEC, as long as the event loop turns, whatever the worker does. */
static void test_watchdog(void **state)
{
	assert_int_equal(pings_within(*state, 1000), 10);
}

static void test_watchdog_before(void **state)
{
	assert_int_equal(pings_within(*state, 999), 9);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ends_well),
		TEST(test_hangs),
		TEST(test_ends_in_time),
		TEST(test_ends_too_late),
		TEST(test_stuck_worker),
		TEST(test_release_patience),
		TEST(test_release_patience_over),
		TEST(test_release_limit),
		TEST(test_release_again),
		TEST(test_release_again_in_time),
		TEST(test_release_again_too_late),
		TEST(test_note),
		TEST(test_note_hangs),
		TEST(test_dies),
		TEST(test_fails),
		TEST(test_sigterm),
		TEST(test_out_of_time),
		TEST(test_crashes),
		TEST(test_notify),
		TEST(test_notify_abort),
		TEST(test_watchdog),
		TEST(test_watchdog_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the loan in daemon/supervise.c: the second worker starts to the millisecond, once, or
 * not at all; and it is watched as the first one is. One device is held.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/act/hold.h"
#include "daemon/giveback.h"
#include "daemon/publish.h"
#include "daemon/supervise.h"
#include "daemon/vmcore.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_shared.h"

/* The end of a child that somebody looks for each millisecond may be seen at the next look. */
#define assert_took(b, ms, children) assert_in_range((b)->took_ms, ms, (ms) + (children))

struct bench {
	struct machine m;
	struct stage_shared *shared;
	struct story told;
	u64 took_ms;
	uint32_t works_ms; /* how long works() takes */
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	b.shared = shared_set_up(&b.m);
	b.shared->start_ns = b.shared->loan.start_ns = clock_now_ns();
	b.shared->loan.grace_ms = 12000;
	b.shared->loan.lent = 1;
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

static int run(struct bench *b, supervise_worker_fn worker, supervise_worker_fn giveback)
{
	struct supervise s = {
		.root = &b->m.root,
		.shared = b->shared,
		.deadline_ms = 10000,
		.worker = worker,
		.giveback = giveback,
		.worker_arg = b,
		.ready_fd = -1,
	};
	u64 begin = clock_now_ns();
	sigset_t mask;
	int rc;

	rc = supervise_run(&s);
	b->took_ms = (clock_now_ns() - begin) / CLOCK_NS_PER_MS;
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	journal_close(&b->shared->journal);
	assert_int_equal(publish_read_story(&b->m.root, &b->told), 0);
	story_finish(&b->told);
	return rc;
}

static const struct story_stage *stage(struct bench *b, u32 id)
{
	size_t i;

	for (i = 0; i < b->told.n_stages; i++)
		if (b->told.stages[i].stage.stage == id)
			return &b->told.stages[i];
	return NULL;
}

static void assert_aborted(struct bench *b, int error, const char *text)
{
	assert_non_null(stage(b, REC_STAGE_ABORTED));
	assert_int_equal(stage(b, REC_STAGE_ABORTED)->stage.error, error);
	assert_string_equal(stage(b, REC_STAGE_ABORTED)->stage.text, text);
	assert_non_null(stage(b, REC_STAGE_RELEASED));
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
}

/* When the second worker began to give back; 0: never. */
static u64 given_ms(struct bench *b)
{
	const struct story_stage *giving = stage(b, REC_STAGE_GIVING_BACK);

	return giving ? (giving->mono_ns - b->shared->start_ns) / CLOCK_NS_PER_MS : 0;
}

/* Not before @ms. The child that looks at the channels before may take a turn of the fake clock. */
static void assert_given(struct bench *b, u64 ms)
{
	assert_in_range(given_ms(b), ms, ms + 5);
}

static int ends_well(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	return 0;
}

static int hangs(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	while (pause() < 0)
		;
	return 0;
}

static int dies(void *arg, int status_fd)
{
	(void)arg, (void)status_fd;
	raise(SIGKILL);
	return 0;
}

static int works(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	clock_sleep_ms(b->works_ms);
	return 0;
}

static int gives_back(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	b->shared->loan.verdict = LOAN_GIVE_BACK;
	journal_stage(&b->shared->journal, REC_STAGE_GIVING_BACK, 0, "why");
	hold_clear(&b->m.root, "pci", "0000:00:01.0", TURN_ANY);
	return 0;
}

static int lend(struct bench *b, supervise_worker_fn giveback)
{
	return run(b, ends_well, giveback);
}

static void test_loan(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, gives_back), 0);
	assert_given(b, 12000);
	assert_took(b, 12000, 5);
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	assert_null(stage(b, REC_STAGE_ABORTED));
	/* The stage is as long as it was. */
	assert_in_range(b->told.usage.stage_ms, 0, 10);
}

static void assert_no_loan(struct bench *b, u64 ms)
{
	assert_int_equal(given_ms(b), 0);
	assert_true(machine_held(&b->m, "pci", "0000:00:01.0"));
	assert_took(b, ms, 10);
}

static void test_nothing_lent(void **state)
{
	struct bench *b = *state;

	b->shared->loan.lent = 0;
	assert_int_equal(run(b, ends_well, gives_back), 0);
	assert_no_loan(b, 0);
}

/* Somebody opens @path, which is /proc/vmcore, @ms after the start, and closes it @for_ms later. */
static pid_t opens(struct bench *b, const char *path, uint32_t ms, uint32_t for_ms)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	clock_sleep_ms(ms);
	fd = openat(b->m.root.fd, path, O_RDONLY | O_CLOEXEC);
	clock_sleep_ms(for_ms);
	_exit(fd < 0);
}

static pid_t dumps(struct bench *b, uint32_t ms, uint32_t for_ms)
{
	return opens(b, "proc/vmcore", ms, for_ms);
}

static void test_dump_begins(void **state)
{
	struct bench *b = *state;
	pid_t pid = dumps(b, 11990, 60000);

	assert_int_equal(lend(b, gives_back), 0);
	assert_no_loan(b, 12000);
	assert_true(b->shared->loan.dump_begun);
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_dump_begins_late(void **state)
{
	struct bench *b = *state;
	pid_t pid = dumps(b, 12001, 60000);

	assert_int_equal(lend(b, gives_back), 0);
	assert_given(b, 12000);
	assert_int_equal(fakeclock_wait(pid), 0);
}

/* A dump that is short, and one that begins before the hand-over. */
static void test_dump_ends(void **state)
{
	struct bench *b = *state;
	pid_t pid = dumps(b, 100, VMCORE_DUMP_MS);

	b->works_ms = 1000;
	assert_int_equal(run(b, works, gives_back), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_no_loan(b, 100 + VMCORE_DUMP_MS);
	assert_true(b->shared->loan.dump_begun);
}

/* Who looks into it for the log only may yet wait for a device: that is progress, no more. */
static void test_no_dump(void **state)
{
	struct bench *b = *state;
	pid_t one = dumps(b, 100, VMCORE_DUMP_MS / 2 - 10),
	      two = dumps(b, 5000, VMCORE_DUMP_MS / 2 - 10);

	assert_int_equal(lend(b, gives_back), 0);
	assert_given(b, 12000);
	assert_true(b->shared->loan.opened);
	assert_false(b->shared->loan.dump_begun);
	assert_int_equal(fakeclock_wait(one), 0);
	assert_int_equal(fakeclock_wait(two), 0);
}

/* A card negotiates: nothing is done, and it is looked again. */
static int gives_back_third_time(void *arg, int status_fd)
{
	struct bench *b = arg;

	if (b->shared->loan.n_nics++ == 2)
		return gives_back(arg, status_fd);
	b->shared->loan.verdict = LOAN_LOOK_MS;
	return 0;
}

static void test_not_yet(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, gives_back_third_time), 0);
	assert_given(b, 12000 + 2 * LOAN_LOOK_MS);
	assert_int_equal(b->shared->loan.n_nics, 3);
}

static int sees_dump(void *arg, int status_fd)
{
	struct bench *b = arg;

	(void)status_fd;
	b->shared->loan.verdict = LOAN_NEVER;
	return 0;
}

static void test_worker_sees_dump(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, sees_dump), 0);
	assert_no_loan(b, 12000);
}

static int looks(void *arg, int status_fd)
{
	struct bench *b = arg;

	b->shared->loan.verdict = LOAN_LOOK_MS;
	return works(arg, status_fd);
}

static int looks_slowly(void *arg, int status_fd)
{
	looks(arg, status_fd);
	return gives_back(arg, status_fd);
}

/* A look that hangs must not make the capture environment wait longer than its own wait. */
static void test_look_hangs(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, hangs), 1);
	assert_took(b, 12000 + GIVEBACK_LOOK_MS, 10);
	assert_aborted(b, -ETIMEDOUT,
		       "looking whether the dump has begun took longer than 6000 ms");
}

static void test_look_in_time(void **state)
{
	struct bench *b = *state;

	b->works_ms = GIVEBACK_LOOK_MS - 1;
	assert_int_equal(lend(b, looks_slowly), 0);
	assert_given(b, 12000 + GIVEBACK_LOOK_MS - 1);
	assert_null(stage(b, REC_STAGE_ABORTED));
}

static void test_look_too_late(void **state)
{
	struct bench *b = *state;

	b->works_ms = GIVEBACK_LOOK_MS + 1;
	assert_int_equal(lend(b, looks_slowly), 1);
	assert_aborted(b, -ETIMEDOUT,
		       "looking whether the dump has begun took longer than 6000 ms");
	assert_int_equal(given_ms(b), 0);
}

static int acts_and_hangs(void *arg, int status_fd)
{
	struct bench *b = arg;

	b->shared->loan.verdict = LOAN_GIVE_BACK;
	return hangs(arg, status_fd);
}

/* Once it acts it has the stage's deadline, and then all holds go. */
static void test_giveback_hangs(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, acts_and_hangs), 1);
	assert_took(b, 12000 + 10000, 10);
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 10000 ms");
}

static int gives_back_slowly(void *arg, int status_fd)
{
	struct bench *b = arg;

	b->shared->loan.verdict = LOAN_GIVE_BACK;
	return works(arg, status_fd);
}

static void test_giveback_in_time(void **state)
{
	struct bench *b = *state;

	b->works_ms = 9999;
	assert_int_equal(lend(b, gives_back_slowly), 0);
	assert_took(b, 12000 + 9999, 5);
	assert_null(stage(b, REC_STAGE_ABORTED));
}

static void test_giveback_too_late(void **state)
{
	struct bench *b = *state;

	b->works_ms = 10001;
	assert_int_equal(lend(b, gives_back_slowly), 1);
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 10000 ms");
}

static void test_giveback_dies(void **state)
{
	struct bench *b = *state;

	assert_int_equal(lend(b, dies), 1);
	assert_took(b, 12000, 10);
	assert_aborted(b, -EINTR, "worker killed by signal 9");
}

/* An aborted stage has released everything: there is nothing to give back. */
static void test_no_loan_after_abort(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run(b, hangs, gives_back), 1);
	assert_took(b, 10000, 10);
	assert_aborted(b, -ETIMEDOUT, "the stage took longer than its deadline of 10000 ms");
	assert_int_equal(given_ms(b), 0);
}

/* ---- the switch to the real root ---- */

static struct bench *switching;

/* All of the machine is in another folder, which is its root from then on. */
static void on_switch(int sig)
{
	static const char *const tops[] = { "sys", "run", "proc" };
	const struct fsroot *root = &switching->m.root;
	int fd = openat(root->fd, "real", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	(void)sig;
	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		(void)renameat(root->fd, tops[i], fd, tops[i]);
	(void)dup3(fd, root->fd, O_CLOEXEC);
	close(fd);
}

static pid_t switch_root_after(struct bench *b, uint32_t ms)
{
	struct sigaction action = { .sa_handler = on_switch };
	pid_t parent = getpid(), pid;

	switching = b;
	assert_int_equal(mkdirat(b->m.root.fd, "real", 0700), 0);
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	pid = fork();
	if (pid)
		return pid;
	clock_sleep_ms(ms);
	_exit(kill(parent, SIGUSR1) < 0);
}

/* The grace begins once more with the switch, not with the end of the one before; and only once. */
static void switched_root(struct bench *b, uint32_t works_ms, uint32_t ms, uint32_t given)
{
	pid_t pid = switch_root_after(b, ms);

	b->works_ms = works_ms;
	assert_int_equal(run(b, works, gives_back), 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_in_range(given_ms(b), given, given + LOAN_LOOK_MS + 10);
	assert_false(machine_held(&b->m, "pci", "0000:00:01.0"));
	/* Progress does not make this grace longer. */
	assert_int_equal(loan_decide(&b->shared->loan, clock_now_ns(), true), LOAN_GIVE_BACK);
}

static void test_switched_root(void **state)
{
	switched_root(*state, 0, 5000, 5000 + 12000);
}

static void test_switched_root_at_once(void **state)
{
	switched_root(*state, 0, 1, 12000);
}

static void test_switched_root_at_the_end(void **state)
{
	switched_root(*state, 0, 11900, 11900 + 12000);
}

/* The hand-over is late: what was waited for before the switch does not count after it. */
static void test_switched_root_after_late_stage(void **state)
{
	switched_root(*state, 9900, 10500, 10500 + 12000);
}

static void test_dump_begins_in_real_root(void **state)
{
	struct bench *b = *state;
	pid_t pid = switch_root_after(b, 5000), dump = opens(b, "real/proc/vmcore", 16000, 60000);

	assert_int_equal(lend(b, gives_back), 0);
	assert_in_range(b->took_ms, 17000, 18010);
	assert_int_equal(given_ms(b), 0);
	assert_true(b->shared->loan.dump_begun);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(fakeclock_wait(dump), 0);
}

/* The initramfs ends us in the middle of the grace: what is held stays so for the real root. */
static pid_t terminate_after(uint32_t ms)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	clock_sleep_ms(ms);
	_exit(kill(parent, SIGTERM) < 0);
}

static void test_sigterm_in_grace(void **state)
{
	struct bench *b = *state;
	pid_t pid = terminate_after(5000);

	assert_int_equal(lend(b, gives_back), 0);
	assert_no_loan(b, 5000);
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_sigterm_while_looking(void **state)
{
	struct bench *b = *state;
	pid_t pid = terminate_after(13000);

	assert_int_equal(lend(b, hangs), 0);
	assert_no_loan(b, 13000);
	assert_null(stage(b, REC_STAGE_ABORTED));
	assert_int_equal(fakeclock_wait(pid), 0);
}

static void test_sigterm_while_giving_back(void **state)
{
	struct bench *b = *state;
	pid_t pid = terminate_after(13000);

	b->works_ms = 5000;
	assert_int_equal(lend(b, gives_back_slowly), 1);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_aborted(b, -EINTR, "SIGTERM");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loan),
		TEST(test_nothing_lent),
		TEST(test_dump_begins),
		TEST(test_dump_begins_late),
		TEST(test_dump_ends),
		TEST(test_no_dump),
		TEST(test_not_yet),
		TEST(test_worker_sees_dump),
		TEST(test_look_hangs),
		TEST(test_look_in_time),
		TEST(test_look_too_late),
		TEST(test_giveback_hangs),
		TEST(test_giveback_in_time),
		TEST(test_giveback_too_late),
		TEST(test_giveback_dies),
		TEST(test_no_loan_after_abort),
		TEST(test_switched_root),
		TEST(test_switched_root_at_once),
		TEST(test_switched_root_at_the_end),
		TEST(test_switched_root_after_late_stage),
		TEST(test_dump_begins_in_real_root),
		TEST(test_sigterm_in_grace),
		TEST(test_sigterm_while_looking),
		TEST(test_sigterm_while_giving_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/machine/journal.c and lib/story/rec_fd.c: reopening, torn tails, no
 * space, no folder, streams longer than the window.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "lib/story/rec_fd.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

static void open_journal(struct machine *m, struct journal *journal)
{
	struct errbuf err;

	assert_int_equal(journal_open(journal, &m->root, &err), 0);
}

static int write_plan(struct journal *journal, u32 step)
{
	struct rec rec = { .type = REC_PLAN };

	rec.plan.step = step;
	rec.plan.action = REC_ACT_HOLD;
	strcpy(rec.plan.device, "0000:00:01.0");
	return journal_write(journal, &rec);
}

struct tally {
	u64 seqs[64];
	u16 types[64];
	size_t n;
};

static int count(void *priv, const struct rec *rec)
{
	struct tally *tally = priv;

	if (tally->n < 64) {
		tally->seqs[tally->n] = rec->seq;
		tally->types[tally->n] = rec->type;
	}
	tally->n++;
	return 0;
}

static int read_back(struct machine *m, struct tally *tally)
{
	struct recread_info info;
	int fd = fsroot_openat(&m->root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	int rc;

	memset(tally, 0, sizeof(*tally));
	assert_true(fd >= 0);
	rc = recread_fd(fd, 1 << 20, count, tally, NULL, &info);
	close(fd);
	return rc;
}

static void test_section(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	journal_stage(&journal, REC_STAGE_START, 0, "hello %d", 5);
	assert_int_equal(write_plan(&journal, 3), 0);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 3);
	assert_int_equal(tally.types[0], REC_FILE);
	assert_int_equal(tally.seqs[0], 1);
	assert_int_equal(tally.seqs[2], 3);
	assert_int_equal(journal.lost, 0);
}

static void test_reopen(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	write_plan(&journal, 7);
	journal_close(&journal);
	open_journal(m, &journal);
	/* Steps go on where they stopped, and so do sequence numbers. */
	assert_int_equal(journal.last_step, 7);
	assert_int_equal(journal.seq, 2);
	write_plan(&journal, 8);
	journal_begin(&journal, &m->root);
	write_plan(&journal, 9);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 5);
	assert_int_equal(tally.seqs[2], 3);
	assert_int_equal(tally.seqs[3], 1);
	assert_int_equal(tally.seqs[4], 2);
}

static void test_torn_tail(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;
	off_t size;
	int fd;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	write_plan(&journal, 1);
	journal_close(&journal);
	fd = fsroot_openat(&m->root, O_RDWR, 0, "%s", PATH_JOURNAL);
	size = lseek(fd, 0, SEEK_END);
	assert_int_equal(ftruncate(fd, size - 9), 0);
	close(fd);
	assert_int_equal(read_back(m, &tally), RECREAD_TORN);
	assert_int_equal(tally.n, 1);
	open_journal(m, &journal);
	assert_true(journal.torn_bytes > 0);
	write_plan(&journal, 2);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 2);
	assert_int_equal(tally.types[1], REC_PLAN);
}

/* Somebody was killed in a write: part of a record, at the end of what we know of. */
static void tear(struct machine *m, size_t bytes)
{
	static u8 record[4096];
	int fd = fsroot_openat(&m->root, O_RDWR | O_APPEND, 0, "%s", PATH_JOURNAL);

	assert_true(pread(fd, record, sizeof(record), 0) > (ssize_t)bytes);
	assert_int_equal(write(fd, record, bytes), bytes);
	close(fd);
}

/* The worker is killed, the supervisor goes on: what it says is not hidden. */
static void test_torn_beside(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	write_plan(&journal, 1);
	tear(m, 53);
	journal_stage(&journal, REC_STAGE_ABORTED, -EINTR, "killed");
	assert_int_equal(journal.torn_bytes, 53);
	tear(m, 1);
	journal_stage(&journal, REC_STAGE_RELEASED, 0, "all");
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 4);
	assert_int_equal(tally.types[2], REC_STAGE);
	assert_int_equal(tally.types[3], REC_STAGE);
}

/* What another program wrote meanwhile in whole stays. */
static void test_others_beside(void **state)
{
	struct machine *m = *state;
	struct journal journal, other;
	struct tally tally;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	open_journal(m, &other);
	write_plan(&other, 5);
	write_plan(&other, 6);
	journal_close(&other);
	tear(m, 20);
	write_plan(&journal, 1);
	assert_int_equal(journal.torn_bytes, 20);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 4);
}

/* ---- two at once ---- */

static void lock_journal(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) < 0)
		_exit(1);
}

/* Somebody who takes @ms to write a record, as large as the machine's FILE record. */
static pid_t write_slowly(struct machine *m, uint32_t ms)
{
	static u8 record[4096];
	int fd = fsroot_openat(&m->root, O_RDWR | O_APPEND, 0, "%s", PATH_JOURNAL);
	ssize_t len = pread(fd, record, sizeof(record), 0);
	pid_t pid = fork();

	assert_true(pid >= 0 && len > 20);
	if (pid) {
		close(fd);
		/* He has begun. */
		clock_sleep_ms(1);
		return pid;
	}
	lock_journal(fd, F_WRLCK);
	if (write(fd, record, 20) != 20)
		_exit(2);
	clock_sleep_ms(ms);
	if (write(fd, record + 20, (size_t)len - 20) != len - 20)
		_exit(3);
	lock_journal(fd, F_UNLCK);
	_exit(0);
}

/* Open it meanwhile. Whoever waits for whom, no record is lost. */
static void open_beside(struct machine *m, uint32_t ms, u64 takes_ms)
{
	struct journal journal;
	struct tally tally;
	pid_t pid;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	journal_close(&journal);
	pid = write_slowly(m, ms);
	open_journal(m, &journal);
	assert_in_range(fakeclock_ms(), takes_ms, takes_ms + 1);
	assert_int_equal(journal.torn_bytes, 0);
	assert_int_equal(fakeclock_wait(pid), 0);
	assert_int_equal(write_plan(&journal, 1), 0);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 3);
	assert_int_equal(tally.types[1], REC_FILE);
	assert_int_equal(tally.types[2], REC_PLAN);
}

static void test_open_beside_writer(void **state)
{
	open_beside(*state, 100, 100);
}

static void test_open_beside_slow_writer(void **state)
{
	open_beside(*state, 102, 101);
}

/* Whoever keeps the lock is waited for once. */
static void test_write_beside(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;
	pid_t pid;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		lock_journal(journal.fd, F_WRLCK);
		clock_sleep_ms(150);
		_exit(0);
	}
	clock_sleep_ms(1);
	assert_int_equal(write_plan(&journal, 1), 0);
	assert_in_range(fakeclock_ms(), 101, 102);
	assert_int_equal(write_plan(&journal, 2), 0);
	assert_in_range(fakeclock_ms(), 101, 102);
	assert_int_equal(fakeclock_wait(pid), 0);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 3);
}

static void test_write_in_time(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	pid_t pid;

	open_journal(m, &journal);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		lock_journal(journal.fd, F_WRLCK);
		clock_sleep_ms(99);
		_exit(0);
	}
	clock_sleep_ms(1);
	assert_int_equal(write_plan(&journal, 1), 0);
	assert_false(journal.unlocked);
	assert_int_equal(fakeclock_wait(pid), 0);
	journal_close(&journal);
}

/* A full file system: a write gets through in part, or not at all. */
static void test_no_space(void **state)
{
	struct machine *m = *state;
	struct rlimit old, small;
	struct journal journal;
	struct tally tally;
	size_t written;
	int i, rc = 0;

	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 1000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 8; i++)
		rc = write_plan(&journal, 100 + (u32)i);
	assert_true(rc < 0);
	assert_true(journal.lost >= 4);
	written = 8 - journal.lost;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* What was written is whole, and there is room again. */
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 1 + written);
	assert_int_equal(write_plan(&journal, 200), 0);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 2 + written);
}

static void test_no_folder(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct errbuf err;

	machine_remove(m, "run");
	assert_int_equal(journal_open(&journal, &m->root, &err), -ENOENT);
	assert_string_equal(err.text, "/run/smmu-adoptd/journal.rec: No such file or directory");
	journal_begin(&journal, &m->root);
	assert_int_equal(write_plan(&journal, 1), -ENOENT);
	assert_int_equal(journal.lost, 2);
	journal_close(&journal);
}

static void test_no_journal_but_garbage(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct tally tally;

	machine_write(m, PATH_JOURNAL, "this is no record at all, but longer than a header is");
	open_journal(m, &journal);
	assert_int_equal(journal.torn_bytes, 53);
	journal_begin(&journal, &m->root);
	journal_close(&journal);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 1);
}

static void test_long_text(void **state)
{
	struct machine *m = *state;
	struct journal_about about = { .sid = REC_NO_SID, .severity = REC_SEV_INFO, .code = 1 };
	struct journal journal;
	struct tally tally;
	char text[1000];

	memset(text, 'x', sizeof(text));
	text[999] = 0;
	open_journal(m, &journal);
	journal_finding(&journal, &about, "%s", text);
	journal_stage(&journal, REC_STAGE_ASIDE, 0, "%s", text);
	journal_close(&journal);
	assert_int_equal(journal.lost, 0);
	assert_int_equal(read_back(m, &tally), 0);
	assert_int_equal(tally.n, 2);
}

/* Twice the window, in pieces as a pipe gives them; the copy is the good part. */
static void test_stream_longer_than_window(void **state)
{
	struct machine *m = *state;
	struct recread_copy copy;
	struct recread_info info;
	struct journal journal;
	struct tally tally = { .n = 0 };
	int i, fd;

	open_journal(m, &journal);
	for (i = 0; i < 2000; i++)
		assert_int_equal(write_plan(&journal, 1), 0);
	assert_int_equal(write(journal.fd, "torn", 4), 4);
	journal_close(&journal);
	fd = fsroot_openat(&m->root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	copy.fd = fsroot_openat(&m->root, O_RDWR | O_CREAT, 0600, "copy");
	copy.error = 0;
	assert_int_equal(recread_fd(fd, 1 << 20, count, &tally, &copy, &info), RECREAD_TORN);
	assert_int_equal(tally.n, 2000);
	assert_int_equal(info.torn_at, info.bytes - 4);
	assert_int_equal(lseek(copy.fd, 0, SEEK_END), info.bytes - 4);
	assert_int_equal(copy.error, 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(recread_fd(fd, 300000, count, &tally, NULL, &info), -EFBIG);
	close(fd);
	close(copy.fd);
}

static int stop_at_ten(void *priv, const struct rec *rec)
{
	(void)rec;
	return ++*(int *)priv == 10 ? -ECANCELED : 0;
}

static void test_reader_may_stop(void **state)
{
	struct machine *m = *state;
	struct recread_info info;
	struct journal journal;
	int i, fd, seen = 0;

	open_journal(m, &journal);
	for (i = 0; i < 20; i++)
		write_plan(&journal, 1);
	journal_close(&journal);
	fd = fsroot_openat(&m->root, O_RDONLY, 0, "%s", PATH_JOURNAL);
	assert_int_equal(recread_fd(fd, 1 << 20, stop_at_ten, &seen, NULL, &info), -ECANCELED);
	assert_int_equal(seen, 10);
	close(fd);
}

static ssize_t read_file(struct machine *m, const char *path, void *buf, size_t cap)
{
	int fd = fsroot_openat(&m->root, O_RDONLY, 0, "%s", path);
	ssize_t n = read(fd, buf, cap);

	close(fd);
	return n;
}

/* The helper gets the same bytes, also when there is no journal; a full log of its is no loss. */
static void test_helper_gets_all(void **state)
{
	struct machine *m = *state;
	struct journal journal;
	struct errbuf err;
	u8 here[2048], there[2048];
	ssize_t len;
	int full;

	machine_write(m, PATH_CONTROL, "");
	open_journal(m, &journal);
	journal_begin(&journal, &m->root);
	assert_int_equal(write_plan(&journal, 1), 0);
	len = read_file(m, PATH_JOURNAL, here, sizeof(here));
	assert_true(len > 200);
	assert_int_equal(read_file(m, PATH_CONTROL, there, sizeof(there)), len);
	assert_memory_equal(here, there, (size_t)len);
	full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	dup2(full, journal.helper_fd);
	close(full);
	assert_int_equal(write_plan(&journal, 2), 0);
	assert_int_equal(journal.helper_lost, 1);
	assert_int_equal(journal.lost, 0);
	journal_close(&journal);

	machine_remove(m, "run");
	machine_write(m, "run", "no folder");
	assert_int_not_equal(journal_open(&journal, &m->root, &err), 0);
	assert_true(write_plan(&journal, 3) < 0);
	assert_true(read_file(m, PATH_CONTROL, there, sizeof(there)) > len);
	journal_close(&journal);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)
#define CLOCK(f) cmocka_unit_test_setup_teardown(f, machine_clock_set_up, machine_clock_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_section),
		TEST(test_reopen),
		TEST(test_torn_tail),
		TEST(test_torn_beside),
		TEST(test_others_beside),
		TEST(test_no_space),
		TEST(test_no_folder),
		TEST(test_no_journal_but_garbage),
		TEST(test_long_text),
		TEST(test_stream_longer_than_window),
		TEST(test_reader_may_stop),
		TEST(test_helper_gets_all),
		CLOCK(test_open_beside_writer),
		CLOCK(test_open_beside_slow_writer),
		CLOCK(test_write_beside),
		CLOCK(test_write_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

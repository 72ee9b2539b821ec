// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/publish.c: sections in order, torn ones cut, nothing
 * half-written, everything optional.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/crashed.h"
#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "daemon/publish.h"
#include "lib/story/rec_fd.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_machine.h"

struct bench {
	struct machine m;
	int dir_fd;
};

static int set_up(void **state)
{
	static struct bench b;

	fakeclock_start();
	machine_standard(&b.m);
	machine_write(&b.m, "dump/.keep", "");
	b.dir_fd = fsroot_openat(&b.m.root, O_RDONLY | O_DIRECTORY, 0, "dump");
	assert_true(b.dir_fd >= 0);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	close(b->dir_fd);
	machine_free(&b->m);
	fakeclock_stop();
	return 0;
}

static void write_journal(struct bench *b, const char *tail)
{
	struct journal journal;
	struct errbuf err;

	assert_int_equal(journal_open(&journal, &b->m.root, &err), 0);
	journal_begin(&journal, &b->m.root);
	journal_stage(&journal, REC_STAGE_DONE, 0, "3 steps, 0 failed");
	assert_int_equal(write(journal.fd, tail, strlen(tail)), strlen(tail));
	journal_close(&journal);
}

struct sections {
	u16 producers[8];
	size_t n;
	size_t records;
	size_t crashed;
	bool published;
};

static int see(void *priv, const struct rec *rec)
{
	struct sections *s = priv;

	s->records++;
	s->crashed += rec->type == REC_CRASHED;
	if (rec->type == REC_FILE && s->n < 8)
		s->producers[s->n++] = rec->file.producer;
	s->published |= rec->type == REC_STAGE && rec->stage.stage == REC_STAGE_PUBLISHED;
	return 0;
}

/* The sidecar, which must be whole to its last byte. */
static void read_sidecar(struct bench *b, struct sections *s)
{
	int fd = fsroot_openat(&b->m.root, O_RDONLY, 0, "dump/%s", SIDECAR_RECORDS);
	struct recread_info info;

	memset(s, 0, sizeof(*s));
	assert_true(fd >= 0);
	assert_int_equal(recread_fd(fd, 1 << 20, see, s, NULL, &info), 0);
	close(fd);
}

static void copy_records(struct bench *b)
{
	static char data[65536];
	int fd = fsroot_openat(&b->m.root, O_RDONLY, 0, "%s/%s/records", PATH_HELPER, MACHINE_SMMU);
	ssize_t n = read(fd, data, sizeof(data));

	close(fd);
	assert_true(n > 0);
	machine_write_bytes(&b->m, PATH_HELPER_COPY, data, (size_t)n);
}

static void test_all_there(void **state)
{
	struct bench *b = *state;
	struct sections s;
	struct errbuf err;

	write_journal(b, "");
	copy_records(b);
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_sidecar(b, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.producers[0], REC_PRODUCER_HELPER);
	assert_int_equal(s.producers[1], REC_PRODUCER_DAEMON);
	assert_int_equal(s.producers[2], REC_PRODUCER_HELPER);
	assert_true(s.published);
	assert_non_null(strstr(machine_read(&b->m, "dump/" SIDECAR_TEXT), "0000:00:01.0"));
	assert_string_equal(machine_read(&b->m, "dump/." SIDECAR_RECORDS ".new"), "");
}

/* A /proc/vmcore with two notes before VMCOREINFO. */
static void put_vmcore(struct bench *b, const char *info)
{
	static u8 d[4096];
	size_t len = strlen(info);

	memset(d, 0, sizeof(d));
	memcpy(d, "\177ELF\2\1\1", 7);
	core_st16(d + 16, 4);
	core_st16(d + 18, 183);
	core_st64(d + 32, 64);
	core_st32(d + 64, 4); /* PT_NOTE */
	core_st64(d + 72, 1024);
	core_st64(d + 96, 12 + 8 + 300 + 12 + 8 + 40 + 12 + 12 + ((len + 3) & ~(size_t)3));
	core_st32(d + 1024, 8);
	core_st32(d + 1028, 300);
	memcpy(d + 1036, "LINUX", 6);
	core_st32(d + 1344, 5);
	core_st32(d + 1348, 40);
	memcpy(d + 1356, "CORE", 5);
	core_st32(d + 1404, 11);
	core_st32(d + 1408, (u32)len);
	memcpy(d + 1416, "VMCOREINFO", 11);
	memcpy(d + 1428, info, len);
	machine_write_bytes(&b->m, PATH_VMCORE, d, sizeof(d));
}

static void read_crashed(struct bench *b, struct story *story)
{
	memset(story, 0, sizeof(*story));
	assert_int_equal(publish_read_story(&b->m.root, story), 0);
}

/* Which kernel crashed is told once, and not before the dump has begun. */
static void test_crashed_kernel(void **state)
{
	static const char info[] = "OSRELEASE=6.12.0-9-arm64\nBUILD-ID=00ff11\nPAGESIZE=4096\n"
				   "CRASHTIME=1790000000\n";
	struct bench *b = *state;
	struct sections once, twice;
	struct story story;
	struct errbuf err;

	write_journal(b, "");
	put_vmcore(b, info);
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_crashed(b, &story);
	assert_false(story.has_crashed);
	story_clear(&story);
	machine_write(&b->m, "dump/vmcore-incomplete", "x");
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_crashed(b, &story);
	assert_true(story.has_crashed);
	assert_string_equal(story.crashed.release, "6.12.0-9-arm64");
	assert_string_equal(story.crashed.build_id, "00ff11");
	assert_int_equal(story.crashed.crash_s, 1790000000);
	assert_int_equal(story.crashed.machine, 183);
	story_clear(&story);
	read_sidecar(b, &once);
	assert_int_equal(once.crashed, 1);
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_sidecar(b, &twice);
	assert_int_equal(twice.crashed, 1);
}

/* A vmcore that is damaged, or of which nothing is known, costs only that record. */
static void test_crashed_damaged(void **state)
{
	static const struct {
		size_t at;
		u32 value;
	} damages[] = {
		{ 0, 0 },
		{ 4, 1 },
		{ 32, 0xffffffff },
		{ 64, 1 },
		{ 76, 0xffffffff },
		{ 1024, 0xffffffff },
		{ 1028, 0xffffffff },
		{ 1404, 12 },
		{ 1408, 0xffffffff },
		{ 1416, 0 },
	};
	struct bench *b = *state;
	struct rec_crashed crashed;
	u8 raw[4];
	size_t i;
	int fd;

	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		put_vmcore(b, "OSRELEASE=6.12\n");
		fd = fsroot_openat(&b->m.root, O_WRONLY, 0, "%s", PATH_VMCORE);
		core_st32(raw, damages[i].value);
		assert_int_equal(pwrite(fd, raw, 4, (off_t)damages[i].at), 4);
		close(fd);
		assert_true(crashed_read(&b->m.root, &crashed) < 0);
	}
	put_vmcore(b, "OSRELEASE=6.12\n");
	assert_int_equal(crashed_read(&b->m.root, &crashed), 0);
	assert_string_equal(crashed.release, "6.12");
	assert_int_equal(crashed.crash_s, 0);
}

static void test_nothing_there(void **state)
{
	struct bench *b = *state;
	struct sections s;
	struct errbuf err;

	machine_remove(&b->m, PATH_HELPER);
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_sidecar(b, &s);
	assert_int_equal(s.records, 0);
	assert_true(strlen(machine_read(&b->m, "dump/" SIDECAR_TEXT)) > 0);
	/* Publishing does not invent a journal. */
	assert_false(fsroot_exists(&b->m.root, "%s", PATH_JOURNAL));
}

static void test_torn_journal(void **state)
{
	struct bench *b = *state;
	struct sections s;
	struct errbuf err;

	write_journal(b, "half a record");
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_sidecar(b, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.producers[1], REC_PRODUCER_HELPER);
}

static void test_garbage_helper(void **state)
{
	struct bench *b = *state;
	struct sections s;
	struct errbuf err;

	write_journal(b, "");
	machine_write(&b->m, PATH_HELPER "/" MACHINE_SMMU "/records",
		      "garbage garbage garbage garbage garbage garbage");
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	read_sidecar(b, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.producers[0], REC_PRODUCER_DAEMON);
}

static void test_no_space(void **state)
{
	struct bench *b = *state;
	struct rlimit old, small;
	struct errbuf err = { .text = "" };
	int rc;

	machine_write(&b->m, "dump/" SIDECAR_RECORDS, "an older one");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 300;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = publish(&b->m.root, b->dir_fd, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -EFBIG);
	assert_string_equal(err.text, "smmu-adopt.rec: File too large");
	assert_string_equal(machine_read(&b->m, "dump/" SIDECAR_RECORDS), "an older one");
	assert_false(fsroot_exists(&b->m.root, "dump/.%s.new", SIDECAR_RECORDS));
	assert_false(fsroot_exists(&b->m.root, "dump/.%s.new", SIDECAR_TEXT));
}

/* ---- what lies in the way ---- */

#define TEMP "dump/." SIDECAR_RECORDS ".new"
#define TEMP_TEXT "dump/." SIDECAR_TEXT ".new"

/* Of another user, who could go on writing to it, or a FIFO that nobody reads. */
static void test_temp_is_there(void **state)
{
	struct bench *b = *state;
	struct sections s;
	struct errbuf err;
	struct stat st;
	int fd;

	write_journal(b, "");
	machine_write(&b->m, TEMP, "somebody else's");
	if (geteuid() == 0)
		assert_int_equal(fchownat(b->m.root.fd, TEMP, 65534, 65534, 0), 0);
	fd = openat(b->m.root.fd, TEMP, O_WRONLY | O_CLOEXEC);
	assert_int_equal(mkfifoat(b->m.root.fd, TEMP_TEXT, 0600), 0);
	fakeclock_start();
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), 0);
	assert_true(fakeclock_ms() < 100);
	assert_int_equal(write(fd, "more", 4), 4);
	close(fd);
	read_sidecar(b, &s);
	assert_int_equal(fstatat(b->m.root.fd, "dump/" SIDECAR_RECORDS, &st, 0), 0);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_non_null(strstr(machine_read(&b->m, "dump/" SIDECAR_TEXT), "0000:00:01.0"));
}

/* What is there and cannot be taken away is no reason to write into it. */
static void test_temp_stays(void **state)
{
	struct bench *b = *state;
	struct errbuf err;

	machine_write(&b->m, TEMP "/x", "");
	assert_int_equal(publish(&b->m.root, b->dir_fd, &err), -EISDIR);
	assert_string_equal(err.text, "smmu-adopt.rec: Is a directory");
	assert_false(fsroot_exists(&b->m.root, "dump/" SIDECAR_RECORDS));
	assert_true(strlen(machine_read(&b->m, "dump/" SIDECAR_TEXT)) > 0);
}

/* ---- a helper that hangs ---- */

/* Its records come @ms after they were asked for, by whoever opens them first. */
static int publish_beside(struct bench *b, uint32_t ms)
{
	static const char records[] = PATH_HELPER "/" MACHINE_SMMU "/records";
	struct errbuf err = { .text = "" };
	char path[256];
	pid_t pid;
	int rc;

	write_journal(b, "");
	copy_records(b);
	machine_remove(&b->m, records);
	(void)snprintf(path, sizeof(path), "%s/%s", b->m.dir, records);
	assert_int_equal(mkfifo(path, 0600), 0);
	fakeclock_start();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		clock_sleep_ms(ms);
		/* An end of file, should somebody wait for it. */
		(void)close(open(path, O_WRONLY | O_NONBLOCK));
		_exit(0);
	}
	rc = publish(&b->m.root, b->dir_fd, &err);
	assert_int_equal(fakeclock_wait(pid), 0);
	return rc;
}

static void test_helper_slow(void **state)
{
	struct bench *b = *state;
	struct sections s;

	assert_int_equal(publish_beside(b, PUBLISH_FILES_MS - 1), 0);
	assert_in_range(fakeclock_ms(), PUBLISH_FILES_MS - 1, PUBLISH_FILES_MS + 1);
	read_sidecar(b, &s);
	assert_int_equal(s.n, 2);
}

/* What the helper told at the start, and the journal, are published without it. */
static void test_helper_hangs(void **state)
{
	struct bench *b = *state;
	struct sections s;

	assert_int_equal(publish_beside(b, PUBLISH_FILES_MS + 1), 0);
	assert_in_range(fakeclock_ms(), PUBLISH_FILES_MS, PUBLISH_FILES_MS + 5);
	read_sidecar(b, &s);
	assert_int_equal(s.n, 2);
	assert_true(s.published);
	assert_non_null(strstr(machine_read(&b->m, "dump/" SIDECAR_TEXT), "0000:00:01.0"));
}

/* ---- the note in the dump ---- */

/* A smmu-adoptctl that says a word when somebody opens its FIFO, after @ms. */
static int embed_beside(struct bench *b, uint32_t ms, struct errbuf *err)
{
	char fifo[128], script[256], *path = strdup(getenv("PATH"));
	int rc, fd;
	pid_t pid;

	snprintf(fifo, sizeof(fifo), "%s/fifo", b->m.dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	snprintf(script, sizeof(script), "#!/bin/sh\nread word <%s\necho $word\nexit 1\n", fifo);
	machine_write(&b->m, "bin/" NAME_CTL, script);
	assert_int_equal(fchmodat(b->m.root.fd, "bin/" NAME_CTL, 0755, 0), 0);
	machine_write(&b->m, "dump/vmcore", "x");
	snprintf(script, sizeof(script), "%s/bin", b->m.dir);
	setenv("PATH", script, 1);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		clock_sleep_ms(ms);
		/* Nobody reads any more: that is no trouble of ours. */
		fd = open(fifo, O_WRONLY | O_NONBLOCK);
		_exit(fd >= 0 && write(fd, "done\n", 5) != 5);
	}
	rc = publish_embed(&b->m.root, b->dir_fd, err);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(fakeclock_wait(pid), 0);
	return rc;
}

static void test_embed_long(void **state)
{
	struct errbuf err = { .text = "" };

	assert_int_equal(embed_beside(*state, PUBLISH_EMBED_MS - 1, &err), -EIO);
	assert_string_equal(err.text, "the records are not in the dump: done");
}

static void test_embed_too_long(void **state)
{
	struct errbuf err = { .text = "" };

	assert_int_equal(embed_beside(*state, PUBLISH_EMBED_MS + 1, &err), -ETIMEDOUT);
	assert_string_equal(err.text, "the records are not in the dump: Connection timed out");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_crashed_kernel), TEST(test_crashed_damaged), TEST(test_all_there),
		TEST(test_nothing_there),  TEST(test_torn_journal),    TEST(test_garbage_helper),
		TEST(test_no_space),	   TEST(test_embed_long),      TEST(test_embed_too_long),
		TEST(test_temp_is_there),  TEST(test_temp_stays),      TEST(test_helper_slow),
		TEST(test_helper_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_embed_verb.c - the verb embed on files: what it refuses, what it leaves untouched, copies,
 * and --undo.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support_dump.h"
#include "tests/unit/support_run.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static u8 *records;
static size_t records_len;

static int setup(void **state)
{
	(void)scratch_set_up(state);
	records = golden_stream("vm-adopted", &records_len);
	return 0;
}

static int teardown(void **state)
{
	free(records);
	return scratch_tear_down(state);
}

/* embed of anything that is no whole dump: one message, not a byte changed. */
static void test_embed_refuses(void **state)
{
	static const char *const names[] = { "missing", "empty", "garbage",	 "fifo",
					     "dir",	"cut",	 "x-incomplete", "locked" };
	static const char *const messages[] = { "No such file",	  "the file is empty",
						"neither an ELF", "not a regular file",
						"Is a directory", "incomplete",
						"its name says",  "in use: it is locked" };
	struct image image = noted_image(0, records, records_len),
		     cut = { image.data, image.len - 1 };
	char path[512], rec[300];
	size_t i;
	int fd;

	(void)state;
	(void)snprintf(rec, sizeof(rec), "%s",
		       scratch_image("r.rec", &(struct image){ records, records_len }));
	scratch_image("empty", &(struct image){ records, 0 });
	scratch_image("garbage", &(struct image){ records, 200 });
	scratch_image("dir/file", &image);
	scratch_image("cut", &cut);
	scratch_image("x-incomplete", &image);
	fd = open(scratch_image("locked", &image), O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	(void)snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (i = 0; i < N(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		run_is_refused(path, messages[i], ARGS("embed", path, rec));
	}
	close(fd);
	free(image.data);
}

/* The program as a whole, on a real file. */
static void test_embed_command(void **state)
{
	struct elf_shape shape = { 3, 0x40000, false, true, NULL, 0 };
	struct image image = elf_image(&shape);
	char path[512], copy[520];
	struct run run;
	size_t len;
	u8 *now;

	(void)state;
	scratch_image("c/smmu-adopt.rec", &(struct image){ records, records_len });
	(void)snprintf(path, sizeof(path), "%s", scratch_image("c/vmcore", &image));
	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	run_ctl(ARGS("embed", "--force", "--copy", copy, path), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	run_logs_as(copy, "vm-adopted.log.txt");
	run_is_refused(copy, "File exists", ARGS("embed", "--force", "--copy", copy, path));
	/* Its memory is made up. */
	run_ctl(ARGS("embed", "--force", path), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	run_logs_as(path, "vm-adopted.log.txt");
	/* The folder stands for its dump. */
	(void)snprintf(copy, sizeof(copy), "%s/c", folder);
	run_ctl(ARGS("embed", "--undo", copy), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	now = (u8 *)file_read(path, &len);
	assert_int_equal(len, image.len);
	assert_memory_equal(now, image.data, len);
	free(now);
	run_is_refused(path, "no undo log", ARGS("embed", "--undo", path));
	run_ctl(ARGS("log", "--undo", path), &run);
	assert_int_equal(run.code, EXIT_USAGE);
	run_free(&run);
	free(image.data);
}

/* Torn records go in as far as they go, and it is said. Of another boot: refused without --force.
 */
static void test_embed_doubtful(void **state)
{
	struct image image = noted_image(6, records, records_len),
		     torn = { records, records_len - 5 };
	struct elf_shape shape = { 1, 0x4000, false, false, NULL, 0 };
	struct image plain = elf_image(&shape);
	struct image other;
	char path[512], rec[300];
	struct run run;

	(void)state;
	other.data = golden_stream("adopted", &other.len);
	(void)snprintf(path, sizeof(path), "%s", scratch_image("e/vmcore", &plain));
	(void)snprintf(rec, sizeof(rec), "%s", scratch_image("e/torn", &torn));
	run_is_refused(path, "is in the dump (--force embeds them", ARGS("embed", path, rec));
	run_ctl(ARGS("embed", "--force", path, rec), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "torn: torn at byte "));
	assert_non_null(strstr(run.err, "only the part before it was embedded\n"));
	assert_non_null(strstr(run.out, " bytes of records "));
	run_free(&run);
	(void)snprintf(path, sizeof(path), "%s", scratch_image("e/noted", &image));
	(void)snprintf(rec, sizeof(rec), "%s", scratch_image("e/other", &other));
	run_is_refused(path, "of another boot of the capture kernel (--force",
		       ARGS("embed", path, rec));
	scratch_image("e/other", &(struct image){ records, records_len });
	run_ctl(ARGS("embed", path, rec), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	free(other.data);
	free(plain.data);
	free(image.data);
}

/* No way to make room in place: a copy with a gap is made. */
static void test_copy_with_gap(void **state)
{
	struct elf_shape shape = { 1, 0x4100000, false, true, NULL, 0 };
	struct image image = elf_image(&shape), made;
	char path[512], copy[520];
	struct run run;

	(void)state;
	scratch_image("g/smmu-adopt.rec", &(struct image){ records, records_len });
	(void)snprintf(path, sizeof(path), "%s", scratch_image("g/vmcore", &image));
	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	run_is_refused(path, "--copy makes room", ARGS("embed", "--force", path));
	run_ctl(ARGS("embed", "--force", "--copy", copy, path), &run);
	if (run.code != EXIT_DONE)
		fail_msg("%s", run.err);
	run_free(&run);
	run_logs_as(copy, "vm-adopted.log.txt");
	made.data = (u8 *)file_read(copy, &made.len);
	assert_int_equal(elf_memory_crc(&made), elf_memory_crc(&image));
	assert_int_equal(other_notes_crc(&made), other_notes_crc(&image));
	free(made.data);
	/* Undone, it keeps the gap: the same memory and notes, in another file. */
	run_ctl(ARGS("embed", "--undo", copy), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	made.data = (u8 *)file_read(copy, &made.len);
	assert_true(made.len > image.len);
	assert_int_equal(elf_memory_crc(&made), elf_memory_crc(&image));
	assert_int_equal(other_notes_crc(&made), other_notes_crc(&image));
	free(made.data);
	run_ctl(ARGS("log", "--records", copy, copy), &run);
	assert_int_not_equal(run.code, EXIT_DONE);
	run_free(&run);
	free(image.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_embed_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embed_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embed_doubtful, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_with_gap, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

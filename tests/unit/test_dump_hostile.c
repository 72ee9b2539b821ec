// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dump_hostile.c - dumps that are cut anywhere, whose parts lie on one
 * another or contain themselves, and paths that are no file to read. Each gets
 * one message that names the file, exit code 1 or 4, and nothing is changed.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/story/names.h"
#include "tests/unit/support_dump.h"
#include "tests/unit/support_run.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define NOBODY 65534

/* Of the program header with number @n of an ELF image */
#define PHDR(n, field) (64 + 56 * (n) + (field))
#define P_OFFSET 8
#define P_FILESZ 32
#define P_MEMSZ 40

static char record_path[512];
static u8 *records;
static size_t records_len;

static const char *put(const char *name, const void *data, size_t len)
{
	static char path[512];

	scratch_put(name, data, len);
	return scratch_path(path, name);
}

static int setup(void **state)
{
	(void)scratch_set_up(state);
	records = golden_stream("vm-adopted", &records_len);
	(void)snprintf(record_path, sizeof(record_path), "%s",
		       put("own.rec", records, records_len));
	return 0;
}

static int teardown(void **state)
{
	free(records);
	return scratch_tear_down(state);
}

static struct image elf_with_note(void)
{
	struct elf_shape shape = { 3, 0x2000, false, false, records, records_len };

	return elf_image(&shape);
}

static struct image kdump_with_note(void)
{
	struct kdump_shape shape = { 6, 1, 0, false, records, records_len };

	return kdump_image(&shape);
}

static void one_line(const char *what, const struct run *run)
{
	if (!run->err[0] || strchr(run->err, '\n') != run->err + strlen(run->err) - 1)
		fail_msg("%s: exit %d, not one line: '%s'", what, run->code, run->err);
}

/* "log" of the first @len bytes of @image. */
static int log_of_cut(const struct image *image, size_t len)
{
	struct run run;
	char what[64];
	int code;

	run_ctl(ARGS("log", put("cut", image->data, len)), &run);
	(void)snprintf(what, sizeof(what), "cut at %zu of %zu", len, image->len);
	code = run.code;
	if (code != EXIT_DONE && code != EXIT_FAILED && code != EXIT_PARTIAL)
		fail_msg("%s: exit %d", what, code);
	if (code != EXIT_DONE)
		one_line(what, &run);
	if (code == EXIT_FAILED)
		assert_string_equal(run.out, "");
	run_free(&run);
	return code;
}

/* Wherever a file ends: the log, or an error, and the whole file gives the log. */
static void test_cut_anywhere(void **state)
{
	struct image inner = elf_with_note(),
		     images[] = { inner, kdump_with_note(), flat_image(&inner, 4096) };
	size_t i, len;

	(void)state;
	for (i = 0; i < N(images); i++) {
		for (len = 0; len < images[i].len; len += len < 600 ? 1 : 509)
			if (log_of_cut(&images[i], len) == EXIT_DONE)
				assert_true(len > records_len);
		assert_int_equal(log_of_cut(&images[i], images[i].len), EXIT_DONE);
		/* In the middle of the records, and of the header in front of them */
		assert_int_equal(log_of_cut(&images[i], 4096 + 600), EXIT_FAILED);
		free(images[i].data);
	}
}

static void test_no_file_to_read(void **state)
{
	static const char *const verbs[] = { "log", "report" };
	char fifo[300], dir[300], *closed;
	size_t i;

	(void)state;
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	(void)snprintf(dir, sizeof(dir), "%s/dir", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_non_null(closed = strdup(put("closed", records, records_len)));
	assert_int_equal(chmod(closed, 0), 0);
	for (i = 0; i < N(verbs); i++) {
		run_is_refused("/nowhere/at/all", "No such file",
			       ARGS(verbs[i], "/nowhere/at/all"));
		run_is_refused(fifo, "not a regular file", ARGS(verbs[i], fifo));
		run_is_refused("empty", "the file is empty", ARGS(verbs[i], put("empty", "", 0)));
		run_is_refused(dir, "no ", ARGS(verbs[i], dir));
		/* Root may read everything; whoever this is then, may not. */
		assert_int_equal(chmod(folder, 0755), 0);
		if (geteuid() == 0)
			assert_int_equal(seteuid(NOBODY), 0);
		run_is_refused(closed, "Permission denied", ARGS(verbs[i], closed));
		if (getuid() == 0)
			assert_int_equal(seteuid(0), 0);
	}
	free(closed);
}

struct twist {
	bool kdump;
	size_t at, len;
	u64 value;
	const char *log_says;	/* NULL: the log is found all the same */
	const char *embed_says; /* NULL: as @log_says */
};

/* The ELF image: header, PT_NOTE, three PT_LOADs; notes at 0x1000. */
static const struct twist twists[] = {
	/* overlapping: data on the notes, on other data, behind the file */
	{ false, PHDR(1, P_OFFSET), 8, 0x1000, NULL, "it begins before the end of the notes" },
	{ false, PHDR(3, P_OFFSET), 8, 1u << 20, NULL, "the dump is incomplete" },
	{ false, PHDR(3, P_OFFSET), 8, ~0ull, NULL, "a range that cannot be" },
	{ false, PHDR(1, P_MEMSZ), 8, 1, NULL, "more bytes in the file than in memory" },
	/* self-referencing: data that is the header, notes that are the program headers */
	{ false, PHDR(1, P_OFFSET), 8, 0, NULL, "it begins before the end of the notes" },
	{ false, PHDR(0, P_OFFSET), 8, 64, "the notes overlap the headers", NULL },
	{ false, 32, 8, 16, "the program headers are not in the file", NULL },
	{ false, 40, 8, 64, NULL, NULL },
	/* the sub-header as notes, as VMCOREINFO; notes around everything */
	{ true, 4096 + 48, 8, 4096, "byte 0x1030: the notes are", NULL },
	{ true, 4096 + 32, 8, 4096 + 32, "byte 0x1020: the VMCOREINFO bytes are", NULL },
	{ true, 4096 + 56, 8, 1u << 30, "byte 0x1030: the notes are", NULL },
};

static void test_twisted(void **state)
{
	struct image image;
	struct run run;
	const char *says;
	char path[512], *now;
	u8 value[8];
	size_t i, len;

	(void)state;
	for (i = 0; i < N(twists); i++) {
		image = twists[i].kdump ? kdump_with_note() : elf_with_note();
		core_st64(value, twists[i].value);
		memcpy(image.data + twists[i].at, value, twists[i].len);
		(void)snprintf(path, sizeof(path), "%s", put("twisted", image.data, image.len));
		if (twists[i].log_says) {
			run_is_refused(path, twists[i].log_says, ARGS("log", path));
		} else {
			run_ctl(ARGS("log", path), &run);
			assert_int_equal(run.code, EXIT_DONE);
			golden_compare("vm-adopted.log.txt", run.out);
			run_free(&run);
		}
		says = twists[i].embed_says ? twists[i].embed_says : twists[i].log_says;
		if (says) {
			run_is_refused(path, says, ARGS("embed", "--force", path, record_path));
			now = file_read(path, &len);
			assert_int_equal(len, image.len);
			assert_memory_equal(now, image.data, len);
			free(now);
		}
		free(image.data);
	}
}

static void be64(u8 *p, u64 value)
{
	core_st64(p, __builtin_bswap64(value));
}

/* A flattened file: each of its records where it says, never in itself. */
static void test_flattened(void **state)
{
	struct image inner = elf_with_note(), flat = flat_image(&inner, 4096), twice;
	static const struct {
		size_t at;
		u64 value;
		const char *message;
	} damages[] = {
		{ 16, 2, "byte 0x10: not of type 1" },
		{ 24, 2, "byte 0x10: not of type 1" },
		{ 4096, 1ull << 63,
		  "record at 0x1000: 0x1000 bytes for offset 0x8000000000000000" },
		{ 4104, 0, "record at 0x1000: 0x0 bytes" },
		{ 4104, 1ull << 40, "record at 0x1000: 0x10000000000 bytes" },
		{ 4104, ~0ull, "record at 0x1000: 0xffffffffffffffff bytes" },
	};
	char path[512];
	size_t i;
	u8 kept[8];

	(void)state;
	for (i = 0; i < N(damages); i++) {
		memcpy(kept, flat.data + damages[i].at, 8);
		be64(flat.data + damages[i].at, damages[i].value);
		(void)snprintf(path, sizeof(path), "%s", put("flat", flat.data, flat.len));
		run_is_refused(path, damages[i].message, ARGS("log", path));
		run_is_refused(path, damages[i].message, ARGS("who", path, "0x40000000"));
		run_is_refused(path, "flattened", ARGS("embed", path, record_path));
		memcpy(flat.data + damages[i].at, kept, 8);
	}
	twice = flat_image(&flat, 65536);
	(void)snprintf(path, sizeof(path), "%s", put("twice", twice.data, twice.len));
	run_is_refused(path, "a flattened dump; make it whole", ARGS("log", path));
	free(twice.data);
	free(flat.data);
	free(inner.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_file_to_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twisted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flattened, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

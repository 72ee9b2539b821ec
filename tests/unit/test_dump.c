// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dump.c - our records found in dumps of every format and in crash folders;
 * what a damaged dump is said to be; how much is read for it.
 */
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/story/names.h"
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

static void test_formats(void **state)
{
	struct image image, flat;
	u32 version;
	size_t chunk;

	(void)state;
	for (version = 0; version <= 6; version = version ? version + 1 : 4) {
		image = noted_image(version, records, records_len);
		run_logs_as(scratch_image("vmcore", &image), "vm-adopted.log.txt");
		for (chunk = 100; chunk <= 100000; chunk *= 10) {
			flat = flat_image(&image, chunk);
			run_logs_as(scratch_image("flat", &flat), "vm-adopted.log.txt");
			free(flat.data);
		}
		free(image.data);
	}
}

/* Every part of a split dump has the notes. */
static void test_split_part(void **state)
{
	struct kdump_shape shape = { 6, 0, 1, false, records, records_len };
	struct image image = kdump_image(&shape);

	(void)state;
	run_logs_as(scratch_image("part2", &image), "vm-adopted.log.txt");
	free(image.data);
}

static void test_crash_folders(void **state)
{
	static const struct {
		const char *file;
		bool flat;
	} layouts[] = {
		{ "rhel/127.0.0.1-2026-11-22-22:55:01/vmcore", false },
		{ "rhel-ssh/10.0.0.7-2026-11-22-22:55:01/vmcore.flat", true },
		{ "rhel-cut/127.0.0.1-2026-11-22-22:55:02/vmcore-incomplete", false },
		{ "debian/202611222255/dump.202611222255", true },
		{ "debian-raw/202611222255/vmcore.202611222255", false },
		{ "suse/2026-11-22-22-55/vmcore", true },
	};
	struct image image = noted_image(6, records, records_len), flat = flat_image(&image, 4096);
	struct image text = { (u8 *)(uintptr_t) "text", 4 };
	char path[512], other[600];
	size_t i;

	(void)state;
	for (i = 0; i < N(layouts); i++) {
		(void)snprintf(path, sizeof(path), "%s",
			       scratch_image(layouts[i].file, layouts[i].flat ? &flat : &image));
		*strrchr(path, '/') = 0;
		(void)snprintf(other, sizeof(other), "%s/dmesg.202611222255",
			       path + strlen(folder) + 1);
		scratch_image(other, &text);
		run_logs_as(path, "vm-adopted.log.txt");
	}
	/* A sidecar goes before a dump. */
	image.len = 100;
	scratch_image("both/vmcore", &image);
	scratch_image("both/smmu-adopt.rec", &(struct image){ records, records_len });
	(void)snprintf(path, sizeof(path), "%s/both", folder);
	run_logs_as(path, "vm-adopted.log.txt");
	free(image.data);
	free(flat.data);
}

/* What is needed of a dump of 100 GiB is read, and no more. */
static void test_little_is_read(void **state)
{
	struct image image = noted_image(0, records, records_len);
	struct dump_src src = { .read = dump_read_fd, .budget = DUMP_FIND_BUDGET };
	const char *path = scratch_image("big", &image);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct errbuf err;
	size_t len;
	u32 count;
	bool broken;
	u8 *found;

	(void)state;
	assert_int_equal(ftruncate(fd, 100ll << 30), 0);
	/* The last segment has the rest. */
	core_st64(image.data + 120 + 112 + 32, (100ull << 30) - image.len);
	assert_int_equal(pwrite(fd, image.data, 4096, 0), 4096);
	src.priv = &fd;
	src.size = 100ull << 30;
	assert_int_equal(dump_records(&src, 1u << 26, &found, &len, &count, &broken, &err), 0);
	assert_int_equal(len, records_len);
	assert_true(src.bytes_read < (1u << 20));
	assert_true(src.bytes_read < 4096 + 2 * records_len);
	run_logs_as(path, "vm-adopted.log.txt");
	close(fd);
	free(found);
	free(image.data);
}

/* The same of a kdump-compressed dump of a machine with 100 GiB, with bitmaps of that size. */
static void test_little_of_kdump(void **state)
{
	struct image image = noted_image(6, records, records_len);
	struct dump_src src = { .read = dump_read_fd, .budget = DUMP_FIND_BUDGET };
	const char *path = scratch_image("bigk", &image);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	u32 pages = (100ull << 30) / 4096;
	struct errbuf err;
	size_t len;
	u32 count;
	bool broken;
	u8 *found;

	(void)state;
	assert_int_equal(ftruncate(fd, 100ll << 30), 0);
	core_st32(image.data + 432 + 4, 2 * ((pages / 8 + 4095) / 4096)); /* bitmap blocks */
	core_st32(image.data + 432 + 8, pages);				  /* max_mapnr */
	assert_int_equal(pwrite(fd, image.data, 4096, 0), 4096);
	src.priv = &fd;
	src.size = 100ull << 30;
	assert_int_equal(dump_records(&src, 1u << 26, &found, &len, &count, &broken, &err), 0);
	assert_int_equal(len, records_len);
	assert_true(src.bytes_read < 3 * 4096 + 2 * records_len);
	run_logs_as(path, "vm-adopted.log.txt");
	close(fd);
	free(found);
	free(image.data);
}

/* Two notes, of the helper and of embed, are one stream. */
static void test_two_notes(void **state)
{
	struct image image = noted_image(6, records, records_len);
	struct mem_dev mem = { .image = image };
	struct embed_dev dev = mem_dev_open(&mem);
	struct errbuf err;
	const char *how;

	(void)state;
	assert_int_equal(embed(&dev, records, records_len, &how, &err), 0);
	run_logs_as(scratch_image("two", &mem.image), "vm-adopted.log.txt");
	free(mem.image.data);
}

/* An owner counted without its padding, as the ELF specification has it. */
static void test_owner_unpadded(void **state)
{
	struct image image = noted_image(0, records, records_len);

	(void)state;
	assert_int_equal(core_ld32(image.data + 4096), 8);
	core_st32(image.data + 4096, 6);
	run_logs_as(scratch_image("unpadded", &image), "vm-adopted.log.txt");
	free(image.data);
}

struct damage {
	u32 version; /* of a kdump file; 0: ELF */
	size_t at, len;
	u64 value;
	const char *message;
};

/* A version that is newer than what is known: read as the newest known, and said. */
static void test_newer_version(void **state)
{
	struct image image = noted_image(7, records, records_len);
	const char *path = scratch_image("newer", &image);
	struct run run;

	(void)state;
	run_logs_as(path, "vm-adopted.log.txt");
	run_ctl(ARGS("streams", path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	if (!strstr(run.out,
		    "the dump has header version 7, and what is new in it since version 6"))
		fail_msg("%s%s", run.out, run.err);
	run_free(&run);
	free(image.data);
}

static const struct damage damages[] = {
	{ 0, 4, 1, 1, "byte 0x4: a 32-bit dump" },
	{ 0, 5, 1, 2, "byte 0x5: a big-endian dump" },
	{ 0, 16, 2, 2, "byte 0x10: an executable (AArch64), not a dump" },
	{ 0, 54, 2, 32, "byte 0x36: program headers of a wrong size" },
	{ 0, 56, 2, 0, "byte 0x38: no program headers" },
	{ 0, 56, 2, 0xffff, "byte 0x28: the section header is not in the file" },
	{ 0, 56, 2, 0xfffe, "byte 0x20: the program headers are not in the file" },
	{ 0, 32, 8, ~0ull, "byte 0x20: the program headers are not in the file" },
	{ 0, 32, 8, 0, "byte 0x20: the program headers are not in the file" },
	{ 0, 64, 4, 1, "no PT_NOTE among the program headers" },
	{ 0, 72, 8, 64, "the notes overlap the headers" },
	{ 0, 72, 8, 0, "the notes overlap the headers" },
	{ 0, 72, 8, ~0ull, "the file ends at" },
	{ 0, 96, 8, ~0ull, "the file ends at" },
	{ 0, 96, 8, 0, "without a note of smmu_adopt (0x0 bytes of notes" },
	{ 0, 4096, 4, 0xffffffff, "note at 0x1000: it has" },
	{ 0, 4100, 4, 0xffffffff, "note at 0x1000: it has" },
	{ 0, 4108, 1, 'X', "without a note of smmu_adopt" },
	{ 0, 4116, 1, 'S', "without a note of smmu_adopt" },
	{ 6, 8, 4, 65, "byte 0x8: an impossible version" },
	{ 6, 8, 4, 0, "byte 0x8: an impossible version" },
	{ 6, 428, 4, 0x100000, "byte 0x1ac: a big-endian dump" },
	{ 6, 428, 4, 4097, "byte 0x1ac: the block size is not a page size" },
	{ 6, 432, 4, 0, "byte 0x1b0: an impossible number" },
	{ 6, 4096 + 48, 8, 0, "byte 0x1030: the notes are" },
	{ 6, 4096 + 48, 8, ~0ull, "byte 0x1030: the notes are" },
	{ 6, 4096 + 56, 8, ~0ull, "byte 0x1030: the notes are" },
	{ 6, 4096 + 32, 8, 8, "byte 0x1020: the VMCOREINFO bytes are" },
	{ 6, 4096 + 56, 8, 20, "note at 0x1068: it has" },
	{ 3, 0, 1, 'K', "without a note of smmu_adopt (0x0 bytes of notes" },
};

static void test_damaged(void **state)
{
	char raw[512], record_path[300];
	const char *path;
	struct image image;
	u8 value[8];
	size_t i;

	(void)state;
	(void)snprintf(record_path, sizeof(record_path), "%s",
		       scratch_image("r.rec", &(struct image){ records, records_len }));
	for (i = 0; i < N(damages); i++) {
		image = noted_image(damages[i].version, records, records_len);
		core_st64(value, damages[i].value);
		memcpy(image.data + damages[i].at, value, damages[i].len);
		(void)snprintf(raw, sizeof(raw), "%s", scratch_image("damaged", &image));
		path = raw;
		run_is_refused(path, damages[i].message, ARGS("log", path));
		run_is_refused(path, damages[i].message, ARGS("report", path));
		free(image.data);
	}
}

/* An ELF core with one note of type @type: owner CORE, a body of 136 bytes with a name at 40. */
static struct image core_of(u16 e_type, u16 machine, u32 type, const char *command)
{
	struct image image = { calloc(1, 8192), 8192 };
	u8 *d = image.data;

	memcpy(d, "\177ELF\2\1\1", 7);
	core_st16(d + 16, e_type);
	core_st16(d + 18, machine);
	core_st64(d + 32, 64);
	core_st16(d + 54, 56);
	core_st16(d + 56, 1);
	core_st32(d + 64, 4); /* PT_NOTE */
	core_st64(d + 72, 4096);
	core_st64(d + 96, 20 + 136);
	core_st32(d + 4096, 5);
	core_st32(d + 4100, 136);
	core_st32(d + 4104, type);
	memcpy(d + 4108, "CORE", 5);
	memcpy(d + 4116 + 40, command, strlen(command));
	return image;
}

/* Whatever verb: one message that says what the file is, although good records lie beside it. */
static void is_named(const char *name, struct image image, const char *words)
{
	static const char *const verbs[] = { "report", "log", "events", "streams", "reach" };
	char path[512], in[64];
	struct run run;
	size_t i;

	(void)snprintf(in, sizeof(in), "%s/smmu-adopt.rec", name);
	scratch_image(in, &(struct image){ records, records_len });
	(void)snprintf(in, sizeof(in), "%s/vmcore", name);
	(void)snprintf(path, sizeof(path), "%s", scratch_image(in, &image));
	for (i = 0; i < N(verbs); i++)
		run_is_refused(path, words, ARGS(verbs[i], path));
	run_is_refused(path, words, ARGS("embed", path));
	run_is_refused(path, words, ARGS("report", "--records", path, path));
	/* The folder has records, which are told, and doubted. */
	*strrchr(path, '/') = 0;
	run_ctl(ARGS("report", path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, words));
	run_free(&run);
	free(image.data);
}

static void test_other_kinds(void **state)
{
	static const struct kdump_shape shape = { 6, 1, 0, false, NULL, 0 };
	struct image kdump = kdump_image(&shape);

	(void)state;
	memcpy(kdump.data + 12 + 4 * 65, "x86_64", 6);
	is_named("kdump", kdump, "a kdump-compressed dump of x86_64");
	is_named("x86", core_of(4, 62, 1, ""), "a core file of x86-64");
	is_named("s390", core_of(4, 22, 1, ""), "a core file of s390");
	is_named("process", core_of(4, 183, 3, "b\033ash"),
		 "the core file of a process, 'b?ash', not a dump of a kernel");
	is_named("vmlinux", core_of(2, 183, 1, ""), "an executable (AArch64), not a dump");
	is_named("module", core_of(1, 183, 1, ""), "an object file or kernel module (AArch64)");
	is_named("strange", core_of(4, 9999, 1, ""), "a core file of an unknown machine");
}

/* A dump that was packed, and a log with lines of ours but no records. */
static void test_packed_and_text(void **state)
{
	static const char gzip[] = "\x1f\x8b\x08 and so on";
	static const char text[] = "[Sun Nov 22] smmu_adopt: one\nsomebody: smmu-adoptd was here\n"
				   "Nov 22 host smmu-adoptd[71]: two \033[31m\n";
	char path[512];
	struct run run;

	(void)state;
	scratch_image("packed/dump.202611222255.gz",
		      &(struct image){ (u8 *)(uintptr_t)gzip, sizeof(gzip) });
	(void)snprintf(path, sizeof(path), "%s/packed", folder);
	run_is_refused(path, "dump.202611222255.gz: byte 0x0: packed with gzip", ARGS("log", path));
	(void)snprintf(path, sizeof(path), "%s",
		       scratch_image("kexec-dmesg.log",
				     &(struct image){ (u8 *)(uintptr_t)text, sizeof(text) - 1 }));
	run_ctl(ARGS("log", path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.out, "     1  [Sun Nov 22] smmu_adopt: one\n"
				     "     3  Nov 22 host smmu-adoptd[71]: two\n");
	run_free(&run);
	/* Beside the log of a packed dump the advice to unpack it stays. */
	(void)scratch_image("packed/kexec-dmesg.log",
			    &(struct image){ (u8 *)(uintptr_t)text, sizeof(text) - 1 });
	(void)snprintf(path, sizeof(path), "%s/packed", folder);
	run_ctl(ARGS("report", path), &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.err, "packed with gzip"));
	run_free(&run);
}

/* A folder whose dump has no note of ours, or that has no dump: the lines of its log. */
static void test_folder_with_text(void **state)
{
	static const char text[] = "[   1.2] smmu_adopt: one\n[   1.3] other\n";
	struct image image = { (u8 *)(uintptr_t)text, sizeof(text) - 1 },
		     none = noted_image(3, records, records_len);
	char path[512];
	struct run run;
	size_t i;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/lines", folder);
	for (i = 0; i < 2; i++) {
		scratch_image(i ? "lines/vmcore" : "lines/kexec-dmesg.log", i ? &none : &image);
		run_ctl(ARGS("log", path), &run);
		assert_int_equal(run.code, EXIT_PARTIAL);
		assert_string_equal(run.out, "kexec-dmesg.log:1  [   1.2] smmu_adopt: one\n");
		assert_non_null(strstr(run.err, "a kernel log, of the capture kernel"));
		run_free(&run);
		run_ctl(ARGS("report", path), &run);
		assert_int_equal(run.code, EXIT_FINDINGS);
		assert_non_null(strstr(run.out, "UNKNOWN: the log has no line of an SMMU"));
		run_free(&run);
	}
	free(none.data);
}

/* A file beside the dump that is another crash's is passed over for the note. */
static void test_note_of_the_crash(void **state)
{
	struct image image = noted_image(6, records, records_len);
	struct image other;
	char path[512];
	struct run run;
	size_t i;

	(void)state;
	other.data = golden_stream("adopted", &other.len);
	scratch_image("n/smmu-adopt.rec", &other);
	(void)snprintf(path, sizeof(path), "%s", scratch_image("n/vmcore", &image));
	for (i = 0; i < 2; i++) {
		run_ctl(ARGS("log", path), &run);
		assert_int_equal(run.code, EXIT_DONE);
		golden_compare("vm-adopted.log.txt", run.out);
		assert_non_null(
			strstr(run.err, "n/smmu-adopt.rec is of another crash; the records in "));
		run_free(&run);
		*strrchr(path, '/') = 0; /* the same of the folder */
	}
	/* --records are what was asked for, and doubted. */
	(void)snprintf(path, sizeof(path), "%s/n/vmcore", folder);
	run_ctl(ARGS("log", "--records", (scratch_image("r.rec", &other)), path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "r.rec does not belong to "));
	run_free(&run);
	free(other.data);
	free(image.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crash_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_little_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_little_of_kdump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_notes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner_unpadded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newer_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packed_and_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_with_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_note_of_the_crash, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

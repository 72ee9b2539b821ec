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

static const char *put(const char *name, const struct image *image)
{
	static char path[512];

	scratch_put(name, image->data, image->len);
	return scratch_path(path, name);
}

static struct image with_note(u32 version)
{
	struct elf_shape elf = { 3, 0x2000, false, false, records, records_len };
	struct kdump_shape kdump = { version, 1, 0, false, records, records_len };

	return version ? kdump_image(&kdump) : elf_image(&elf);
}

/* "log" prints of @path what it prints of the record file. */
static void logs_as_golden(const char *path)
{
	struct run run;

	run_ctl(ARGS("log", path), &run);
	if (run.code != EXIT_DONE)
		fail_msg("%s: exit %d, %s", path, run.code, run.err);
	golden_compare("vm-adopted.log.txt", run.out);
	run_free(&run);
}

static void test_formats(void **state)
{
	struct image image, flat;
	u32 version;
	size_t chunk;

	(void)state;
	for (version = 0; version <= 6; version = version ? version + 1 : 4) {
		image = with_note(version);
		logs_as_golden(put("vmcore", &image));
		for (chunk = 100; chunk <= 100000; chunk *= 10) {
			flat = flat_image(&image, chunk);
			logs_as_golden(put("flat", &flat));
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
	logs_as_golden(put("part2", &image));
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
	struct image image = with_note(6), flat = flat_image(&image, 4096);
	struct image text = { (u8 *)(uintptr_t) "text", 4 };
	char path[512], other[600];
	size_t i;

	(void)state;
	for (i = 0; i < N(layouts); i++) {
		(void)snprintf(path, sizeof(path), "%s",
			       put(layouts[i].file, layouts[i].flat ? &flat : &image));
		*strrchr(path, '/') = 0;
		(void)snprintf(other, sizeof(other), "%s/dmesg.202611222255",
			       path + strlen(folder) + 1);
		put(other, &text);
		logs_as_golden(path);
	}
	/* A sidecar goes before a dump. */
	image.len = 100;
	put("both/vmcore", &image);
	logs_as_golden((put("both/smmu-adopt.rec", &(struct image){ records, records_len }),
			(void)snprintf(path, sizeof(path), "%s/both", folder), path));
	free(image.data);
	free(flat.data);
}

/* What is needed of a dump of 100 GiB is read, and no more. */
static void test_little_is_read(void **state)
{
	struct image image = with_note(0);
	struct dump_src src = { .read = dump_read_fd, .budget = DUMP_FIND_BUDGET };
	const char *path = put("big", &image);
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
	logs_as_golden(path);
	close(fd);
	free(found);
	free(image.data);
}

/* The same of a kdump-compressed dump of a machine with 100 GiB, with bitmaps of that size. */
static void test_little_of_kdump(void **state)
{
	struct image image = with_note(6);
	struct dump_src src = { .read = dump_read_fd, .budget = DUMP_FIND_BUDGET };
	const char *path = put("bigk", &image);
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
	logs_as_golden(path);
	close(fd);
	free(found);
	free(image.data);
}

/* Two notes, of the helper and of embed, are one stream. */
static void test_two_notes(void **state)
{
	struct image image = with_note(6);
	struct mem_dev mem = { .image = image };
	struct embed_dev dev = mem_dev_open(&mem);
	struct errbuf err;
	const char *how;

	(void)state;
	assert_int_equal(embed(&dev, records, records_len, &how, &err), 0);
	logs_as_golden(put("two", &mem.image));
	free(mem.image.data);
}

/* An owner counted without its padding, as the ELF specification has it. */
static void test_owner_unpadded(void **state)
{
	struct image image = with_note(0);

	(void)state;
	assert_int_equal(core_ld32(image.data + 4096), 8);
	core_st32(image.data + 4096, 6);
	logs_as_golden(put("unpadded", &image));
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
	struct image image = with_note(7);
	const char *path = put("newer", &image);
	struct run run;

	(void)state;
	logs_as_golden(path);
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
		       put("r.rec", &(struct image){ records, records_len }));
	for (i = 0; i < N(damages); i++) {
		image = with_note(damages[i].version);
		core_st64(value, damages[i].value);
		memcpy(image.data + damages[i].at, value, damages[i].len);
		(void)snprintf(raw, sizeof(raw), "%s", put("damaged", &image));
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
	put(in, &(struct image){ records, records_len });
	(void)snprintf(in, sizeof(in), "%s/vmcore", name);
	(void)snprintf(path, sizeof(path), "%s", put(in, &image));
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
	put("packed/dump.202611222255.gz", &(struct image){ (u8 *)(uintptr_t)gzip, sizeof(gzip) });
	(void)snprintf(path, sizeof(path), "%s/packed", folder);
	run_is_refused(path, "dump.202611222255.gz: byte 0x0: packed with gzip", ARGS("log", path));
	(void)snprintf(path, sizeof(path), "%s",
		       put("kexec-dmesg.log",
			   &(struct image){ (u8 *)(uintptr_t)text, sizeof(text) - 1 }));
	run_ctl(ARGS("log", path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_string_equal(run.out, "     1  [Sun Nov 22] smmu_adopt: one\n"
				     "     3  Nov 22 host smmu-adoptd[71]: two\n");
	run_free(&run);
	/* Beside the log of a packed dump the advice to unpack it stays. */
	(void)put("packed/kexec-dmesg.log",
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
	struct image image = { (u8 *)(uintptr_t)text, sizeof(text) - 1 }, none = with_note(3);
	char path[512];
	struct run run;
	size_t i;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/lines", folder);
	for (i = 0; i < 2; i++) {
		put(i ? "lines/vmcore" : "lines/kexec-dmesg.log", i ? &none : &image);
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

/* embed of anything that is no whole dump: one message, not a byte changed. */
static void test_embed_refuses(void **state)
{
	static const char *const names[] = { "missing", "empty", "garbage",	 "fifo",
					     "dir",	"cut",	 "x-incomplete", "locked" };
	static const char *const messages[] = { "No such file",	  "the file is empty",
						"neither an ELF", "not a regular file",
						"Is a directory", "incomplete",
						"its name says",  "in use: it is locked" };
	struct image image = with_note(0), cut = { image.data, image.len - 1 };
	char path[512], rec[300];
	size_t i;
	int fd;

	(void)state;
	(void)snprintf(rec, sizeof(rec), "%s",
		       put("r.rec", &(struct image){ records, records_len }));
	put("empty", &(struct image){ records, 0 });
	put("garbage", &(struct image){ records, 200 });
	put("dir/file", &image);
	put("cut", &cut);
	put("x-incomplete", &image);
	fd = open(put("locked", &image), O_RDONLY | O_CLOEXEC);
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
	put("c/smmu-adopt.rec", &(struct image){ records, records_len });
	(void)snprintf(path, sizeof(path), "%s", put("c/vmcore", &image));
	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	run_ctl(ARGS("embed", "--force", "--copy", copy, path), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	logs_as_golden(copy);
	run_is_refused(copy, "File exists", ARGS("embed", "--force", "--copy", copy, path));
	/* Its memory is made up. */
	run_ctl(ARGS("embed", "--force", path), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	logs_as_golden(path);
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
	struct image image = with_note(6), torn = { records, records_len - 5 };
	struct elf_shape shape = { 1, 0x4000, false, false, NULL, 0 };
	struct image plain = elf_image(&shape);
	struct image other;
	char path[512], rec[300];
	struct run run;

	(void)state;
	other.data = golden_stream("adopted", &other.len);
	(void)snprintf(path, sizeof(path), "%s", put("e/vmcore", &plain));
	(void)snprintf(rec, sizeof(rec), "%s", put("e/torn", &torn));
	run_is_refused(path, "is in the dump (--force embeds them", ARGS("embed", path, rec));
	run_ctl(ARGS("embed", "--force", path, rec), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "torn: torn at byte "));
	assert_non_null(strstr(run.err, "only the part before it was embedded\n"));
	assert_non_null(strstr(run.out, " bytes of records "));
	run_free(&run);
	(void)snprintf(path, sizeof(path), "%s", put("e/noted", &image));
	(void)snprintf(rec, sizeof(rec), "%s", put("e/other", &other));
	run_is_refused(path, "of another boot of the capture kernel (--force",
		       ARGS("embed", path, rec));
	put("e/other", &(struct image){ records, records_len });
	run_ctl(ARGS("embed", path, rec), &run);
	assert_int_equal(run.code, EXIT_DONE);
	run_free(&run);
	free(other.data);
	free(plain.data);
	free(image.data);
}

/* A file beside the dump that is another crash's is passed over for the note. */
static void test_note_of_the_crash(void **state)
{
	struct image image = with_note(6);
	struct image other;
	char path[512];
	struct run run;
	size_t i;

	(void)state;
	other.data = golden_stream("adopted", &other.len);
	put("n/smmu-adopt.rec", &other);
	(void)snprintf(path, sizeof(path), "%s", put("n/vmcore", &image));
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
	run_ctl(ARGS("log", "--records", (put("r.rec", &other)), path), &run);
	assert_int_equal(run.code, EXIT_PARTIAL);
	assert_non_null(strstr(run.err, "r.rec does not belong to "));
	run_free(&run);
	free(other.data);
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
	put("g/smmu-adopt.rec", &(struct image){ records, records_len });
	(void)snprintf(path, sizeof(path), "%s", put("g/vmcore", &image));
	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	run_is_refused(path, "--copy makes room", ARGS("embed", "--force", path));
	run_ctl(ARGS("embed", "--force", "--copy", copy, path), &run);
	if (run.code != EXIT_DONE)
		fail_msg("%s", run.err);
	run_free(&run);
	logs_as_golden(copy);
	made.data = (u8 *)file_read(copy, &made.len);
	assert_int_equal(elf_memory_crc(&made), elf_memory_crc(&image));
	assert_int_equal(other_notes_crc(&made), other_notes_crc(&image));
	free(made.data);
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
		cmocka_unit_test_setup_teardown(test_embed_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embed_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embed_doubtful, setup, teardown),
		cmocka_unit_test_setup_teardown(test_note_of_the_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_with_gap, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

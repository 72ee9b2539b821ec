// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_dump_flat.c - flattened dumps are read as the file that makedumpfile -R would make of them:
 * records in any order and over one another, holes, cut and damaged files; and every verb says of
 * such a dump what it says of the whole one.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem.h"
#include "tests/unit/support_crash.h"
#include "tests/unit/support_kdump.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define REACH 30000u /* of records of chance */
#define HEAD 4096u   /* before the first record */

static struct dump_file file_of(const struct image *flat, size_t len)
{
	struct dump_file file = { .fd = memfd_create("dump", MFD_CLOEXEC) };

	assert_true(file.fd >= 0);
	assert_int_equal(write(file.fd, flat->data, len), len);
	return file;
}

static void close_file(struct dump_file *file)
{
	dump_file_close(file);
	close(file->fd);
}

/* --- any records, against a reading of the test's own --- */

static u8 noise[REACH];

struct result {
	u8 bytes[REACH];
	bool has[REACH];
	size_t len;
};

/* What -R makes of the first @len bytes of the flattened file. */
static void rearrange(const struct flat_piece *piece, size_t n, size_t len, struct result *ret)
{
	size_t at = HEAD, i, some;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < n && at + 16 < len; at += 16 + piece[i++].len) {
		some = piece[i].len < len - at - 16 ? piece[i].len : len - at - 16;
		memcpy(ret->bytes + piece[i].at, piece[i].bytes, some);
		memset(ret->has + piece[i].at, 1, some);
		if (piece[i].at + some > ret->len)
			ret->len = piece[i].at + some;
	}
}

static void check_reads(struct dump_file *file, const struct result *want, bool cut,
			unsigned int *seed)
{
	size_t i, at, len;
	u8 got[REACH];
	int r;

	assert_int_equal(file->size, want->len);
	for (i = 0; want->len && i < 60; i++) {
		at = i ? (size_t)rand_r(seed) % want->len : 0;
		len = i ? (size_t)rand_r(seed) % (want->len - at) : want->len;
		if (i % 3)
			len = len % 50;
		memset(got, 0xee, sizeof(got));
		r = dump_file_read(file, at, got, len);
		if (cut && memchr(want->has + at, 0, len)) {
			assert_int_equal(r, -ENODATA);
			continue;
		}
		assert_int_equal(r, 0);
		assert_memory_equal(got, want->bytes + at, len);
	}
	assert_int_equal(dump_file_read(file, want->len, got, 1), -ENODATA);
	assert_int_equal(dump_file_read(file, ~0ull - 4, got, 4), -ENODATA);
	if (want->len)
		assert_int_equal(dump_file_read(file, want->len - 1, got, 2), -ENODATA);
}

static void any_records(unsigned int seed)
{
	struct flat_piece piece[80];
	static struct result want;
	struct dump_file file;
	struct image flat;
	struct errbuf err;
	size_t i, n = 1 + (size_t)rand_r(&seed) % N(piece), len, longest = seed % 2 ? 200 : 9000;

	for (i = 0; i < n; i++) {
		len = 1 + (size_t)rand_r(&seed) % longest;
		piece[i] =
			(struct flat_piece){ (u64)rand_r(&seed) % (REACH - len),
					     noise + (size_t)rand_r(&seed) % (REACH - len), len };
		/* Often it follows the one before, or is at its place. */
		if (i && rand_r(&seed) % 3)
			piece[i].at = piece[i - 1].at + (rand_r(&seed) % 2 ? piece[i - 1].len : 0);
		if (piece[i].at > REACH - len)
			piece[i].at = 0;
	}
	flat = flat_pieces(piece, n);
	for (i = 0; i < 4; i++) {
		len = i ? HEAD + (size_t)rand_r(&seed) % (flat.len - HEAD - 15) : flat.len;
		file = file_of(&flat, len);
		assert_int_equal(dump_file_whole(&file, &err), 0);
		assert_int_equal(dump_file_is_cut(&file, &err), i != 0);
		rearrange(piece, n, len, &want);
		check_reads(&file, &want, i != 0, &seed);
		close_file(&file);
	}
	free(flat.data);
}

static void test_any_records(void **state)
{
	unsigned int seed, i;

	(void)state;
	seed = 7;
	for (i = 0; i < REACH; i++)
		noise[i] = (u8)(1 + rand_r(&seed) % 255);
	for (seed = 1; seed < 400; seed++)
		any_records(seed);
}

/* Each byte by the last of many records that begin before it: a tower, up and down. */
static void test_tower(void **state)
{
	struct flat_piece piece[400];
	static struct result want;
	struct dump_file file;
	struct image flat;
	struct errbuf err;
	unsigned int seed = 3;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		for (i = 0; i < N(piece); i++)
			piece[i] = (struct flat_piece){ k ? i : N(piece) - i, noise + i * 7,
							1 + (k ? N(piece) - i : 2 * i) };
		flat = flat_pieces(piece, N(piece));
		file = file_of(&flat, flat.len);
		assert_int_equal(dump_file_whole(&file, &err), 0);
		rearrange(piece, N(piece), flat.len, &want);
		check_reads(&file, &want, false, &seed);
		/* As many parts as there are edges, at most. */
		assert_true(file.flat.count <= 2 * N(piece));
		close_file(&file);
		free(flat.data);
	}
}

/* --- what is indexed, and what is not --- */

static void test_limit(void **state)
{
	struct image inner = { noise, 5000 }, flat = flat_reversed(&inner, 100);
	struct dump_file file = file_of(&flat, flat.len);
	struct dump_src src = dump_src_fd(&file.fd, flat.len, 0);
	struct dump_flat index;
	struct errbuf err;
	u64 len = 10000;

	(void)state;
	assert_int_equal(dump_flat_index(&index, &src, 49, &err), 0);
	assert_int_equal(index.end, FLAT_MORE);
	dump_flat_free(&index);
	assert_int_equal(dump_flat_index(&index, &src, 50, &err), 0);
	assert_int_equal(index.end, FLAT_WHOLE);
	assert_int_equal(index.size, 5000);
	assert_int_equal(dump_flat_find(&index, 4999, &len), HEAD + 16 + 99);
	assert_int_equal(len, 1);
	/* 16 bytes a record, the end mark, and the head. */
	assert_int_equal(src.bytes_read, 2 * 32 + 50 * 16 + 51 * 16);
	dump_flat_free(&index);
	close_file(&file);
	free(flat.data);
}

/* The last byte that a record may be for, and nothing before it. */
static void test_far(void **state)
{
	struct flat_piece piece[] = { { FLAT_SIZE_MAX, noise, 9 }, { 5, noise + 50, 3 } };
	struct image flat = flat_pieces(piece, N(piece));
	struct dump_file file = file_of(&flat, flat.len);
	struct errbuf err;
	u8 got[8];

	(void)state;
	assert_int_equal(dump_file_whole(&file, &err), 0);
	assert_int_equal(file.size, FLAT_SIZE_MAX + 9);
	file.cold = 1; /* so that the file system is told */
	dump_file_ahead(&file, 0, ~0ull);
	assert_int_equal(dump_file_read(&file, FLAT_SIZE_MAX - 4, got, 8), 0);
	assert_memory_equal(got, "\0\0\0\0", 4);
	assert_memory_equal(got + 4, noise, 4);
	assert_int_equal(dump_file_read(&file, 0, got, 8), 0);
	assert_memory_equal(got, "\0\0\0\0\0", 5);
	assert_memory_equal(got + 5, noise + 50, 3);
	close_file(&file);
	free(flat.data);
}

static struct image kdump_of_crash(u32 codec)
{
	static struct kdump_page page[RAM_BYTES / 4096];
	struct kdump_pages shape = { .shift = 12,
				     .codec = codec,
				     .version = 6,
				     .end = RAM / 4096 + N(page),
				     .page = page,
				     .n = N(page),
				     .notes = image + NOTE,
				     .notes_len = DATA - NOTE };
	size_t i;

	for (i = 0; i < N(page); i++)
		page[i] = (struct kdump_page){ RAM / 4096 + i, image + DATA + i * 4096 };
	return kdump_pages_image(&shape, NULL);
}

/*
 * Of a kdump-compressed dump the first records are enough for who wants the notes; of an ELF dump,
 * or with its headers last, all are looked at, and for memory always.
 */
static void test_first_records(void **state)
{
	static const struct {
		bool kdump, reversed;
		enum dump_file_state notes;
	} cases[] = {
		{ true, false, DUMP_FILE_FIRST },
		{ true, true, DUMP_FILE_WHOLE },
		{ false, false, DUMP_FILE_WHOLE },
		{ false, true, DUMP_FILE_WHOLE },
	};
	struct image whole, flat;
	struct dump_file file;
	struct memdump mem;
	struct dump_info info;
	struct dump_src src;
	struct errbuf err;
	size_t i;
	u8 byte;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		whole = cases[i].kdump ? kdump_of_crash(0) : (struct image){ image, sizeof(image) };
		flat = cases[i].reversed ? flat_reversed(&whole, 1000) : flat_image(&whole, 1000);
		file = file_of(&flat, flat.len);
		assert_int_equal(dump_file_notes(&file, &src, &err), 0);
		assert_int_equal(file.state, cases[i].notes);
		assert_int_equal(dump_parse(&src, &info, &err), 0);
		assert_int_equal(info.notes_len, DATA - NOTE);
		mem = (struct memdump){ 0 };
		assert_int_equal(memdump_open(&file, "dump", &mem, &err), 0);
		assert_int_equal(file.state, DUMP_FILE_WHOLE);
		assert_int_equal(smmu_mem_read(&mem.mem, RAM + TABLES, &byte, 1), SMMU_MEM_OK);
		assert_int_equal(byte, image[DATA + TABLES]);
		memdump_close(&mem);
		close_file(&file);
		free(flat.data);
		if (cases[i].kdump)
			free(whole.data);
	}
}

/* --- the verbs --- */

#define QUESTIONS 12u

/* The file's own size is the one thing that differs. */
static void forget_size(char *out)
{
	char *size = strstr(out, "\ndump           vmcore, "), *end = size;

	if (size)
		end = strstr(size, ", complete\n");
	if (end)
		memmove(size, end, strlen(end) + 1);
}

static void ask_all(struct run *said)
{
	const char *const *const questions[QUESTIONS] = {
		ARGS("streams", dump),
		ARGS("maps", dump, "8"),
		ARGS("reach", dump),
		ARGS("walk", dump, "8", "0xfffff123"),
		ARGS("report", dump),
		ARGS("walk", dump, "8", "0x1000"),
		ARGS("events", dump),
		ARGS("who", dump, "0x4001f800"),
		ARGS("log", dump),
		ARGS("who", dump, "0x40000000-0x4003ffff"),
		ARGS("--json", "reach", dump),
		ARGS("--json", "who", dump, "0x4001f800"),
	};
	size_t i;

	for (i = 0; i < QUESTIONS; i++) {
		run_ctl(questions[i], &said[i]);
		forget_size(said[i].out);
	}
}

static void same_answers(const struct run *whole, struct image flat)
{
	struct run said[QUESTIONS];
	size_t i;

	file_write(dump, flat.data, flat.len);
	free(flat.data);
	ask_all(said);
	for (i = 0; i < QUESTIONS; i++) {
		assert_int_equal(said[i].code, whole[i].code);
		assert_string_equal(said[i].out, whole[i].out);
		assert_string_equal(said[i].err, whole[i].err);
		run_free(&said[i]);
	}
}

static void flattened_says_the_same(const struct image *whole)
{
	struct run said[QUESTIONS];
	size_t i;

	file_write(dump, whole->data, whole->len);
	ask_all(said);
	assert_non_null(strstr(said[3].out, "mapped to 0x40020123, read-write"));
	assert_non_null(strstr(said[7].out, "0000:00:01.0"));
	same_answers(said, flat_image(whole, 65536));
	same_answers(said, flat_image(whole, 4096));
	same_answers(said, flat_image(whole, 999));
	same_answers(said, flat_reversed(whole, 65536));
	same_answers(said, flat_reversed(whole, 100));
	for (i = 0; i < QUESTIONS; i++)
		run_free(&said[i]);
}

static void test_elf_answers(void **state)
{
	(void)state;
	flattened_says_the_same(&(struct image){ image, sizeof(image) });
}

static void test_kdump_answers(void **state)
{
	static const u32 codecs[] = { 0, KDCODEC_ZLIB, KDCODEC_LZO };
	struct image whole;
	size_t i;

	(void)state;
	for (i = 0; i < N(codecs); i++) {
		whole = kdump_of_crash(kdcodec_missing(codecs[i]) ? 0 : codecs[i]);
		flattened_says_the_same(&whole);
		free(whole.data);
	}
}

/* Without the file beside it, the records are those of the note: of a dump, and of its folder. */
static void test_records_of_the_note(void **state)
{
	size_t len;
	u8 *stream = (u8 *)file_read(records, &len);
	struct image whole = noted_image(6, stream, len), flat = flat_image(&whole, 500);

	(void)state;
	assert_int_equal(unlink(records), 0);
	file_write(dump, flat.data, flat.len);
	ask(ARGS("streams", dump), EXIT_PARTIAL);
	says("StreamID 0x8 0000:00:01.0");
	ask(ARGS("log", folder), EXIT_DONE);
	says("0000:00:01.0");
	free(stream);
	free(whole.data);
	free(flat.data);
}

/* --- cut and damaged files --- */

#define PAGES 20u

struct written {
	struct image whole, flat;
	struct kdump_places at;
	u8 bytes[PAGES][4096];
};

/* As makedumpfile -F does: headers, bitmaps, then data and descriptors of a few pages in turns. */
static void write_as_makedumpfile(struct written *w)
{
	struct kdump_page page[PAGES];
	struct kdump_pages shape = {
		.shift = 12, .version = 6, .end = 64, .page = page, .n = PAGES
	};
	struct flat_piece piece[4 + 2 * PAGES / 4];
	size_t i, n = 0, at;

	for (i = 0; i < PAGES; i++) {
		memset(w->bytes[i], (int)(0x30 + i), 4096);
		page[i] = (struct kdump_page){ 20 + i, w->bytes[i] };
	}
	w->whole = kdump_pages_image(&shape, &w->at);
	for (at = 0; at < w->at.descs; at += 4096)
		piece[n++] = (struct flat_piece){ at, w->whole.data + at, 4096 };
	assert_int_equal(n, 4);
	for (i = 0; i < PAGES; i += 4) {
		at = w->at.data + i * 4096;
		piece[n++] = (struct flat_piece){ at, w->whole.data + at, 4 * 4096 };
		at = w->at.descs + i * KDUMP_DESC_BYTES;
		piece[n++] = (struct flat_piece){ at, w->whole.data + at, 4 * KDUMP_DESC_BYTES };
	}
	w->flat = flat_pieces(piece, n);
}

/* How many pages are there; each is right, or said not to be stored. @announce: many at once. */
static u32 pages_there(const struct written *w, struct memdump *mem, bool announce)
{
	u8 buf[4096];
	u32 i, there = 0;
	int r;

	for (i = 0; announce && i < PAGES; i++)
		mem->mem.will_need(mem->mem.priv, (20 + i) * 4096, 4096);
	for (i = 0; i < PAGES; i++) {
		r = smmu_mem_read(&mem->mem, (20 + i) * 4096, buf, sizeof(buf));
		assert_true(r == SMMU_MEM_OK || r == SMMU_MEM_EXCLUDED);
		if (r == SMMU_MEM_OK)
			assert_memory_equal(buf, w->bytes[i], sizeof(buf));
		there += r == SMMU_MEM_OK;
	}
	return there;
}

#define HEADERS (HEAD + 4 * (16 + 4096)) /* and the bitmaps */
#define GROUP (16 + 4 * 4096 + 16 + 4 * KDUMP_DESC_BYTES)

/* Those whose descriptors, which come after the data, are in the first @len bytes. */
static u32 pages_written(size_t len)
{
	size_t at = HEADERS + GROUP - 4 * KDUMP_DESC_BYTES, n, sum = 0;

	for (; at < len; at += GROUP) {
		n = (len - at) / KDUMP_DESC_BYTES;
		sum += n < 4 ? n : 4;
	}
	return (u32)(sum < PAGES ? sum : PAGES);
}

static void test_cut(void **state)
{
	static struct written w;
	struct memdump mem;
	struct dump_file file;
	struct errbuf err;
	size_t len;

	(void)state;
	write_as_makedumpfile(&w);
	for (len = 0; len <= w.flat.len; len += len < w.flat.len - 16 ? 13 : 1) {
		file = file_of(&w.flat, len);
		mem = (struct memdump){ 0 };
		if (memdump_open(&file, "dump", &mem, &err) < 0) {
			/* Until there is something behind the descriptors, they are not there. */
			assert_true(len <= HEADERS + 16);
			assert_int_equal(strncmp(err.text, "dump: ", 6), 0);
			close_file(&file);
			continue;
		}
		assert_int_equal(pages_there(&w, &mem, false), pages_written(len));
		assert_int_equal(dump_file_is_cut(&file, &err), len < w.flat.len);
		memdump_close(&mem);
		assert_int_equal(memdump_open(&file, "dump", &mem, &err), 0);
		assert_int_equal(pages_there(&w, &mem, true), pages_written(len));
		memdump_close(&mem);
		close_file(&file);
	}
	assert_int_equal(pages_written(w.flat.len), PAGES);
	free(w.whole.data);
	free(w.flat.data);
}

/* The second bitmap in parts, as with little memory, and a part of it lost: its pages are, too. */
static void test_lost_bitmap(void **state)
{
	static struct written w;
	struct flat_piece piece[3];
	struct memdump mem = { 0 };
	struct dump_file file;
	struct errbuf err;
	struct image flat;
	u8 buf[8];

	(void)state;
	write_as_makedumpfile(&w);
	/* Without the block of the second bitmap, and without an end. */
	piece[0] = (struct flat_piece){ 0, w.whole.data, w.at.stored };
	piece[1] = (struct flat_piece){ w.at.descs, w.whole.data + w.at.descs,
					w.whole.len - w.at.descs };
	flat = flat_pieces(piece, 2);
	file = file_of(&flat, flat.len - 16);
	assert_int_equal(memdump_open(&file, "dump", &mem, &err), 0);
	assert_int_equal(pages_there(&w, &mem, true), 0);
	assert_int_equal(smmu_mem_read(&mem.mem, 0x1000, buf, 8), SMMU_MEM_NOT_RAM);
	memdump_close(&mem);
	close_file(&file);
	/* Nothing is told of memory without the first one. */
	piece[0].len = w.at.ram;
	free(flat.data);
	flat = flat_pieces(piece, 2);
	file = file_of(&flat, flat.len - 16);
	assert_true(memdump_open(&file, "dump", &mem, &err) < 0);
	assert_non_null(strstr(err.text, "dump: the flattened dump is cut at byte 0x"));
	assert_non_null(strstr(err.text, "the bitmaps at 0x2000"));
	close_file(&file);
	free(flat.data);
	free(w.whole.data);
	free(w.flat.data);
}

/* Verbs say that the file has no end, and what they have nevertheless. */
static void test_cut_is_said(void **state)
{
	struct image whole = kdump_of_crash(0), flat = flat_image(&whole, 1000);
	size_t lost = flat.len - 16 - (16 + 4096);

	(void)state;
	/* All but the headers' second coming. */
	file_write(dump, flat.data, lost);
	ask(ARGS("walk", dump, "8", "0xfffff123"), EXIT_PARTIAL);
	says("mapped to 0x40020123, read-write");
	says("the flattened dump is cut at byte 0x");
	says("memory may be missing anywhere");
	/* Most of the memory, the tables among it. */
	file_write(dump, flat.data, HEAD + 0x15000);
	ask(ARGS("walk", dump, "8", "0xfffff123"), EXIT_PARTIAL);
	says("not in the dump");
	memset(flat.data + lost + 8, 0, 8);
	file_write(dump, flat.data, flat.len);
	ask(ARGS("who", dump, "0x4001f800"), EXIT_PARTIAL);
	says("0000:00:01.0");
	says("the flattened dump is damaged at byte 0x");
	free(whole.data);
	free(flat.data);
	/* An ELF dump has its program headers at the end. */
	whole = (struct image){ image, sizeof(image) };
	flat = flat_image(&whole, 65536);
	file_write(dump, flat.data, flat.len - 16 - 4096);
	ask(ARGS("who", dump, "0x4001f800"), EXIT_FAILED);
	warns("the flattened dump is cut at byte 0x");
	warns("no PT_LOAD with memory");
	free(flat.data);
}

static void test_nested(void **state)
{
	struct image whole = { image, sizeof(image) }, flat = flat_image(&whole, 4096),
		     twice = flat_image(&flat, 4096);

	(void)state;
	file_write(dump, twice.data, twice.len);
	run_is_refused(dump, "a flattened dump; make it whole with makedumpfile -R",
		       ARGS("who", dump, "0x4001f800"));
	free(twice.data);
	free(flat.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_records),
		cmocka_unit_test(test_tower),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_far),
		cmocka_unit_test_setup_teardown(test_first_records, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_elf_answers, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_kdump_answers, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_records_of_the_note, crash_setup,
						crash_teardown),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lost_bitmap),
		cmocka_unit_test_setup_teardown(test_cut_is_said, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(test_nested, crash_setup, crash_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

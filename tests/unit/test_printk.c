// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_printk.c - the crashed kernel's log in the memory of a dump: buffers that are new, full,
 * damaged. What the verbs make of it: test_dump_log.c.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/dump/printk.h"
#include "tests/unit/support_chance.h"
#include "tests/unit/support_printk.h"
#include "tests/unit/support_run.h"

static struct printk_log made;

/* Message @i of a long log; its length differs, so that blocks end anywhere. */
static const char *text_of(char buf[128], u64 i)
{
	(void)snprintf(buf, 128, "message %llu %.*s", i, (int)(i * 7 % 60),
		       "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz");
	return buf;
}

static void add(u64 from, u64 to)
{
	char text[128];

	for (; from < to; from++)
		printk_add(&made, from * 1000, text_of(text, from));
}

struct told {
	u64 n, first, last; /* numbers of messages */
	u64 bytes;
	u64 wrong; /* messages that nobody wrote, or not then */
	u64 disorder;
};

static int take(void *priv, u64 ns, const char *text, size_t len)
{
	struct told *t = priv;
	char want[128];
	u64 i = ns / 1000;

	(void)text_of(want, i);
	t->wrong += ns % 1000 || len != strlen(want) || memcmp(text, want, len) != 0;
	t->disorder += t->n && i <= t->last;
	t->bytes += len;
	if (!t->n++)
		t->first = i;
	t->last = i;
	return 0;
}

/* Read the log of @crash. Returns what printk_read() returns. */
static int read_image(const struct image *crash, struct told *ret, struct errbuf *err)
{
	static const char *const name = "vmcore";
	_cleanup_dump_file_ struct dump_file on_disk = { .fd = -1 };
	_cleanup_kernel_file_ struct kernel_file file = { .name = name, .file = &on_disk };
	const struct kernel *kernel;
	_cleanup_close_ int fd = -1;

	*ret = (struct told){ 0 };
	scratch_put(name, crash->data, crash->len);
	fd = open(PATH(name), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	on_disk.fd = fd;
	kernel = kernel_file_open(&file, err);
	return kernel ? printk_read(kernel, take, ret, err) : file.rc;
}

static int read_made(bool kdump, const char *more, struct told *ret, struct errbuf *err)
{
	struct image crash = printk_dump(&made, kdump, more);
	int rc = read_image(&crash, ret, err);

	free(crash.data);
	return rc;
}

/* All that must be there is there, and nothing else. */
static void whole(u64 last)
{
	struct told told;
	struct errbuf err;
	int kdump, rc;

	for (kdump = 0; kdump < 2; kdump++) {
		rc = read_made(kdump, "", &told, &err);
		if (rc || err.text[0])
			fail_msg("%d: %s", rc, err.text);
		assert_int_equal(told.wrong, 0);
		assert_int_equal(told.disorder, 0);
		assert_int_equal(told.n, printk_whole(&made));
		assert_int_equal(told.last, last);
		/* The newest ones, without a gap. */
		assert_int_equal(told.last - told.first, told.n - 1);
	}
}

static void test_plain(void **state)
{
	(void)state;
	printk_begin(&made, 8, 14);
	add(0, 100);
	whole(99);
	assert_int_equal(printk_whole(&made), 100);
	/* One more would go over the end of the descriptors. */
	add(100, 255);
	whole(254);
	assert_int_equal(printk_whole(&made), 255);
}

/* Descriptors run out before the texts, or the other way round; blocks wrap at any place. */
static void test_wrapped(void **state)
{
	static const u32 sizes[][2] = { { 5, 14 }, { 9, 11 }, { 7, 13 }, { 4, 9 }, { 1, 10 } };
	size_t i;
	u64 n;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (n = 1; n < 2000; n = n * 2 + i) {
			printk_begin(&made, sizes[i][0], sizes[i][1]);
			made.to_the_end = n % 2;
			add(0, n);
			whole(n - 1);
		}
	}
}

/* A block may end exactly with the ring: a kernel puts it there, or at the start. */
static void test_block_at_the_end(void **state)
{
	int end, i;

	(void)state;
	for (end = 0; end < 2; end++) {
		struct told told;
		struct errbuf err;
		char text[] = "0123456789012345678901234567890123456789012345678901234";

		printk_begin(&made, 6, 10);
		made.to_the_end = end;
		for (i = 0; i < 100; i++) /* 64 bytes each, 16 fill the ring */
			printk_add(&made, 7, text);
		assert_int_equal(printk_whole(&made), end ? 16 : 15);
		assert_int_equal(read_made(false, "", &told, &err), 0);
		assert_string_equal(err.text, "");
		assert_int_equal(told.n, printk_whole(&made));
	}
}

/* What is no message with a text is left out, without a word. */
static void test_without_text(void **state)
{
	struct errbuf err;
	struct told told;

	(void)state;
	printk_begin(&made, 6, 12);
	add(0, 3);
	printk_add(&made, 3000, "");
	printk_add(&made, 4000, NULL);
	add(5, 7);
	printk_stop_within(&made);
	assert_int_equal(read_made(false, "", &told, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(told.n, 4);
	assert_int_equal(told.last, 5);
	assert_int_equal(told.wrong, 0);
	printk_begin(&made, 6, 12);
	assert_int_equal(read_made(false, "", &told, &err), -ENODATA);
	assert_string_equal(err.text, "the log buffer is empty");
}

/* ---- damage ---- */

static void damaged(u64 lost, u64 of)
{
	struct errbuf err, want;
	struct told told;

	errbuf_set(&want, "the log buffer is damaged: %llu of %llu messages are lost", lost, of);
	assert_int_equal(read_made(false, "", &told, &err), 0);
	assert_string_equal(err.text, want.text);
	assert_int_equal(told.n, of - lost);
	assert_int_equal(told.wrong, 0);
	assert_int_equal(told.disorder, 0);
}

static void test_damaged(void **state)
{
	u8 *desc, *info;

	(void)state;
	printk_begin(&made, 6, 13);
	add(0, 50);
	/* The descriptor of message 10, and later the others: id, place of the block, number. */
	desc = made.memory + PRINTK_DESCS + 10 * PRINTK_DESC_BYTES;
	info = made.memory + made.infos + 12 * PRINTK_INFO_BYTES;
	desc[0] ^= 1;
	damaged(1, 50);
	/* Another message's block. */
	memcpy(desc + PRINTK_DESC_BYTES + 8, desc + 2 * PRINTK_DESC_BYTES + 8, 16);
	damaged(2, 50);
	info[0]++;
	damaged(3, 50);
	core_st64(desc + 3 * PRINTK_DESC_BYTES + 8, 4);
	damaged(4, 50);
	core_st64(desc + 4 * PRINTK_DESC_BYTES + 16, core_ld64(desc + 4 * PRINTK_DESC_BYTES + 8));
	damaged(5, 50);
	/* The texts of all but the last are gone. */
	memset(made.memory + made.texts, 0,
	       core_ld64(desc + 39 * PRINTK_DESC_BYTES + 8) & ((1u << made.size_bits) - 1));
	damaged(49, 50);
}

/* A text is never longer than its block, nor all texts than the ring. */
static void test_lengths(void **state)
{
	struct errbuf err;
	struct told told;
	u64 at, i;

	(void)state;
	printk_begin(&made, 6, 10);
	add(0, 2);
	core_st16(made.memory + made.infos + 16, 40);
	damaged(1, 2);
	/* Nor is a block longer than what is written, or its end before its start. */
	printk_begin(&made, 6, 13);
	add(0, 50);
	at = PRINTK_DESCS + 20 * PRINTK_DESC_BYTES;
	core_st16(made.memory + made.infos + 20 * PRINTK_INFO_BYTES + 16, 500);
	core_st64(made.memory + at + 16, core_ld64(made.memory + at + 8) + 4096);
	damaged(1, 50);
	core_st64(made.memory + at + 16, core_ld64(made.memory + at + 8) - 16);
	damaged(1, 50);
	/* Blocks within blocks: each has its id, and all go to the end of the ring. */
	printk_begin(&made, 6, 10);
	for (i = 0; i < 40; i++)
		printk_add(&made, i, "12345678");
	for (i = 0; i < 40; i++) {
		at = PRINTK_DESCS + i * PRINTK_DESC_BYTES;
		core_st64(made.memory + at + 16, core_ld64(made.memory + PRINTK_RING + 64));
		core_st16(made.memory + made.infos + i * PRINTK_INFO_BYTES + 16,
			  (u16)(632 - 16 * i));
	}
	assert_int_equal(read_made(false, "", &told, &err), 0);
	assert_in_range(told.bytes, 600, 1024);
	assert_non_null(strstr(err.text, "the log buffer is damaged: "));
}

/* The head of the buffer, to values that hurt: nothing is read, or what was written. */
static void test_damaged_head(void **state)
{
	static const u64 values[] = { 0, 1, 0x3f, 0x7fffffff, ~0ull, PRINTK_BASE, ~0ull >> 2 };
	struct errbuf err;
	struct told told;
	size_t at, i;
	int rc;

	(void)state;
	for (at = 0; at < 88; at += 8) {
		for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			printk_begin(&made, 6, 13);
			add(0, 150);
			core_st64(made.memory + PRINTK_RING + at, values[i]);
			rc = read_made(false, "", &told, &err);
			if (rc && (rc != -ENODATA || !err.text[0]))
				fail_msg("%zu %llx: %d %s", at, values[i], rc, err.text);
			assert_int_equal(told.wrong, 0);
			assert_true(told.n <= 64);
			/* Without a good tail, all that there is room for. */
			if (at == 32 && values[i] != 0x3f) {
				assert_string_equal(err.text, "");
				assert_int_equal(told.n, 64);
			}
		}
	}
}

/* Where a bit may flip so that no text becomes one that nobody wrote. */
static u64 place_by_chance(const struct printk_log *log)
{
	u64 pos = chance(1u << log->count_bits), desc = PRINTK_DESCS + pos * PRINTK_DESC_BYTES, at;

	switch (chance(4)) {
	case 0: return PRINTK_RING + chance(88);
	case 1: return desc + chance(PRINTK_DESC_BYTES);
	case 2: return log->infos + pos * PRINTK_INFO_BYTES + chance(8); /* the number */
	default: /* the id of a block that nothing was written over */
		at = core_ld64(log->memory + desc + 8);
		return at % 8 || core_ld64(log->memory + desc) >> 62 != 2
			       ? desc
			       : log->texts + (at & ((1u << log->size_bits) - 1)) + chance(8);
	}
}

/* Any bits of the head, of descriptors and numbers, and of ids in the ring. */
static void test_chance(void **state)
{
	static struct printk_log sound;
	struct errbuf err;
	struct told told;
	u64 seed, n, whole_n;
	int rc;

	(void)state;
	for (seed = 0; seed < 1500; seed++) {
		chance_begin(seed);
		printk_begin(&made, (u32)chance(6) + 2, (u32)chance(4) + 9);
		made.to_the_end = chance(2);
		add(0, chance(300) + 1);
		whole_n = printk_whole(&made);
		sound = made;
		for (n = chance(6); n; n--)
			made.memory[place_by_chance(&sound)] ^= (u8)(1u << chance(8));
		rc = read_made(chance(2), "", &told, &err);
		HOLDS(!rc || (rc == -ENODATA && err.text[0]));
		if (told.wrong || told.disorder || told.n > whole_n)
			fail_msg("seed %llu: %llu wrong, %llu not in order, %llu of %llu", seed,
				 told.wrong, told.disorder, told.n, whole_n);
	}
}

/* VMCOREINFO without the lines, or with such as cannot be; memory that is missing. */
static void test_no_buffer(void **state)
{
	struct image crash;
	struct errbuf err;
	struct told told;
	char *line;

	(void)state;
	printk_begin(&made, 6, 13);
	add(0, 50);
	line = strstr(made.info, "SYMBOL(prb)");
	line[0] = 'X';
	assert_int_equal(read_made(false, "", &told, &err), -ENODATA);
	assert_string_equal(err.text, "VMCOREINFO has no line SYMBOL(prb)");
	line[0] = 'S';
	line = strstr(made.info, "OFFSET(prb_desc_ring.infos)");
	line[0] = 'X';
	assert_int_equal(read_made(false, "", &told, &err), -ENODATA);
	assert_non_null(strstr(err.text, "no line OFFSET(prb_desc_ring.infos): the log of kernels "
					 "before 5.10 is not read"));
	assert_int_equal(read_made(false, "OFFSET(prb_desc_ring.infos)=505\n", &told, &err),
			 -ENODATA);
	assert_non_null(strstr(err.text, "too large to be right"));
	assert_int_equal(read_made(false, "OFFSET(prb_desc_ring.infos)=16\n", &told, &err), 0);
	assert_int_equal(told.n, 50);
	/* The end of the file is missing: first the page tables, then everything. */
	line[0] = 'O';
	crash = printk_dump(&made, false, "");
	crash.len -= 4096;
	assert_int_equal(read_image(&crash, &told, &err), -ENODATA);
	assert_non_null(strstr(err.text, "page tables are not in the dump"));
	crash.len = 4 * 4096;
	assert_int_equal(read_image(&crash, &told, &err), -ENODATA);
	free(crash.data);
}

/* A page of the buffer that is not in the dump costs its messages. */
static void test_missing_page(void **state)
{
	struct errbuf err;
	struct told told;

	(void)state;
	printk_begin(&made, 6, 13);
	add(0, 50);
	/* The second page of texts: its address leads beyond the page tables. */
	core_st64(made.memory + PRINTK_RING + 56, PRINTK_BASE + PRINTK_BYTES - 1024);
	memcpy(made.memory + PRINTK_BYTES - 1024, made.memory + made.texts, 1024);
	assert_int_equal(read_made(false, "", &told, &err), 0);
	assert_int_equal(told.wrong, 0);
	assert_in_range(told.n, 10, 30);
	assert_non_null(strstr(err.text, "the log buffer is damaged: "));
}

/* ---- a large buffer ---- */

#define LARGE_BITS 21u

static int count(void *priv, u64 ns, const char *text, size_t len)
{
	struct told *t = priv;

	(void)text;
	t->bytes += len;
	if (!t->n++)
		t->first = ns;
	t->last = ns;
	return 0;
}

/* Memory that nobody has: each descriptor, number and block is made when it is read. */
static int large_read(void *priv, u64 addr, void *buf, size_t len)
{
	static const u64 arrays = 1ull << 32;
	u64 part = addr / arrays, at = addr % arrays;
	u8 *to = buf;

	if (!part)
		return memcpy(buf, (const u8 *)priv + at, len) ? 0 : -EIO;
	memset(buf, 0, len);
	if (part == 1) {
		core_st64(to, at / PRINTK_DESC_BYTES | 1ull << 63);
		core_st64(to + 8, at / PRINTK_DESC_BYTES * 16);
		core_st64(to + 16, at / PRINTK_DESC_BYTES * 16 + 16);
	} else if (part == 2) {
		core_st64(to, at / PRINTK_INFO_BYTES);
		core_st64(to + 8, at / PRINTK_INFO_BYTES);
		core_st16(to + 16, 3);
	} else {
		core_st64(to, at / 16);
		memset(to + 8, 'x', len - 8);
	}
	return 0;
}

/* There is a limit, for damaged buffers; the newest messages are read. */
static void test_large(void **state)
{
	struct smmu_mem mem = { .read = large_read, .priv = made.memory };
	struct kernel kernel = { .mem = &mem,
				 .info = made.info,
				 .known = true,
				 .tables = 1ull << 40,
				 .voffset = PRINTK_BASE };
	struct told told = { 0 };
	struct errbuf err;

	(void)state;
	printk_begin(&made, 6, 13);
	core_st32(made.memory + PRINTK_RING, LARGE_BITS);
	for (u64 i = 1; i < 3; i++)
		core_st64(made.memory + PRINTK_RING + 8 * i, PRINTK_BASE + (i << 32));
	core_st64(made.memory + PRINTK_RING + 24, (1u << LARGE_BITS) - 1);
	core_st64(made.memory + PRINTK_RING + 32, 0);
	core_st32(made.memory + PRINTK_RING + 48, LARGE_BITS + 4);
	core_st64(made.memory + PRINTK_RING + 56, PRINTK_BASE + (3ull << 32));
	core_st64(made.memory + PRINTK_RING + 64, 16ull << LARGE_BITS);
	core_st64(made.memory + PRINTK_RING + 72, 0);
	assert_int_equal(printk_read(&kernel, count, &told, &err), 0);
	assert_string_equal(err.text, "only the newest 1048576 messages were read");
	assert_int_equal(told.n, 1u << 20);
	assert_int_equal(told.first, 1u << 20);
	assert_int_equal(told.last, (2u << 20) - 1);
	assert_int_equal(told.bytes, 3u << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)
		TEST(test_plain),	 TEST(test_wrapped), TEST(test_block_at_the_end),
		TEST(test_without_text), TEST(test_damaged), TEST(test_lengths),
		TEST(test_damaged_head), TEST(test_chance),  TEST(test_no_buffer),
		TEST(test_missing_page), TEST(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

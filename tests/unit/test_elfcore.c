// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_elfcore.c - the crashed kernel's RAM ranges, from good and from hostile elfcorehdrs. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/elfcore.h"

#define PT_LOAD 1
#define PT_NOTE 4

struct segment {
	u32 type;
	u64 start, bytes;
};

/* An elfcorehdr of exactly its size, so that reading beyond it is seen by a sanitizer. */
static u8 *make_header(const struct segment *seg, u16 n, size_t *ret_len)
{
	static const u8 ident[7] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	size_t len = 64 + (size_t)n * 56;
	u8 *h = calloc(1, len);
	u16 i;

	assert_non_null(h);
	memcpy(h, ident, sizeof(ident));
	core_st16(h + 16, 4);	/* ET_CORE */
	core_st16(h + 18, 183); /* EM_AARCH64 */
	core_st64(h + 32, 64);
	core_st16(h + 54, 56);
	core_st16(h + 56, n);
	for (i = 0; i < n; i++) {
		u8 *p = h + 64 + i * 56;

		core_st32(p, seg[i].type);
		core_st64(p + 16, 0xffff000000000000 + seg[i].start); /* p_vaddr: never used */
		core_st64(p + 24, seg[i].start);
		core_st64(p + 32, seg[i].bytes / 2); /* p_filesz: never used */
		core_st64(p + 40, seg[i].bytes);
	}
	*ret_len = len;
	return h;
}

static int parse(const struct segment *seg, u16 n, struct elfcore_range *ret, u32 cap, u32 *count)
{
	size_t len;
	u8 *h = make_header(seg, n, &len);
	int r = elfcore_ranges(h, len, ret, cap, count);

	free(h);
	return r;
}

static void assert_range(const struct elfcore_range *r, u64 start, u64 bytes)
{
	assert_int_equal(r->start, start);
	assert_int_equal(r->bytes, bytes);
}

/* As seen on a real machine: the crashkernel hole splits RAM in two. */
static void test_plain(void **state)
{
	static const struct segment seg[] = {
		{ PT_NOTE, 0x5efff000, 0x1000 },
		{ PT_LOAD, 0x40000000, 0x1f000000 },
		{ PT_LOAD, 0x6b000000, 0x5000000 },
	};
	struct elfcore_range r[4];
	u32 n;

	(void)state;
	assert_int_equal(parse(seg, 3, r, 4, &n), 0);
	assert_int_equal(n, 2);
	assert_range(&r[0], 0x40000000, 0x1f000000);
	assert_range(&r[1], 0x6b000000, 0x5000000);
	assert_int_equal(elfcore_find(r, n, 0x3fffffff), -1);
	assert_int_equal(elfcore_find(r, n, 0x40000000), 0);
	assert_int_equal(elfcore_find(r, n, 0x5effffff), 0);
	assert_int_equal(elfcore_find(r, n, 0x5f000000), -1);
	assert_int_equal(elfcore_find(r, n, 0x6b000000), 1);
	assert_int_equal(elfcore_find(r, n, 0x6fffffff), 1);
	assert_int_equal(elfcore_find(r, n, 0x70000000), -1);
	assert_int_equal(elfcore_find(r, 0, 0x40000000), -1);
}

static void test_sort_and_merge(void **state)
{
	static const struct segment seg[] = {
		{ PT_LOAD, 0x9000, 0x1000 }, { PT_LOAD, 0x1000, 0x1000 },
		{ PT_LOAD, 0x5000, 0x1000 }, { PT_LOAD, 0x2000, 0x1000 }, /* touches the second */
		{ PT_LOAD, 0x5800, 0x100 },				  /* inside the third */
		{ PT_LOAD, 0x4000, 0x5800 }, /* swallows the third, reaches into the first */
		{ PT_LOAD, 0xf000, 0x1000 },
	};
	struct elfcore_range r[8];
	u32 n;

	(void)state;
	assert_int_equal(parse(seg, 7, r, 8, &n), 0);
	assert_int_equal(n, 3);
	assert_range(&r[0], 0x1000, 0x2000);
	assert_range(&r[1], 0x4000, 0x6000);
	assert_range(&r[2], 0xf000, 0x1000);
}

static void test_bad_segments(void **state)
{
	static const struct segment seg[] = {
		{ PT_LOAD, 0x1000, 0 },
		{ PT_LOAD, 0xfffffffffffff000, 0x2000 },
		{ PT_LOAD, 0xfffffffffffff000, 0xfff },
		{ PT_LOAD, 0x1000, 0x1000 },
	};
	struct elfcore_range r[4];
	u32 n;

	(void)state;
	assert_int_equal(parse(seg, 4, r, 4, &n), ELFCORE_SKIPPED);
	assert_int_equal(n, 2);
	assert_range(&r[0], 0x1000, 0x1000);
	assert_range(&r[1], 0xfffffffffffff000, 0xfff);
}

static void test_too_many(void **state)
{
	static const struct segment seg[] = {
		{ PT_LOAD, 0x1000, 0x1000 },
		{ PT_LOAD, 0x3000, 0x1000 },
		{ PT_LOAD, 0x5000, 0x1000 },
		{ PT_LOAD, 0x2000, 0x1000 }, /* joins the first two: needs no room */
	};
	struct elfcore_range r[2];
	u32 n;

	(void)state;
	assert_int_equal(parse(seg, 4, r, 2, &n), ELFCORE_CUT);
	assert_int_equal(n, 1);
	assert_range(&r[0], 0x1000, 0x3000);
}

/* One field of a good header changed: what elfcore_ranges() says then. */
static int with_change(size_t offset, size_t width, u64 value)
{
	static const struct segment seg[] = { { PT_LOAD, 0x1000, 0x1000 } };
	struct elfcore_range r[2];
	size_t len;
	u8 *h = make_header(seg, 1, &len), bytes[8];
	u32 n = 99;
	int ret;

	core_st64(bytes, value);
	memcpy(h + offset, bytes, width);
	ret = elfcore_ranges(h, len, r, 2, &n);
	if (ret < 0)
		assert_int_equal(n, 0);
	free(h);
	return ret;
}

static void test_bad_header(void **state)
{
	(void)state;
	assert_int_equal(with_change(0, 1, 0x7f), 0);
	assert_int_equal(with_change(0, 1, 0), -EINVAL);
	assert_int_equal(with_change(4, 1, 1), -EINVAL);   /* 32 bit */
	assert_int_equal(with_change(5, 1, 2), -EINVAL);   /* big-endian */
	assert_int_equal(with_change(16, 2, 2), -EINVAL);  /* ET_EXEC */
	assert_int_equal(with_change(18, 2, 62), -EINVAL); /* another machine */
	assert_int_equal(with_change(54, 2, 32), -EINVAL); /* program header size */
	assert_int_equal(with_change(32, 8, 0), -EINVAL);
	assert_int_equal(with_change(32, 8, 65), -EINVAL); /* one byte beyond the end */
	assert_int_equal(with_change(32, 8, ~(u64)0), -E2BIG);
	assert_int_equal(with_change(32, 8, ~(u64)0 - 55), -E2BIG);
	assert_int_equal(with_change(56, 2, 2), -EINVAL); /* one header beyond the end */
	assert_int_equal(with_change(56, 2, 0xffff), -E2BIG);
	assert_int_equal(with_change(56, 2, 0xfffe), -E2BIG);
	assert_int_equal(with_change(56, 2, 0), 0);
}

static void test_short(void **state)
{
	static const struct segment seg[] = { { PT_LOAD, 0x1000, 0x1000 },
					      { PT_LOAD, 0x3000, 0x1000 } };
	struct elfcore_range r[2];
	size_t len, i;
	u8 *h = make_header(seg, 2, &len), *cut;
	u32 n;

	(void)state;
	for (i = 0; i < len; i++) {
		cut = malloc(i ? i : 1);
		memcpy(cut, h, i);
		assert_int_equal(elfcore_ranges(cut, i, r, 2, &n), -EINVAL);
		free(cut);
	}
	free(h);
}

/* Whatever the segments: ranges come out sorted, apart from each other and not empty. */
static void test_garbage(void **state)
{
	struct elfcore_range r[16];
	struct segment seg[40];
	u32 seed = 12345, n, i, round;
	int ret;

	(void)state;
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 40; i++) {
			seed = seed * 1664525 + 1013904223;
			seg[i].type = seed >> 29 ? PT_LOAD : PT_NOTE;
			seg[i].start = (u64)(seed >> 8 & 0xff) << (seed >> 24 & 7) * 8;
			seg[i].bytes = (u64)(seed >> 16 & 0xff) << (seed >> 27 & 7) * 8;
		}
		ret = parse(seg, 40, r, 16, &n);
		assert_true(ret >= 0 && n <= 16);
		for (i = 0; i < n; i++) {
			assert_true(r[i].bytes && r[i].start + r[i].bytes > r[i].start);
			assert_true(!i || r[i - 1].start + r[i - 1].bytes < r[i].start);
			assert_int_equal(elfcore_find(r, n, r[i].start), i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	     cmocka_unit_test(test_sort_and_merge),
		cmocka_unit_test(test_bad_segments), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_bad_header),   cmocka_unit_test(test_short),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

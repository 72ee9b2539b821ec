// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_fdt.c - /chosen out of flattened device trees, well-formed and not. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/fdt.h"
#include "lib/machine/elfcorehdr.h"
#include "tests/unit/support_machine.h"

#define NAME "linux,elfcorehdr"
#define STRINGS "#address-cells\0#size-cells\0" NAME
#define AT_ADDRESS 0
#define AT_SIZE 15
#define AT_NAME 27

/* A blob under construction: header, then the structure block, then the strings. */
struct tree {
	u8 bytes[1024];
	u32 len;
};

static void put(struct tree *t, u32 v)
{
	assert_true(t->len + 4 <= sizeof(t->bytes));
	t->bytes[t->len++] = (u8)(v >> 24);
	t->bytes[t->len++] = (u8)(v >> 16);
	t->bytes[t->len++] = (u8)(v >> 8);
	t->bytes[t->len++] = (u8)v;
}

static void put_at(struct tree *t, u32 offset, u32 v)
{
	u32 len = t->len;

	t->len = offset;
	put(t, v);
	t->len = len;
}

static void begin(struct tree *t, const char *name)
{
	put(t, 1);
	memcpy(t->bytes + t->len, name, strlen(name) + 1);
	t->len += ((u32)strlen(name) + 4) & ~3u;
}

static void end(struct tree *t)
{
	put(t, 2);
}

static void prop(struct tree *t, u32 name, const u32 *cells, u32 n)
{
	put(t, 3);
	put(t, n * 4);
	put(t, name);
	while (n--)
		put(t, *cells++);
}

static void start(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	t->len = 40;
}

static void finish(struct tree *t)
{
	u32 structs = t->len - 40;

	put_at(t, 0, 0xd00dfeed);
	put_at(t, 8, 40);
	put_at(t, 12, t->len);
	put_at(t, 32, sizeof(STRINGS));
	put_at(t, 36, structs);
	memcpy(t->bytes + t->len, STRINGS, sizeof(STRINGS));
	t->len += sizeof(STRINGS);
	put_at(t, 4, t->len);
}

static const u32 value[4] = { 0x1, 0x5a5ff000, 0, 0x400 };

/* What a capture kernel gets: 2+2 cells, /chosen not the first node. */
static void make(struct tree *t, u32 addr_cells, u32 size_cells, const u32 *v, u32 n)
{
	static const u32 decoy[4] = { 9, 9, 9, 9 };

	start(t);
	begin(t, "");
	prop(t, AT_ADDRESS, &addr_cells, 1);
	prop(t, AT_SIZE, &size_cells, 1);
	begin(t, "memory@40000000");
	prop(t, AT_NAME, decoy, 4); /* not in /chosen */
	end(t);
	begin(t, "chosen");
	put(t, 4); /* a NOP */
	prop(t, AT_NAME, v, n);
	begin(t, "sub");
	prop(t, AT_NAME, decoy, 4); /* not in /chosen itself */
	prop(t, AT_ADDRESS, decoy, 1);
	end(t);
	end(t);
	end(t);
	put(t, 9);
	finish(t);
}

static int get(const struct tree *t, size_t len, u64 *addr, u64 *bytes)
{
	u8 *copy = malloc(len ? len : 1);
	int r;

	memcpy(copy, t->bytes, len);
	r = fdt_chosen_reg(copy, len, NAME, addr, bytes);
	free(copy);
	return r;
}

static void test_found(void **state)
{
	u64 addr = 0, bytes = 0;
	struct tree t;

	(void)state;
	make(&t, 2, 2, value, 4);
	assert_int_equal(get(&t, t.len, &addr, &bytes), 0);
	assert_int_equal(addr, 0x15a5ff000);
	assert_int_equal(bytes, 0x400);

	make(&t, 1, 1, value, 2);
	assert_int_equal(get(&t, t.len, &addr, &bytes), 0);
	assert_int_equal(addr, 0x1);
	assert_int_equal(bytes, 0x5a5ff000);
}

static void test_missing(void **state)
{
	u64 addr, bytes;
	struct tree t;

	(void)state;
	start(&t);
	begin(&t, "");
	begin(&t, "chosen");
	end(&t);
	end(&t);
	put(&t, 9);
	finish(&t);
	assert_int_equal(get(&t, t.len, &addr, &bytes), 1);
}

static void test_bad_value(void **state)
{
	u64 addr, bytes;
	struct tree t;

	(void)state;
	make(&t, 2, 2, value, 3);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);
	make(&t, 3, 1, value, 4);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);
	make(&t, 0x7fffffff, 2, value, 4);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);
	make(&t, 2, 2, value, 0);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);
}

static void test_short(void **state)
{
	u64 addr, bytes;
	struct tree t;
	size_t i;

	(void)state;
	make(&t, 2, 2, value, 4);
	for (i = 0; i < t.len; i++)
		assert_int_equal(get(&t, i, &addr, &bytes), -EINVAL);
}

/* Any single byte changed: an answer, whatever it is, from inside the blob. */
static void test_flipped(void **state)
{
	static const u8 flips[] = { 0x01, 0x80, 0xff };
	u64 addr, bytes;
	struct tree t;
	size_t i, j;
	int r;

	(void)state;
	make(&t, 2, 2, value, 4);
	for (i = 0; i < t.len; i++) {
		for (j = 0; j < sizeof(flips); j++) {
			t.bytes[i] ^= flips[j];
			r = get(&t, t.len, &addr, &bytes);
			assert_true(r == 0 || r == 1 || r == -EINVAL);
			t.bytes[i] ^= flips[j];
		}
	}
}

static void test_broken_structure(void **state)
{
	u64 addr, bytes;
	struct tree t;

	(void)state;
	start(&t); /* more ends than begins */
	begin(&t, "");
	end(&t);
	end(&t);
	put(&t, 9);
	finish(&t);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);

	start(&t); /* an unknown token */
	begin(&t, "");
	put(&t, 5);
	end(&t);
	put(&t, 9);
	finish(&t);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);

	start(&t); /* no end */
	begin(&t, "");
	end(&t);
	finish(&t);
	assert_int_equal(get(&t, t.len, &addr, &bytes), -EINVAL);
}

/* The same out of the file, as a word for modprobe wants it. */
static void test_file(void **state)
{
	u64 addr = 0, bytes = 0;
	struct machine m;
	struct tree t;

	(void)state;
	machine_new(&m);
	assert_int_equal(elfcorehdr_find(&m.root, &addr, &bytes), -ENOENT);
	make(&t, 2, 2, value, 4);
	machine_write_bytes(&m, "sys/firmware/fdt", t.bytes, t.len);
	assert_int_equal(elfcorehdr_find(&m.root, &addr, &bytes), 0);
	assert_int_equal(addr, 0x15a5ff000);
	assert_int_equal(bytes, 0x400);
	machine_write_bytes(&m, "sys/firmware/fdt", t.bytes, t.len / 2);
	assert_int_equal(elfcorehdr_find(&m.root, &addr, &bytes), -EINVAL);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),	  cmocka_unit_test(test_missing),
		cmocka_unit_test(test_bad_value), cmocka_unit_test(test_short),
		cmocka_unit_test(test_flipped),	  cmocka_unit_test(test_broken_structure),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

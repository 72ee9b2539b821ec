// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/base/index.c: growth keeps every entry, equal hashes are told
 * apart by the owner's comparison; like a list, whatever is done.
 */
#include "tests/unit/cmocka_all.h"

#include "lib/base/index.h"
#include "tests/unit/support_chance.h"

struct probe {
	const uint32_t *keys;
	uint32_t wanted;
};

static bool same_key(const void *priv, size_t pos)
{
	const struct probe *probe = priv;

	return probe->keys[pos] == probe->wanted;
}

static uint32_t hash_of(uint32_t key)
{
	return index_hash(INDEX_HASH_START, &key, sizeof(key));
}

static void test_finds_all_after_growth(void **state)
{
	enum {
		COUNT = 5000
	};
	static uint32_t keys[COUNT];
	struct probe probe = { .keys = keys };
	struct index index = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		keys[i] = (uint32_t)(i * 256);
		assert_int_equal(index_add(&index, hash_of(keys[i]), i), 0);
	}
	for (i = 0; i < COUNT; i++) {
		probe.wanted = keys[i];
		assert_int_equal(index_find(&index, hash_of(keys[i]), same_key, &probe), i);
	}
	probe.wanted = 1;
	assert_true(index_find(&index, hash_of(1), same_key, &probe) == INDEX_NONE);
	index_free(&index);
}

static void test_equal_hashes(void **state)
{
	static const uint32_t keys[] = { 7, 8, 9 };
	struct probe probe = { .keys = keys };
	struct index index = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(index_add(&index, 42, i), 0);
	for (i = 0; i < 3; i++) {
		probe.wanted = keys[i];
		assert_int_equal(index_find(&index, 42, same_key, &probe), i);
	}
	index_free(&index);
}

static void test_empty_and_reset(void **state)
{
	static const uint32_t keys[] = { 7 };
	struct probe probe = { .keys = keys, .wanted = 7 };
	struct index index = { 0 };

	(void)state;
	assert_true(index_find(&index, 1, same_key, &probe) == INDEX_NONE);
	assert_int_equal(index_add(&index, 1, 0), 0);
	index_reset(&index);
	assert_true(index_find(&index, 1, same_key, &probe) == INDEX_NONE);
	assert_int_equal(index_add(&index, 1, 0), 0);
	assert_int_equal(index_find(&index, 1, same_key, &probe), 0);
	index_free(&index);
}

/* Whatever is entered and forgotten: what a walk along a list would find, and nothing else. */
static void test_like_a_list(void **state)
{
	enum {
		COUNT = 400
	};
	static uint32_t keys[COUNT], hashes[COUNT];
	struct probe probe = { .keys = keys };
	struct index index = { 0 };
	size_t n, i, found, step;
	u64 seed;

	(void)state;
	for (seed = 0; seed < 300; seed++) {
		chance_begin(seed);
		for (n = 0, step = 0; step < 1000; step++) {
			uint32_t hash = (uint32_t)chance(seed % 3 ? 1ull << 32 : 5);

			probe.wanted = (uint32_t)chance(COUNT);
			for (i = 0; i < n && keys[i] != probe.wanted; i++)
				;
			found = index_find(&index, i < n ? hashes[i] : hash, same_key, &probe);
			HOLDS(found == (i < n ? i : INDEX_NONE));
			if (i < n) {
				/* Under another hash it is not there. */
				found = index_find(&index, hashes[i] ^ 0x100, same_key, &probe);
				HOLDS(found == INDEX_NONE);
			} else if (n < COUNT && chance(2)) {
				keys[n] = probe.wanted;
				hashes[n] = hash;
				HOLDS(index_add(&index, hash, n++) == 0);
			} else if (!chance(500)) {
				index_reset(&index);
				n = 0;
			}
		}
		index_free(&index);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_all_after_growth),
		cmocka_unit_test(test_equal_hashes),
		cmocka_unit_test(test_empty_and_reset),
		cmocka_unit_test(test_like_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

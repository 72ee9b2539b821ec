// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_store.c - what a store gives back is bit for bit what it was given, whatever that is. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/snap.h"
#include "tests/unit/support_chance.h"

struct pool {
	size_t left, out;
	u64 calls;
};

static void *pool_alloc(void *priv, size_t bytes)
{
	struct pool *p = priv;

	p->calls++;
	if (bytes > p->left)
		return NULL;
	p->left -= bytes;
	p->out += bytes;
	return malloc(bytes);
}

static void pool_free(void *priv, void *ptr, size_t bytes)
{
	struct pool *p = priv;

	p->left += bytes;
	p->out -= bytes;
	free(ptr);
}

static u64 random64(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void open_store(struct store *s, struct pool *p, size_t bytes, u32 words)
{
	const struct store_mem mem = { pool_alloc, pool_free, p };

	*p = (struct pool){ .left = bytes };
	store_init(s, &mem, words);
}

/* Streams as drivers make them, mixed with ones of nothing but noise, zeros and ones. */
static void make_stream(u32 i, struct snap_stream *ret)
{
	u64 seed = 0x9e3779b97f4a7c15ull * (i + 1);
	u32 b;

	memset(ret, 0, sizeof(*ret));
	ret->sid = i * 2654435761u; /* every StreamID once, in no order */
	ret->ste_addr = 0x90000000u + i * 64ull;
	switch (i % 7) {
	case 0:
		for (b = 0; b < SMMU_STE_BYTES; b++) {
			ret->ste[b] = (u8)random64(&seed);
			ret->cd[b] = (u8)random64(&seed);
		}
		ret->ste_addr = random64(&seed);
		ret->cd_addr = random64(&seed);
		ret->ste_entry = ret->cd_entry = 0xffff;
		ret->has_cd = i & 1;
		break;
	case 1: break;
	case 2:
		memset(ret->ste, 0xff, sizeof(ret->ste));
		memset(ret->cd, 0xff, sizeof(ret->cd));
		break;
	default:
		ret->has_cd = true;
		ret->cd_addr = 0xa0000000u + i * 64ull;
		core_st64(ret->ste, 0xb | ret->cd_addr);
		core_st64(ret->ste + 8, 0xd6);
		core_st64(ret->cd, (u64)(i & 0xffff) << 48 | 0x205c0000010ull);
		core_st64(ret->cd + 8, 0xb0000000u + i * 4096ull);
		break;
	}
}

static void assert_same(const struct snap_stream *a, const struct snap_stream *b)
{
	assert_int_equal(a->sid, b->sid);
	assert_int_equal(a->ste_entry, b->ste_entry);
	assert_int_equal(a->cd_entry, b->cd_entry);
	assert_int_equal(a->has_cd, b->has_cd);
	assert_int_equal(a->ste_addr, b->ste_addr);
	assert_int_equal(a->cd_addr, b->cd_addr);
	assert_memory_equal(a->ste, b->ste, sizeof(a->ste));
	assert_memory_equal(a->cd, b->cd, sizeof(a->cd));
}

static void comes_back_bit_for_bit(void **state)
{
	struct snap_stream in, out;
	struct store s;
	struct pool p;
	u32 i, at, n = 20000;

	(void)state;
	open_store(&s, &p, 16 << 20, SNAP_STREAM_WORDS);
	for (i = 0; i < n; i++) {
		make_stream(i, &in);
		assert_int_equal(snap_add_stream(&s, &in), 0);
	}
	for (i = 0; i < n; i++) {
		make_stream(i, &in);
		snap_get_stream(&s, i, &out);
		assert_same(&in, &out);
	}
	store_sort(&s);
	for (i = 1; i < n; i++)
		assert_true(store_key(&s, i - 1) < store_key(&s, i));
	for (i = 0; i < n; i++) {
		make_stream(i, &in);
		assert_true(store_find(&s, s.n, in.sid, &at));
		snap_get_stream(&s, at, &out);
		assert_same(&in, &out);
	}
	assert_false(store_find(&s, s.n, store_key(&s, 5) + 1, &at));
	assert_int_equal(at, 6);
	assert_int_equal(s.bytes, p.out);
	store_free(&s);
	assert_int_equal(p.out, 0);
	assert_int_equal(s.bytes, 0);
}

/* With any amount of memory: what was taken stays readable, what was refused left no trace. */
static void refuses_when_full(void **state)
{
	struct snap_stream in, out;
	struct store s;
	struct pool p;
	size_t bytes;
	u32 i, n, more;

	(void)state;
	for (bytes = 0; bytes < 64 << 10; bytes += 1000) {
		open_store(&s, &p, bytes, SNAP_STREAM_WORDS);
		for (n = 0;; n++) {
			make_stream(n, &in);
			if (snap_add_stream(&s, &in))
				break;
		}
		for (more = 0; more < 50; more++)
			assert_int_equal(snap_add_stream(&s, &in), -ENOSPC);
		assert_int_equal(s.n, n);
		assert_true(n > 0 || bytes < 2 * STORE_CHUNK + 256);
		assert_true(s.bytes <= bytes);
		for (i = 0; i < n; i++) {
			make_stream(i, &in);
			snap_get_stream(&s, i, &out);
			assert_same(&in, &out);
		}
		store_free(&s);
		assert_int_equal(p.out, 0);
	}
}

static void keeps_the_order_of_cds(void **state)
{
	struct snap_cd cd = { .sid = 7 };
	struct store s;
	struct pool p;
	u32 i;

	(void)state;
	open_store(&s, &p, 1 << 20, SNAP_CD_WORDS);
	for (i = 0; i < 3000; i++) {
		cd.ssid = i + 1;
		cd.addr = 0x80000000ull + i * 64ull;
		core_st64(cd.raw, (u64)i << 48 | 0x80000000u);
		assert_int_equal(snap_add_cd(&s, &cd), 0);
	}
	for (i = 0; i < 3000; i++) {
		snap_get_cd(&s, i, &cd);
		assert_int_equal(cd.sid, 7);
		assert_int_equal(cd.ssid, i + 1);
		assert_int_equal(cd.addr, 0x80000000ull + i * 64ull);
		assert_int_equal(core_ld64(cd.raw), (u64)i << 48 | 0x80000000u);
		assert_int_equal(core_ld64(cd.raw + 8), 0);
	}
	assert_true(s.bytes < 3000 * 40);
	store_free(&s);
}

static void sorts_every_order(void **state)
{
	u64 seed = 42, word;
	struct store s;
	struct pool p;
	u32 n, i;

	(void)state;
	for (n = 0; n < 700; n++) {
		open_store(&s, &p, 1 << 20, 1);
		for (i = 0; i < n; i++) {
			u32 key = (u32)random64(&seed) % (n / 2 + 1); /* some keys twice */

			word = key * 3ull;
			assert_int_equal(store_add(&s, key, &word), 0);
		}
		store_sort(&s);
		for (i = 0; i < n; i++) {
			assert_true(!i || store_key(&s, i - 1) <= store_key(&s, i));
			store_get(&s, i, &word);
			assert_int_equal(word, store_key(&s, i) * 3ull);
		}
		store_free(&s);
	}
}

/* ---- like an array, whatever is done ---- */

struct entry {
	u32 key;
	u64 words[STORE_WORDS];
};

static struct entry array[3000];

/* Like the one before, like none, or nothing; its first word is in no other entry. */
static void make_entry(u32 n, u32 words, struct entry *ret)
{
	u64 how = chance(4);
	u32 i;

	ret->key = (u32)chance(how ? 500 : 1ull << 32);
	for (i = 0; i < words; i++)
		ret->words[i] = how == 1 ? chance(~0ull) : how == 2 || !n ? 0 : ret[-1].words[i];
	ret->words[chance(words)] ^= 1ull << chance(64);
	ret->words[0] = n | (ret->words[0] & ~0xffffffffull);
}

/* As the store sorted it; entries of equal keys may lie in any order. */
static void sort_array(const struct store *s, u32 n)
{
	static struct entry old[3000];
	u64 words[STORE_WORDS];
	static u32 was[3000];
	u32 i, number;

	memcpy(old, array, n * sizeof(*array));
	for (i = 0; i < n; i++)
		was[(u32)old[i].words[0]] = i;
	for (i = 0; i < n; i++) {
		store_get(s, i, words);
		number = (u32)words[0];
		HOLDS(number < n && was[number] < n);
		array[i] = old[was[number]];
		was[number] = n; /* once */
		HOLDS(!i || array[i - 1].key <= array[i].key);
	}
}

static void find_like_a_walk(const struct store *s, u32 sorted)
{
	u32 key = (u32)chance(510), i, at;
	bool found;

	for (i = 0; i < sorted && array[i].key < key; i++)
		;
	found = store_find(s, sorted, key, &at);
	HOLDS(found == (i < sorted && array[i].key == key));
	HOLDS(found ? at < sorted && array[at].key == key : at == i);
}

static void like_an_array(void **state)
{
	u64 words[STORE_WORDS], seed;
	u32 n, sorted, i, step, width;
	struct store s;
	struct pool p;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		chance_begin(seed);
		width = 1 + (u32)chance(STORE_WORDS);
		open_store(&s, &p, chance(400 << 10), width);
		for (n = sorted = step = 0; step < 3000; step++) {
			if (chance(4)) {
				make_entry(n, width, &array[n]);
				n += store_add(&s, array[n].key, array[n].words) == 0;
			} else if (!chance(100)) {
				store_sort(&s);
				sort_array(&s, n);
				sorted = n;
			}
			HOLDS(s.n == n && s.bytes == p.out);
			find_like_a_walk(&s, sorted);
			if (!n)
				continue;
			i = (u32)chance(n);
			store_get(&s, i, words);
			HOLDS(store_key(&s, i) == array[i].key);
			HOLDS(memcmp(words, array[i].words, width * sizeof(u64)) == 0);
		}
		store_free(&s);
		HOLDS(p.out == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_bit_for_bit), cmocka_unit_test(refuses_when_full),
		cmocka_unit_test(keeps_the_order_of_cds), cmocka_unit_test(sorts_every_order),
		cmocka_unit_test(like_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

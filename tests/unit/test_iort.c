// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_iort.c - requester id to StreamID through an IORT, well-formed and not. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/iort.h"

enum {
	ITS = 0,
	NAMED = 1,
	ROOT = 2,
	SMMU = 4
};

/*
 * Layout: ITS group @48, SMMUv3 @72 (base 0x9050000), second SMMUv3 @164, root
 * complex of segment 0 @256, root complex of segment 1 @388.
 */
#define AT_ITS 48
#define AT_SMMU0 72
#define AT_SMMU1 164
#define AT_RC0 256
#define AT_RC1 388
#define RC0_MAPPINGS 4
#define LEN 480

static void node(u8 *t, u32 at, u8 type, u16 len, u32 mappings, u32 map_offset)
{
	t[at] = type;
	core_st16(t + at + 1, len);
	core_st32(t + at + 8, mappings);
	core_st32(t + at + 12, map_offset);
}

static void mapping(u8 *t, u32 at, u32 first, u32 count, u32 out, u32 ref, u32 flags)
{
	core_st32(t + at, first);
	core_st32(t + at + 4, count - 1);
	core_st32(t + at + 8, out);
	core_st32(t + at + 12, ref);
	core_st32(t + at + 16, flags);
}

static u8 *make(void)
{
	u8 *t = calloc(1, LEN);
	u32 m = AT_RC0 + 40;

	assert_non_null(t);
	memcpy(t, "IORT", 4);
	core_st32(t + 4, LEN);
	core_st32(t + 36, 5);
	core_st32(t + 40, 48);
	node(t, AT_ITS, ITS, 24, 0, 0);
	node(t, AT_SMMU0, SMMU, 92, 0, 0);
	core_st64(t + AT_SMMU0 + 16, 0x9050000);
	node(t, AT_SMMU1, SMMU, 92, 0, 0);
	core_st64(t + AT_SMMU1 + 16, 0x1a060000);
	node(t, AT_RC0, ROOT, 132, RC0_MAPPINGS, 40);
	mapping(t, m, 0x0, 0x300, 0x10000, AT_SMMU0, 0);
	mapping(t, m + 20, 0x300, 0x100, 0x0, AT_ITS, 0); /* past the SMMU */
	mapping(t, m + 40, 0x400, 0x200, 0x20, AT_SMMU1, 0);
	mapping(t, m + 60, 0x1000, 1, 0x9999, AT_SMMU0, 0);
	node(t, AT_RC1, ROOT, 92, 1, 40);
	core_st32(t + AT_RC1 + 28, 1);
	mapping(t, AT_RC1 + 40, 0x0, 0x10000, 0x0, AT_SMMU1, 0);
	return t;
}

static void test_map(void **state)
{
	u8 *t = make();
	u64 base;
	u32 sid;

	(void)state;
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x8, &base, &sid), 0);
	assert_int_equal(base, 0x9050000);
	assert_int_equal(sid, 0x10008);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x2ff, &base, &sid), 0);
	assert_int_equal(sid, 0x102ff);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x300, &base, &sid), 1);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x500, &base, &sid), 0);
	assert_int_equal(base, 0x1a060000);
	assert_int_equal(sid, 0x120);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x600, &base, &sid), 1);
	assert_int_equal(iort_map_rid(t, LEN, 1, 0x8, &base, &sid), 0);
	assert_int_equal(base, 0x1a060000);
	assert_int_equal(sid, 0x8);
	assert_int_equal(iort_map_rid(t, LEN, 2, 0x8, &base, &sid), 1);
	free(t);
}

/* Any id is a single mapping's; a range before it comes first, its end too. */
static void test_single(void **state)
{
	u8 *t = make();
	u64 base;
	u32 sid;

	(void)state;
	core_st32(t + AT_RC0 + 40 + 60 + 16, 1);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x700, &base, &sid), 0);
	assert_int_equal(base, 0x9050000);
	assert_int_equal(sid, 0x9999);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x8, &base, &sid), 0);
	assert_int_equal(sid, 0x10008);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x5ff, &base, &sid), 0);
	assert_int_equal(sid, 0x9999);
	assert_int_equal(iort_odd(t, LEN), 0);
	free(t);
}

/* What comes of one id, and what is said of the table, when a word of it is another. */
static void with_change(u32 offset, u32 width, u32 value, int map, u32 odd)
{
	u8 *t = make(), bytes[4];
	u64 base;
	u32 sid;

	core_st32(bytes, value);
	memcpy(t + offset, bytes, width);
	assert_int_equal(iort_map_rid(t, LEN, 0, 0x8, &base, &sid), map);
	assert_int_equal(iort_odd(t, LEN), odd);
	free(t);
}

static void test_damaged(void **state)
{
	(void)state;
	with_change(0, 1, 'X', -EINVAL, ~0u);
	with_change(4, 4, LEN + 1, 0, IORT_ODD_HEADER);
	with_change(36, 4, 0, 1, 0); /* no nodes */
	with_change(36, 4, 6, 0, IORT_ODD_COUNT);
	with_change(40, 4, 0, 1, IORT_ODD_HEADER | IORT_ODD_COUNT); /* nodes inside the header */
	with_change(40, 4, ~0u, 1, IORT_ODD_COUNT);
	with_change(AT_ITS + 1, 2, 0, 1, IORT_ODD_NODE | IORT_ODD_COUNT);
	with_change(AT_ITS + 1, 2, 0xffff, 1, IORT_ODD_NODE | IORT_ODD_COUNT);
	/* The first match counts, however many mappings are claimed behind it. */
	with_change(AT_RC0 + 8, 4, 5, 0, IORT_ODD_MAPPINGS);
	with_change(AT_RC0 + 8, 4, ~0u, 0, IORT_ODD_MAPPINGS);
	with_change(AT_RC0 + 12, 4, ~0u, 1, IORT_ODD_MAPPINGS);
	with_change(AT_RC0 + 40 + 12, 4, LEN - 8, 1, IORT_ODD_REFERENCE);
	with_change(AT_RC0 + 40 + 12, 4, ~0u, 1, IORT_ODD_REFERENCE);
	with_change(AT_RC0 + 60, 4, 0x2ff, 0, IORT_ODD_OVERLAP);
}

static void test_segments(void **state)
{
	u8 *t = make();

	(void)state;
	assert_true(iort_has_segment(t, LEN, 0));
	assert_true(iort_has_segment(t, LEN, 1));
	assert_false(iort_has_segment(t, LEN, 2));
	assert_false(iort_has_segment(t, AT_RC1 + 31, 1));
	assert_false(iort_has_segment(t, 47, 0));
	free(t);
}

static void test_short_and_flipped(void **state)
{
	u8 *t = make(), *cut;
	u64 base;
	u32 sid;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < LEN; i++) {
		cut = malloc(i ? i : 1);
		memcpy(cut, t, i);
		/* The mapping of segment 1 is the last of the table. */
		r = iort_map_rid(cut, i, 1, 0x8, &base, &sid);
		assert_int_equal(r, i < 48 ? -EINVAL : i < AT_RC1 + 60 ? 1 : 0);
		assert_true(iort_odd(cut, i) & IORT_ODD_HEADER);
		free(cut);
		t[i] ^= 0xff;
		r = iort_map_rid(t, LEN, 1, 0x8, &base, &sid);
		assert_true(r == 0 || r == 1 || r == -EINVAL);
		t[i] ^= 0xff;
	}
	free(t);
}

struct got {
	struct iort_rmr rmr[8];
	u32 n;
};

static int on_rmr(void *priv, const struct iort_rmr *rmr)
{
	struct got *g = priv;

	assert_true(g->n < 8);
	g->rmr[g->n++] = *rmr;
	return g->n == 8 ? -ENOSPC : 0;
}

/* SMMU @48, RMR @140 with two mappings (this SMMU, 3 ids; the other, @260) and two descriptors. */
static u8 *make_rmr(void)
{
	u8 *t = calloc(1, 352);

	assert_non_null(t);
	memcpy(t, "IORT", 4);
	t[8] = 5;
	core_st32(t + 36, 3);
	core_st32(t + 40, 48);
	node(t, 48, SMMU, 92, 0, 0);
	core_st64(t + 48 + 16, 0x9050000);
	node(t, 140, 6, 120, 2, 28);
	core_st32(t + 140 + 16, 1 | 5u << 2);
	core_st32(t + 140 + 20, 2);
	core_st32(t + 140 + 24, 68);
	mapping(t, 168, 0, 3, 0x300, 48, 0);
	mapping(t, 188, 0, 1, 0x400, 260, 0);
	core_st64(t + 208, 0xc000000);
	core_st64(t + 216, 0x10000);
	core_st64(t + 228, 0xd000000);
	core_st64(t + 236, 0x20000);
	node(t, 260, SMMU, 92, 0, 0);
	core_st64(t + 260 + 16, 0x1a060000);
	return t;
}

static void test_rmr(void **state)
{
	u8 *t = make_rmr(), *copy;
	struct got g = { .n = 0 };
	size_t len;

	(void)state;
	assert_int_equal(iort_rmrs(t, 352, 0x9050000, on_rmr, &g), 0);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.rmr[0].sid_first, 0x300);
	assert_int_equal(g.rmr[0].sid_count, 3);
	assert_int_equal(g.rmr[1].base, 0xd000000);
	assert_int_equal(g.rmr[1].bytes, 0x20000);
	assert_int_equal(g.rmr[1].flags, 1 | 5u << 2);
	g.n = 0;
	assert_int_equal(iort_rmrs(t, 352, 0x1a060000, on_rmr, &g), 0);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.rmr[0].sid_first, 0x400);
	g.n = 0;
	assert_int_equal(iort_rmrs(t, 352, 0x1000, on_rmr, &g), 0);
	assert_int_equal(g.n, 0);
	/* Cut anywhere: what is left counts, and nothing behind the end is read. */
	for (len = 0; len < 352; len++) {
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, t, len);
		g.n = 0;
		assert_int_equal(iort_rmrs(copy, len, 0x9050000, on_rmr, &g),
				 len < 48 ? -EINVAL : 0);
		assert_int_equal(g.n, len < 228 ? 0 : len < 248 ? 1 : 2);
		free(copy);
	}
	free(t);
}

/* Descriptors and mappings are counted, not believed. */
static void test_rmr_damaged(void **state)
{
	u8 *t = make_rmr();
	struct got g = { .n = 0 };

	(void)state;
	assert_int_equal(iort_odd(t, 352), IORT_ODD_HEADER);
	core_st32(t + 4, 352);
	assert_int_equal(iort_odd(t, 352), 0);
	core_st32(t + 140 + 20, 5); /* more descriptors than the node holds, as many as the table */
	assert_int_equal(iort_rmrs(t, 352, 0x9050000, on_rmr, &g), 0);
	assert_int_equal(g.n, 5);
	assert_int_equal(iort_odd(t, 352), IORT_ODD_MAPPINGS);
	core_st32(t + 140 + 20, ~0u);
	g.n = 0;
	assert_int_equal(iort_rmrs(t, 352, 0x9050000, on_rmr, &g), 0);
	assert_int_equal(g.n, 7);
	core_st32(t + 140 + 20, 2);
	t[8] = 4;
	assert_int_equal(iort_rmrs(t, 352, 0x9050000, on_rmr, &g), 1);
	assert_int_equal(iort_odd(t, 352), IORT_ODD_RMR);
	free(t);
}

static int on_any_rmr(void *priv, const struct iort_rmr *rmr)
{
	(void)rmr;
	++*(u32 *)priv;
	return 0;
}

/* Many nodes that share one long list: it ends. */
static void test_rmr_budget(void **state)
{
	enum {
		NODES = 600,
		MAPPINGS = 600,
		AT_LIST = 48 + 28 + NODES * 28,
		BYTES = AT_LIST + MAPPINGS * 20
	};
	u8 *t = calloc(1, BYTES);
	u32 i, n = 0;

	(void)state;
	assert_non_null(t);
	memcpy(t, "IORT", 4);
	t[8] = 5;
	core_st32(t + 36, NODES + 1);
	core_st32(t + 40, 48);
	node(t, 48, SMMU, 28, 0, 0);
	core_st64(t + 64, 0x9050000);
	for (i = 0; i < NODES; i++)
		node(t, 76 + i * 28, 6, 28, MAPPINGS, AT_LIST - (76 + i * 28));
	for (i = 0; i < MAPPINGS; i++)
		mapping(t, AT_LIST + i * 20, 0, 1, i, 48, 0);
	assert_int_equal(iort_rmrs(t, BYTES, 0x9050000, on_any_rmr, &n), -E2BIG);
	assert_int_equal(n, 0);
	free(t);
}

/* @nodes nodes, the last one the root complex; its last mapping, of @mappings, is that of id 0x8.
 */
struct large {
	u8 *t;
	size_t len;
	u32 root;
};

static struct large make_large(u32 nodes, u32 mappings)
{
	struct large ret = { .root = 48 + 28 + (nodes - 2) * 16 };
	u32 i;

	ret.len = ret.root + 32 + (size_t)mappings * 20;
	ret.t = calloc(1, ret.len);
	assert_non_null(ret.t);
	memcpy(ret.t, "IORT", 4);
	core_st32(ret.t + 4, (u32)ret.len);
	ret.t[8] = 5;
	core_st32(ret.t + 36, nodes);
	core_st32(ret.t + 40, 48);
	node(ret.t, 48, SMMU, 28, 0, 0);
	core_st64(ret.t + 64, 0x9050000);
	for (i = 0; i < nodes - 2; i++)
		node(ret.t, 76 + i * 16, ITS, 16, 0, 0);
	node(ret.t, ret.root, ROOT, (u16)(32 + mappings * 20), mappings, 32);
	for (i = 0; i < mappings - 1; i++)
		mapping(ret.t, ret.root + 32 + i * 20, 0x100000, 1, 0, 48, 0);
	mapping(ret.t, ret.root + 32 + i * 20, 0x8, 1, 0x8, 48, 0);
	return ret;
}

static int on_smmu(void *priv, u64 base, u32 flags)
{
	(void)flags;
	*(u64 *)priv = base;
	return 0;
}

/* What is looked at has an end, and it is said where that is not all. */
static void test_budget(void **state)
{
	static const struct {
		u32 nodes, mappings;
		bool large;
	} cases[] = {
		{ 2, 1, false },
		{ IORT_NODES, 1, false },
		{ IORT_NODES + 1, 1, true },
		/* A node that is too long for its length field: the mappings count all the same. */
		{ 2, IORT_MAPPINGS, false },
		{ 2, IORT_MAPPINGS + 1, true },
	};
	struct large l;
	u64 base;
	u32 sid, n = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool nodes = cases[i].nodes > IORT_NODES;

		l = make_large(cases[i].nodes, cases[i].mappings);
		assert_int_equal(iort_map_rid(l.t, l.len, 0, 0x8, &base, &sid), cases[i].large);
		assert_int_equal(!!(iort_odd(l.t, l.len) & IORT_ODD_LARGE), cases[i].large);
		assert_int_equal(iort_odd(l.t, l.len) & IORT_ODD_COUNT, 0);
		assert_int_equal(iort_has_segment(l.t, l.len, 0), !nodes);
		assert_int_equal(iort_smmus(l.t, l.len, on_smmu, &base), nodes ? -E2BIG : 0);
		assert_int_equal(base, 0x9050000);
		assert_int_equal(iort_rmrs(l.t, l.len, 0x9050000, on_any_rmr, &n),
				 nodes ? -E2BIG : 0);
		free(l.t);
	}
}

/*
 * The worst that a table can ask for: more nodes than anybody looks at, which all claim the rest of
 * 16 MiB as their mappings, and the way leads round and round. Read to its end that would be
 * hours, for one in 16 functions of a segment.
 */
static void test_hostile(void **state)
{
	enum {
		BYTES = 16 << 20,
		NODES = 2 * IORT_NODES,
		LIST = 48 + NODES * 16,
		BIG = 32 + 512 * 20
	};
	u8 *t = calloc(1, BYTES);
	u32 i, sid, n = 0;
	u64 base;

	(void)state;
	assert_non_null(t);
	memcpy(t, "IORT", 4);
	core_st32(t + 4, BYTES);
	t[8] = 5;
	core_st32(t + 36, ~(u32)0);
	core_st32(t + 40, 48);
	for (i = 0; i < NODES; i++)
		node(t, 48 + i * 16, ROOT, 16, ~(u32)0, LIST - (48 + i * 16));
	/* What is the segment of the first one. */
	core_st32(t + 48 + 28, 0);
	for (i = LIST; i + 20 <= BYTES; i += 20)
		mapping(t, i, 0x100000, 1, 0, 48, 0);
	mapping(t, LIST + (IORT_MAPPINGS - 1) * 20, 0, 0x10000, 0, 48, 0);
	for (i = 0; i < 0x10000; i += 16)
		assert_int_equal(iort_map_rid(t, BYTES, 0, i, &base, &sid), 1);
	assert_false(iort_has_segment(t, BYTES, 0x4711));
	assert_true(iort_odd(t, BYTES) & IORT_ODD_LARGE);
	assert_int_equal(iort_smmus(t, BYTES, on_smmu, &base), -E2BIG);
	assert_int_equal(iort_rmrs(t, BYTES, 0x9050000, on_any_rmr, &n), -E2BIG);
	/* Nodes with just as many ranges as are held against each other. */
	memset(t + 48, 0, BYTES - 48);
	for (i = 0; 48 + (i + 1) * BIG < BYTES; i++)
		node(t, 48 + i * BIG, ROOT, BIG, 512, 32);
	core_st32(t + 36, i);
	for (n = 0; n < i * 512; n++)
		mapping(t, 48 + n / 512 * BIG + 32 + n % 512 * 20, 2, 2, 0, 48, 0);
	assert_int_equal(iort_odd(t, BYTES), 0);
	/* The last two of the first node overlap. */
	mapping(t, 48 + 32 + 511 * 20, 3, 1, 0, 48, 0);
	assert_int_equal(iort_odd(t, BYTES), IORT_ODD_OVERLAP);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_short_and_flipped),
		cmocka_unit_test(test_rmr),
		cmocka_unit_test(test_rmr_damaged),
		cmocka_unit_test(test_rmr_budget),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

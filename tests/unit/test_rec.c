// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_rec.c - the record stream: bytes pinned, every type there and back,
 * every kind of torn tail, forward compatibility.
 */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "core/names.h"
#include "core/rec.h"

/* A bit at a time, as the polynomial has it. */
static u32 crc_by_bits(const u8 *p, size_t len)
{
	u32 crc = ~0u;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void test_crc(void **state)
{
	u8 bytes[600];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * i * 31 + (i >> 3));
	for (i = 0; i < 9; i++)
		for (len = 0; len < sizeof(bytes) - i; len += len < 40 ? 1 : 37)
			assert_int_equal(rec_crc32(0, bytes + i, len), crc_by_bits(bytes + i, len));
	assert_int_equal(rec_crc32(0, "123456789", 9),
			 0xcbf43926); /* the catalogue's check value */
	assert_int_equal(rec_crc32(rec_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

/* The wire form is a contract: these bytes (made by another CRC-32 and packer) never change. */
static void test_pinned(void **state)
{
	static const u8 want[64] = {
		0x53, 0x4d, 0x41, 0x52, 0x04, 0x00, 0x00, 0x00, 0x1a, 0x00, 0x00, 0x00, 0x86,
		0x9e, 0x42, 0xa0, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x15, 0xcd,
		0x5b, 0x07, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x03,
		0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x45, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00,
		0x61, 0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	struct rec r = { .type = REC_L1, .seq = 7, .mono_ns = 123456789 };
	u8 buf[64];

	(void)state;
	r.l1.smmu = 1;
	r.l1.phase = REC_PHASE_CRASH;
	r.l1.index = 3;
	r.l1.addr = 0x45000018;
	r.l1.raw = 0x44610009;
	assert_int_equal(rec_encode(&r, buf, sizeof(buf)), 64);
	assert_memory_equal(buf, want, sizeof(want));
}

/* Fill the whole union with a pattern, so that a field the codec forgets is noticed. */
static void fill(struct rec *r, u16 type, u8 seed)
{
	u8 *p = (u8 *)r;
	size_t i;

	for (i = 0; i < sizeof(*r); i++)
		p[i] = (u8)(seed + i * 7) | 1;
	r->type = type;
	r->flags = 0;
	r->seq = seed;
	r->mono_ns = 1000u * seed;
	if (type == REC_SMMU)
		r->smmu.worst_count = 3;
	if (type == REC_DEVICE)
		r->device.sid_count = REC_DEVICE_SIDS;
}

static void roundtrip(u16 type)
{
	u8 once[REC_MAX_KNOWN_BYTES], twice[REC_MAX_KNOWN_BYTES];
	struct rec a, b;
	struct rec_iter it = { .data = once };
	int n;

	fill(&a, type, (u8)(type * 3));
	n = rec_encode(&a, once, sizeof(once));
	assert_true(n > (int)REC_HEADER_BYTES && n % 8 == 0);
	it.len = (size_t)n;
	assert_int_equal(rec_next(&it, &b), REC_OK);
	assert_int_equal(b.type, type);
	assert_int_equal(b.seq, a.seq);
	assert_int_equal(b.mono_ns, a.mono_ns);
	assert_int_equal(it.unknown, 0);
	assert_int_equal(rec_encode(&b, twice, sizeof(twice)), n);
	assert_memory_equal(once, twice, (size_t)n);
	assert_int_equal(rec_next(&it, &b), REC_END);
	/* no room: refused, nothing beyond the room written */
	memset(twice, 0xaa, sizeof(twice));
	assert_int_equal(rec_encode(&a, twice, (size_t)n - 8), -ENOSPC);
	assert_int_equal(twice[n - 8], 0xaa);
}

static void test_roundtrip(void **state)
{
	u16 type;

	(void)state;
	for (type = 1; type <= REC_TYPE_MAX; type++)
		roundtrip(type);
}

static void test_fields(void **state)
{
	struct rec a = { .type = REC_DEVICE, .seq = 1 }, b;
	u8 buf[REC_MAX_KNOWN_BYTES];
	struct rec_iter it = { .data = buf };

	(void)state;
	a.device.group = -1;
	a.device.flags = REC_DEV_DEFERRED | REC_DEV_IDENTITY;
	a.device.attach_ns = 0x123456789abcdefull;
	a.device.sid_count = 2;
	a.device.sids[1] = 0x10008;
	strcpy(a.device.name, "0000:00:02.0");
	it.len = (size_t)rec_encode(&a, buf, sizeof(buf));
	assert_int_equal(rec_next(&it, &b), REC_OK);
	assert_int_equal(b.device.group, -1);
	assert_int_equal(b.device.flags, a.device.flags);
	assert_int_equal(b.device.attach_ns, a.device.attach_ns);
	assert_int_equal(b.device.sids[1], 0x10008);
	assert_string_equal(b.device.name, "0000:00:02.0");
	/* a text without NUL is cut, not run over */
	memset(a.device.name, 'x', sizeof(a.device.name));
	rec_encode(&a, buf, sizeof(buf));
	it.offset = 0;
	assert_int_equal(rec_next(&it, &b), REC_OK);
	assert_int_equal(strlen(b.device.name), sizeof(b.device.name) - 1);
}

static size_t three(u8 *buf, size_t cap)
{
	struct rec r = { .type = REC_STAGE };
	size_t len = 0;

	for (r.seq = 1; r.seq <= 3; r.seq++) {
		int n = rec_encode(&r, buf + len, cap - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	return len;
}

static int count(const u8 *buf, size_t len, enum rec_outcome *end)
{
	struct rec_iter it = { .data = buf, .len = len };
	struct rec r;

	while ((*end = rec_next(&it, &r)) == REC_OK)
		assert_true(it.offset <= len);
	return (int)it.good;
}

static void test_torn(void **state)
{
	u8 buf[4 * REC_MAX_KNOWN_BYTES] = { 0 };
	size_t len = three(buf, sizeof(buf)), one = len / 3, cut, i;
	enum rec_outcome end;

	(void)state;
	assert_int_equal(count(buf, len, &end), 3);
	assert_int_equal(end, REC_END);
	assert_int_equal(count(buf, len + 100, &end), 3); /* a note's zero padding */
	assert_int_equal(end, REC_END);
	for (cut = 1; cut < len; cut++) { /* cut anywhere: whole records before it survive */
		u8 *copy = malloc(cut);

		memcpy(copy, buf, cut);
		assert_int_equal(count(copy, cut, &end), (int)(cut / one));
		assert_int_equal(end, cut % one ? REC_TORN : REC_END);
		free(copy);
	}
	for (i = 0; i < one - 8; i++) { /* any damaged byte of the second record ends the stream */
		if (i >= 32 + 2 + 4 + 160)
			break; /* padding is not covered by the CRC */
		buf[one + i] ^= 0x10;
		assert_int_equal(count(buf, len, &end), 1);
		assert_int_equal(end, REC_TORN);
		buf[one + i] ^= 0x10;
	}
	assert_int_equal(count(buf, len, &end), 3);
}

static void test_garbage(void **state)
{
	u8 buf[4096];
	enum rec_outcome end;
	unsigned int seed;
	size_t i;

	(void)state;
	for (seed = 1; seed < 200; seed++) {
		srand(seed);
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = (u8)rand();
		if (seed & 1) /* right magic, any length */
			core_st32(buf, REC_MAGIC);
		assert_int_equal(count(buf, sizeof(buf), &end), 0);
		assert_int_equal(end, REC_TORN);
	}
	assert_int_equal(count(NULL, 0, &end), 0);
	assert_int_equal(end, REC_END);
}

/* A later version: a new type, and a known type with more payload at its end. */
static void test_forward(void **state)
{
	u8 buf[256] = { 0 };
	struct rec_iter it = { .data = buf, .len = 32 + 16 + 32 + 24 };
	struct rec r;

	(void)state;
	core_st32(buf, REC_MAGIC);
	core_st16(buf + 4, 999);
	core_st32(buf + 8, 11);
	memcpy(buf + 32, "hello world", 11);
	core_st32(buf + 12, rec_crc32(0, buf, 32 + 11));
	core_st32(buf + 48, REC_MAGIC);
	core_st16(buf + 52, REC_RANGE);
	core_st32(buf + 56, 24); /* 20 known + 4 of the future */
	core_st32(buf + 80, REC_RANGE_OLD_RAM);
	core_st64(buf + 84, 0x40000000);
	core_st64(buf + 92, 0x1000);
	core_st32(buf + 100, 77);
	core_st32(buf + 48 + 12, rec_crc32(0, buf + 48, 32 + 24));
	assert_int_equal(rec_next(&it, &r), REC_OK);
	assert_int_equal(r.type, 999);
	assert_int_equal(it.unknown, 1);
	assert_memory_equal(r.payload, "hello world", 11);
	assert_int_equal(rec_next(&it, &r), REC_OK);
	assert_int_equal(r.range.start, 0x40000000);
	assert_int_equal(r.range.bytes, 0x1000);
	assert_int_equal(rec_next(&it, &r), REC_END);
	/* an earlier version: a shorter payload reads as zeros */
	core_st32(buf + 8, 4);
	core_st16(buf + 4, REC_RANGE);
	core_st32(buf + 12, 0);
	core_st32(buf + 12, rec_crc32(0, buf, 36));
	it = (struct rec_iter){ .data = buf, .len = 40 };
	assert_int_equal(rec_next(&it, &r), REC_OK);
	assert_int_equal(r.range.start, 0);
	r.type = 999;
	assert_int_equal(rec_encode(&r, buf, sizeof(buf)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),	  cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_roundtrip), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_torn),	  cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

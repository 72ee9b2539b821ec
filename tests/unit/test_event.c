// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_event.c - event records and commands, encoded by hand from the specification's figures. */
#include "tests/unit/cmocka_all.h"

#include "core/event.h"

static void put(u8 *raw, u64 q0, u64 q1, u64 q2, u64 q3)
{
	core_st64(raw, q0);
	core_st64(raw + 8, q1);
	core_st64(raw + 16, q2);
	core_st64(raw + 24, q3);
}

static void test_translation_fault(void **state)
{
	struct event_view v;
	u8 raw[EVENT_BYTES];

	(void)state;
	/* unprivileged write by StreamID 8, SSID 5 valid, class IN */
	put(raw, 0x10 | 1 << 11 | 5 << 12 | 8ull << 32, 2ull << 40, 0xfffff123, 0);
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_string_equal(v.name, "F_TRANSLATION");
	assert_int_equal(v.sid, 8);
	assert_true(v.has & EVENT_HAS_SSID);
	assert_int_equal(v.ssid, 5);
	assert_int_equal(v.input, 0xfffff123);
	assert_int_equal(v.read, 0);
	assert_int_equal(v.privileged, 0);
	assert_string_equal(event_class_name(v.class), "IN");
	assert_false(v.has & EVENT_HAS_IPA);
	/* privileged read, stalled with tag 0x77, stage 2 fault of a table walk at an IPA */
	put(raw, 0x10 | 8ull << 32,
	    0x77 | 1ull << 31 | 1ull << 33 | 1ull << 35 | 1ull << 39 | 1ull << 40, 0x1000,
	    0x40001fff);
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_false(v.has & EVENT_HAS_SSID);
	assert_int_equal(v.stag, 0x77);
	assert_true(v.stalled && v.read && v.privileged && v.s2);
	assert_string_equal(event_class_name(v.class), "TT");
	assert_true(v.has & EVENT_HAS_IPA);
	assert_int_equal(v.ipa, 0x40001000);
}

static void test_fields_follow_the_id(void **state)
{
	struct event_view v;
	u8 raw[EVENT_BYTES];

	(void)state;
	put(raw, 0x02 | 0x1234ull << 32, ~0ull, ~0ull, ~0ull);
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_string_equal(v.name, "C_BAD_STREAMID");
	assert_int_equal(v.sid, 0x1234);
	assert_int_equal(v.has, 0);
	assert_int_equal(v.input, 0);
	put(raw, 0x03 | 1ull << 32, 0, 0, ~0ull);
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_int_equal(v.fetch, 0x000ffffffffffff8ull);
	put(raw, 0x08 | 9 << 12, 0, 0, 0); /* the SubstreamID is the point of this one */
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_true(v.has & EVENT_HAS_SSID);
	assert_int_equal(v.ssid, 9);
	put(raw, 0x0b | 1ull << 32, 1ull << 40, 0x5000, 0x48);
	assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
	assert_int_equal(v.input, 0x5000);
	assert_int_equal(v.fetch, 0x48);
}

static void test_every_id(void **state)
{
	static const u8 known[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
				    0x0b, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x24, 0x25 };
	struct event_view v;
	u8 raw[EVENT_BYTES] = { 0 };
	size_t next = 0;
	int id;

	(void)state;
	for (id = 0; id < 256; id++) {
		bool expected = next < sizeof(known) && known[next] == id;

		raw[0] = (u8)id;
		assert_int_equal(event_decode(raw, sizeof(raw), &v), 0);
		assert_int_equal(v.name != NULL, expected);
		assert_non_null(event_text((u8)id));
		next += expected;
	}
	assert_int_equal(next, sizeof(known));
	assert_int_equal(event_decode(raw, 31, &v), -EINVAL);
	assert_string_equal(event_class_name(3), "reserved");
}

static void test_commands(void **state)
{
	struct event_cmd_view v;
	u8 raw[EVENT_CMD_BYTES];

	(void)state;
	core_st64(raw, 0x03 | 0x10ull << 32);
	core_st64(raw + 8, 1);
	assert_int_equal(event_cmd_decode(raw, sizeof(raw), &v), 0);
	assert_string_equal(v.name, "CMD_CFGI_STE");
	assert_true(v.has_sid && v.leaf && !v.has_asid);
	assert_int_equal(v.sid, 0x10);
	core_st64(raw, 0x12 | 7ull << 32 | 3ull << 48);
	core_st64(raw + 8, 0xffffc001);
	assert_int_equal(event_cmd_decode(raw, sizeof(raw), &v), 0);
	assert_string_equal(v.name, "CMD_TLBI_NH_VA");
	assert_int_equal(v.vmid, 7);
	assert_int_equal(v.asid, 3);
	assert_int_equal(v.addr, 0xffffc000);
	assert_true(v.leaf);
	core_st64(raw, 0x04);
	core_st64(raw + 8, 31);
	assert_int_equal(event_cmd_decode(raw, sizeof(raw), &v), 0);
	assert_int_equal(v.range, 31);
	core_st64(raw, 0x46);
	assert_int_equal(event_cmd_decode(raw, sizeof(raw), &v), 0);
	assert_string_equal(v.name, "CMD_SYNC");
	core_st64(raw, 0x99);
	assert_int_equal(event_cmd_decode(raw, sizeof(raw), &v), 0);
	assert_null(v.name);
	assert_int_equal(event_cmd_decode(raw, 32, &v), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translation_fault),
		cmocka_unit_test(test_fields_follow_the_id),
		cmocka_unit_test(test_every_id),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_act.h - two devices, "nic" and, on the dump path, "disk", and all that
 * act_run() needs to act on them through the mock of support_mock_ops.h.
 */
#ifndef TESTS_SUPPORT_ACT_H
#define TESTS_SUPPORT_ACT_H

#include "tests/unit/cmocka_all.h"

#include "core/names.h"
#include "daemon/act/act.h"
#include "lib/base/clock.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_mock_ops.h"

#define BENCH_DEVICES 3

struct bench {
	struct machine m; /* only for the journal */
	struct inv_device devices[BENCH_DEVICES];
	struct inventory inv;
	struct config config;
	struct journal journal;
	struct story crash; /* STEs of the crash */
	struct story told;  /* read back from the journal */
	struct plan plan;
	struct mock mock;
	struct act act;
	u32 next;
};

/* cmocka's setup and teardown; *state is a struct bench. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

/* Act on b->plan; what the journal then says is in b->told. */
int bench_run(struct bench *b, const struct mock_call *calls, size_t count);
#define RUN(b, calls) bench_run(b, calls, sizeof(calls) / sizeof((calls)[0]))

void assert_result(struct bench *b, const char *device, u32 action, u32 outcome,
		   const char *detail);

/* Config space of a PCI Express function with its capability at 0x40. */
#define OFF_CALLS(dev)                                           \
	{ .call = "read " dev " 00", .value = 0x8086 },          \
		{ .call = "read " dev " 04", .value = 0x0007 },  \
		{ .call = "write " dev " 04", .value = 0x0403 }, \
		{ .call = "read " dev " 04", .value = 0x0403 },  \
		{ .call = "read " dev " 06", .value = 0x0010 },  \
		{ .call = "read " dev " 34", .value = 0x0040 },  \
	{                                                        \
		.call = "read " dev " 40", .value = 0x0010       \
	}
#define DEVSTA(dev, v)                                \
	{                                             \
		.call = "read " dev " 4a", .value = v \
	}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, bench_set_up, bench_tear_down)

#endif

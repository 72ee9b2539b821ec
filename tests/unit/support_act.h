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

/* The dump path was not handed over, and the last finding says why. */
void assert_lost(struct bench *b, const char *why);

#define STUCK "an earlier operation on the device timed out and still runs"
#define LET_GO "the hold is given back when the earlier operation on the device ends"

/* Plan the hand-over, and act on it to its end. */
void plan_and_run(struct bench *b, const struct mock_call *calls, size_t count);
#define PLAN_RUN(b, calls) plan_and_run(b, calls, sizeof(calls) / sizeof((calls)[0]))

/* The disk, which the dump needs, got its driver in spite of all. */
void assert_handed_over(struct bench *b);
/* Nothing but the disk, idle, whose domain can be looked after; */
void lone_disk(struct bench *b);
/* its group comes with the bind, or from the helper before; */
void ungrouped_disk(struct bench *b);
/* and the dump does not need it. */
void off_dump_path(struct bench *b);

#define NO_DOMAIN "the device has no IOMMU domain that translates"
#define GET(what, v)                             \
	{                                        \
		.call = "read " what, .value = v \
	}
/* The write of bus mastering off, of which @error comes. */
#define SWITCH_OFF(dev, error)                                           \
	GET(dev " 00", 0x8086), GET(dev " 04", 0x0007),                  \
	{                                                                \
		.call = "write " dev " 04", .rc = error, .value = 0x0403 \
	}
/* A quiesced function: off, read back, no capability list. */
#define CONTAINED(dev) SWITCH_OFF(dev, 0), GET(dev " 04", 0x0403), GET(dev " 06", 0)
/* A reset, after which bus mastering is off. */
#define RESET(dev) { .call = "reset " dev }, GET(dev " 04", 0x0400)
#define LOADED_AND_BOUND(dev, driver)                 \
	{ .call = "load " dev },                      \
	{                                             \
		.call = "bind " dev, .detail = driver \
	}
#define ATTACHED_STE(dev)                             \
	{                                             \
		.call = "look " dev, .attached = true \
	}
#define UNTOUCHED_STE(dev)                            \
	{                                             \
		.call = "look " dev, .deferred = true \
	}

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

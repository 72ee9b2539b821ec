/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_mock_ops.h - struct act_ops as a list of expected calls. A call that
 * is not the next one expected, or one that never comes, fails the test.
 *
 * Time stands still but for sleep_ms() and what a call is said to take.
 */
#ifndef TESTS_SUPPORT_MOCK_OPS_H
#define TESTS_SUPPORT_MOCK_OPS_H

#include "daemon/act/act.h"

/* One expected call, as "op device"; for config space "read device offset". */
struct mock_call {
	const char *call;
	int rc;
	uint16_t value;	    /* read: what it gives; write: what must be written */
	const char *detail; /* load, bind */
	uint32_t took_ms;
	uint32_t wait_ms; /* hold, translate, reset: what it is given; 0 any */
	bool attached;	  /* look: the STE is another one */
	bool deferred;	  /* look: attach still deferred */
	u32 asids;	  /* look: enum rec_asids */
};

struct mock {
	const struct mock_call *calls;
	size_t count, next;
	u64 now_ns;
	const char *got_driver; /* the device that has one by now; looking for it is no call */
	uint32_t slept_ms;
	uint32_t looks; /* calls of look, each for one device or more */
};

extern const struct act_ops mock_ops;

/* All expected calls have come. */
void mock_finish(struct mock *mock);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_stage.h - a stage of the worker on the standard machine, with the real operations and
 * the clock of support_clock.h, and what its journal says afterwards.
 */
#ifndef TESTS_SUPPORT_STAGE_H
#define TESTS_SUPPORT_STAGE_H

#include "tests/unit/cmocka_all.h"

#include "core/names.h"
#include "daemon/act/act.h"
#include "daemon/supervise.h"
#include "daemon/worker.h"
#include "lib/machine/config.h"
#include "lib/story/story.h"
#include "tests/unit/support_machine.h"

struct run {
	struct machine m;
	struct config config;
	uint32_t end_ms;    /* of the stage, after its begin */
	struct act_ops ops; /* the real ones, unless the test changes them */
	struct stage_shared shared;
	struct story story; /* of the journal, after the last run */
};

/* cmocka's setup and teardown; *state is a struct run. */
int stage_set_up(void **state);
int stage_tear_down(void **state);

/* Add to what the dump needs. */
void dump_to(struct run *run, const char *name);
/* Run the stage; may be called again. Returns stage_run()'s result. */
int run_stage(struct run *run);
/* Run @fn as the daemon runs a stage, but leave the time of the daemon's start as it is. */
int run_stage_by(struct run *run, int (*fn)(struct stage *stage));

/* The result of a step; the test fails when there is none. */
const struct rec_result *result_of(struct run *run, const char *device, u32 action);
const struct rec_stage *last_stage(struct run *run);
/* Is there a finding of @code with @text in it? */
bool has_finding(struct run *run, u32 code, const char *text);

#define STAGE_TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

#endif

// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_stage.c - see support_stage.h. */
#include "tests/unit/support_stage.h"

#include <string.h>

#include "daemon/publish.h"
#include "daemon/worker.h"
#include "tests/unit/support_clock.h"

int stage_set_up(void **state)
{
	static struct run run;

	memset(&run, 0, sizeof(run));
	fakeclock_start();
	machine_standard(&run.m);
	config_defaults(&run.config);
	run.config.device_deadline_ms = 500;
	run.config.verify_deadline_ms = 10;
	run.end_ms = 20000;
	run.ops = act_real_ops;
	*state = &run;
	return 0;
}

int stage_tear_down(void **state)
{
	struct run *run = *state;

	story_clear(&run->story);
	machine_free(&run->m);
	fakeclock_stop();
	return 0;
}

void dump_to(struct run *run, const char *name)
{
	config_dump_add(&run->config.dump, name);
}

int run_stage_by(struct run *run, int (*fn)(struct stage *stage))
{
	struct act_real real = { .root = &run->m.root };
	struct stage stage = {
		.root = &run->m.root,
		.config = &run->config,
		.shared = &run->shared,
		.ops = &run->ops,
		.ops_priv = &real,
		.end_ns = clock_now_ns() + clock_ms(run->end_ms),
	};
	struct errbuf err;
	int rc;

	assert_int_equal(journal_open(&run->shared.journal, &run->m.root, &err), 0);
	journal_begin(&run->shared.journal, &run->m.root);
	rc = fn(&stage);
	journal_close(&run->shared.journal);
	story_clear(&run->story);
	assert_int_equal(publish_read_story(&run->m.root, &run->story), 0);
	assert_int_equal(story_finish(&run->story), 0);
	return rc;
}

int run_stage(struct run *run)
{
	run->shared.start_ns = clock_now_ns() - clock_ms(1); /* nothing takes time here */
	return run_stage_by(run, stage_run);
}

const struct rec_result *result_of(struct run *run, const char *device, u32 action)
{
	const struct story_step *step = story_step_of(&run->story, device, action);

	if (!step || !step->ended)
		fail_msg("no result of %s %s", rec_action_name(action), device);
	return &step->result;
}

const struct rec_stage *last_stage(struct run *run)
{
	assert_true(run->story.n_stages > 0);
	return &run->story.stages[run->story.n_stages - 1].stage;
}

bool has_finding(struct run *run, u32 code, const char *text)
{
	size_t i;

	for (i = 0; i < run->story.n_findings; i++)
		if (run->story.findings[i].code == code &&
		    strstr(run->story.findings[i].text, text))
			return true;
	return false;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_act.c - see support_act.h. */
#include "tests/unit/support_act.h"

#include <string.h>

#include "daemon/publish.h"

static void add_device(struct bench *b, const char *name, u32 sid, bool dump_path)
{
	struct inv_device *dev = &b->devices[b->inv.count];
	struct rec rec = { .type = REC_STE };

	strcpy(dev->name, name);
	strcpy(dev->bus, "pci");
	dev->pci = dev->group = true;
	dev->live = INV_LIVE;
	dev->sids[0] = sid;
	dev->n_sids = 1;
	dev->alias_set = b->inv.count++;
	dev->alias_size = 1;
	dev->dump_path = dump_path;
	rec.ste.phase = REC_PHASE_CRASH;
	rec.ste.sid = sid;
	rec.ste.raw[0] = 0x0b;
	assert_int_equal(story_add(&b->crash, &rec), 0);
}

int bench_set_up(void **state)
{
	static struct bench b;
	struct errbuf err;

	memset(&b, 0, sizeof(b));
	machine_new(&b.m);
	assert_int_equal(journal_open(&b.journal, &b.m.root, &err), 0);
	config_defaults(&b.config);
	b.inv.devices = b.devices;
	b.inv.groups_early = true;
	add_device(&b, "nic", 8, false);
	add_device(&b, "disk", 16, true);
	story_finish(&b.crash);
	b.mock.now_ns = clock_ms(1000);
	b.act = (struct act){
		.ops = &mock_ops,
		.ops_priv = &b.mock,
		.inv = &b.inv,
		.config = &b.config,
		.story = &b.crash,
		.journal = &b.journal,
		.end_ns = clock_ms(60000),
	};
	*state = &b;
	return 0;
}

int bench_tear_down(void **state)
{
	struct bench *b = *state;

	act_clear(&b->act);
	plan_clear(&b->plan);
	story_clear(&b->crash);
	story_clear(&b->told);
	machine_free(&b->m);
	return 0;
}

int bench_run(struct bench *b, const struct mock_call *calls, size_t count)
{
	int rc;

	b->mock.calls = calls;
	b->mock.count = count;
	act_journal_plan(&b->act, &b->plan, 0);
	rc = act_run(&b->act, &b->plan, &b->next);
	mock_finish(&b->mock);
	journal_close(&b->journal);
	assert_int_equal(publish_read_story(&b->m.root, &b->told), 0);
	story_finish(&b->told);
	return rc;
}

void assert_result(struct bench *b, const char *device, u32 action, u32 outcome, const char *detail)
{
	const struct story_step *step = story_step_of(&b->told, device, action);

	if (!step || !step->ended)
		fail_msg("no result of %s %s", rec_action_name(action), device);
	assert_true(step->begun);
	if (step->result.outcome != outcome || strcmp(step->result.detail, detail))
		fail_msg("%s %s: want %s (%s), have %s (%s)", rec_action_name(action), device,
			 rec_outcome_name(outcome), detail, rec_outcome_name(step->result.outcome),
			 step->result.detail);
}

void assert_lost(struct bench *b, const char *why)
{
	const struct rec_finding *last = &b->told.findings[b->told.n_findings - 1];
	char text[160];

	assert_true(b->act.dump_lost);
	assert_int_equal(b->act.dump_path_ns, 0);
	assert_true(b->told.n_findings > 0);
	assert_int_equal(last->code, REC_FIND_DUMP_LOST);
	assert_int_equal(last->severity, REC_SEV_ERROR);
	(void)snprintf(text, sizeof(text), "the dump path was not handed over: %s", why);
	assert_string_equal(last->text, text);
}

void plan_and_run(struct bench *b, const struct mock_call *calls, size_t count)
{
	assert_int_equal(plan_handover(&b->plan, &b->inv, &b->config), 0);
	assert_int_equal(bench_run(b, calls, count), 0);
}

void assert_handed_over(struct bench *b)
{
	assert_result(b, "disk", REC_ACT_BIND, REC_STEP_DONE, "driver nvme");
	assert_false(b->act.dump_lost);
	assert_true(b->act.dump_path_ns > 0);
}

void lone_disk(struct bench *b)
{
	b->inv.devices = b->devices + 1;
	b->inv.count = 1;
	b->inv.may_prepare = true;
	b->devices[1].live = INV_NOT_LIVE;
	b->devices[1].alias_set = 0;
}

void off_dump_path(struct bench *b)
{
	b->devices[1].dump_path = false;
	b->inv.policy = CONFIG_PROBE_ALL;
}

void ungrouped_disk(struct bench *b)
{
	lone_disk(b);
	b->inv.groups_early = false;
	b->devices[1].group = false;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/plan/plan.c: tables of machines and the plans they must give. A
 * plan is written as words "action:device", with "!" after the action of a step
 * that only states why nothing is done.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "lib/plan/plan.h"

#define LIVE .live = INV_LIVE
#define MAYBE .live = INV_LIVE_UNKNOWN
#define PCI .pci = true, .alias_size = 1
#define OK .group = true

struct plan_case {
	const char *title;
	struct inv_device devices[5];
	enum config_policy policy;
	bool groups_late;
	const char *plan;
};

static const struct plan_case cases[] = {
	{ "nothing there", { { .name = "" } }, CONFIG_PROBE_DUMP_PATH, false, "" },
	{ "the dump path goes first, wherever it is on the bus",
	  { { .name = "nic", PCI, LIVE, OK },
	    { .name = "disk", PCI, LIVE, OK, .dump_path = true } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "hold:nic hold:disk quiesce:nic quiesce:disk load:disk bind:disk verify:disk keep:nic" },
	{ "policy all: dump path, then the rest, verified together at the end",
	  { { .name = "a", PCI, LIVE, OK },
	    { .name = "disk", PCI, LIVE, OK, .dump_path = true },
	    { .name = "b", PCI, OK } },
	  CONFIG_PROBE_ALL,
	  false,
	  "hold:a hold:disk hold:b quiesce:a quiesce:disk quiesce!:b load:disk bind:disk "
	  "verify:disk load:a bind:a load:b bind:b verify:a verify:b" },
	{ "an entry that could not be read counts as live",
	  { { .name = "a", PCI, MAYBE, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "hold:a quiesce:a keep:a" },
	{ "of a set, the dump path's member is bound",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2 },
	    { .name = "disk", .pci = true, LIVE, OK, .alias_size = 2, .dump_path = true } },
	  CONFIG_PROBE_ALL,
	  false,
	  "hold:nic hold:disk quiesce:nic quiesce:disk load:disk bind:disk verify:disk keep:nic" },
	{ "of a set, the dump path's member is bound, even if another one has the attachment",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2 },
	    { .name = "disk", .pci = true, LIVE, .alias_size = 2, .dump_path = true } },
	  CONFIG_PROBE_ALL,
	  true,
	  "hold:nic hold:disk quiesce:nic quiesce:disk load:disk bind:disk verify:disk keep:nic" },
	{ "a set whose owner is bound already: nobody else",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2, .bound = true },
	    { .name = "scsi", .pci = true, LIVE, .alias_size = 2 } },
	  CONFIG_PROBE_ALL,
	  true,
	  "hold:scsi quiesce:scsi keep:scsi verify:nic" },
	{ "refused by the SMMU driver: bound on the dump path only",
	  { { .name = "a", PCI, LIVE, .dump_path = true },
	    { .name = "b", PCI, LIVE, OK },
	    { .name = "c", PCI, LIVE } },
	  CONFIG_PROBE_ALL,
	  false,
	  "hold:a hold:b hold:c quiesce:a quiesce:b quiesce:c load:a bind:a verify:a load:b bind:b "
	  "keep:c verify:b" },
	{ "kernels that attach at bind: no group says nothing",
	  { { .name = "a", PCI, LIVE, .dump_path = true }, { .name = "b", PCI, LIVE } },
	  CONFIG_PROBE_DUMP_PATH,
	  true,
	  "hold:a hold:b quiesce:a quiesce:b load:a bind:a verify:a keep:b" },
	{ "bound before us, not attached, not needed: stopped; what the dump needs is looked at",
	  { { .name = "a", PCI, LIVE, OK, .bound = true },
	    { .name = "d", PCI, LIVE, OK, .bound = true, .dump_path = true },
	    { .name = "u", PCI, MAYBE, OK, .bound = true },
	    { .name = "i", PCI, OK, .bound = true } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "hold:a hold:u quiesce:a quiesce:u verify:d keep:a keep:u verify:i" },
	{ "bound before us, and attached, ours, given back, or no PCI device: looked at, not touched",
	  { { .name = "a", PCI, LIVE, OK, .bound = true, .attached = true },
	    { .name = "o", PCI, LIVE, OK, .bound = true, .ours = true },
	    { .name = "g", PCI, LIVE, OK, .bound = true, .given_back = true },
	    { .name = "p", LIVE, OK, .bound = true, .alias_size = 1 } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "verify:a verify:o verify:g verify:p" },
	{ "stopped by an earlier run, and to be so: as the first time; else given back",
	  { { .name = "s", PCI, LIVE, OK, .bound = true, .stopped = true },
	    { .name = "a", PCI, LIVE, OK, .bound = true, .stopped = true, .attached = true } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "hold:s quiesce:s release:a keep:s verify:a" },
	{ "stopped by an earlier run, and every device gets its driver: given back",
	  { { .name = "s", PCI, LIVE, OK, .bound = true, .stopped = true } },
	  CONFIG_PROBE_ALL,
	  false,
	  "release:s verify:s" },
	{ "bound before us, and every device gets its driver: looked at",
	  { { .name = "a", PCI, LIVE, OK, .bound = true } },
	  CONFIG_PROBE_ALL,
	  false,
	  "verify:a" },
	{ "gone before the plan: no step",
	  { { .name = "a", PCI, LIVE, OK, .gone = true, .bound = true },
	    { .name = "b", PCI, OK, .gone = true, .bound = true } },
	  CONFIG_PROBE_ALL,
	  false,
	  "" },
	{ "a live platform device has no other means than its driver",
	  { { .name = "p", LIVE, OK, .alias_size = 1 }, { .name = "q", OK, .alias_size = 1 } },
	  CONFIG_PROBE_DUMP_PATH,
	  false,
	  "hold:p hold:q quiesce!:p quiesce!:q load:p bind:p keep:q verify:p" },
};

static void inventory_of(const struct plan_case *c, struct inv_device *devices,
			 struct inventory *inv)
{
	memset(inv, 0, sizeof(*inv));
	memcpy(devices, c->devices, sizeof(c->devices));
	inv->devices = devices;
	inv->policy = c->policy;
	inv->groups_early = !c->groups_late;
	while (inv->count < 5 && devices[inv->count].name[0]) {
		if (devices[inv->count].alias_size <= 1)
			devices[inv->count].alias_set = inv->count;
		else if (inv->count)
			devices[inv->count - 1].alias_next = inv->count;
		inv->count++;
	}
}

static const struct plan_case *case_named(const char *title)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(cases[i].title, title))
			return &cases[i];
	fail_msg("no case \"%s\"", title);
	return NULL;
}

static void render(const struct plan *plan, const struct inventory *inv, char *text, size_t cap)
{
	u32 i;

	text[0] = 0;
	for (i = 0; i < plan->count; i++) {
		size_t at = strlen(text);

		snprintf(text + at, cap - at, "%s%s%s:%s", i ? " " : "",
			 rec_action_name(plan->steps[i].action),
			 plan_step_is_skip(&plan->steps[i]) ? "!" : "",
			 inv->devices[plan->steps[i].device].name);
		assert_int_equal(plan->steps[i].number, i + 1);
	}
}

static void test_cases(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	char text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan plan = { 0 };

		inventory_of(&cases[i], devices, &inv);
		config_defaults(&config);
		assert_int_equal(plan_hold(&plan, &inv), 0);
		assert_int_equal(plan_handover(&plan, &inv, &config), 0);
		render(&plan, &inv, text, sizeof(text));
		if (strcmp(text, cases[i].plan))
			fail_msg("%s\n  want %s\n  have %s", cases[i].title, cases[i].plan, text);
		plan_clear(&plan);
	}
}

/* Drivers in one pass; the dump path is verified first all the same. */
static void test_in_order(void **state)
{
	struct inv_device devices[5];
	struct plan plan = { 0 };
	struct inventory inv;
	struct config config;
	char text[1024];

	(void)state;
	config_defaults(&config);
	inventory_of(case_named(
			     "policy all: dump path, then the rest, verified together at the end"),
		     devices, &inv);
	inv.in_order = true;
	assert_int_equal(plan_hold(&plan, &inv), 0);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_string_equal(
		text, "hold:a hold:disk hold:b quiesce:a quiesce:disk quiesce!:b load:a bind:a "
		      "load:disk bind:disk load:b bind:b verify:disk verify:a verify:b");
	plan_clear(&plan);
}

/* All live masters are quiesced before the first driver is loaded, on any machine. */
static void test_quiesce_before_load(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	size_t i;
	u32 k;

	(void)state;
	config_defaults(&config);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan plan = { 0 };
		bool loaded = false;

		inventory_of(&cases[i], devices, &inv);
		inv.policy = CONFIG_PROBE_ALL;
		assert_int_equal(plan_handover(&plan, &inv, &config), 0);
		for (k = 0; k < plan.count; k++) {
			loaded |= plan.steps[k].action == REC_ACT_LOAD;
			assert_false(loaded && plan.steps[k].action == REC_ACT_QUIESCE);
		}
		plan_clear(&plan);
	}
}

struct rule_case {
	const char *title;
	const char *rules[3];
	struct inv_device devices[5];
	enum config_policy policy;
	const char *plan;
};

#define NIC .name = "0000:01:00.0", .class_code = 0x020000, .vendor = 0x15b3, .product = 0x1021
#define DISK .name = "0000:02:00.0", .class_code = 0x010802, .vendor = 0x144d, .product = 0xa824
#define GPU .name = "0000:03:00.0", .class_code = 0x030200, .vendor = 0x10de, .product = 0x2330

static const struct rule_case rule_cases[] = {
	{ "driver, whatever the policy, by class",
	  { "driver class=02" },
	  { { NIC, PCI, LIVE, OK }, { GPU, PCI, LIVE, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce:0000:01:00.0 quiesce:0000:03:00.0 load:0000:01:00.0 bind:0000:01:00.0 "
	  "keep:0000:03:00.0 verify:0000:01:00.0" },
	{ "quiesce, whatever the policy, by vendor; the class's second digit pair does not match",
	  { "quiesce id=10de", "deny class=0301" },
	  { { NIC, PCI, LIVE, OK }, { GPU, PCI, LIVE, OK } },
	  CONFIG_PROBE_ALL,
	  "quiesce:0000:01:00.0 quiesce:0000:03:00.0 load:0000:01:00.0 bind:0000:01:00.0 "
	  "keep:0000:03:00.0 verify:0000:01:00.0" },
	{ "of the rules that match the last one counts, whole",
	  { "quiesce class=02 priority=9", "driver id=15b3:1021" },
	  { { DISK, PCI, LIVE, OK }, { NIC, PCI, LIVE, OK } },
	  CONFIG_PROBE_ALL,
	  "quiesce:0000:02:00.0 quiesce:0000:01:00.0 load:0000:02:00.0 bind:0000:02:00.0 "
	  "load:0000:01:00.0 bind:0000:01:00.0 verify:0000:02:00.0 verify:0000:01:00.0" },
	{ "all that a rule asks for has to match",
	  { "driver class=02 id=10de" },
	  { { NIC, PCI, LIVE, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce:0000:01:00.0 keep:0000:01:00.0" },
	{ "priority: the higher, the earlier, but after the dump path",
	  { "driver path=0000:0[13]:* priority=5", "driver path=0000:03:00.0 priority=7" },
	  { { NIC, PCI, OK }, { DISK, PCI, OK, .dump_path = true }, { GPU, PCI, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce!:0000:01:00.0 quiesce!:0000:02:00.0 quiesce!:0000:03:00.0 load:0000:02:00.0 "
	  "bind:0000:02:00.0 verify:0000:02:00.0 load:0000:03:00.0 bind:0000:03:00.0 "
	  "load:0000:01:00.0 bind:0000:01:00.0 verify:0000:03:00.0 verify:0000:01:00.0" },
	{ "flr: quiesced even when idle, reset when its turn comes: the dump waits for its own only",
	  { "flr class=03", "flr class=0108" },
	  { { DISK, PCI, LIVE, OK, .dump_path = true }, { GPU, PCI, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce:0000:02:00.0 quiesce:0000:03:00.0 flr:0000:02:00.0 load:0000:02:00.0 "
	  "bind:0000:02:00.0 verify:0000:02:00.0 flr:0000:03:00.0 keep:0000:03:00.0" },
	{ "flr: where all get drivers, one reset delays those after it, and the dump path never",
	  { "flr class=02", "flr class=03" },
	  { { NIC, PCI, LIVE, OK }, { GPU, PCI, OK }, { DISK, PCI, LIVE, OK, .dump_path = true } },
	  CONFIG_PROBE_ALL,
	  "quiesce:0000:01:00.0 quiesce:0000:03:00.0 quiesce:0000:02:00.0 load:0000:02:00.0 "
	  "bind:0000:02:00.0 verify:0000:02:00.0 flr:0000:01:00.0 load:0000:01:00.0 "
	  "bind:0000:01:00.0 flr:0000:03:00.0 load:0000:03:00.0 bind:0000:03:00.0 "
	  "verify:0000:01:00.0 verify:0000:03:00.0" },
	{ "leave: not even quiesced",
	  { "leave id=15b3" },
	  { { NIC, PCI, LIVE, OK }, { GPU, PCI, LIVE, OK } },
	  CONFIG_PROBE_ALL,
	  "quiesce!:0000:01:00.0 quiesce:0000:03:00.0 load:0000:03:00.0 bind:0000:03:00.0 "
	  "keep!:0000:01:00.0 verify:0000:03:00.0" },
	{ "leave comes before everything else there is to say: it is not held",
	  { "leave id=15b3" },
	  { { NIC, PCI, LIVE }, { GPU, PCI, OK }, { DISK, PCI, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce!:0000:01:00.0 quiesce!:0000:03:00.0 quiesce!:0000:02:00.0 "
	  "keep!:0000:01:00.0 keep:0000:03:00.0 keep:0000:02:00.0" },
	{ "leave by driver: its module is known after it was held, so the hold is given back",
	  { "leave driver=mlx5_core" },
	  { { NIC, PCI, LIVE, OK, .module = "mlx5_core" } },
	  CONFIG_PROBE_ALL,
	  "quiesce!:0000:01:00.0 release:0000:01:00.0" },
	{ "no rule reaches the dump path",
	  { "leave class=01", "deny class=0108", "quiesce driver=nvme" },
	  { { DISK, PCI, LIVE, OK, .dump_path = true, .module = "nvme" } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce:0000:02:00.0 load:0000:02:00.0 bind:0000:02:00.0 verify:0000:02:00.0" },
	{ "of a set, one that a rule keeps from its driver does not keep the other from its own",
	  { "deny class=02" },
	  { { NIC, .pci = true, LIVE, OK, .alias_size = 2 },
	    { GPU, .pci = true, OK, .alias_size = 2 } },
	  CONFIG_PROBE_ALL,
	  "quiesce:0000:01:00.0 quiesce!:0000:03:00.0 load:0000:03:00.0 bind:0000:03:00.0 "
	  "keep:0000:01:00.0 verify:0000:03:00.0" },
	{ "bound before us: rules for drivers and for leaving alone count, and others stop it",
	  { "deny class=01", "leave class=02", "driver class=03" },
	  { { DISK, PCI, LIVE, OK, .bound = true },
	    { NIC, PCI, LIVE, OK, .bound = true },
	    { GPU, PCI, LIVE, OK, .bound = true } },
	  CONFIG_PROBE_ALL,
	  "hold:0000:02:00.0 quiesce:0000:02:00.0 keep:0000:02:00.0 verify:0000:01:00.0 "
	  "verify:0000:03:00.0" },
	{ "classes and ids are of PCI",
	  { "quiesce class=00", "deny id=0000" },
	  { { .name = "dev", LIVE, OK, .alias_size = 1 } },
	  CONFIG_PROBE_DUMP_PATH,
	  "quiesce!:dev load:dev bind:dev verify:dev" },
};

static void test_rules(void **state)
{
	struct inv_device devices[5];
	struct plan_case machine;
	struct inventory inv;
	struct config config;
	char text[1024];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rule_cases) / sizeof(rule_cases[0]); i++) {
		const struct rule_case *c = &rule_cases[i];
		struct plan plan = { 0 };

		config_defaults(&config);
		for (k = 0; k < 3 && c->rules[k]; k++)
			assert_int_equal(config_rule_parse(&config.rules[config.n_rules++],
							   c->rules[k]),
					 0);
		machine = (struct plan_case){ .policy = c->policy };
		memcpy(machine.devices, c->devices, sizeof(machine.devices));
		inventory_of(&machine, devices, &inv);
		plan_apply_rules(&inv, &config);
		assert_int_equal(plan_handover(&plan, &inv, &config), 0);
		render(&plan, &inv, text, sizeof(text));
		if (strcmp(text, c->plan))
			fail_msg("%s\n  want %s\n  have %s", c->title, c->plan, text);
		plan_clear(&plan);
	}
}

/* Of the holds, only "leave" is spared, and only where it can be known by then. */
static void test_rules_hold(void **state)
{
	struct inv_device devices[] = { { NIC, PCI, OK }, { GPU, PCI, OK }, { DISK, PCI, OK } };
	struct inventory inv = { .devices = devices, .count = 3 };
	struct plan plan = { 0 };
	struct config config;
	char text[256];

	(void)state;
	config_defaults(&config);
	config.n_rules = 3;
	assert_int_equal(config_rule_parse(&config.rules[0], "leave class=03"), 0);
	assert_int_equal(config_rule_parse(&config.rules[1], "leave driver=nvme"), 0);
	assert_int_equal(config_rule_parse(&config.rules[2], "deny class=02"), 0);
	plan_apply_rules(&inv, &config);
	assert_int_equal(plan_hold(&plan, &inv), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_string_equal(text, "hold:0000:01:00.0 hold:0000:02:00.0");
	plan_clear(&plan);
}

/* A later rule may take back "leave" once the module is known: held until then, and given back. */
static void test_rules_open(void **state)
{
	struct inv_device devices[] = { { GPU, PCI, OK }, { DISK, PCI, OK } };
	struct inventory inv = { .devices = devices, .count = 2 };
	struct plan plan = { 0 };
	struct config config;
	char text[256];

	(void)state;
	config_defaults(&config);
	config.n_rules = 2;
	assert_int_equal(config_rule_parse(&config.rules[0], "leave path=*"), 0);
	assert_int_equal(config_rule_parse(&config.rules[1], "quiesce driver=nvme"), 0);
	plan_apply_rules(&inv, &config);
	assert_int_equal(plan_hold(&plan, &inv), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_string_equal(text, "hold:0000:03:00.0 hold:0000:02:00.0");
	plan_clear(&plan);
	strcpy(devices[0].module, "i915");
	strcpy(devices[1].module, "nvme");
	plan_apply_rules(&inv, &config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_string_equal(text, "quiesce!:0000:03:00.0 quiesce!:0000:02:00.0 "
				  "release:0000:03:00.0 keep:0000:02:00.0");
	plan_clear(&plan);
}

/* A domain step comes right before the driver, also for what acting adds to the plan. */
static void test_domains(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	struct plan plan = { 0 };
	char text[512];

	(void)state;
	inventory_of(&cases[1], devices, &inv);
	inv.may_prepare = true;
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan_not_quiesced(&plan, &inv, &config, 0), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_string_equal(text,
			    "quiesce:nic quiesce:disk domain:disk load:disk bind:disk verify:disk "
			    "keep:nic domain:nic load:nic bind:nic verify:nic");
	assert_int_equal(plan.steps[2].deadline_ms, PLAN_DOMAIN_MS);
	plan_clear(&plan);
}

static void test_rule_deadline(void **state)
{
	struct inv_device devices[] = { { DISK, PCI, OK, .dump_path = true } };
	struct inventory inv = { .devices = devices, .count = 1 };
	struct plan plan = { 0 };
	struct config config;

	(void)state;
	config_defaults(&config);
	config.n_rules = 1;
	assert_int_equal(config_rule_parse(&config.rules[0], "driver class=01 deadline=45s"), 0);
	plan_apply_rules(&inv, &config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan.steps[1].action, REC_ACT_LOAD);
	assert_int_equal(plan.steps[1].deadline_ms, 45000);
	assert_int_equal(plan.steps[2].deadline_ms, 45000);
	plan_clear(&plan);
}

static void test_deadlines(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	struct plan plan = { .last_number = 40 };

	(void)state;
	inventory_of(&cases[1], devices, &inv);
	config_defaults(&config);
	config.device_deadline_ms = 1234;
	config.verify_deadline_ms = 567;
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan.steps[0].number, 41);
	assert_int_equal(plan.steps[0].deadline_ms, PLAN_QUIESCE_MS);
	assert_int_equal(plan.steps[2].deadline_ms, 1234);
	assert_int_equal(plan.steps[3].deadline_ms, 1234);
	assert_int_equal(plan.steps[4].deadline_ms, 567);
	plan_clear(&plan);
}

static void test_reasons(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	struct plan plan = { 0 };
	char text[160], small[8];

	(void)state;
	inventory_of(case_named("of a set, the dump path's member is bound"), devices, &inv);
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	plan_reason(&inv, &plan.steps[2], text, sizeof(text));
	assert_string_equal(text, "on the dump path");
	plan_reason(&inv, &plan.steps[5], text, sizeof(text));
	assert_string_equal(text, "shares a StreamID with disk, which may have the driver");
	plan_reason(&inv, &plan.steps[5], small, sizeof(small));
	assert_string_equal(small, "shares ");
	/* Only where it says why a driver comes or does not, and only of what is live. */
	devices[0].in_image = devices[1].in_image = INV_DRIVER_NONE;
	plan_reason(&inv, &plan.steps[2], text, sizeof(text));
	assert_string_equal(text, "on the dump path; the image has no driver for it");
	plan_reason(&inv, &plan.steps[3], text, sizeof(text));
	assert_string_equal(text, "on the dump path");
	plan_reason(&inv, &plan.steps[5], text, sizeof(text));
	assert_string_equal(text, "shares a StreamID with disk, which may have the driver; the "
				  "image has no driver for it");
	devices[0].live = INV_NOT_LIVE;
	plan_reason(&inv, &plan.steps[5], text, sizeof(text));
	assert_string_equal(text, "shares a StreamID with disk, which may have the driver");
	plan_clear(&plan);
}

/* What is stopped because it is denied is not lent. */
static void test_denied_is_not_lent(void **state)
{
	struct inv_device devices[] = { { DISK, PCI, LIVE, OK, .bound = true },
					{ NIC, PCI, LIVE, OK, .bound = true } };
	struct inventory inv = { .devices = devices, .count = 2 };
	struct plan plan = { 0 };
	struct config config;

	(void)state;
	config_defaults(&config);
	config.n_rules = 1;
	assert_int_equal(config_rule_parse(&config.rules[0], "deny class=02"), 0);
	plan_apply_rules(&inv, &config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan.steps[4].action, REC_ACT_KEEP);
	assert_int_equal(plan.steps[4].why, PLAN_WHY_NOT_NEEDED);
	assert_int_equal(plan.steps[5].why, PLAN_WHY_DENIED);
	plan_clear(&plan);
}

static void test_not_quiesced(void **state)
{
	struct inv_device devices[5];
	struct inventory inv;
	struct config config;
	struct plan plan = { 0 };
	char text[512];

	(void)state;
	inventory_of(&cases[1], devices, &inv);
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	/* The disk gets its driver anyway; the NIC's is added once. */
	assert_int_equal(plan_not_quiesced(&plan, &inv, &config, 1), 0);
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan_not_quiesced(&plan, &inv, &config, 0), 0);
	assert_int_equal(plan_not_quiesced(&plan, &inv, &config, 0), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_non_null(strstr(text, "keep:nic load:nic bind:nic verify:nic"));
	assert_int_equal(plan.count, 9);
	devices[0].group = false;
	plan_clear(&plan);
	assert_int_equal(plan_not_quiesced(&plan, &inv, &config, 0), 1);
	assert_int_equal(plan.count, 0);
	plan_clear(&plan);
}

static void test_dump_lost(void **state)
{
	struct inv_device devices[5] = {
		{ .name = "nic", PCI, LIVE, OK },
		{ .name = "bad", PCI, LIVE },
		{ .name = "disk", PCI, LIVE, OK, .dump_path = true },
		{ .name = "bound", PCI, LIVE, OK, .bound = true },
	};
	struct inventory inv = { .devices = devices, .count = 4, .groups_early = true };
	struct config config;
	struct plan plan = { 0 };
	char text[512];
	u32 d;

	(void)state;
	for (d = 0; d < 4; d++)
		devices[d].alias_set = d;
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan_dump_lost(&plan, &inv), 0);
	render(&plan, &inv, text, sizeof(text));
	/* The device that the SMMU driver refused stays held, the one with a driver does not. */
	assert_non_null(strstr(text, "keep:nic keep:bad keep:bound release:nic release:bound"));
	assert_null(strstr(text, "release:bad"));
	plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_quiesce_before_load),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_hold),
		cmocka_unit_test(test_rules_open),
		cmocka_unit_test(test_rule_deadline),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_not_quiesced),
		cmocka_unit_test(test_denied_is_not_lent),
		cmocka_unit_test(test_dump_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

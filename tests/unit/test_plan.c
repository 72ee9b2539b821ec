// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of daemon/plan.c: tables of machines and the plans they must give. A
 * plan is written as words "action:device", with "!" after the action of a step
 * that only states why nothing is done.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "daemon/plan.h"

#define LIVE .live = INV_LIVE
#define MAYBE .live = INV_LIVE_UNKNOWN
#define PCI .pci = true, .alias_size = 1
#define OK .group = true

struct plan_case {
	const char *title;
	struct inv_device devices[5];
	enum config_policy policy;
	const char *trust;
	bool groups_late;
	const char *plan;
};

static const struct plan_case cases[] = {
	{ "nothing there", { { .name = "" } }, CONFIG_PROBE_DUMP_PATH, NULL, false, "" },
	{ "the dump path goes first, wherever it is on the bus",
	  { { .name = "nic", PCI, LIVE, OK },
	    { .name = "disk", PCI, LIVE, OK, .dump_path = true } },
	  CONFIG_PROBE_DUMP_PATH,
	  NULL,
	  false,
	  "hold:nic hold:disk contain:nic contain:disk load:disk bind:disk verify:disk keep:nic" },
	{ "policy all: dump path, then the rest, verified together at the end",
	  { { .name = "a", PCI, LIVE, OK },
	    { .name = "disk", PCI, LIVE, OK, .dump_path = true },
	    { .name = "b", PCI, OK } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  false,
	  "hold:a hold:disk hold:b contain:a contain:disk contain!:b load:disk bind:disk "
	  "verify:disk load:a bind:a load:b bind:b verify:a verify:b" },
	{ "policy list",
	  { { .name = "a", PCI, OK },
	    { .name = "b", PCI, OK, .listed = true },
	    { .name = "disk", PCI, OK, .dump_path = true } },
	  CONFIG_PROBE_LIST,
	  NULL,
	  false,
	  "hold:a hold:b hold:disk contain!:a contain!:b contain!:disk load:disk bind:disk "
	  "verify:disk load:b bind:b keep:a verify:b" },
	{ "an entry that could not be read counts as live",
	  { { .name = "a", PCI, MAYBE, OK } },
	  CONFIG_PROBE_DUMP_PATH,
	  NULL,
	  false,
	  "hold:a contain:a keep:a" },
	{ "a trusted driver's device is not contained",
	  { { .name = "a", PCI, LIVE, OK, .module = "nvme", .dump_path = true },
	    { .name = "b", PCI, LIVE, OK, .module = "other" } },
	  CONFIG_PROBE_DUMP_PATH,
	  "nvme",
	  false,
	  "hold:a hold:b contain!:a contain:b load:a bind:a verify:a keep:b" },
	{ "trust does not reach a shared StreamID",
	  { { .name = "a", .pci = true, LIVE, OK, .module = "nvme", .alias_size = 2 },
	    { .name = "b", .pci = true, LIVE, OK, .alias_set = 0, .alias_size = 2 } },
	  CONFIG_PROBE_DUMP_PATH,
	  "nvme",
	  false,
	  "hold:a hold:b contain:a contain:b keep:a keep:b" },
	{ "of a set, the dump path's member is bound",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2 },
	    { .name = "disk", .pci = true, LIVE, OK, .alias_size = 2, .dump_path = true } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  false,
	  "hold:nic hold:disk contain:nic contain:disk load:disk bind:disk verify:disk keep:nic" },
	{ "of a set, the member that has the attachment is bound, even if the dump path has not",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2 },
	    { .name = "disk", .pci = true, LIVE, .alias_size = 2, .dump_path = true } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  true,
	  "hold:nic hold:disk contain:nic contain:disk load:nic bind:nic keep:disk verify:nic" },
	{ "a set whose owner is bound already: nobody else",
	  { { .name = "nic", .pci = true, LIVE, OK, .alias_size = 2, .bound = true },
	    { .name = "scsi", .pci = true, LIVE, .alias_size = 2 } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  true,
	  "hold:scsi contain:scsi keep:scsi verify:nic" },
	{ "refused by the SMMU driver: never bound, also on the dump path",
	  { { .name = "a", PCI, LIVE, .dump_path = true }, { .name = "b", PCI, LIVE, OK } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  false,
	  "hold:a hold:b contain:a contain:b load:b bind:b keep:a verify:b" },
	{ "kernels that attach at bind: no group says nothing",
	  { { .name = "a", PCI, LIVE, .dump_path = true }, { .name = "b", PCI, LIVE } },
	  CONFIG_PROBE_DUMP_PATH,
	  NULL,
	  true,
	  "hold:a hold:b contain:a contain:b load:a bind:a verify:a keep:b" },
	{ "denied a driver: contained and kept, whatever the policy",
	  { { .name = "a", PCI, LIVE, OK, .denied = true }, { .name = "b", PCI, LIVE, OK } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  false,
	  "hold:a hold:b contain:a contain:b load:b bind:b keep:a verify:b" },
	{ "bound before us: looked at, not touched",
	  { { .name = "a", PCI, LIVE, OK, .bound = true },
	    { .name = "d", PCI, LIVE, OK, .bound = true, .dump_path = true } },
	  CONFIG_PROBE_DUMP_PATH,
	  NULL,
	  false,
	  "verify:d verify:a" },
	{ "gone before the plan: no step",
	  { { .name = "a", PCI, LIVE, OK, .gone = true, .bound = true },
	    { .name = "b", PCI, OK, .gone = true, .bound = true } },
	  CONFIG_PROBE_ALL,
	  NULL,
	  false,
	  "" },
	{ "a live platform device has no other means than its driver",
	  { { .name = "p", LIVE, OK, .alias_size = 1 }, { .name = "q", OK, .alias_size = 1 } },
	  CONFIG_PROBE_DUMP_PATH,
	  NULL,
	  false,
	  "hold:p hold:q contain!:p contain!:q load:p bind:p keep:q verify:p" },
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
		inv->count++;
	}
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
		if (cases[i].trust)
			strcpy(config.trust.name[config.trust.count++], cases[i].trust);
		assert_int_equal(plan_hold(&plan, &inv), 0);
		assert_int_equal(plan_handover(&plan, &inv, &config), 0);
		render(&plan, &inv, text, sizeof(text));
		if (strcmp(text, cases[i].plan))
			fail_msg("%s\n  want %s\n  have %s", cases[i].title, cases[i].plan, text);
		plan_clear(&plan);
	}
}

/* All live masters are contained before the first driver is loaded, on any machine. */
static void test_contain_before_load(void **state)
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
			assert_false(loaded && plan.steps[k].action == REC_ACT_CONTAIN);
		}
		plan_clear(&plan);
	}
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
	assert_int_equal(plan.steps[0].deadline_ms, PLAN_CONTAIN_MS);
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
	inventory_of(&cases[7], devices, &inv);
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	plan_reason(&inv, &plan.steps[2], text, sizeof(text));
	assert_string_equal(text, "on the dump path");
	plan_reason(&inv, &plan.steps[5], text, sizeof(text));
	assert_string_equal(text, "shares a StreamID with disk, which may have the driver");
	plan_reason(&inv, &plan.steps[5], small, sizeof(small));
	assert_string_equal(small, "shares ");
	plan_clear(&plan);
}

static void test_uncontained(void **state)
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
	assert_int_equal(plan_uncontained(&plan, &inv, &config, 1), 0);
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan_uncontained(&plan, &inv, &config, 0), 0);
	assert_int_equal(plan_uncontained(&plan, &inv, &config, 0), 0);
	render(&plan, &inv, text, sizeof(text));
	assert_non_null(strstr(text, "keep:nic load:nic bind:nic verify:nic"));
	assert_int_equal(plan.count, 9);
	devices[0].group = false;
	plan.count = 0;
	assert_int_equal(plan_uncontained(&plan, &inv, &config, 0), 1);
	assert_int_equal(plan.count, 0);
	plan_clear(&plan);
}

static void test_dump_lost(void **state)
{
	struct inv_device devices[5] = {
		{ .name = "nic", PCI, LIVE, OK },
		{ .name = "bad", PCI, LIVE },
		{ .name = "disk", PCI, LIVE, OK, .dump_path = true },
	};
	struct inventory inv = { .devices = devices, .count = 3, .groups_early = true };
	struct config config;
	struct plan plan = { 0 };
	char text[512];
	u32 d;

	(void)state;
	for (d = 0; d < 3; d++)
		devices[d].alias_set = d;
	config_defaults(&config);
	assert_int_equal(plan_handover(&plan, &inv, &config), 0);
	assert_int_equal(plan_dump_lost(&plan, &inv), 0);
	render(&plan, &inv, text, sizeof(text));
	/* The device that the SMMU driver refused stays held. */
	assert_non_null(strstr(text, "keep:nic keep:bad release:nic"));
	assert_null(strstr(text, "release:bad"));
	plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	    cmocka_unit_test(test_contain_before_load),
		cmocka_unit_test(test_deadlines),   cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_uncontained), cmocka_unit_test(test_dump_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

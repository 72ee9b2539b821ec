// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/plan/suppliers.c: what a device of the dump path waits for is handed over
 * before it, whatever order and policy say.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plan/prepare.h"
#include "lib/plan/suppliers.h"
#include "lib/story/names.h"
#include "tests/unit/support_stage.h"

#define NIC "0000:00:01.0"
#define DISK "0000:00:02.0"
#define IDLE "0000:00:03.0"

/* @consumer waits for @supplier, which is named as in a link. */
static void waits_for(struct run *run, const char *consumer, const char *supplier)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/supplier:%s", consumer,
		       supplier);
	machine_link(&run->m, path, "../../virtual/devlink/some");
}

static u64 bound_at(struct run *run, const char *device)
{
	const struct story_step *step = story_step_of(&run->story, device, REC_ACT_BIND);

	if (!step || !step->begun)
		fail_msg("%s: no driver was tried", device);
	return step->begin_ns;
}

static void test_suppliers_first(void **state)
{
	struct run *run = *state;

	waits_for(run, DISK, "pci:" IDLE);
	waits_for(run, DISK, "platform:not-behind-the-smmu");
	waits_for(run, IDLE, "pci:" NIC);
	waits_for(run, IDLE, "pci:" DISK); /* a circle, which cannot be */
	dump_to(run, DISK);
	assert_int_equal(run_stage(run), 0);
	assert_true(bound_at(run, NIC) < bound_at(run, IDLE));
	assert_true(bound_at(run, IDLE) < bound_at(run, DISK));
	assert_string_equal(story_step_of(&run->story, NIC, REC_ACT_BIND)->plan.reason,
			    "a device of the dump path waits for this device");
	/* None of them has a driver here; the dump needs the one, and through it the others. */
	assert_true(has_finding(run, REC_FIND_DUMP_LOST, DISK));
	assert_false(has_finding(run, REC_FIND_DUMP_LOST, NIC));
	assert_false(story_find_device(&run->story, NIC)->dump_path);
	assert_true(story_find_device(&run->story, DISK)->dump_path);
}

/* Two ways lead to the NIC, and it comes before both. */
static void test_two_ways(void **state)
{
	struct run *run = *state;

	waits_for(run, DISK, "pci:" NIC);
	waits_for(run, DISK, "pci:" IDLE);
	waits_for(run, NIC, "pci:" IDLE);
	dump_to(run, DISK);
	assert_int_equal(run_stage(run), 0);
	assert_true(bound_at(run, IDLE) < bound_at(run, NIC));
	assert_true(bound_at(run, NIC) < bound_at(run, DISK));
}

/* Kernels before 5.13 name no bus. */
static void test_without_bus(void **state)
{
	struct run *run = *state;

	waits_for(run, DISK, NIC);
	dump_to(run, DISK);
	assert_int_equal(run_stage(run), 0);
	assert_true(bound_at(run, NIC) < bound_at(run, DISK));
	assert_non_null(story_step_of(&run->story, IDLE, REC_ACT_KEEP));
}

static void test_physical_function(void **state)
{
	struct run *run = *state;

	machine_link(&run->m, "sys/devices/pci0000:00/" NIC "/physfn", "../" DISK);
	dump_to(run, NIC);
	assert_int_equal(run_stage(run), 0);
	assert_true(bound_at(run, DISK) < bound_at(run, NIC));
}

/* Who has a driver already, or is not what the dump waits for, is left as it was. */
static void test_others(void **state)
{
	struct run *run = *state;

	waits_for(run, NIC, "pci:" IDLE);
	waits_for(run, DISK, "pci:0000:00:03");
	waits_for(run, DISK, "platform:" NIC);
	dump_to(run, DISK);
	assert_int_equal(run_stage(run), 0);
	assert_null(story_step_of(&run->story, NIC, REC_ACT_BIND));
	assert_null(story_step_of(&run->story, IDLE, REC_ACT_BIND));
}

static void test_bound_supplier(void **state)
{
	struct run *run = *state;

	machine_remove(&run->m, "sys/bus/pci/devices/" IDLE);
	machine_remove(&run->m, "sys/devices/pci0000:00/" IDLE);
	machine_device(&run->m,
		       &(struct machine_device){ .name = IDLE, .driver = "phy", .group = 3 });
	waits_for(run, DISK, "pci:" IDLE);
	dump_to(run, DISK);
	assert_int_equal(run_stage(run), 0);
	assert_null(story_step_of(&run->story, IDLE, REC_ACT_BIND));
}

/* A chain without end is followed only so far. */
static void test_long_chain(void **state)
{
	static struct inv_device devices[20];
	struct inventory inv = { .devices = devices, .count = 20 };
	struct run *run = *state;
	char name[32], path[64];
	u32 d;

	for (d = 0; d < 20; d++) {
		(void)snprintf(name, sizeof(name), "0000:01:%02x.0", d);
		machine_device(&run->m, &(struct machine_device){ .name = name, .group = 9 });
		strcpy(devices[d].name, name);
		strcpy(devices[d].bus, "pci");
		(void)snprintf(path, sizeof(path), "pci:0000:01:%02x.0", d + 1);
		waits_for(run, name, path);
	}
	devices[0].dump_path = true;
	assert_false(suppliers_mark(&inv, &run->m.root));
	assert_int_equal(devices[0].supplies, 0);
	assert_false(devices[0].supplier);
	assert_int_equal(devices[8].supplies, 1);
	assert_int_equal(devices[1].supplies, 8);
	assert_true(devices[8].supplier);
	assert_false(devices[9].dump_path);
	/* One that ends there is known to its end. */
	for (d = 0; d < 20; d++)
		devices[d].asked = devices[d].dump_path = false;
	devices[11].dump_path = true;
	assert_true(suppliers_mark(&inv, &run->m.root));
	assert_true(devices[19].dump_path);
}

static void note_text(void *priv, enum rec_finding_code code, const struct inv_device *dev,
		      const char *text)
{
	assert_int_equal(code, REC_FIND_CONFIG);
	assert_null(dev);
	(void)snprintf((char *)priv + strlen(priv), 400 - strlen(priv), "%s\n", text);
}

/* Suppliers that were not found: the dump path is not certain, and every device goes. */
static void test_uncertain(void **state)
{
	struct run *run = *state;
	char name[32], path[64], said[400] = "";
	struct config config;
	struct story story = { 0 };
	struct inventory inv = { .count = 0 };
	int d;

	for (d = 0; d < 11; d++) {
		(void)snprintf(name, sizeof(name), "0000:01:%02x.0", d);
		machine_device(&run->m, &(struct machine_device){ .name = name, .group = 9 });
		(void)snprintf(path, sizeof(path), "pci:0000:01:%02x.0", d + 1);
		waits_for(run, name, path);
	}
	inv.devices = calloc(11, sizeof(*inv.devices));
	assert_non_null(inv.devices);
	inv.count = 11;
	for (d = 0; d < 11; d++) {
		(void)snprintf(inv.devices[d].name, sizeof(inv.devices[d].name), "0000:01:%02x.0",
			       d);
		strcpy(inv.devices[d].bus, "pci");
	}
	machine_write(&run->m, PATH_CONF, "[Dump]\ndevice = 0000:01:00.0\n");
	config_load(&config, &run->m.root, -1, NULL);
	prepare_details(&inv, &run->m.root, &story, &config, note_text, said);
	assert_string_equal(said, "not all devices were found that the dump's devices wait for\n"
				  "the dump path is not known for certain: every device gets its "
				  "driver\n");
	assert_false(inv.dump_certain);
	assert_int_equal(inv.policy, CONFIG_PROBE_ALL);
	inv_clear(&inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(test_suppliers_first), STAGE_TEST(test_two_ways),
		STAGE_TEST(test_without_bus),	  STAGE_TEST(test_physical_function),
		STAGE_TEST(test_others),	  STAGE_TEST(test_bound_supplier),
		STAGE_TEST(test_long_chain),	  STAGE_TEST(test_uncertain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/plan/inventory.c, sysdev.c and helper.c: who is behind an adopted
 * SMMU, who was live, who shares a StreamID, what sysfs adds.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "lib/machine/helper.h"
#include "lib/plan/inventory.h"
#include "lib/story/names.h"
#include "lib/machine/sysdev.h"
#include "tests/unit/support_machine.h"

struct bench {
	struct machine m;
	struct story story;
	struct inventory inv;
	struct helper_info info;
	struct errbuf err;
	char complaints[512];
};

static int set_up(void **state)
{
	static struct bench b;

	memset(&b, 0, sizeof(b));
	machine_standard(&b.m);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	inv_clear(&b->inv);
	story_clear(&b->story);
	machine_free(&b->m);
	return 0;
}

/* The standard records with more lines after them. */
static void build(struct bench *b, const char *more)
{
	machine_records_more(&b->m, more);
	assert_int_equal(helper_read_story(&b->m.root, &b->story, NULL, &b->info, &b->err),
			 HELPER_OK);
	story_finish(&b->story);
	assert_int_equal(inv_build(&b->inv, &b->story), 0);
}

static const struct inv_device *device(struct bench *b, const char *name)
{
	u32 d;

	for (d = 0; d < b->inv.count; d++)
		if (strcmp(b->inv.devices[d].name, name) == 0)
			return &b->inv.devices[d];
	fail_msg("%s is not in the inventory", name);
	return NULL;
}

static void complain(void *priv, enum rec_finding_code code, const struct inv_device *dev,
		     const char *text)
{
	struct bench *b = priv;

	assert_int_equal(code, !dev	   ? REC_FIND_CONFIG
			       : dev->gone ? REC_FIND_DEVICE_GONE
					   : REC_FIND_HELPER);
	strcat(b->complaints, text);
	strcat(b->complaints, "\n");
}

static void test_standard(void **state)
{
	struct bench *b = *state;

	build(b, "");
	assert_int_equal(b->inv.count, 3);
	assert_int_equal(b->inv.adopted, 1);
	assert_int_equal(device(b, "0000:00:01.0")->live, INV_LIVE);
	assert_int_equal(device(b, "0000:00:02.0")->live, INV_LIVE);
	assert_int_equal(device(b, "0000:00:03.0")->live, INV_NOT_LIVE);
	assert_int_equal(device(b, "0000:00:03.0")->alias_size, 1);
}

static void test_liveness(void **state)
{
	struct bench *b = *state;

	build(b, "ste phase=crash sid=0x30 abort=1\n"
		 "ste phase=crash sid=0x31 bypass=1\n"
		 "ste phase=crash sid=0x32 entry=not-ram\n"
		 "ste phase=crash sid=0x33 entry=no-table\n"
		 "ste phase=crash sid=0x34 q0=0x5\n"
		 "device phase=now name=abort bus=pci sids=0x30\n"
		 "device phase=now name=bypass bus=pci sids=0x31\n"
		 "device phase=now name=lost bus=pci sids=0x32\n"
		 "device phase=now name=none bus=pci sids=0x33\n"
		 "device phase=now name=reserved bus=pci sids=0x34\n"
		 "device phase=now name=two bus=pci sids=0x30,0x31\n"
		 "device phase=now name=cut bus=pci flags=sids-cut sids=0x30\n"
		 "device phase=now name=nosid bus=pci\n");
	assert_int_equal(device(b, "abort")->live, INV_NOT_LIVE);
	assert_int_equal(device(b, "bypass")->live, INV_LIVE);
	assert_int_equal(device(b, "lost")->live, INV_LIVE_UNKNOWN);
	assert_int_equal(device(b, "none")->live, INV_NOT_LIVE);
	/* It refuses DMA, and is stopped nevertheless. */
	assert_int_equal(device(b, "reserved")->live, INV_LIVE_UNKNOWN);
	assert_int_equal(device(b, "two")->live, INV_LIVE);
	assert_int_equal(device(b, "cut")->live, INV_LIVE_UNKNOWN);
	assert_int_equal(device(b, "nosid")->live, INV_LIVE_UNKNOWN);
}

static void test_incomplete_snapshot(void **state)
{
	struct bench *b = *state;

	build(b, "finding severity=warning code=over-budget text=\"no room\"\n");
	/* Not in the snapshot no longer means not live. */
	assert_int_equal(device(b, "0000:00:03.0")->live, INV_LIVE_UNKNOWN);
	assert_int_equal(device(b, "0000:00:01.0")->live, INV_LIVE);
}

static void test_two_smmus(void **state)
{
	struct bench *b = *state;

	build(b, "smmu smmu=1 phase=crash state=adopted name=smmu.1\n"
		 "smmu smmu=1 phase=now state=reset name=smmu.1\n"
		 "smmu smmu=2 phase=crash state=adopted name=smmu.2\n"
		 "device phase=now smmu=1 name=reset bus=pci sids=8\n"
		 "device phase=now smmu=2 name=other bus=pci sids=8\n"
		 "device phase=now smmu=9 name=stray bus=pci sids=8\n");
	assert_int_equal(b->inv.smmus, 3);
	assert_int_equal(b->inv.adopted, 2);
	assert_int_equal(b->inv.count, 4);
	/* The same number behind another SMMU is another stream. */
	assert_int_equal(device(b, "other")->alias_size, 1);
}

static void test_alias_sets(void **state)
{
	struct bench *b = *state;

	build(b, "device phase=now name=a bus=pci sids=0x100\n"
		 "device phase=now name=b bus=pci sids=0x101\n"
		 "device phase=now name=c bus=pci sids=0x101,0x102\n"
		 "device phase=now name=d bus=pci sids=0x100,0x102\n"
		 "device phase=now name=e bus=pci sids=0x103\n");
	assert_int_equal(device(b, "a")->alias_size, 4);
	assert_int_equal(device(b, "d")->alias_set, device(b, "b")->alias_set);
	assert_int_equal(device(b, "e")->alias_size, 1);
	assert_ptr_equal(inv_alias_owner(&b->inv, device(b, "d")), device(b, "a"));
	((struct inv_device *)device(b, "b"))->group = true;
	assert_ptr_equal(inv_alias_owner(&b->inv, device(b, "d")), device(b, "b"));
	/* On the dump path, whatever speaks against it. */
	((struct inv_device *)device(b, "c"))->dump_path = true;
	b->inv.groups_early = true;
	assert_ptr_equal(inv_alias_owner(&b->inv, device(b, "d")), device(b, "c"));
	((struct inv_device *)device(b, "c"))->gone = true;
	assert_ptr_equal(inv_alias_owner(&b->inv, device(b, "d")), device(b, "b"));
}

/* Names go into paths: a record must not name a file elsewhere. */
static void test_hostile_names(void **state)
{
	struct bench *b = *state;

	build(b, "device phase=now name=../../x bus=pci sids=1\n"
		 "device phase=now name=.. bus=pci sids=1\n"
		 "device phase=now name=ok bus=.. sids=1\n"
		 "device phase=now name=ok2 bus=a/b sids=1\n");
	assert_int_equal(b->inv.count, 3);
}

static void test_details(void **state)
{
	struct bench *b = *state;
	struct config config;

	config_defaults(&config);
	config_dump_add(&config.dump, "0000:00:02.0");
	config_dump_add(&config.dump, "0000:00:1f.0");
	build(b, "device phase=now name=0000:00:09.0 bus=pci flags=group sids=0x48\n");
	inv_details(&b->inv, &b->m.root, &config, complain, b);
	assert_true(device(b, "0000:00:02.0")->dump_path);
	assert_true(device(b, "0000:00:02.0")->group);
	assert_true(device(b, "0000:00:09.0")->gone);
	assert_true(b->inv.groups_early);
	assert_int_equal(b->inv.dump_present, 1);
	assert_false(b->inv.dump_certain);
	assert_int_equal(b->inv.policy, CONFIG_PROBE_ALL);
	assert_string_equal(
		b->complaints,
		"0000:00:09.0 vanished\n"
		"dump device 0000:00:1f.0 does not exist\n"
		"the dump path is not known for certain: every device gets its driver\n");
}

/* That it cannot be read is no news of a device: what the helper saw counts. */
static void test_unreadable(void **state)
{
	struct bench *b = *state;
	struct config config;

	config_defaults(&config);
	assert_int_equal(config_dump_add(&config.dump, "0000:00:02.0"), 0);
	build(b, "");
	machine_remove(&b->m, "sys/bus/pci/devices/0000:00:01.0");
	machine_link(&b->m, "sys/bus/pci/devices/0000:00:01.0", "0000:00:01.0");
	inv_details(&b->inv, &b->m.root, &config, complain, b);
	assert_false(device(b, "0000:00:01.0")->gone);
	assert_true(device(b, "0000:00:01.0")->group);
	assert_string_equal(
		b->complaints,
		"0000:00:01.0: sysfs cannot be read (Too many levels of symbolic links); the "
		"helper's record of the device is used\n");
}

static void test_groups_come_late(void **state)
{
	struct bench *b = *state;
	struct config config;

	config_defaults(&config);
	build(b, "");
	machine_remove(&b->m, "sys/devices/pci0000:00/0000:00:01.0/iommu_group");
	machine_remove(&b->m, "sys/devices/pci0000:00/0000:00:02.0/iommu_group");
	inv_details(&b->inv, &b->m.root, &config, complain, b);
	assert_false(b->inv.groups_early);
	assert_false(inv_refused(&b->inv, device(b, "0000:00:01.0")));
}

static void test_no_dump_device(void **state)
{
	struct bench *b = *state;
	struct config config;

	config_defaults(&config);
	build(b, "");
	inv_details(&b->inv, &b->m.root, &config, complain, b);
	assert_int_equal(b->inv.policy, CONFIG_PROBE_ALL);
	assert_string_equal(b->complaints,
			    "no dump device is configured: every device gets its driver\n");
}

static void test_sysdev(void **state)
{
	struct bench *b = *state;
	struct sysdev sys;
	char bus[16];

	assert_int_equal(sysdev_read(&b->m.root, "pci", "0000:00:00.0", &sys), 0);
	assert_string_equal(sys.driver, "pcieport");
	assert_int_equal(sys.group, 0);
	assert_string_equal(sys.modalias, "test:no-such-module-of-smmu-adopt");
	machine_remove(&b->m, "sys/devices/pci0000:00/0000:00:01.0/iommu_group");
	machine_link(&b->m, "sys/devices/pci0000:00/0000:00:01.0/iommu_group", "../../x/junk");
	assert_int_equal(sysdev_read(&b->m.root, "pci", "0000:00:01.0", &sys), 0);
	assert_int_equal(sys.group, -1);
	assert_string_equal(sys.driver, "");
	assert_int_equal(sysdev_read(&b->m.root, "pci", "0000:00:1e.0", &sys), -ENODEV);
	assert_int_equal(sysdev_read(&b->m.root, "pci", "..", &sys), -EINVAL);
	assert_int_equal(sysdev_find_bus(&b->m.root, "0000:00:01.0", bus, sizeof(bus)), 0);
	assert_string_equal(bus, "pci");
	assert_int_equal(sysdev_find_bus(&b->m.root, "none", bus, sizeof(bus)), -ENODEV);
}

static void test_helper_outcomes(void **state)
{
	struct bench *b = *state;
	struct story story = { 0 };

	machine_records(&b->m, "smmu smmu=0 state=adopted name=x\n");
	assert_int_equal(helper_read_story(&b->m.root, &story, NULL, &b->info, &b->err),
			 HELPER_USELESS);
	assert_string_equal(b->err.text, "/sys/kernel/debug/smmu_adopt/" MACHINE_SMMU
					 "/records: the file has no FILE and SMMU records");
	assert_int_equal(story.n_smmus, 0);
	/* One good SMMU beside a bad one: the good one counts, the bad one is named. */
	machine_records(&b->m, machine_standard_records);
	machine_write(&b->m, PATH_HELPER "/a-bad-one/records", "");
	assert_int_equal(helper_read_story(&b->m.root, &story, NULL, &b->info, &b->err), HELPER_OK);
	assert_int_equal(b->info.smmus, 2);
	assert_int_equal(b->info.failed, 1);
	assert_string_equal(b->err.text, "/sys/kernel/debug/smmu_adopt/a-bad-one/records: "
					 "the file has no FILE and SMMU records");
	machine_remove(&b->m, PATH_HELPER "/a-bad-one/records");
	assert_int_equal(helper_read_story(&b->m.root, &story, NULL, &b->info, &b->err), HELPER_OK);
	assert_string_equal(b->err.text, "/sys/kernel/debug/smmu_adopt/a-bad-one/records: "
					 "No such file or directory");
	story_clear(&story);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_standard),   TEST(test_liveness),	    TEST(test_incomplete_snapshot),
		TEST(test_two_smmus),  TEST(test_alias_sets),	    TEST(test_hostile_names),
		TEST(test_details),    TEST(test_groups_come_late), TEST(test_no_dump_device),
		TEST(test_unreadable), TEST(test_sysdev),	    TEST(test_helper_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

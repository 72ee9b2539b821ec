// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/plan/inventory_dump.c: which devices are marked, and whether the rest
 * may stay held.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "lib/plan/inventory.h"
#include "lib/story/names.h"
#include "tests/unit/support_machine.h"

#define DISK "0000:00:02.0"
#define NIC "0000:00:01.0"
#define ALL ": every device gets its driver\n"

static struct inv_device devices[2];
static struct inventory inv;

static int set_up(void **state)
{
	struct machine *m;

	machine_set_up(state);
	m = *state;
	memset(&inv, 0, sizeof(inv));
	memset(devices, 0, sizeof(devices));
	strcpy(devices[0].name, NIC);
	strcpy(devices[1].name, DISK);
	inv.devices = devices;
	inv.count = 2;
	machine_device(m, &(struct machine_device){ .name = NIC, .group = 1 });
	machine_device(m, &(struct machine_device){ .name = DISK, .group = 2 });
	machine_write(m, "sys/bus/pci/devices/" DISK "/class", "0x010802\n");
	machine_write(m, "sys/bus/pci/devices/" DISK "/vendor", "0x144d\n");
	machine_write(m, "sys/bus/pci/devices/" DISK "/device", "0xa808\n");
	return 0;
}

static void complain(void *priv, enum rec_finding_code code, const struct inv_device *dev,
		     const char *text)
{
	assert_int_equal(code, REC_FIND_CONFIG);
	assert_null(dev);
	strcat(priv, text);
	strcat(priv, "\n");
}

/* Mark what the [Dump] section @text says; @want: all complaints of that. */
static void mark(struct machine *m, const char *text, const char *want)
{
	struct config config;
	char all[1024] = "", conf[600];

	snprintf(conf, sizeof(conf), "[Dump]\n%s", text);
	machine_write(m, PATH_CONF, conf);
	config_load(&config, &m->root, -1, NULL);
	inv_dump_path(&inv, &m->root, &config, complain, all);
	assert_string_equal(all, want);
	assert_int_equal(inv.dump_certain, !*want);
	assert_int_equal(inv.policy, *want ? CONFIG_PROBE_ALL : CONFIG_PROBE_DUMP_PATH);
	assert_false(devices[0].dump_path);
}

static void test_certain(void **state)
{
	struct machine *m = *state;

	mark(m, "device = " DISK "\n", "");
	assert_true(devices[1].dump_path);
	mark(m, "device = " DISK " class=0x010802\n", "");
	mark(m, "device = " DISK " class=0x010802 id=144d:a808\n", "");
	assert_true(devices[1].dump_path);
	assert_int_equal(inv.dump_present, 1);
	/* By ACPI, and on the bus of NXP's management complex. */
	machine_write(m, "sys/bus/platform/devices/HISI0162:01/uevent", "");
	machine_write(m, "sys/bus/fsl-mc/devices/dpni.0/uevent", "");
	strcpy(devices[1].name, "HISI0162:01");
	mark(m, "device = HISI0162:01\n", "");
	assert_true(devices[1].dump_path);
	strcpy(devices[1].name, "dpni.0");
	mark(m, "device = dpni.0\n", "");
	assert_true(devices[1].dump_path);
	strcpy(devices[1].name, DISK);
	mark(m, "device = LNRO0005:07\n",
	     "dump device LNRO0005:07 does not exist\nno configured dump device exists" ALL);
	/* Not behind an SMMU: there all the same. */
	machine_device(m, &(struct machine_device){ .name = "0000:00:0a.0", .group = -1 });
	mark(m, "device = 0000:00:0a.0\n", "");
	assert_false(devices[1].dump_path);
}

static void test_not_certain(void **state)
{
	struct machine *m = *state;

	mark(m, "", "no dump device is configured" ALL);
	mark(m, "uncertain = kdump.conf: net: not understood\n",
	     "dump path: kdump.conf: net: not understood\nno dump device is configured" ALL);
	mark(m, "device = " DISK "\nuncertain = half of it\n",
	     "dump path: half of it\nthe dump path is not known for certain" ALL);
	assert_true(devices[1].dump_path);
	mark(m, "device = " DISK " 0000:00:1f.0\n",
	     "dump device 0000:00:1f.0 does not exist\n"
	     "the dump path is not known for certain" ALL);
	assert_true(devices[1].dump_path);
	mark(m, "device = ../x " DISK "\n",
	     "dump path: /" PATH_CONF
	     ":2: device = ../x: is neither a device, a target, class= nor id=\n"
	     "the dump path is not known for certain" ALL);
	assert_true(devices[1].dump_path);
	/* Names that only a healthy machine can look up. */
	mark(m, "device = " DISK " eth0\n",
	     "dump device eth0 is not a name on a bus: build the image anew, which looks it up\n"
	     "the dump path is not known for certain" ALL);
	assert_true(devices[1].dump_path);
	machine_write(m, "sys/bus/scsi/devices/0:0:0:0/uevent", "");
	mark(m, "device = 0:0:0:0\n",
	     "dump device 0:0:0:0 is on bus scsi, so the device that does its DMA is not known\n"
	     "no configured dump device exists" ALL);
	mark(m, "device = 0000:00:1f.0\n",
	     "dump device 0000:00:1f.0 does not exist\nno configured dump device exists" ALL);
}

/* Others may be held, and then the disk has another name: so it is not certain either. */
static void test_in_order(void **state)
{
	struct machine *m = *state;

	mark(m, "device = " DISK "\norder = bus\n",
	     "all devices are to be probed in the order of the bus\n"
	     "the dump path is not known for certain" ALL);
	assert_true(inv.in_order);
	assert_true(devices[1].dump_path);
	mark(m, "device = " DISK "\norder = bus\nuncertain = names\n",
	     "dump path: names\nthe dump path is not known for certain" ALL);
	assert_true(inv.in_order);
	mark(m, "order = bus\ndevice =\ndevice = " DISK "\n", "");
	assert_false(inv.in_order);
	mark(m, "device = " DISK "\norder = bus\norder = dump-first\n", "");
	assert_false(inv.in_order);
	mark(m, "device = " DISK "\norder = last\n",
	     "dump path: /" PATH_CONF ":3: order = last: must be dump-first or bus\n"
	     "the dump path is not known for certain" ALL);
}

static void test_moved(void **state)
{
	static const char moved[] = DISK
		" has class 0x010802 and id 144d:a808 now, so it is not the dump device that was "
		"configured\nno configured dump device exists" ALL;
	struct machine *m = *state;

	mark(m, "device = " DISK " class=0x020000 id=144d:a808\n", moved);
	assert_false(devices[1].dump_path);
	mark(m, "device = " DISK " class=0x010802 id=144d:a809\n", moved);
	mark(m, "device = " DISK " class=0x010802 id=144c:a808\n", moved);
	machine_write(m, "sys/bus/pci/devices/" DISK "/class", "junk\n");
	mark(m, "device = " DISK " class=0x010802\n",
	     "class and id of " DISK " cannot be read\nno configured dump device exists" ALL);
	assert_false(devices[1].dump_path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_certain),
		TEST(test_not_certain),
		TEST(test_moved),
		TEST(test_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of smmu-adopt-resolve: what a target needs beside the one disk or interface that it names.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/support_resolve.h"

/* Four controllers, a disk each: sda at 0000:00:01.0 is 8:0, and so on. */
static int set_up(void **state)
{
	static struct machine m;
	char path[160], link[64];
	int i;

	machine_new(&m);
	for (i = 1; i <= 4; i++) {
		snprintf(path, sizeof(path), "pci0000:00/0000:00:%02d.0", i);
		bus_device(&m, "pci", path);
		snprintf(path, sizeof(path), "pci0000:00/0000:00:%02d.0/host%d/block/sd%c", i, i,
			 'a' + i - 1);
		class_device(&m, "block", path);
		snprintf(link, sizeof(link), "dev/sd%c", 'a' + i - 1);
		machine_write(&m, link, "");
		snprintf(link, sizeof(link), "sys/dev/block/8:%d", 16 * (i - 1));
		snprintf(path, sizeof(path),
			 "../../devices/pci0000:00/0000:00:%02d.0/host%d/block/sd%c", i, i,
			 'a' + i - 1);
		machine_link(&m, link, path);
	}
	*state = &m;
	return 0;
}

static void volume(struct machine *m, const char *disk, const char *name, const char *uuid)
{
	char path[96];

	snprintf(path, sizeof(path), "virtual/block/%s", disk);
	class_device(m, "block", path);
	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dm/name", disk);
	machine_write(m, path, name);
	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dm/uuid", disk);
	machine_write(m, path, uuid);
}

/* NXP's LS1028A: a port hangs on the switch, which is a function of its own. */
static void test_switch_port(void **state)
{
	struct machine *m = *state;

	class_device(m, "net", "pci0000:00/0000:00:02.0/net/swp0");
	class_device(m, "net", "pci0000:00/0000:00:01.0/net/eno2");
	machine_write(m, "sys/devices/pci0000:00/0000:00:02.0/net/swp0/lower_eno2", "");
	expect_resolved(m, "swp0", "0000:00:02.0 0000:00:01.0", "");
}

static void test_bcachefs(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/self/mountinfo",
		      "20 1 8:0 / / rw - bcachefs /dev/sda:/dev/sdb:/dev/sdc rw\n"
		      "21 20 0:40 / /other rw - bcachefs /dev/sdb:/dev/sdd rw\n");
	expect_resolved(m, "/var/crash", "0000:00:01.0 0000:00:02.0 0000:00:03.0", "");
	expect_resolved(m, "/other", "0000:00:02.0 0000:00:04.0", "");
	machine_write(m, "proc/self/mountinfo", "20 1 8:0 / / rw - bcachefs none rw\n");
	expect_resolved(m, "/", "", "/: none is not a disk of bcachefs");
}

/* A log or a part of the data elsewhere: the target may be the disk, or a folder on it. */
static void test_log_elsewhere(void **state)
{
	struct machine *m = *state;

	machine_write(m, "proc/self/mountinfo",
		      "20 1 8:0 / / rw - xfs /dev/sda rw,logdev=/dev/sdb,rtdev=/dev/sdc\n");
	expect_resolved(m, "/var/crash", "0000:00:01.0 0000:00:02.0 0000:00:03.0", "");
	machine_write(m, "sys/devices/pci0000:00/0000:00:01.0/host1/block/sda/uevent",
		      "MAJOR=8\nMINOR=0\n");
	expect_resolved(m, "/dev/sda", "0000:00:01.0 0000:00:02.0 0000:00:03.0", "");
}

/* The server is known by its mount; its name is looked up again by another way. */
static void test_name_servers(void **state)
{
	struct machine *m = *state;

	class_device(m, "net", "pci0000:00/0000:00:01.0/net/store");
	class_device(m, "net", "pci0000:00/0000:00:02.0/net/mgmt");
	machine_write(m, "proc/net/route",
		      "store 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		      "mgmt 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n");
	machine_write(m, "proc/self/mountinfo",
		      "20 1 0:31 / /srv rw - nfs4 filer:/x rw,addr=192.0.2.7\n");
	expect_resolved(m, "filer:/x", "0000:00:01.0", "");
	machine_write(m, "etc/resolv.conf", "search x\nnameserver 198.51.100.3\n");
	expect_resolved(m, "filer:/x", "0000:00:01.0 0000:00:02.0", "");
	machine_write(m, "etc/resolv.conf", "nameserver 127.0.0.53\n");
	expect_resolved(m, "filer:/x", "0000:00:01.0",
			"filer:/x: the name server for filer is not known");
	machine_write(m, "run/systemd/resolve/resolv.conf", "nameserver 198.51.100.3\n");
	expect_resolved(m, "filer:/x", "0000:00:01.0 0000:00:02.0", "");
	machine_write(m, "etc/hosts", "192.0.2.7 filer\n");
	expect_resolved(m, "filer:/x", "0000:00:01.0", "");
}

/*
 * A group is activated by itself once all of its disks are there: sda has the volume, sdb another
 * one, sdc none yet, and sdd is of another group.
 */
static void test_volume_group(void **state)
{
	static const char root[] =
		"LVM-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR";
	static const char data[] =
		"LVM-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";
	static const char other[] =
		"LVM-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO";
	struct machine *m = *state;

	volume(m, "dm-0", "vg-root", root);
	volume(m, "dm-1", "vg-data", data);
	volume(m, "dm-2", "other-x", other);
	slave(m, "dm-0", "sda");
	slave(m, "dm-1", "sdb");
	slave(m, "dm-1", "dm-0");
	slave(m, "dm-2", "sdd");
	expect_resolved(m, "dm-0", "0000:00:01.0 0000:00:02.0", "");
	expect_resolved(m, "dm-2", "0000:00:04.0", "");
	machine_write(m, "sys/class/block/sda/holders/dm-0", "");
	machine_write(m, "run/lvm/pvs_online/Pa", "8:0\nvg:vg\ndev:/dev/sda\n");
	machine_write(m, "run/lvm/pvs_online/Pb", "8:16\nvg:vg\n");
	machine_write(m, "run/lvm/pvs_online/Pc", "8:32\nvg:vg\n");
	machine_write(m, "run/lvm/pvs_online/Pd", "8:48\nvg:vg2\n");
	machine_write(m, "run/lvm/pvs_online/Pe", "8:64\nvg:vg\n");
	machine_write(m, "run/lvm/pvs_online/odd", "8:48\n");
	expect_resolved(m, "dm-0", "0000:00:01.0 0000:00:02.0 0000:00:03.0", "");
}

#define UNKNOWN "dm-0: dm-0 is encrypted, and the source of its key is not known"
#define ODD "dm-0: /etc/crypttab: the devices that safe needs are not known"

/* The disk of the key may be another one's. */
static void test_key(void **state)
{
	static const struct {
		const char *line, *devices, *doubts;
	} cases[] = {
		{ "# safe UUID=1 none\nother UUID=1 /key\n", "0000:00:01.0", UNKNOWN },
		{ "safe UUID=1 none luks\n", "0000:00:01.0", UNKNOWN },
		{ "safe UUID=1\n", "0000:00:01.0", UNKNOWN },
		{ "safe UUID=1 none luks,tpm2-device=auto\n", "0000:00:01.0", "" },
		{ "safe UUID=1 - fido2-device=auto\n", "0000:00:01.0", ODD },
		{ "safe UUID=1 /dev/sdb:/k keyscript=passdev\n", "0000:00:01.0", ODD },
		{ "safe UUID=1 /dev/sdb luks\n", "0000:00:01.0 0000:00:02.0", "" },
		{ "safe UUID=1 /k:/dev/sdc luks\n", "0000:00:01.0 0000:00:03.0", "" },
		{ "safe UUID=1 /k:LABEL=keys luks\n", "0000:00:01.0 0000:00:04.0", "" },
		{ "safe UUID=1 /etc/keys/safe luks\n", "0000:00:01.0 0000:00:02.0", "" },
	};
	struct machine *m = *state;
	size_t i;

	machine_write(m, "proc/self/mountinfo", "20 1 8:16 / / rw - ext4 /dev/sdb rw\n");
	machine_link(m, "dev/disk/by-label/keys", "../../sdd");
	volume(m, "dm-0", "safe", "CRYPT-LUKS2-0123-safe");
	slave(m, "dm-0", "sda");
	expect_resolved(m, "dm-0", "0000:00:01.0", UNKNOWN);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine_write(m, "etc/crypttab", cases[i].line);
		expect_resolved(m, "dm-0", cases[i].devices, cases[i].doubts);
	}
}

/* Below a host bridge of a device tree an adapter that does iSCSI by itself is one, too. */
static void test_adapter_of_device_tree(void **state)
{
	struct machine *m = *state;

	bus_device(m, "pci", "platform/40000000.pcie/pci0001:00/0001:00:01.0");
	class_device(m, "block",
		     "platform/40000000.pcie/pci0001:00/0001:00:01.0/host9/session4/target9:0:0/"
		     "9:0:0:1/block/sdz");
	machine_write(m, "sys/class/iscsi_connection/connection4:0/persistent_address",
		      "192.0.2.9\n");
	class_device(m, "net", "pci0000:00/0000:00:02.0/net/eth0");
	machine_write(m, "proc/net/route", "eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n");
	expect_resolved(m, "sdz", "0001:00:01.0", "");
}

/* Nine addresses of one host, and seventeen ways to one. */
static void test_more_than_fit(void **state)
{
	struct machine *m = *state;
	char hosts[512] = "", routes[2048] = "", path[64], have[512] = "";
	int i;

	class_device(m, "net", "pci0000:00/0000:00:02.0/net/eth0");
	machine_write(m, "proc/net/route", "eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n");
	for (i = 1; i <= 9; i++)
		snprintf(hosts + strlen(hosts), sizeof(hosts) - strlen(hosts), "192.0.2.%d crash\n",
			 i);
	machine_write(m, "etc/hosts", hosts);
	expect_resolved(m, "crash:/x", "0000:00:02.0",
			"crash:/x: crash has more addresses or routes than are looked at");
	for (i = 0; i < 17; i++) {
		snprintf(path, sizeof(path), "pci0002:00/0002:00:%02x.0", i);
		bus_device(m, "pci", path);
		snprintf(path, sizeof(path), "pci0002:00/0002:00:%02x.0/net/e%d", i, i);
		class_device(m, "net", path);
		snprintf(routes + strlen(routes), sizeof(routes) - strlen(routes),
			 "e%d 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n", i);
		if (i < 16)
			snprintf(have + strlen(have), sizeof(have) - strlen(have),
				 "%s0002:00:%02x.0", i ? " " : "", i);
	}
	machine_write(m, "proc/net/route", routes);
	expect_resolved(m, "192.0.2.1:/x", have,
			"192.0.2.1:/x: 192.0.2.1 has more addresses or routes than are looked at");
}

/* A command that runs before the dump may need anything, and its failure costs the dump. */
static void test_commands_before(void **state)
{
	struct machine *m = *state;

	machine_write(m, "etc/kdump.conf", "raw /dev/sda\nkdump_post /bin/x\nkdump_pre /bin/y\n");
	expect_resolved(m, NULL, "0000:00:01.0",
			"/etc/kdump.conf: the devices that kdump_pre /bin/y needs are not known");
	machine_write(m, "etc/kdump.conf", "raw /dev/sda\ndracut_args --add-fstab /etc/x\n");
	expect_resolved(m, NULL, "0000:00:01.0",
			"/etc/kdump.conf: the file of --add-fstab is not read");
	machine_remove(m, "etc/kdump.conf");
	machine_write(m, "proc/self/mountinfo", "20 1 8:16 / / rw - ext4 /dev/sdb rw\n");
	machine_write(m, "etc/sysconfig/kdump", "KDUMP_SAVEDIR=/x\nKDUMP_PRESCRIPT='ping y'\n");
	expect_resolved(m, NULL, "0000:00:02.0",
			"/etc/sysconfig/kdump: the devices that KDUMP_PRESCRIPT needs are not "
			"known");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_switch_port),	    TEST(test_bcachefs),
		TEST(test_volume_group),    TEST(test_key),
		TEST(test_more_than_fit),   TEST(test_adapter_of_device_tree),
		TEST(test_commands_before), TEST(test_log_elsewhere),
		TEST(test_name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

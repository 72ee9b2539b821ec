// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of resolve/dumppath*.c and dumpconf.c: a machine with
 * most ways a disk or a network can hang on a bus, and names for them.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve/dumpconf.h"
#include "resolve/dumppath.h"
#include "tests/unit/support_machine.h"

#define BLOCK "sys/class/block/"

static void bus_device(struct machine *m, const char *bus, const char *path)
{
	char link[160], target[256];

	snprintf(link, sizeof(link), "sys/devices/%s/uevent", path);
	machine_write(m, link, "");
	snprintf(link, sizeof(link), "sys/bus/%s/devices/%s", bus, strrchr(path, '/') + 1);
	snprintf(target, sizeof(target), "../../../devices/%s", path);
	machine_link(m, link, target);
}

/* A device of a class below @path in sys/devices; the last part is its name. */
static void class_device(struct machine *m, const char *class, const char *path)
{
	char link[160], target[256];

	snprintf(link, sizeof(link), "sys/devices/%s/uevent", path);
	machine_write(m, link, "");
	snprintf(link, sizeof(link), "sys/class/%s/%s", class, strrchr(path, '/') + 1);
	snprintf(target, sizeof(target), "../../devices/%s", path);
	machine_link(m, link, target);
}

static void slave(struct machine *m, const char *of, const char *disk)
{
	char path[160];

	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/slaves/%s", of, disk);
	machine_write(m, path, "");
}

static void make_disks(struct machine *m)
{
	bus_device(m, "pci", "pci0000:00/0000:00:01.0");
	bus_device(m, "pci", "pci0000:00/0000:00:01.0/0000:01:00.0");
	bus_device(m, "pci", "pci0000:00/0000:00:02.0");
	bus_device(m, "pci", "pci0000:00/0000:00:03.0");
	/* Two NVMe disks, one of them behind a root port. */
	class_device(m, "nvme", "pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0");
	class_device(m, "block", "pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1");
	class_device(m, "block",
		     "pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p3");
	machine_write(m,
		      "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/"
		      "nvme0n1p3/partition",
		      "3\n");
	class_device(m, "nvme", "pci0000:00/0000:00:02.0/nvme/nvme1");
	class_device(m, "block", "pci0000:00/0000:00:02.0/nvme/nvme1/nvme1n1");
	/* A disk behind a host adapter. */
	class_device(m, "block", "pci0000:00/0000:00:03.0/host0/target0:0:0/0:0:0:0/block/sda");
	/* dm-crypt on LVM on md on both NVMe disks. */
	class_device(m, "block", "virtual/block/md0");
	slave(m, "md0", "nvme0n1p3");
	slave(m, "md0", "nvme1n1");
	class_device(m, "block", "virtual/block/dm-0");
	slave(m, "dm-0", "md0");
	class_device(m, "block", "virtual/block/dm-1");
	slave(m, "dm-1", "dm-0");
	machine_write(m, "sys/devices/virtual/block/dm-1/dm/name", "luks-home\n");
	/* A namespace with two ways to it. */
	class_device(m, "block", "virtual/nvme-subsystem/nvme-subsys0/nvme3n1");
	machine_write(m, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0", "");
	machine_write(m, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme1", "");
	/* A platform disk. */
	bus_device(m, "platform", "platform/9000000.sata");
	class_device(m, "block", "platform/9000000.sata/ata1/host1/block/sdb");
	/* Mapped memory inside a device with an IOMMU group. */
	bus_device(m, "platform", "platform/a600000.usb");
	machine_link(m, "sys/devices/platform/a600000.usb/iommu_group",
		     "../../../kernel/iommu_groups/7");
	bus_device(m, "platform", "platform/a600000.usb/xhci-hcd.0.auto");
	class_device(m, "block", "platform/a600000.usb/xhci-hcd.0.auto/usb1/1-1/host2/block/sdc");
	/* In a file, in memory, and two that are below each other. */
	class_device(m, "block", "virtual/block/loop0");
	machine_write(m, "sys/devices/virtual/block/loop0/loop/backing_file", "/srv/disk.img\n");
	class_device(m, "block", "virtual/block/zram0");
	class_device(m, "block", "virtual/block/dm-8");
	class_device(m, "block", "virtual/block/dm-9");
	slave(m, "dm-8", "dm-9");
	slave(m, "dm-9", "dm-8");
	/* Software iSCSI and NVMe over TCP. */
	class_device(m, "block", "platform/host5/session2/target5:0:0/5:0:0:1/block/sdi");
	machine_write(m, "sys/class/iscsi_connection/connection2:0/persistent_address",
		      "192.0.2.9\n");
	class_device(m, "nvme", "virtual/nvme-fabrics/ctl/nvme7");
	machine_write(m, "sys/devices/virtual/nvme-fabrics/ctl/nvme7/address",
		      "traddr=198.51.100.4,trsvcid=4420\n");
	class_device(m, "block", "virtual/nvme-subsystem/nvme-subsys7/nvme7n1");
	machine_write(m, "sys/devices/virtual/nvme-subsystem/nvme-subsys7/nvme7", "");
}

static void make_nets(struct machine *m)
{
	bus_device(m, "pci", "pci0000:00/0000:00:04.0");
	bus_device(m, "pci", "pci0000:00/0000:00:04.1");
	bus_device(m, "pci", "pci0000:00/0000:00:05.0");
	bus_device(m, "pci", "pci0000:00/0000:00:05.2");
	class_device(m, "net", "pci0000:00/0000:00:04.0/net/eth0");
	class_device(m, "net", "pci0000:00/0000:00:04.1/net/eth1");
	class_device(m, "net", "virtual/net/bond0");
	machine_write(m, "sys/devices/virtual/net/bond0/lower_eth0", "");
	machine_write(m, "sys/devices/virtual/net/bond0/lower_eth1", "");
	class_device(m, "net", "virtual/net/bond0.5");
	machine_write(m, "sys/devices/virtual/net/bond0.5/lower_bond0", "");
	class_device(m, "net", "virtual/net/lo");
	class_device(m, "net", "pci0000:00/0000:00:05.2/net/vf0");
	machine_link(m, "sys/devices/pci0000:00/0000:00:05.2/net/vf0/device",
		     "../../../0000:00:05.2");
	machine_link(m, "sys/devices/pci0000:00/0000:00:05.2/physfn", "../0000:00:05.0");
	machine_write(m, "proc/net/route",
		      "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		      "bond0.5 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
		      "eth1 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		      "vf0 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n");
}

static int set_up(void **state)
{
	static struct machine m;

	machine_new(&m);
	make_disks(&m);
	make_nets(&m);
	machine_link(&m, "dev/disk/by-uuid/0c1d", "../../nvme0n1p3");
	machine_link(&m, "dev/disk/by-label/a\\x20b", "../../sda");
	machine_link(&m, "dev/mapper/vg-home", "../dm-0");
	machine_write(&m, "dev/mapper/luks-home", "");
	machine_write(&m, "dev/sdb", "");
	machine_link(&m, "dev/disk/by-uuid/evil", "../../../../../../etc/shadow");
	machine_write(&m, "proc/self/mountinfo",
		      "20 1 259:3 / / rw shared:1 - ext4 /dev/nvme0n1p3 rw\n"
		      "21 20 0:20 / /sys rw - sysfs sysfs rw\n"
		      "22 20 0:30 / /srv rw - xfs /dev/sdb rw\n"
		      "23 20 0:31 / /var/crash rw - nfs4 192.0.2.7:/export rw\n"
		      "24 20 0:32 / /var/crash/local rw - tmpfs tmpfs rw\n");
	machine_link(&m, "sys/dev/block/259:3",
		     "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/"
		     "nvme0n1p3");
	*state = &m;
	return 0;
}

static void join(const struct dumppath *path, char *buf, size_t cap)
{
	size_t i;

	buf[0] = 0;
	for (i = 0; i < path->count; i++)
		snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s", i ? " " : "",
			 path->endpoint[i]);
}

static void test_targets(void **state)
{
	static const struct {
		const char *target, *endpoints;
	} cases[] = {
		{ "0000:00:02.0", "0000:00:02.0" },
		{ "9000000.sata", "9000000.sata" },
		{ "nvme0n1p3", "0000:01:00.0" },
		{ "/dev/nvme1n1", "0000:00:02.0" },
		{ "sda", "0000:00:03.0" },
		{ "UUID=0c1d", "0000:01:00.0" },
		{ "UUID=\"0c1d\"", "0000:01:00.0" },
		{ "LABEL=a\\x20b", "0000:00:03.0" },
		{ "/dev/mapper/luks-home", "0000:00:02.0 0000:01:00.0" },
		{ "/dev/mapper/vg-home", "0000:00:02.0 0000:01:00.0" },
		{ "dm-1", "0000:00:02.0 0000:01:00.0" },
		{ "nvme3n1", "0000:01:00.0 0000:00:02.0" },
		{ "/dev/sdb", "9000000.sata" },
		{ "sdc", "a600000.usb" },
		{ "loop0", "9000000.sata" },
		{ "sdi", "0000:00:04.1" },
		{ "nvme7n1", "0000:00:05.0 0000:00:05.2" },
		{ "eth0", "0000:00:04.0" },
		{ "bond0.5", "0000:00:04.0 0000:00:04.1" },
		{ "vf0", "0000:00:05.0 0000:00:05.2" },
		{ "/home/x", "0000:01:00.0" },
		{ "file:///home", "0000:01:00.0" },
		{ "/var/crash", "0000:00:04.1" },
		{ "192.0.2.7:/export", "0000:00:04.1" },
		{ "root@192.0.2.7", "0000:00:04.1" },
		{ "nfs://dump@198.51.100.9/x", "0000:00:05.0 0000:00:05.2" },
		{ "host.example:/x", "0000:00:04.0 0000:00:04.1" },
		{ "203.0.113.1:/x", "0000:00:04.0 0000:00:04.1" },
	};
	struct machine *m = *state;
	struct errbuf err = { .text = "" };
	char have[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dumppath path = { .count = 0 };

		if (dumppath_resolve(&m->root, cases[i].target, &path, &err) != 0)
			fail_msg("%s", err.text);
		join(&path, have, sizeof(have));
		if (strcmp(have, cases[i].endpoints))
			fail_msg("%s: want %s, have %s", cases[i].target, cases[i].endpoints, have);
	}
}

static void test_failures(void **state)
{
	static const struct {
		const char *target, *text;
	} cases[] = {
		{ "0000:00:1f.0", "0000:00:1f.0: neither a device on a bus, nor a disk, nor a "
				  "network interface" },
		{ "UUID=none", "UUID=none: /dev/disk/by-uuid/none: not there" },
		{ "UUID=evil", "UUID=evil: /dev/disk/by-uuid/evil: not there" },
		{ "/dev/../etc/shadow", "/dev/../etc/shadow: no name of a dump target" },
		{ "zram0", "zram0: zram0: no device on a bus below it" },
		{ "lo", "lo: lo: no device on a bus below it" },
		{ "/var/crash/local/x", "/var/crash/local/x: /var/crash/local/x: it lies on tmpfs, "
					"which has no disk" },
		{ "", ": no name of a dump target" },
	};
	struct machine *m = *state;
	struct errbuf err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dumppath path = { .count = 1, .endpoint = { "before" } };

		err.text[0] = 0;
		assert_true(dumppath_resolve(&m->root, cases[i].target, &path, &err) < 0);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(path.count, 1);
	}
}

/* Two disks below each other have nothing below them; the walk ends all the same. */
static void test_cycle(void **state)
{
	struct machine *m = *state;
	struct dumppath path = { .count = 0 };
	struct errbuf err = { .text = "" };

	assert_true(dumppath_resolve(&m->root, "dm-8", &path, &err) < 0);
	assert_string_equal(err.text, "dm-8: no device on a bus below it");
}

static void test_hostile_links(void **state)
{
	struct machine *m = *state;
	struct dumppath path = { .count = 0 };
	struct errbuf err = { .text = "" };
	char name[32];
	int i;

	machine_link(m, BLOCK "odd0", "../../../../etc/passwd");
	machine_link(m, BLOCK "odd1", "../../devices/../../../x/y");
	machine_write(m, BLOCK "odd2/uevent", "");
	assert_true(dumppath_resolve(&m->root, "odd0", &path, &err) < 0);
	assert_string_equal(err.text, "odd0: odd0: odd link in sysfs");
	assert_true(dumppath_resolve(&m->root, "odd1", &path, &err) < 0);
	assert_string_equal(err.text, "odd1: odd1: odd link in sysfs");
	assert_true(dumppath_resolve(&m->root, "odd2", &path, &err) < 0);
	assert_string_equal(err.text, "odd2: neither a device on a bus, nor a disk, nor a network "
				      "interface");
	/* More below it than anybody has. */
	class_device(m, "block", "virtual/block/dm-50");
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "loop%d", i + 100);
		slave(m, "dm-50", name);
	}
	assert_true(dumppath_resolve(&m->root, "dm-50", &path, &err) < 0);
	assert_string_equal(err.text, "dm-50: more than 96 devices below it");
}

static void test_words(void **state)
{
	(void)state;
	assert_true(config_dump_is_bus_name("0000:00:02.0"));
	assert_true(config_dump_is_bus_name("9000000.sata"));
	assert_false(config_dump_is_bus_name("eth0.5"));
	assert_false(config_dump_is_bus_name("nvme0n1"));
	assert_false(config_dump_is_bus_name("UUID=0000:1"));
	assert_false(config_dump_word_ok("../x"));
	assert_false(config_dump_word_ok("a/b"));
	assert_false(config_dump_word_ok("UUID="));
	assert_false(config_dump_word_ok("a b"));
	assert_true(config_dump_word_ok("UUID=1"));
	assert_true(config_dump_word_ok("h:/p"));
}

/* ---- kdump's own files ---- */

static void assert_found(struct machine *m, const char *want)
{
	struct dumppath_targets found;
	char have[512] = "";
	size_t i;

	dumppath_find_targets(&m->root, &found);
	for (i = 0; i < found.count; i++)
		snprintf(have + strlen(have), sizeof(have) - strlen(have), "%s%s%s", i ? " " : "",
			 found.target[i].text, found.target[i].guess ? "?" : "");
	if (found.cut)
		strcat(have, " cut");
	assert_string_equal(have, want);
}

static void test_kdump_files(void **state)
{
	struct machine *m = *state;

	assert_found(m, "");
	machine_write(m, "proc/cmdline", "quiet root=UUID=0c1d ro\n");
	assert_found(m, "UUID=0c1d?");
	machine_write(m, "proc/cmdline", "root=kdump rootflags=bind\n");
	assert_found(m, "");
	machine_write(m, "proc/cmdline", "root=/dev/sda ro\n");
	machine_write(m, "etc/kdump.conf", "# ext4 /dev/sdx\n\ncore_collector makedumpfile -l\n");
	assert_found(m, "/var/crash");
	machine_write(m, "etc/kdump.conf", "path /dumps\n");
	assert_found(m, "/dumps");
	machine_write(m, "etc/kdump.conf", "path /dumps\next4 UUID=0c1d\n");
	assert_found(m, "UUID=0c1d");
	machine_write(m, "etc/kdump.conf", "ssh dump@192.0.2.7\nsshkey /root/.ssh/k\n");
	assert_found(m, "dump@192.0.2.7");
	machine_write(m, "etc/kdump.conf", "raw ../../x\n");
	assert_found(m, "/dev/sda? cut");
	machine_remove(m, "etc/kdump.conf");
	machine_write(m, "etc/sysconfig/kdump",
		      "KDUMP_SAVEDIR=\"file:///var/crash nfs://192.0.2.7/x\" # two\n");
	assert_found(m, "file:///var/crash nfs://192.0.2.7/x");
	machine_remove(m, "etc/sysconfig/kdump");
	machine_write(m, "etc/default/kdump-tools",
		      "USE_KDUMP=1\nKDUMP_COREDIR=\"/var/crash\"\n#SSH=x@y\nNFS='192.0.2.7:/x'\n");
	assert_found(m, "/var/crash 192.0.2.7:/x /dev/sda?");
}

static int print(struct machine *m, const struct config *config, const char *const *targets,
		 size_t n, char **text, struct errbuf *err)
{
	size_t len;
	FILE *out = open_memstream(text, &len);
	int rc;

	err->text[0] = 0;
	rc = dumpconf_print(&m->root, config, targets, n, out, err);
	fclose(out);
	return rc;
}

static void test_dropin(void **state)
{
	const char *const two[] = { "/dev/mapper/luks-home", "192.0.2.7:/x" };
	const char *const bad[] = { "sda", "zram0" };
	struct machine *m = *state;
	struct config config, read_back;
	struct errbuf err;
	char *text;

	config_defaults(&config);
	assert_int_equal(print(m, &config, two, 2, &text, &err), 0);
	assert_non_null(strstr(text, "\n# 192.0.2.7:/x: 192.0.2.7 > eth1\n"));
	assert_non_null(strstr(text, "\n[Dump]\ndevice =\ndevice = 0000:00:02.0\n"
				     "device = 0000:01:00.0\ndevice = 0000:00:04.1\n"
				     "target = /dev/mapper/luks-home\n"));
	/* The daemon of the image reads it: names that it cannot walk are replaced. */
	machine_write(m, "etc/smmu-adopt/smmu-adopt.conf", "[Dump]\ndevice = /dev/mapper/x\n");
	machine_write(m, "etc/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf", text);
	free(text);
	config_load(&read_back, &m->root, -1, NULL);
	assert_int_equal(read_back.n_notes, 0);
	assert_int_equal(read_back.dump.count, 3);
	assert_string_equal(read_back.dump.device[0].name, "0000:00:02.0");
	/* Half a dump path is none. */
	assert_true(print(m, &config, bad, 2, &text, &err) < 0);
	assert_string_equal(text, "");
	assert_string_equal(err.text, "zram0: zram0: no device on a bus below it");
	free(text);
	assert_true(print(m, &config, NULL, 0, &text, &err) < 0);
	assert_string_equal(err.text, "no dump target is named, configured or found");
	free(text);
	machine_write(m, "etc/kdump.conf", "ext4 UUID=none\n");
	assert_true(print(m, &config, NULL, 0, &text, &err) < 0);
	assert_string_equal(err.text,
			    "/etc/kdump.conf: UUID=none: /dev/disk/by-uuid/none: not there");
	free(text);
	config_dump_add(&config.dump, "LABEL=a\\x20b");
	assert_int_equal(print(m, &config, NULL, 0, &text, &err), 0);
	assert_non_null(strstr(text, "device = 0000:00:03.0\n"));
	free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_targets),	  TEST(test_failures), TEST(test_cycle),
		TEST(test_hostile_links), TEST(test_words),    TEST(test_kdump_files),
		TEST(test_dropin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

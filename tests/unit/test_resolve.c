// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of smmu-adopt-resolve: a machine with most ways a disk or a network can hang on a
 * bus, and names for them.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/config.h"
#include "lib/story/names.h"
#include "tests/unit/support_resolve.h"

#define BLOCK "sys/class/block/"

static void make_disks(struct machine *m)
{
	bus_device(m, "pci", "pci0000:00/0000:00:01.0");
	bus_device(m, "pci", "pci0000:00/0000:00:01.0/0000:01:00.0");
	bus_device(m, "pci", "pci0000:00/0000:00:02.0");
	bus_device(m, "pci", "pci0000:00/0000:00:03.0");
	machine_write(m, "sys/devices/pci0000:00/0000:00:03.0/class", "0x010700\n");
	machine_write(m, "sys/devices/pci0000:00/0000:00:03.0/vendor", "0x1000\n");
	machine_write(m, "sys/devices/pci0000:00/0000:00:03.0/device", "0x0097\n");
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

/* NVMe over a network by interface and by Fibre Channel, iSCSI by interface, btrfs on two disks. */
static void make_networked_disks(struct machine *m)
{
	class_device(m, "nvme", "virtual/nvme-fabrics/ctl/nvme5");
	machine_write(m, "sys/devices/virtual/nvme-fabrics/ctl/nvme5/transport", "rdma\n");
	machine_write(m, "sys/devices/virtual/nvme-fabrics/ctl/nvme5/address",
		      "traddr=203.0.113.4,trsvcid=4420,host_iface=eth1\n");
	class_device(m, "block", "virtual/nvme-fabrics/ctl/nvme5/nvme5n1");
	class_device(m, "nvme", "virtual/nvme-fabrics/ctl/nvme6");
	machine_write(m, "sys/devices/virtual/nvme-fabrics/ctl/nvme6/transport", "fc\n");
	machine_write(m, "sys/devices/virtual/nvme-fabrics/ctl/nvme6/address",
		      "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x20000090fa94:pn-0x10000090fa94\n");
	class_device(m, "block", "virtual/nvme-fabrics/ctl/nvme6/nvme6n1");
	class_device(m, "fc_host", "pci0000:00/0000:00:03.0/host7/fc_host/host7");
	machine_write(m, "sys/devices/pci0000:00/0000:00:03.0/host7/fc_host/host7/port_name",
		      "0x10000090fa94\n");
	class_device(m, "block", "platform/host6/session3/target6:0:0/6:0:0:1/block/sdj");
	machine_write(m, "sys/class/iscsi_host/host6/netdev", "eth0\n");
	class_device(m, "block", "pci0000:00/0000:00:02.0/ata3/host3/block/sdk");
	class_device(m, "block", "pci0000:00/0000:00:02.0/ata3/host3/block/sdk/sdk1");
	machine_write(m, "sys/devices/pci0000:00/0000:00:02.0/ata3/host3/block/sdk/sdk1/partition",
		      "1\n");
	machine_write(m, "sys/fs/btrfs/5f1c/devices/sdk1", "");
	class_device(m, "block", "pci0000:00/0000:00:03.0/host8/block/sdl");
	machine_write(m, "sys/fs/btrfs/5f1c/devices/sdl", "");
	machine_write(m, "sys/fs/btrfs/features/raid56", "");
	/* A file system of the hypervisor. */
	bus_device(m, "pci", "pci0000:00/0000:00:06.0");
	bus_device(m, "virtio", "pci0000:00/0000:00:06.0/virtio3");
	machine_write(m, "sys/devices/pci0000:00/0000:00:06.0/virtio3/device", "0x001a\n");
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
	/* Open vSwitch, and a tunnel. */
	class_device(m, "net", "virtual/net/ovs-system");
	class_device(m, "net", "virtual/net/br-ex");
	class_device(m, "net", "virtual/net/tun0");
	machine_write(m, "sys/devices/virtual/net/tun0/tun_flags", "0x1002\n");
	machine_link(m, "sys/devices/pci0000:00/0000:00:04.0/net/eth0/master",
		     "../../../../virtual/net/ovs-system");
	machine_write(
		m, "etc/hosts",
		"127.0.0.1 localhost\n# 198.51.100.9 crash\n192.0.2.8\tCrash.example crash # x\n");
	machine_write(m, "proc/net/ipv6_route",
		      "20010db8000000000000000000000000 30 00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth1\n"
		      "20010db8ffff00000000000000000000 30 00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n"
		      "20010db8ffff00000000000000000000 30 00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00000200 00000001 00000000 00000001 eth1\n"
		      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n");
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
	make_networked_disks(&m);
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
		      "24 20 0:32 / /var/crash/local rw - tmpfs tmpfs rw\n"
		      "25 20 0:33 / /mnt/virtio rw - virtiofs crashes rw\n"
		      "26 20 0:34 / /mnt/ceph rw - ceph 203.0.113.4:6789,203.0.113.5:6789:/x rw\n"
		      "27 20 0:35 / /mnt/auto rw - autofs auto.misc rw\n"
		      "28 20 0:36 / /srv/automount rw - autofs systemd-1 rw\n"
		      "no line at all\n");
	machine_write(&m, "etc/fstab",
		      "# a comment\nUUID=0c1d / ext4 defaults 0 1\n"
		      "/dev/sda /srv/automount xfs noauto,x-systemd.automount 0 0\n"
		      "/dev/sda /data xfs noauto 0 0\n");
	machine_write(&m, "dev/sda", "");
	machine_write(&m, "srv/x/.keep", "");
	machine_link(&m, "link", "srv/../srv/x");
	machine_link(&m, "dump", "data/crash");
	machine_link(&m, "dumps", "/dump/kept");
	machine_link(&m, "sys/dev/block/259:3",
		     "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/"
		     "nvme0n1p3");
	*state = &m;
	return 0;
}

#define VF                                                               \
	": 0000:00:05.2 is a virtual function of 0000:00:05.0, and the " \
	"capture kernel creates no virtual functions by itself"

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
		{ "eth0", "0000:00:04.0" },
		{ "bond0.5", "0000:00:04.0 0000:00:04.1" },
		{ "/home/x", "0000:01:00.0" },
		{ "file:///home", "0000:01:00.0" },
		{ "/var/crash", "0000:00:04.1" },
		{ "192.0.2.7:/export", "0000:00:04.1" },
		{ "root@192.0.2.7", "0000:00:04.1" },
		{ "203.0.113.1:/x", "0000:00:04.0 0000:00:04.1" },
		{ "[2001:db8::7]:/x", "0000:00:04.1" },
		{ "root@2001:db8::7", "0000:00:04.1" },
		{ "nfs://dump@[2001:db8:ffff::1]:2049/x", "0000:00:04.0" },
		{ "[fe80::1%eth0]:/x", "0000:00:04.0" },
		{ "crash.example:/x", "0000:00:04.1" },
		{ "CRASH:/x", "0000:00:04.1" },
		{ "br-ex", "0000:00:04.0" },
		{ "nvme5n1", "0000:00:04.1" },
		{ "nvme6n1", "0000:00:03.0" },
		{ "sdj", "0000:00:04.0" },
		{ "sdk1", "0000:00:03.0 0000:00:02.0" },
		{ "/mnt/virtio/x", "0000:00:06.0" },
		{ "/srv/automount/x", "0000:00:03.0" },
		{ "/link/x", "9000000.sata" },
	};
	struct machine *m = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_resolved(m, cases[i].target, cases[i].endpoints, "");
}

static void test_doubts(void **state)
{
	static const struct {
		const char *target, *endpoints, *doubts;
	} cases[] = {
		{ "0000:00:1f.0", "",
		  "0000:00:1f.0: no device, disk or network interface has this name" },
		{ "UUID=none", "", "UUID=none: /dev/disk/by-uuid/none does not exist" },
		{ "UUID=evil", "", "UUID=evil: /dev/disk/by-uuid/evil does not exist" },
		{ "TYPE=xfs", "", "TYPE=xfs: TYPE= is not a tag of a disk" },
		{ "/dev/../etc/shadow", "", "/dev/../etc/shadow: this is not a valid dump target" },
		{ "zram0", "", "zram0: no PCI or platform device was found behind zram0" },
		{ "lo", "", "lo: no PCI or platform device was found behind lo" },
		{ "tun0", "", "tun0: no PCI or platform device was found behind tun0" },
		{ "", "", "an empty name: this is not a valid dump target" },
		{ "@:/x", "", ":/x: the target names no host" },
		/* Two disks that are below each other. */
		{ "dm-8", "", "dm-8: no PCI or platform device was found behind this target" },
		{ "vf0", "0000:00:05.0", "vf0" VF },
		{ "198.51.100.9:/x", "0000:00:05.0", "198.51.100.9:/x" VF },
		{ "nvme7n1", "0000:00:05.0", "nvme7n1" VF },
		{ "other.example:/x", "0000:00:04.0 0000:00:04.1",
		  "other.example:/x: the address of other.example is not known (no such "
		  "name): the default route is a guess" },
		{ "[2001:db9::1]:/x", "", "[2001:db9::1]:/x: no route to 2001:db9::1" },
		{ "/var/crash/local/x", "",
		  "/var/crash/local/x: /var/crash/local/x is on tmpfs, which is not "
		  "backed by a local disk" },
		{ "/mnt/ceph", "0000:00:04.0 0000:00:04.1",
		  "/mnt/ceph: the ceph mount does not name all of its servers" },
		{ "/mnt/auto", "",
		  "/mnt/auto: /mnt/auto is an automount that is not mounted: name the device" },
		{ "/data/x", "0000:01:00.0 0000:00:03.0",
		  "/data/x: /data is in /etc/fstab but is not mounted" },
		/* Links that lead to nowhere until that is mounted. */
		{ "/dump/x", "0000:01:00.0 0000:00:03.0",
		  "/dump/x: /data is in /etc/fstab but is not mounted" },
		{ "/dumps", "0000:01:00.0 0000:00:03.0",
		  "/dumps: /data is in /etc/fstab but is not mounted" },
	};
	struct machine *m = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_resolved(m, cases[i].target, cases[i].endpoints, cases[i].doubts);
}

static void test_hostile_links(void **state)
{
	struct machine *m = *state;
	char name[32];
	int i;

	machine_link(m, BLOCK "odd0", "../../../../etc/passwd");
	machine_link(m, BLOCK "odd1", "../../devices/../../../x/y");
	machine_write(m, BLOCK "odd2/uevent", "");
	expect_resolved(m, "odd0", "", "odd0: no device, disk or network interface has this name");
	expect_resolved(m, "odd1", "", "odd1: no device, disk or network interface has this name");
	expect_resolved(m, "odd2", "", "odd2: no PCI or platform device was found behind odd2");
	/* More below it than anybody has. */
	class_device(m, "block", "virtual/block/dm-50");
	for (i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "dm-%d", i + 100);
		slave(m, "dm-50", name);
	}
	machine_write(m, "etc/kdump.conf", "raw /dev/dm-50\n");
	machine_write(m, "dev/dm-50", "");
	{
		const char *const args[] = { NULL };
		struct run run;

		run_resolve(m, args, &run);
		assert_int_equal(run.code, EXIT_FINDINGS);
		assert_non_null(
			strstr(run.out,
			       "it has more than 512 disks, interfaces and mounts below it\n"));
		assert_non_null(strstr(run.out, "\nuncertain = and "));
		run_free(&run);
	}
}

/* One more controller than a drop-in holds: those that fit, and a word about it. */
static void test_too_many(void **state)
{
	struct machine *m = *state;
	char text[2400] = "", path[64], name[24];
	int i;

	class_device(m, "block", "virtual/block/md9");
	for (i = 0; i <= CONFIG_DEVICES_MAX; i++) {
		snprintf(path, sizeof(path), "pci0001:00/0001:00:%02x.0", i);
		bus_device(m, "pci", path);
		snprintf(path, sizeof(path), "pci0001:00/0001:00:%02x.0/nvme/nvme%d/nvme%dn1", i,
			 i + 100, i + 100);
		class_device(m, "block", path);
		snprintf(name, sizeof(name), "nvme%dn1", i + 100);
		slave(m, "md9", name);
		if (i < CONFIG_DEVICES_MAX)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "%s0001:00:%02x.0", i ? " " : "", i);
	}
	expect_resolved(m, "md9", text,
			"md9: more than 32 devices are needed, and only that many fit");
}

/* ---- kdump's own files, and what is configured ---- */

static void test_found(void **state)
{
	struct machine *m = *state;

	expect_resolved(m, NULL, "0000:01:00.0",
			"no kdump configuration was found: the root file system is a guess");
	machine_write(m, "etc/kdump.conf", "path /home\nfailure_action dump_to_rootfs\n");
	expect_resolved(m, NULL, "0000:01:00.0", "");
	machine_write(m, "etc/kdump.conf", "ext4 UUID=0c1d\nnet 192.0.2.7\n");
	expect_resolved(m, NULL, "0000:01:00.0", "/etc/kdump.conf: key \"net\" is not understood");
	machine_write(m, "etc/kdump.conf", "ext4 UUID=none\n");
	expect_resolved(m, NULL, "",
			"UUID=none (/etc/kdump.conf): /dev/disk/by-uuid/none does not exist");
	machine_remove(m, "etc/kdump.conf");
	machine_write(m, "etc/sysconfig/kdump",
		      "KDUMP_SAVEDIR=nfs://192.0.2.7/x\nKDUMP_NETCONFIG=auto\n");
	expect_resolved(m, NULL, "0000:00:04.1 0000:00:04.0", "");
	machine_remove(m, "etc/sysconfig/kdump");
	machine_write(m, "etc/default/kdump-tools", "KDUMP_COREDIR=/srv\n");
	expect_resolved(m, NULL, "9000000.sata 0000:01:00.0", "");
	/* The administrator's word is the only one. */
	machine_write(m, PATH_CONF, "[Dump]\ndevice = sda\n");
	expect_resolved(m, NULL, "0000:00:03.0", "");
	machine_write(m, PATH_CONF, "[Dump]\ndevice = sda ../x\n");
	expect_resolved(m, NULL, "0000:00:03.0",
			"/" PATH_CONF
			":2: device = ../x: is neither a device, a target, class= nor id=");
	machine_write(m, PATH_CONF, "[Dump]\ndevice = 0000:00:03.0 class=0x010802\n");
	expect_resolved(m, NULL, "0000:00:03.0",
			"0000:00:03.0 has class 0x010700 and id 1000:0097, and another device "
			"is configured");
}

/* Beside what is configured, what an image waits for. */
static void test_added(void **state)
{
	const char *const args[] = { "--add", "/dev/sdb", "--add", "eth0", NULL };
	const char *const bad[] = { "--add", "zram0", "sda", NULL };
	struct machine *m = *state;
	struct run run;

	machine_write(m, PATH_CONF, "[Dump]\ndevice = sda\n");
	run_resolve(m, args, &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out,
			       "device =\ndevice = 0000:00:03.0 class=0x010700 id=1000:0097\n"
			       "device = 9000000.sata\ndevice = 0000:00:04.0"));
	run_free(&run);
	run_resolve(m, bad, &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(strstr(run.err, "not certain: zram0: "));
	run_free(&run);
}

/* The daemon reads what is printed, to the letter. */
static void test_dropin(void **state)
{
	const char *const args[] = { "LABEL=a\\x20b", "192.0.2.7:/x", "zram0", NULL };
	struct machine *m = *state;
	struct config config;
	struct run run;

	run_resolve(m, args, &run);
	assert_non_null(strstr(run.out, "\n# 192.0.2.7:/x: 192.0.2.7 > eth1\n"));
	machine_write(m, PATH_CONF, "[Dump]\ndevice = /dev/mapper/x ../y\n");
	machine_write(m, PATH_CONF ".d/90-dump-path.conf", run.out);
	run_free(&run);
	config_load(&config, &m->root, -1, NULL);
	assert_int_equal(config.n_notes, 1);
	assert_int_equal(config.dump.count, 2);
	assert_string_equal(config.dump.device[0].name, "0000:00:03.0");
	assert_int_equal(config.dump.device[0].class_code, 0x010700);
	assert_int_equal(config.dump.device[0].product, 0x0097);
	assert_false(config.dump.device[1].has_class);
	assert_int_equal(config.dump.n_reasons, 1);
	assert_string_equal(config.dump.reason[0],
			    "zram0: no PCI or platform device was found behind zram0");
	assert_string_equal(config.target, "LABEL=a\\x20b");
}

/* Odd bytes and long names of others make no other line of it. */
static void test_dropin_hostile(void **state)
{
	const char *const args[] = { NULL };
	struct machine *m = *state;
	struct config config;
	struct run run;

	machine_write(m, "proc/self/mountinfo",
		      "20 1 0:99 / / rw - xfs /dev/x\\012device\\040=\\0400000:00:01.0 rw\n");
	machine_write(m, "etc/kdump.conf", "odd;key ; x\n");
	run_resolve(m, args, &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	machine_remove(m, "etc/kdump.conf");
	machine_write(m, PATH_CONF, run.out);
	run_free(&run);
	config_load(&config, &m->root, -1, NULL);
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.dump.count, 0);
	assert_string_equal(config.dump.reason[1],
			    "/etc/kdump.conf: key \"odd,key\" is not understood");
}

static void test_no_password(void **state)
{
	static const char *const targets[] = {
		"ftp://dump:secret@192.0.2.7/x",
		"cifs://dump:secret@none.example/x",
		"dump:secret@192.0.2.7:/x",
		"ftp://dump:sec/secret@x@192.0.2.7/x",
		"dump:secret@",
	};
	struct machine *m = *state;
	struct run run;
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		const char *const named[] = { targets[i], NULL }, *const none[] = { NULL };

		run_resolve(m, named, &run);
		assert_null(strstr(run.out, "secret"));
		assert_null(strstr(run.err, "secret"));
		run_free(&run);
		snprintf(text, sizeof(text), "KDUMP_SAVEDIR='%s'\n", targets[i]);
		machine_write(m, "etc/sysconfig/kdump", text);
		run_resolve(m, none, &run);
		assert_null(strstr(run.out, "secret"));
		assert_null(strstr(run.err, "secret"));
		run_free(&run);
	}
}

static void test_usage(void **state)
{
	const char *const help[] = { "--help", NULL }, *const bad[] = { "--bad", NULL };
	struct machine *m = *state;
	struct run run;

	run_resolve(m, help, &run);
	assert_int_equal(run.code, EXIT_DONE);
	assert_non_null(strstr(run.out, "usage: " NAME_RESOLVE));
	run_free(&run);
	run_resolve(m, bad, &run);
	assert_int_equal(run.code, EXIT_USAGE);
	assert_string_equal(run.out, "");
	run_free(&run);
	strcat(m->dir, "/none");
	run_resolve(m, help + 1, &run);
	*strrchr(m->dir, '/') = 0;
	assert_int_equal(run.code, EXIT_FAILED);
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(config_dump_is_bus_name("0000:00:02.0"));
	assert_true(config_dump_is_bus_name("9000000.sata"));
	assert_true(config_dump_is_bus_name("HISI0162:01"));
	assert_true(config_dump_is_bus_name("dpni.0"));
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_targets),  TEST(test_doubts),		TEST(test_hostile_links),
		TEST(test_too_many), TEST(test_found),		TEST(test_added),
		TEST(test_dropin),   TEST(test_dropin_hostile), TEST(test_no_password),
		TEST(test_usage),    TEST(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of smmu-adopt-resolve: a machine with most ways a disk or a network can hang on a
 * bus, and names for them.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/machine/config.h"
#include "lib/story/names.h"
#include "resolve/limit.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_resolve.h"

static const char disks[] =
	"pci pci0000:00/0000:00:01.0\n"
	"pci 0000:00:01.0/0000:01:00.0\n"
	"pci pci0000:00/0000:00:02.0\n"
	"pci pci0000:00/0000:00:03.0 class=0x010700 vendor=0x1000 device=0x0097\n"
	/* Two NVMe disks, one of them behind a root port. */
	"nvme 0000:01:00.0/nvme/nvme0\n"
	"block nvme0/nvme0n1\n"
	"block nvme0n1/nvme0n1p3 partition=3\n"
	"nvme 0000:00:02.0/nvme/nvme1\n"
	"block nvme1/nvme1n1\n"
	/* A disk behind a host adapter. */
	"block 0000:00:03.0/host0/target0:0:0/0:0:0:0/block/sda\n"
	/* dm-crypt on LVM on md on both NVMe disks. */
	"block virtual/block/md0 slaves/nvme0n1p3= slaves/nvme1n1=\n"
	"block virtual/block/dm-0 slaves/md0=\n"
	"block virtual/block/dm-1 slaves/dm-0= dm/name=luks-home\n"
	/* A namespace with two ways to it. */
	"block virtual/nvme-subsystem/nvme-subsys0/nvme3n1\n"
	"file sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0\n"
	"file sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme1\n"
	/* A platform disk. */
	"platform platform/9000000.sata\n"
	"block 9000000.sata/ata1/host1/block/sdb\n"
	/* Mapped memory inside a device with an IOMMU group. */
	"platform platform/a600000.usb\n"
	"link sys/devices/platform/a600000.usb/iommu_group ../../../kernel/iommu_groups/7\n"
	"platform a600000.usb/xhci-hcd.0.auto\n"
	"block xhci-hcd.0.auto/usb1/1-1/host2/block/sdc\n"
	/* In a file, in memory, and two that are below each other. */
	"block virtual/block/loop0 loop/backing_file=/srv/disk.img\n"
	"block virtual/block/zram0\n"
	"block virtual/block/dm-8 slaves/dm-9=\n"
	"block virtual/block/dm-9 slaves/dm-8=\n"
	/* Software iSCSI and NVMe over TCP. */
	"block platform/host5/session2/target5:0:0/5:0:0:1/block/sdi\n"
	"file sys/class/iscsi_connection/connection2:0/persistent_address 192.0.2.9\n"
	"nvme virtual/nvme-fabrics/ctl/nvme7 address=traddr=198.51.100.4,trsvcid=4420\n"
	"block virtual/nvme-subsystem/nvme-subsys7/nvme7n1\n"
	"file sys/devices/virtual/nvme-subsystem/nvme-subsys7/nvme7\n"
	/* NVMe over a network by interface and by Fibre Channel, iSCSI by interface. */
	"nvme virtual/nvme-fabrics/ctl/nvme5 transport=rdma"
	" address=traddr=203.0.113.4,trsvcid=4420,host_iface=eth1\n"
	"block nvme5/nvme5n1\n"
	"nvme virtual/nvme-fabrics/ctl/nvme6 transport=fc"
	" address=traddr=nn-0x1:pn-0x2,host_traddr=nn-0x20000090fa94:pn-0x10000090fa94\n"
	"block nvme6/nvme6n1\n"
	"fc_host 0000:00:03.0/host7/fc_host/host7 port_name=0x10000090fa94\n"
	"block platform/host6/session3/target6:0:0/6:0:0:1/block/sdj\n"
	"file sys/class/iscsi_host/host6/netdev eth0\n"
	/* btrfs on two disks. */
	"block 0000:00:02.0/ata3/host3/block/sdk\n"
	"block sdk/sdk1 partition=1\n"
	"block 0000:00:03.0/host8/block/sdl\n"
	"file sys/fs/btrfs/5f1c/devices/sdk1\n"
	"file sys/fs/btrfs/5f1c/devices/sdl\n"
	"file sys/fs/btrfs/features/raid56\n"
	/* A file system of the hypervisor. */
	"pci pci0000:00/0000:00:06.0\n"
	"virtio 0000:00:06.0/virtio3 device=0x001a\n";

static const char nets[] =
	"pci pci0000:00/0000:00:04.0\n"
	"pci pci0000:00/0000:00:04.1\n"
	"pci pci0000:00/0000:00:05.0\n"
	"pci pci0000:00/0000:00:05.2\n"
	"net 0000:00:04.0/net/eth0\n"
	"net 0000:00:04.1/net/eth1\n"
	"net virtual/net/bond0 lower_eth0= lower_eth1=\n"
	"net virtual/net/bond0.5 lower_bond0=\n"
	"net virtual/net/lo\n"
	"net 0000:00:05.2/net/vf0\n"
	"link sys/devices/pci0000:00/0000:00:05.2/net/vf0/device ../../../0000:00:05.2\n"
	"link sys/devices/pci0000:00/0000:00:05.2/physfn ../0000:00:05.0\n"
	/* Open vSwitch, and a tunnel. */
	"net virtual/net/ovs-system\n"
	"net virtual/net/br-ex\n"
	"net virtual/net/tun0 tun_flags=0x1002\n"
	"link sys/devices/pci0000:00/0000:00:04.0/net/eth0/master"
	" ../../../../virtual/net/ovs-system\n"
	"file etc/hosts 127.0.0.1 localhost\n"
	" # 198.51.100.9 crash\n"
	" 192.0.2.8\tCrash.example crash # x\n"
	"file proc/net/ipv6_route\n"
	" 20010db8000000000000000000000000 30 00000000000000000000000000000000 00"
	" 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth1\n"
	" 20010db8ffff00000000000000000000 30 00000000000000000000000000000000 00"
	" 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n"
	" 20010db8ffff00000000000000000000 30 00000000000000000000000000000000 00"
	" 00000000000000000000000000000000 00000200 00000001 00000000 00000001 eth1\n"
	" 00000000000000000000000000000000 00 00000000000000000000000000000000 00"
	" 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n"
	"file proc/net/route\n"
	" Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
	" bond0.5 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
	" eth1 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
	" vf0 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n";

static const char names[] =
	"link dev/disk/by-uuid/0c1d ../../nvme0n1p3\n"
	"link dev/disk/by-label/a\\x20b ../../sda\n"
	"link dev/disk/by-uuid/evil ../../../../../../etc/shadow\n"
	"link dev/mapper/vg-home ../dm-0\n"
	"file dev/mapper/luks-home\n"
	"file dev/sda\n"
	"file dev/sdb\n"
	"file proc/self/mountinfo\n"
	" 20 1 259:3 / / rw shared:1 - ext4 /dev/nvme0n1p3 rw\n"
	" 21 20 0:20 / /sys rw - sysfs sysfs rw\n"
	" 22 20 0:30 / /srv rw - xfs /dev/sdb rw\n"
	" 23 20 0:31 / /var/crash rw - nfs4 192.0.2.7:/export rw\n"
	" 24 23 0:32 / /var/crash/local rw - tmpfs tmpfs rw\n"
	" 25 20 0:33 / /mnt/virtio rw - virtiofs crashes rw\n"
	" 26 20 0:34 / /mnt/ceph rw - ceph 203.0.113.4:6789,203.0.113.5:6789:/x rw\n"
	" 27 20 0:35 / /mnt/auto rw - autofs auto.misc rw\n"
	" 28 22 0:36 / /srv/automount rw - autofs systemd-1 rw\n"
	" no line at all\n"
	"file etc/fstab\n"
	" # a comment\n"
	" UUID=0c1d / ext4 defaults 0 1\n"
	" /dev/sda /srv/automount xfs noauto,x-systemd.automount 0 0\n"
	" /dev/sda /data xfs noauto 0 0\n"
	"file srv/x/.keep\n"
	"link link srv/../srv/x\n"
	"link dump data/crash\n"
	"link dumps /dump/kept\n"
	"link sys/dev/block/259:3"
	" ../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p3\n";

static int set_up(void **state)
{
	(void)machine_set_up(state);
	mkmachine(*state, disks, NULL);
	mkmachine(*state, nets, NULL);
	mkmachine(*state, names, NULL);
	return 0;
}

#define VF \
	": 0000:00:05.2 is a virtual function of 0000:00:05.0, and the capture kernel creates no virtual functions by itself"

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
		  "other.example:/x: the address of other.example is not known (no such name): the default route is a guess" },
		{ "[2001:db9::1]:/x", "", "[2001:db9::1]:/x: no route to 2001:db9::1" },
		{ "/var/crash/local/x", "",
		  "/var/crash/local/x: /var/crash/local/x is on tmpfs, which is not backed by a local disk" },
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
	const char *const args[] = { NULL };
	struct machine *m = *state;
	struct run run;
	char line[64];
	int i;

	resolve_text(m, "link sys/class/block/odd0 ../../../../etc/passwd\n"
			"link sys/class/block/odd1 ../../devices/../../../x/y\n"
			"file sys/class/block/odd2/uevent\n"
			"finds odd0 -> ; odd0: no device, disk or network interface has this name\n"
			"finds odd1 -> ; odd1: no device, disk or network interface has this name\n"
			"finds odd2 -> ; odd2: no PCI or platform device was found behind odd2\n"
			"block virtual/block/dm-50\n"
			"file etc/kdump.conf raw /dev/dm-50\n"
			"file dev/dm-50\n");
	/* More below it than anybody has. */
	for (i = 0; i < 600; i++) {
		snprintf(line, sizeof(line), "file sys/class/block/dm-50/slaves/dm-%d", i + 100);
		mkmachine(m, line, NULL);
	}
	run_resolve(m, args, &run);
	assert_int_equal(run.code, EXIT_FINDINGS);
	assert_non_null(
		strstr(run.out, "it has more than 512 disks, interfaces and mounts below it\n"));
	assert_non_null(strstr(run.out, "\nuncertain = and "));
	run_free(&run);
}

/* One more controller than a drop-in holds: those that fit, and a word about it. */
static void test_too_many(void **state)
{
	struct machine *m = *state;
	char text[2400] = "", lines[256];
	int i;

	mkmachine(m, "block virtual/block/md9", NULL);
	for (i = 0; i <= CONFIG_DEVICES_MAX; i++) {
		snprintf(
			lines, sizeof(lines),
			"pci pci0001:00/0001:00:%02x.0\nblock 0001:00:%02x.0/nvme/nvme%d/nvme%dn1\n"
			"file sys/class/block/md9/slaves/nvme%dn1\n",
			i, i, i + 100, i + 100, i + 100);
		mkmachine(m, lines, NULL);
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
	resolve_text(
		*state,
		"finds -> 0000:01:00.0 ; no kdump configuration was found: the root file system is a guess\n"
		"file etc/kdump.conf path /home\n"
		" failure_action dump_to_rootfs\n"
		"finds -> 0000:01:00.0\n"
		"file etc/kdump.conf ext4 UUID=0c1d\n"
		" net 192.0.2.7\n"
		"finds -> 0000:01:00.0 ; /etc/kdump.conf: key \"net\" is not understood\n"
		"file etc/kdump.conf ext4 UUID=none\n"
		"finds -> ; UUID=none (/etc/kdump.conf): /dev/disk/by-uuid/none does not exist\n"
		"rm etc/kdump.conf\n"
		"file etc/sysconfig/kdump KDUMP_SAVEDIR=nfs://192.0.2.7/x\n"
		" KDUMP_NETCONFIG=auto\n"
		"finds -> 0000:00:04.1 0000:00:04.0\n"
		"rm etc/sysconfig/kdump\n"
		"file etc/default/kdump-tools KDUMP_COREDIR=/srv\n"
		"finds -> 9000000.sata 0000:01:00.0\n"
		/* The administrator's word is the only one. */
		"file " PATH_CONF " [Dump]\n device = sda\n"
		"finds -> 0000:00:03.0\n"
		"file " PATH_CONF " [Dump]\n device = sda ../x\n"
		"finds -> 0000:00:03.0 ; /" PATH_CONF
		":2: device = ../x: is neither a device, a target, class= nor id=\nfile " PATH_CONF
		" [Dump]\n"
		" device = 0000:00:03.0 class=0x010802\n"
		"finds -> 0000:00:03.0 ; 0000:00:03.0 has class 0x010700 and id 1000:0097, and another device is configured\n");
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

	machine_remove(m, "etc/fstab");
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

/* ---- what does not answer ---- */

/* The program at the clock of the tests. Its answer is in @buf. Returns its exit code. */
static int run_clocked(const char *const *args, char *buf, size_t cap)
{
	char path[600];
	const char *argv[8] = { path };
	int fds[2], status, argc = 1;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s", resolve_program());
	strcpy(strstr(path, "/resolve/"), "/tests/" NAME_RESOLVE);
	while (*args)
		argv[argc++] = *args++;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		execv(path, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	assert_true(pid > 0);
	status = fakeclock_wait(pid);
	assert_true(WIFEXITED(status));
	/* It is the end of the file that a caller waits for: nobody that was left behind keeps it
	 * open. */
	while (len + 1 < cap && (n = read(fds[0], buf + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = 0;
	close(fds[0]);
	return WEXITSTATUS(status);
}

/*
 * A file of sysfs that blocks who opens it, as any call may that comes to a disk or a server which
 * does not answer. Our own reader opens no FIFO; libudev does.
 */
static void test_blocked(void **state)
{
	struct machine *m = *state;
	const char *const args[] = { "--root", m->dir, "--", "sda", "nvme1n1", "sdb", NULL };
	static const char file[] = "sys/devices/pci0000:00/0000:00:02.0/nvme/nvme1/nvme1n1/uevent";
	char path[600], answer[4096];
	int code;

	machine_remove(m, file);
	(void)snprintf(path, sizeof(path), "%s/%s", m->dir, file);
	assert_int_equal(mkfifo(path, 0600), 0);
	fakeclock_start();
	code = run_clocked(args, answer, sizeof(answer));
	if (code == EXIT_FAILED && geteuid() != 0) {
		fakeclock_stop();
		skip(); /* trees need root or user namespaces, as run_resolve() says */
	}
	assert_int_equal(code, EXIT_FINDINGS);
	assert_in_range(fakeclock_ms(), RESOLVE_MS, RESOLVE_MS + 100);
	fakeclock_stop();
	/* What was found before it is told, and that the rest is not known. */
	assert_non_null(strstr(answer, "[Dump]\ndevice =\ndevice = 0000:00:03.0 "));
	assert_null(strstr(answer, "9000000.sata"));
	assert_non_null(strstr(answer, "\nuncertain = nvme1n1: no answer within 60 s: what is "
				       "missing here is not known\n"));
}

static void test_blocked_image(void **state)
{
	struct machine *m = *state;
	const char *const args[] = { "--root", m->dir, "--image", "/x", "--kernel", "6.1", NULL };
	char answer[400];

	machine_write(m, "x", "no image\n");
	fakeclock_start();
	assert_int_equal(run_clocked(args, answer, sizeof(answer)), EXIT_FAILED);
	fakeclock_stop();
	assert_non_null(strstr(answer, "/x cannot be listed"));
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
		TEST(test_targets),	  TEST(test_doubts),	     TEST(test_hostile_links),
		TEST(test_too_many),	  TEST(test_found),	     TEST(test_added),
		TEST(test_dropin),	  TEST(test_dropin_hostile), TEST(test_no_password),
		TEST(test_usage),	  TEST(test_words),	     TEST(test_blocked),
		TEST(test_blocked_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

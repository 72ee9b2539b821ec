// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of resolve/order.c: names that the kernel gives in the order of the probes. The daemon lets
 * the devices of the dump be probed first, and the capture environment must find its disks all the
 * same.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/support_resolve.h"

/* Three NVMe disks, three others of which two are behind one adapter, and two network cards. */
static int set_up(void **state)
{
	static const char machine[] =
		"pci pci0000:00/0000:00:01.0\n"
		"nvme 0000:00:01.0/nvme/nvme0\n"
		"block nvme0/nvme0n1\n"
		"block nvme0n1/nvme0n1p2 partition=2\n"
		"pci pci0000:00/0000:00:02.0\n"
		"nvme 0000:00:02.0/nvme/nvme1\n"
		"block nvme1/nvme1n1\n"
		"block nvme1n1/nvme1n1p2 partition=2\n"
		"pci pci0000:00/0000:00:03.0\n"
		"nvme 0000:00:03.0/nvme/nvme2\n"
		"block nvme2/nvme2n1\n"
		"pci pci0000:00/0000:00:04.0\n"
		"block 0000:00:04.0/host0/block/sda\n"
		"block sda/sda1 partition=1\n"
		"block 0000:00:04.0/host1/block/sdb\n"
		"block sdb/sdb1 partition=1\n"
		"pci pci0000:00/0000:00:05.0\n"
		"block 0000:00:05.0/host2/block/sdc\n"
		"block sdc/sdc1 partition=1\n"
		"pci pci0000:00/0000:00:08.0\n"
		"net 0000:00:08.0/net/eth0\n"
		"pci pci0000:00/0000:00:09.0\n"
		"net 0000:00:09.0/net/eth1\n"
		"file proc/net/route\n"
		" eth0 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		" eth1 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		"link sys/dev/block/259:2"
		" ../../devices/pci0000:00/0000:00:01.0/nvme/nvme0/nvme0n1/nvme0n1p2\n"
		"link sys/dev/block/259:5"
		" ../../devices/pci0000:00/0000:00:02.0/nvme/nvme1/nvme1n1/nvme1n1p2\n"
		"link sys/dev/block/8:1"
		" ../../devices/pci0000:00/0000:00:04.0/host0/block/sda/sda1\n"
		"link sys/dev/block/8:33"
		" ../../devices/pci0000:00/0000:00:05.0/host2/block/sdc/sdc1\n"
		"file etc/default/kdump-tools USE_KDUMP=1\n";

	(void)machine_set_up(state);
	mkmachine(*state, machine, NULL);
	return 0;
}

#define ANOTHER ", which is another one when the dump's devices are probed first"
#define ROOT_0 "file proc/self/mountinfo 20 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
#define ROOT_1 "file proc/self/mountinfo 20 1 259:5 / / rw - ext4 /dev/nvme1n1p2 rw\n"
#define LINE "/proc/cmdline names nvme1n1p2" ANOTHER

/* Debian's capture kernel has the running kernel's root=, and nvme1 alone would be nvme0. */
static void test_root(void **state)
{
	resolve_text(*state, ROOT_1
		     "file proc/cmdline quiet root=/dev/nvme1n1p2 ro\n"
		     "finds -> 0000:00:02.0 ; " LINE "\n"
		     "file proc/cmdline root=/dev/nvme1n1p2 noroot=1 root=UUID=1\n"
		     "finds -> 0000:00:02.0\n"
		     "file proc/cmdline xroot=/dev/nvme1n1p2\n"
		     "finds -> 0000:00:02.0\n"
		     /* Its own line, and what it adds to it. */
		     "file etc/default/kdump-tools KDUMP_CMDLINE=\"root=/dev/nvme1n1p2 ro\"\n"
		     "file dev/nvme1n1p2\n"
		     "finds -> 0000:00:02.0 ; /etc/default/kdump-tools names nvme1n1p2" ANOTHER "\n"
		     "file etc/default/kdump-tools KDUMP_CMDLINE=\"root=UUID=1 ro\"\n"
		     "link dev/disk/by-uuid/1 ../../nvme1n1p2\n"
		     "file proc/cmdline root=/dev/nvme1n1p2 ro\n"
		     "finds -> 0000:00:02.0\n"
		     "file etc/default/kdump-tools KDUMP_CMDLINE_APPEND=\"x root=/dev/nvme1n1p2\"\n"
		     "file proc/cmdline root=UUID=1 ro\n"
		     "finds -> 0000:00:02.0 ; /etc/default/kdump-tools names nvme1n1p2" ANOTHER
		     "\n");
}

/* The administrator tells the dump's device: the real root is booted all the same. */
static void test_configured(void **state)
{
	resolve_text(*state, ROOT_1 "file etc/smmu-adopt/smmu-adopt.conf [Dump]\n"
				    " device = nvme1n1\n"
				    "finds -> 0000:00:02.0\n"
				    "file proc/cmdline root=/dev/nvme1n1p2 ro\n"
				    "finds -> 0000:00:02.0 ; " LINE "\n"
				    "finds nvme1n1 -> 0000:00:02.0\n");
}

/* The first of its kind has its name whatever comes later. */
static void test_first(void **state)
{
	resolve_text(*state, ROOT_0 "file proc/cmdline root=/dev/nvme0n1p2 ro\n"
				    "finds -> 0000:00:01.0\n"
				    /* So have two, when they are the first two. */
				    "file etc/default/kdump-tools KDUMP_COREDIR=/srv/x\n"
				    "file proc/self/mountinfo\n"
				    " 20 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
				    " 21 20 259:5 / /srv rw - ext4 /dev/nvme1n1p2 rw\n"
				    "file etc/fstab /dev/nvme1n1p2 /srv ext4 defaults 0 0\n"
				    "finds -> 0000:00:02.0 0000:00:01.0\n");
}

/* What is mounted at boot may be another disk then, whether the dump needs it or not. */
static void test_fstab(void **state)
{
	resolve_text(*state,
		     ROOT_1 "file etc/fstab /dev/nvme2n1 /data ext4 defaults 0 0\n"
			    "finds -> 0000:00:02.0 ; /etc/fstab names nvme2n1" ANOTHER "\n"
			    "file etc/fstab /dev/nvme2n1 /data ext4 noauto 0 0\n"
			    " /dev/nvme0n1p1 none swap sw 0 0\n"
			    " /dev/mapper/sdc-1 /x ext4 defaults 0 0\n"
			    "finds -> 0000:00:02.0\n"
			    /* Of another kind, of which the dump needs none. */
			    "file etc/fstab /dev/sdc1 /data ext4 defaults 0 0\n"
			    "finds -> 0000:00:02.0\n"
			    "file etc/crypttab # a /dev/nvme2n1\n"
			    " a UUID=1 none\n"
			    "finds -> 0000:00:02.0\n"
			    "file etc/crypttab a /dev/nvme2n1 none luks\n"
			    "finds -> 0000:00:02.0 ; /etc/crypttab names nvme2n1" ANOTHER "\n");
}

/* Letters: two disks behind one adapter, and one behind another. */
static void test_letters(void **state)
{
	resolve_text(*state, "file proc/self/mountinfo 20 1 8:33 / / rw - ext4 /dev/sdc1 rw\n"
			     "file proc/cmdline root=/dev/sdc1\n"
			     "finds -> 0000:00:05.0 ; /proc/cmdline names sdc1" ANOTHER "\n"
			     "file proc/self/mountinfo 20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
			     "file proc/cmdline root=/dev/sda1\n"
			     "finds -> 0000:00:04.0\n"
			     "file etc/fstab /dev/sdb1 /b ext4 defaults 0 0\n"
			     " /dev/sdc1 /c ext4 defaults 0 0\n"
			     "finds -> 0000:00:04.0\n");
}

/* eth1 alone is eth0, where the real root sets up interfaces by name. */
static void test_interfaces(void **state)
{
	resolve_text(
		*state, ROOT_0
		"file etc/default/kdump-tools NFS=192.0.2.7:/x\n"
		"finds -> 0000:00:09.0 0000:00:01.0 ; the configuration of the network names eth1" ANOTHER
		"\n"
		"file etc/default/kdump-tools NFS=198.51.100.7:/x\n"
		"finds -> 0000:00:08.0 0000:00:01.0\n"
		/* kdump-utils has the image name it by its address. */
		"rm etc/default/kdump-tools\n"
		"file etc/kdump.conf nfs 192.0.2.7:/x\n"
		"finds -> 0000:00:09.0\n");
}

/* kdump-utils makes other names of what is in kdump.conf, but not of what it gives to dracut. */
static void test_kdump_conf(void **state)
{
	resolve_text(*state,
		     "rm etc/default/kdump-tools\n"
		     "file dev/nvme1n1p2\n"
		     "file etc/kdump.conf ext4 /dev/nvme1n1p2\n"
		     "file proc/cmdline root=/dev/nvme1n1p2\n"
		     "finds -> 0000:00:02.0\n"
		     "file etc/kdump.conf dracut_args --mount \"/dev/nvme1n1p2 /x ext4\"\n"
		     "finds -> 0000:00:02.0 ; /etc/kdump.conf names nvme1n1p2" ANOTHER "\n"
		     "file etc/kdump.conf ext4 /dev/nvme1n1p2\n"
		     "file etc/sysconfig/kdump KDUMP_COMMANDLINE_APPEND=\"root=/dev/nvme1n1p2\"\n"
		     "finds -> 0000:00:02.0 ; /etc/kdump.conf names nvme1n1p2" ANOTHER "\n");
}

/* The image waits for a root= that the administrator adds; kdump-utils removes the other one. */
static void test_added_root(void **state)
{
	resolve_text(*state,
		     "rm etc/default/kdump-tools\n"
		     "link dev/disk/by-uuid/1 ../../nvme0n1p2\n"
		     "file etc/kdump.conf nfs 192.0.2.7:/x\n"
		     "file etc/sysconfig/kdump KDUMP_COMMANDLINE=\"root=UUID=2\"\n"
		     "finds -> 0000:00:09.0\n"
		     "file etc/sysconfig/kdump KDUMP_COMMANDLINE_APPEND=\"irqpoll root=UUID=1\"\n"
		     "finds -> 0000:00:09.0 0000:00:01.0\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_root),       TEST(test_configured), TEST(test_first),
		TEST(test_fstab),      TEST(test_letters),    TEST(test_interfaces),
		TEST(test_kdump_conf), TEST(test_added_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	char path[80], lines[400];
	int i;

	(void)machine_set_up(state);
	for (i = 1; i <= 4; i++) {
		char letter = (char)('a' + i - 1);

		snprintf(path, sizeof(path), "pci0000:00/0000:00:%02d.0/host%d/block/sd%c", i, i,
			 letter);
		snprintf(lines, sizeof(lines),
			 "pci pci0000:00/0000:00:%02d.0\nblock %s\nfile dev/sd%c\n"
			 "link sys/dev/block/8:%d ../../devices/%s\n",
			 i, path, letter, 16 * (i - 1), path);
		mkmachine(*state, lines, NULL);
	}
	return 0;
}

/* NXP's LS1028A: a port hangs on the switch, which is a function of its own. */
static void test_switch_port(void **state)
{
	resolve_text(*state, "net 0000:00:02.0/net/swp0 lower_eno2=\n"
			     "net 0000:00:01.0/net/eno2\n"
			     "finds swp0 -> 0000:00:02.0 0000:00:01.0\n");
}

static void test_bcachefs(void **state)
{
	resolve_text(*state, "file proc/self/mountinfo\n"
			     " 20 1 8:0 / / rw - bcachefs /dev/sda:/dev/sdb:/dev/sdc rw\n"
			     " 21 20 0:40 / /other rw - bcachefs /dev/sdb:/dev/sdd rw\n"
			     "finds /var/crash -> 0000:00:01.0 0000:00:02.0 0000:00:03.0\n"
			     "finds /other -> 0000:00:02.0 0000:00:04.0\n"
			     "file proc/self/mountinfo 20 1 8:0 / / rw - bcachefs none rw\n"
			     "finds / -> ; /: none is not a disk of bcachefs\n");
}

/* A log or a part of the data elsewhere: the target may be the disk, or a folder on it. */
static void test_log_elsewhere(void **state)
{
	resolve_text(*state, "file proc/self/mountinfo\n"
			     " 20 1 8:0 / / rw - xfs /dev/sda rw,logdev=/dev/sdb,rtdev=/dev/sdc\n"
			     "finds /var/crash -> 0000:00:01.0 0000:00:02.0 0000:00:03.0\n"
			     "file sys/class/block/sda/uevent MAJOR=8\n MINOR=0\n"
			     "finds /dev/sda -> 0000:00:01.0 0000:00:02.0 0000:00:03.0\n");
}

/* The server is known by its mount; its name is looked up again by another way. */
static void test_name_servers(void **state)
{
	resolve_text(
		*state,
		"net 0000:00:01.0/net/store\n"
		"net 0000:00:02.0/net/mgmt\n"
		"file proc/net/route\n"
		" store 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		" mgmt 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
		"file proc/self/mountinfo\n"
		" 20 1 0:31 / /srv rw - nfs4 filer:/x rw,addr=192.0.2.7\n"
		"finds filer:/x -> 0000:00:01.0\n"
		"file etc/resolv.conf search x\n"
		" nameserver 198.51.100.3\n"
		"finds filer:/x -> 0000:00:01.0 0000:00:02.0\n"
		"file etc/resolv.conf nameserver 127.0.0.53\n"
		"finds filer:/x -> 0000:00:01.0 ; filer:/x: the name server for filer is not known\n"
		"file run/systemd/resolve/resolv.conf nameserver 198.51.100.3\n"
		"finds filer:/x -> 0000:00:01.0 0000:00:02.0\n"
		"file etc/hosts 192.0.2.7 filer\n"
		"finds filer:/x -> 0000:00:01.0\n");
}

/* The disk of a journal, which no option of the mount tells. */
static void test_journal_elsewhere(void **state)
{
	resolve_text(*state,
		     "file proc/self/mountinfo\n"
		     " 20 1 8:0 / / rw - ext4 /dev/sda rw\n"
		     " 21 20 8:48 / /f rw - f2fs /dev/sdd rw\n"
		     "finds /x -> 0000:00:01.0\n"
		     "file proc/fs/jbd2/sdb/info\n"
		     "file proc/fs/jbd2/sdc-8/info\n"
		     "finds /x -> 0000:00:02.0 0000:00:01.0\n"
		     "file proc/fs/jbd2/sda-8/info\n"
		     "finds /x -> 0000:00:01.0\n"
		     "finds /f -> 0000:00:04.0 ; /f: f2fs may need more than the disk it is "
		     "mounted from\n");
}

/* What is mounted by hand, and what a system that boots mounts there. */
static void test_other_in_fstab(void **state)
{
	resolve_text(*state, "file proc/self/mountinfo\n"
			     " 20 1 8:0 / / rw - xfs /dev/sda rw\n"
			     " 21 20 8:16 / /var/crash rw - xfs /dev/sdb rw\n"
			     "file etc/fstab UUID=1 /var/crash xfs defaults 0 0\n"
			     "finds /var/crash -> 0000:00:02.0\n"
			     "link dev/disk/by-uuid/1 ../../sdb\n"
			     "finds /var/crash -> 0000:00:02.0\n"
			     "rm dev/disk/by-uuid/1\n"
			     "link dev/disk/by-uuid/1 ../../sdc\n"
			     "finds /var/crash -> 0000:00:02.0 0000:00:03.0\n");
}

/* kdump looks up again what the mount names, and gets another address. */
static void test_server_with_two(void **state)
{
	resolve_text(*state, "net 0000:00:01.0/net/one\n"
			     "net 0000:00:02.0/net/two\n"
			     "file proc/net/route\n"
			     " one 000200C0 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
			     " two 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
			     "file etc/hosts 198.51.100.7 filer\n"
			     "file proc/self/mountinfo\n"
			     " 20 1 0:31 / / rw - nfs4 filer:/x rw,addr=192.0.2.7\n"
			     "finds /x -> 0000:00:01.0 0000:00:02.0\n"
			     /* A session whose portal sent it elsewhere. */
			     "block platform/host5/session2/target5:0:0/5:0:0:1/block/sdi\n"
			     "file sys/class/iscsi_connection/connection2:0/persistent_address "
			     "192.0.2.9\n"
			     "file sys/class/iscsi_connection/connection2:0/address 198.51.100.9\n"
			     "finds sdi -> 0000:00:01.0 0000:00:02.0\n");
}

/* Debian's capture kernel boots the root file system that its own line names. */
static void test_other_root(void **state)
{
	resolve_text(*state,
		     "file proc/self/mountinfo\n"
		     " 20 1 8:0 / / rw - xfs /dev/sda rw\n"
		     "link dev/disk/by-uuid/b ../../sdb\n"
		     "link dev/disk/by-uuid/c ../../sdc\n"
		     "file etc/default/kdump-tools KDUMP_CMDLINE=\"root=UUID=c ro root=UUID=b\"\n"
		     "finds -> 0000:00:01.0 0000:00:02.0\n"
		     "file etc/default/kdump-tools KDUMP_CMDLINE_APPEND=\"root=UUID=c\"\n"
		     "finds -> 0000:00:01.0 0000:00:03.0\n");
}

/* A file of kdump that cannot be read is not a file that is not there. */
static void test_unreadable(void **state)
{
	resolve_text(*state,
		     "file proc/self/mountinfo\n"
		     " 20 1 8:0 / / rw - xfs /dev/sda rw\n"
		     "file etc/kdump.conf/x\n"
		     "finds -> 0000:00:01.0 ; /etc/kdump.conf: Input/output error\n"
		     "rm etc/kdump.conf/x\n"
		     "rm etc/kdump.conf\n"
		     "link etc/kdump.conf kdump.conf\n"
		     "finds -> 0000:00:01.0 ; /etc/kdump.conf: Too many levels of symbolic links\n"
		     "rm etc/kdump.conf\n"
		     "file etc/kdump.conf path\n"
		     "finds -> 0000:00:01.0 ; /etc/kdump.conf: key \"path\" has no value\n");
}

/*
 * A group is activated by itself once all of its disks are there: sda has the volume, sdb another
 * one, sdc none yet, and sdd is of another group.
 */
static void test_volume_group(void **state)
{
#define VG_A "LVM-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define VG_B "LVM-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	resolve_text(*state, "block virtual/block/dm-0 dm/name=vg-root slaves/sda="
			     " dm/uuid=" VG_A "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\n"
			     "block virtual/block/dm-1 dm/name=vg-data slaves/sdb= slaves/dm-0="
			     " dm/uuid=" VG_A "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD\n"
			     "block virtual/block/dm-2 dm/name=other-x slaves/sdd="
			     " dm/uuid=" VG_B "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO\n"
			     "finds dm-0 -> 0000:00:01.0 0000:00:02.0\n"
			     "finds dm-2 -> 0000:00:04.0\n"
			     "file sys/class/block/sda/holders/dm-0\n"
			     "file run/lvm/pvs_online/Pa 8:0\n vg:vg\n dev:/dev/sda\n"
			     "file run/lvm/pvs_online/Pb 8:16\n vg:vg\n"
			     "file run/lvm/pvs_online/Pc 8:32\n vg:vg\n"
			     "file run/lvm/pvs_online/Pd 8:48\n vg:vg2\n"
			     "file run/lvm/pvs_online/Pe 8:64\n vg:vg\n"
			     "file run/lvm/pvs_online/odd 8:48\n"
			     "finds dm-0 -> 0000:00:01.0 0000:00:02.0 0000:00:03.0\n");
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

	resolve_text(
		m,
		"file proc/self/mountinfo 20 1 8:16 / / rw - ext4 /dev/sdb rw\n"
		"link dev/disk/by-label/keys ../../sdd\n"
		"block virtual/block/dm-0 dm/name=safe dm/uuid=CRYPT-LUKS2-0123-safe slaves/sda=\n"
		"finds dm-0 -> 0000:00:01.0 ; " UNKNOWN "\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine_write(m, "etc/crypttab", cases[i].line);
		expect_resolved(m, "dm-0", cases[i].devices, cases[i].doubts);
	}
}

/* Below a host bridge of a device tree an adapter that does iSCSI by itself is one, too. */
static void test_adapter_of_device_tree(void **state)
{
	resolve_text(*state,
		     "pci platform/40000000.pcie/pci0001:00/0001:00:01.0\n"
		     "block 0001:00:01.0/host9/session4/target9:0:0/9:0:0:1/block/sdz\n"
		     "file sys/class/iscsi_connection/connection4:0/persistent_address 192.0.2.9\n"
		     "net 0000:00:02.0/net/eth0\n"
		     "file proc/net/route eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
		     "finds sdz -> 0001:00:01.0\n");
}

/* Nine addresses of one host, and seventeen ways to one. */
static void test_more_than_fit(void **state)
{
	char text[4096], have[512] = "";
	struct machine *m = *state;
	int i, len;

	len = snprintf(text, sizeof(text),
		       "net 0000:00:02.0/net/eth0\n"
		       "file proc/net/route eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
		       "file etc/hosts\n");
	for (i = 1; i <= 9; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " 192.0.2.%d crash\n", i);
	mkmachine(m, text, NULL);
	expect_resolved(m, "crash:/x", "0000:00:02.0",
			"crash:/x: crash has more addresses or routes than are looked at");
	for (len = i = 0; i < 17; i++) {
		len += snprintf(text + len, sizeof(text) - (size_t)len,
				"pci pci0002:00/0002:00:%02x.0\nnet 0002:00:%02x.0/net/e%d\n", i, i,
				i);
		if (i < 16)
			snprintf(have + strlen(have), sizeof(have) - strlen(have),
				 "%s0002:00:%02x.0", i ? " " : "", i);
	}
	len += snprintf(text + len, sizeof(text) - (size_t)len, "file proc/net/route\n");
	for (i = 0; i < 17; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len,
				" e%d 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n", i);
	mkmachine(m, text, NULL);
	expect_resolved(m, "192.0.2.1:/x", have,
			"192.0.2.1:/x: 192.0.2.1 has more addresses or routes than are looked at");
}

/* A command that runs before the dump may need anything, and its failure costs the dump. */
static void test_commands_before(void **state)
{
	resolve_text(
		*state,
		"file etc/kdump.conf raw /dev/sda\n"
		" kdump_post /bin/x\n"
		" kdump_pre /bin/y\n"
		"finds -> 0000:00:01.0 ; /etc/kdump.conf: the devices that kdump_pre /bin/y needs are not known\n"
		"file etc/kdump.conf raw /dev/sda\n"
		" dracut_args --add-fstab /etc/x\n"
		"finds -> 0000:00:01.0 ; /etc/kdump.conf: the file of --add-fstab is not read\n"
		"rm etc/kdump.conf\n"
		"file proc/self/mountinfo 20 1 8:16 / / rw - ext4 /dev/sdb rw\n"
		"file etc/sysconfig/kdump KDUMP_SAVEDIR=/x\n"
		" KDUMP_PRESCRIPT='ping y'\n"
		"finds -> 0000:00:02.0 ; /etc/sysconfig/kdump: the devices that KDUMP_PRESCRIPT needs are not known\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_switch_port),
		TEST(test_bcachefs),
		TEST(test_journal_elsewhere),
		TEST(test_other_in_fstab),
		TEST(test_server_with_two),
		TEST(test_other_root),
		TEST(test_unreadable),
		TEST(test_volume_group),
		TEST(test_key),
		TEST(test_more_than_fit),
		TEST(test_adapter_of_device_tree),
		TEST(test_commands_before),
		TEST(test_log_elsewhere),
		TEST(test_name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

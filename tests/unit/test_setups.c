// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of smmu-adopt-resolve: whole setups as people run them (kinds found in public files and
 * threads; all names are made up). Each must be answered rightly, or be uncertain.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/support_resolve.h"

#define A "0000:01:00.0" /* nvme0 */
#define B "0000:02:00.0" /* nvme1 */
#define SAS "0000:03:00.0"
#define FC0 "0000:04:00.0"
#define FC1 "0000:04:00.1"
#define NIC0 "0000:05:00.0" /* ens5f0, storage */
#define NIC1 "0000:05:00.1" /* ens5f1, storage */
#define MGMT "0000:06:00.0" /* eno1, the default route */
#define USB "0000:07:00.0"

static const char machine[] = "pci pci0000:00/" A "\n"
			      "nvme " A "/nvme/nvme0\n"
			      "block nvme0/nvme0n1\n"
			      "block nvme0n1/nvme0n1p1 partition=1\n"
			      "block nvme0n1/nvme0n1p2 partition=2\n"
			      "block nvme0n1/nvme0n1p3 partition=3\n"
			      "pci pci0000:00/" B "\n"
			      "nvme " B "/nvme/nvme1\n"
			      "block nvme1/nvme1n1\n"
			      "block nvme1n1/nvme1n1p1 partition=1\n"
			      "block nvme1n1/nvme1n1p2 partition=2\n"
			      "pci pci0000:00/" SAS "\n"
			      "block " SAS "/host0/target0:2:0/0:2:0:0/block/sda\n"
			      "block sda/sda1 partition=1\n"
			      "block " SAS "/host0/target0:2:1/0:2:1:0/block/sdb\n"
			      "pci pci0000:00/" FC0 "\n"
			      "pci pci0000:00/" FC1 "\n"
			      "block " FC0 "/host4/rport-4:0-0/target4:0:0/4:0:0:0/block/sdc\n"
			      "block " FC1 "/host5/rport-5:0-0/target5:0:0/5:0:0:0/block/sdd\n"
			      "pci pci0000:00/" NIC0 "\n"
			      "pci pci0000:00/" NIC1 "\n"
			      "pci pci0000:00/" MGMT "\n"
			      "net " NIC0 "/net/ens5f0 type=1 ifindex=2 iflink=2\n"
			      "net " NIC1 "/net/ens5f1 type=1 ifindex=3 iflink=3\n"
			      "net " MGMT "/net/eno1 type=1 ifindex=4 iflink=4\n"
			      "pci pci0000:00/" USB "\n"
			      "block " USB "/usb1/1-1/1-1:1.0/host9/target9:0:0/9:0:0:0/block/sde\n"
			      "block sde/sde1 partition=1\n"
			      "file proc/net/route\n"
			      " eno1 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
			      " ens5f0 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
			      "link sys/dev/block/259:3 ../../class/block/nvme0n1p3\n"
			      "link sys/dev/block/259:5 ../../class/block/nvme1n1p2\n"
			      "link sys/dev/block/8:1 ../../class/block/sda1\n"
			      "link sys/dev/block/8:16 ../../class/block/sdb\n"
			      "link dev/disk/by-uuid/0a17-root ../../nvme0n1p3\n"
			      "link dev/disk/by-uuid/5d2f-data ../../sda1\n"
			      "link dev/disk/by-partuuid/77aa-03 ../../nvme0n1p3\n"
			      "link dev/disk/by-partlabel/crash\\x20dumps ../../nvme1n1p2\n"
			      "link dev/disk/by-label/CRASH\\x20DISK ../../sda1\n"
			      "link dev/disk/by-label/KEYS ../../sde1\n"
			      "link dev/disk/by-path/pci-" B "-nvme-1-part2 ../../nvme1n1p2\n"
			      "link dev/disk/by-id/wwn-0x5000c500a1b2-part1 ../../sda1\n";

#define ROOT_A " 20 1 259:3 / / rw,relatime - ext4 /dev/nvme0n1p3 rw\n"
#define VG "LVM-0123456789abcdef0123456789abcdef"
#define KDUMP_TOOLS "file etc/default/kdump-tools USE_KDUMP=1\n KDUMP_COREDIR=\"/var/crash\"\n"
#define KDUMP_CONF "file etc/kdump.conf path /var/crash\n"
#define CRYPT(m) \
	"/var/crash (/etc/kdump.conf): " m " is encrypted, and the source of its key is not known"

static const struct setup {
	const char *name, *text;
} setups[] = {
	{ "RHEL: LVM on two NVMe mirrored by md",
	  "block virtual/block/md127 slaves/nvme0n1p3= slaves/nvme1n1p2=\n"
	  "block virtual/block/dm-0 dm/name=rhel-root slaves/md127= dm/uuid=" VG "r\n"
	  "link sys/dev/block/253:0 ../../class/block/dm-0\n"
	  "file proc/self/mountinfo 20 1 253:0 / / rw - xfs /dev/mapper/rhel-root rw\n" KDUMP_CONF
	  "finds -> " A " " B "\n" },
	{ "RHEL: LVM on LUKS, the passphrase is typed",
	  "block virtual/block/dm-0 dm/name=luks-1 slaves/nvme0n1p3= dm/uuid=CRYPT-LUKS2-1-luks-1\n"
	  "block virtual/block/dm-1 dm/name=rhel-root slaves/dm-0= dm/uuid=" VG "r\n"
	  "link sys/dev/block/253:1 ../../class/block/dm-1\n"
	  "file etc/crypttab luks-1 UUID=1 none discard\n"
	  "file proc/self/mountinfo 20 1 253:1 / / rw - xfs /dev/mapper/rhel-root rw\n" KDUMP_CONF
	  "finds -> " A " ; " CRYPT("dm-0") "\n" },
	{ "Debian: LUKS on md, the key is on a stick",
	  "block virtual/block/md0 slaves/sda1= slaves/sdb=\n"
	  "block virtual/block/dm-0 dm/name=data slaves/md0= dm/uuid=CRYPT-LUKS2-2-data\n"
	  "link sys/dev/block/253:0 ../../class/block/dm-0\n"
	  "file etc/crypttab data UUID=2 /data.key:LABEL=KEYS luks\n"
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 253:0 / /var/crash rw - ext4 /dev/mapper/data rw\n" KDUMP_TOOLS "finds -> " SAS
	  " " USB " " A "\n" },
	{ "RHEL: root on a LUN with two Fibre Channel paths, a partition of it",
	  "block virtual/block/dm-0 dm/name=mpatha slaves/sdc= slaves/sdd= dm/uuid=mpath-3600508b\n"
	  "block virtual/block/dm-1 dm/name=mpatha3 slaves/dm-0= dm/uuid=part3-mpath-3600508b\n"
	  "link sys/dev/block/253:1 ../../class/block/dm-1\n"
	  "file proc/self/mountinfo 20 1 253:1 / / rw - xfs /dev/mapper/mpatha3 rw\n" KDUMP_CONF
	  "finds -> " FC0 " " FC1 "\n"
	  "link dev/mapper/mpatha3 ../dm-1\n"
	  "file etc/kdump.conf raw /dev/mapper/mpatha3\n"
	  "finds -> " FC0 " " FC1 "\n" },
	{ "SUSE: btrfs on two disks, a subvolume for /var/crash",
	  "file sys/fs/btrfs/99/devices/nvme0n1p3\n"
	  "file sys/fs/btrfs/99/devices/sda1\n"
	  "file proc/self/mountinfo 20 1 0:31 /@/root / rw - btrfs /dev/nvme0n1p3 rw,subvol=/@/root\n"
	  " 21 20 0:31 /@/var /var rw - btrfs /dev/nvme0n1p3 rw,subvol=/@/var\n"
	  "file dev/nvme0n1p3\n"
	  "file etc/sysconfig/kdump KDUMP_SAVEDIR=\"file:///var/crash\"\n KDUMP_NETCONFIG=\"auto\"\n"
	  "finds -> " A " " SAS "\n" },
	{ "bcache: an NVMe caches a disk",
	  "block virtual/block/bcache0 slaves/sdb= slaves/nvme1n1p1=\n"
	  "link sys/dev/block/252:0 ../../class/block/bcache0\n"
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 252:0 / /var rw - ext4 /dev/bcache0 rw\n" KDUMP_CONF "finds -> " SAS " " B "\n" },
	{ "root on iSCSI with two portals",
	  "block platform/host7/session1/target7:0:0/7:0:0:1/block/sdf\n"
	  "block platform/host8/session2/target8:0:0/8:0:0:1/block/sdg\n"
	  "file sys/class/iscsi_connection/connection1:0/persistent_address 198.51.100.20\n"
	  "file sys/class/iscsi_connection/connection2:0/persistent_address 203.0.113.20\n"
	  "file sys/class/iscsi_host/host7/netdev default\n"
	  "file proc/net/route\n"
	  " eno1 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
	  " ens5f0 006433C6 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
	  " ens5f1 007100CB 00000000 0001 0 0 100 00FFFFFF 0 0 0\n"
	  "block virtual/block/dm-0 dm/name=mpathb slaves/sdf= slaves/sdg= dm/uuid=mpath-3600140\n"
	  "link sys/dev/block/253:0 ../../class/block/dm-0\n"
	  "file proc/self/mountinfo 20 1 253:0 / / rw - xfs /dev/mapper/mpathb rw\n" KDUMP_CONF
	  "finds -> " NIC0 " " NIC1 "\n" },
	{ "NVMe over TCP with two controllers, one of them told its interface",
	  "nvme virtual/nvme-fabrics/ctl/nvme8 transport=tcp"
	  " address=traddr=198.51.100.30,trsvcid=4420,src_addr=198.51.100.3\n"
	  "nvme virtual/nvme-fabrics/ctl/nvme9 transport=tcp"
	  " address=traddr=203.0.113.30,trsvcid=4420,host_iface=ens5f1\n"
	  "block virtual/nvme-subsystem/nvme-subsys8/nvme8n1\n"
	  "file sys/devices/virtual/nvme-subsystem/nvme-subsys8/nvme8\n"
	  "file sys/devices/virtual/nvme-subsystem/nvme-subsys8/nvme9\n"
	  "link dev/disk/by-id/nvme-uuid.4711 ../../nvme8n1\n"
	  "file etc/kdump.conf xfs /dev/disk/by-id/nvme-uuid.4711\n"
	  "finds -> " NIC1 " " NIC0 "\n" },
	{ "NFS by a VLAN on a bond",
	  "net virtual/net/bond0 lower_ens5f0= lower_ens5f1= type=1\n"
	  "net virtual/net/bond0.100 lower_bond0= type=1\n"
	  "file proc/net/route bond0.100 006433C6 00000000 0001 0 0 400 00FFFFFF 0 0 0\n"
	  "file etc/kdump.conf nfs 198.51.100.9:/srv/kdump\n path /node1\n extra_bins /sbin/mount.nfs\n"
	  "finds -> " NIC0 " " NIC1 "\n" },
	{ "ssh by a bridge of a host of virtual machines",
	  "net virtual/net/vnet0 tun_flags=0x1002 type=1\n"
	  "net virtual/net/br0 lower_eno1= lower_vnet0= type=1\n"
	  "file proc/net/route br0 00000000 010200C0 0003 0 0 425 00000000 0 0 0\n"
	  "file etc/kdump.conf ssh kdump@192.0.2.40\n sshkey /root/.ssh/kdump_id_rsa\n"
	  "finds -> " MGMT " ; 192.0.2.40 (/etc/kdump.conf): no PCI or platform device was found"
	  " behind vnet0\n" },
	{ "team of two ports",
	  "net virtual/net/team0 lower_ens5f0= lower_ens5f1= type=1\n"
	  "file proc/net/route team0 00000000 010200C0 0003 0 0 350 00000000 0 0 0\n"
	  "file etc/kdump.conf ssh kdump@203.0.113.40\n"
	  "finds -> " NIC0 " " NIC1 "\n" },
	{ "macvlan", "net virtual/net/mac0 lower_eno1= type=1 ifindex=9 iflink=4\n"
		     "file proc/net/route mac0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n"
		     "file etc/kdump.conf nfs 203.0.113.40:/x\n"
		     "finds -> " MGMT "\n" },
	{ "Open vSwitch beside tunnels of other kinds: the port is not theirs",
	  "net virtual/net/ovs-system type=1\n"
	  "net virtual/net/br-ex type=1 ifindex=8 iflink=8\n"
	  "link sys/class/net/ens5f0/master ../ovs-system\n"
	  "net virtual/net/wg0 type=65534 uevent=DEVTYPE=wireguard\n"
	  "net virtual/net/vx0 type=1 uevent=DEVTYPE=vxlan\n"
	  "net virtual/net/gre1 type=778\n"
	  "net virtual/net/veth0 type=1 ifindex=20 iflink=21\n"
	  "finds br-ex -> " NIC0 "\n"
	  "finds wg0 -> ; wg0: no PCI or platform device was found behind wg0\n"
	  "finds vx0 -> ; vx0: no PCI or platform device was found behind vx0\n"
	  "finds gre1 -> ; gre1: no PCI or platform device was found behind gre1\n"
	  "finds veth0 -> ; veth0: no PCI or platform device was found behind veth0\n" },
	{ "root on ZFS",
	  "file proc/self/mountinfo 20 1 0:28 / / rw - zfs rpool/ROOT/debian rw,xattr\n" KDUMP_CONF
	  "finds -> ; /var/crash (/etc/kdump.conf): /var/crash is on zfs, which is not backed by a"
	  " local disk\n" },
	{ "root is an overlay, /var/crash a link to a disk",
	  "file proc/self/mountinfo 20 1 0:22 / / rw - overlay LiveOS_rootfs rw,upperdir=/x\n"
	  " 21 20 8:1 / /crash rw - xfs /dev/sda1 rw\n"
	  "link var/crash /crash\n"
	  "file crash/.keep\n" KDUMP_CONF "finds -> " SAS "\n"
	  "rm var/crash\n"
	  "finds -> ; /var/crash (/etc/kdump.conf): /var/crash is on overlay, which is not backed by"
	  " a local disk\n" },
	{ "an automount of systemd for NFS",
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 0:40 / /var/crash rw - autofs systemd-1 rw,fd=43,pgrp=1,direct\n"
	  "file etc/fstab filer:/crash /var/crash nfs noauto,x-systemd.automount,_netdev 0 0\n"
	  "file etc/hosts 198.51.100.9 filer filer.example\n" KDUMP_CONF "finds -> " NIC0 "\n" },
	{ "raw, by path", "file etc/kdump.conf raw /dev/disk/by-path/pci-" B "-nvme-1-part2\n"
			  "finds -> " B "\n" },
	{ "names with blanks, quotes",
	  "file etc/kdump.conf ext4 \"PARTLABEL=crash\\x20dumps\"\n"
	  "finds -> " B "\n"
	  "file etc/kdump.conf ext4 UUID=\"5d2f-data\"\n"
	  "finds -> " SAS "\n"
	  "file etc/kdump.conf ext4 LABEL=\"CRASH DISK\"\n"
	  "finds -> ; /etc/kdump.conf: LABEL=CRASH DISK is not understood as a dump target\n"
	  "rm etc/kdump.conf\n"
	  "file proc/self/mountinfo\n" ROOT_A " 21 20 0:41 / /srv rw - autofs systemd-1 rw\n"
	  "file etc/fstab LABEL=CRASH\\040DISK /srv xfs noauto,x-systemd.automount 0 0\n"
	  "file etc/kdump.conf path /srv/crash\n"
	  "finds -> " SAS "\n"
	  "file etc/fstab UUID=\"5d2f-data\" /srv xfs noauto,x-systemd.automount 0 0\n"
	  "finds -> " SAS "\n" },
	{ "Debian: root=PARTUUID=",
	  "file proc/self/mountinfo\n" ROOT_A "file proc/cmdline root=PARTUUID=77aa-03 ro quiet\n"
	  "file etc/fstab PARTUUID=77aa-03 / ext4 errors=remount-ro 0 1\n" KDUMP_TOOLS "finds -> " A
	  "\n"
	  "file etc/fstab PARTUUID=77aa-03/PARTNROFF=1 / ext4 defaults 0 1\n"
	  "finds -> " A " ; "
	  "/var/crash (/etc/default/kdump-tools):"
	  " /dev/disk/by-partuuid/77aa-03\\x2fPARTNROFF=1 does not exist"
	  " / (the root file system): /dev/disk/by-partuuid/77aa-03\\x2fPARTNROFF=1 does not exist"
	  " /usr (the root file system): /dev/disk/by-partuuid/77aa-03\\x2fPARTNROFF=1 does not exist\n" },
	{ "SUSE: a server, and the interface that kdump sets up",
	  "file etc/sysconfig/kdump KDUMP_SAVEDIR=\"nfs://198.51.100.9/crash\"\n KDUMP_NETCONFIG=\"auto\"\n"
	  "finds -> " NIC0 " " MGMT "\n"
	  "file etc/sysconfig/kdump KDUMP_SAVEDIR='ssh://u:pa@ss@198.51.100.9/x'\n"
	  " KDUMP_NETCONFIG=\"ens5f1:static\"\n"
	  "finds -> " NIC0 " " NIC1 "\n"
	  "file proc/self/mountinfo\n" ROOT_A
	  "file etc/sysconfig/kdump KDUMP_SAVEDIR=/var/crash\n KDUMP_NETCONFIG=ens5f1:dhcp4:force\n"
	  "finds -> " A " " NIC1 "\n" },
	{ "DRBD below /var/crash",
	  "block virtual/block/drbd0 slaves/sda1=\n"
	  "link sys/dev/block/147:0 ../../class/block/drbd0\n"
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 147:0 / /var/crash rw - ext4 /dev/drbd0 rw\n" KDUMP_CONF "finds -> " SAS
	  " ; /var/crash (/etc/kdump.conf): what the volume drbd0 needs besides its"
	  " disks is not known\n" },
	{ "Stratis",
	  "block virtual/block/dm-0 dm/name=stratis-1-private-aa-physical-originsub slaves/nvme0n1p3="
	  " dm/uuid=stratis-1-private-aa-physical-originsub\n"
	  "block virtual/block/dm-1 dm/name=stratis-1-aa-thin-fs-bb slaves/dm-0="
	  " dm/uuid=stratis-1-aa-thin-fs-bb\n"
	  "link sys/dev/block/253:1 ../../class/block/dm-1\n"
	  "file proc/self/mountinfo 20 1 253:1 / / rw - xfs /dev/stratis/pool/root rw\n" KDUMP_CONF
	  "finds -> " A
	  " ; /var/crash (/etc/kdump.conf): what the volume dm-1 needs besides its disks"
	  " is not known /var/crash (/etc/kdump.conf): what the volume dm-0 needs besides its disks is"
	  " not known\n" },
	{ "a volume set up by hand has no UUID; the RAID of firmware has one",
	  "block virtual/block/dm-0 dm/name=own dm/uuid= slaves/sda1=\n"
	  "finds dm-0 -> " SAS
	  " ; dm-0: what the volume dm-0 needs besides its disks is not known\n"
	  "block virtual/block/dm-1 dm/name=isw dm/uuid=DMRAID-isw_ab slaves/sda1= slaves/sdb=\n"
	  "finds dm-1 -> " SAS "\n" },
	{ "LVM with a cache, and a thin pool",
	  "block virtual/block/dm-0 dm/name=vg-fast_cvol slaves/nvme1n1p1= dm/uuid=" VG "c-cvol\n"
	  "block virtual/block/dm-1 dm/name=vg-crash_corig slaves/sdb= dm/uuid=" VG "o-real\n"
	  "block virtual/block/dm-2 dm/name=vg-crash slaves/dm-0= slaves/dm-1= dm/uuid=" VG "v\n"
	  "block virtual/block/dm-3 dm/name=vg-pool_tdata slaves/sda1= dm/uuid=" VG "t-tdata\n"
	  "block virtual/block/dm-4 dm/name=vg-pool-tpool slaves/dm-3= dm/uuid=" VG "p-tpool\n"
	  "block virtual/block/dm-5 dm/name=vg-thin slaves/dm-4= dm/uuid=" VG "n\n"
	  "finds dm-2 -> " SAS " " B "\n"
	  "finds dm-5 -> " SAS " " B "\n" },
	{ "a file system that others lie below: mergerfs, sshfs, eCryptfs, a tmpfs",
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 0:50 / /m rw - fuse.mergerfs /srv/a:/srv/b rw\n"
	  " 22 20 0:51 / /s rw - fuse.sshfs kdump@filer:/x rw\n"
	  " 23 20 0:52 / /e rw - ecryptfs /srv/.e rw,ecryptfs_sig=1\n"
	  " 24 20 0:53 / /t rw - tmpfs tmpfs rw\n"
	  "finds /m/x -> ; /m/x: /m/x is on fuse.mergerfs, which is not backed by a local disk\n"
	  "finds /s/x -> ; /s/x: /s/x is on fuse.sshfs, which is not backed by a local disk\n"
	  "finds /e/x -> ; /e/x: /e/x is on ecryptfs, which is not backed by a local disk\n"
	  "finds /t/x -> ; /t/x: /t/x is on tmpfs, which is not backed by a local disk\n" },
	{ "a file on another disk, and a folder bound from there",
	  "block virtual/block/loop0 loop/backing_file=/data/crash.img\n"
	  "link sys/dev/block/7:0 ../../class/block/loop0\n"
	  "file proc/self/mountinfo\n" ROOT_A " 21 20 8:1 / /data rw - xfs /dev/sda1 rw\n"
	  " 22 20 7:0 / /var/crash rw - ext4 /dev/loop0 rw\n"
	  " 23 20 8:1 /crash /srv/crash rw - xfs /dev/sda1 rw\n" KDUMP_CONF "finds -> " SAS "\n"
	  "file etc/kdump.conf path /srv/crash\n"
	  "finds -> " SAS "\n" },
	{ "Debian: a mount that systemd makes after others only",
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 259:5 / /var/crash rw - ext4 /dev/nvme1n1p2 rw\n"
	  " 22 20 8:1 / /keys rw - ext4 /dev/sda1 rw\n"
	  "file keys/.keep\n"
	  "file dev/sdb\n"
	  "file etc/fstab UUID=0a17-root / ext4 defaults 0 1\n"
	  " PARTLABEL=crash\\040dumps /var/crash ext4 x-systemd.requires-mounts-for=/keys 0 2\n" KDUMP_TOOLS
	  "finds -> " B " " SAS " " A "\n"
	  "file etc/fstab PARTLABEL=crash\\040dumps /var/crash ext4 x-systemd.requires=/dev/sdc 0 2\n"
	  "file dev/sdc\n"
	  "finds -> " B " " FC0 " " A "\n"
	  "file etc/fstab PARTLABEL=crash\\040dumps /var/crash ext4 x-systemd.requires=multipathd.service 0 2\n"
	  "finds -> " B " " A " ; /var/crash (/etc/default/kdump-tools): /etc/fstab: what"
	  " multipathd.service needs is not known\n" },
	{ "Jetson: root on the only NVMe, named by the kernel",
	  "rm sys/class/block/nvme1n1\n"
	  "rm sys/class/block/nvme1n1p1\n"
	  "rm sys/class/block/nvme1n1p2\n"
	  "platform platform/3400000.mmc\n"
	  "block 3400000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0\n"
	  "file proc/self/mountinfo\n" ROOT_A "file proc/cmdline root=/dev/nvme0n1p3 rw rootwait\n"
	  "file etc/fstab /dev/root / ext4 defaults 0 1\n" KDUMP_TOOLS "finds -> " A "\n" },
	{ "Debian: the dump goes to a server, root is on a disk",
	  "file proc/self/mountinfo\n" ROOT_A
	  "file etc/default/kdump-tools NFS=\"198.51.100.9:/var/crash\" # filer\n"
	  "finds -> " NIC0 " " A "\n"
	  "file etc/default/kdump-tools SSH=\"kdump@203.0.113.9\"\n SSH_KEY=/root/.ssh/kdump_id_rsa\n"
	  "finds -> " MGMT " " A "\n"
	  "file etc/default/kdump-tools FTP=\"203.0.113.9:/crash\"\n"
	  "finds -> " MGMT " " A "\n" },
	{ "a link-local server, and nodes that fence each other",
	  "file etc/kdump.conf ssh kdump@fe80::1%ens5f1\n fence_kdump_nodes 198.51.100.7 203.0.113.7\n"
	  "finds -> " NIC1 " " NIC0 " " MGMT "\n" },
	{ "a virtual function as a card",
	  "pci pci0000:00/0000:05:00.2\n"
	  "link sys/devices/pci0000:00/0000:05:00.2/physfn ../" NIC0 "\n"
	  "net 0000:05:00.2/net/ens5f0v0 type=1\n"
	  "file proc/net/route ens5f0v0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n"
	  "file etc/kdump.conf ssh kdump@203.0.113.40\n"
	  "finds -> " NIC0
	  " ; 203.0.113.40 (/etc/kdump.conf): 0000:05:00.2 is a virtual function of " NIC0
	  ", and the capture kernel creates no virtual functions by itself\n" },
	{ "the disk of a stick, the disk of a RAID adapter by its world-wide name",
	  "file etc/kdump.conf ext4 LABEL=KEYS\n"
	  "finds -> " USB "\n"
	  "file etc/kdump.conf ext4 /dev/disk/by-id/wwn-0x5000c500a1b2-part1\n"
	  "finds -> " SAS "\n" },
	{ "GlusterFS, Ceph, DAX",
	  "file proc/self/mountinfo\n" ROOT_A
	  " 21 20 0:60 / /g rw - fuse.glusterfs 198.51.100.8:/vol rw\n"
	  " 22 20 0:61 / /c rw - ceph 198.51.100.8:6789:/ rw\n"
	  "finds /g -> " NIC0 " ; /g: the fuse.glusterfs mount does not name all of its servers\n"
	  "finds /c -> " NIC0 " ; /c: the ceph mount does not name all of its servers\n"
	  "platform platform/ACPI0012:00\n"
	  "block ACPI0012:00/ndbus0/region0/namespace0.0/block/pmem0\n"
	  "finds pmem0 -> ACPI0012:00\n" },
};

static void test_setup(void **state)
{
	const struct setup *setup = *state;
	void *m;

	print_message("%s\n", setup->name);
	(void)machine_set_up(&m);
	mkmachine(m, machine, NULL);
	resolve_text(m, setup->text);
	(void)machine_tear_down(&m);
}

int main(void)
{
	struct CMUnitTest tests[sizeof(setups) / sizeof(setups[0])];
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i] = (struct CMUnitTest){
			.name = setups[i].name,
			.test_func = test_setup,
			.initial_state = (void *)(uintptr_t)&setups[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

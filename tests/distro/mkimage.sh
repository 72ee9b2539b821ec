#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkimage.sh [--suite SUITE] [--kernel DIR] [--modules DIR] [--overlay DIR] WORK [DEB...] - a root disk for the emulated machine: mkroot.sh's
# Debian, the packages DEB... installed into it, and the test's own agent.
#
#   WORK/disk.img      the root file system, ext4 without a partition table
#   WORK/vmlinuz, WORK/initrd.img    what its firmware would boot
#   WORK/install.log   what the installation said
#
# The packages are installed by apt in a chroot under user emulation, DKMS builds there included. That
# takes minutes; with --modules the .ko files of DIR are put where DKMS would put them, and packages
# that DKMS builds are left out. --overlay: files of the test instead of kdump-tools. --kernel: that of
# tests/kernels/build.sh in place of Debian's, which is taken out as an administrator would, with its headers and DKMS.
# kdump-tools' image is made by the machine itself. The programs' packages are then upgraded to the same
# with a higher version, and dpkg is asked whether all is in place.
# Nothing is done when nothing changed. Needs root.
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
suite=bookworm kernel='' modules='' overlay=''
while [[ ${1:-} == --* ]]; do
	case $1 in
	--suite) suite=$2 ;;
	--kernel) kernel=$2 ;;
	--modules) modules=$2 ;;
	--overlay) overlay=$2 ;;
	*) exit 2 ;;
	esac
	shift 2
done
work=$1
shift
copier=$here/../../packaging/kdump-tools/dump-by-copy
size=3G
uuid=5d6d3b7e-0c3f-4ad5-9a30-5b6a3a2f1c01	# mkfs's and the command line's

die() { echo "mkimage: $*" >&2; exit 1; }

base=$("$here/mkroot.sh" "$suite")
key=$({ stat -c '%n %s %Y' "$base"; cat "$0" "$here"/mkinitrd.py "$here"/guest/* "$copier"; [ -z "$overlay" ] || find "$overlay" -type f -exec cat {} +; [ $# = 0 ] || sha256sum "$@" ${modules:+"$modules"/*.ko} ${kernel:+"$kernel"/Image}; } | sha256sum)
[ "$(cat "$work/.key" 2>/dev/null)" != "$key" ] || exit 0
[ "$(id -u)" = 0 ] || die "needs root (chroot, device nodes)"
root=$work/root
rm -rf --one-file-system "$work"
mkdir -p "$root"

# copies WORK DEB...: the same packages with a higher version, into WORK
copies() {
	local to=$1 deb
	shift
	for deb; do
		rm -rf "$to/tree"
		dpkg-deb -R "$deb" "$to/tree"
		sed -i '/^Version:/s/$/+test1/; /^\(Depends\|Recommends\):/s/\((= [^)]*\))/\1+test1)/g' "$to/tree/DEBIAN/control"
		dpkg-deb --root-owner-group -b "$to/tree" "$to/" >/dev/null
	done
	rm -rf "$to/tree"
}

# What is here now, so that it can be told after a purge what was not before.
list_files() {
	(cd "$1" && find . -xdev ! -type d | sed 's/^.//' | LC_ALL=C sort)
}

# A mount and a process name space of its own: whatever a maintainer script leaves behind ends here.
inside() {
	unshare --mount --pid --fork --mount-proc="$root/proc" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		chroot "$root" "$@"
}

tar -C "$root" --numeric-owner -xf "$base"

if [ -n "$kernel" ]; then
	mapfile -t replaced < <(inside dpkg-query -W -f '${Package}\n' 'linux-image-*' 'linux-headers-*' 'linux-source-*' dkms)
	inside env INITRD=No apt-get -y purge "${replaced[@]}" >"$work/kernel.log" 2>&1
	kver=$(cat "$kernel/release")
	rm -rf "$root/lib/modules"
	mkdir "$root/lib/modules"
	cp -r "$kernel/modules" "$root/lib/modules/$kver"
	rm -f "$root/lib/modules/$kver"/{build,source}
	cp "$kernel/Image" "$root/boot/vmlinuz-$kver"
	cp "$kernel/obj/.config" "$root/boot/config-$kver"
	cp "$kernel/obj/System.map" "$root/boot/System.map-$kver"
	inside depmod "$kver"
fi
kver=$(basename "$root"/lib/modules/*)
"$here/mkinitrd.py" "$root/lib/modules/$kver" "$work/initrd.img"
cp "$root/boot/vmlinuz-$kver" "$work/vmlinuz"

if [ -n "$modules" ]; then
	mkdir -p "$root/lib/modules/$kver/updates/dkms"
	cp "$modules"/*.ko "$root/lib/modules/$kver/updates/dkms/"
	inside depmod "$kver"
fi
if [ $# -gt 0 ]; then
	mkdir -p "$root/usr/local/lib/vm-test"
	list_files "$root" >"$root/usr/local/lib/vm-test/files.before"
	mkdir "$root/tmp/debs"
	cp "$@" "$root/tmp/debs/"
	inside sh -c 'apt-get -y --no-install-recommends install /tmp/debs/*.deb' >"$work/install.log" 2>&1 || {
		tail -n 40 "$work/install.log" >&2
		die "the packages do not install: $work/install.log"
	}
	rm -rf "$root/tmp/debs"
fi
if [ $# -gt 0 ] && [ -z "$modules$overlay" ]; then
	mapfile -t programs < <(printf '%s\n' "$@" | grep -v -e -dkms_)
	mkdir "$work/upgrade" "$root/tmp/debs"
	copies "$work/upgrade" "${programs[@]}"
	mv "$work"/upgrade/*.deb "$root/tmp/debs/"
	inside sh -ec 'apt-get -y --no-install-recommends install /tmp/debs/*.deb; apt-get check' >"$work/upgrade.log" 2>&1 || {
		tail -n 40 "$work/upgrade.log" >&2
		die "the packages cannot be upgraded: $work/upgrade.log"
	}
	# Documentation was left out of the root from the start.
	inside dpkg --verify | grep -v '/usr/share/\(doc\|man\|locale\)/' >"$work/verify.log" || :
	[ ! -s "$work/verify.log" ] || die "dpkg --verify: $(head -n 3 "$work/verify.log")"
	rm -r "$root/tmp/debs" "$work/upgrade"
fi
if [ $# -gt 0 ] && [ -z "$overlay" ]; then
	# kdump-tools would make an image at the first boot, and then a second one when the driver is
	# switched on. That one counts; making one takes four minutes there.
	cp "$work/initrd.img" "$root/var/lib/kdump/initrd.img-$kver"
	cp "$root/etc/kdump/sysctl.conf" "$root/var/lib/kdump/latest_sysctls-$kver"
fi

if [ -n "$overlay" ]; then
	inside apt-get -y purge kdump-tools >>"$work/install.log" 2>&1
	cp -r "$overlay/." "$root/"
fi

# Not before: initramfs-tools makes anew what it finds. Nor later: that is no image of ours, and takes the
# machine six minutes at the purge.
cp "$work/initrd.img" "$root/boot/initrd.img-$kver"
sed -i 's/^update_initramfs=.*/update_initramfs=no/' "$root/etc/initramfs-tools/update-initramfs.conf"
echo smmu-test >"$root/etc/hostname"
echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >"$root/etc/fstab"
mkdir -p "$root/usr/local/lib/vm-test"
cp "$here/guest/agent" "$copier" "$root/usr/local/lib/vm-test/"
cp "$here"/guest/*.service "$root/etc/systemd/system/"
cp "$here/guest/10-test.network" "$root/etc/systemd/network/"
inside systemctl enable vm-agent.service vm-capture.service systemd-networkd.service >>"$work/install.log" 2>&1

# mke2fs -d takes minutes for this many files.
rm -rf "$root/var/cache/apt/archives"/*.deb
mke2fs -q -t ext4 -U $uuid -E lazy_itable_init=1,nodiscard "$work/disk.img" $size
mkdir "$work/mnt"
# shellcheck disable=SC2016 # for the shell in that name space
unshare --mount sh -ec 'mount -o loop "$1/disk.img" "$1/mnt"; cp -a "$1/root/." "$1/mnt/"; umount "$1/mnt"' - "$work"
rmdir "$work/mnt"
rm -rf --one-file-system "$root"
echo "$key" >"$work/.key"

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkroot.sh - a Debian arm64 root with kdump-tools, as a tar file in the package cache.
#
# Made once (minutes: its maintainer scripts run under user emulation), then reused. Kernel and
# modules are those of the emulated machine; they are unpacked, not installed, since the hooks of the
# kernel package would build two initramfs images under emulation. The scenario has the machine
# itself build the one that counts. Needs root, mmdebstrap, qemu-user-static and binfmt-support.
#
# Prints the path of the tar file.
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
fetch=$here/../vm/fetch.sh
cache=$("$fetch" --print cache)/distro
kver=$("$fetch" --print kver)
guest=$("$fetch" --print guestroot)
tar=$cache/bookworm-$kver.tar
packages=systemd,systemd-sysv,udev,dbus,kmod,initramfs-tools,kdump-tools,kexec-tools,makedumpfile,file

if [ -f "$tar" ]; then
	echo "$tar"
	exit 0
fi
[ "$(id -u)" = 0 ] || { echo "mkroot: needs root (mounts binfmt_misc, makes device nodes)" >&2; exit 1; }
for tool in mmdebstrap qemu-aarch64-static update-binfmts; do
	command -v $tool >/dev/null || { echo "mkroot: $tool is missing" >&2; exit 1; }
done
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
[ ! -f "$tar" ] || { echo "$tar"; exit 0; }
mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64 >&2

site=$(apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
	awk '$2 == "bookworm" && $3 == "main" && !n++ { print $1 }')
[ -n "$site" ] || { echo "mkroot: the host's apt has no source for bookworm main" >&2; exit 1; }
# kdump-tools asks whether it shall be used. No initramfs is made in here.
mmdebstrap --quiet --variant=minbase --architectures=arm64 --include="$packages" \
	--aptopt='APT::Install-Recommends "false"' \
	--essential-hook='echo "kdump-tools kdump-tools/use_kdump boolean true" | chroot "$1" debconf-set-selections' \
	--customize-hook="tar -C '$guest' -c boot lib/modules | tar -C \"\$1\" --keep-directory-symlink -x" \
	--customize-hook="chroot \"\$1\" depmod '$kver'" \
	--customize-hook='sed -i "s,^root:[^:]*:,root::," "$1/etc/shadow"' \
	bookworm "$cache/new.tar" "$site" >&2
mv "$cache/new.tar" "$tar"
echo "$tar"

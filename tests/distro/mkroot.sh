#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkroot.sh - a Debian arm64 root with kdump-tools, DKMS, a kernel and its source package, as a tar file in the package
# cache. Nothing of ours is in it.
#
# Made once (its maintainer scripts run under user emulation, which takes minutes), then reused. The
# kernel is the one of the emulated machine, from its package. Its hooks would build two initramfs
# images under emulation; INITRD=No and the missing machine below /sys keep them from it, and the
# machine itself builds the one that counts. Needs root, mmdebstrap, qemu-user-static and
# binfmt-support.
#
# Prints the path of the tar file.
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
fetch=$here/../vm/fetch.sh
suite=bookworm
cache=$("$fetch" --print cache)
guest=$("$fetch" --print guestroot)	# fetches, if need be
kernel=$(basename "${guest%/guest}")	# ABI_VERSION
abi=${kernel%%_*} version=${kernel#*_}
tar=$cache/distro/$suite-$kernel-2.tar	# -2: of this script; count up when its list changes
packages=systemd,systemd-sysv,udev,dbus,kmod,iproute2,zstd,xz-utils,file,initramfs-tools,kdump-tools
packages+=,kexec-tools,makedumpfile,dkms,python3-minimal,dracut-core,less
packages+=,linux-image-$abi-arm64-unsigned=$version,linux-headers-$abi-arm64=$version
packages+=,linux-source-$(cut -d. -f1,2 <<<"$abi")=$version

if [ -f "$tar" ]; then
	echo "$tar"
	exit 0
fi
[ "$(id -u)" = 0 ] || { echo "mkroot: needs root (chroot, device nodes)" >&2; exit 1; }
for tool in mmdebstrap arch-test qemu-aarch64-static update-binfmts; do
	command -v $tool >/dev/null || { echo "mkroot: $tool is missing (packages: make check-distro installs them)" >&2; exit 1; }
done
mkdir -p "${tar%/*}"
exec 9>"${tar%/*}/.lock"
flock 9
[ ! -f "$tar" ] || { echo "$tar"; exit 0; }
mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64 >&2

site=$(apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
	awk -v s=$suite '$2 == s && $3 == "main" && !n++ { print $1 }')
[ -n "$site" ] || { echo "mkroot: the host's apt has no source for $suite main" >&2; exit 1; }
# shellcheck disable=SC2016 # for the hooks' shell
INITRD=No PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --quiet --variant=minbase --architectures=arm64 \
	--include="$packages" --aptopt='APT::Install-Recommends "false"' \
	--aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
	--setup-hook='mkdir -p "$1/etc/dpkg/dpkg.cfg.d" && printf "path-exclude=%s\n" "/usr/share/man/*" "/usr/share/locale/*" "/usr/share/doc/*" >"$1/etc/dpkg/dpkg.cfg.d/test-root"' \
	--essential-hook='echo "kdump-tools kdump-tools/use_kdump boolean true" | chroot "$1" debconf-set-selections' \
	--customize-hook='sed -i "s,^root:[^:]*:,root::," "$1/etc/shadow"' \
	--customize-hook='rm -f "$1"/etc/dpkg/dpkg.cfg.d/test-root' \
	$suite "${tar%.tar}.new.tar" "deb $site $suite main" "deb $site $suite-backports main" >&2
mv "${tar%.tar}.new.tar" "$tar"	# the name told mmdebstrap that a tar file is wanted
echo "$tar"

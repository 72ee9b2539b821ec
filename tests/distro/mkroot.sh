#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkroot.sh [SUITE [build]] - a root of a Debian release (bookworm, trixie) as a tar file in the package cache. Nothing of
# ours is in it.
#
#   arm64, with kdump-tools, DKMS, a kernel, its headers and its source package: of bookworm-backports the kernel of
#   the emulated machine, of trixie its own; with dracut's package for trixie, not installed
#   build: of this machine's architecture, with what `make deb DEB_ARCH=arm64` needs, and lintian
#
# Made once (maintainer scripts of arm64 run under user emulation, which takes minutes), then reused. The kernel's
# hooks would build two initramfs images under emulation; INITRD=No and the missing machine below /sys keep them from
# it, and the machine itself builds the one that counts. Needs root, mmdebstrap, qemu-user-static and binfmt-support.
#
# Prints the path of the tar file.
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tools/apt.sh
. "$here/../tools/apt.sh"
fetch=$here/../vm/fetch.sh
suite=${1:-bookworm} what=${2:-machine}
cache=$("$fetch" --print cache)
architectures=arm64 suites=("$suite") sources=() hooks=()
packages=systemd,systemd-sysv,udev,dbus,kmod,iproute2,zstd,xz-utils,file,initramfs-tools,kdump-tools
packages+=,kexec-tools,makedumpfile,dkms,python3-minimal,dracut-core,less
case $suite-$what in
bookworm-machine)
	guest=$("$fetch" --print guestroot)	# fetches, if need be
	kernel=$(basename "${guest%/guest}")	# ABI_VERSION
	abi=${kernel%%_*} version=${kernel#*_}
	tar=$cache/distro/$suite-$kernel-2.tar	# -2: of this script; count up when its list changes
	packages+=,linux-image-$abi-arm64-unsigned=$version,linux-headers-$abi-arm64=$version
	packages+=,linux-source-$(cut -d. -f1,2 <<<"$abi")=$version
	suites+=("$suite-backports")
	;;
trixie-machine)
	tar=$cache/distro/$suite-1.tar
	packages+=,linux-image-arm64,linux-headers-arm64,linux-source-6.12
	# It cannot be installed beside initramfs-tools; mkimage.sh may exchange them.
	# shellcheck disable=SC2016 # for the hooks' shell
	hooks=('--customize-hook=mkdir -p "$1/usr/local/lib/vm-test" && cd "$1/usr/local/lib/vm-test" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq -o APT::Sandbox::User=root download dracut')
	;;
trixie-build)
	tar=$cache/distro/$suite-build-3.tar
	architectures=$(host_arch),arm64
	packages=build-essential,crossbuild-essential-arm64,debhelper,dh-dkms,libsystemd-dev:arm64,libkmod-dev:arm64
	packages+=,libinih-dev:arm64,libudev-dev:arm64,libmount-dev:arm64,libblkid-dev:arm64,libmnl-dev:arm64
	packages+=,zlib1g-dev:arm64,liblzo2-dev:arm64,libzstd-dev:arm64,lintian
	;;
*)
	sed -n 's/^# \(mkroot.sh .*\) - .*/usage: \1/p' "$0" >&2
	exit 2
	;;
esac

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

site=$(apt_host_site)
[ -n "$site" ] || { echo "mkroot: the host's apt has no source for Debian main" >&2; exit 1; }
for name in "${suites[@]}"; do
	sources+=("deb [signed-by=$APT_KEYRING] $site $name main")
done
# shellcheck disable=SC2016 # for the hooks' shell
[ "$what" = build ] || hooks+=(
	'--essential-hook=echo "kdump-tools kdump-tools/use_kdump boolean true" | chroot "$1" debconf-set-selections'
	'--customize-hook=sed -i "s,^root:[^:]*:,root::," "$1/etc/shadow"')
# shellcheck disable=SC2016 # for the hooks' shell
INITRD=No PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --quiet --variant=minbase --architectures="$architectures" \
	--include="$packages" --aptopt='APT::Install-Recommends "false"' \
	--aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
	--setup-hook='mkdir -p "$1/etc/dpkg/dpkg.cfg.d" && printf "path-exclude=%s\n" "/usr/share/man/*" "/usr/share/locale/*" "/usr/share/doc/*" >"$1/etc/dpkg/dpkg.cfg.d/test-root"' \
	"${hooks[@]}" --customize-hook='rm -f "$1"/etc/dpkg/dpkg.cfg.d/test-root' \
	"$suite" "${tar%.tar}.new.tar" "${sources[@]}" >&2
mv "${tar%.tar}.new.tar" "$tar"	# the name told mmdebstrap that a tar file is wanted
echo "$tar"

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# deps.sh [SET...] - installs the Debian packages that building and testing need, and only those that are
# missing. The only part of the project that needs root (or sudo). SET names what one target alone needs:
#   compat   the readers and writers of dumps that `make check-compat` compares with
#   distro   what makes our packages, and whole root file systems for `make check-distro`
#   kernels  what builds a kernel, for `make check-vm-debug` and the like
#   packages the distributions' own checkers of packages
#
# arm64 libraries come from Debian's multiarch, so the architecture is added
# when it is not there yet. Prints nothing when there is nothing to do.
set -euo pipefail

native=(
	make gcc git ca-certificates debian-archive-keyring clang-format
	libc6-dev libsystemd-dev libkmod-dev libinih-dev libcmocka-dev libkdumpfile-dev
	zlib1g-dev liblzo2-dev libsnappy-dev libzstd-dev
	libudev-dev libmount-dev libblkid-dev libmnl-dev iproute2
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	kmod xz-utils bc libelf1 libssl3 cpio
	qemu-system-arm qemu-efi-aarch64 e2fsprogs python3 python3-drgn python3-jsonschema jq mandoc shellcheck sparse sqlite3 zsh
)
foreign=(
	libc6:arm64 libc6-dev:arm64 libsystemd-dev:arm64 libkmod-dev:arm64 libinih-dev:arm64
	libudev-dev:arm64 libmount-dev:arm64 libblkid-dev:arm64 libmnl-dev:arm64
)
for set; do
	case $set in
	compat) native+=(crash makedumpfile python3-libkdumpfile qemu-user-static) ;;
	distro)
		native+=(build-essential debhelper dh-dkms dpkg-dev mmdebstrap arch-test qemu-user-static binfmt-support)
		foreign+=(zlib1g-dev:arm64 liblzo2-dev:arm64 libzstd-dev:arm64)
		;;
	kernels) native+=(flex bison) ;;
	packages) native+=(lintian autopkgtest rpm rpmlint) ;;
	*) echo "deps: no set '$set'" >&2; exit 2 ;;
	esac
done

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
fi

# Prints the packages of its arguments that are not installed. A name without an architecture means this machine's,
# even when the arm64 one is installed too. Debian 13 has libraries of another time_t with "t64" at their name's end.
host=$(dpkg --print-architecture)
missing() {
	local pkg arch
	for pkg in "$@"; do
		arch=$host
		[ "${pkg%:*}" = "$pkg" ] || arch=${pkg#*:}
		{ dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$pkg" "${pkg%:*}t64${pkg#"${pkg%:*}"}" 2>/dev/null || :; } |
			grep -qxE "($arch|all) installed" || printf '%s\n' "$pkg"
	done
}

mapfile -t need < <(missing "${native[@]}" "${foreign[@]}")
if [ "${#need[@]}" = 0 ]; then
	exit 0
fi

echo "deps: installing ${need[*]}"
if [ -n "$sudo" ] && ! command -v sudo >/dev/null; then
	echo "deps: packages are missing and this is neither root nor is sudo there; run as root: make deps" >&2
	exit 1
fi
if ! dpkg --print-foreign-architectures | grep -qx arm64; then
	echo "deps: adding the arm64 architecture for cross-build libraries"
	$sudo dpkg --add-architecture arm64
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for step in "update" "install -y --no-install-recommends ${need[*]}"; do
	# shellcheck disable=SC2086 # the step is a list of words
	if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q $step >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		echo "deps: apt-get ${step%% *} failed" >&2
		exit 1
	fi
done

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# debroot.sh NAME ARCH PACKAGE... - Debian's newest packages (sid) and all they
# depend on, unpacked into a folder of the cache, for programs that the installed
# release lacks or has too old. Nothing is installed, no script of a package runs.
# Prints the folder. In it are, for each program of usr/bin, a command in bin/
# that runs it with its own libraries: by qemu-user for another architecture.
set -euo pipefail
name=$1 arch=$2
shift 2
top=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/debroot
# shellcheck source=tests/tools/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

die() { echo "debroot: $*" >&2; exit 2; }

case $arch in
arm64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
amd64) triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
*) die "no loader known for $arch" ;;
esac

# A command for each program; the emulator finds the loader below the root itself.
wrap() { # ROOT: of the finished folder
	local program how
	for program in "$top/$name.new"/usr/bin/*; do
		program=${program##*/}
		if [ "$arch" = "$(host_arch)" ]; then
			how="'$1/usr/lib/$triplet/$loader' --library-path '$1/usr/lib/$triplet'"
		else
			how="qemu-${triplet%%-*}-static -L '$1'"
		fi
		printf '#!/bin/sh\nexec %s "%s/usr/bin/%s" "$@"\n' "$how" "$1" "$program" \
			>"$top/$name.new/bin/$program"
		chmod +x "$top/$name.new/bin/$program"
	done
}

mkdir -p "$top"
exec 9>"$top/.lock"
flock 9
if [ ! -d "$top/$name" ]; then
	rm -rf "$top/$name.new"
	mkdir -p "$top/$name.new"/{bin,debs/partial}
	private_apt "$top/apt" sid || die "apt failed (messages above)"
	apt-get -qq install -y --download-only --no-install-recommends -o "APT::Architecture=$arch" \
		-o "APT::Architectures=$arch" -o "Dir::Cache::archives=$top/$name.new/debs" "$@" >&2
	for deb in "$top/$name.new"/debs/*.deb; do dpkg -x "$deb" "$top/$name.new"; done
	rm -rf "$top/$name.new/debs"
	for dir in lib lib64; do
		[ -e "$top/$name.new/$dir" ] || ln -s "usr/$dir" "$top/$name.new/$dir"
	done
	wrap "$top/$name"
	mv "$top/$name.new" "$top/$name"
fi
printf '%s\n' "$top/$name"

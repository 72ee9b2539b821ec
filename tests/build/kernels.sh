#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compiles smmu_adopt.ko against other kernels' headers; a warning is a failure.
#
#   kernels.sh             the newest headers Debian has (sid, backports of the
#                          newest release), all arm64 flavours, fetched into the cache
#   kernels.sh FOLDER...   headers that are there already
#
# Nothing is installed: apt runs with folders of its own and the host's mirror.
# Newer headers want a newer libc for their tools, and a newer compiler for one
# option; the copy in the cache gets the former and does without the latter, so
# this is a check that it compiles, not a build for use.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/headers
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
flavours=(arm64 arm64-16k rt-arm64 cloud-arm64)

setup_apt() {
	local site suite apt=$cache/apt
	site=$(apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
		awk '$2 !~ /-(security|updates)$/ && $3 == "main" { print $1; exit }')
	[ -n "$site" ] || { echo "kernels: no Debian mirror in the host's apt" >&2; exit 2; }
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
	: >"$apt/status"
	for suite in sid trixie-backports; do
		echo "deb [arch=arm64,amd64 signed-by=$keyring] $site $suite main"
	done >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-EOT
	Dir::Etc::sourcelist "$apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$apt/state";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt/cache";
	APT::Architecture "arm64";
	APT::Architectures { "arm64"; "amd64"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	EOT
	export APT_CONFIG=$apt/apt.conf
	apt-get -qq update >&2
}

# modpost starts the program of the right word size and byte order beside it.
wrap_modpost() { # ROOT KBUILD
	local real=$2/mod/modpost.real-lsb-64 lib=$1/usr/lib/x86_64-linux-gnu
	mv "$real" "$real.bin"
	printf '#!/bin/sh\nexec "%s/ld-linux-x86-64.so.2" --library-path "%s" "%s.bin" "$@"\n' \
		"$lib" "$lib" "$real" >"$real"
	chmod +x "$real"
}

fix_flavour() { # FOLDER
	local common
	common=$(sed -n 's|^include /usr/src/||p' "$1/Makefile")
	printf 'KBUILD_OUTPUT=%s\ninclude %s/%s\n' "$1" "${1%/*}" "$common" >"$1/Makefile"
	sed -i '/^CC *=/d' "$1/.kernelvariables"
	sed -i '/CC_HAS_MIN_FUNCTION_ALIGNMENT/d' "$1/include/config/auto.conf"
	rm -f "$1/vmlinux"
}

fetch() { # prints the folders
	local abi root f
	local -a packages
	setup_apt
	abi=$(apt-cache pkgnames linux-headers- |
		sed -nE 's/^linux-headers-([0-9.]+\+deb[0-9]+)-arm64$/\1/p' | sort -V | tail -n 1)
	root=$cache/$abi
	if [ ! -d "$root" ]; then
		packages=("linux-headers-$abi-common" "linux-kbuild-$abi:amd64" libc6:amd64)
		for f in "${flavours[@]}"; do packages+=("linux-headers-$abi-$f:arm64"); done
		rm -rf "$cache/new" && mkdir -p "$cache/new/debs"
		(cd "$cache/new/debs" && apt-get -qq download "${packages[@]}" >&2)
		for f in "$cache"/new/debs/*.deb; do dpkg -x "$f" "$cache/new"; done
		rm -rf "$cache/new/debs"
		mv "$cache/new" "$root"
		wrap_modpost "$root" "$root/usr/lib/linux-kbuild-$abi/scripts"
		for f in "${flavours[@]}"; do fix_flavour "$root/usr/src/linux-headers-$abi-$f"; done
	fi
	for f in "${flavours[@]}"; do echo "$root/usr/src/linux-headers-$abi-$f"; done
}

check() { # FOLDER
	local name=${1##*/linux-headers-} log
	log=build/kernels/$name.log
	mkdir -p build/kernels
	if make -C kmod "KDIR=$1" "O=$PWD/build/kernels/$name" W=1 ARCH=arm64 \
		"CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}" >"$log" 2>&1 &&
		! grep -E 'warning:|WARNING' "$log" | grep -vE 'compiler differs|pahole version'; then
		echo "  $name: ok"
	else
		grep -E 'error|warning' "$log" | head -n 20
		echo "FAILED: kernel headers $name ($log)"
		return 1
	fi
}

passed=0 failed=0
if [ $# -eq 0 ]; then
	list=$(fetch)
	mapfile -t dirs <<<"$list"
else
	dirs=("$@")
fi
for dir in "${dirs[@]}"; do
	if check "$dir"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "kernels: $passed passed, $failed failed"
[ $failed -eq 0 ]

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# note-kernel.sh - an arm64 kernel with device dumps in /proc/vmcore, which no
# packaged kernel has, from the packaged source and note-kernel.config. Prints its
# folder, which lies in the cache and is built once, in some ten minutes:
#
#	obj/		what modules are built against; vmlinux
#	source/		the source
#	Image, release, modules/	for run.py --kernel
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt
name=$("$here/../vm/fetch.sh" --print kdir)
name=${name#"$cache/kernel/"}
name=${name%%/*}			# <abi>_<package version>
top=$cache/note-kernel/$name-$(sha256sum <"$here/note-kernel.config" | cut -c1-12)
series=6.12
make=(make -s -C "$top/source" "O=$top/obj" ARCH=arm64 "CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}")

say() { printf 'note-kernel: %s\n' "$*" >&2; }

need_tools() {
	local tool
	for tool in flex bison bc; do
		command -v $tool >/dev/null || { say "$tool is not installed"; exit 2; }
	done
}

unpack() {
	local new=$top/new
	rm -rf "$new" && mkdir -p "$new"
	say "fetching linux-source-$series ${name#*_}"
	(cd "$new" && APT_CONFIG=$cache/apt/etc/apt.conf apt-get -qq download "linux-source-$series=${name#*_}" >&2)
	dpkg-deb --fsys-tarfile "$new"/*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ -C "$new" --exclude="linux-source-$series/Documentation"
	mkdir -p "$new/linux-source-$series/Documentation"
	: >"$new/linux-source-$series/Documentation/Kconfig"
	mv "$new/linux-source-$series" "$top/source"
	rm -rf "$new"
}

configure() {
	local line
	mkdir -p "$top/obj"
	"${make[@]}" KCONFIG_ALLCONFIG="$here/note-kernel.config" allnoconfig >&2
	grep ^CONFIG "$here/note-kernel.config" | while read -r line; do
		grep -qxF "$line" "$top/obj/.config" || { say "the kernel does not take $line"; exit 1; }
	done
}

build() {
	say "building, ten minutes"
	nice "${make[@]}" "-j$(nproc)" Image modules >&2
	"${make[@]}" INSTALL_MOD_PATH="$top/stage" INSTALL_MOD_STRIP=1 DEPMOD=true modules_install >&2
	"${make[@]}" kernelrelease >"$top/release.new"
	rm -rf "$top/modules"
	mv "$top/stage/lib/modules/$(cat "$top/release.new")" "$top/modules"
	rm -rf "$top/stage"
	cp "$top/obj/arch/arm64/boot/Image" "$top/Image"
	mv "$top/release.new" "$top/release"
}

mkdir -p "$top"
exec 9>"$top/.lock"
flock 9
if [ ! -f "$top/release" ]; then
	need_tools
	[ -d "$top/source" ] || unpack
	configure
	build
fi
printf '%s\n' "$top"

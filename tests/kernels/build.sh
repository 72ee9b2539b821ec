#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build.sh FLAVOUR - a small arm64 kernel for the emulated machine, which no packaged one can stand in for,
# from Debian's source, machine.config and FLAVOUR.config:
#
#	debug	with KASAN, lockdep and the debugging of DMA mappings and lists
#	kcsan	with KCSAN, which finds data races, and which no kernel has beside KASAN
#	native	its built-in SMMUv3 driver adopts: our own series applied to it
#	note	with device dumps in /proc/vmcore
#
# Prints its folder, which lies in the cache; it is built when its version, configuration, series or
# compiler changed:
#
#	obj/				what modules are built against; vmlinux
#	source/				the source
#	Image, release, modules/	for run.py --kernel
#
# JOBS: how many compilers at a time, by default one for each processor.
set -euo pipefail
umask 022
here=$(cd "$(dirname "$0")" && pwd)
driver=$here/../../kmod/adopting-driver
place=drivers/iommu/arm/arm-smmu-v3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt
series=6.12
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}

say() { printf 'kernel: %s\n' "$*" >&2; }
die() { printf 'kernel: error: %s\n' "$*" >&2; exit 2; }

flavour=${1-}
if [ "$flavour" = machine ] || [ ! -f "$here/$flavour.config" ]; then
	sed -n '/^# build.sh/s/# /usage: /p; s/^#	\([a-z]*\)	/	\1	/p' "$0" >&2
	exit 2
fi
name=$("$here/../vm/fetch.sh" --print kdir)
name=${name#"$cache/kernel/"}
name=${name%%/*}			# <abi>_<package version>
pristine=$cache/kernels/$name/source
top=$cache/kernels/$name/$flavour
make=(make --no-print-directory -C "$top/source" "O=$top/obj" ARCH=arm64 "CROSS_COMPILE=$cross" KBUILD_BUILD_USER=check
	KBUILD_BUILD_HOST=localhost "KBUILD_BUILD_TIMESTAMP=$(date -ud @0)")

# What the kernel depends on, beside the source's version; what is said about it is not among that
key() {
	"${cross}gcc" --version | head -n 1
	cat "$0" "$here/machine.config" "$here/$flavour.config" | sed '/^[[:space:]]*#/d'
	[ "$flavour" != native ] || cat "$driver/apply-hunks.py" "$driver"/*.[ch] "$driver"/patches/*/*
}

need_tools() {
	local tool
	for tool in flex bison bc "${cross}gcc"; do
		command -v "$tool" >/dev/null || die "$tool is not installed (tests/tools/deps.sh kernels)"
	done
}

# Without documents, device trees and the largest of the headers that nothing here includes: 0.9 GB
unpack() {
	local new=$pristine.new tree=linux-source-$series
	rm -rf "$new" && mkdir -p "$new"
	say "fetching $tree ${name#*_}"
	(cd "$new" && APT_CONFIG=$cache/apt/etc/apt.conf apt-get -qq download "$tree=${name#*_}" >&2)
	dpkg-deb --fsys-tarfile "$new"/*.deb | tar -xO "./usr/src/$tree.tar.xz" |
		tar -xJ -C "$new" --exclude="$tree/Documentation" --exclude="$tree/arch/*/boot/dts/*/*" \
			--exclude="$tree/drivers/gpu/drm/amd/include" --exclude="$tree/tools/testing"
	mkdir -p "$new/$tree/Documentation"
	: >"$new/$tree/Documentation/Kconfig"
	mv "$new/$tree" "$pristine"
	rm -rf "$new"
}

# The driver's folder of the copy is its own; all other files are shared with the source as it came.
patch_driver() {
	local copy=$top/source
	[ -d "$copy" ] || cp -al "$pristine" "$copy"
	rm -rf "${copy:?}/$place"
	cp -r "$pristine/$place" "$copy/$place"
	python3 "$driver/apply-hunks.py" "$copy" "$driver"/patches/*/ >&2
	cp "$driver"/*.[ch] "$copy/$place/"
	grep -q '^arm_smmu_v3-y := arm-smmu-v3\.o$' "$copy/$place/Makefile" || die "$place/Makefile is not as it was"
	sed -i 's/^arm_smmu_v3-y := .*/& adopt.o adopt-ids.o adopt-mem.o/' "$copy/$place/Makefile"
}

configure() {
	local refused
	mkdir -p "$top/obj"
	cat "$here/machine.config" "$here/$flavour.config" >"$top/wanted.config"
	"${make[@]}" -s KCONFIG_ALLCONFIG="$top/wanted.config" allnoconfig >&2
	refused=$(grep ^CONFIG "$top/wanted.config" | grep -vxFf "$top/obj/.config" || true)
	[ -z "$refused" ] || die "the kernel does not take ${refused//$'\n'/, }"
}

build() {
	say "building Linux ${name#*_}, $flavour; its log: $top/build.log"
	"${make[@]}" "-j${JOBS:-$(nproc)}" Image modules >"$top/build.log" 2>&1 || {
		grep -E 'error|Error|undefined' "$top/build.log" | head >&2
		die "the compiler failed"
	}
	rm -rf "$top/stage" "$top/modules"
	"${make[@]}" -s INSTALL_MOD_PATH="$top/stage" INSTALL_MOD_STRIP=1 DEPMOD=true modules_install >&2
	"${make[@]}" -s kernelrelease >"$top/release"
	mv "$top/stage/lib/modules/$(cat "$top/release")" "$top/modules"
	rm -rf "$top/stage"
	cp "$top/obj/arch/arm64/boot/Image" "$top/Image"
	# vmlinux is for debuggers; without it no module wants BTF
	grep -q '^CONFIG_DEBUG_INFO=y' "$top/obj/.config" || rm -f "$top/obj"/vmlinux{,.o,.a}
	rm -f "$top/obj"/.tmp_vmlinux*
}

mkdir -p "$top"
exec 9>"$top/.lock"
flock 9
wanted=$(key | sha256sum)
if [ "$(cat "$top/key" 2>/dev/null)" != "$wanted" ]; then
	need_tools
	rm -f "$top/key"
	(
		flock 8
		[ -d "$pristine" ] || unpack
	) 8>"$cache/kernels/$name/.lock"
	if [ "$flavour" = native ]; then patch_driver; else ln -sfn ../source "$top/source"; fi
	configure
	build
	printf '%s\n' "$wanted" >"$top/key"
fi
printf '%s\n' "$top"

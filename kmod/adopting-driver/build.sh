#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds arm-smmu-v3-adopt.ko, the distribution's SMMUv3 driver changed to adopt a crashed kernel's
# stream table, out of tree. Theory, hooks and use: README.md in this folder.
set -euo pipefail
export LC_ALL=C

readonly MODULE=arm-smmu-v3-adopt.ko
readonly DRIVER=drivers/iommu/arm/arm-smmu-v3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE

usage() {
	cat <<-END
	usage: ${0##*/} --source TARBALL_OR_DIR --kdir HEADERS_DIR --out DIR [--check | -v]
	  --source  kernel source: a tarball (linux-source-*.tar.xz) or an unpacked tree
	  --kdir    kernel headers to build against
	  --out     folder for $MODULE and everything kept for the next run
	  --check   only see whether the patches fit
	  -v        show the compiler's command lines
	END
}

die() {
	echo "${0##*/}: error: $*" >&2
	exit 1
}

# What the module depends on; a big tarball is told apart by name, size and time
fingerprint() {
	local file
	stat -Lc '%n %s %Y' "$source"
	for file in "$HERE"/{build.sh,apply-hunks.py,Kbuild,*.[ch],patches/*/*} \
		"$kdir"/{.config,Module.symvers,include/generated/utsrelease.h}; do
		[ ! -e "$file" ] || sha256sum <"$file"
	done
	[ ! -d "$source" ] || find "$source/$DRIVER" "$source"/drivers/iommu/*.h -type f \
		-exec sha256sum {} + | sort
}

# The driver's folder, its neighbours' headers and the Makefile that names the version: cached, since a
# tarball takes long to read through
take_source() {
	local pristine=$out/source tmp=$out/source.tmp key
	key=$(stat -Lc '%n %s %Y' "$source")
	if [ -f "$source" ] && [ "$(cat "$pristine/.key" 2>/dev/null)" = "$key" ]; then
		return
	fi
	rm -rf "$tmp" "$pristine"
	mkdir -p "$tmp/$DRIVER"
	if [ -d "$source" ]; then
		cp "$source/$DRIVER"/*.[ch] "$tmp/$DRIVER/"
		cp "$source"/drivers/iommu/*.h "$tmp/drivers/iommu/"
		[ ! -e "$source/Makefile" ] || cp "$source/Makefile" "$tmp/"
	else
		echo "taking $DRIVER out of ${source##*/}"
		tar -C "$tmp" -xf "$source" --strip-components=1 --wildcards \
			--no-wildcards-match-slash "*/$DRIVER/*.[ch]" '*/drivers/iommu/*.h' '*/Makefile' ||
			die "no $DRIVER in $source"
	fi
	echo "$key" >"$tmp/.key"
	mv "$tmp" "$pristine"
}

# "Linux 6.12.95", as far as the source says it
version() {
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *//p' "$out/source/Makefile" 2>/dev/null |
		paste -sd . | sed 's/^/Linux /'
}

prepare() {
	local series
	rm -rf "$work"
	mkdir -p "$work"
	cp -r "$out/source/drivers" "$work/"
	series=$(python3 "$HERE/apply-hunks.py" "$work" "$HERE"/patches/*/ 2>"$out/hunks.log") ||
		die "$(sed -n 's/^error: //p;$!d' "$out/hunks.log") ($(version), source: $source)"
	echo "$(version): patches/$series" | tee "$out/series"
	cp "$HERE"/*.[ch] "$HERE/Kbuild" "$work/$DRIVER/"
}

compile() {
	local args=(-C "$kdir" "M=$work/$DRIVER" ARCH=arm64 W=1)
	# No BTF: it needs the kernel image, and nothing in a capture kernel reads it
	args+=(CONFIG_DEBUG_INFO_BTF_MODULES=)
	[ "$(uname -m)" = aarch64 ] || args+=("CROSS_COMPILE=$cross")
	if [ -n "$verbose" ]; then
		make "${args[@]}" V=1 modules || die "the compiler failed"
	elif ! make "${args[@]}" modules >"$out/build.log" 2>&1; then
		tail -n 30 "$out/build.log" >&2
		die "the compiler failed, see $out/build.log"
	fi
	"${cross}objcopy" --strip-debug "$work/$DRIVER/$MODULE" "$work/$MODULE"
	mv "$work/$MODULE" "$out/$MODULE"
}

source='' kdir='' out='' verbose='' check='' cross=aarch64-linux-gnu-
while [ $# -gt 0 ]; do
	case $1 in
	--source | --kdir | --out)
		[ $# -ge 2 ] || { usage >&2; exit 2; }
		declare "${1#--}=$2"
		shift
		;;
	--check) check=1 ;;
	-v) verbose=1 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done
if [ -z "$source" ] || [ -z "$kdir" ] || [ -z "$out" ]; then
	usage >&2
	exit 2
fi

[ -e "$source" ] || die "no kernel source at $source"
[ -f "$source" ] || [ -d "$source/$DRIVER" ] || die "no $DRIVER in $source"
[ -f "$kdir/Module.symvers" ] || die "no kernel headers at $kdir"
grep -q '^CONFIG_ARM64=y' "$kdir/.config" || die "$kdir is not for arm64"
command -v "${cross}objcopy" >/dev/null || cross=''
mkdir -p "$out"
source=$(realpath "$source") kdir=$(realpath "$kdir") out=$(realpath "$out")
work=$out/work

# Two runs at a time would build in each other's folder
exec 9>"$out/.lock"
flock 9

if [ -n "$check" ]; then
	take_source
	prepare
	exit 0
fi
stamp=$(fingerprint | sha256sum)
if [ -f "$out/$MODULE" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
	echo "$out/$MODULE is up to date"
	exit 0
fi
rm -f "$out/$MODULE" "$out/stamp"
take_source
prepare
compile
echo "$stamp" >"$out/stamp"
echo "built $out/$MODULE"

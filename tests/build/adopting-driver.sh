#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of the builder of arm-smmu-v3-adopt.ko: what it does with sources that
# do not match, and that it does nothing when nothing changed. Arguments: kernel
# source (a folder), headers, scratch folder. The good build itself is
# `make adopting-driver`.
set -u
source=$1 kdir=$2 scratch=$3
builder="$(dirname "$0")/../../kmod/adopting-driver/build.sh"
driver=drivers/iommu/arm/arm-smmu-v3
passed=0 failed=0

# Debian's newest kernel changes without us: one that no series was made for is no failure of this
# tree, and `make check-kernels` and the builder's own message tell.
name=$(basename "$source")
case $(sed -n 's/^\(VERSION\|PATCHLEVEL\) *= *//p' "$source/Makefile" | paste -sd .) in
6.12) series=6.12 ;;
7.2 | 7.3) series=7.x ;;
*)
	echo "  SKIP: $name: the adopting driver is made for 6.12, 7.2 and 7.3"
	echo "driver: 0 passed, 0 failed, 1 skipped"
	exit 0
	;;
esac
patches="$(dirname "$builder")/patches"

# A copy of the source that a test may spoil.
fresh_source() {
	rm -rf "$scratch"
	mkdir -p "$scratch/src"
	cp -r "$source/." "$scratch/src/"
	chmod -R u+w "$scratch/src"
}

build() {
	"$builder" --source "$scratch/src" --kdir "$kdir" --out "$scratch/out" >"$scratch/log" 2>&1
}

verdict() { # verdict NAME CONDITION...
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		echo "FAILED: adopting-driver, $(basename "$source"), $name; the builder said:"
		sed 's/^/    /' "$scratch/log"
		failed=$((failed + 1))
	fi
}

refused() { # refused TEXT: exit code 1, TEXT said, one error line, no module
	[ "$rc" = 1 ] && grep -q -- "$1" "$scratch/log" && [ "$(grep -c 'error:' "$scratch/log")" = 1 ] &&
		[ ! -e "$scratch/out/arm-smmu-v3-adopt.ko" ]
}

built() {
	[ "$rc" = 0 ] && [ -s "$scratch/out/arm-smmu-v3-adopt.ko" ]
}

# The headers' own remarks on the tools of this machine are none of the code's.
no_warning() {
	! grep -iE 'warning|undefined' "$scratch/out/build.log" | grep -vE 'compiler differs|pahole version'
}

# What a reviewer of the kernel does with a series, and where distributions keep theirs.
am() {
	(
		cd "$scratch/src" && git init -q && git add -A drivers/iommu &&
			git -c user.name=check -c user.email=check@localhost commit -qm source &&
			git -c user.name=check -c user.email=check@localhost am -q "$1"/*.patch
	) >"$scratch/log" 2>&1
}

patch_strictly() {
	local name
	while read -r name; do
		patch -d "$scratch/src" -p1 --fuzz=0 --no-backup-if-mismatch <"$1/$name" || return 1
	done < <(grep -v '^#' "$1/series") >"$scratch/log" 2>&1
}

fresh_source
verdict "git am takes the series" am "$(realpath "$patches/$series")"

fresh_source
verdict "patch --fuzz=0 takes the series" patch_strictly "$patches/$series"

fresh_source
sed -i 's/\<arm_smmu_driver\>/arm_smmu_renamed/g' "$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "no series fits: each one's first hunk that does not is named" refused \
	'no series fits: .*hunk .* of 6.12/00.* 0 times; .*hunk .* of 7.x/00.* 0 times (Linux [67]\.[0-9.]*, source: '

# patch(1) would take the nearest.
fresh_source
printf '#if 0\n%s\n#endif\n' "$(sed -n '/^static int arm_smmu_device_disable/,/^}/p' "$scratch/src/$driver/arm-smmu-v3.c")" \
	>>"$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "a hunk's old text is there twice" refused \
	"hunk 1 of $series/0005-never-disable.patch does not match: its old text is there 2 times"

fresh_source
rm "$scratch/src/$driver/arm-smmu-v3.h"
build
rc=$?
verdict "a file is missing" refused 'arm-smmu-v3.h'

fresh_source
mkdir "$scratch/no-headers"
(kdir="$scratch/no-headers" && build)
rc=$?
verdict "headers are no headers" refused 'error:'

fresh_source
build
rc=$?
verdict "an unpacked source builds" built
verdict "the series is named" grep -q "^Linux .*: patches/$series\$" "$scratch/log"
verdict "it compiles without a warning" no_warning
before=$(stat -c %Y.%i "$scratch/out/arm-smmu-v3-adopt.ko" 2>/dev/null)
build
rc=$?
verdict "nothing is rebuilt when nothing changed" [ "$before" = "$(stat -c %Y.%i "$scratch/out/arm-smmu-v3-adopt.ko")" ]

# A module of an earlier good build must not survive a failed one: it would be of other inputs.
sed -i 's/\<arm_smmu_driver\>/arm_smmu_renamed/g' "$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "a failed build leaves no older module" refused 'no series fits'

rm -rf "$scratch"
echo "driver: $passed passed, $failed failed"
[ $failed -eq 0 ]

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

# Debian's newest kernel changes without us: one that the hunks were not made for is no failure of this
# tree, and `make check-kernels` and the builder's own message tell.
name=$(basename "$source")
case ${name#linux-source-} in
6.12 | 7.3 | 7.3.*) ;;
*)
	echo "  SKIP: $name: the adopting driver is made for 6.12 and 7.3"
	echo "driver: 0 passed, 0 failed, 1 skipped"
	exit 0
	;;
esac

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

fresh_source
sed -i 's/\<arm_smmu_driver\>/arm_smmu_renamed/g' "$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "a hunk's old text is gone" refused 'hunk .* does not match'

fresh_source
sed -i 's/Put the STE back to what/Back to what/; s/\.release_domain\>/.other_domain/' \
	"$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "no variant of a hunk matches" refused \
	'arm-smmu-v3.c: hunk 1 of 0009-deferred-attach.patch does not match: .* 2 variants .* 0 and 0 times'

fresh_source
printf '#if 0\n%s%s\n#endif\n' \
	$'\tstruct device *dev = driver_find_device_by_fwnode(&arm_smmu_driver.driver,\n\t\t\t\t\t\t\t  fwnode);\n' \
	$'\tstruct device *dev = bus_find_device_by_fwnode(&platform_bus_type, fwnode);' \
	>>"$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "two variants of a hunk match" refused 'hunk 2 of 0002-driver-name.patch does not match'

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
verdict "it compiles without a warning" no_warning
before=$(stat -c %Y.%i "$scratch/out/arm-smmu-v3-adopt.ko" 2>/dev/null)
build
rc=$?
verdict "nothing is rebuilt when nothing changed" [ "$before" = "$(stat -c %Y.%i "$scratch/out/arm-smmu-v3-adopt.ko")" ]

# A module of an earlier good build must not survive a failed one: it would be of other inputs.
sed -i 's/\<arm_smmu_driver\>/arm_smmu_renamed/g' "$scratch/src/$driver/arm-smmu-v3.c"
build
rc=$?
verdict "a failed build leaves no older module" refused 'does not match'

rm -rf "$scratch"
echo "driver: $passed passed, $failed failed"
[ $failed -eq 0 ]

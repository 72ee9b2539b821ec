#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh SOURCE SCRATCH - the adopting driver's functions in a program. They are taken out of the kernel
# source, the series of patches applied, and compiled against shim.h; nothing of the kernel is in this
# tree. Each patch that a test is for is then left out in turn: the test must fail without it.
set -u
cd "$(dirname "$0")/../.." || exit 1
source=$1 scratch=$2
here=tests/driver builder=kmod/adopting-driver
driver=drivers/iommu/arm/arm-smmu-v3
passed=0 failed=0

# The patched driver in $scratch/$1, without the patches whose names match $2
patched() {
	local dir=$scratch/$1 series
	rm -rf "$dir" && mkdir -p "$dir/src/${driver%/*}" "$dir/patches"
	cp -r "$source/$driver" "$dir/src/${driver%/*}/"
	chmod -R u+w "$dir"
	for series in "$builder"/patches/*/; do
		cp -r "$series" "$dir/patches/" && sed -i "/-${2:-none}\.patch/d" "$dir/patches/$(basename "$series")/series"
	done
	python3 "$builder/apply-hunks.py" "$dir/src" "$dir"/patches/*/ >"$dir/series" || return 1
	cp "$builder"/adopt*.[ch] "$dir/src/$driver/"
	python3 "$here/extract.py" "$dir/src/$driver/arm-smmu-v3.c" "${attach[@]}" >"$dir/arm-smmu-v3.inc"
	python3 "$here/extract.py" "$dir/src/$driver/arm-smmu-v3.c" "${reset[@]}" >"$dir/arm-smmu-v3-reset.inc"
	python3 "$here/extract.py" "$dir/src/$driver/tegra241-cmdqv.c" "${cmdqv[@]}" >"$dir/tegra241-cmdqv.inc"
	python3 "$here/extract.py" "$dir/src/$driver/adopt.c" arm_smmu_adopt_in_domain >"$dir/adopt-attach.inc"
	# Whatever header of the kernel is asked for, it is the shim
	sed -n 's/^#include <\(.*\)>/\1/p' "$dir/src/$driver"/{adopt,arm-smmu-v3}*.[ch] | sort -u | while read -r header; do
		mkdir -p "$dir/include/${header%/*}" && echo '#include "shim.h"' >"$dir/include/$header"
	done
}

# shellcheck disable=SC2054 # no commas here
attach=(
	arm_smmu_find_master_domain to_smmu_domain_devices arm_smmu_remove_master_domain
	"?arm_smmu_attach_state" arm_smmu_attach_prepare arm_smmu_attach_commit
	arm_smmu_attach_dev "?arm_smmu_attach_dev_locked" "?arm_smmu_deferred_attach" "?arm_smmu_attach_if_same"
	arm_smmu_attach_dev_ste arm_smmu_attach_dev_blocked
	arm_smmu_alloc_cd_tables arm_smmu_alloc_cd_ptr arm_smmu_get_cd_ptr
	"?arm_smmu_atc_inv_domain"
	"?arm_smmu_invs_iter_next" "?arm_smmu_inv_cmp" "?arm_smmu_invs_iter_next_cmp" "?arm_smmu_invs_merge"
	"?arm_smmu_invs_unref" "?arm_smmu_invs_purge" "?arm_smmu_master_build_inv" "?arm_smmu_master_build_invs"
	"?arm_smmu_attach_prepare_invs" "?arm_smmu_install_new_domain_invs" "?arm_smmu_install_old_domain_invs"
	"?arm_smmu_enable_iopf" "?arm_smmu_disable_iopf"
)
reset=(
	arm_smmu_device_reset arm_smmu_device_try_reset arm_smmu_device_disable arm_smmu_write_reg_sync
	arm_smmu_write_strtab arm_smmu_adopt_sync_l1 arm_smmu_init_l2_strtab
)
cmdqv=(
	tegra241_vcmdq tegra241_vintf tegra241_cmdqv tegra241_cmdqv_probe __tegra241_cmdqv_probe
	"?tegra241_vintf_sid"
)
tests=(attach reset cmdqv)

build() { # FOLDER TEST
	local dir=$scratch/$1 old=''
	grep -q 'struct iommu_domain \*old_domain)' "$dir/src/$driver/arm-smmu-v3.c" && old=-DPASSES_OLD_DOMAIN
	# shellcheck disable=SC2086 # empty means absent
	gcc -std=gnu11 -g -O1 -Wall -Wno-unused -Wno-address -fsanitize=address,undefined -fno-sanitize-recover=undefined \
		$old -I "$dir/include" -I "$here" -I "$dir/src/$driver" -I "$dir" \
		-o "$dir/$2" "$here/test_$2.c" "$here/harness.c" >"$dir/$2.log" 2>&1 || { head -20 "$dir/$2.log"; return 2; }
}

# The test's exit code is what is expected: 0, or without the patch UNMET of harness.h
check() { # NAME FOLDER TEST EXPECTED
	local rc=0
	build "$2" "$3" || rc=2
	[ $rc -ne 0 ] || ASAN_OPTIONS=detect_leaks=0 "$scratch/$2/$3" >"$scratch/$2/$3.out" 2>&1 || rc=$?
	if [ $rc -eq "$4" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAILED: harness, $(basename "$source"), $1: exit code $rc instead of $4"
	cat "$scratch/$2/$3.out" 2>/dev/null
}

patched whole || exit 1
for test in "${tests[@]}"; do check "$test" whole "$test" 0; done
while read -r patch test; do
	patched "without-$patch" "$patch" || { failed=$((failed + 1)); continue; }
	# A patch that this series does not have
	if cmp -s "$scratch"/{whole,"without-$patch"}/src/$driver/arm-smmu-v3.c &&
		cmp -s "$scratch"/{whole,"without-$patch"}/src/$driver/tegra241-cmdqv.c; then continue; fi
	check "$test without $patch" "without-$patch" "$test" 10
done <<-END
	old-domain attach
	attach-once attach
	pci-reset attach
	acknowledge-gerror reset
	no-cmdqv cmdqv
END
echo "harness: $passed passed, $failed failed"
[ $failed -eq 0 ]

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The adopting driver for the newest arm64 kernel of each Debian suite: a series that fits, a build without
# a warning, the harness. `driver-matrix.sh SUITE...` does the named ones, --update looks for newer kernels
# first. A new kernel that no series fits is a failure here; it is what this is for.
set -u
cd "$(dirname "$0")/../.." || exit 1
suites=(bookworm-backports trixie trixie-backports forky sid)
out=build/driver-matrix
update=''
[ "${1:-}" != --update ] || { update=1; shift; }
[ $# -eq 0 ] || suites=("$@")
passed=0 failed=0

one() { # SUITE
	local dir=$out/$1 source headers
	mkdir -p "$dir"
	[ -z "$update" ] || tests/build/newest.sh --suite "$1" --update >/dev/null || return 1
	source=$(tests/build/newest.sh --suite "$1" --print source) || return 1
	headers=$(tests/build/newest.sh --suite "$1" --print headers) || return 1
	kmod/adopting-driver/build.sh --source "$source" --kdir "$headers" --out "$dir/module" >"$dir/log" 2>&1 ||
		{ cat "$dir/log"; return 1; }
	# Remarks on tools older than the kernel's are none of the code's
	! grep -iE 'warning|undefined' "$dir/module/build.log" |
		grep -vE 'compiler differs|pahole version|counted_by.* attribute directive ignored' || return 1
	tests/driver/run.sh "$source" "$dir/harness" >>"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }
	echo "  $1: ${headers##*/linux-headers-}: $(sed -n 's/.*: patches/patches/p' "$dir/module/series"), $(tail -n 1 "$dir/log")"
}

for suite in "${suites[@]}"; do
	if one "$suite"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: driver-matrix, $suite"
	fi
done
echo "driver-matrix: $passed passed, $failed failed"
[ $failed -eq 0 ]

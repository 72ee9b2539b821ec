#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the check targets named as arguments, one after the other, whatever
# fails, and adds up the closing lines "<part>: N passed, N failed[, N skipped]"
# each of them prints. A target that fails without a failed test counts as one.
set -u

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "$@"; do
	echo "== $target"
	make --no-print-directory "$target" 2>&1 | tee "$log"
	rc=${PIPESTATUS[0]}
	f=0
	while read -r np nf ns; do
		passed=$((passed + np)) f=$((f + nf)) skipped=$((skipped + ns))
	done < <(sed -nE 's/^[a-z-]+: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/p' "$log" |
		awk '{ print $1, $2, $3 + 0 }')
	if [ "$rc" -ne 0 ] && [ $f -eq 0 ]; then
		echo "FAILED: make $target ended with $rc"
		f=1
	fi
	failed=$((failed + f))
done
if [ $skipped -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ] && [ $passed -gt 0 ]

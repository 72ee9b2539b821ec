#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs cmocka programs (arguments: their paths), prints the failing tests and
# one line of totals, which begins with UNITS_NAME (default: unit). Every test of
# every program counts; a program that dies without a summary counts as one failure.
set -u

passed=0 failed=0 skipped=0
for prog in "$@"; do
	out=$(CMOCKA_MESSAGE_OUTPUT=stdout timeout 300 "$prog" 2>&1)
	rc=$?
	p=$(grep -c '^\[       OK \]' <<<"$out")
	f=$(grep -cE '^\[  FAILED  \] [a-zA-Z_]' <<<"$out")
	s=$(grep -c '^\[  SKIPPED \] [a-zA-Z_]' <<<"$out")
	# cmocka lists these once in the run and once in the summary.
	f=$(((f + 1) / 2)) s=$(((s + 1) / 2))
	if [ $rc -ne 0 ] && [ $f -eq 0 ]; then
		f=1
	fi
	if [ $((p + f + s)) -eq 0 ]; then
		f=1
	fi
	if [ $f -gt 0 ]; then
		printf '%s\n' "$out" | tail -n 60
		echo "FAILED: ${prog##*/} (exit $rc)"
	fi
	printf '  %-24s %3d passed, %d failed, %d skipped\n' "${prog##*/}" $p $f $s
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "${UNITS_NAME:-unit}: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

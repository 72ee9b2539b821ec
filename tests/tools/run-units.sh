#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs cmocka programs (arguments: their paths), prints the failing tests and
# one line of totals, which begins with UNITS_NAME (default: unit). Every test of
# every program counts; a program that dies without a summary counts as one failure.
# What it says goes to a file: a process that a failed test left behind keeps a pipe open.
# The limit is to end a test that hangs, and no measure of a busy machine.
set -u

said=$(mktemp) || exit 1
UNITS_JSON=$(mktemp -d) || exit 1
export UNITS_JSON
trap 'rm -rf "$said" "$UNITS_JSON"' EXIT
passed=0 failed=0 skipped=0
for prog in "$@"; do
	CMOCKA_MESSAGE_OUTPUT=stdout timeout 3600 "$prog" >"$said" 2>&1
	rc=$?
	out=$(tr -d '\0' <"$said")
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
# What they wrote as JSON, and the golden files, against doc/schema/; with all programs, which sanitizers do not run,
# every schema must have been met.
all=()
[ $# -lt 40 ] || [ "${UNITS_NAME:-unit}" != unit ] || all=(--all)
schemas=$("${0%/*}/check-schema.py" "${all[@]}" "$UNITS_JSON" "${0%/*}/../golden")
if ! grep -q ', 0 failed, ' <<<"$schemas"; then
	printf '%s\n' "$schemas"
	failed=$((failed + 1))
elif grep -q '^SKIP' <<<"$schemas"; then
	printf '%s\n' "$schemas"
	skipped=$((skipped + 1))
else
	printf '  %s\n' "$schemas"
	passed=$((passed + 1))
fi
echo "${UNITS_NAME:-unit}: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

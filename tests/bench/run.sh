#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds and runs the benchmarks of this folder; fails when one's claim does not hold.
set -eu
cd "$(dirname "$0")/../.."
out=build/bench
mkdir -p "$out"
for src in tests/bench/bench_*.c; do
	prog=$out/$(basename "$src" .c)
	"${CC:-cc}" -std=gnu11 -O2 -I. -Wall -Wextra -o "$prog" "$src" core/*.c
	echo "== ${src##*/}"
	"$prog"
done
echo "== verify.c"
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -I. -Wall -Wextra -o "$out/verify" tests/bench/verify.c \
	daemon/act/hands.c daemon/act/hold.c build/native/libadopt.a -l:libinih.a -ldl
"$out/verify"
echo "== bench_plan.py"
tests/bench/bench_plan.py

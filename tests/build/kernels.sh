#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compiles smmu_adopt.ko against several kernels' headers with W=1; a warning is a failure.
#
#   kernels.sh             all arm64 flavours of the newest kernel Debian has, the newest one of each Debian suite that has
#                          6.12 or later, and sparse
#   kernels.sh --quick     one flavour of the packaged 6.12 kernel and of the newest
#   kernels.sh FOLDER...   headers that are there already
set -euo pipefail
cd "$(dirname "$0")/../.."
cross=${CROSS_COMPILE:-aarch64-linux-gnu-}

compile() { # FOLDER NAME [ARG...]
	local name=$2 log=build/kernels/$2.log
	mkdir -p build/kernels
	if make -C kmod "KDIR=$1" "O=$PWD/build/kernels/$name" W=1 ARCH=arm64 "CROSS_COMPILE=$cross" \
		"${@:3}" >"$log" 2>&1 &&
		! grep -E 'warning:|WARNING' "$log" | grep -vE 'compiler differs|pahole version'; then
		echo "  $name: ok"
	else
		grep -E 'error|warning' "$log" | head -n 20
		echo "FAILED: kernel headers $name ($log)"
		return 1
	fi
}

# Headers of the packaged kernel: the sparse of the same release knows their compiler's options.
sparse() {
	command -v sparse >/dev/null || { echo "FAILED: sparse is not installed (make deps)"; return 1; }
	rm -rf build/kernels/sparse
	compile "$(tests/vm/fetch.sh --print kdir)" sparse C=1 "CHECK=sparse" CF=-D__CHECK_ENDIAN__
}

passed=0 failed=0
count() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }

dirs=("$@")
case ${1:-} in
'')
	list=$(tests/build/newest.sh --print headers)
	mapfile -t dirs <<<"$list"
	for suite in bookworm-backports trixie trixie-backports forky sid; do
		if ! dir=$(tests/build/newest.sh --suite "$suite" --print headers); then
			echo "FAILED: kernel headers of $suite" && failed=$((failed + 1))
		elif [[ " ${dirs[*]##*/} " != *" ${dir##*/} "* ]]; then
			dirs+=("$dir")
		fi
	done
	count sparse
	;;
--quick)
	list=$(tests/build/newest.sh --print headers)
	dirs=("$(tests/vm/fetch.sh --print kdir)" "${list%%$'\n'*}")
	;;
esac
for dir in "${dirs[@]}"; do count compile "$dir" "${dir##*/linux-headers-}"; done
echo "kernels: $passed passed, $failed failed"
[ $failed -eq 0 ]

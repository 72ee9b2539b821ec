#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of `make deb` and `make rpm`: what the distributions' own checkers say, packages that are the
# same when built at another time and place, and Debian's autopkgtest in an arm64 root. Minutes.
# `packages.sh NAME...` runs the named ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
out=$PWD/build/check-packages
rm -rf --one-file-system "$out" && mkdir -p "$out"

need() { # PROGRAM... : or say so
	local p
	for p; do
		command -v "$p" >/dev/null || { echo "SKIP ${FUNCNAME[1]#check_}: no $p"; return 1; }
	done
}

tree() { # FOLDER: a copy of what git has and would have, as a clone, since `make dist` asks git
	mkdir -p "$1"
	git ls-files -co --exclude-standard | while read -r f; do [ ! -e "$f" ] || echo "$f"; done | tar -c -T - | tar -C "$1" -x
	git -C "$1" init -q && git -C "$1" add -A
}

build() { # TARGET FOLDER [VARIABLE=VALUE...]
	local target=$1 dir=$2
	shift 2
	env SOURCE_DATE_EPOCH=1764000000 "$@" make -s -C "$dir" "$target" DEB_ARCH=arm64 >"$out/log" 2>&1 || { tail -n 5 "$out/log"; return 1; }
}

# The programs do not depend on where they are built.
check_two_builds() {
	local n
	for n in 1 22; do
		tree "$out/tree-$n" || return 1
		make -s -C "$out/tree-$n" native >"$out/log" 2>&1 || { tail -n 5 "$out/log"; return 1; }
	done
	cmp "$out"/tree-{1,22}/build/native/daemon/smmu-adoptd && cmp "$out"/tree-{1,22}/build/native/ctl/smmu-adoptctl
}

# Two builds of the Debian packages; the first is what the other checks look at.
check_deb() {
	local deb bad=0
	need dpkg-buildpackage dh_dkms aarch64-linux-gnu-gcc || return 77
	tree "$out/a" && tree "$out/elsewhere/and/longer" || return 1
	build deb "$out/a" LC_ALL=C TZ=UTC && sleep 2 || return 1
	(umask 027 && build deb "$out/elsewhere/and/longer" LC_ALL=C.UTF-8 TZ=Asia/Tokyo HOME=/nonexistent) || return 1
	for deb in "$out"/a/build/deb/*.deb; do
		cmp "$deb" "$out/elsewhere/and/longer/build/deb/${deb##*/}" && continue
		bad=1
		! command -v diffoscope >/dev/null || diffoscope "$deb" "$out/elsewhere/and/longer/build/deb/${deb##*/}" | head -n 40
	done
	[ $bad = 0 ] && [ "$(ls "$out"/a/build/deb/*.deb | wc -l)" -ge 4 ]
}

check_deb_lintian() {
	need lintian || return 77
	[ -d "$out/a/build/deb" ] || { tree "$out/a" && build deb "$out/a" || return 1; }
	lintian --fail-on error,warning "$out"/a/build/deb/*.changes
}

# The packages as Debian 13 makes them, by its own checker: its units lie elsewhere.
check_deb_trixie() {
	need mmdebstrap || return 77
	[ "$(id -u)" = 0 ] || { echo "SKIP deb_trixie: not root"; return 77; }
	tree "$out/t" && build dist "$out/t" &&
		SOURCE_DATE_EPOCH=1764000000 tests/distro/mkdebs.sh trixie "$(echo "$out"/t/build/dist/*.tar.gz)" "$out/trixie" lint
}

# In the root of the distribution scenarios. The one test that boots is left out: a chroot is no machine.
check_deb_tests() {
	local root=$out/root tar
	need autopkgtest qemu-aarch64-static || return 77
	[ "$(id -u)" = 0 ] || { echo "SKIP deb_tests: not root"; return 77; }
	[ -d "$out/a/build/deb" ] || { tree "$out/a" && build deb "$out/a" || return 1; }
	tar=$(tests/distro/mkroot.sh) && mkdir -p "$root" && tar -C "$root" --numeric-owner -xf "$tar" || return 1
	autopkgtest --no-built-binaries --setup-commands 'apt-get -qq update' --output-dir "$out/autopkgtest" \
		"$out"/a/build/deb/smmu-adopt{,-tools}_*.deb "$out"/a/build/deb/smmu-adopt-0.*/ -- chroot "$root" >"$out/log" 2>&1
	grep -E '(PASS|FAIL|SKIP)' "$out/autopkgtest/summary"
	! grep -q FAIL "$out/autopkgtest/summary" && grep -q PASS "$out/autopkgtest/summary"
}

check_rpm() {
	need rpmbuild rpmlint || return 77
	tree "$out/r" && build rpm "$out/r" || return 1
	rpmlint -c packaging/rpm/rpmlint.toml packaging/rpm/smmu-adopt.spec "$out"/r/build/rpm/RPMS/*/*.rpm >"$out/rpmlint" 2>&1
	tail -n 1 "$out/rpmlint"
	! grep -E ': [EW]: ' "$out/rpmlint"
}

run_checks packages "$@"

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkdebs.sh SUITE TARBALL OUT [lint] - `make deb DEB_ARCH=arm64` in a root of the Debian release SUITE, of what `make dist`
# packed into TARBALL: packages name the libraries, and have the paths, of the release that they are built on. With "lint" that
# release's lintian reads them, and an error or a warning of it is a failure. Needs root.
#
#   OUT/*.deb, OUT/build.log
set -euo pipefail
umask 022

here=$(cd "$(dirname "$0")" && pwd)
suite=$1 tarball=$2 out=$3 lint=${4:-}
base=$("$here/mkroot.sh" "$suite" build)
rm -rf --one-file-system "$out"
mkdir -p "$out/root"
tar -C "$out/root" --numeric-owner -xf "$base"
mkdir "$out/root/build"
tar -C "$out/root/build" -xzf "$tarball"
cp -r "$here/../../packaging/debian" "$(echo "$out"/root/build/*)/debian"
inside() {
	unshare --mount --pid --fork --mount-proc="$out/root/proc" env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 \
		SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}" chroot "$out/root" sh -ec "$1"
}
inside 'cd /build/*/ && dpkg-buildpackage -us -uc -b -aarm64 -Pcross,nocheck' >"$out/build.log" 2>&1 || {
	tail -n 30 "$out/build.log" >&2
	exit 1
}
[ -z "$lint" ] || inside 'lintian --allow-root --fail-on error,warning /build/*.changes'
mv "$out"/root/build/*.deb "$out/"
rm -rf --one-file-system "$out/root"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dkms-build.sh RELEASE HEADERS OUT - build.sh with the kernel source that belongs to RELEASE, from
# where Debian's linux-source package and the people who unpack it put it.
# dkms-build.sh --check RELEASE HEADERS - can that be done? If not, one message says why: source and headers
# have to be of one version, and the patches have to fit. dkms.conf asks, and leaves the kernel out then.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sources=/usr/src
check=
[ "${1:-}" != --check ] || { check=1 && shift; }
release=$1 kdir=$2 out=${3:-}
series=$(cut -d. -f1,2 <<<"$release")

refuse() {
	echo "smmu-adopt-driver: not built for kernel $release: $*" >&2
	exit 1
}

# "6.12.95" of a Makefile
makefile_version() {
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *//p' | head -n 3 | paste -sd .
}

# Of a package the name of its version tells, and a tarball takes long to read.
source_version() {
	local owner
	if [ -d "$source" ]; then
		makefile_version <"$source/Makefile"
	elif owner=$(dpkg-query -S "$source" 2>/dev/null); then
		dpkg-query -W -f '${source:Upstream-Version}\n' "${owner%%:*}"
	else
		tar -xf "$source" --occurrence=1 -O --wildcards --no-wildcards-match-slash '*/Makefile' | makefile_version
	fi
}

headers_version() {
	sed -n 's/^#define LINUX_VERSION_\(MAJOR\|PATCHLEVEL\|SUBLEVEL\) //p' \
		"$kdir/include/generated/uapi/linux/version.h" 2>/dev/null | paste -sd .
}

source=
for place in "$sources/linux-source-$series" "$sources/linux-source-$series.tar.xz"; do
	[ -n "$source" ] || [ ! -e "$place" ] || source=$place
done
[ -n "$source" ] || refuse "there is no $sources/linux-source-$series.tar.xz: install the package linux-source-$series"
headers=$(headers_version) || true
[ -n "$headers" ] || refuse "there are no headers at $kdir"
version=$(source_version 2>/dev/null) || true
[ "$version" = "$headers" ] ||
	refuse "$source is Linux ${version:-of no version that is known}, and its headers are Linux $headers: both must be of one version"

if [ -z "$check" ]; then
	exec "$here/build.sh" --source "$source" --kdir "$kdir" --out "$out"
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$here/build.sh" --check --source "$source" --kdir "$kdir" --out "$tmp" >/dev/null 2>"$tmp/said" ||
	refuse "$(tail -n 1 "$tmp/said")"

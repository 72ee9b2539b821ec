#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dkms-build.sh RELEASE HEADERS OUT - build.sh with the kernel source that belongs to RELEASE, from
# where Debian's linux-source package and the people who unpack it put it.
set -euo pipefail
release=$1 kdir=$2 out=$3
series=$(cut -d. -f1,2 <<<"$release")

for source in "/usr/src/linux-source-$series" "/usr/src/linux-source-$series.tar.xz"; do
	[ ! -e "$source" ] || exec "$(dirname "$0")/build.sh" --source "$source" --kdir "$kdir" --out "$out"
done
echo "dkms-build.sh: no /usr/src/linux-source-$series.tar.xz: install the package linux-source-$series" >&2
exit 1

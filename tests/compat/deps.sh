#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs the readers and writers of dumps that `make check-compat` compares
# with, and only those that are missing. Not part of `make deps`: nothing else
# needs them.
set -euo pipefail

packages=(crash makedumpfile python3 python3-drgn python3-libkdumpfile qemu-system-arm qemu-user-static)
need=()
for pkg in "${packages[@]}"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$pkg" 2>/dev/null | grep -qx installed || need+=("$pkg")
done
[ ${#need[@]} -gt 0 ] || exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "compat: installing ${need[*]}"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${need[@]}" >/dev/null </dev/null

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# arm64-tools.sh - crash and makedumpfile as an arm64 machine has them. Both read
# only dumps of the architecture they were built for. Debian's newest packages,
# with the libraries they name, are unpacked into the cache, and run by
# qemu-user; nothing is installed. Prints a folder with the two commands.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/arm64-tools
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
emulator=qemu-aarch64-static
packages=(crash makedumpfile)

die() { echo "arm64-tools: $*" >&2; exit 2; }

setup_apt() {
	local site apt=$cache/apt
	site=$(apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
		awk '$2 !~ /-(security|updates)$/ && $3 == "main" { print $1; exit }')
	[ -n "$site" ] || die "no Debian mirror in the host's apt"
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
	: >"$apt/status"
	echo "deb [arch=arm64 signed-by=$keyring] $site sid main" >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-EOT
	Dir::Etc::sourcelist "$apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$apt/state";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt/cache";
	APT::Architecture "arm64";
	APT::Architectures { "arm64"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	EOT
	export APT_CONFIG=$apt/apt.conf
	apt-get -qq update >&2
}

# One command of the unpacked system.
wrap() { # NAME
	cat >"$cache/new/bin/$1" <<-EOT
	#!/bin/sh
	exec $emulator -L "$cache/root" "$cache/root/usr/bin/$1" "\$@"
	EOT
	chmod +x "$cache/new/bin/$1"
}

command -v $emulator >/dev/null || die "$emulator is not installed (package qemu-user-static)"
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ ! -d "$cache/bin" ]; then
	setup_apt
	apt-get -qq install -y --download-only --no-install-recommends "${packages[@]}" >&2
	rm -rf "$cache/new" "$cache/root"
	mkdir -p "$cache"/new/{root,bin}
	for deb in "$cache"/apt/cache/archives/*.deb; do dpkg -x "$deb" "$cache/new/root"; done
	[ -e "$cache/new/root/lib" ] || ln -s usr/lib "$cache/new/root/lib"
	for name in "${packages[@]}"; do wrap "$name"; done
	mv "$cache/new/root" "$cache/root"
	mv "$cache/new/bin" "$cache/bin"
fi
printf '%s\n' "$cache/bin"

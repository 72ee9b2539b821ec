# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# apt.sh - sourced by scripts that unpack Debian packages into a cache.
#
# Nothing is installed and nothing on the host is changed: apt runs unprivileged with a folder of its
# own (sources, lists, no dpkg status) and verifies against the Debian archive keyring. The mirror is
# the one the host's apt already uses; its name is never written into the tree.

APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

host_arch() { dpkg --print-architecture; }

apt_host_site() {
	apt-get indextargets --format "\$(SITE) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
		awk '$2 !~ /-(security|updates)$/ && $3 == "main" && !n++ { print $1 }'
}

# Reads the lists of these suites, for arm64 and this host; exports APT_CONFIG.
private_apt() {		# FOLDER SUITE...
	local dir=$1 site suite
	shift
	[[ -r $APT_KEYRING ]] || { echo "$APT_KEYRING is missing (package debian-archive-keyring)" >&2; return 1; }
	site=$(apt_host_site)
	[[ -n $site ]] || { echo "the host's apt has no source for Debian main; cannot tell a mirror" >&2; return 1; }
	mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,etc} || return 1
	: >"$dir/status"
	for suite; do
		echo "deb [arch=arm64,$(host_arch) signed-by=$APT_KEYRING] $site $suite main"
	done >"$dir/etc/sources.list"
	# Read before the host's apt.conf, so its proxy settings stay in force.
	cat >"$dir/etc/apt.conf" <<-EOT
	Dir::Etc::sourcelist "$dir/etc/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$dir/state";
	Dir::State::status "$dir/status";
	Dir::Cache "$dir/cache";
	Dir::Log "$dir";
	APT::Architecture "arm64";
	APT::Architectures { "arm64"; "$(host_arch)"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	EOT
	export APT_CONFIG=$dir/etc/apt.conf
	apt-get -qq update >&2
}

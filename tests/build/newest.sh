#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# newest.sh - the newest kernel Debian has, from sid and the backports of the newest release, in the
# cache. What is there is used without asking the archive.
#
#   newest.sh --print headers    folders of all arm64 flavours' headers, one a line
#   newest.sh --print source     the part of its source that the adopting driver is made from
#   newest.sh --print kernel     folder for run.py --kernel: Image, release, modules/
#   newest.sh --update           look for a newer kernel first; prints its ABI
#   newest.sh --suite SUITE ...  the newest kernel of this suite instead, its plain arm64 flavour only
#
# Newer headers want a newer libc for their tools, and a newer compiler for one option; the copy in
# the cache gets the former and does without the latter, so modules built with it are for tests only.
set -euo pipefail
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/headers
flavours=(arm64 arm64-16k rt-arm64 cloud-arm64)
suites=(sid trixie-backports)
# shellcheck source=tests/tools/apt.sh
. "$here/../tools/apt.sh"

say() { printf 'newest: %s\n' "$*" >&2; }
die() { printf 'newest: error: %s\n' "$*" >&2; exit 1; }

read_lists() {
	say "reading the package lists of ${suites[*]}"
	private_apt "$cache/apt" "${suites[@]}" || die "no package lists (messages above)"
}

resolve() { # writes $cache/current: ABI and version
	local abi version
	abi=$(apt-cache pkgnames linux-headers- |
		sed -nE 's/^linux-headers-([0-9.]+\+deb[0-9]+)-arm64$/\1/p' | sort -V | tail -n 1)
	[ -n "$abi" ] || die "no arm64 kernel headers in the archive"
	version=$(apt-cache policy "linux-headers-$abi-arm64:arm64" | sed -n 's/^ *Candidate: //p')
	printf '%s %s\n' "$abi" "$version" >"$cache/current.new"
	mv "$cache/current.new" "$cache/current"
}

packages() { # SET ABI VERSION
	local f
	case $1 in
	headers)
		printf '%s\n' "linux-headers-$2-common" "linux-kbuild-$2:$(host_arch)" "libc6:$(host_arch)"
		for f in "${flavours[@]}"; do printf '%s\n' "linux-headers-$2-$f:arm64"; done
		;;
	source) f=${2%%+*} && printf '%s\n' "linux-source-${f%.*}=$3" ;;
	kernel) printf '%s\n' linux-{base,binary,modules}-"$2-arm64:arm64=$3" ;;
	esac
}

# modpost starts the program of the right word size and byte order beside it.
wrap_modpost() { # ROOT KBUILD
	local real=$2/mod/modpost.real-lsb-64 loader
	for loader in "$1"/{usr/,}lib/*-linux-gnu/ld-linux-*.so.?; do [ ! -e "$loader" ] || break; done
	mv "$real" "$real.bin"
	printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s.bin" "$@"\n' \
		"$loader" "${loader%/*}" "$real" >"$real"
	chmod +x "$real"
}

fix_flavour() { # FOLDER
	local common
	common=$(sed -n 's|^include /usr/src/||p' "$1/Makefile")
	printf 'KBUILD_OUTPUT=%s\ninclude %s/%s\n' "$1" "${1%/*}" "$common" >"$1/Makefile"
	sed -i '/^CC *=/d' "$1/.kernelvariables"
	sed -i '/CC_HAS_MIN_FUNCTION_ALIGNMENT/d' "$1/include/config/auto.conf"
	rm -f "$1/vmlinux"
}

# Paths in the fixed files are those of the final place, so this comes after the rename.
finish_headers() { # ROOT ABI
	local f
	wrap_modpost "$1" "$1/usr/lib/linux-kbuild-$2/scripts"
	for f in "${flavours[@]}"; do fix_flavour "$1/usr/src/linux-headers-$2-$f"; done
	touch "$1/.complete"
}

finish_source() { # ROOT ABI
	local tarball
	tarball=$(echo "$1"/usr/src/linux-source-*.tar.xz)
	tar -C "$1" -xf "$tarball" --strip-components=1 --wildcards --no-wildcards-match-slash \
		'*/drivers/iommu' '*/Makefile'
	rm -rf "${1:?}/usr"
	touch "$1/.complete"
}

finish_kernel() { # ROOT ABI
	ln -s "usr/lib/modules/$2-arm64/vmlinuz" "$1/Image"
	ln -s "usr/lib/modules/$2-arm64" "$1/modules"
	echo "$2-arm64" >"$1/release"
	touch "$1/.complete"
}

root_of() { # SET ABI
	case $1 in
	headers) echo "$cache/$2" ;;
	*) echo "$cache/$2-$1" ;;
	esac
}

# False when the archive no longer has it.
download() { # SET ABI VERSION
	local root
	local -a list
	root=$(root_of "$1" "$2")
	mapfile -t list < <(packages "$1" "$2" "$3")
	rm -rf "$root" "$root.new" && mkdir -p "$root.new/debs"
	say "downloading the $1 of Linux $2"
	(cd "$root.new/debs" && apt-get -qq download "${list[@]}" >&2) || return 1
}

unpack() { # SET ABI
	local root deb
	root=$(root_of "$1" "$2")
	for deb in "$root.new"/debs/*.deb; do dpkg -x "$deb" "$root.new"; done
	rm -rf "$root.new/debs"
	mv "$root.new" "$root"
	"finish_$1" "$root" "$2"
}

ensure() { # SET
	local abi='' version=''
	mkdir -p "$cache"
	exec 9>"$cache/.lock"
	flock 9
	[ ! -e "$cache/current" ] || read -r abi version <"$cache/current"
	if [ -n "$abi" ] && [ -e "$(root_of "$1" "$abi")/.complete" ]; then return; fi
	read_lists
	[ -n "$abi" ] || resolve
	read -r abi version <"$cache/current"
	if ! download "$1" "$abi" "$version"; then
		# The archive keeps the newest version only: what was resolved once may be gone.
		resolve
		read -r abi version <"$cache/current"
		download "$1" "$abi" "$version" || die "could not download the $1 of Linux $abi"
	fi
	unpack "$1" "$abi"
	exec 9>&-
}

print_set() { # SET
	local abi root f
	ensure "$1"
	read -r abi _ <"$cache/current"
	root=$(root_of "$1" "$abi")
	case $1 in
	headers) for f in "${flavours[@]}"; do echo "$root/usr/src/linux-headers-$abi-$f"; done ;;
	*) echo "$root" ;;
	esac
}

if [ "${1:-}" = --suite ] && [ $# -gt 2 ]; then
	# Backports have no libc6 of their own
	suites=("$2") cache=$cache/$2 flavours=(arm64)
	[ "$2" = "${2%-backports}" ] || suites+=("${2%-backports}")
	shift 2
fi
case "${1:-} ${2:-}" in
"--print headers" | "--print source" | "--print kernel") print_set "$2" ;;
"--update ")
	mkdir -p "$cache"
	read_lists
	resolve
	cut -d ' ' -f 1 "$cache/current"
	;;
*)
	sed -n 's/^#   //p' "$0" >&2
	exit 2
	;;
esac

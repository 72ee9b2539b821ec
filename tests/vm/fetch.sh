#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fetch.sh - Debian packages for the emulated machine and for `make kmod`, into a cache.
#
# Nothing is installed: tests/tools/apt.sh has apt fetch and verify, `dpkg -x` unpacks.
#
# The cache lies outside the checkout, so that a fresh clone is warm:
#   <cache>/kernel/current          name of the resolved kernel: <abi>_<package version>
#   <cache>/kernel/<name>/headers   arm64 + common headers, kbuild tools for this host
#   <cache>/kernel/<name>/source    the part of linux-source-6.12 the adopting driver is made from
#   <cache>/kernel/<name>/guest     kernel image, modules, busybox, kexec, the libraries they need
#   <cache>/kernel/<name>/old       an older kernel, to crash: image and modules
#   <cache>/kernel/<name>/udev      systemd-udevd, its rules, the libraries it needs
# A set is unpacked beside its place and renamed when complete: it is there whole or not at all.

set -euo pipefail
umask 022

readonly SUITE=bookworm SERIES=6.12 OLD_SERIES=6.1.0
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt
readonly KDIR=$CACHE/kernel
readonly LOCK_WAIT=1800		# seconds; another run may be downloading on a slow line

# shellcheck source=tests/tools/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tools/apt.sh"

usage() {
	cat <<-EOT
	usage: fetch.sh [headers|source|guest|udev|old|all]...   make these sets present (default: all)
	       fetch.sh --print NAME                    print a path, fetching its set if missing
	       fetch.sh --update [SET]...               look for a newer $SERIES kernel first
	NAME: cache kver kdir ksource kimage kmodules busybox kexec guestroot udevroot
	      oldkver oldkimage oldkmodules
	EOT
}

say() { printf 'fetch: %s\n' "$*" >&2; }
die() { printf 'fetch: error: %s\n' "$*" >&2; exit 1; }

# --- the archive ---------------------------------------------------------------------------------

apt_setup() {
	say "reading the package lists of $SUITE and $SUITE-backports"
	private_apt "$CACHE/apt" "$SUITE" "$SUITE-backports" || die "no package lists (messages above)"
}

# Newest ABI for which image and headers both exist, and the version apt would take.
resolve() {
	local abi version
	abi=$(apt-cache pkgnames "linux-image-$SERIES" |
		sed -nE "s/^linux-image-($SERIES\.[0-9]+\+deb[0-9]+)-arm64-unsigned$/\1/p" | sort -V | tail -n 1)
	[[ -n $abi ]] || die "no $SERIES arm64 kernel in $SUITE-backports"
	version=$(apt-cache policy "linux-image-$abi-arm64-unsigned:arm64" | sed -n 's/^ *Candidate: //p')
	[[ -n $version && $version != '(none)' ]] || die "no candidate for linux-image-$abi-arm64-unsigned"
	printf '%s_%s\n' "$abi" "$version"
}

# A package and the library packages it needs. A real resolver would bring debconf and Perl along.
with_libraries() {	# $1 = package
	local -a todo=("$1")
	local -A seen=()
	local p
	while ((${#todo[@]})); do
		p=${todo[0]}
		todo=("${todo[@]:1}")
		[[ -z ${seen[$p]:-} ]] || continue
		seen[$p]=1
		printf '%s:arm64\n' "$p"
		mapfile -t -O "${#todo[@]}" todo < <(apt-cache depends -i "$p:arm64" |
			sed -nE 's/^ *Depends: ((lib|zlib)[^ ]*)$/\1/p')
	done
}

set_packages() {	# $1 = set, $2 = resolved name
	local abi=${2%%_*} version=${2#*_}
	case $1 in
	headers) printf '%s\n' "linux-headers-$abi-arm64:arm64=$version" \
			"linux-headers-$abi-common=$version" "linux-kbuild-$abi:$(host_arch)=$version" ;;
	source)  printf '%s\n' "linux-source-$SERIES=$version" ;;
	guest)   printf '%s\n' "linux-image-$abi-arm64-unsigned:arm64=$version" busybox-static:arm64
		 with_libraries kexec-tools ;;
	udev)	 with_libraries udev ;;
	old)	 apt-cache pkgnames "linux-image-$OLD_SERIES" |
			sed -nE "s/^(linux-image-$OLD_SERIES-[0-9]+-arm64-unsigned)$/\1:arm64/p" |
			sort -V | tail -n 1 ;;
	*)	 die "unknown set '$1'" ;;
	esac
}

# --- sets ----------------------------------------------------------------------------------------

# The headers' Makefile includes /usr/src/...: make that relative. Without the vmlinux beside it
# kbuild skips BTF, which would need pahole and which none of our modules has a use for.
fixup_headers() {	# $1 = root
	local mk
	for mk in "$1"/usr/src/linux-headers-*-arm64/Makefile; do
		# shellcheck disable=SC2016 # make's variable, not ours
		sed -i 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' "$mk"
		rm -f "${mk%/*}/vmlinux"
	done
}

fixup_source() {	# $1 = root. Keep the driver's directory and the headers beside it, drop the rest.
	local tarball=$1/usr/src/linux-source-$SERIES.tar.xz
	say "unpacking drivers/iommu of linux-source-$SERIES"
	tar -C "$1" -xf "$tarball" "linux-source-$SERIES/drivers/iommu" "linux-source-$SERIES/Makefile"
	rm -rf "${1:?}/usr"
}

fixup_guest() {		# $1 = root
	rm -rf "$1/usr/share/doc" "$1/usr/share/man" "${1:?}/etc"
}

fixup_old() { fixup_guest "$1"; }
fixup_udev() { fixup_guest "$1"; rm -rf "$1/lib/udev/hwdb.d"; }

# Two steps, since `set -e` is off inside a tested command: only the download may fail softly.
download_set() {	# $1 = set, $2 = resolved name, $3 = work directory
	local -a packages
	mapfile -t packages < <(set_packages "$1" "$2")
	mkdir -p "$3/debs" "$3/root" || return 1
	say "downloading the $1 set of Linux ${2%%_*}"
	(cd "$3/debs" && apt-get -qq download "${packages[@]}" >&2)
}

unpack_set() {		# $1 = set, $2 = resolved name, $3 = work directory
	local deb
	for deb in "$3"/debs/*.deb; do
		dpkg -x "$deb" "$3/root"
	done
	"fixup_$1" "$3/root"
	(cd "$3/debs" && printf '%s\n' *.deb) >"$3/root/packages.txt"
	chmod 755 "$3/root"
	mv -T "$3/root" "$KDIR/$2/$1"
	rm -rf "$3"
	say "$1 set complete: $KDIR/$2/$1"
}

current() { cat "$KDIR/current" 2>/dev/null || true; }

have_sets() {		# sets...
	local name s
	name=$(current)
	[[ -n $name ]] || return 1
	for s; do
		[[ -d $KDIR/$name/$s ]] || return 1
	done
}

set_current() {
	printf '%s\n' "$1" >"$KDIR/.current.new"
	mv "$KDIR/.current.new" "$KDIR/current"
}

# False when the archive no longer has what was resolved; anything else that fails is the end.
fetch_sets() {		# $1 = resolved name, sets...
	local name=$1 s work=$KDIR/$1/.new
	shift
	for s; do
		[[ -d $KDIR/$name/$s ]] && continue
		rm -rf "$work"
		if ! download_set "$s" "$name" "$work"; then
			rm -rf "$work"
			[[ $(resolve) != "$name" ]] || die "could not download the $s set"
			gone=1
			return
		fi
		unpack_set "$s" "$name" "$work"
	done
}

ensure() {		# [--update] sets...
	local update='' name gone=''
	[[ $1 == --update ]] && { update=1; shift; }
	[[ -z $update ]] && have_sets "$@" && return 0
	mkdir -p "$KDIR"
	exec 9>"$CACHE/.lock"
	flock -n 9 || { say "waiting for another run"; flock -w "$LOCK_WAIT" 9 || die "lock is held"; }
	[[ -z $update ]] && have_sets "$@" && return 0
	apt_setup
	name=$(current)
	if [[ -z $name || -n $update ]]; then
		name=$(resolve)
		set_current "$name"
	fi
	fetch_sets "$name" "$@"
	if [[ -n $gone ]]; then
		# The archive keeps the newest version only: what was resolved once may be gone.
		say "Linux ${name%%_*} is no longer in the archive, taking the newest"
		gone=''
		name=$(resolve)
		set_current "$name"
		fetch_sets "$name" "$@"
		[[ -z $gone ]] || die "the archive changes while we read it; try again"
	fi
	exec 9>&-
}

# --- paths ---------------------------------------------------------------------------------------

print_old() {		# $1 = name, $2 = root of the set; it holds one kernel
	local abi
	abi=$(basename "$2"/lib/modules/*)
	case $1 in
	oldkver)	printf '%s\n' "$abi" ;;
	oldkimage)	printf '%s\n' "$2/boot/vmlinuz-$abi" ;;
	oldkmodules)	printf '%s\n' "$2/lib/modules/$abi" ;;
	esac
}

print_path() {
	local set name abi
	case $1 in
	cache)				printf '%s\n' "$CACHE"; return ;;
	kdir)				set=headers ;;
	ksource)			set=source ;;
	kver|kimage|kmodules|busybox|kexec|guestroot)	set=guest ;;
	udevroot)			set=udev ;;
	oldkver|oldkimage|oldkmodules)	set=old ;;
	*)				usage >&2; exit 2 ;;
	esac
	ensure "$set"
	name=$(current)
	abi=${name%%_*}
	local root=$KDIR/$name
	case $1 in
	kdir)		printf '%s\n' "$root/headers/usr/src/linux-headers-$abi-arm64" ;;
	ksource)	printf '%s\n' "$root/source/linux-source-$SERIES" ;;
	kver)		printf '%s\n' "$abi-arm64" ;;
	kimage)		printf '%s\n' "$root/guest/boot/vmlinuz-$abi-arm64" ;;
	kmodules)	printf '%s\n' "$root/guest/lib/modules/$abi-arm64" ;;
	busybox)	printf '%s\n' "$root/guest/bin/busybox" ;;
	kexec)		printf '%s\n' "$root/guest/sbin/kexec" ;;
	guestroot)	printf '%s\n' "$root/guest" ;;
	udevroot)	printf '%s\n' "$root/udev" ;;
	old*)		print_old "$1" "$root/old" ;;
	esac
}

main() {
	local update='' s
	local -a sets=()
	while (($#)); do
		case $1 in
		--print)	(($# == 2)) || { usage >&2; exit 2; }; print_path "$2"; return ;;
		--update)	update=--update ;;
		-h|--help)	usage; return ;;
		all)		sets+=(headers source guest udev old) ;;
		headers|source|guest|udev|old)	sets+=("$1") ;;
		*)		usage >&2; exit 2 ;;
		esac
		shift
	done
	((${#sets[@]})) || sets=(headers source guest udev old)
	# shellcheck disable=SC2086 # empty means absent
	ensure $update "${sets[@]}"
	for s in "${sets[@]}"; do
		printf '%-8s %s\n' "$s" "$KDIR/$(current)/$s"
	done
}

main "$@"

#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real dracut makes images as each distribution's kdump calls it, in a chroot of Debian 13 with its dracut and with
# the newest one Debian has: our module is in every capture image, whole, and in no other. Nothing is booted. Needs root;
# `dracut.sh NAME...` runs the named ones.
#
# Ubuntu's kdump-tools (1.10.7ubuntu5, its kernel hook) calls `dracut --force --add-confdir kdump-tools IMAGE.new VERSION`;
# its folder of configuration is its own: here one with a line that any image has.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
. tests/tools/apt.sh
out=$PWD/build/check-dracut
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/dracut
kver=6.12.0-test
image=/var/lib/kdump/initrd.img-$kver
rm -rf --one-file-system "$out" && mkdir -p "$out"

# Debian 13 with its dracut, as a tar file in the cache.
base() (
	[ ! -s "$cache/trixie.tar" ] || exit 0
	mkdir -p "$cache" && site=$(apt_host_site) && [ -n "$site" ] &&
		mmdebstrap --quiet --variant=minbase --include=dracut-core,systemd,systemd-sysv,udev,kmod,dbus,libmnl0 \
			--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
			--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
			trixie "$cache/new.tar" "deb [signed-by=$APT_KEYRING] $site trixie main" && mv "$cache/new.tar" "$cache/trixie.tar"
)

# The dracut of SUITE, unpacked in the cache.
dracut_of() (
	[ ! -x "$cache/$1/usr/bin/dracut" ] || exit 0
	rm -rf "${cache:?}/$1" && mkdir -p "$cache/debs" && cd "$cache/debs" && rm -f ./*.deb && private_apt "$cache/apt-$1" "$1" || exit 1
	for package in dracut-core dracut-install; do
		apt-get -qq download "$package:$(host_arch)" >/dev/null && dpkg -x "$package"_*.deb "$cache/$1" || exit 1
	done
)

able() { # SUITE
	command -v mmdebstrap >/dev/null && [ "$(id -u)" = 0 ] && base >"$out/log" 2>&1 && { [ "$1" = trixie ] || dracut_of "$1" >>"$out/log" 2>&1; } && return
	echo "SKIP dracut of $1: not root, no mmdebstrap, or it cannot be fetched"
	return 77
}

inside() {
	unshare --mount --pid --fork --mount-proc="$root/proc" env -i PATH=/usr/sbin:/usr/bin LC_ALL=C chroot "$root" "$@"
}

machine() { # SUITE: with our files, a kernel that has our helper, and an SMMUv3 in its sysfs
	root=$out/$1
	mkdir -p "$root" && tar -C "$root" --numeric-owner -xf "$cache/trixie.tar" || return 1
	[ "$1" = trixie ] || { rm -rf "$root"/usr/lib/dracut && cp -a "$cache/$1/." "$root/"; } || return 1
	make -s install DESTDIR="$root" PREFIX=/usr >"$out/log" 2>&1 || { tail -n 5 "$out/log"; return 1; }
	mkdir -p "$root/usr/lib/modules/$kver/updates/dkms" "$root"/sys/class/iommu/smmu3.0x0000000009050000 \
		"$root"/usr/lib/dracut/{dracut.conf.d/kdump-tools,modules.d/99kdump} "$root/usr/lib/kdump/dracut.conf.d" "$root/var/lib/kdump"
	cp build/kmod/smmu_adopt.ko "$root/usr/lib/modules/$kver/updates/dkms/" && touch "$root/usr/lib/modules/$kver"/modules.{order,builtin}
	# Neither may look for this machine's disks. Nothing boots, so nothing is made small.
	printf '%s\n' hostonly=no compress=cat do_strip=no early_microcode=no | tee "$root/usr/lib/dracut/dracut.conf.d/kdump-tools/90-kdump.conf" "$root/usr/lib/kdump/dracut.conf.d/99-kdump.conf" \
		>"$root/etc/dracut.conf.d/10-test.conf"
	printf '#!/bin/bash\ncheck() { return 255; }\ninstall() { return 0; }\n' >"$root/usr/lib/dracut/modules.d/99kdump/module-setup.sh"
	inside depmod $kver
}

made() { # IMAGE COMMAND...: the image is listed in $out/list
	local image=$1
	shift
	inside "$@" "$image" $kver >"$out/said" 2>&1 && inside lsinitrd "$image" >"$out/list" 2>>"$out/said" && return
	tail -n 5 "$out/said"
	return 1
}

has() { # NAME...: each is in the list
	local name
	for name; do
		grep -qE "(^| )$name( |\$)" "$out/list" || { echo "$* : not in the image: $name"; return 1; }
	done
}

ours=(usr/sbin/smmu-adoptd usr/lib/smmu-adopt/modules usr/lib/systemd/system/sysinit.target.wants/smmu-adoptd.service
	usr/lib/systemd/system/smmu-adoptd.socket '(usr/)?lib/modules/[^ ]*/smmu_adopt.ko[^ ]*')
real_root=(usr/lib/smmu-adopt/real-root usr/lib/systemd/system/initrd.target.wants/smmu-adopt-real-root.service)

without() { # WORD: nothing of that name
	! grep "$1" "$out/list" | head -n 3 | grep .
}

# Nothing that would run. What a generic image has of every package are modules below updates/ and modprobe's files: dracut
# itself takes them, nothing loads the module, and the file keeps the adopting driver from an ordinary boot.
ordinary() {
	! grep 'smmu.adopt' "$out/list" | grep -vE 'modprobe\.d/smmu-adopt\.conf$|/updates/dkms/smmu_adopt\.ko[^ ]*$' | head -n 3 | grep .
}

images() { # SUITE
	able "$1" || return
	machine "$1" || return 1
	# Ubuntu: with the dump in the real root.
	made "$image.new" dracut --force --add-confdir kdump-tools && has "${ours[@]}" "${real_root[@]}" || return 1
	# A kdump-tools that calls it otherwise is known by the place.
	made "$image" dracut --force && has "${ours[@]}" "${real_root[@]}" || return 1
	# Fedora and RHEL, SUSE.
	made /boot/initramfs-${kver}kdump.img env IN_KDUMP=1 dracut --force --add-confdir /usr/lib/kdump/dracut.conf.d && has "${ours[@]}" || return 1
	without real-root && made /var/lib/kdump/initrd dracut --force --add kdump && has "${ours[@]}" && without real-root || return 1
	# An ordinary image, and one of another folder of configuration, have nothing of ours.
	made /boot/initrd.img-$kver dracut --force && ordinary || return 1
	mkdir "$root/usr/lib/dracut/dracut.conf.d/other" && echo hostonly=no >"$root/usr/lib/dracut/dracut.conf.d/other/a.conf"
	made /boot/initrd.img-$kver dracut --force --add-confdir other && ordinary || return 1
	# Nor has a capture image of a machine without an SMMUv3.
	rmdir "$root"/sys/class/iommu/* && made "$image.new" dracut --force --add-confdir kdump-tools && ordinary
}

check_trixie() { images trixie; }
check_sid() { images sid; }

run_checks dracut "$@"

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# image.sh - sourced by run.sh: capture images as folders, and machines that "boot" them. A boot is a chroot in
# namespaces of its own: mounts, processes. Scripts of kdump are those of the distributions, unchanged; what they
# call that a container has not (the dump's contents, systemd, the restart) is played by the files of bin/.

# put_programs IMAGE NAME...: programs of this machine, with their libraries.
put_programs() {
	local image=$1 name file lib
	shift
	for name; do
		file=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin type -P "$name") || { echo "    $name is not installed"; return 1; }
		file=$(readlink -f "$file")
		install -D "$file" "$image/usr/bin/$name" || return 1
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
			[ -e "$image$lib" ] || install -D "$(readlink -f "$lib")" "$image$lib"
		done
	done
}

# make_image IMAGE: what both kinds have. /proc is a folder of links to a real one, so that it can have a vmcore.
make_image() {
	local image=$1
	mkdir -p "$image"/usr/{bin,lib} "$image"/{etc,dev,proc/sys/kernel/random,proc/real,run/initramfs,run/smmu-adoptd,sys,sysroot,tmp,var,kdumproot,kdump/mnt,log} || return 1
	mkdir -p "$image/usr/lib64" "$image/usr/sbin"
	ln -s usr/bin "$image/bin" && ln -s usr/sbin "$image/sbin" && ln -s usr/lib "$image/lib" && ln -s usr/lib64 "$image/lib64"
	put_programs "$image" bash awk cat chmod cp cut date df find findmnt grep head hostname id ls mkdir mkfifo mktemp mount mv nproc \
		readlink rm sed seq sleep stat sync tail touch tr umount uname wc || return 1
	ln -s bash "$image/usr/bin/sh"
	install -t "$image/usr/bin" tests/kdump/bin/* || return 1
	install -D build/native/daemon/smmu-adoptd "$image/usr/sbin/smmu-adoptd" || return 1
	install -D build/native/daemon/smmu-adoptd "$image/usr/bin/smmu-adoptd" || return 1
	touch "$image/etc/initrd-release" "$image/dev/null" "$image/dev/kmsg" "$image/dev/console"
	echo 'nr_cpus=1' >"$image/proc/cmdline"
	echo 'memory of the crashed kernel' >"$image/proc/vmcore"
	: >"$image/proc/consoles"
	ln -s /proc/self/fd "$image/dev/fd"
}

# new_boot IMAGE: another boot of the capture kernel: its id, nothing in /run or /log, what was mounted is not.
new_boot() {
	cat /proc/sys/kernel/random/uuid >"$1/proc/sys/kernel/random/boot_id"
	rm -rf "$1"/{run,log,tmp}
	mkdir -p "$1"/{run/initramfs,run/smmu-adoptd,log,tmp}
	: >"$1/dev/kmsg"
}

# boot IMAGE: run the commands of stdin in it, as that machine's only ones. What is mounted on it lies in folders of
# IMAGE/disks/, which stay.
boot() {
	local image=$1
	cat >"$image/init"
	unshare --mount --pid --fork --kill-child bash -c '
		image=$1
		mount --make-rprivate / && mount --rbind "$image" "$image" && cd "$image" || exit 1
		mount -t proc proc proc/real || exit 1
		for name in self mounts filesystems meminfo stat uptime cpuinfo; do ln -sfn "/proc/real/$name" "proc/$name"; done
		mount --bind /dev/null dev/null || exit 1
		exec chroot . /usr/bin/bash /init' - "$image" </dev/null >"$image/said" 2>&1
}

# shellcheck disable=SC2034 # used by run.sh
# Commands for boot: attach DEVICE FOLDER: what lies in /disks/NAME appears there, as a file system of that device.
attach='attach() { mkdir -p "$2" "/disks/${1##*/}" && mount -t tmpfs -o size=64m "$1" "$2" && cp -a "/disks/${1##*/}/." "$2"; }
keep() { cp -a "$2/." "/disks/${1##*/}"; }'

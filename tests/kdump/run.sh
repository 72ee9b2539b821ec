#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The pieces for Fedora, RHEL and SUSE, run by the real scripts of their kdump in capture images that are folders (image.sh).
# The scripts are not in this tree. Folders of theirs, several separated by ":":
#
#	KDUMP_UTILS_DIR	rhkdump/kdump-utils		DRACUT_DIR	dracut-ng/dracut-ng, dracutdevs/dracut
#	SUSE_KDUMP_DIR	openSUSE/kdump
#
# Needs root, and `make native`. `run.sh NAME...` runs the named checks.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
. tests/kdump/image.sh
out=$PWD/build/check-kdump
rm -rf "$out" && mkdir -p "$out"

skip() { echo "SKIP $1"; return 77; }

wrong() { echo "    $1"; [ ! -e "${image:-}/said" ] || sed 's/^/      /' "$image/said" | tail -n 20; return 1; }

# with_versions CHECK: CHECK in an image of each version of kdump-utils with each of dracut; $image is it.
with_versions() {
	local check=$1 kdump dracut rc=0
	local -a kdumps dracuts
	[ "$(id -u)" = 0 ] || { skip "$check: not root"; return; }
	[ -n "${KDUMP_UTILS_DIR:-}" ] && [ -n "${DRACUT_DIR:-}" ] || { skip "$check: KDUMP_UTILS_DIR or DRACUT_DIR is not set"; return; }
	IFS=: read -ra kdumps <<<"$KDUMP_UTILS_DIR"
	IFS=: read -ra dracuts <<<"$DRACUT_DIR"
	for kdump in "${kdumps[@]}"; do
		for dracut in "${dracuts[@]}"; do
			image=$out/$check-$(basename "$kdump")-$(basename "$dracut")
			make_fedora_image "$kdump" "$dracut" && "fedora_$check" || { echo "    with $kdump, $dracut"; rc=1; }
		done
	done
	return $rc
}

# make_fedora_image KDUMP-UTILS DRACUT: as 99kdumpbase and our module fill it, as far as it is needed after udev.
make_fedora_image() {
	local main=$1/dracut/99kdumpbase/kdump.sh
	[ -e "$main" ] || main=$1/dracut-kdump.sh
	make_image "$image" && mkdir -p "$image"/etc/kdump/{pre.d,post.d} "$image/disks" || return 1
	install "$main" "$image/usr/bin/kdump.sh" && install -m 644 -t "$image/usr/lib" "$1"/kdump-{logger,lib-initramfs}.sh || return 1
	install -m 644 -t "$image/usr/lib" "$2"/modules.d/*/dracut-{,dev-}lib.sh || return 1
	gcc -w -o "$image/usr/bin/dracut-getarg" "$2/src/util/util.c" && cp "$image/usr/bin/dracut-getarg" "$image/usr/bin/dracut-util" || return 1
	install packaging/dracut/kdump-pre.sh "$image/etc/kdump/pre.d/50-smmu-adopt"
	install packaging/dracut/kdump-post.sh "$image/etc/kdump/post.d/50-smmu-adopt"
	install -D packaging/dracut/smmu-adopt-kdump-publish.sh "$image/usr/lib/smmu-adopt/kdump-publish"
	install -t "$image/usr/sbin" tests/kdump/bin/vmcore-dmesg
	echo "$attach" >"$image/attach"
	# What an unconfigured image has beside a dump that nobody wants to lose.
	old_crash "$image/disks/vda3/dumps" && old_crash "$image/disks/vdroot/var/crash"
}

# old_crash FOLDER: crashes of other boots: one of last year, and one that a clock without a battery puts into this one.
old_crash() {
	mkdir -p "$1/127.0.0.1-2025-11-22-22:55:01" "$1/127.0.0.1-2025-11-23-00:00:09"
	echo old core | tee "$1/127.0.0.1-2025-11-22-22:55:01/vmcore" >"$1/127.0.0.1-2025-11-23-00:00:09/vmcore"
	cp tests/golden/vm-adopted.rec "$1/127.0.0.1-2025-11-22-22:55:01/smmu-adopt.rec"
	cp tests/golden/vm-adopted.rec "$1/127.0.0.1-2025-11-23-00:00:09/smmu-adopt.rec"
	touch -d 2025-11-22 "$1/127.0.0.1-2025-11-22-22:55:01"/* "$1/127.0.0.1-2025-11-22-22:55:01"
	touch -d 'now + 20 seconds' "$1/127.0.0.1-2025-11-23-00:00:09"/*
}

# Everything of the old crashes below FOLDER, to be the same later.
old_state() { (cd "$1" && find . -path '*2025-*' -type f -printf '%p %T@ ' -exec sha256sum {} \;); }

# crash CONF DISK: kdump.conf as in the image; the disk is kept. Commands to run are on stdin.
crash() {
	local before=$out/before
	printf '%b' "$1" >"$image/etc/kdump.conf"
	new_boot "$image"
	old_state "$image/disks" >"$before"
	{ echo '. /attach; smmu-adoptd hold; export NEWROOT=/sysroot'; cat; } | boot "$image"
	old_state "$image/disks" | diff "$before" - >"$out/diff" || { cat "$out/diff"; wrong "an older folder was written to"; }
}

# new_folder FOLDER: the only one that is not old.
new_folder() {
	local found
	found=$(find "$1" -mindepth 1 -maxdepth 1 -type d ! -name '*2025-*')
	[ "$(wc -w <<<"$found")" = 1 ] && echo "$found" || { wrong "not one new folder in $1: $found" >&2; return 1; }
}

# has_records FOLDER [NAME]: the dump's file, and both of ours, which are of this boot.
has_records() {
	local file id
	for file in "${2:-vmcore}" smmu-adopt.rec smmu-adopt.txt; do
		[ -s "$1/$file" ] || { wrong "no $file in $1"; return 1; }
	done
	id=$(tr -d -- '-\n' <"$image/proc/sys/kernel/random/boot_id")
	od -An -v -tx1 "$1/smmu-adopt.rec" | tr -d ' \n' | grep -q "$id" || wrong "the records in $1 are not of this boot"
}

says() { grep -qF -- "$1" "$image/said" || wrong "nobody said \"$1\""; }

no_records() { [ -z "$(find "$image/disks" -path '*2025-*' -o -name 'smmu-adopt.*' -print)" ] || wrong "there are records"; }

# ---- kdump-utils ----

# The target has a mount point of its own; the path is relative to it.
fedora_folder() {
	local conf folder
	# As kdump-utils writes it, and as dracut_args has it.
	for conf in 'ext4 /dev/vda3\npath /dumps\n' 'path /dumps # x\ndracut_args --mount "/dev/vda3 /mnt/big ext4 defaults"\n'; do
		crash "$conf" <<-'END' || return 1
			attach /dev/vda3 /kdumproot/mnt/big
			kdump.sh
			keep /dev/vda3 /kdumproot/mnt/big
		END
		folder=$(new_folder "$image/disks/vda3/dumps") && has_records "$folder" && [ -e "$folder/kexec-dmesg.log" ] || return 1
		grep -qx 'systemctl reboot -f' "$image/log/systemctl" || { wrong "no restart"; return 1; }
		rm -r "$folder"
	done
}

# No target is named: the root file system.
fedora_root() {
	local folder
	crash 'path /var/crash\n' <<-'END' || return 1
		attach /dev/vdroot /sysroot
		kdump.sh
		keep /dev/vdroot /sysroot
	END
	folder=$(new_folder "$image/disks/vdroot/var/crash") && has_records "$folder"
}

# The dump breaks off: records lie beside its part, and the machine restarts.
fedora_failure_reboot() {
	local folder
	crash 'ext4 /dev/vda3\npath /dumps\nfailure_action reboot\n' <<-'END' || return 1
		attach /dev/vda3 /kdumproot/mnt/big
		touch /tmp/dump-fails
		kdump.sh || kdump.sh --error-handler
		keep /dev/vda3 /kdumproot/mnt/big
	END
	folder=$(new_folder "$image/disks/vda3/dumps") && has_records "$folder" vmcore-incomplete &&
		[ "$(grep -c 'reboot -f' "$image/log/systemctl")" = 1 ] || wrong "not one restart"
}

# The target is not there. kdump's error handler dumps to the root file system, with our unit beside it.
fedora_dump_to_rootfs() {
	local folder unit
	unit=$(sed -n 's/^ExecStart=//p' packaging/dracut/smmu-adopt-rootfs.service)
	crash 'ext4 /dev/vda3\npath /var/crash\nfailure_action dump_to_rootfs\n' <<-END || return 1
		kdump.sh
		$unit & echo \$! >/run/unit
		kdump.sh --error-handler
		keep /dev/vdroot /sysroot
	END
	says 'no records beside the dump: there is no folder /var/crash where its target is mounted' || return 1
	folder=$(new_folder "$image/disks/vdroot/var/crash") && has_records "$folder" || return 1
	# With another failure_action the unit has nothing to do, and ends.
	crash 'ext4 /dev/vda3\npath /var/crash\nfailure_action reboot\n' <<<"$unit && echo ended >/log/unit" && [ -e "$image/log/unit" ]
}

# No folder is to be found there: that is said, and nothing is written elsewhere.
fedora_no_folder() {
	local conf
	rm -rf "$image/disks/vda3/dumps"/*2025* "$image/disks/vdroot/var/crash"/*2025*
	old_crash "$image/disks/vda3/dumps"
	for conf in 'raw /dev/vda3\n' 'ssh kdump@192.0.2.7\n'; do
		crash "${conf}path /dumps\n" <<-'END' || return 1
			attach /dev/vda3 /kdumproot/mnt/big
			/etc/kdump/post.d/50-smmu-adopt 1
			keep /dev/vda3 /kdumproot/mnt/big
		END
		says 'no records beside the dump, whose target is' && no_records || return 1
	done
	# The path is there, with folders of other crashes only.
	crash 'ext4 /dev/vda3\npath /dumps\n' <<-'END' || return 1
		attach /dev/vda3 /kdumproot/mnt/big
		/etc/kdump/post.d/50-smmu-adopt 1
		keep /dev/vda3 /kdumproot/mnt/big
	END
	says 'no records beside the dump: /kdumproot/mnt/big//dumps' && no_records
}

# `kdumpctl test`, where there is one: a folder without a time in its name.
fedora_test() {
	grep -q kdump_test_id "$image/usr/bin/kdump.sh" || return 0
	echo 'nr_cpus=1 kdump_test_id=4711' >"$image/proc/cmdline"
	crash 'ext4 /dev/vda3\npath /dumps\n' <<-'END' || return 1
		attach /dev/vda3 /kdumproot/mnt/big
		kdump.sh
		keep /dev/vda3 /kdumproot/mnt/big
	END
	has_records "$image/disks/vda3/dumps/kdump-test-4711"
}

check_folder() { with_versions folder; }
check_root() { with_versions root; }
check_failure_reboot() { with_versions failure_reboot; }
check_dump_to_rootfs() { with_versions dump_to_rootfs; }
check_no_folder() { with_versions no_folder; }
check_test() { with_versions test; }

# ---- SUSE ----

# with_suse CHECK: CHECK in an image of each version of SUSE's kdump, whose sources are in $kdump.
with_suse() {
	local check=$1 kdump rc=0
	local -a kdumps
	[ "$(id -u)" = 0 ] || { skip "$check: not root"; return; }
	[ -n "${SUSE_KDUMP_DIR:-}" ] || { skip "$check: SUSE_KDUMP_DIR is not set"; return; }
	IFS=: read -ra kdumps <<<"$SUSE_KDUMP_DIR"
	for kdump in "${kdumps[@]}"; do
		image=$out/$check-$(basename "$kdump")
		make_image "$image" && mkdir -p "$image/kdump" "$image/disks" && install "$kdump/dracut/kdump-save" "$image/kdump/kdump-save" &&
			"suse_$check" || { echo "    with $kdump"; rc=1; }
	done
	return $rc
}

# suse_conf TEXT: /etc/sysconfig/kdump, out of which SUSE's module and ours fill the image.
suse_conf() {
	local system=$image/system
	mkdir -p "$system/etc/sysconfig" "$image/etc/smmu-adopt"
	printf '%b' "$1" >"$system/etc/sysconfig/kdump"
	KDUMP_CONF=$system/etc/sysconfig/kdump bash "$kdump/kdump-read-config.sh" --print >"$image/etc/kdump.conf" || return 1
	echo host1 >"$image/etc/hostname.kdump"
	# As its dracut module does for a local folder.
	(. "$image/etc/kdump.conf" && [ "$KDUMP_PROTO" = file ] && echo "KDUMP_SAVEDIR='$(realpath -m "${KDUMP_SAVEDIR#*://}")'" >>"$image/etc/kdump.conf")
	dracutsysrootdir=$system initdir=$image systemdsystemunitdir=/units moddir=packaging/dracut add_dracutmodules=' kdump ' bash -c '
		inst_simple() { :; }; . packaging/dracut/module-setup.sh; _smmu_adopt_publish_suse'
}

# Commands: our unit, then kdump-save, which unmounts everything and restarts, and then the machine is gone.
suse_save() {
	sed -n 's/^ExecStart=/. \/etc\/smmu-adopt\/kdump-save.env; /; s/^\. .*/& \&/p' packaging/dracut/smmu-adopt-kdump-save.service
	cat <<-'END'
		unit=$!
		/kdump/kdump-save
		ls -l /proc/real/$unit/fd
		kill -KILL $unit
	END
}

# The watcher's last words at the end of the dump are waited for: by a script of the administrator, as there may be one. It
# also waits until the watcher has nothing open there, and for ever if it never closes it. SLE-15's kdump-save runs it as a
# command with arguments, newer ones as shell: so it is a file.
suse_wait() {
	install -m 755 /dev/stdin "$image/kdump/await-records" <<-'END'
		#!/bin/bash
		until new=$(find /kdump/mnt -name vmcore -newer "$0") && [ -n "$new" ] && [ "${new%/vmcore}/smmu-adopt.rec" -nt "$new" ]; do sleep 0.02; done
		while ls -l /proc/real/*/fd 2>/dev/null | grep -q '[>] /kdump/mnt'; do sleep 0.02; done
	END
}

# crash_suse CONF MOUNT: into a folder below the default or configured path; the disk is a folder, so that it stays.
crash_suse() {
	local before=$out/before
	new_boot "$image"
	suse_wait
	suse_conf "$1"'KDUMP_POSTSCRIPT="/kdump/await-records"\n' || return 1
	old_state "$image/disks" >"$before"
	{
		echo "mount --bind /disks/vda3 /kdump/mnt; smmu-adoptd hold"
		suse_save
	} | boot "$image"
	old_state "$image/disks" | diff "$before" - || { wrong "an older folder was written to"; return 1; }
	[ "$(cat "$image/log/reboot")" = 'reboot -f ' ] || wrong "the file system of the dump was in use at umount -a: $(cat "$image/log/reboot")"
}

suse_folder() {
	local folder
	mkdir -p "$image/disks/vda3/var/crash/2025-11-22-22-55"
	echo old | tee "$image/disks/vda3/var/crash/2025-11-22-22-55/smmu-adopt.rec" >"$image/disks/vda3/var/crash/2025-11-22-22-55/vmcore"
	touch -d 2025-11-22 "$image/disks/vda3/var/crash/2025-11-22-22-55"/* "$image/disks/vda3/var/crash/2025-11-22-22-55"
	# Nothing configured; and as older and newer releases spell the same.
	for conf in '' 'KDUMP_SAVEDIR="file:///var/crash"\n' 'KDUMP_SAVEDIR="/var/crash"\n'; do
		crash_suse "$conf" && folder=$(new_folder "$image/disks/vda3/var/crash") && has_records "$folder" || return 1
		grep -q 'vmcore status: saved successfully' "$folder/README.txt" || return 1
		rm -r "$folder"
	done
}

# A share, mounted by dracut; its password gets nowhere.
suse_share() {
	local folder
	mkdir -p "$image/disks/vda3"
	crash_suse 'KDUMP_SAVEDIR="cifs://dump:TopSecret@192.0.2.7/share"\n' && folder=$(new_folder "$image/disks/vda3") && has_records "$folder" || return 1
	[ -z "$(grep -rl TopSecret "$image"/{disks,run,dev/kmsg,etc/smmu-adopt})" ] || wrong "a password got further"
}

check_suse_folder() { with_suse folder; }
check_suse_share() { with_suse share; }

run_checks kdump "$@"

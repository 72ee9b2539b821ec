#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# dracut module: smmu-adoptd in a capture image, before coldplug. Only where the image is one for
# kdump and the machine has an SMMUv3. Works with dracut 057 and later.
# shellcheck disable=SC2154 # dracut's variables

# Ubuntu's kdump-tools says neither: it has a folder of configuration of its own, `dracut --add-confdir kdump-tools`,
# which dracut has replaced by where it found it, and its images have their place.
_smmu_adopt_kdump_tools() {
	local dir=${add_confdir:-}
	dir=${dir%/}
	[ "${dir##*/}" = kdump-tools ] || [[ ${outfile:-} == "${dracutsysrootdir:-}"/var/lib/kdump/initrd.img-* ]]
}

# Fedora and RHEL export IN_KDUMP; SUSE adds the module kdump.
_smmu_adopt_fedora() {
	[ "${IN_KDUMP:-}" = 1 ]
}

_smmu_adopt_suse() {
	[[ " $dracutmodules $add_dracutmodules $force_add_dracutmodules " == *" kdump "* ]]
}

_smmu_adopt_kdump() {
	_smmu_adopt_fedora || _smmu_adopt_suse || _smmu_adopt_kdump_tools
}

_smmu_adopt_smmu() {
	local path
	for path in "${dracutsysrootdir:-}"/sys/bus/platform/drivers/arm-smmu-v3/*.smmu* \
		"${dracutsysrootdir:-}"/sys/bus/platform/drivers/arm-smmu-v3/arm-smmu-v3.* \
		"${dracutsysrootdir:-}"/sys/class/iommu/smmu3.*; do
		[ -e "$path" ] && return 0
	done
	return 1
}

# wants TARGET UNIT: TARGET wants UNIT, in the image.
_smmu_adopt_wants() {
	mkdir -p "$initdir$systemdsystemunitdir/$1.wants"
	ln -sfn "../$2" "$initdir$systemdsystemunitdir/$1.wants/$2"
}

# A unit of ours for the image, started with TARGET there.
_smmu_adopt_unit() { # UNIT TARGET
	inst_simple "$moddir/$1" "$systemdsystemunitdir/$1"
	_smmu_adopt_wants "$2" "$1"
}

# What the dump needs, found now, while all of it is there, and what dracut has been told to wait for. 3: not for certain,
# and the drop-in says so.
_smmu_adopt_resolve() {
	local device rc=0 file=$initdir/etc/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf
	local -a waits=()
	for device in "${host_devs[@]}" "${user_devs[@]}"; do
		[ -z "$device" ] || waits+=(--add "$device")
	done
	mkdir -p "${file%/*}"
	/usr/libexec/smmu-adopt/resolve "${waits[@]}" >"$file" || rc=$?
	[ $rc = 0 ] || [ $rc = 3 ] || rm -f "$file"
}

# Where SUSE's kdump-save will make its folder, in the capture image; nothing for a host that is only spoken to.
# KDUMP_SAVEDIR has a default, and may have a password in it: nothing of it but the path of a folder gets further.
_smmu_adopt_suse_folder() {
	local dir
	# shellcheck source=/dev/null
	dir=$(unset KDUMP_SAVEDIR; . "${dracutsysrootdir:-}/etc/sysconfig/kdump" >/dev/null 2>&1; echo "${KDUMP_SAVEDIR:-/var/crash}")
	case ${dir,,} in
	file://* | /*) echo "/kdump/mnt$(realpath -m "${dir#*://}")" ;;
	nfs://* | cifs://* | smb://*) echo /kdump/mnt ;;
	esac
}

# The records get beside the dump by a hook of kdump-utils, where it has one.
_smmu_adopt_publish_fedora() {
	local target
	inst_script "$moddir/smmu-adopt-kdump-publish.sh" /usr/lib/smmu-adopt/kdump-publish
	inst_simple "$moddir/smmu-adopt-rootfs.service" "$systemdsystemunitdir/smmu-adopt-rootfs.service"
	# Both names of kdump's error handler.
	for target in emergency.target emergency.service; do
		_smmu_adopt_wants $target smmu-adopt-rootfs.service
	done
}

_smmu_adopt_publish_suse() {
	local folder
	folder=$(_smmu_adopt_suse_folder)
	[ -n "$folder" ] || return 0
	echo "CRASHES=$folder" >"$initdir/etc/smmu-adopt/kdump-save.env"
	_smmu_adopt_unit smmu-adopt-kdump-save.service initrd.target
}

check() {
	require_binaries /usr/sbin/smmu-adoptd || return 1
	_smmu_adopt_kdump || return 255
	_smmu_adopt_smmu || return 255
	return 0
}

depends() {
	echo systemd
}

# Has this kernel the module that the words on the capture kernel's command line count on?
_smmu_adopt_driver() {
	[ -e "${dracutsysrootdir:-}/etc/smmu-adopt/adopting-driver" ] || return 0
	if modinfo -b "${dracutsysrootdir:-/}" -k "$kernel" arm-smmu-v3-adopt >/dev/null 2>&1; then
		hostonly='' instmods arm-smmu-v3-adopt
	else
		derror "smmu-adopt: there is no arm-smmu-v3-adopt.ko for $kernel: take initcall_blacklist=arm_smmu_driver_init" \
			"off the capture kernel's command line (smmu-adopt-driver disable), or build it"
	fi
}

installkernel() {
	hostonly='' instmods smmu_adopt
	_smmu_adopt_driver
	return 0
}

install() {
	local file
	inst_multiple modprobe mount
	inst_binary /usr/sbin/smmu-adoptd
	# Loaded at run time. libsystemd only serves status over D-Bus: it comes with whatever else needs it.
	inst_libdir_file 'libkmod.so.2*'
	for file in {/usr/lib,/etc}/smmu-adopt/smmu-adopt.conf{,.d/*.conf}; do
		[ ! -f "${dracutsysrootdir:-}$file" ] || inst_simple "$file"
	done
	_smmu_adopt_resolve
	inst_script "$moddir/smmu-adopt-modules.sh" /usr/lib/smmu-adopt/modules
	_smmu_adopt_unit smmu-adoptd.service sysinit.target
	inst_simple "$moddir/smmu-adoptd.socket" "$systemdsystemunitdir/smmu-adoptd.socket"
	inst_simple "$moddir/modules.conf" "$systemdsystemunitdir/smmu-adoptd.service.d/10-modules.conf"
	# Fedora's and SUSE's.
	for file in kdump-capture kdump-save; do
		inst_simple "$moddir/dump-first.conf" "$systemdsystemunitdir/$file.service.d/smmu-adopt.conf"
	done
	! _smmu_adopt_fedora || _smmu_adopt_publish_fedora
	! _smmu_adopt_suse || _smmu_adopt_publish_suse
	if _smmu_adopt_kdump_tools; then
		inst_multiple cat ln mkdir
		inst_script /usr/lib/smmu-adopt/real-root
		_smmu_adopt_unit smmu-adopt-real-root.service initrd.target
	fi
	return 0
}

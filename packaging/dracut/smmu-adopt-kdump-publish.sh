#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In the capture image of kdump-utils: the records beside the dump. Always ends with 0.
#
#	kdump-publish after	from post.d, when the dump was written, or was not
#	kdump-publish rootfs	beside dump_to_rootfs, which runs no hook and restarts right after the dump
#
# No folder is told. It is found as kdump.sh finds it, by kdump-utils' own functions and from the copy of
# kdump.conf in the image: the target's mount point, the path, a folder named by address and time. Which of
# those is this boot's the daemon's program knows; it has a deadline, for the machine's restart waits for this.

say() {
	echo "smmu-adopt: $1" >&2
	echo "<5>smmu-adopt: $1" >/dev/kmsg
}

# ---- where kdump.sh dumps to ----

if [ -r /lib/kdump-lib-initramfs.sh ]; then
	# shellcheck source=/dev/null
	. /lib/kdump-lib-initramfs.sh
else
	kdump_read_conf() { sed 's/#.*//; s/^[[:space:]]*//; s/[[:space:]]*$//' /etc/kdump.conf 2>/dev/null; }
	get_mntpoint_from_target() { findmnt -k -n -r -f -o TARGET --source "$1"; }
	get_dracut_args_target() { :; }
fi

mount_point=/sysroot path=/var/crash elsewhere='' to_root=''
while read -r key value; do
	case $key in
	path) path=$value ;;
	failure_action | default) [ "$value" != dump_to_rootfs ] && to_root='' || to_root=1 ;;
	dracut_args)
		device=$(get_dracut_args_target "$value")
		[ -z "$device" ] || mount_point=$(get_mntpoint_from_target "$device")
		;;
	ext[234] | xfs | btrfs | minix | nfs | virtiofs) mount_point=$(get_mntpoint_from_target "$value") ;;
	raw | ssh) elsewhere=$key ;;
	esac
done <<END
$(kdump_read_conf)
END

# "kdumpctl test" has a folder of its own, without a name of address and time.
test=''
read -r cmdline </proc/cmdline
for word in $cmdline; do
	case $word in
	kdump_test_id=*) test=kdump-test-${word#*=} ;;
	esac
done

case $1 in
rootfs)
	[ -n "$to_root" ] || exit 0
	exec /usr/sbin/smmu-adoptd --watch publish "/sysroot/$path"
	;;
esac
if [ -n "$elsewhere" ]; then
	say "no records beside the dump, whose target is \"$elsewhere\": the kernel's log tells what was done"
elif [ -z "$mount_point" ] || [ ! -d "$mount_point/$path" ]; then
	say "no records beside the dump: there is no folder $path where its target is mounted"
elif [ -n "$test" ]; then
	/usr/sbin/smmu-adoptd publish "$mount_point/$path/$test" || say "no records beside the dump: $mount_point/$path/$test"
else
	/usr/sbin/smmu-adoptd --newest publish "$mount_point/$path" || say "no records beside the dump: $mount_point/$path"
fi
exit 0

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In the capture image: the modules, before the daemon. Always ends with 0. The daemon's run, or the
# release after it, gives back what is held here.
[ -d /sys/kernel/debug/bdi ] || mount -t debugfs -o nosuid,nodev,noexec debugfs /sys/kernel/debug 2>/dev/null
# Not every image has a grep.
read -r cmdline </proc/cmdline
kept_away=
case " $cmdline " in
*" initcall_blacklist="*arm_smmu_driver_init[,\ ]*)
	# Once the SMMU has a driver, drivers in the kernel bind before any program runs.
	/usr/sbin/smmu-adoptd hold
	MODPROBE_OPTIONS='' modprobe -q arm-smmu-v3-adopt ||
		echo "<3>smmu-adopt: arm-smmu-v3-adopt is not loaded" >/dev/kmsg
	kept_away=1
	;;
esac
# With ACPI the module does not find the list of the crashed kernel's memory by itself.
# shellcheck disable=SC2046  # no word at all when it is not told
modprobe -q smmu_adopt $(/usr/sbin/smmu-adoptd elfcorehdr 2>/dev/null)
# Without any driver of the SMMU nothing behind it would work. The helper comes before: it keeps the crash's state.
[ -z "$kept_away" ] || /usr/sbin/smmu-adoptd bypass
exit 0

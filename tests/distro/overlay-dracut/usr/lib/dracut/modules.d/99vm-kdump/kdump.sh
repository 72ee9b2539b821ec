#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What kdump.sh of kdump-utils does, as far as somebody beside it can tell: pre.d, the core to a folder
# named by address and time, post.d, the log of the capture kernel, restart. What lies between the
# steps is the test's: after the dump it looks at our service, and kills it.
set -u
unit=smmu-adoptd.service
out=/sysroot/var/lib/vm-test

say()	{ echo "<5>vm: $*" >/dev/kmsg; }
phase()	{ echo "<5>VM-PHASE: $1" >/dev/kmsg; }
fact()	{ echo "<5>VM-FACT: $1 $2" >/dev/kmsg; }
uptime_ms() { read -r up _ </proc/uptime; echo $((${up%.*} * 1000 + 1${up#*.} * 10 - 1000)); }
conf()	{ sed -n "s/^$1[[:space:]]\{1,\}//p" /etc/kdump.conf; }
prop()	{ systemctl show -P "$2" "$1"; }

available() {
	while read -r key value _; do
		[ "$key" != MemAvailable: ] || echo "$value"
	done </proc/meminfo
}

sample_memory() { # until the process is ended; the least is the last line
	least=999999999
	while :; do
		now=$(available)
		[ "$now" -ge $least ] || { least=$now; echo "$least" >>/run/vm-memory; }
		sleep 0.2
	done
}

look_before() {
	main=$(prop $unit MainPID)
	[ "$main" -gt 0 ] || return
	systemctl show $unit >"$out/unit-before.txt"
	cat "/proc/$main/status" >"$out/unit-process.txt"
	fact unit.ready_ms $(($(prop $unit ActiveEnterTimestampMonotonic) / 1000))
	fact unit.coldplug_ms $(($(prop systemd-udev-trigger.service ActiveEnterTimestampMonotonic) / 1000))
	[ "$(prop $unit ActiveEnterTimestampMonotonic)" -gt \
		"$(prop systemd-udev-trigger.service InactiveExitTimestampMonotonic)" ] || fact unit.before_coldplug 1
	watchdog=$(prop $unit WatchdogTimestampMonotonic)
}

held() {
	for device in /sys/bus/pci/devices/*; do
		read -r override 2>/dev/null <"$device/driver_override" && [ "$override" = smmu-adopt-hold ] && echo "${device##*/}"
	done
}

# Killed, it cannot give back what it holds: ExecStopPost= does.
look_after() {
	[ "${main:-0}" -gt 0 ] || return
	n=0
	while [ "$(prop $unit WatchdogTimestampMonotonic)" = "$watchdog" ] && [ $n -lt 1200 ]; do
		sleep 0.25
		n=$((n + 1))
	done
	[ "$(prop $unit WatchdogTimestampMonotonic)" -le "$watchdog" ] || fact unit.watchdog_kept 1
	held >"$out/held-before.txt"
	systemctl kill --signal=KILL $unit
	n=0
	while [ "$(prop $unit ActiveState)" != failed ] && [ $n -lt 3000 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	held >"$out/held-after.txt"
	systemctl show $unit >"$out/unit-after.txt"
}

path=$(conf path)
collector=$(conf core_collector)
# The root file system is mounted as the command line says, read-only.
mount -o remount,rw /sysroot || { say "the dump target is not writable"; phase failed; reboot -f; }
mkdir -p "$out"
fact capture.mem_total_kb "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)"
sample_memory &
sampler=$!
for hook in /etc/kdump/pre.d/*; do
	[ ! -x "$hook" ] || "$hook" || say "$hook ended with $?"
done
dir=/sysroot$path/127.0.0.1-$(date +%Y-%m-%d-%T)
mkdir -p "$dir"
phase dump-start
fact dump.first_byte_ms "$(uptime_ms)"
rc=0
$collector /proc/vmcore "$dir/vmcore-incomplete" && mv "$dir/vmcore-incomplete" "$dir/vmcore" || rc=$?
sync
phase dump-end
fact dump.end_ms "$(uptime_ms)"
fact dump.exit $rc
fact dump.cpu_weight "$(cat /sys/fs/cgroup/system.slice/kdump-capture.service/cpu.weight 2>/dev/null)"
kill $sampler
look_before
for hook in /etc/kdump/post.d/*; do
	[ ! -x "$hook" ] || "$hook" $rc || say "$hook ended with $?"
done
fact capture.least_available_kb "$(tail -n 1 /run/vm-memory)"
look_after
dmesg >"$out/dmesg-capture.txt"
journalctl -a -b -o short-monotonic >"$dir/kexec-dmesg.log"
cp "$dir/kexec-dmesg.log" "$out/journal-capture.txt"
[ ! -d /run/smmu-adoptd ] || cp -r /run/smmu-adoptd "$out/"
sync
mount -o remount,ro /sysroot
reboot -f

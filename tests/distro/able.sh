#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# able.sh - can the distributions be run here, and now? Tries what mkroot.sh and mkimage.sh will do. 0, or
# 1 and the reason on standard output.
#
# CI_DEADLINE, seconds since 1970: when the caller has to have ended.
set -u
cd "$(dirname "$0")/../.." || exit 1
need_minutes=50 need_gb=12 need_mb=5000

no() { echo "$*"; exit 1; }
free_gb() { df --output=avail -BG "$1" 2>/dev/null | tr -dc '0-9\n' | tail -n 1; }

[ "$(id -u)" = 0 ] || no "not root"
left=$((need_minutes * 60))
[ -z "${CI_DEADLINE:-}" ] || left=$((CI_DEADLINE - $(date +%s)))
[ $left -ge $((need_minutes * 60)) ] || no "$((left / 60)) minutes are left, it may take $need_minutes"
for place in "$(tests/vm/fetch.sh --print cache)" .; do
	mkdir -p "$place" && [ "$(free_gb "$place")" -ge $need_gb ] || no "less than $need_gb GB free for $place"
done
memory=$(sed -n 's/^MemAvailable: *\([0-9]*\)[0-9][0-9][0-9] kB/\1/p' /proc/meminfo)
[ "${memory:-0}" -ge $need_mb ] || no "less than $need_mb MB of memory are free"

dir=$(mktemp -d) || no "no temporary folder"
trap 'rm -rf "$dir"' EXIT
mknod "$dir/null" c 1 3 2>/dev/null || no "no device nodes can be made"
unshare --mount --pid --fork --mount-proc true 2>/dev/null || no "no name spaces of mounts and processes"
truncate -s 8M "$dir/disk" && mke2fs -q -t ext4 "$dir/disk" >/dev/null 2>&1 && mkdir "$dir/mnt" || no "no mke2fs"
# shellcheck disable=SC2016 # for the shell in that name space
unshare --mount sh -c 'mount -o loop "$1/disk" "$1/mnt" && : >"$1/mnt/file"' - "$dir" 2>/dev/null || no "no loop devices"
mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64 >/dev/null 2>&1
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || no "programs of arm64 do not run (binfmt_misc)"

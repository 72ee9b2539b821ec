#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh CTL [VMCORE...] - dumps of every format, from makedumpfile, QEMU and real
# machines (VMCORE), through embed and --undo, with the answers of drgn,
# libkdumpfile, crash and makedumpfile before and after. The last two are those of
# the dump's architecture (tests/tools/debroot.sh). Prints a table, one row a dump:
#
#	log       our note is found after embed; copied: there was no room, --copy was used
#	drgn, libkdumpfile, crash
#	          same: the tool answers as before; (refuses): it refused the dump
#	          before embed, and says the same now
#	again     makedumpfile makes every format it can of the dump, our note in all
#	          of them; n/a: it cannot convert this dump before embed either (made
#	          dumps have no kernel in them, and 1.7.8 knows no 4 KiB pages with 52-bit
#	          addresses, which Debian's kernel has where the processor does)
#	undo      the dump is what it was, byte by byte
#	broken    a write fault at each write of embed (tests/compat/fault.c); after
#	          each of them drgn and libkdumpfile answer as before
#
# Answers are those of look.py; crash is asked for the release, which needs no
# kernel image.
set -u
here=$(cd "$(dirname "$0")" && pwd)
ctl=$(realpath "$1")
shift
real=()
for dump in "$@"; do real+=("$(realpath "$dump")"); done
arm64=$("$here/../tools/debroot.sh" arm64-tools arm64 crash makedumpfile)/bin || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fault=$(dirname "$ctl")/../tests/compat/fault.so
fault=$(realpath -m "$fault")
records=$here/../golden/vm-adopted.rec
passed=0 failed=0

# The tools for dumps of an architecture.
use() { # use arm64|native
	if [ "$1" = arm64 ]; then crash=$arm64/crash mdf=$arm64/makedumpfile; else crash=crash mdf=makedumpfile; fi
}

py() { /usr/bin/python3 "$@"; }
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); }

# Each tool's answer on a dump.
answer() { # answer TOOL DUMP
	case $1 in
	crash) timeout 600 "$crash" --osrelease "$2" 2>&1 | sed "s,$2,DUMP,g" | tail -n 1 ;;
	*) timeout 600 py "$here/look.py" "$1" "$2" 2>&1 | tail -n 1 ;;
	esac
}

has_note() { cmp -s <("$ctl" log "$1" 2>&1) want; }

cell() { # cell WORD GOOD?
	printf ' %-10s' "$1"
	if [ "$2" = yes ]; then good; else bad; fi
}

compare() { # compare BEFORE AFTER
	if [ "$1" != "$2" ]; then
		echo "      before: $1" >>notes
		echo "      after:  $2" >>notes
		cell FAIL no
	elif [[ $1 == refused* || $1 == unknown || -z $1 ]]; then
		cell '(refuses)' yes
	else
		cell same yes
	fi
}

# makedumpfile's conversions of $1; each must hold the note when $2 is given.
convert() { # convert DUMP [NOTE]
	local form rc=0
	for form in '-c -d 1' '-l -d 0' '-E -d 0'; do
		rm -f out
		# shellcheck disable=SC2086 # options
		"$mdf" $form "$1" out >/dev/null 2>&1 || return 1
		[ -z "${2:-}" ] || has_note out || rc=2
	done
	"$mdf" -F -c -d 1 "$1" 2>/dev/null >flat || return 1
	"$mdf" -R out2 <flat >/dev/null 2>&1
	"$mdf" --split -c -d 1 "$1" part1 part2 >/dev/null 2>&1
	"$mdf" --reassemble part1 part2 out3 >/dev/null 2>&1
	if [ -n "${2:-}" ]; then
		for form in flat out2 part1 part2 out3; do
			has_note $form || rc=2
		done
	fi
	rm -f out out2 out3 part1 part2 flat
	return $rc
}

broken() { # broken DUMP: embed fails at its n-th write, and cannot take anything back
	local n tool
	for ((n = 1; n < 64; n++)); do
		cp --sparse=always "$1" half
		if FAULT_AT=$n LD_PRELOAD=$fault "$ctl" embed --force half "$records" >/dev/null 2>&1; then
			rm -f half
			[ $n -gt 3 ]
			return
		fi
		for tool in drgn libkdumpfile crash; do
			[ "$(answer $tool half)" = "${before[$tool]}" ] || return 1
		done
		"$ctl" embed --undo half >/dev/null 2>&1
		cmp -s -n "$(stat -c %s "$1")" half "$1" || return 1
	done
	return 1
}

row() { # row NAME DUMP
	local tool copied=
	local -A before
	printf '%-26s' "$1"
	cp --sparse=always "$2" dump
	for tool in drgn libkdumpfile crash; do
		before[$tool]=$(answer $tool dump)
	done
	if convert dump; then can=yes; else can=; fi
	if "$ctl" embed --force dump "$records" >said 2>&1 && has_note dump; then
		cell found yes
	elif grep -q 'no room (--copy' said && "$ctl" embed --force --copy copy dump "$records" >>said 2>&1 && has_note copy; then
		cell copied yes
		copied=yes
		mv copy dump
	else
		cell FAIL no
	fi
	for tool in drgn libkdumpfile crash; do
		compare "${before[$tool]}" "$(answer $tool dump)"
	done
	if [ -z "$can" ]; then
		printf ' %-10s' n/a
	elif convert dump note; then
		cell all yes
	else
		cell FAIL no
	fi
	if [ -n "$copied" ]; then
		printf ' %-10s %-10s\n' - -
		return
	fi
	if "$ctl" embed --undo dump >>said 2>&1 && cmp -s dump "$2"; then cell exact yes; else cell FAIL no; fi
	if broken "$2"; then cell opens yes; else cell FAIL no; fi
	printf '\n'
	rm -f dump
}

# What embed does not touch, but log reads: the note was there when the dump was made.
only_log() { # only_log NAME DUMP REFUSAL
	printf '%-26s' "$1"
	if has_note "$2"; then cell found yes; else cell FAIL no; fi
	if "$ctl" embed --force "$2" "$records" 2>&1 | grep -q "$3"; then cell refused yes; else cell FAIL no; fi
	printf ' (%s)\n' "$3"
}

use arm64
"$ctl" log "$records" >want || exit 1
mk=("$here/mkdump.py")
py "${mk[@]}" elf --vmcoreinfo
py "${mk[@]}" elf-x86 --vmcoreinfo --machine x86_64
py "${mk[@]}" elf-tight --vmcoreinfo --tight
py "${mk[@]}" hidden
py "${mk[@]}" noted --note "$records"
for form in zlib:-c:1 lzo:-l:31 plain::0; do
	IFS=: read -r name opt level <<<"$form"
	[ "$level" != 31 ] || level=1
	# shellcheck disable=SC2086 # maybe no option
	makedumpfile $opt -d "$level" hidden "kdump-$name" >/dev/null 2>&1
	py "${mk[@]}" "kdump-$name" --reveal
	cp "kdump-$name" "kdump-$name-plain"
done
makedumpfile -E -d 0 hidden elf-mdf >/dev/null 2>&1
makedumpfile -F -c -d 1 noted 2>/dev/null >flat-kdump
makedumpfile -F -E -d 0 noted 2>/dev/null >flat-elf
makedumpfile --split -c -d 1 noted split1 split2 >/dev/null 2>&1

printf '%-26s %-10s %-10s %-10s %-10s %-10s %-10s %-10s\n' dump log drgn libkdump crash again undo broken
row 'ELF' elf
use native
row 'ELF, x86_64' elf-x86
use arm64
row 'ELF, no room for headers' elf-tight
use native # they do not say of which machine they are
row 'ELF, without VMCOREINFO' hidden
row 'ELF by makedumpfile' elf-mdf
use arm64
row 'kdump 6 zlib' kdump-zlib
row 'kdump 6 lzo' kdump-lzo
row 'kdump 6 uncompressed' kdump-plain
# Records that fit behind the other notes: just the first one.
records=$work/short.rec
py -c 'import sys; d = open(sys.argv[1], "rb").read(); n = int.from_bytes(d[8:12], "little")
open(sys.argv[2], "wb").write(d[:32 + (n + 7) // 8 * 8])' "$here/../golden/vm-adopted.rec" "$records"
"$ctl" log "$records" >want
row 'ELF, short records' elf
row 'kdump 6 zlib, short' kdump-zlib
records=$here/../golden/vm-adopted.rec
"$ctl" log "$records" >want
for dump in "${real[@]}"; do
	row 'real /proc/vmcore' "$dump"
	py "${mk[@]}" hidden --hide "$dump"
	rm -f real-kdump
	if makedumpfile -c -d 1 hidden real-kdump >/dev/null 2>&1; then
		py "${mk[@]}" real-kdump --reveal
		row 'real, kdump 6 zlib' real-kdump
	fi
	for form in '-c -d 31' '-l -d 31' '-z -d 31' '-E -d 31'; do
		rm -f converted
		# shellcheck disable=SC2086 # options
		if "$mdf" $form "$dump" converted >/dev/null 2>&1; then row "real, makedumpfile ${form% -d*}" converted; fi
	done
	rm -f hidden real-kdump converted
done
for form in elf kdump-zlib kdump-lzo kdump-snappy; do
	rm -f qemu-dump qemu-flat
	"$here/qemu_dump.py" $form qemu-flat 2>notes.qemu
	case $? in
	0) ;;
	3) printf '%-26s n/a: this QEMU was built without it\n' "QEMU $form"; continue ;;
	*) printf '%-26s %s\n' "QEMU $form" "$(cat notes.qemu)"; bad; continue ;;
	esac
	if [ $form = elf ]; then mv -f qemu-flat qemu-dump; else makedumpfile -R qemu-dump <qemu-flat >/dev/null 2>&1; fi
	chmod u+w qemu-dump
	row "QEMU $form" qemu-dump
done
only_log 'flattened kdump' flat-kdump flattened
only_log 'flattened ELF' flat-elf flattened
only_log 'split, part 1' split1 'split dump'
only_log 'split, part 2' split2 'split dump'
[ ! -s notes ] || cat notes
echo "compat: $passed passed, $failed failed"
[ $failed -eq 0 ]

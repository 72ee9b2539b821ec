#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# note.sh BUILD - the note of the helper, from registration to the analyst. A crash on
# the emulated machine with a kernel that takes device dumps (../kernels/build.sh), then,
# of the /proc/vmcore that was saved:
#
#	the note is there, with the snapshot and what the daemon appended
#	it survives makedumpfile, in every output format
#	crash with the matching vmlinux lists and extracts it (dev -V, dev -v),
#	and one put there by `smmu-adoptctl embed`
#	drgn, with the same vmlinux, opens the dump
#	"novmcoredd" on the command line is told apart
#
# crash and makedumpfile are those of an arm64 machine (tests/tools/debroot.sh).
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(realpath "$1")
ctl=$build/native/ctl/smmu-adoptctl
tools=$("$here/../tools/debroot.sh" arm64-tools arm64 crash makedumpfile)/bin || exit 2
passed=0 failed=0

ok() { # ok WORD COMMAND...
	local word=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		printf '  %-56s ok\n' "$word"
	else
		failed=$((failed + 1))
		printf '  %-56s FAIL\n' "$word"
	fi
}

has() { grep -qE -- "$1" "$2"; }

kernel=$("$here/../kernels/build.sh" note) || exit 2
vmlinux=$kernel/obj/vmlinux
parts=$build/note
mkdir -p "$parts"
make -s -C "$root" kmod adopting-driver BUILD="$parts" KDIR="$kernel/obj" KSOURCE="$kernel/source" || exit 2
for arch in native arm64; do ln -sfn "$build/$arch" "$parts/$arch"; done

machine() { # machine SCENARIO
	"$root/tests/vm/run.py" --build "$parts" --kernel "$kernel" --quiet "$here/$1.toml"
}
ok 'a crash: /proc/vmcore with the note, everything handed over' machine note
ok 'a crash with novmcoredd: refused, and told so' machine note-off
ok 'report: the channel is used' has '"channel": *"device-dump-note", *"state": *"used"' <(tr -d '\n' <"$parts/vm/note/report.json")
ok 'report with novmcoredd: absent, and why' has '"device-dump-note", *"state": *"absent", *"text": *"refused: ..novmcoredd' <(tr -d '\n' <"$parts/vm/note-off/report.json")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
vmcore=$parts/vm/note/vmcore
"$ctl" log "$vmcore" >want 2>/dev/null
ok 'log: the snapshot is in the dump' has ' ste .*0x8' want
ok 'log: the last step of the daemon is in the dump' has 'done: [0-9]+ steps, 0 failed' want
ok 'report of the dump alone: adopted' has '^adopted, 2 of 2 live devices' <("$ctl" report "$vmcore" 2>/dev/null)

same() { [ -s want ] && cmp -s want <("$ctl" log "$1" 2>/dev/null); }
for form in '-d 0 -c' '-d 0 -l' '-d 0 -p' '-d 0 -z' '-d 0' '-d 31 -c' '-E -d 0' '-E -d 31'; do
	rm -f out
	# shellcheck disable=SC2086 # options
	"$tools/makedumpfile" $form "$vmcore" out >said 2>&1
	rc=$?
	# It goes on without compression then.
	if grep -qE 'Invalid options|invalid option|disabled' said; then
		printf '  %-56s n/a: %s\n' "makedumpfile $form" "$(grep -m 1 -oE '.*(disabled|invalid|Invalid)' said)"
	elif [ $rc = 0 ]; then
		ok "makedumpfile $form" same out
	else
		ok "makedumpfile $form: $(grep -v '^$' said | head -n 1)" false
	fi
done
for form in '-c -d 1' '-E -d 1'; do
	# shellcheck disable=SC2086
	"$tools/makedumpfile" -F $form "$vmcore" >flat 2>/dev/null
	ok "makedumpfile -F $form (flattened)" same flat
	"$tools/makedumpfile" -R back <flat >/dev/null 2>&1
	ok "makedumpfile -R of it" same back
	rm -f back
done
"$tools/makedumpfile" --split -c -d 1 "$vmcore" part1 part2 >/dev/null 2>&1
ok 'makedumpfile --split, part 1' same part1
ok 'makedumpfile --split, part 2' same part2
"$tools/makedumpfile" --reassemble part1 part2 whole >/dev/null 2>&1
ok 'makedumpfile --reassemble' same whole

# A real session: list, extract, and what was extracted is the note.
session() { # session DUMP COUNT
	local n
	printf 'sys\ndev -V\nquit\n' | timeout 600 "$tools/crash" -s "$vmlinux" "$1" >listed 2>&1 || return 1
	[ "$(grep -c smmu_adopt listed)" = "$2" ] || return 1
	for ((n = 0; n < $2; n++)); do
		rm -f note.$n
		printf 'dev -v %d note.%d\nquit\n' $n $n | timeout 600 "$tools/crash" -s "$vmlinux" "$1" >said 2>&1 || return 1
		[ -s note.$n ] || return 1
	done
}
raw_is() { # raw_is FILE RECORDS: the extracted bytes carry these records
	"$ctl" log "$1" >raw 2>/dev/null
	cmp -s raw "$2"
}
ok 'crash: dev -V lists the note, dev -v extracts it' session "$vmcore" 1
ok 'crash: what it extracted is what log prints' raw_is note.0 want
"$tools/makedumpfile" -c -d 31 "$vmcore" kdump >/dev/null 2>&1
ok 'crash: the same of a kdump-compressed dump' session kdump 1
cp --sparse=always "$parts/vm/note/smmu-adopt.rec" side.rec
"$ctl" log side.rec >side 2>/dev/null
"$parts/native/ctl/smmu-adoptctl" embed kdump side.rec >/dev/null 2>&1
ok 'crash: and after embed, both notes of it' session kdump 2
ok 'crash: one of them is what was embedded' eval 'raw_is note.0 side || raw_is note.1 side'
cp --sparse=always "$vmcore" elf
"$ctl" embed elf side.rec >/dev/null 2>&1
ok 'crash: and both of an ELF dump after embed' session elf 2
grep -E 'INDEX|smmu_adopt|RELEASE|PANIC' listed | sed 's/^/    /'

with_drgn() {
	/usr/bin/python3 - "$1" "$vmlinux" "$(cat "$kernel/release")" <<-'END'
	import sys, drgn
	p = drgn.Program()
	p.set_core_dump(sys.argv[1])
	p.load_debug_info([sys.argv[2]])
	release = p["init_uts_ns"].name.release.string_().decode()
	assert release == sys.argv[3], release
	print(f"    drgn: {release}, {p['panic_cpu'].counter.value_()}")
	END
}
ok 'drgn: the dump, with vmlinux' with_drgn "$vmcore"
ok 'drgn: the dump after embed' with_drgn elf
echo "note: $passed passed, $failed failed"
[ $failed -eq 0 ]

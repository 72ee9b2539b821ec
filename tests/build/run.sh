#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of the build itself: the rules of architecture and style that a
# compiler does not check. Each check is a function; its name is printed with
# the result. `run.sh NAME...` runs the named ones.
#
# Needs `make native` done before. The checks run in alphabetical order, which
# check_core_* rely on: the first of them makes core.o.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
out=build/check-build
mkdir -p "$out"

sources() { # sources FOLDER... : our C files there, also those not committed yet
	git ls-files -co --exclude-standard -- "$@" | grep -E '\.[ch]$' | while read -r f; do
		[ ! -f "$f" ] || printf '%s\n' "$f"
	done
}

# Complain about each line of stdin; succeed when there is none.
none() { # none MESSAGE
	local line bad=0
	while read -r line; do
		echo "    $1: $line"
		bad=1
	done
	return $bad
}

# Who may look into whose room, by includes and by symbols.
check_rooms() {
	tests/build/rooms.py --build build/native | none "against the direction of the rooms"
}

# What a daemon that hangs costs the dump, whatever it ignores: the timeouts of the unit, as systemd takes them one after the
# other, and as the manual page adds them up.
check_unit_times() {
	local unit=units/smmu-adoptd.service start stop sum
	one() { [ "$(grep -h "^$1=" $unit packaging/dracut/modules.conf | wc -l)" = 1 ] && sed -n "s/^$1=\([0-9]*\)$/\1/p" $unit; }
	value() { sed -n "s/^#define $1 \([0-9]*\)u\?\( .*\)\?$/\1/p" "$2"; }
	start=$(one TimeoutStartSec) && stop=$(one TimeoutStopSec) || return 1
	# A program before, the daemon; then SIGKILL, ExecStopPost=, SIGTERM, SIGKILL.
	[ "$(grep -hc '^ExecStartPre=.' $unit)" = 1 ] && [ "$(grep -hc '^ExecStartPre=.' packaging/dracut/modules.conf)" = 1 ] || return 1
	[ "$(grep -c '^ExecStopPost=' $unit)" = 1 ] || return 1
	sum=$((2 * start + 4 * stop))
	grep -qx TimeoutStartFailureMode=kill $unit || sum=$((sum + stop))
	[ $sum -le 10 ] || { echo "    $sum s"; return 1; }
	grep -q "cleaned up after within $sum seconds;" man/smmu-adoptd.8 &&
		grep -q "^$start seconds for what runs before the daemon and $start for the daemon" man/smmu-adoptd.8 &&
		grep -q "^$stop each" man/smmu-adoptd.8 || return 1
	# The daemon is heard often enough, and a release ends by itself.
	[ "$(value SERVICE_ALIVE_MS lib/base/service.h)" = $((1000 * start)) ] && [ "$(value ALIVE_MS daemon/supervise.c)" -lt $((1000 * start)) ] &&
		[ "$(value RELEASE_DETACH_MS daemon/main.c)" -lt $((1000 * stop)) ]
}

# plant LINE FILE TEXT [FLAG...]: put TEXT (or a link, "-> TARGET") into a copy of the rooms, and its object, made with
# FLAGs, beside some real ones. rooms.py must say LINE of it; with LINE empty it must say nothing.
plant() {
	local tree=$out/rooms top=$PWD line=$1 file=$2 text=$3 f said
	shift 3
	rm -rf "$tree" && mkdir -p "$tree/build" "$tree/${file%/*}"
	cp -r core lib ctl daemon resolve kmod "$tree"
	case $text in
	"-> "*) ln -s "${text#-> }" "$tree/$file" ;;
	*) printf '%s\n' "$text" >"$tree/$file" ;;
	esac
	for f in lib/story/words core/ste ctl/ctl; do
		mkdir -p "$tree/build/${f%/*}" && cp "build/native/$f.o" "$tree/build/$f.o"
	done
	if [ "${file%.c}" != "$file" ]; then
		f=${file#build/}
		mkdir -p "$tree/build/${f%/*}"
		(cd "$tree" && gcc -w -MMD -I. "$@" -c "$file" -o "build/${f%.c}.o") || echo "$file"
	fi
	said=$(cd "$tree" && "$top/tests/build/rooms.py" --build build | grep planted)
	[ "$said" = "$line" ] || echo "${line:-nothing}, but: $said"
}

# What asks for a header in another way.
plant_spellings() {
	local file=lib/base/planted.h late=lib/story/story.h
	plant "$file includes <$late>" $file "# include <$late>"
	plant "$file includes $late" $file "%:include \"$late\""
	plant "$file includes $late" $file "/* */ #inc\\
lude /* */ \"$late\" // why"
	plant "$file includes ../story/story.h" $file '#include "../story/story.h"'
	plant "$file includes PLANTED, a macro" $file "#define PLANTED \"$late\"
		#include PLANTED"
	plant "$file includes lib/base/planted.inc" $file '#include "lib/base/planted.inc"'
	plant "$file includes story.h, which is not there" $file '#include "story.h"'
	plant "core/planted.h includes stdlib.h, which is not there" core/planted.h '#include "stdlib.h"'
	plant "$file is a link" $file "-> ../story/names.h"
	plant "lib/base/planted.o is made of core/port.h, which no #include names" lib/base/planted.c \
		'void planted(void) {}' -include core/port.h
	plant "lib/base/planted.o is made of build/lib/base/planted.c" build/lib/base/planted.c 'void planted(void) {}'
	plant "" $file "/*
		#include \"$late\" */"
}

# What gets at a function in another way.
plant_calls() {
	plant "lib/base/planted.o uses report_bits of lib/story/words.o" lib/base/planted.c \
		'__attribute__((weak)) void report_bits(void); void planted(void) { if (report_bits) report_bits(); }'
	plant "report_bits is defined in lib/base/planted.o and lib/story/words.o" lib/base/planted.c \
		'__attribute__((weak)) void report_bits(void) {}'
	plant "lib/base/planted.o uses report_bits of lib/story/words.o" lib/base/planted.c \
		'void other(void) __asm__("report_bits"); void planted(void) { other(); }'
	plant "lib/base/planted.o uses dlsym" lib/base/planted.c \
		'void *dlsym(void *, const char *); void *planted(void) { return dlsym(0, "report_bits"); }'
	plant "lib/base/planted.h names report_bits of lib/story/words.o" lib/base/planted.h \
		'void report_bits(void); static inline void planted(void) { report_bits(); }'
	plant "lib/base/planted.h names report_bits of lib/story/words.o" lib/base/planted.h '#define PLANTED report_bits'
	plant "lib/base/planted.c asks for __aarch64__" lib/base/planted.c '#ifdef __aarch64__
		void report_bits(void); void planted(void) { report_bits(); }
		#endif'
	plant "" lib/base/planted.h 'struct planted { bool report_bits; };'
	plant "core/planted.o uses malloc" core/planted.c \
		'void *malloc(unsigned long); void *core_planted(void) { return malloc(1); }'
}

check_rooms_planted() {
	{
		plant "lib/base/planted.h includes lib/story/story.h" lib/base/planted.h '#include "lib/story/story.h"'
		plant "ctl/planted.h includes daemon/worker.h" ctl/planted.h '#include "daemon/worker.h"'
		plant "resolve/planted.h includes daemon/act/hold.h" resolve/planted.h '#include "daemon/act/hold.h"'
		plant "kmod/planted.h includes lib/base/parse.h" kmod/planted.h '#include "lib/base/parse.h"'
		plant "core/planted.h includes lib/base/parse.h" core/planted.h '#include "lib/base/parse.h"'
		plant "lib/planted.h: lib/ is not in the list of rooms" lib/planted.h ''
		plant "lib/base/planted.o uses report_bits of lib/story/words.o" lib/base/planted.c \
			'void report_bits(void); void planted(void) { report_bits(); }'
		plant "daemon/planted.o uses ctl_run of ctl/ctl.o" daemon/planted.c \
			'int ctl_run(void); int planted(void) { return ctl_run(); }'
		plant "planted/planted.h: planted/ is not in the list of rooms" planted/planted.h ''
		plant "kmod/new/planted.h: kmod/new/ is not in the list of rooms" kmod/new/planted.h ''
		plant "kmod/Kbuild names planted.o" kmod/Kbuild 'smmu_adopt-y += planted.o'
		plant_spellings
		plant_calls
		plant "" lib/base/planted.c '#include "core/ste.h"
			bool planted(const struct ste_view *ste) { return ste_is_live(ste); }'
	} | none "rooms.py should have said"
}

check_core_headers() { # core may name no header but its own, port.h excepted
	sources core | grep -v '^core/port.h$' | xargs grep -HnE '^[[:space:]]*(#|%:)[[:space:]]*include[[:space:]]*<' | none "core includes a system header"
}

check_plan_is_pure() {
	grep -HnE '^#include (<(unistd|fcntl|stdio|dirent|sys/)|"lib/(base/fsroot|machine/(sysdev|helper|control|journal|modload|devwatch)))' \
		lib/plan/plan*.[ch] | none "plan reaches for the system"
}

check_sysfs_writers() { # devices are changed by the hands only
	sources lib daemon resolve ctl | xargs grep -l 'fsroot_write_text' |
		grep -vE '^(lib/base/fsroot\.[ch]|daemon/act/(hands|hold|bypass)\.c)$' | none "writes to sysfs beside the hands"
}

check_one_file_per_library() {
	{
		grep -lE '<libkmod\.h>' -r lib daemon resolve ctl | grep -v '^lib/machine/modload\.c$'
		grep -lE '<libudev\.h>' -r lib daemon resolve ctl | grep -vE '^resolve/(devices|bus)\.c$'
		grep -lE '<libmount/' -r lib daemon resolve ctl | grep -vE '^resolve/mount(s|_of)\.c$'
		grep -lE '<blkid/' -r lib daemon resolve ctl | grep -v '^resolve/nodes\.c$'
		grep -lE '<libmnl/' -r lib daemon resolve ctl | grep -v '^resolve/route\.c$'
		grep -lE '<systemd/' -r lib daemon resolve ctl | grep -vE '^(lib/machine/sdlib\.h|daemon/dbus_private\.h|ctl/dbus/client\.c)$'
		grep -lE '<libkdumpfile/' -r lib daemon resolve ctl | grep -v '^ctl/dump/mem_kdump_child\.c$'
		grep -lE '<(zlib|lzo/lzo1x|snappy-c|zstd)\.h>' -r lib daemon resolve ctl | grep -v '^ctl/dump/kdcodec\.c$'
		grep -lE '<ini\.h>' -r lib daemon resolve ctl | grep -v '^lib/machine/config\.c$'
	} | none "library used outside its one file"
}

# A capture image has libc; whatever else is loaded at run time, and says so in the file.
check_needed_libraries() {
	local program=build/native/daemon/smmu-adoptd lib
	{
		readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc\.so\.6|ld-linux-.*)$'
		for lib in libkmod.so.2 libsystemd.so.0; do
			readelf -p .note.dlopen "$program" | grep -qF "\"soname\":[\"$lib\"]" || echo "no note of $lib"
		done
	} | none "library of the daemon"
}

check_core_freestanding() {
	local f
	rm -rf "$out/core" && mkdir -p "$out/core"
	for f in core/*.c; do # the inline functions of headers, too
		gcc -std=gnu11 -O2 -ffreestanding -fkeep-inline-functions -fno-stack-protector -fno-pie -nostdlib -I. -Wall -Wextra -Werror -c "$f" \
			-o "$out/core/$(basename "$f" .c).o" || return 1
	done
	gcc -r -nostdlib -no-pie -o "$out/core.o" "$out"/core/*.o &&
		nm -u "$out/core.o" | awk '{ print $2 }' | grep -vxE 'memcpy|memset|memcmp|_GLOBAL_OFFSET_TABLE_' |
		none "core needs a symbol it may not need"
}

check_core_no_writable_state() {
	nm "$out/core.o" | grep -E ' [dDbBC] ' | none "core has writable static state"
}

check_symbol_prefixes() {
	nm -g --defined-only "$out/core.o" | awk 'NF == 3 { print $3 }' |
		grep -vE '^(adopt|geom|strtab|ste|cd|l1|rec|elfcore|fdt|iort|smmu|health|rmr|ptw|event|store|snap|poison|vmcoreinfo)_' | none "core symbol without one of its prefixes"
}

check_no_bitfields() {
	sources core | xargs grep -nE '^[[:space:]]+(u8|u16|u32|u64|unsigned|int|bool)[a-z ]*[a-z_0-9]+ : [0-9]+;' | none "bitfield in core"
}

check_licence_headers() {
	local f want
	git ls-files -co --exclude-standard | grep -E '\.(c|h|sh|py|mk)$|^Makefile$|Kbuild$' | while read -r f; do
		[ -f "$f" ] || continue
		case $f in
		core/*) want='GPL-2.0-only OR BSD-2-Clause' ;;
		kmod/*) want='GPL-2.0-only' ;;
		*) want='LGPL-2.1-or-later' ;;
		esac
		head -n 2 "$f" | grep -q "SPDX-License-Identifier: $want" || echo "$f wants $want"
	done | none "licence line missing or wrong"
}

check_file_length() { # a warning: a limit made people split by size, not by subject
	sources . | xargs wc -l | awk '$2 != "total" && $1 > 600 { print "    warning: over 600 lines: " $2, $1 }'
}

check_function_length() {
	sources . | xargs awk '
		FNR == 1 { start = 0 }
		/^{/ { start = FNR }
		/^}/ { if (start && FNR - start > 60) print FILENAME ":" start, FNR - start " lines"; start = 0 }' |
		none "function over 60 lines"
}

check_readmes() { # a README names each file of its folder; a header may go with the file of its name
	local dir f
	git ls-files -co --exclude-standard '*/README.md' | while read -r dir; do
		dir=${dir%/README.md}
		git ls-files -co --exclude-standard "$dir" | while read -r f; do
			f=${f#"$dir/"}
			case $f in
			*/* | README.md) continue ;;
			esac
			[ ! -e "$dir/$f" ] || grep -qwF -- "$f" "$dir/README.md" ||
				{ [ "$f" != "${f%.h}" ] && grep -qwF -- "${f%.h}.c" "$dir/README.md"; } || echo "$dir/README.md: $f"
		done
	done | none "README does not name a file of its folder"
}

check_format() {
	local f
	sources core kmod lib daemon resolve ctl tests | while read -r f; do
		clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || echo "$f"
	done | none "clang-format would change"
}

check_shell() {
	git ls-files -co --exclude-standard | grep -E '\.sh$|^\.ci/run$' | xargs shellcheck -S warning -x 2>&1 | none shellcheck
}

check_man_pages() {
	local f
	for f in man/*.[1-9]; do
		mandoc -Tlint -W warning "$f" 2>&1
	done | none "man page"
}

# What systemd itself thinks of the units. Exposure: 10 is worst; a service that may do anything is at 9.6.
check_units() {
	local u
	command -v systemd-analyze >/dev/null || { echo "SKIP units: no systemd-analyze"; return 77; }
	mkdir -p "$out/units"
	for u in units/smmu-adoptd.* packaging/*/*.service packaging/*/*.path; do
		sed "s,/usr/sbin/smmu-adopt-driver,$PWD/packaging/kdump-tools/smmu-adopt-driver,; s,/usr/sbin/smmu-adoptd,$PWD/build/native/daemon/smmu-adoptd,; s,/usr/lib/smmu-adopt/sidecar,$PWD/packaging/kdump-tools/sidecar,; s,/usr/lib/smmu-adopt/kdump-publish,$PWD/packaging/dracut/smmu-adopt-kdump-publish.sh,; s,/usr/lib/smmu-adopt/real-root,$PWD/packaging/kdump-tools/real-root," \
			"$u" >"$out/units/${u##*/}"
	done
	{
		systemd-analyze verify --man=no "$out"/units/* 2>&1 | grep smmu-adopt
		for u in "$out"/units/*.service; do
			systemd-analyze security --offline=yes --threshold=50 "$u" >/dev/null 2>&1 || echo "${u##*/}: exposure over 5.0"
		done
		grep -q '^ExecStopPost=.* release$' units/smmu-adoptd.service || echo "no ExecStopPost=... release"
		grep -q '^KillMode=process$' units/smmu-adoptd.service || echo "a stop kills probes"
		grep -q '^ExecStart=@/[^ ]* @smmu-adoptd run$' units/smmu-adoptd.service || echo "killed on the way to the real root"
		grep -L '^IgnoreOnIsolate=yes$' units/smmu-adoptd.* | sed 's/$/: stopped on the way to the real root/'
	} | none unit
}

# journald takes the catalog, and it explains every message.
check_catalog() {
	local id
	{
		sed -n 's/^#define MESSAGE_ID_[A-Z]* "\(.*\)"/\1/p' lib/machine/journald.h | while read -r id; do
			grep -q "^-- $id\$" conf/smmu-adopt.catalog || echo "$id has no text"
		done
		grep -c '^-- [0-9a-f]\{32\}$' conf/smmu-adopt.catalog | grep -vx 4
		if command -v journalctl >/dev/null; then
			rm -rf "$out/catalog" && mkdir -p "$out/catalog/usr/lib/systemd/catalog" "$out/catalog/var/lib/systemd/catalog"
			cp conf/smmu-adopt.catalog "$out/catalog/usr/lib/systemd/catalog"
			journalctl --root="$PWD/$out/catalog" --update-catalog 2>&1 | grep -v '^$'
		fi
	} | none catalog
}

check_help_matches_man() { # every long option of --help stands in the man page
	local tool opt
	for tool in daemon/smmu-adoptd resolve/smmu-adopt-resolve ctl/smmu-adoptctl; do
		[ -x "build/native/$tool" ] || echo "$tool is not built"
		for opt in $("build/native/$tool" --help | grep -oE '(^|[[:space:],])--[a-z-]+' | tr -d ' ,\t' | sort -u); do
			# roff writes a hyphen-minus as \-
			sed 's/\\-/-/g' "man/${tool##*/}.8" | grep -q -- "$(sed 's/^--//' <<<"$opt")" || echo "$tool $opt"
		done
	done | none "option not in the man page"
}

# What a line becomes when a tab is typed behind it.
check_completion_bash() {
	local words reply
	while IFS='|' read -r words reply; do
		PATH=$PWD/build/native/ctl:$PATH bash -c '. ctl/completion/smmu-adoptctl.bash; read -ra COMP_WORDS <<<"$1"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_smmu_adoptctl; echo "${COMPREPLY[*]}"' - "$words" | grep -qxF -- "$reply" || echo "$words"
	done <<-'EOT' | none "bash completes otherwise"
	smmu-adoptctl rep|report
	smmu-adoptctl report --rec|--records
	smmu-adoptctl report --col|--color
	smmu-adoptctl help str|streams
	smmu-adoptctl --json emb|embed
	smmu-adoptctl embed --f|--force
	smmu-adoptctl log --f|
	smmu-adoptctl --records x sta|status
	smmu-adoptctl --root LICENS|LICENSES
	smmu-adoptctl walk HACK|HACKING.md
	smmu-adoptctl collect LICENS|LICENSES
	smmu-adoptctl diff HACK|HACKING.md
	EOT
}

check_completion_zsh() {
	command -v zsh >/dev/null || { echo "SKIP completion_zsh: no zsh"; return 77; }
	mkdir -p "$out/zsh" && cp ctl/completion/smmu-adoptctl.zsh "$out/zsh/_smmu-adoptctl"
	diff - <(PATH=$PWD/build/native/ctl:$PATH timeout 600 tests/build/completion.zsh "$PWD/$out/zsh" "smmu-adoptctl "{rep,"report --rec","report --col","help str","--json emb","embed --f","walk HACK","collect LICENS"} | sed 's/ $//') <<-'EOT' |
	smmu-adoptctl report
	smmu-adoptctl report --records
	smmu-adoptctl report --color
	smmu-adoptctl help streams
	smmu-adoptctl --json embed
	smmu-adoptctl embed --force
	smmu-adoptctl walk HACKING.md
	smmu-adoptctl collect LICENSES/
	EOT
		none "zsh completes otherwise"
}

check_no_machine_traces() {
	local host
	{
		git ls-files -co --exclude-standard | grep -v '^LICENSES/' | xargs grep -nIE '/work/(main|shared)|/tmp/k/|deb\.debian\.org' -- |
			grep -v '^tests/build/run.sh:'
		for host in $(apt-get indextargets --format '$(SITE)' 2>/dev/null | sed -E 's,^[a-z]+://([^/]+).*,\1,' | sort -u); do
			git ls-files -co --exclude-standard | grep -v '^tests/build/run.sh' | xargs grep -nIF -- "$host"
		done
	} | none "trace of a machine"
}

# The manual page is enough to read records: a reader in another language finds the same ones, torn
# files included.
check_stranger_reads_records() {
	local f
	cp tests/golden/vm-adopted.rec "$out/torn.rec"
	printf 'X' | dd of="$out/torn.rec" bs=1 seek=2000 conv=notrunc 2>/dev/null
	for f in tests/golden/vm-*.rec "$out/torn.rec"; do
		build/native/ctl/smmu-adoptctl --json log "$f" 2>/dev/null |
			jq -r '.entries[] | "\(.ns) \(.type) \(.raw // "")"' | sort -u >"$out/ours"
		tests/tools/read_records.py "$f" | sed -E 's/^([0-9]+ [a-z0-9]+) .*raw=([0-9a-f]{128}).*/\1 \2/; t; s/^([0-9]+ [a-z0-9]+) .*/\1 /' |
			sort -u >"$out/theirs"
		[ -s "$out/ours" ] && cmp -s "$out/ours" "$out/theirs" || echo "$f"
	done | none "read differently by tests/tools/read_records.py"
}

check_untracked_after_build() { # a build leaves nothing outside build/
	git status --porcelain --ignored | grep -E '^!!' | grep -vE '^!! (build/|.*__pycache__/)' | none "left behind by a build"
}

run_checks build "$@"

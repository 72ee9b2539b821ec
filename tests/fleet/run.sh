#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh BUILD: crashes of many machines, in the layouts of RHEL, Debian and SUSE, through "collect" into
# sqlite3 and ClickHouse. Each query of doc/fleet/ must answer what expect.py works out of the same lines.
set -u
cd "$(dirname "$0")/../.." || exit 1
ctl=$1/native/ctl/smmu-adoptctl
mkrec=$1/native/tests/tools/mkrec
dir=$(mktemp -d)
passed=0 failed=0 skipped=0 server=
queries="causes not-adopted late events times advice logs"

cleanup() {
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT

say() { # say RC WHAT
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: fleet $2"
		failed=$((failed + 1))
	fi
}

skip() {
	echo "SKIP: fleet $1"
	skipped=$((skipped + 1))
}

boot=100
crash() { # crash STORY FOLDER DAY [SED EXPRESSION]: a crash folder, each one another boot
	local wall=$((1763848800 + $3 * 86400))
	boot=$((boot + 1))
	mkdir -p "$dir/srv/$2"
	sed -E "/^file /{s/ wall=[0-9]+//; s/ boot=[^ ]*//; s/\$/ wall=$wall boot=$boot/}; ${4:-}" "tests/golden/$1.rectxt" |
		"$mkrec" >"$dir/srv/$2/smmu-adopt.rec" || exit 1
}

kernel_log() { # kernel_log LOG FOLDER NAME: a crash of which only this log is left
	mkdir -p "$dir/srv/$2"
	cp "tests/golden/klog/$1.log" "$dir/srv/$2/$3" || exit 1
}

# The same trouble in another slot, with other StreamIDs and addresses.
elsewhere='s/sid=0x8\b/sid=0x28/g; s/sids=0x8$/sids=0x28/; s/0x00000008000000/0x00000028000000/g; s/0000:00:01\.0/0002:05:00.0/g
	s/(addr|s1|base)=0x44/\1=0x54/g'
machines() {
	local i
	for i in 1 2 3 4 5; do
		crash adopted "web$i/127.0.0.1-2026-11-2$i-22:55:01" "$i"
	done
	crash reset "db1/202611222255" 1
	crash reset "db1/202611232255" 2
	crash reset "db2/202611232255" 2 's/6\.12\.95/6.1.0/'
	crash faults "sles1/2026-11-22-22-55" 3
	crash faults "sles2/2026-11-23-22-55" 4 "$elsewhere"
	crash trouble "10.0.0.7-202611222255" 5
	crash rmr "10.0.0.8-2026-11-22-22:55:01" 6
	crash torn "web9/2026-11-22-22-55" 7
	kernel_log reset-612 "log1/127.0.0.1-2026-11-24-22:55:01" kexec-dmesg.log
	kernel_log aer-storm "log2/127.0.0.1-2026-11-25-22:55:01" kexec-dmesg.log
	mkdir -p "$dir/srv/web8/2026-11-22-22-55" "$dir/srv/web7/2026-11-22-22-55" "$dir/srv/notes"
	echo "not a dump" >"$dir/srv/web8/2026-11-22-22-55/vmcore"
	touch "$dir/srv/notes/README"
}

check_lines() {
	"$ctl" collect "$dir/srv" >"$dir/lines" 2>"$dir/messages"
	[ $? = 4 ]
	say $? "exit status of a collection with bad folders"
	[ "$(jq -r .crash_id <"$dir/lines" | sort -u | wc -l)" = 15 ]
	say $? "15 crashes: $(wc -l <"$dir/lines")"
	[ "$(grep -c . "$dir/messages")" = 3 ] && grep -q 'web8/.*vmcore: ' "$dir/messages" &&
		grep -q 'web7/2026-11-22-22-55: the folder has no records' "$dir/messages" && grep -q 'web9/.* torn at byte' "$dir/messages"
	say $? "one message for each bad folder: $(cat "$dir/messages")"
	jq -e -s 'all(.[]; .schema == "smmu-adopt-crash/2" and all(.[]; type != "object" and type != "array"))' \
		<"$dir/lines" >/dev/null
	say $? "flat lines with a schema"
	[ "$(jq -r 'select(.host | startswith("sles")) | .signature' <"$dir/lines" | uniq | wc -l)" = 1 ]
	say $? "the same trouble has one signature on two machines"
	[ "$(jq -r '.signature' <"$dir/lines" | sort -u | wc -l)" = 7 ]
	say $? "seven kinds of crashes: $(jq -r '.signature + " " + .cause' <"$dir/lines" | sort -u)"
	[ "$(jq -r .host <"$dir/lines" | sort -u | tr '\n' ' ')" = "10.0.0.7 10.0.0.8 db1 db2 log1 log2 sles1 sles2 web1 web2 web3 web4 web5 web9 " ]
	say $? "hosts out of folders' names: $(jq -r .host <"$dir/lines" | sort -u | tr '\n' ' ')"
	mandoc -T ascii man/smmu-adoptctl.8 | col -b | tr -sc 'a-z_' '\n' | sort -u >"$dir/man"
	! jq -r 'keys[]' <"$dir/lines" | sort -u | comm -23 - "$dir/man" | grep .
	say $? "every key is in the manual page"
	tests/fleet/expect.py signature "$dir/lines"
	say $? "signatures are the hash of the cause"
	tests/fleet/expect.py columns doc/fleet/sqlite.sql doc/fleet/sqlite-load.sql doc/fleet/clickhouse.sql
	say $? "each key of doc/schema/crash.json has its column"
}

compare() { # compare ENGINE QUERY FILE
	tests/fleet/expect.py "$2" "$dir/lines" >"$dir/want" && [ -s "$dir/want" ] && diff "$dir/want" "$3"
	say $? "$1: $2"
}

with_sqlite() {
	local q db=$dir/fleet.db
	sqlite3 "$db" ".read doc/fleet/sqlite.sql" || return 1
	for _ in 1 2; do # the second time replaces
		sqlite3 "$db" ".read doc/fleet/sqlite-load.sql" <"$dir/lines" || return 1
	done
	for q in $queries; do
		sqlite3 -tabs -nullvalue '\N' "$db" <"doc/fleet/$q.sql" >"$dir/got" || return 1
		compare sqlite3 "$q" "$dir/got"
	done
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_clickhouse() {
	port=$(free_port)
	mkdir -p "$dir/ch/data" "$dir/ch/tmp"
	cat >"$dir/ch/users.xml" <<-'EOF'
		<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password></password>
		<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>
	EOF
	cat >"$dir/ch/config.xml" <<-EOF
		<yandex><logger><level>error</level><log>$dir/ch/log</log><errorlog>$dir/ch/err</errorlog></logger>
		<tcp_port>$port</tcp_port><http_port>$(free_port)</http_port><listen_host>127.0.0.1</listen_host>
		<path>$dir/ch/data/</path><tmp_path>$dir/ch/tmp/</tmp_path><users_config>$dir/ch/users.xml</users_config>
		<default_profile>default</default_profile><default_database>default</default_database>
		<mark_cache_size>16777216</mark_cache_size></yandex>
	EOF
	clickhouse-server --config-file="$dir/ch/config.xml" >"$dir/ch/out" 2>&1 &
	server=$!
	for _ in $(seq 600); do
		clickhouse-client --port "$port" -q 'SELECT 1' >/dev/null 2>&1 && return 0
		kill -0 $server 2>/dev/null || break
		sleep 0.5
	done
	cat "$dir/ch/out" "$dir/ch/err"
	return 1
}

with_clickhouse() {
	local q
	start_clickhouse || return 1
	clickhouse-client --port "$port" -n <doc/fleet/clickhouse.sql || return 1
	for _ in 1 2; do
		clickhouse-client --port "$port" --input_format_skip_unknown_fields=1 \
			-q 'INSERT INTO smmu_adopt.crashes FORMAT JSONEachRow' <"$dir/lines" || return 1
	done
	for q in $queries; do
		clickhouse-client --port "$port" -d smmu_adopt --format TabSeparated <"doc/fleet/$q.sql" >"$dir/raw" || return 1
		sed "s/\\\\'/'/g" "$dir/raw" >"$dir/got" # its TSV escapes quotes
		compare clickhouse "$q" "$dir/got"
	done
}

machines
check_lines
if command -v sqlite3 >/dev/null; then
	with_sqlite
	say $? "sqlite3 gave up"
else
	skip "sqlite3: Debian's package sqlite3 is not installed"
fi
if command -v clickhouse-server >/dev/null && command -v clickhouse-client >/dev/null; then
	with_clickhouse
	say $? "clickhouse gave up"
else
	skip "clickhouse: Debian's packages clickhouse-server and clickhouse-client are not installed"
fi
echo "fleet: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]

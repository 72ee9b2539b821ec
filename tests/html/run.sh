#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh BUILD: the pages of some stories, opened in headless Chromium on windows of several widths, and
# printed. Each must draw, log nothing to the console and load nothing but itself. Pictures are left in
# BUILD/html/ for people to look at. Without pdfinfo (poppler-utils) nothing is said of the print.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1 out=$1/html
ctl=$build/native/ctl/smmu-adoptctl
passed=0 failed=0
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

if ! command -v chromium >/dev/null; then
	if [ "$(id -u)" != 0 ] || ! apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; then
		echo "SKIP: html: Debian's package chromium is not installed"
		echo "html: 0 passed, 0 failed"
		exit 0
	fi
fi
mkdir -p "$out"

say() { # say GOOD WHAT
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: html $2"
		failed=$((failed + 1))
	fi
}

browse() { # browse PAGE PICTURE WIDTH HEIGHT [OPTION...]
	timeout 900 chromium --headless --no-sandbox --disable-gpu --disable-background-networking \
		--disable-component-update --disable-sync --no-first-run --hide-scrollbars --user-data-dir="$profile" \
		--enable-logging=stderr --log-net-log="$out/net.json" --window-size="$3,$4" "${@:5}" \
		--screenshot="$2" "file://$(realpath "$1")" >/dev/null 2>"$out/stderr"
}

check() { # check NAME WIDTH HEIGHT [OPTION...]
	local page=$out/$1.html picture=$out/$1-$2${4:+-dark}.png
	rm -f "$picture" "$out/net.json"
	browse "$page" "$picture" "$2" "$3" "${@:4}"
	[ -s "$picture" ] && [ "$(stat -c %s "$picture")" -gt 20000 ]
	say $? "$1 at $2: no picture"
	! grep -E 'CONSOLE' "$out/stderr"
	say $? "$1 at $2: console messages"
	# URLs that the page's renderer asked for: itself. (The browser's own housekeeping has no initiator.)
	! grep -oE '"initiator":"file[^}]*"url":"[^"]*"' "$out/net.json" | grep -v '"url":"file://'
	say $? "$1 at $2: asked for something"
}

print() { # print NAME: it makes pages, and not one with a letter a line
	timeout 900 chromium --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$profile" \
		--no-pdf-header-footer --print-to-pdf="$out/$1.pdf" "file://$(realpath "$out/$1.html")" >/dev/null 2>&1
	local pages
	pages=$(pdfinfo "$out/$1.pdf" | sed -n 's/^Pages: *//p')
	[ "${pages:-0}" -ge 1 ] && [ "$pages" -le "$2" ]
	say $? "$1 printed: ${pages:-no} pages"
}

for name in vm-adopted reset trouble faults rmr many; do
	records=$out/$name.rec
	if [ "$name" = many ]; then
		tests/html/many.py | "$build/native/tests/tools/mkrec" >"$records" || exit 1
	elif [ -f "tests/golden/$name.rec" ]; then
		cp "tests/golden/$name.rec" "$records"
	else
		"$build/native/tests/tools/mkrec" <"tests/golden/$name.rectxt" >"$records" || exit 1
	fi
	"$ctl" report --html "$records" >"$out/$name.html"
done
check vm-adopted 1280 2400
check vm-adopted 800 3000
check reset 400 3400
check trouble 1280 4000
check trouble 400 8000
check faults 390 4000
check rmr 1280 2400 --blink-settings=preferredColorScheme=0
check many 1280 9000 --blink-settings=preferredColorScheme=0
check many 400 16000
if command -v pdfinfo >/dev/null; then
	print vm-adopted 8
	print many 60
fi
echo "html: $passed passed, $failed failed; pictures in $out"
[ $failed = 0 ]

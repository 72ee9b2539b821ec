#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of both dkms.conf with the dkms of Debian 12 and 13: which kernels are built for, and that no kernel's
# installation fails for one that is not. Kernel source and headers are fakes; nothing is compiled, installed or
# built for this machine. `dkms.sh NAME...` runs the named ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
. tests/tools/apt.sh
top=$PWD
out=$top/build/check-dkms
cache=${XDG_CACHE_HOME:-$HOME/.cache}/smmu-adopt/dkms
suites=(bookworm trixie)
rm -rf "$out" && mkdir -p "$out/bin"
# No index of this machine's modules.
printf '#!/bin/sh\n' >"$out/bin/depmod" && chmod +x "$out/bin/depmod"

# The dkms of SUITE, unpacked in the cache.
fetch() (
	[ ! -x "$cache/$1/usr/sbin/dkms" ] || exit 0
	private_apt "$cache/apt-$1" "$1" && cd "$cache/apt-$1" && rm -f ./*.deb &&
		apt-get -qq download dkms >/dev/null && dpkg -x dkms_*.deb "$cache/$1"
)

able() { # SUITE
	command -v dpkg >/dev/null && [ "$(id -u)" = 0 ] && fetch "$1" >"$out/log" 2>&1 && return
	echo "SKIP dkms of $1: not root, or it cannot be fetched"
	return 77
}

kernel() { # RELEASE VERSION: its headers
	local dir=$out/lib/modules/$1/build v
	mkdir -p "$dir/include/generated/uapi/linux"
	IFS=. read -ra v <<<"$2"
	printf '#define LINUX_VERSION_CODE 0\n#define LINUX_VERSION_MAJOR %d\n#define LINUX_VERSION_PATCHLEVEL %d\n#define LINUX_VERSION_SUBLEVEL %d\n' \
		"${v[@]}" >"$dir/include/generated/uapi/linux/version.h"
	touch "$dir/.config"
}

linux_source() { # SERIES VERSION [dir]
	local name=linux-source-$1 v
	rm -rf "$out/usr/src/$name"*
	mkdir -p "$out/usr/src/$name/lib"
	IFS=. read -ra v <<<"$2"
	printf '# SPDX\nVERSION = %d\nPATCHLEVEL = %d\nSUBLEVEL = %d\nEXTRAVERSION =\n' "${v[@]}" >"$out/usr/src/$name/Makefile"
	echo 'VERSION = 1' >"$out/usr/src/$name/lib/Makefile"
	[ "${3:-}" != dir ] || return 0
	tar -C "$out/usr/src" -cJf "$out/usr/src/$name.tar.xz" "$name"
	rm -r "$out/usr/src/$name"
}

# Our sources as DKMS has them, with what they look for below $out. A build makes a module at once; --check is
# refused when $out/odd is there.
add() { # SUITE
	local name
	rm -rf "$out/tree" "$out/src" "$out/marks" "$out"/lib/modules/*/updates
	mkdir -p "$out"/{tree,marks,src/smmu-adopt-0.1.0,src/smmu-adopt-driver-0.1.0}
	cp kmod/dkms.conf "$out/src/smmu-adopt-0.1.0/"
	sed -i "s|^MAKE\[0\]=.*|MAKE[0]=\"$out/fake-build smmu_adopt build/kmod\"|" "$out/src/smmu-adopt-0.1.0/dkms.conf"
	cp kmod/adopting-driver/{dkms.conf,dkms-build.sh} "$out/src/smmu-adopt-driver-0.1.0/"
	cat >"$out/fake-build" <<-END
		#!/bin/sh
		echo "\$1" >>"$out/marks/built"
		mkdir -p "\$2" && cp /bin/true "\$2/\$1.ko"
	END
	cat >"$out/src/smmu-adopt-driver-0.1.0/build.sh" <<-END
		#!/bin/sh
		case \$1 in
		--check) [ ! -e "$out/odd" ] || { echo "build.sh: error: hunk 4 does not match" >&2; exit 1; } ;;
		*) $out/fake-build arm-smmu-v3-adopt "\$6" ;;
		esac
	END
	chmod +x "$out/fake-build" "$out/src/smmu-adopt-driver-0.1.0/build.sh"
	# The architecture is this machine's in the test; the folders are below it.
	sed -i "s|/lib/modules|$out&|; s|^sources=|&$out|; s|\^aarch64\\$|.|" "$out"/src/*/dkms*
	for name in smmu-adopt smmu-adopt-driver; do
		touch "$out/src/$name-0.1.0/file.c"
		dkms "$1" add -m $name -v 0.1.0 >/dev/null || return 1
	done
}

dkms() { # SUITE ARGS...
	local suite=$1
	shift
	PATH=$out/bin:$PATH bash "$cache/$suite/usr/sbin/dkms" "$@" --dkmstree "$out/tree" --sourcetree "$out/src" --installtree "$out/lib/modules"
}

# What a kernel's installation does: dkms autoinstall. What the installation of our packages does: common.postinst,
# where 77 is "Skipped.". BUILT: which modules are built; SAID: what is said of the driver, once.
expect() { # SUITE RELEASE BUILT SAID
	local suite=$1 release=$2 built=$3 said=$4 how rc name n
	for how in autoinstall build; do
		add "$suite" || return 1
		: >"$out/said"
		rc=0
		if [ $how = autoinstall ]; then
			dkms "$suite" autoinstall --kernelver "$release" --kernelsourcedir "$out/lib/modules/$release/build" >"$out/log" 2>"$out/said" || rc=$?
		else
			for name in smmu-adopt smmu-adopt-driver; do
				dkms "$suite" build -m $name -v 0.1.0 -k "$release" --kernelsourcedir "$out/lib/modules/$release/build" >>"$out/log" 2>>"$out/said"
				n=$?
				[ $n = 77 ] || [ $n = 0 ] || rc=$n
			done
		fi
		n=$(grep -c '^smmu-adopt-driver: ' "$out/said")
		if [ $rc = 0 ] && [ "$(sort "$out/marks/built" 2>/dev/null | paste -sd ' ')" = "$built" ] &&
			if [ -n "$said" ]; then [ "$n" = 1 ] && grep -qF "$said" "$out/said"; else [ "$n" = 0 ]; fi; then
			continue
		fi
		echo "$suite, $how $release: exit $rc, built $(paste -sd ' ' "$out/marks/built" 2>/dev/null), wanted $built"
		cat "$out/said"
		return 1
	done
}

# Debian 13's common.postinst asks the file itself, whatever kernel runs: in a chroot it is another's.
asked_by_postinst() {
	local conf
	printf '#!/bin/sh\necho 5.10.0-test\n' >"$out/bin/uname" && chmod +x "$out/bin/uname"
	for conf in "$out"/src/*/dkms.conf; do
		# shellcheck disable=SC2016
		[ "$(PATH=$out/bin:$PATH bash -c 'AUTOINSTALL=; . "$1" >/dev/null 2>&1; echo $AUTOINSTALL' - "$conf")" = yes ] ||
			{ echo "$conf: AUTOINSTALL is empty for whoever names no kernel"; rm "$out/bin/uname"; return 1; }
	done
	rm "$out/bin/uname"
}

matrix() { # SUITE
	local both='arm-smmu-v3-adopt smmu_adopt' name v
	able "$1" || return
	rm -rf "${out:?}"/{usr,lib,odd}
	for v in 6.1.153 6.12.95 6.12.117 6.18.3 7.2.13 7.3.4 7.4.1 8.0.1; do
		kernel "$v+deb1-arm64" "$v"
	done
	# No kernel that is not known, and no source: left out.
	expect "$1" 6.1.153+deb1-arm64 '' '' && expect "$1" 8.0.1+deb1-arm64 '' '' || return 1
	expect "$1" 6.18.3+deb1-arm64 smmu_adopt '' && expect "$1" 7.4.1+deb1-arm64 smmu_adopt '' || return 1
	expect "$1" 6.12.95+deb1-arm64 smmu_adopt 'not built for kernel 6.12.95+deb1-arm64: there is no ' &&
		grep -q 'install the package linux-source-6.12$' "$out/said" || return 1
	# Source and headers of one version, packed or not.
	linux_source 6.12 6.12.95 && expect "$1" 6.12.95+deb1-arm64 "$both" '' || return 1
	linux_source 6.12 6.12.95 dir && expect "$1" 6.12.95+deb1-arm64 "$both" '' || return 1
	linux_source 7.3 7.3.4 && expect "$1" 7.3.4+deb1-arm64 "$both" '' || return 1
	# Of two versions, either way; and a source that nobody can place.
	expect "$1" 6.12.117+deb1-arm64 smmu_adopt 'is Linux 6.12.95, and its headers are Linux 6.12.117: both must be of one version' || return 1
	linux_source 6.12 6.12.117 && expect "$1" 6.12.117+deb1-arm64 "$both" '' &&
		expect "$1" 6.12.95+deb1-arm64 smmu_adopt 'is Linux 6.12.117, and its headers are Linux 6.12.95' || return 1
	echo junk >"$out/usr/src/linux-source-6.12.tar.xz"
	expect "$1" 6.12.95+deb1-arm64 smmu_adopt 'is Linux of no version that is known, and its headers are Linux 6.12.95' || return 1
	# Patches that do not fit.
	touch "$out/odd" && linux_source 6.12 6.12.95
	expect "$1" 6.12.95+deb1-arm64 smmu_adopt 'not built for kernel 6.12.95+deb1-arm64: build.sh: error: hunk 4 does not match' || return 1
	rm "$out/odd"
	# Asking what there is says nothing.
	add "$1" && dkms "$1" status >"$out/log" 2>"$out/said" && [ ! -s "$out/said" ] && asked_by_postinst
}

for suite in "${suites[@]}"; do
	eval "check_$suite() { matrix $suite; }"
done

run_checks dkms "$@"

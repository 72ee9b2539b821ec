#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of `make install` and of the pieces for image builders. Needs no root. `install.sh NAME...` runs
# the named ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/build/checks.sh
top=$PWD
out=$top/build/check-install
rm -rf "$out" && mkdir -p "$out"

install_to() { make -s install DESTDIR="$1" PREFIX=/usr >"$out/log" 2>&1 || { tail -n 5 "$out/log"; return 1; }; }

# The sources for DKMS follow the tree; what must be there is checked by building from them.
check_manifest() {
	install_to "$out/root" || return 1
	find "$out/root" -type f ! -path '*/usr/src/*' -printf '/%P %m\n' | LC_ALL=C sort >"$out/list"
	diff tests/build/install.manifest "$out/list"
}

check_uninstall() {
	mkdir -p "$out/other/usr/lib/smmu-adopt" && touch "$out/other/usr/lib/smmu-adopt/not-ours"
	install_to "$out/gone" && install_to "$out/other" || return 1
	make -s uninstall DESTDIR="$out/gone" PREFIX=/usr
	make -s uninstall DESTDIR="$out/other" PREFIX=/usr
	[ ! -e "$out/gone" ] || { find "$out/gone"; return 1; }
	[ "$(cd "$out/other" && find . -type f)" = ./usr/lib/smmu-adopt/not-ours ]
}

# DKMS builds in a copy of /usr/src/..., with nothing else of the tree around.
check_dkms_source() {
	local kdir src
	kdir=$(tests/vm/fetch.sh --print kdir) || return 1
	install_to "$out/root" || return 1
	src=$(echo "$out"/root/usr/src/smmu-adopt-[0-9]*)
	make -s -C "$src/kmod" KDIR="$kdir" O="$out/dkms" >"$out/log" 2>&1 || { tail -n 5 "$out/log"; return 1; }
	[ -s "$out/dkms/smmu_adopt.ko" ] && grep -q "^PACKAGE_VERSION=\"${src##*-}\"$" "$src/dkms.conf"
}

# The hook in mkinitramfs' own words: in kdump-tools' image, and in no other.
check_initramfs_hook() {
	local hook=packaging/initramfs-tools/hook name
	[ "$(sh $hook prereqs)" = "" ] || return 1
	[ -z "$(CONFDIR=/etc/initramfs-tools sh -x $hook 2>&1 | grep hook-functions)" ] || return 1
	# init-top sorts before udev by name alone, the order mkinitramfs makes (tsort of pairs of itself)
	name=$(printf '%s %s\n' udev udev smmu-adopt smmu-adopt keymap keymap | tsort | grep -n . | tr '\n' ' ')
	[[ $name == *smmu-adopt*udev* ]] || { echo "order: $name"; return 1; }
	# Outside a capture kernel the scripts do nothing.
	for name in init-top local-block init-bottom; do sh packaging/initramfs-tools/$name || return 1; done
}

# Where the root file system does not come and no daemon runs, what it held is given back.
check_local_block() {
	local dir=$out/local-block daemon
	mkdir -p "$dir" && touch "$dir/vmcore"
	sed "s|/proc/vmcore|$dir/vmcore|; s|/usr/sbin/smmu-adoptd|$dir/smmu-adoptd|g" packaging/initramfs-tools/local-block >"$dir/script"
	# A shell of its own is the daemon while it runs, and writes down what it is called with.
	cp "$(readlink -f /bin/sh)" "$dir/sh" && ln -f "$dir/sh" "$dir/smmu-adoptd" || return 1
	cat >"$dir/release" <<<"touch $dir/released"
	(cd "$dir" && sh script) && [ -e "$dir/released" ] && rm "$dir/released" || return 1
	# While one runs it is the one that gives back.
	"$dir/smmu-adoptd" -c 'read -r _' < <(sleep 60) &
	daemon=$!
	(cd "$dir" && sh script) && [ ! -e "$dir/released" ] || { kill $daemon; return 1; }
	kill $daemon && wait $daemon 2>/dev/null
	# What a killed daemon left in a driver's probe is none.
	"$dir/smmu-adoptd" -c 'echo -n kernel-call >/proc/$$/comm; read -r _' < <(sleep 60) &
	daemon=$!
	while [ "$(cat /proc/$daemon/comm)" != kernel-call ]; do sleep 0.1; done
	(cd "$dir" && sh script) && [ -e "$dir/released" ] || { kill $daemon; return 1; }
	kill $daemon
}

# The initramfs' daemon ends; where none of the real root goes on with its holds, they are given back.
check_init_bottom() {
	local dir=$out/init-bottom root=$out/init-bottom/root wants
	wants=$root/etc/systemd/system/sysinit.target.wants
	mkdir -p "$wants" "$root"/{sbin,usr/sbin,lib/systemd} "$dir/bin" && touch "$dir/vmcore"
	printf '#!/bin/sh\necho "$*" >>%s/log\n' "$dir" | tee "$dir/bin/smmu-adoptd" >"$dir/bin/real-root"
	chmod +x "$dir"/bin/* && cp "$dir/bin/smmu-adoptd" "$root/usr/sbin/"
	sed "s|/proc/vmcore|$dir/vmcore|; s|\([[:space:]]\)/usr/sbin/smmu-adoptd|\1$dir/bin/smmu-adoptd|g; s|/usr/lib/smmu-adopt/real-root|$dir/bin/real-root|g; s|/dev/kmsg|$dir/kmsg|" \
		packaging/initramfs-tools/init-bottom >"$dir/script"
	bottom() { # WORDS INIT: what is called
		rm -f "$dir/log"
		rootmnt=$root init=$2 dash "$dir/script" && [ "$(cat "$dir/log")" = "$1" ] && return
		echo "called '$(cat "$dir/log")' for $2, not '$1'"
		return 1
	}

	# Debian's: the unit is enabled, and systemd is the init.
	ln -s /lib/systemd/system/smmu-adoptd.service "$wants/" && ln -s /lib/systemd/systemd "$root/sbin/init"
	bottom "$root" /sbin/init && bottom "$root" /lib/systemd/systemd || return 1
	ln -sfn ../lib/systemd/systemd "$root/sbin/init" && bottom "$root" /sbin/init || return 1
	# Masked; disabled; another init; a rescue shell; the package is gone.
	ln -s /dev/null "$root/etc/systemd/system/smmu-adoptd.service" && bottom release /sbin/init || return 1
	rm "$root/etc/systemd/system/smmu-adoptd.service" && bottom "$root" /sbin/init || return 1
	rm "$wants/smmu-adoptd.service" && bottom release /sbin/init || return 1
	mkdir -p "$root/usr/lib/systemd/system/sysinit.target.wants"
	ln -s ../smmu-adoptd.service "$root/usr/lib/systemd/system/sysinit.target.wants/" && bottom "$root" /sbin/init || return 1
	bottom release /bin/sh || return 1
	rm "$root/sbin/init" && touch "$root/sbin/init" && bottom release /sbin/init || return 1
	ln -sfn ../lib/systemd/systemd "$root/sbin/init" && rm "$root/usr/sbin/smmu-adoptd" && bottom release /sbin/init
}

# Both capture images load the driver that udev must not: initramfs-tools has "-b" in MODPROBE_OPTIONS for all scripts.
# Before it devices are held, and whatever fails then, somebody comes who gives them back.
check_driver_loaded() {
	local dir=$out/driver script run
	mkdir -p "$dir/bin" "$dir/broken"
	touch "$dir/vmcore"
	echo "ro initcall_blacklist=arm_smmu_driver_init nr_cpus=1" >"$dir/cmdline"
	cat >"$dir/bin/modprobe" <<-EOT
		#!/bin/sh
		for name; do :; done
		case "\$MODPROBE_OPTIONS" in *b*) ! grep -qx "blacklist \$name" $top/conf/modprobe.conf || exit 1 ;; esac
		echo "\$name" >>$dir/loaded
	EOT
	printf '#!/bin/sh\n' >"$dir/bin/mount"
	printf '#!/bin/sh\necho "${*#--}" >>%s/loaded\n[ ! -e %s/"$1" ]\n' "$dir" "$dir/fails" >"$dir/bin/smmu-adoptd"
	printf '#!/bin/sh\nexit 1\n' >"$dir/broken/modprobe"
	chmod +x "$dir"/{bin,broken}/*
	loaded() { tr '\n' ' ' <"$dir/loaded"; }
	for script in packaging/initramfs-tools/init-top packaging/dracut/smmu-adopt-modules.sh; do
		# In the dracut image the unit starts the daemon.
		run='detach '
		[[ $script != *dracut* ]] || run=
		rm -f "$dir/loaded" "$dir/kmsg"
		sed "s|/proc/|$dir/|g; s|/dev/|$dir/|g; s|/usr/sbin/|$dir/bin/|g" $script >"$dir/script"
		MODPROBE_OPTIONS=-qb PATH=$dir/bin:$PATH sh "$dir/script" || return 1
		[ "$(loaded)" = "hold arm-smmu-v3-adopt elfcorehdr smmu_adopt bypass $run" ] || { echo "$script: $(loaded)"; return 1; }
		# Not without the word that keeps the kernel's own away; and a failure is said.
		echo ro >"$dir/other" && sed "s|$dir/cmdline|$dir/other|" "$dir/script" >"$dir/script2"
		rm "$dir/loaded"
		PATH=$dir/bin:$PATH sh "$dir/script2" && [ "$(loaded)" = "elfcorehdr smmu_adopt $run" ] || return 1
		[ ! -e "$dir/kmsg" ] && rm "$dir/loaded" || return 1
		PATH=$dir/broken:$dir/bin:$PATH sh "$dir/script" && grep -q "^<3>smmu-adopt: .*not loaded" "$dir/kmsg" || return 1
		[ "$(loaded)" = "hold elfcorehdr bypass $run" ] || return 1
		# The hold, then the daemon, does not work.
		mkdir -p "$dir/fails" && touch "$dir/fails/hold" && rm "$dir/loaded"
		PATH=$dir/bin:$PATH sh "$dir/script" && [ "$(loaded)" = "hold arm-smmu-v3-adopt elfcorehdr smmu_adopt bypass $run" ] || return 1
		touch "$dir/fails/--detach" && rm "$dir/loaded"
		PATH=$dir/bin:$PATH sh "$dir/script" && [ "$(loaded)" = "hold arm-smmu-v3-adopt elfcorehdr smmu_adopt bypass $run${run:+release }" ] || return 1
		rm -r "$dir/fails"
	done
	# There the unit gives back, whether the daemon came or not.
	grep -qx 'ExecStopPost=/usr/sbin/smmu-adoptd --detach release' units/smmu-adoptd.service
}

# The folder is the one that kdump-tools has; the program is test_crashwatch's.
check_sidecar() {
	local dir=$out/sidecar
	mkdir -p "$dir/bin"
	printf '#!/bin/sh\necho "$@" >"%s/log"\n' "$dir" >"$dir/bin/smmu-adoptd"
	chmod +x "$dir/bin/smmu-adoptd"
	sed "s|/etc/default/kdump-tools|$dir/default|g" packaging/kdump-tools/sidecar >"$dir/sidecar"
	PATH=$dir/bin:$PATH sh "$dir/sidecar" && [ "$(cat "$dir/log")" = "--watch publish /var/crash" ] || return 1
	echo "KDUMP_COREDIR=$dir/crash" >"$dir/default"
	PATH=$dir/bin:$PATH sh "$dir/sidecar" && [ "$(cat "$dir/log")" = "--watch publish $dir/crash" ] || return 1
	echo 'KDUMP_COREDIR="' >"$dir/default"
	PATH=$dir/bin:$PATH sh "$dir/sidecar" && [ "$(cat "$dir/log")" = "--watch publish /var/crash" ]
}

# As kdump-config uses it, with a makedumpfile that takes the kernel, and one that does not. kdump-tools 1.8 calls
# makedumpfile; 1.10 does so only if a program has that name.
check_dump_by_copy() {
	local dir=$out/by-copy version
	mkdir -p "$dir/bin"
	echo all memory >"$dir/vmcore"
	sed "s|/proc/vmcore|$dir/vmcore|g; s|/run/|$dir/|" packaging/kdump-tools/dump-by-copy >"$dir/dump-by-copy"
	cat >"$dir/bin/makedumpfile" <<-'END'
		#!/bin/sh
		echo "$*" >>"${0%/*}/../log"
		[ ! -e "${0%/*}/../refuses" ] || exit 1
		case $* in
		*--dump-dmesg*) for last in "$@"; do :; done; [ ! -e "$last" ] && echo log >"$last" ;;
		*) echo filtered ;;
		esac
	END
	cat >"$dir/kdump-config-1.8" <<-'END'
		. "$2/dump-by-copy"
		makedumpfile --dump-dmesg "$2/vmcore" "$2/dmesg"
		makedumpfile -F -c -d 31 "$2/vmcore" | cat >"$2/dump"
	END
	cat >"$dir/kdump-config-1.10" <<-'END'
		. "$2/dump-by-copy"
		have_makedumpfile() { [ -x "$(command -v makedumpfile)" ]; }
		! have_makedumpfile || makedumpfile --dump-dmesg "$2/vmcore" "$2/dmesg"
		if have_makedumpfile; then makedumpfile -F -c -d 31 "$2/vmcore" | cat >"$2/dump"; else cp "$2/vmcore" "$2/dump"; fi
	END
	chmod +x "$dir/bin/makedumpfile"
	as_kdump_config() { # VERSION VERB
		rm -rf "$dir"/{dmesg,dump,log,said,as} && mkdir "$dir/as" && cp "$dir/kdump-config-$1" "$dir/as/kdump-config" &&
			PATH=$dir/bin:$PATH dash "$dir/as/kdump-config" "$2" "$dir" 2>"$dir/said"
		[ -z "$(find "$dir" -name '*probe*')" ]
	}

	for version in 1.8 1.10; do
		rm -f "$dir/refuses"
		as_kdump_config $version savecore && [ "$(cat "$dir/dump" "$dir/dmesg")" = "$(printf 'filtered\nlog')" ] && [ ! -s "$dir/said" ] || return 1
		touch "$dir/refuses"
		as_kdump_config $version savecore && [ "$(cat "$dir/dump")" = "all memory" ] && [ ! -e "$dir/dmesg" ] &&
			grep -q 'copying all memory' "$dir/said" && [ "$(wc -l <"$dir/log")" = 1 ] || return 1
		# Who asks for something else does not read the crashed memory.
		as_kdump_config $version try-reload && ! grep -q probe "$dir/log" || return 1
	done
}

# The switch of the adopting driver: what it adds, disable takes away, and no file of others changes.
check_driver_switch() {
	local dir=$out/switch words='initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=30' before
	local dropin=$dir/etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf
	mkdir -p "$dir"/{etc/default,etc/sysconfig,usr/sbin,usr/lib/smmu-adopt,lib/modules/"$(uname -r)"}
	sed "s|/etc/|$dir/etc/|g; s|/usr/sbin/|$dir/usr/sbin/|g; s|/usr/lib/|$dir/usr/lib/|g; s|/lib/modules|$dir/lib/modules|; s|/run/systemd|$dir/none|" \
		packaging/kdump-tools/smmu-adopt-driver >"$dir/switch"
	printf '#!/bin/sh\necho "rebuild $*" >>"%s/log"\n' "$dir" | tee "$dir/usr/lib/smmu-adopt/rebuild" >"$dir/usr/sbin/kdumpctl"
	chmod +x "$dir/usr/lib/smmu-adopt/rebuild" "$dir/usr/sbin/kdumpctl"
	before=$(cd "$dir" && find etc -type f | sort)
	switch() { # CODE VERB: fails unless the switch ends with that code
		local rc=0
		PATH=$dir/usr/sbin:$PATH sh "$dir/switch" "$2" >"$dir/said" 2>&1 || rc=$?
		[ $rc = "$1" ] || { echo "$2 ended with $rc: $(cat "$dir/said")"; return 1; }
	}

	switch 1 enable && grep -q 'no arm-smmu-v3-adopt.ko' "$dir/said" || return 1
	touch "$dir/lib/modules/$(uname -r)/arm-smmu-v3-adopt.ko.xz"
	switch 1 enable && grep -q 'no kdump' "$dir/said" || return 1
	# Fedora, SUSE: the words are the administrator's to add.
	echo 'KDUMP_COMMANDLINE_APPEND="nr_cpus=1"' >"$dir/etc/sysconfig/kdump"
	switch 3 enable && grep -qF "$dir/etc/sysconfig/kdump" "$dir/said" && grep -qF ": $words" "$dir/said" || return 1
	switch 3 status && [ ! -e "$dir/log" ] || return 1
	[ "$(cat "$dir/etc/sysconfig/kdump")" = 'KDUMP_COMMANDLINE_APPEND="nr_cpus=1"' ] || return 1
	echo "KDUMP_COMMANDLINE_APPEND=\"nr_cpus=1 $words\"" >"$dir/etc/sysconfig/kdump"
	switch 0 enable && switch 0 status && [ "$(cat "$dir/log")" = 'rebuild rebuild' ] || return 1
	# Nor are they ours to take away.
	switch 0 disable && grep -qF "take off KDUMP_COMMANDLINE_APPEND in $dir/etc/sysconfig/kdump: $words" "$dir/said" && switch 3 status || return 1
	rm "$dir/etc/sysconfig/kdump"
	# kdump-tools: a drop-in with its own default and our words; what the administrator set has precedence.
	echo ': ; KDUMP_CMDLINE_APPEND=${KDUMP_CMDLINE_APPEND:="reset_devices nr_cpus=1"}' | sed 's/^: ; //' >"$dir/usr/sbin/kdump-config"
	chmod +x "$dir/usr/sbin/kdump-config"
	echo 'USE_KDUMP=1' >"$dir/etc/default/kdump-tools"
	switch 0 enable || return 1
	grep -qx "ExecStartPre=-$dir/usr/sbin/smmu-adopt-driver words" "$dropin" &&
		grep -qx 'EnvironmentFile=-/run/smmu-adopt/kdump-tools.env' "$dropin" && ! grep -q "$words" "$dropin" || return 1
	switch 0 disable || return 1
	echo 'KDUMP_CMDLINE_APPEND="mine"' >"$dir/etc/default/kdump-tools"
	switch 3 enable && [ "$(cat "$dir/etc/default/kdump-tools")" = 'KDUMP_CMDLINE_APPEND="mine"' ] && [ ! -e "$dropin" ] || return 1
	# The words are the administrator's own: the drop-in is to tell when they are wrong.
	echo "KDUMP_CMDLINE_APPEND='$words'" >"$dir/etc/default/kdump-tools"
	switch 0 enable && [ -e "$dropin" ] && switch 0 disable || return 1
	rm "$dir/etc/default/kdump-tools"
	[ "$(cd "$dir" && find etc -type f | sort)" = "$before" ] && [ ! -e "$dir/etc/systemd/system/kdump-tools.service.d" ]
}

# A machine with kdump-tools below a folder: smmu-adopt-driver for it, a kdump-config that loads what it is told, and
# a resolve that knows what $dir/fits says of image and kernel.
make_kdump_tools() { # DIR
	local dir=$1
	mkdir -p "$dir"/{etc/default,etc/systemd/system/kdump-tools.service.d,usr/sbin,usr/libexec/smmu-adopt,var/crash,var/lib/kdump,sys/kernel,boot}
	sed "s|/etc/|$dir/etc/|g; s|/usr/sbin/|$dir/usr/sbin/|g; s|/usr/libexec/|$dir/usr/libexec/|g; s|/var/|$dir/var/|g
		s|=/boot|=$dir/boot|; s|/run/smmu|$dir/run/smmu|; s|/sys/kernel|$dir/sys/kernel|" \
		packaging/kdump-tools/smmu-adopt-driver >"$dir/switch"
	cat >"$dir/usr/sbin/kdump-config" <<-'END'
		#!/bin/sh
		KDUMP_CMDLINE_APPEND=${KDUMP_CMDLINE_APPEND:="nr_cpus=1"}
		dir=${0%/usr/sbin/*}
		echo "$*" >>"$dir/log"
		[ ! -e "$dir/broken" ] || { [ "$1" = load ]; echo $((1 - $?)) >"$dir/sys/kernel/kexec_crash_loaded"; exit; }
		[ -e "$dir/deaf" ] || echo "kexec -p --command-line=\"quiet $KDUMP_CMDLINE_APPEND\" --initrd=$dir/var/lib/kdump/initrd.img $dir/var/lib/kdump/vmlinuz" >"$dir/var/crash/kexec_cmd"
	END
	cat >"$dir/usr/libexec/smmu-adopt/resolve" <<-'END'
		#!/bin/sh
		dir=${0%/usr/libexec/*}
		image=$(readlink -f "$2")
		! grep -qx "${image##*/} $4" "$dir/fits" || exit 0
		echo "the image has no module of $4"
		exit 3
	END
	printf '#!/bin/sh\n' >"$dir/usr/sbin/sleep"
	printf '#!/bin/sh\necho 6.12.0\n' >"$dir/usr/sbin/uname"
	chmod +x "$dir"/usr/sbin/* "$dir/usr/libexec/smmu-adopt/resolve"
	touch "$dir/etc/default/kdump-tools" "$dir/etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf" "$dir/fits"
	ln -s "$dir/boot/vmlinuz-6.12.0" "$dir/var/lib/kdump/vmlinuz"
	ln -s initrd.img-6.12.0 "$dir/var/lib/kdump/initrd.img"
	echo 1 >"$dir/sys/kernel/kexec_crash_loaded"
}

# Before the capture kernel is loaded: the words only with an image that has this kernel's module.
check_driver_words() {
	local dir=$out/words words='initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=30' env
	env=$dir/run/smmu-adopt/kdump-tools.env
	make_kdump_tools "$dir"
	words() { # TEXT: what is said has it; nothing, if it is empty
		PATH=$dir/usr/sbin:$PATH sh "$dir/switch" words >"$dir/said" 2>&1 || return 1
		if [ -n "$1" ]; then grep -qF "$1" "$dir/said"; else [ ! -s "$dir/said" ]; fi && return
		echo "said: $(cat "$dir/said"), wanted: $1"
		return 1
	}

	words 'its own SMMU driver, which does not adopt: the image has no module of 6.12.0' && [ ! -e "$env" ] || return 1
	echo 'initrd.img-6.12.0 6.12.0' >"$dir/fits"
	words '' && [ "$(cat "$env")" = "KDUMP_CMDLINE_APPEND=\"nr_cpus=1 $words\"" ] || return 1
	# For journald the level comes first; a module that goes away takes the words along.
	: >"$dir/fits"
	JOURNAL_STREAM=8:1 words '<4>smmu-adopt-driver: the capture kernel' && [ ! -e "$env" ] || return 1
	# kdump-config points its links at the running kernel, wherever they point now.
	echo 'initrd.img-6.12.0 6.12.0' >"$dir/fits"
	ln -sfn "$dir/boot/vmlinuz-6.11.0" "$dir/var/lib/kdump/vmlinuz"
	{ echo "KDUMP_KERNEL=$dir/var/lib/kdump/vmlinuz"; echo "KDUMP_INITRD=$dir/var/lib/kdump/initrd.img"; } >"$dir/etc/default/kdump-tools"
	words '' && [ -e "$env" ] || return 1
	# Another kernel, by name; and one whose name does not tell.
	{ echo "KDUMP_KERNEL=$dir/boot/vmlinuz-6.11.0"; echo "KDUMP_INITRD=$dir/boot/initrd.img-6.11.0"; } >"$dir/etc/default/kdump-tools"
	words 'no module of 6.11.0' && [ ! -e "$env" ] || return 1
	echo 'initrd.img-6.11.0 6.11.0' >"$dir/fits" && words '' && [ -e "$env" ] || return 1
	echo "KDUMP_KERNEL=$dir/boot/Image" >"$dir/etc/default/kdump-tools"
	words 'cannot be told' && [ ! -e "$env" ] || return 1
	# The administrator's own words stay, loudly.
	echo "KDUMP_CMDLINE_APPEND='mine $words'" >"$dir/etc/default/kdump-tools" && : >"$dir/fits"
	JOURNAL_STREAM=8:1 words "<3>smmu-adopt-driver: KDUMP_CMDLINE_APPEND in $dir/etc/default/kdump-tools keeps" && [ ! -e "$env" ] || return 1
	echo "initrd.img-6.12.0 6.12.0" >"$dir/fits" && words '' && [ ! -e "$env" ] || return 1
	# A kdump-config that is not understood gets nothing.
	: >"$dir/etc/default/kdump-tools" && sed -i 2d "$dir/usr/sbin/kdump-config"
	words 'no default command line that is understood' && [ ! -e "$env" ]
}

# `kdump-config reload` loses the words; that is seen from what kdump-config wrote down. As is an image that has lost
# its module, or got one.
check_driver_reload() {
	local dir=$out/reload words='initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=30'
	make_kdump_tools "$dir"
	reload() { # CODE CALLS: ends with that code, and called kdump-config that often
		local rc=0
		rm -f "$dir/log" && touch "$dir/log"
		PATH=$dir/usr/sbin:$PATH sh "$dir/switch" reload >"$dir/said" 2>&1 || rc=$?
		[ $rc = "$1" ] && [ "$(grep -cx try-reload "$dir/log")" = "$2" ] && return
		echo "ended with $rc after $(wc -l <"$dir/log") calls: $(cat "$dir/said")"
		return 1
	}
	load() { echo "kexec -p --command-line=\"quiet nr_cpus=1 $1\" --initrd=$dir/var/lib/kdump/initrd.img $dir/var/lib/kdump/vmlinuz" >"$dir/var/crash/kexec_cmd"; }

	# Without the module, and without the words: right. With it: loaded once more, and once is enough.
	load '' && reload 0 0 || return 1
	echo 'initrd.img-6.12.0 6.12.0' >"$dir/fits"
	reload 0 1 && grep -qF "quiet nr_cpus=1 $words\" " "$dir/var/crash/kexec_cmd" && reload 0 0 || return 1
	# The image was built without it meanwhile.
	: >"$dir/fits"
	reload 0 1 && grep -qF 'quiet nr_cpus=1" ' "$dir/var/crash/kexec_cmd" && reload 0 0 || return 1
	# Not loaded, or not switched on: nobody's matter.
	load "$words" && echo 0 >"$dir/sys/kernel/kexec_crash_loaded" && reload 0 0 || return 1
	echo 1 >"$dir/sys/kernel/kexec_crash_loaded"
	rm "$dir/etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf" && reload 0 0 || return 1
	touch "$dir/etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf"
	# The administrator's own line is left alone; wrong words on it are told.
	echo 'KDUMP_CMDLINE_APPEND="mine"' >"$dir/etc/default/kdump-tools"
	reload 1 0 && grep -q 'keeps the SMMU.s own driver away, but the image has no module of 6.12.0' "$dir/said" || return 1
	load '' && echo 'initrd.img-6.12.0 6.12.0' >"$dir/fits" && reload 0 0 || return 1
	: >"$dir/etc/default/kdump-tools" && touch "$dir/deaf" && reload 1 20 && grep -qF "without: $words" "$dir/said" || return 1
	touch "$dir/broken" && reload 1 1 && [ "$(tail -n 1 "$dir/log")" = load ] && grep -q 'did not load' "$dir/said" || return 1
	[ "$(cat "$dir/sys/kernel/kexec_crash_loaded")" = 1 ] && rm "$dir/broken" || return 1
	mkdir "$dir/elsewhere" && mv "$dir/var/crash/kexec_cmd" "$dir/elsewhere" && rm "$dir/deaf"
	echo "KDUMP_COREDIR=$dir/elsewhere" >"$dir/etc/default/kdump-tools"
	sed -i "s|nr_cpus=1|& $words|" "$dir/elsewhere/kexec_cmd" && reload 0 0
}

# check() of the dracut module: only for kdump, only with an SMMUv3.
check_dracut_check() {
	local sys=$out/dracut-sys name
	ask() { # ask VARIABLES... : the exit code of check()
		env "$@" bash -c 'require_binaries() { :; }; . packaging/dracut/module-setup.sh; check'
		echo $?
	}
	mkdir -p "$sys/sys/bus/platform/drivers/arm-smmu-v3"
	[ "$(ask dracutsysrootdir="$sys" IN_KDUMP=1)" = 255 ] || return 1
	mkdir -p "$sys/sys/class/iommu/smmu3.0x0000000009050000"
	[ "$(ask dracutsysrootdir="$sys" IN_KDUMP=1)" = 0 ] || return 1
	[ "$(ask dracutsysrootdir="$sys" add_dracutmodules=" kdump ")" = 0 ] || return 1
	[ "$(ask dracutsysrootdir="$sys")" = 255 ] || return 1
	# kdump-tools: by its folder of configuration, wherever dracut found it, and by where its images lie.
	for name in kdump-tools /usr/lib/dracut/dracut.conf.d/kdump-tools /etc/dracut.conf.d/kdump-tools/; do
		[ "$(ask dracutsysrootdir="$sys" add_confdir="$name" outfile=/tmp/a)" = 0 ] || { echo "$name"; return 1; }
	done
	[ "$(ask dracutsysrootdir="$sys" outfile="$sys/var/lib/kdump/initrd.img-6.12.0.new")" = 0 ] || return 1
	for name in rescue /etc/kdump-tools/rescue not-kdump-tools; do
		[ "$(ask dracutsysrootdir="$sys" add_confdir="$name" outfile=/boot/initrd.img-6.12.0)" = 255 ] || { echo "$name"; return 1; }
	done
}

# What the real root of kdump-tools is told, on a machine made of files: the dump path, and that nobody is to wait for a
# network whose cards are held, unless the dump needs one.
check_real_root() {
	local dir=$out/real-root masked=$out/real-root/run/systemd/system/systemd-networkd-wait-online.service
	mkdir -p "$dir"/{sys/bus/pci/devices/a,etc/smmu-adopt/smmu-adopt.conf.d,root/etc/default,run}
	sed "s|/etc/smmu-adopt|$dir&|g; s|/sys/bus|$dir&|; s|/run/|$dir/run/|g" packaging/kdump-tools/real-root >"$dir/script"
	echo 0x020000 >"$dir/sys/bus/pci/devices/a/class"
	echo '[Dump]' >"$dir/etc/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf"
	echo 'KDUMP_COREDIR="/srv/crash"' >"$dir/root/etc/default/kdump-tools"
	echo '/dev/sda1 / ext4 defaults 0 1' >"$dir/root/etc/fstab"
	real_root() { # yes|no: are they masked?
		rm -rf "$dir/run/systemd"
		dash "$dir/script" "$dir/root" && { [ ! -h "$masked" ]; echo $?; } | grep -qx "$([ "$1" = no ]; echo $?)" && return
		echo "masked is not '$1'"
		return 1
	}

	# A card that is not held has a driver.
	real_root no && cmp "$dir"/{etc,run}/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf || return 1
	echo smmu-adopt-hold >"$dir/sys/bus/pci/devices/a/driver_override"
	real_root yes || return 1
	echo 'NFS="host:/export"' >>"$dir/root/etc/default/kdump-tools"
	real_root no || return 1
	sed -i '/NFS/d' "$dir/root/etc/default/kdump-tools" && echo 'host:/a /srv nfs defaults 0 0' >>"$dir/root/etc/fstab"
	real_root no || return 1
	sed -i 's|/srv|/data|' "$dir/root/etc/fstab" && real_root yes || return 1
	echo 'policy = all' >"$dir/etc/smmu-adopt/smmu-adopt.conf"
	real_root no
}

# The adopting driver is in the image when it is switched on and this kernel has it; else that is told.
check_dracut_driver() {
	local sys=$out/dracut-driver
	kernel_part() {
		rm -f "$sys/log"
		dracutsysrootdir=$sys kernel=6.12.0 PATH=$sys/bin:$PATH bash -c '
			instmods() { echo "$*" >>"$dracutsysrootdir/log"; }
			derror() { echo "error: $*" >>"$dracutsysrootdir/log"; }
			. packaging/dracut/module-setup.sh; installkernel' && tr '\n' ' ' <"$sys/log"
	}
	mkdir -p "$sys"/{bin,etc/smmu-adopt}
	printf '#!/bin/sh\n[ "$*" = "-b %s -k 6.12.0 arm-smmu-v3-adopt" ] && [ -e %s/there ]\n' "$sys" "$sys" >"$sys/bin/modinfo"
	chmod +x "$sys/bin/modinfo"
	[ "$(kernel_part)" = "smmu_adopt " ] || return 1
	touch "$sys/etc/smmu-adopt/adopting-driver"
	[[ $(kernel_part) == "smmu_adopt error: smmu-adopt: there is no arm-smmu-v3-adopt.ko for 6.12.0: "* ]] || return 1
	touch "$sys/there"
	[ "$(kernel_part)" = "smmu_adopt arm-smmu-v3-adopt " ]
}

# Which answers of resolve stay in the image, and what dracut has been told to wait for goes along.
check_dropin_kept() {
	local dir=$out/dropin hook=$top/packaging/initramfs-tools/hook conf=etc/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf code kept
	mkdir -p "$dir/bin" "$dir/modules" "$dir/image"
	printf 'copy_exec() { :; }\ncopy_file() { :; }\nmanual_add_modules() { :; }\n' >"$dir/hook-functions"
	touch "$dir/bin/smmu-adoptd" && chmod +x "$dir/bin/smmu-adoptd"
	sed "s|/usr/sbin/smmu-adoptd|$dir/bin/smmu-adoptd|g; s|/usr/libexec/smmu-adopt/resolve|$dir/bin/resolve|g; s|/usr/share/initramfs-tools/|$dir/|" "$hook" >"$dir/hook"
	sed "s|/usr/libexec/smmu-adopt/resolve|$dir/bin/resolve|g" packaging/dracut/module-setup.sh >"$dir/module-setup.sh"
	for code in 0 3 1 2; do
		printf '#!/bin/sh\necho "[Dump] $*"\nexit %d\n' $code >"$dir/bin/resolve" && chmod +x "$dir/bin/resolve"
		kept=0 && [ $code = 1 ] || [ $code = 2 ] || kept=1
		rm -rf "$dir/image" && DESTDIR=$dir/image CONFDIR=/var/lib/kdump/initramfs-tools version=none sh "$dir/hook" 2>"$dir/said" || { cat "$dir/said"; return 1; }
		[ "$(find "$dir/image" -name 90-dump-path.conf | wc -l)" = $kept ] || { echo "hook: exit code $code"; return 1; }
		rm -rf "$dir/image" && initdir=$dir/image bash -c '. "$1"; host_devs=(/dev/sda "/dev/b c"); user_devs=(/dev/sdb); _smmu_adopt_resolve' - "$dir/module-setup.sh" || return 1
		[ "$(find "$dir/image" -name 90-dump-path.conf | wc -l)" = $kept ] || { echo "dracut: exit code $code"; return 1; }
		[ $kept = 0 ] || [ "$(cat "$dir/image/$conf")" = "[Dump] --add /dev/sda --add /dev/b c --add /dev/sdb" ] || return 1
	done
}

# sos itself runs the plugin, on a machine of its own making: records are taken, dumps are not.
check_sos() {
	local dir=$out/sos python
	python=$(sed -n '1s/^#!//p' "$(command -v sos)" 2>/dev/null)
	[ -n "$python" ] && [ "$(id -u)" = 0 ] || { echo "SKIP sos: no sos, or not root"; return 77; }
	mkdir -p "$dir/out" "$dir/root/etc/smmu-adopt" "$dir/root/var/crash/202601010000"
	echo '[Stage]' >"$dir/root/etc/smmu-adopt/smmu-adopt.conf"
	mkdir -p "$dir"/root/etc/{sysconfig,default}
	{ echo 'KDUMP_SAVEDIR="cifs://Somebody:Top/Secret@192.0.2.77/share"'; echo 'KDUMP_SMTP_PASSWORD="Top Secret, too"'; } >"$dir/root/etc/sysconfig/kdump"
	echo 'FTP="Somebody:TopSecret@192.0.2.77"' >"$dir/root/etc/default/kdump-tools"
	{ echo 'ssh Somebody@192.0.2.77'; echo 'dracut_args --mount "//192.0.2.77/x /m cifs username=u,password=TopSecret"'; } >"$dir/root/etc/kdump.conf"
	cp tests/golden/vm-adopted.rec "$dir/root/var/crash/202601010000/smmu-adopt.rec"
	echo core >"$dir/root/var/crash/202601010000/dump.202601010000"
	$python - "$dir" >"$out/log" 2>&1 <<-'EOT' || { tail -n 5 "$out/log"; return 1; }
	import sys
	import sos.report.plugins
	from sos import SoS
	sos.report.plugins.__path__.append("packaging/sos")
	SoS(["report", "--batch", "-o", "smmu_adopt", "--build", "--no-report", "--tmp-dir", sys.argv[1] + "/out",
	     "--sysroot", sys.argv[1] + "/root", "--chroot", "never"]).execute()
	EOT
	(cd "$dir"/out/sosreport-* && find etc var -type f | sort) >"$dir/list"
	[ "$(grep -rl 192.0.2.77 "$dir"/out/sosreport-*/etc | wc -l)" = 3 ] && ! grep -rE 'Top ?/?Secret|Somebody' "$dir"/out/sosreport-* || return 1
	diff - "$dir/list" <<-'EOT'
	etc/default/kdump-tools
	etc/kdump.conf
	etc/smmu-adopt/smmu-adopt.conf
	etc/sysconfig/kdump
	var/crash/202601010000/smmu-adopt.rec
	EOT
}

# Where SUSE's kdump-save will put the dump, from its own settings; and the units of that image.
check_dracut_suse() {
	local sys=$out/dracut-suse image=$out/dracut-suse/image value
	mkdir -p "$sys/etc/sysconfig" "$image/units"
	folder() { # VALUE: of KDUMP_SAVEDIR
		echo "KDUMP_SAVEDIR=\"$1\"" >"$sys/etc/sysconfig/kdump"
		dracutsysrootdir=$sys bash -c '. packaging/dracut/module-setup.sh; _smmu_adopt_suse_folder'
	}
	[ "$(folder file:///var/crash)" = /kdump/mnt/var/crash ] && [ "$(folder /srv/../dumps)" = /kdump/mnt/dumps ] &&
		[ "$(folder nfs://host/export)" = /kdump/mnt ] && [ "$(folder CIFS://u:secret@host/export)" = /kdump/mnt ] &&
		[ -z "$(folder ssh://u@host/dumps)" ] && [ "$(folder '')" = /kdump/mnt/var/crash ] || return 1
	for value in ssh://u:secret@host/dumps file:///var/crash; do
		echo "KDUMP_SAVEDIR=\"$value\"" >"$sys/etc/sysconfig/kdump"
		add_dracutmodules=' kdump ' make_dracut_image "$sys" "$image" || return 1
		[ "$value" = file:///var/crash ] || [ ! -e "$image/units/initrd.target.wants" ] || return 1
	done
	[ -h "$image/units/initrd.target.wants/smmu-adopt-kdump-save.service" ] && [ ! -e "$image/units/emergency.target.wants" ] || return 1
	[ "$(cat "$image/etc/smmu-adopt/kdump-save.env")" = CRASHES=/kdump/mnt/var/crash ]
}

# A name and a password in front of a host stay in the file where they were read. Everything that is made of it is searched:
# the drop-in for the image, what it says while it is made, check, the daemon's records, its log, the sidecar, the report.
check_passwords() {
	local sys=$out/passwords/sys art=$out/passwords/artefacts bin=build/native file text n=0
	passwords() { # FILE TEXT: a machine with that file of kdump's; the host is to be seen, the rest is not
		rm -rf "$sys" "$art"
		mkdir -p "$sys"/{etc/smmu-adopt/smmu-adopt.conf.d,proc,run,var/crash/202601010000,dev,sys/class/iommu/smmu3.0x0000000009050000} "$art" "$sys/${1%/*}"
		printf '%s\n' "$2" >"$sys/$1"
		touch "$sys/proc/vmcore" "$sys/dev/kmsg"
		$bin/resolve/smmu-adopt-resolve --root "$sys" >"$art/drop-in" 2>"$art/resolve"
		[ $? -le 3 ] && [ -s "$art/drop-in" ] || { echo "$1: no drop-in"; return 1; }
		$bin/ctl/smmu-adoptctl --root "$sys" check >"$art/check" 2>&1
		$bin/ctl/smmu-adoptctl --root "$sys" --json check >"$art/check.json" 2>&1
		# As in the image, where kdump's file is not, but what the administrator wrote into ours.
		[[ $1 = etc/smmu-adopt/* ]] || rm "$sys/$1"
		cp "$art/drop-in" "$sys/etc/smmu-adopt/smmu-adopt.conf.d/90-dump-path.conf"
		$bin/daemon/smmu-adoptd --root "$sys" --detach run >"$art/daemon" 2>&1 || return 1
		$bin/daemon/smmu-adoptd --root "$sys" publish "$sys/var/crash/202601010000" >>"$art/daemon" 2>&1 || return 1
		$bin/ctl/smmu-adoptctl report "$sys/var/crash/202601010000/smmu-adopt.rec" --verbose >"$art/report" 2>&1
		$bin/ctl/smmu-adoptctl log --json "$sys/var/crash/202601010000/smmu-adopt.rec" >"$art/log.json" 2>&1
		# The one that serves on, known by its root.
		for file in /proc/[0-9]*; do
			! tr '\0' '\n' 2>/dev/null <"$file/cmdline" | grep -qxF "$sys" || kill "${file#/proc/}"
		done
		cp -r "$sys/run" "$sys/var" "$sys/dev/kmsg" "$art"
		for file in drop-in check log.json; do
			grep -q 192.0.2.77 "$art/$file" || { echo "$2: nothing of the target in $file"; return 1; }
		done
		! grep -rlE 'TopSecret|Somebody' "$art" || { echo "$2: shown above"; return 1; }
	}
	for text in cifs://Somebody:TopSecret@192.0.2.77/share 'cifs://dom;Somebody:TopSecret@192.0.2.77/share' \
		ftp://Somebody:a@TopSecret@192.0.2.77/x ssh://Somebody:TopSecret@192.0.2.77/x; do
		passwords etc/sysconfig/kdump "KDUMP_SAVEDIR='$text'" || return 1
		n=$((n + 1))
	done
	passwords etc/default/kdump-tools 'FTP="Somebody:TopSecret@192.0.2.77"' || return 1
	passwords etc/kdump.conf 'ssh Somebody@192.0.2.77' || return 1
	passwords etc/smmu-adopt/smmu-adopt.conf "$(printf '[Dump]\ndevice = cifs://Somebody:TopSecret@192.0.2.77/x')" && [ $n = 4 ]
}

# make_dracut_image SYSTEM IMAGE: what the module itself writes into an image of that system.
make_dracut_image() {
	dracutsysrootdir=$1 initdir=$2 systemdsystemunitdir=/units moddir=packaging/dracut bash -c '
		inst_multiple() { :; }; inst_binary() { :; }; inst_script() { :; }; inst_simple() { :; }; inst_libdir_file() { :; }
		. packaging/dracut/module-setup.sh; install' 2>/dev/null
}

# kdump-utils has a hook, but none after dump_to_rootfs; /etc/sysconfig/kdump is SUSE's in name only.
check_dracut_fedora() {
	local sys=$out/dracut-fedora image=$out/dracut-fedora/image target
	mkdir -p "$sys/etc/sysconfig" "$image/units"
	echo 'KDUMP_IMG="vmlinuz"' >"$sys/etc/sysconfig/kdump"
	IN_KDUMP=1 make_dracut_image "$sys" "$image" || return 1
	for target in emergency.target emergency.service; do
		[ "$(readlink "$image/units/$target.wants/smmu-adopt-rootfs.service")" = ../smmu-adopt-rootfs.service ] || return 1
	done
	[ ! -e "$image/units/initrd.target.wants" ] && [ ! -e "$image/etc/smmu-adopt/kdump-save.env" ]
}

check_shell() {
	shellcheck -S warning -x packaging/initramfs-tools/* packaging/kdump-tools/{sidecar,real-root,rebuild,dump-by-copy,smmu-adopt-driver} \
		packaging/dracut/*.sh packaging/debian/*.{postinst,prerm,postrm} packaging/debian/tests/{image,tools,units}
}

run_checks install "$@"

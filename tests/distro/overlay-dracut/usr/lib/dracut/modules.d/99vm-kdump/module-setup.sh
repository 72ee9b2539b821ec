#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The test's stand-in for kdump-utils' dracut module, which Debian does not have: systemd is PID 1,
# stays in the image, and a service saves the dump. Installed and ordered as there.
# shellcheck disable=SC2154 # dracut's variables

check() {
	return 255
}

depends() {
	echo base systemd systemd-initrd dracut-systemd fs-lib
}

# An image that waits for a disk off the dump path, as one does that was built for a mount of the crashed system.
installkernel() {
	[ ! -e /etc/vm-wait-device ] || hostonly='' instmods virtio_pci virtio_blk
}

install() {
	local file
	inst_multiple sh cp date dmesg journalctl ls mkdir mount mv readlink reboot sed sleep stat sync systemctl tail head
	inst_simple /etc/kdump.conf
	for file in /etc/kdump/pre.d/* /etc/kdump/post.d/*; do
		[ ! -x "$file" ] || inst "$file"
	done
	inst_script "$moddir/kdump.sh" /usr/bin/kdump.sh
	inst_simple "$moddir/kdump-capture.service" "$systemdsystemunitdir/kdump-capture.service"
	$SYSTEMCTL -q --root "$initdir" add-wants initrd.target kdump-capture.service
	if [ -e /etc/vm-wait-device ]; then
		file=$initdir$systemdsystemunitdir/kdump-capture.service.d
		mkdir -p "$file"
		printf '[Unit]\nRequires=dev-vda.device\nAfter=dev-vda.device\n' >"$file/device.conf"
	fi
	dracut_no_switch_root
}

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mkinitrd.py MODULES OUT - the initramfs that the machine boots its root disk with, before the crash.

busybox, two modules of /lib/modules/VERSION, ten lines of shell. Debian's own would do, but to make it under user emulation
takes longer than the whole test, and it is no subject of it; the capture image is.
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VM = os.path.join(os.path.dirname(HERE), "vm")
sys.path.insert(0, VM)

from vmlib import image                                                       # noqa: E402
from vmlib.cpio import Archive                                                # noqa: E402

INIT = b"""#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe nvme
modprobe ext4
n=0
while [ ! -b /dev/nvme0n1 ] && [ $n -lt 6000 ]; do usleep 50000; n=$((n + 1)); done
mount -t ext4 -o ro /dev/nvme0n1 /root || exec sh
mount --move /dev /root/dev
umount /sys /proc
exec switch_root /root /sbin/init
"""


def main():
    modules, out = sys.argv[1:]
    busybox = subprocess.run([os.path.join(VM, "fetch.sh"), "--print", "busybox"], stdout=subprocess.PIPE,
                             text=True, check=True).stdout.strip()
    a = Archive()
    for d in ("proc", "sys", "dev", "root", "bin", "lib"):
        a.directory(d)
    a.node("dev/console", 5, 1)
    a.file("init", INIT, 0o755)
    a.copy("bin/busybox", busybox, 0o755)
    a.symlink("sbin/modprobe", "/bin/busybox")
    with tempfile.TemporaryDirectory(prefix="smmu-vm-") as work:
        image.add_modules(a, os.path.basename(modules), modules, ["nvme", "ext4", "crc32c_generic"], [], work)
    with open(out, "wb") as f:
        a.write(f)


if __name__ == "__main__":
    main()

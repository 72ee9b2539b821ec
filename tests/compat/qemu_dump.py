#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qemu_dump.py FORMAT FILE - dump-guest-memory of an arm64 machine that never ran, by QEMU itself.

FORMAT is one of QEMU's: elf, kdump-zlib, kdump-lzo, kdump-snappy. Exit code 3: this QEMU has not got it.
"""

import json
import os
import subprocess
import sys

QEMU = ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "96", "-S",
        "-nodefaults", "-display", "none", "-qmp", "stdio")


def ask(qemu, name, **arguments):
    qemu.stdin.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
    qemu.stdin.flush()
    for line in qemu.stdout:
        reply = json.loads(line)
        if "error" in reply:
            raise SystemExit(f"qemu_dump: {name}: {reply['error']['desc']}")
        if "return" in reply:
            return reply["return"]
    raise SystemExit("qemu_dump: QEMU ended")


def main():
    form, path = sys.argv[1:]
    with subprocess.Popen(QEMU, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as qemu:
        qemu.stdout.readline()
        ask(qemu, "qmp_capabilities")
        if form not in ask(qemu, "query-dump-guest-memory-capability")["formats"]:
            qemu.kill()
            sys.exit(3)
        ask(qemu, "dump-guest-memory", paging=False, protocol=f"file:{os.path.abspath(path)}", format=form)
        ask(qemu, "quit")


if __name__ == "__main__":
    main()

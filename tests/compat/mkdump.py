#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mkdump.py OUT - an ELF dump of an AArch64 machine, as /proc/vmcore would give it.

No kernel is in it; its memory is 8 MiB with a different content in each page, some pages zero.
--vmcoreinfo adds that note (readers want it; makedumpfile takes it for a real kernel then and
fails; without it the conversions at level 0 and 1 work). So the note is there under a name that
nobody knows, and --reveal gives a kdump-compressed file made of such a dump the right one.
--note FILE adds a device dump with the records of FILE, as the helper would register it. --hide IN
makes a dump without VMCOREINFO of a real one.
"""

import argparse
import struct

PAGE = 4096
MACHINES = {"aarch64": 183, "x86_64": 62}
RAM = 0x40000000
PAGES = 2048
HIDDEN = b"VMCORELESS"
INFO = (b"OSRELEASE=6.12.0-compat\nBUILD-ID=0123456789abcdef\nPAGESIZE=4096\nNUMBER(VA_BITS)=48\n"
        b"NUMBER(kimage_voffset)=0xffff7fffc0000000\nNUMBER(PHYS_OFFSET)=0x40000000\nKERNELOFFSET=0\n"
        b"NUMBER(TCR_EL1_T1SZ)=0x10\nSYMBOL(swapper_pg_dir)=ffff800000400000\n")


def note(owner, kind, body):
    # Of device dumps the kernel counts the owner's padding.
    name = (owner + b"\0").ljust(8 if kind == 0x700 else 0, b"\0")
    pad = lambda b: b + bytes(-len(b) % 4)                                  # noqa: E731
    return struct.pack("<III", len(name), len(body), kind) + pad(name) + pad(body)


def page(number):
    if number % 7 == 3:
        return bytes(PAGE)
    return (struct.pack("<Q", number * 0x9e3779b97f4a7c15 % 2**64) + b"page%4d" % number) * 256


def make(out, machine, with_info, records, tight):
    notes = b""
    if records:
        body = b"smmu_adopt".ljust(44, b"\0") + records
        notes += note(b"LINUX", 0x700, body + bytes(-(len(body) + 20) % PAGE))
    notes += note(b"CORE", 1, bytes(32) + struct.pack("<i", 1) + bytes(356))
    notes += note(b"VMCOREINFO" if with_info else HIDDEN, 0, INFO)
    first, second = 300, PAGES - 300            # pages of the two segments
    start = 64 + 3 * 56 if tight else PAGE
    data = start + len(notes) if tight else start + -(-len(notes) // PAGE) * PAGE
    data = data if not tight else -(-data // PAGE) * PAGE
    out.write(b"\x7fELF\x02\x01\x01".ljust(16, b"\0"))
    out.write(struct.pack("<HHIQQQIHHHHHH", 4, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0))
    out.write(struct.pack("<IIQQQQQQ", 4, 0, start, 0, 0, len(notes), len(notes), 4))
    for at, pages in ((0, first), (first, second)):
        out.write(struct.pack("<IIQQQQQQ", 1, 7, data + at * PAGE, 0xffff000000000000 + at * PAGE,
                              RAM + at * PAGE, pages * PAGE, pages * PAGE, 0))
    out.seek(start)
    out.write(notes)
    out.seek(data)
    for i in range(PAGES):
        out.write(page(i))


def hide(out, source):
    """The same dump with its VMCOREINFO note under a name that nobody knows."""
    while chunk := source.read(1 << 24):
        out.write(chunk)
    source.seek(0)
    at = source.read(1 << 20).index(b"VMCOREINFO\0")
    out.seek(at)
    out.write(HIDDEN + b"\0")


def reveal(out):
    """VMCOREINFO by its name, and in the sub-header of a kdump-compressed file."""
    head = out.read(1 << 20)
    at = head.index(HIDDEN + b"\0")
    size = struct.unpack_from("<I", head, at - 8)[0]
    block = struct.unpack_from("<i", head, 428)[0]
    out.seek(at)
    out.write(b"VMCOREINFO\0")
    out.seek(block + 32)
    out.write(struct.pack("<QQ", at + 12, size))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--vmcoreinfo", action="store_true")
    p.add_argument("--tight", action="store_true", help="no room for a program header")
    p.add_argument("--machine", choices=MACHINES, default="aarch64",
                   help="an x86_64 build of crash looks only into dumps of its own kind")
    p.add_argument("--note", metavar="FILE")
    p.add_argument("--hide", metavar="IN")
    p.add_argument("--reveal", action="store_true", help="change OUT, which is there already")
    args = p.parse_args()
    if args.reveal:
        with open(args.out, "r+b") as out:
            reveal(out)
        return
    with open(args.out, "wb") as out:
        if args.hide:
            with open(args.hide, "rb") as source:
                hide(out, source)
            return
        records = b""
        if args.note:
            with open(args.note, "rb") as f:
                records = f.read()
        make(out, MACHINES[args.machine], args.vmcoreinfo, records, args.tight)


if __name__ == "__main__":
    main()

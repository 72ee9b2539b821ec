#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""snapshot.py - do the records of a run hold what the dump and an onlooker saw? Shares no code with us.

Takes the result directory of a run of the emulated machine with the dump kept. Walks the crashed
kernel's stream table in the dump (an ELF core, read here) from the registers that QEMU's monitor showed
at the crash, and compares bit for bit, both ways:

  STE   each valid entry that translates or bypasses is in the records, with the same address and
        bytes: of entries nobody touched as the dump has them, of the others as the monitor saw them
  L1    each used descriptor is in the records as it is in the dump
  CD    each context descriptor of an untouched entry likewise, from the dump
  nothing is recorded of the crash that is in neither
"""

import argparse
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))

from read_records import records       # noqa: E402

PT_LOAD = 1
ADDR = 0x000fffffffffffc0
L2CD_ADDR = 0x000ffffffffff000
AT_CRASH = 1
L1, STE, CD = 4, 5, 6


class Dump:
    """Physical memory in an ELF core."""

    def __init__(self, path):
        self._file = open(path, "rb")
        head = self._file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            raise SystemExit(f"snapshot: {path} is no 64-bit little-endian ELF file")
        phoff, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        self._loads = []
        for i in range(count):
            self._file.seek(phoff + i * size)
            kind, _, off, _, paddr, filesz, _, _ = struct.unpack("<IIQQQQQQ", self._file.read(56))
            if kind == PT_LOAD:
                self._loads.append((paddr, filesz, off))

    def read(self, addr, size):
        for paddr, filesz, off in self._loads:
            if paddr <= addr and addr + size <= paddr + filesz:
                self._file.seek(off + addr - paddr)
                data = self._file.read(size)
                return data if len(data) == size else None
        return None

    def word(self, addr):
        data = self.read(addr, 8)
        if data is None:
            raise SystemExit(f"snapshot: the dump does not hold {addr:#x}, of the tables: is it cut short?")
        return int.from_bytes(data, "little")


def walk_stes(dump, base, cfg):
    """({index: (address, descriptor)}, {sid: (address, STE)}) of a stream table in the dump."""
    bits, split, fmt = cfg & 0x3f, cfg >> 6 & 0x1f, cfg >> 16 & 3
    base &= ADDR
    l1, stes = {}, {}
    if fmt == 0:
        pieces = [(0, base, 1 << bits)]
    else:
        pieces = []
        for i in range(1 << (bits - split)):
            raw = dump.word(base + 8 * i)
            if raw & 0x1f:
                l1[i] = (base + 8 * i, raw)
                pieces.append((i << split, raw & ADDR, 1 << ((raw & 0x1f) - 1)))
    for first, addr, count in pieces:
        for i in range(count):
            ste = dump.read(addr + 64 * i, 64)
            if ste is not None and ste[0] & 1:
                stes[first + i] = (addr + 64 * i, ste)
    return l1, stes


def config(ste):
    return ste[0] >> 1 & 7


def walk_cds(dump, ste):
    """{ssid: (address, CD)} of the valid context descriptors behind a stage 1 entry."""
    q0, = struct.unpack_from("<Q", ste)
    fmt, cdmax, base = q0 >> 4 & 3, q0 >> 59, q0 & ADDR
    if cdmax == 0 or fmt == 0:
        tables = [(0, base, 1 << cdmax)]
    else:
        leaf = 64 if fmt == 1 else 1024
        tables = []
        for i in range(max(1, (1 << cdmax) // leaf)):
            desc = dump.word(base + 8 * i)
            if desc & 1:
                tables.append((i * leaf, desc & L2CD_ADDR, leaf))
    out = {}
    for first, addr, count in tables:
        for i in range(count):
            cd = dump.read(addr + 64 * i, 64)
            if cd is not None and struct.unpack_from("<Q", cd)[0] >> 31 & 1:
                out[first + i] = (addr + 64 * i, cd)
    return out


def read_snapshot(path):
    """What the records hold of the crash, per type."""
    l1, stes, cds = {}, {}, {}
    with open(path, "rb") as f:
        data = f.read()
    for head, p in records(data):
        if head[1] == L1 and struct.unpack_from("<H", p, 4)[0] == AT_CRASH:
            _, _, index, addr, raw = struct.unpack_from("<IHIQQ", p)
            l1[index] = (addr, raw)
        elif head[1] == STE and struct.unpack_from("<H", p, 4)[0] == AT_CRASH:
            _, _, entry, sid, addr, raw = struct.unpack_from("<IHHIQ64s", p)
            if entry == 0:
                stes[sid] = (addr, raw)
        elif head[1] == CD and struct.unpack_from("<H", p, 4)[0] == AT_CRASH:
            _, _, entry, sid, ssid, addr, raw = struct.unpack_from("<IHHIIQ64s", p)
            if entry == 0:
                cds[sid, ssid] = (addr, raw)
    return l1, stes, cds


class Check:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, what, recorded, seen):
        good = recorded == seen
        self.passed += good
        self.failed += not good
        if not good:
            show = ["nothing" if v is None else f"{v[0]:#x} {v[1] if isinstance(v[1], int) else v[1].hex()}"
                    for v in (recorded, seen)]
            print(f"FAILED: snapshot {what}: recorded {show[0]}, seen {show[1]}")


def compare(out, check):
    """Returns (untouched, touched) StreamIDs that translate or bypass."""
    with open(os.path.join(out, "result.json"), encoding="utf-8") as f:
        crash = json.load(f)["witness"]["samples"]["crash"]
    with open(os.path.join(out, "entries.json"), encoding="utf-8") as f:
        onlooker = {int(sid, 16): bytes.fromhex(raw) for sid, raw in json.load(f).items()}
    dump = Dump(os.path.join(out, "vmcore"))
    rec_l1, rec_stes, rec_cds = read_snapshot(os.path.join(out, "smmu-adopt.rec"))
    l1, stes = walk_stes(dump, int(crash["strtab_base"], 16), int(crash["strtab_base_cfg"], 16))
    touched = {sid for sid in stes if onlooker.get(sid) != stes[sid][1]}
    used = {sid for sid, raw in onlooker.items() if config(raw)}
    for i in sorted(l1.keys() | rec_l1.keys()):
        check.equal(f"L1[{i}]", rec_l1.get(i), l1.get(i))
    for sid in sorted(used | rec_stes.keys()):
        seen = stes.get(sid)
        if sid in touched and seen:
            seen = (seen[0], onlooker.get(sid))
        check.equal(f"STE {sid:#x}", rec_stes.get(sid), seen)
    cds = {(sid, ssid): cd for sid in (used & stes.keys()) - touched
           if config(stes[sid][1]) == 5
           for ssid, cd in walk_cds(dump, stes[sid][1]).items()}
    for key in sorted(cds.keys() | {k for k in rec_cds if k[0] not in touched}):
        check.equal(f"CD {key[0]:#x}.{key[1]}", rec_cds.get(key), cds.get(key))
    # Where the driver has come the entry leads elsewhere now, but its old descriptor still lies there.
    for (sid, ssid), (addr, raw) in sorted(rec_cds.items()):
        if sid in touched:
            old = int.from_bytes(onlooker[sid][:8], "little") & ADDR
            check.equal(f"CD {sid:#x}.{ssid}", (addr, raw), (old, dump.read(old, 64)))
    return sorted(used - touched), sorted(used & touched)


def main():
    p = argparse.ArgumentParser(description="Compare recorded snapshot and dump of a run, bit for bit.")
    p.add_argument("--untouched", type=int, default=1, help="so many live entries nobody touched, at least")
    p.add_argument("--live", type=int, default=3, help="so many live entries, at least")
    p.add_argument("out", help="result directory of a run with the dump kept")
    args = p.parse_args()
    check = Check()
    untouched, touched = compare(args.out, check)
    print(f"snapshot: StreamIDs untouched {[hex(s) for s in untouched]}, "
          f"handed over {[hex(s) for s in touched]}")
    if len(untouched) < args.untouched or len(untouched + touched) < args.live:
        check.failed += 1
        print(f"FAILED: snapshot: wanted {args.live} live entries, {args.untouched} untouched: the run "
              "shows nothing")
    print(f"snapshot: {check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())

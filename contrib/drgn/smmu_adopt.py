# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which device could write to this memory? For drgn, on the dump of a crashed arm64 machine.

    $ PYTHONPATH=/usr/share/doc/smmu-adopt-tools/examples drgn -c vmcore
    >>> import smmu_adopt
    >>> smmu_adopt.streams(prog)
    >>> smmu_adopt.who(prog, 0x446cd000)
    >>> smmu_adopt.who(prog, 0x446cd000, 0x200000)

The entries of the stream table at the crash are in the records that smmu-adopt left
(smmu-adopt-records(5), read by read_records.py); drgn reads the translation tables from the dump.
The records are expected beside the dump; pass records=FILE if they are elsewhere. No debugging
information is needed. Only the lower half of the address space (TTB0) and the first substream are
looked at. `smmu-adoptctl who` can do more: other records, symbols, damaged tables.
"""

import os
import struct
import warnings
from dataclasses import dataclass, field

from drgn import FaultError

from read_records import records as read_all

AT_CRASH = 1
STE, CD, DEVICE = 5, 6, 8
CONFIG = {0: "refused", 4: "bypass", 5: "stage 1", 6: "stage 2", 7: "nested"}
GRANULES = {0: 12, 1: 16, 2: 14}                                # TG0 and S2TG
LEVEL_OF_SL0 = {12: (2, 1, 0, 3), 14: (3, 2, 1, 0), 16: (3, 2, 1, 0)}
ADDRESS = 0x0000fffffffff000
TABLES_MAX = 1 << 18                                            # of one stream; a loop has no end


def bits(word, high, low):
    return word >> low & (1 << high - low + 1) - 1


@dataclass
class Tables:
    """The tables of an STE or a CD (IHI 0070, 5.2 and 5.4)."""
    root: int
    granule: int            # log2 of its bytes
    input_bits: int
    level: int              # of the root
    stage2: bool
    no_fault: bool          # a clear access flag does not fault
    dirty: bool             # a read-only entry with DBM is writable
    hierarchy: bool         # permissions of table descriptors count


@dataclass
class Mapping:
    iova: int
    phys: int
    size: int
    access: str             # "read-write", "read-only", "write-only", "none"
    stream: "Stream" = field(repr=False, default=None)

    def __repr__(self):
        who = f"{self.stream.name} " if self.stream else ""
        return f"<{who}{self.access} iova {self.iova:#x} phys {self.phys:#x} size {self.size:#x}>"


@dataclass
class Stream:
    smmu: int
    sid: int
    device: str             # "" no known device
    kind: str               # a word of CONFIG
    tables: Tables = field(repr=False, default=None)    # None: no known table restricts the stream

    @property
    def name(self):
        return f"SMMU {self.smmu} SID {self.sid:#x} {self.device or 'no known device'}"


def _dump_of(prog):
    """The dump's file. Newer versions of drgn tell it; with others it is the core that this process has open."""
    if getattr(prog, "core_dump_path", None):
        return prog.core_dump_path
    for fd in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{fd}"
        try:
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    head = f.read(18)
                if head[:8] == b"KDUMP   " or (head[:4] == b"\x7fELF" and head[16:18] == b"\x04\0"):
                    return os.readlink(path)
        except OSError:
            pass
    raise ValueError("the dump's file is not known: pass records=FILE")


def _read_records(prog, path):
    """(STEs, CDs, devices): of each entry the first one of the crash, of each device the last one."""
    path = path or os.path.join(os.path.dirname(_dump_of(prog)), "smmu-adopt.rec")
    stes, cds, devices = {}, {}, {}
    with open(path, "rb") as f:
        data = f.read()
    for head, p in read_all(data):
        if head[1] == STE:
            smmu, phase, entry, sid, _, raw = struct.unpack_from("<IHHIQ64s", p)
            if (phase, entry) == (AT_CRASH, 0):
                stes.setdefault((smmu, sid), struct.unpack("<8Q", raw))
        elif head[1] == CD:
            smmu, phase, entry, sid, ssid, _, raw = struct.unpack_from("<IHHIIQ64s", p)
            if (phase, entry, ssid) == (AT_CRASH, 0, 0):
                cds.setdefault((smmu, sid), struct.unpack("<8Q", raw))
        elif head[1] == DEVICE:
            smmu, name, count = struct.unpack_from("<I24x48s48xI", p)
            for sid in struct.unpack_from(f"<{min(count, 8)}I", p, 128):
                devices[smmu, sid] = name.split(b"\0")[0].decode("ascii", "replace")
    return stes, cds, devices


def _stage1(cd):
    """TTB0 of a context descriptor; None: no walks, or AArch32."""
    if not bits(cd[0], 31, 31) or not bits(cd[0], 41, 41) or bits(cd[0], 14, 14):
        return None
    granule = GRANULES.get(bits(cd[0], 7, 6))
    input_bits = 64 - bits(cd[0], 5, 0)
    if not granule or not granule < input_bits <= 52:
        return None
    stride = granule - 3
    return Tables(cd[1] & ADDRESS, granule, input_bits, 4 - -(-(input_bits - granule) // stride), False,
                  bool(bits(cd[0], 35, 35) or bits(cd[0], 43, 43)), bool(bits(cd[0], 42, 42)),
                  not bits(cd[1], 60, 60))


def _stage2(ste):
    granule = GRANULES.get(bits(ste[2], 47, 46))
    input_bits = 64 - bits(ste[2], 37, 32)
    if not granule or not bits(ste[2], 51, 51) or not granule < input_bits <= 52:
        return None
    return Tables(ste[3] & ADDRESS, granule, input_bits, LEVEL_OF_SL0[granule][bits(ste[2], 39, 38)], True,
                  bool(bits(ste[2], 53, 53)), False, False)


def streams(prog, records=None):
    """All streams at the crash: those that could do DMA, and those whose DMA was refused."""
    stes, cds, devices = _read_records(prog, records)
    found = []
    for (smmu, sid), ste in sorted(stes.items()):
        config = bits(ste[0], 3, 1)
        tables = None
        if config == 5 and (smmu, sid) in cds:
            tables = _stage1(cds[smmu, sid])
        elif config in (6, 7):      # stage 2 limits what the tables of a guest can reach
            tables = _stage2(ste)
        kind = CONFIG.get(config, "refused") if ste[0] & 1 else "refused"
        found.append(Stream(smmu, sid, devices.get((smmu, sid), ""), kind, tables))
    return found


def _output(desc, granule):
    """The output address of a descriptor; with 64 KiB granules its bits 51:48 are in bits 15:12."""
    if granule == 16:
        return desc & ADDRESS & ~0xffff | bits(desc, 15, 12) << 48
    return desc & ADDRESS & -(1 << granule)


def _access(tables, desc, limits):
    if not (bits(desc, 10, 10) or tables.no_fault):
        return "none"
    if tables.stage2:
        return ("none", "read-only", "write-only", "read-write")[bits(desc, 7, 6)]
    writable = not bits(desc, 7, 7) or (tables.dirty and bits(desc, 51, 51))
    return "read-only" if limits & 2 or not writable else "read-write"


def _leaves(prog, tables, table, level, iova, limits, left):
    """Every mapping in the table at @table, in order; @limits: APTable of the tables above."""
    g = tables.granule
    shift = g + (3 - level) * (g - 3)
    root = table == tables.root and level == tables.level
    count = 1 << (tables.input_bits - shift if root else g - 3)
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("the stream has more tables than are possible: is there a loop?")
    try:
        raw = prog.read(table, 8 * count, True)
    except FaultError:
        warnings.warn(f"the table at {table:#x} is not in the dump; its mappings are not known")
        return
    for i, desc in enumerate(struct.unpack(f"<{count}Q", raw)):
        if not desc & 1:
            continue
        at = iova + (i << shift)
        if level < 3 and desc & 2:
            below = limits | (bits(desc, 62, 61) if tables.hierarchy else 0)
            yield from _leaves(prog, tables, _output(desc, g), level + 1, at, below, left)
        elif desc & 2 or level < 3:
            yield Mapping(at, _output(desc, g) & -(1 << shift), 1 << shift, _access(tables, desc, limits))


def maps(prog, stream):
    """What the tables of @stream map; adjacent pages become one mapping."""
    if not stream.tables:
        return []
    found = []
    t = stream.tables
    for m in _leaves(prog, t, t.root, t.level, 0, 0, [TABLES_MAX]):
        last = found[-1] if found else None
        if last and (m.iova - last.iova, m.phys - last.phys) == (last.size, last.size) and \
                m.access == last.access:
            last.size += m.size
        else:
            m.stream = stream
            found.append(m)
    return found


def who(prog, address, size=1, records=None):
    """The mappings through which a device could reach @size bytes of memory from physical @address on.

    A stream that no table restricts is a mapping of all memory, with access "any" or "unknown".
    """
    first, end = int(address), int(address) + int(size)
    found = []
    for stream in streams(prog, records):
        if stream.kind != "refused" and not stream.tables:
            access = "any" if stream.kind == "bypass" else "unknown"
            found.append(Mapping(first, first, end - first, access, stream))
        for m in maps(prog, stream):
            start, stop = max(first, m.phys), min(end, m.phys + m.size)
            if start < stop:
                found.append(Mapping(m.iova + start - m.phys, start, stop - start, m.access, stream))
    return found

# SPDX-License-Identifier: LGPL-2.1-or-later
"""witness.py - reads the SMMU and its stream table from outside the guest, through QEMU's monitor.

Independent of every line of code under test: it knows the register page of the virt machine and
the layout of stream tables, nothing else. Samples are taken at the crash, when the capture
kernel's SMMU driver is up, when the dump begins, and at the end. "identical" compares 64 bytes of a
chosen STE; `table` compares every valid entry of the dead kernel's table, at its place in memory.
"""

import os
import re
import struct
import tempfile

SMMU_BASE = 0x09050000
CR0, GBPA, STRTAB_BASE, STRTAB_BASE_CFG, CMDQ_BASE = 0x20, 0x44, 0x80, 0x88, 0x90
ADDR_MASK = 0x000fffffffffffc0          # bits 51:6
STE_LEN = 64
MAX_SID_BITS = 16                       # QEMU's SIDSIZE; more is a damaged register
CONFIG = {0: "abort", 4: "bypass", 5: "s1", 6: "s2", 7: "nested"}


def _read(qmp, addr, words, size):
    text = qmp.hmp(f"xp /{words}{'g' if size == 8 else 'w'}x 0x{addr:x}")
    values = [int(v, 16) for line in text.splitlines()
              for v in re.findall(r"0x[0-9a-fA-F]+", line.split(":", 1)[-1])]
    return values if len(values) == words else None


def memory(qmp, addr, size):
    """Guest-physical memory; zeros where there is none."""
    with tempfile.TemporaryDirectory(prefix="smmu-vm-") as d:
        path = os.path.join(d, "memory")
        qmp.command("pmemsave", val=addr, size=size, filename=path)
        with open(path, "rb") as f:
            return f.read()


def table(qmp):
    """(STRTAB_BASE, STRTAB_BASE_CFG) as they are now."""
    return (_read(qmp, SMMU_BASE + STRTAB_BASE, 1, 8)[0],
            _read(qmp, SMMU_BASE + STRTAB_BASE_CFG, 1, 4)[0])


def l1_address(base, cfg, sid):
    return (base & ADDR_MASK) + (sid >> ((cfg >> 6) & 0x1f)) * 8


def _hex(value):
    return f"0x{value:x}"


def read_ste(qmp, base, cfg, sid):
    """(address, 64 bytes) of a StreamID's entry, or a string that says why there is none."""
    log2size, split, fmt = cfg & 0x3f, (cfg >> 6) & 0x1f, (cfg >> 16) & 3
    if sid >> log2size:
        return "beyond the table"
    if fmt == 0:
        addr = (base & ADDR_MASK) + sid * STE_LEN
    else:
        l1 = _read(qmp, l1_address(base, cfg, sid), 1, 8)
        if not l1:
            return "level 1 not readable"
        span = l1[0] & 0x1f
        if span == 0 or (sid & ((1 << split) - 1)) >> (span - 1):
            return "no level 2 table"
        addr = (l1[0] & ADDR_MASK) + (sid & ((1 << split) - 1)) * STE_LEN
    words = _read(qmp, addr, 8, 8)
    return (addr, struct.pack("<8Q", *words)) if words else "not readable"


def leaves(read, base, cfg):
    """(first StreamID, address, bytes) of each piece of a stream table; `read(addr, size)`."""
    log2size, split, fmt = cfg & 0x3f, (cfg >> 6) & 0x1f, (cfg >> 16) & 3
    if log2size > MAX_SID_BITS or fmt > 1 or (fmt == 1 and split > log2size):
        return
    base &= ADDR_MASK
    if fmt == 0:
        yield 0, base, read(base, STE_LEN << log2size)
        return
    l1 = read(base, 8 << (log2size - split))
    for i, (desc,) in enumerate(struct.iter_unpack("<Q", l1)):
        span = desc & 0x1f
        if 0 < span <= split + 1:
            addr = desc & ADDR_MASK
            yield i << split, addr, read(addr, STE_LEN << (span - 1))


def valid_entries(read, base, cfg):
    """{sid: (address, 64 bytes)} of all valid entries of a stream table."""
    return {first + at // STE_LEN: (addr + at, data[at:at + STE_LEN])
            for first, addr, data in leaves(read, base, cfg)
            for at in range(0, len(data), STE_LEN) if data[at] & 1}


def _entry(found):
    if isinstance(found, str):
        return {"absent": found}
    addr, raw = found
    q0 = struct.unpack_from("<Q", raw)[0]
    config = q0 >> 1 & 7
    return {"address": _hex(addr), "valid": bool(q0 & 1), "raw": raw.hex(),
            "config": CONFIG.get(config, f"reserved-{config}")}


class Witness:
    """Collects samples of the SMMU at `page`; result() compares them."""

    def __init__(self, sids, page=SMMU_BASE):
        self.sids, self._page = sids, page
        self.samples = {}
        self._crash_table = None
        self._entries, self._table = {}, {}

    def _compare_all(self, qmp, when):
        """Which valid entries of the dead kernel's table are not what they were at the crash."""
        now = valid_entries(lambda addr, size: memory(qmp, addr, size), *self._crash_table)
        if when == "crash":
            self._entries = now
            self._table["valid"] = len(now)
            return
        changed = sorted(sid for sid in now.keys() | self._entries.keys()
                         if now.get(sid) != self._entries.get(sid))
        self._table[f"changed_{when}"] = [_hex(sid) for sid in changed]
        self._table[f"changed_{when}_elsewhere"] = [_hex(s) for s in changed if s not in self.sids]

    def entries(self):
        """{sid: STE in hex} of the valid entries at the crash."""
        return {_hex(sid): raw.hex() for sid, (_, raw) in sorted(self._entries.items())}

    def sample(self, qmp, when):
        base = _read(qmp, self._page + STRTAB_BASE, 1, 8)
        cfg = _read(qmp, self._page + STRTAB_BASE_CFG, 1, 4)
        cr0 = _read(qmp, self._page + CR0, 1, 4)
        cmdq = _read(qmp, self._page + CMDQ_BASE, 1, 8)
        if not (base and cfg and cr0 and cmdq):
            return
        s = {"cr0": _hex(cr0[0]), "smmuen": bool(cr0[0] & 1), "strtab_base": _hex(base[0]),
             "strtab_base_cfg": _hex(cfg[0]), "cmdq_base": _hex(cmdq[0]), "sid": {}, "old_sid": {}}
        if self._crash_table is None:
            self._crash_table = (base[0], cfg[0])
        s["same_table"] = self._crash_table == (base[0], cfg[0])
        for sid in self.sids:
            s["sid"][_hex(sid)] = _entry(read_ste(qmp, base[0], cfg[0], sid))
            # What became of the dead kernel's own entry, whichever table is in use now.
            s["old_sid"][_hex(sid)] = _entry(read_ste(qmp, *self._crash_table, sid))
        self.samples[when] = s
        self._compare_all(qmp, when)

    def result(self):
        out = {"samples": self.samples, "table": self._table}
        crash = self.samples.get("crash")
        for when in ("adopted", "dump", "end"):
            now = self.samples.get(when)
            if not crash or not now:
                continue
            for sid, entry in now["sid"].items():
                before = crash["sid"][sid].get("raw")
                if before is not None:
                    out.setdefault("sid", {}).setdefault(sid, {})[f"identical_{when}"] = \
                        entry.get("raw") == before
        return out

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""model.py PROGRAM [TABLES [SEED]] - Linux' reading of an IORT, written down from what
drivers/acpi/arm64/iort.c (6.12 and 7.3) does and not from core/iort.c, against PROGRAM (iort_map)
on tables of known shapes and on tables of chance, damaged ones included.

Where Linux would read behind the end of the table the model ends, as if nothing more were there."""

import random
import struct
import subprocess
import sys

ITS, NAMED, RC, SMMU2, SMMU3, PMCG, RMR = range(7)
RMRS = 0xffffffff
U32 = 1 << 32
SINGLE = 1
ODD = {"header": 1, "count": 2, "node": 4, "mappings": 8, "reference": 16, "overlap": 32, "rmr": 64}
DAMAGE = 31


# ---- building ----
class Node:
    def __init__(self, kind, maps=(), *, base=0, segment=0, gsiv=0, regions=(), rflags=1, coherent=1):
        self.kind, self.maps, self.base, self.segment = kind, list(maps), base, segment
        self.gsiv, self.regions, self.rflags, self.coherent = gsiv, list(regions), rflags, coherent
        self.claims = None          # mappings that it says it has

    def body(self):
        return {
            ITS: lambda: struct.pack("<II", 1, 0),
            NAMED: lambda: struct.pack("<IQB", 0, 0, 0) + b"\\_SB.DEV\0\0\0",
            RC: lambda: struct.pack("<QIIB3x", 1, 0, self.segment, 64),
            SMMU2: lambda: struct.pack("<QQII", self.base, 0x10000, 3, 0) + bytes(20),
            SMMU3: lambda: struct.pack("<QII", self.base, self.coherent, 0) + bytes(36),
            PMCG: lambda: struct.pack("<QIIQ", self.base, self.gsiv, 0, 0),
            RMR: lambda: struct.pack("<III", self.rflags, len(self.regions), 0),
        }[self.kind]()


def build(nodes, revision=6, count=None):
    """maps of a node: (first, ids minus one, out, index of a node or an offset in a list, flags)."""
    at, places = 48, []
    for n in nodes:
        places.append(at)
        at += 16 + len(n.body()) + 20 * len(n.maps) + 20 * len(n.regions)
    out = bytearray(at)
    for n, place in zip(nodes, places):
        body = bytearray(n.body())
        tail = b"".join(struct.pack("<5I", f % U32, c, o % U32, r[0] if isinstance(r, list) else places[r], fl)
                        for f, c, o, r, fl in n.maps)
        maps_at = 16 + len(body)
        if n.kind == RMR:
            struct.pack_into("<I", body, 8, maps_at + len(tail))
        for base, length in n.regions:
            tail += struct.pack("<QQI", base, length, 0)
        raw = struct.pack("<BHBIII", n.kind, 16 + len(body) + len(tail), 1, 0,
                          len(n.maps) if n.claims is None else n.claims, maps_at if n.maps else 0) + body + tail
        out[place:place + len(raw)] = raw
    out[0:36] = struct.pack("<4sIBB6s8sI4sI", b"IORT", at, revision, 0, b"TESTED", b"TESTIORT", 1, b"TEST", 1)
    out[36:48] = struct.pack("<III", len(nodes) if count is None else count, 48, 0)
    return bytes(out)


# ---- the model ----
class Table:
    def __init__(self, raw):
        self.raw = raw
        self.places = []            # of the nodes that a scan meets
        count, at = struct.unpack_from("<II", raw, 36)
        while count and at >= 48 and at + 16 <= len(raw) and at not in self.places[-1:]:
            self.places.append(at)
            at += struct.unpack_from("<H", raw, at + 1)[0]
            count -= 1

    def get(self, form, at):
        return struct.unpack_from("<" + form, self.raw, at) if at + struct.calcsize("<" + form) <= len(self.raw) else None

    def kind(self, at):
        return self.raw[at]

    def maps(self, at):
        count, offset = self.get("II", at + 8)
        i = 0
        while offset and i < count:
            m = self.get("5I", at + offset + 20 * i)
            if m is None:
                return
            yield m
            i += 1

    def root_complex(self, segment):
        for at in self.places:
            if self.kind(at) == RC and self.get("I", at + 28) == (segment,):
                return at
        return None


def send(table, at, rid):
    """Which node the node at this place sends the id to, and as which id."""
    kind = table.kind(at)
    maps = list(table.maps(at))
    if not maps or not maps[0][3]:
        return None
    if kind == PMCG and table.get("I", at + 24) == (0,):
        maps[0] = None                          # its own MSI
    end = None                                  # the match at the end of a range, if there was one
    for m in maps:
        if m is None:
            continue
        first, count, out, ref, flags = m
        if flags & SINGLE:
            if kind in (RC, NAMED):
                return (ref, out) if ref else None
            continue
        last = (first + count) % U32
        if not first <= rid <= last:
            continue
        found = ref, (out + rid - first) % U32
        if end is None or end[0] == 0:
            if count and rid == last:
                end = found
            else:
                return found if ref else None
        elif rid == first:                      # the one that supersedes it
            return found if ref else None
    return end if end and end[0] else None


def linux(table, segment, rid):
    at = table.root_complex(segment)
    if at is None:
        return None
    for _ in range(8):
        if table.kind(at) in (SMMU2, SMMU3):
            break
        step = send(table, at, rid)
        if step is None:
            return None
        at, rid = step
        if at < 48 or at + 16 > len(table.raw):
            return None
    if table.kind(at) != SMMU3 or at not in table.places or at + 28 > len(table.raw):
        return None
    return table.get("Q", at + 16)[0], rid


def linux_rmrs(table, base):
    if table.raw[8] < 5:
        return "rmrs 1"
    words = ["rmrs"]
    for at in table.places:
        if table.kind(at) != RMR or at + 28 > len(table.raw):
            continue
        flags, regions, offset = table.get("III", at + 16)
        for _, count, out, ref, _ in table.maps(at):
            if ref < 48 or ref + 28 > len(table.raw) or table.kind(ref) != SMMU3 or count == U32 - 1 or \
                    table.get("Q", ref + 16) != (base,):
                continue
            for i in range(regions if offset else 0):
                d = table.get("QQ", at + offset + 20 * i)
                if d is None or at + offset + 20 * i + 20 > len(table.raw):
                    break
                words.append("%x+%x:%x+%x:%x" % (out, count + 1, d[0], d[1], flags))
    return " ".join(words + ["0"])


# ---- shapes ----
def smmu(base):
    return Node(SMMU3, base=base)


def shapes():
    """Name, table, and what iort_odd() must say of it."""
    yield "two SMMUs", build([smmu(0x1000), smmu(0x2000), Node(RC, [(0, 15, 0, 0, 0), (16, 15, 0x100, 1, 0)])]), 0
    yield "past the SMMU", build([Node(ITS), smmu(0x1000), Node(RC, [(0, 7, 0, 0, 0), (8, 7, 0, 1, 0)])]), 0
    yield "counts that are not minus one", build([smmu(0x1000), smmu(0x2000), Node(ITS), Node(
        RC, [(0, 8, 0, 0, 0), (8, 8, 8, 1, 0), (16, 8, 16, 2, 0), (24, 4, 24, 0, 0)])]), ODD["overlap"]
    yield "the same, later one first", build([smmu(0x1000), smmu(0x2000), Node(
        RC, [(8, 8, 8, 1, 0), (0, 8, 0, 0, 0)])]), ODD["overlap"]
    yield "a third range in the way", build([smmu(0x1000), smmu(0x2000), smmu(0x3000), Node(
        RC, [(0, 8, 0, 0, 0), (4, 20, 4, 1, 0), (8, 8, 8, 2, 0)])]), ODD["overlap"]
    yield "one id", build([smmu(0x1000), smmu(0x2000), Node(RC, [(0, 8, 0, 0, 0), (8, 0, 0x55, 1, 0)])]), ODD["overlap"]
    yield "single, alone", build([smmu(0x1000), Node(RC, [(3, 0, 0x77, 0, SINGLE)])]), 0
    yield "single, behind a range", build([smmu(0x1000), smmu(0x2000), Node(
        RC, [(0, 7, 0, 0, 0), (0, 0, 0x77, 1, SINGLE)])]), 0
    yield "single, behind the end of a range", build([smmu(0x1000), smmu(0x2000), Node(
        RC, [(0, 8, 0, 0, 0), (0, 0, 0x77, 1, SINGLE)])]), 0
    yield "single of an SMMU is not followed", build([Node(SMMU3, [(0, 0, 9, 1, SINGLE)], base=0x1000), Node(ITS), Node(
        RC, [(0, 31, 0, 0, 0)])]), 0
    yield "by way of a named component", build([smmu(0x1000), Node(NAMED, [(0, 31, 0x40, 0, 0)]), Node(
        RC, [(0, 31, 2, 1, 0)])]), 0
    yield "by way of a PMCG", build([smmu(0x1000), Node(PMCG, [(0, 31, 0, 0, 0), (0, 31, 0x40, 0, 0)]), Node(
        RC, [(0, 31, 2, 1, 0)])]), 0
    yield "round in a circle", build([smmu(0x1000), Node(RC, [(0, 31, 1, 1, 0)])]), 0
    yield "SMMUv2", build([Node(SMMU2, base=0x1000), Node(RC, [(0, 31, 0, 0, 0)])]), 0
    yield "the first root complex of a segment counts", build([smmu(0x1000), smmu(0x2000), Node(
        RC, [(0, 3, 0, 0, 0)], segment=1), Node(RC, [(0, 31, 0, 1, 0)], segment=1)]), 0
    yield "first reference is null", build([smmu(0x1000), Node(RC, [(0, 3, 0, [0], 0), (4, 9, 0, 0, 0)])]), ODD["reference"]
    yield "second reference is null", build([smmu(0x1000), Node(RC, [(0, 3, 0, 0, 0), (4, 9, 0, [0], 0)])]), ODD["reference"]
    yield "reference behind the table", build([smmu(0x1000), Node(
        RC, [(0, 3, 0, [0x7fffffff], 0), (4, 9, 0, 0, 0)])]), ODD["reference"]
    yield "reference into a node", build([smmu(0x1000), Node(RC, [(0, 31, 0, [52], 0)])]), 0
    yield "wraps around", build([smmu(0x1000), Node(RC, [(5, U32 - 3, 0, 0, 0), (0, 31, 0x60, 0, 0)])]), 0
    more = Node(RC, [(0, 15, 0, 0, 0)])
    more.claims = 2
    yield "a mapping too many, in the node behind", build([smmu(0x1000), more, smmu(0x2000)]), ODD["mappings"]
    yield "a mapping too many, at the end", build([smmu(0x1000), more]), ODD["mappings"]
    many = Node(RC, [(0, 15, 0, 0, 0)])
    many.claims = U32 - 1
    yield "mappings without number", build([smmu(0x1000), many]), ODD["mappings"]
    yield "a node too many", build([smmu(0x1000), Node(RC, [(0, 31, 0, 0, 0)])], count=3), ODD["count"]
    yield "a node too few", build([Node(RC, [(0, 31, 0, 1, 0)]), smmu(0x1000)], count=1), 0
    zero = bytearray(build([smmu(0x1000), Node(ITS), Node(RC, [(0, 31, 0, 0, 0)])]))
    struct.pack_into("<H", zero, 48 + 68 + 1, 0)
    yield "a node without length", bytes(zero), ODD["node"] | ODD["count"]
    long = bytearray(zero)
    struct.pack_into("<H", long, 48 + 68 + 1, 0xffff)
    yield "a node beyond the end", bytes(long), ODD["node"] | ODD["count"]
    good = build([smmu(0x1000), Node(RC, [(0, 31, 0, 0, 0)])])
    yield "cut", good[:-24], ODD["header"] | ODD["node"]
    regions = [(0x8000000, 0x10000), (0x9000000, 0x1001)]
    reserved = [smmu(0x1000), smmu(0x2000), Node(RMR, [(0, 3, 0x300, 0, 0), (0, 0, 0x400, 1, SINGLE), (0, 1, 8, 0, 0)],
                                                 regions=regions, rflags=0x15)]
    for revision in (1, 3, 5, 6):
        yield "reserved memory, revision %u" % revision, build(reserved, revision), ODD["rmr"] if revision < 5 else 0


# ---- tables of chance ----
def chance_maps(r, kinds):
    nodes = [i for i, k in enumerate(kinds) for _ in range(6 if k == SMMU3 else 1)]
    ids = r.choice((8, 40))
    return [(r.randrange(ids), r.choice((0, 1, r.randrange(ids), U32 - 1 - r.randrange(4))) if r.random() < 0.95 else
             r.getrandbits(32), r.choice((0, r.randrange(64), r.getrandbits(32))),
             [r.choice((0, 47, r.getrandbits(32)))] if r.random() < 0.04 else r.choice(nodes),
             SINGLE if r.random() < 0.15 else 0) for _ in range(r.randrange(7))]


def chance_table(r):
    kinds = [r.choice((ITS, NAMED, RC, RC, RC, SMMU2, SMMU3, SMMU3, SMMU3, PMCG, RMR)) for _ in range(r.randrange(1, 11))]
    count = len(kinds)
    nodes = []
    for kind in kinds:
        n = Node(kind, chance_maps(r, kinds), base=r.choice((0x1000, 0x2000, 0x3000)), segment=r.randrange(3),
                 gsiv=r.randrange(2), regions=[(r.getrandbits(40), r.getrandbits(20))] * r.randrange(3) if kind == RMR else ())
        if r.random() < 0.05:
            n.claims = r.choice((len(n.maps) + 1, r.getrandbits(32)))
        nodes.append(n)
    raw = bytearray(build(nodes, r.choice((0, 3, 5, 6)), r.choice((None,) * 8 + (count + 1, count - 1, r.getrandbits(32)))))
    if r.random() < 0.25:
        for _ in range(r.randrange(1, 4)):
            raw[r.randrange(36, len(raw))] = r.choice((0, 1, 0xff, r.getrandbits(8)))
    if r.random() < 0.1:
        del raw[r.randrange(48, len(raw) + 1):]
    return bytes(raw)


# ---- comparing ----
QUESTIONS = [(s, rid) for s in range(4) for rid in (*range(44), 0xffff, U32 - 1)] + \
    [(RMRS, base) for base in (0x1000, 0x2000)]


def ask(program, tables):
    words = b"".join(struct.pack("<2I", *q) for q in QUESTIONS)
    asked = b"".join(struct.pack("<I", len(t)) + t + struct.pack("<I", len(QUESTIONS)) + words for t in tables)
    lines = subprocess.run([program], input=asked, stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
    each = 1 + len(QUESTIONS)
    assert len(lines) == each * len(tables) + 1
    return [lines[i * each:(i + 1) * each] for i in range(len(tables))]


def expected(raw):
    table = Table(raw)
    for segment, value in QUESTIONS:
        if segment == RMRS:
            yield linux_rmrs(table, value)
            continue
        found = linux(table, segment, value)
        yield "%x %x" % found if found else "1"


def compare(name, raw, answers, odd=None):
    wrong = []
    if odd is not None and answers[0] != "odd %x" % odd:
        wrong.append("%s: %s, not %x" % (name, answers[0], odd))
    for question, answer, right in zip(QUESTIONS, answers[1:], expected(raw)):
        if answer != right:
            wrong.append("%s: %x:%x is %s, to Linux %s" % (name, *question, answer, right))
    if wrong:
        print("FAILED: " + "\n        ".join(wrong[:5]))
        print("        " + raw.hex())
    return not wrong


def main():
    program = sys.argv[1]
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    r = random.Random(seed)
    known = list(shapes())
    good = [compare(name, raw, answers, odd)
            for (name, raw, odd), answers in zip(known, ask(program, [raw for _, raw, _ in known]))]
    tables = [chance_table(r) for _ in range(number)]
    mapped = 0
    for i, (raw, answers) in enumerate(zip(tables, ask(program, tables))):
        good.append(compare("table %u of seed %u" % (i, seed), raw, answers))
        mapped += sum(" " in a for a in answers[1:-2])
    # Chance that hits nothing would agree with anybody.
    if mapped < 10 * number:
        print("FAILED: of %u tables only %u ids are mapped" % (number, mapped))
    good.append(mapped >= 10 * number)
    print("iort: %u passed, %u failed" % (good.count(True), good.count(False)))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

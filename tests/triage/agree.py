#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""agree.py - does smmu-adoptctl say of a dump what QEMU's SMMU did?

Takes the result directory of a run of the emulated machine with the dump kept. QEMU's log names, for
each transaction, StreamID, IOVA and the physical address it went to. Between the crash and a stream's
hand-over nobody changes its tables, so what the log says of that time must come out of the dump:

  walk   for each logged pair (at least --count of them, spread over all pages), the same address
  maps   the page of each pair is in an extent that leads there
  who    on the physical page of receive buffers: that StreamID, its device, that IOVA
  who    on pages of kernel text: nobody
  log    of the dump alone: the lines that the crashed kernel printed on its console
  reach  kernel text and page tables, SMMU tables, the capture kernel's memory are found, none of it writable
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

LINE = re.compile(r"^\d+@(\d+\.\d+):smmuv3_translate_success \S+ sid=(0x[0-9a-f]+) iova=(0x[0-9a-f]+) "
                  r"translated=(0x[0-9a-f]+)")
CFGI = re.compile(r"^\d+@(\d+\.\d+):smmuv3_cmdq_cfgi_ste streamid= (0x[0-9a-f]+)")
PAGE = 4096


class Check:
    def __init__(self, ctl, dump):
        self.ctl, self.dump = ctl, dump
        self.passed = self.failed = 0

    def say(self, good, what):
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAILED: triage {what}")

    def ask(self, verb, *args):
        done = subprocess.run([self.ctl, "--json", verb, self.dump, *args], capture_output=True,
                              timeout=600, check=False, text=True)
        if done.returncode not in (0, 4):
            return {"error": done.stderr.strip(), "exit": done.returncode}
        return json.loads(done.stdout)


def frozen_pairs(out):
    """{(sid, iova): phys} of the time between crash and hand-over, and hits per page."""
    with open(os.path.join(out, "result.json"), encoding="utf-8") as f:
        result = json.load(f)
    streams = result["dma"]["sid"]
    at = {phase["name"]: phase["time"] for phase in result["phases"]}
    handover = {}  # the last CFGI_STE but those of power-off is not told apart: take it by time
    lines, cfgi = [], {}
    with open(os.path.join(out, "smmu.log"), encoding="utf-8", errors="replace") as f:
        for line in f:
            m = LINE.match(line)
            if m:
                lines.append((float(m[1]), m[2], int(m[3], 16), int(m[4], 16)))
                continue
            m = CFGI.match(line)
            if m:
                cfgi.setdefault(m[2], []).append(float(m[1]))
    # The tally's times count from the crash, the log's from 1970: the longest-waiting stream's
    # hand-over is its last CFGI_STE, and fits one offset for all of them.
    offsets = [stamps[-1] - streams[sid]["handover_time"] for sid, stamps in cfgi.items()
               if "handover_time" in streams.get(sid, {})]
    if not offsets or max(offsets) - min(offsets) > 0.1:
        raise SystemExit(f"agree: cannot line up the log with the run: {offsets}")
    # Up to its last moment the kernel that crashes recycles buffers, and maps them elsewhere.
    crash = offsets[0] + at["boot"] - at["crash"]
    for sid, stamps in cfgi.items():
        handover[sid] = min((t for t in stamps if t > crash), default=float("inf"))
    pairs, hits = {}, {}
    for stamp, sid, iova, phys in lines:
        if crash < stamp < handover.get(sid, float("inf")):
            pairs[sid, iova] = phys
            page = sid, iova & -PAGE
            hits[page] = hits.get(page, 0) + 1
    return pairs, hits


def spread(pairs, count):
    """@count pairs, one of each page first."""
    seen, first, rest = set(), [], []
    for key in pairs:
        page = key[0], key[1] & -PAGE
        (rest if page in seen else first).append(key)
        seen.add(page)
    return (first + rest)[:max(count, len(first))]


def kernel_text(dump):
    """Physical address of the first byte of kernel text, from VMCOREINFO."""
    with open(dump, "rb") as f:
        head = f.read(1 << 20)
    phoff, = struct.unpack_from("<Q", head, 32)
    phnum, = struct.unpack_from("<H", head, 56)
    for i in range(phnum):
        p_type, _, off, _, _, size, _, _ = struct.unpack_from("<IIQQQQQQ", head, phoff + i * 56)
        if p_type != 4:
            continue
        notes = head[off:off + size]
        stext = re.search(rb"SYMBOL\(_stext\)=([0-9a-f]+)", notes)
        voffset = re.search(rb"NUMBER\(kimage_voffset\)=0x([0-9a-f]+)", notes)
        if stext and voffset:
            return int(stext[1], 16) - int(voffset[1], 16)
    return None


def check_walks(check, pairs, chosen):
    for sid, iova in chosen:
        got = check.ask("walk", sid, hex(iova))
        check.say(got.get("phys") == hex(pairs[sid, iova]),
                  f"walk {sid} {iova:#x}: QEMU says {pairs[sid, iova]:#x}, we say {got.get('phys', got)}")


def check_maps(check, pairs, chosen):
    for sid in sorted({sid for sid, _ in chosen}):
        extents = check.ask("maps", sid).get("extents", [])
        spans = [(int(e["iova"], 16), e["bytes"], int(e["phys"], 16)) for e in extents]
        for s, iova in chosen:
            if s == sid:
                found = [p + iova - i for i, n, p in spans if i <= iova < i + n]
                check.say(found == [pairs[s, iova]], f"maps {sid}: {iova:#x} leads to {found}")


def check_who(check, pairs, hits, device_of):
    # Rings are used all the time, a receive buffer once or twice.
    pages = sorted((n, page) for page, n in hits.items() if page[0] in device_of)[:5]
    check.say(len(pages) == 5, "five receive buffers in the log")
    for _, (sid, iova) in pages:
        phys = next(p for (s, i), p in pairs.items() if s == sid and i & -PAGE == iova) & -PAGE
        got = check.ask("who", f"{phys:#x}-{phys + PAGE - 1:#x}")
        hit = [w for w in got.get("who", []) if (w["sid"], w["iova"]) == (sid, hex(iova))]
        check.say(len(hit) == 1 and hit[0].get("device") == device_of[sid],
                  f"who {phys:#x} names {device_of[sid]} at {iova:#x}: {got.get('who', got)}")


def check_reach(check):
    """Nothing sits where no device has business; the sizes are those of the machine."""
    got = check.ask("reach")
    areas = {a["area"]: a for a in got.get("areas", [])}
    check.say(set(areas) == {"kernel-image", "kernel-tables", "smmu-tables", "capture-ram"}, f"reach: {got}")
    check.say(all(a["writable_bytes"] == 0 for a in areas.values()), f"reach: writable areas: {areas}")
    check.say(all(a["bytes"] >= 65536 for a in areas.values()), f"reach: sizes of areas: {areas}")


def said(ctl, file):
    """What is told of a kernel log, without the numbers of lines; a console has no lines of level debug."""
    done = subprocess.run([ctl, "--json", "log", file], capture_output=True, timeout=600, check=False, text=True)
    return [(e["type"], e["ns"], e["text"]) for e in json.loads(done.stdout or "{}").get("entries", [])]


def check_log(check, out):
    with tempfile.TemporaryDirectory() as alone:
        dump = os.path.join(alone, "vmcore")
        os.symlink(os.path.abspath(check.dump), dump)
        ours = said(check.ctl, dump)
    console = said(check.ctl, os.path.join(out, "console-crashed.log"))
    check.say(any(e[0] == "panic" for e in ours), f"log: no panic in the dump's log: {ours}")
    check.say(ours == console, f"log: the dump's log has {ours}, the console {console}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out", help="result directory of the run")
    p.add_argument("--ctl", required=True, help="smmu-adoptctl for this machine")
    p.add_argument("--count", type=int, default=100, help="pairs at least (default: 100)")
    args = p.parse_args()
    dump = os.path.join(args.out, "vmcore")
    check = Check(args.ctl, dump)
    pairs, hits = frozen_pairs(args.out)
    chosen = spread(pairs, args.count)
    check.say(len(chosen) >= args.count, f"{args.count} logged pairs, there are {len(chosen)}")
    check_walks(check, pairs, chosen)
    check_maps(check, pairs, chosen)
    streams = check.ask("streams").get("streams", [])
    device_of = {s["sid"]: s["device"] for s in streams
                 if s.get("class_name") == "Ethernet controller"}
    check.say(bool(device_of), "streams names a NIC")
    check_who(check, pairs, hits, device_of)
    check_reach(check)
    check_log(check, args.out)
    text = kernel_text(dump)
    for off in (0, 0x100000, 0x400000):
        got = check.ask("who", f"{text + off:#x}-{text + off + PAGE - 1:#x}")
        check.say(got.get("who") == [] and got.get("unbound") == [], f"who on kernel text: {got}")
    print(f"    {len(pairs)} pairs on {len(hits)} pages logged between crash and hand-over, "
          f"{len(chosen)} compared")
    print(f"triage: {check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())

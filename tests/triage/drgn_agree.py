#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""drgn_agree.py - does contrib/drgn/smmu_adopt.py say of a dump what smmu-adoptctl says?

Takes the result directory of a run of the emulated machine with the dump kept. drgn reads the memory and
smmu_adopt.py the tables: no code of ours is shared. Compared are `streams`, `maps` of each stream, and
`who` of single pages, parts of pages, ranges over several streams' buffers, and memory that nobody could reach.
Runs with Debian's Python, which has drgn; skipped where that is not installed.
"""

import argparse
import json
import os
import subprocess
import sys

PYTHON = "/usr/bin/python3"
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PAGE = 4096
KINDS = {"refused": "refused", "bypass": "bypass", "stage 1": "tables", "stage 2": "tables", "nested": "tables"}


class Check:
    def __init__(self, ctl, dump):
        self.ctl, self.dump = ctl, dump
        self.passed = self.failed = 0

    def equal(self, what, is_, want):
        good = is_ == want
        self.passed += good
        self.failed += not good
        if not good:
            print(f"FAILED: drgn {what}: with drgn {sorted(is_ - want)}, smmu-adoptctl {sorted(want - is_)}")

    def ask(self, verb, *args):
        done = subprocess.run([self.ctl, "--json", verb, self.dump, *args], capture_output=True,
                              timeout=600, check=False, text=True)
        if done.returncode not in (0, 4):
            raise SystemExit(f"drgn_agree: {verb} {' '.join(args)}: {done.stderr.strip()}")
        return json.loads(done.stdout)


def extents(answer):
    return {(int(e["iova"], 16), int(e["phys"], 16), e["bytes"], e["access"]) for e in answer}


def ranges(mappings, text):
    """Where to ask: of every stream the first page, a part of the last, and all of it at once; kernel text."""
    out = [(text, PAGE), (text + (1 << 20), 1)]
    for stream_maps in mappings.values():
        if stream_maps:
            low = min(m.phys for m in stream_maps)
            high = max(m.phys + m.size for m in stream_maps)
            out += [(stream_maps[0].phys, PAGE), (stream_maps[-1].phys + 100, 8), (low, high - low)]
    return out


def compare(check, prog, smmu_adopt):
    # pylint: disable=import-outside-toplevel
    from agree import kernel_text

    ours = smmu_adopt.streams(prog)
    theirs = check.ask("streams")["streams"]
    check.equal("streams", {(s.smmu, s.sid, s.device, KINDS[s.kind]) for s in ours},
                {(s["smmu"], int(s["sid"], 16), s.get("device", ""), s["way"]) for s in theirs})
    mappings = {s.sid: smmu_adopt.maps(prog, s) for s in ours if s.tables}
    for sid, found in mappings.items():
        check.equal(f"maps {sid:#x}", {(m.iova, m.phys, m.size, m.access) for m in found},
                    extents(check.ask("maps", hex(sid))["extents"]))
    hits = 0
    for address, size in ranges(mappings, kernel_text(check.dump)):
        got = smmu_adopt.who(prog, address, size)
        answer = check.ask("who", f"{address:#x}-{address + size - 1:#x}")
        hits += len(got)
        check.equal(f"who {address:#x}+{size:#x}",
                    {(m.stream.smmu, m.stream.sid, m.stream.device, m.iova, m.phys, m.size, m.access) for m in got},
                    {(w["smmu"], int(w["sid"], 16), w.get("device", ""), int(w["iova"], 16), int(w["phys"], 16),
                      w["bytes"], w["access"]) for w in answer["who"]})
    print(f"    {len(mappings)} streams with tables, {sum(map(len, mappings.values()))} extents, "
          f"{hits} answers of who compared")
    if len(mappings) < 3 or not hits:
        check.failed += 1
        print("FAILED: drgn: wanted three streams with tables and answers of who: the run shows nothing")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out", help="result directory of the run")
    p.add_argument("--ctl", required=True, help="smmu-adoptctl for this machine")
    args = p.parse_args()
    try:
        import drgn                     # pylint: disable=import-outside-toplevel
    except ImportError:
        if sys.executable != PYTHON and os.access(PYTHON, os.X_OK):
            os.execv(PYTHON, [PYTHON, *sys.argv])
        print("SKIP: drgn: Debian's package python3-drgn is not installed")
        print("drgn: 0 passed, 0 failed, 1 skipped")
        return 0
    sys.path[:0] = [os.path.join(TOP, "contrib/drgn"), os.path.join(TOP, "tests/tools")]
    import smmu_adopt                   # pylint: disable=import-outside-toplevel,import-error
    dump = os.path.join(args.out, "vmcore")
    prog = drgn.Program()
    prog.set_core_dump(dump)
    check = Check(args.ctl, dump)
    compare(check, prog, smmu_adopt)
    print(f"drgn: {check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())

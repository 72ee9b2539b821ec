# SPDX-License-Identifier: LGPL-2.1-or-later
"""splats.py - what the guest's kernels complained about by themselves, in either console.

WARN() and BUG(), oopses, and the reports of lockdep, RCU, KASAN and the list debugging, as far as a
kernel has them built in. A scenario that provokes one names it: `[console] allow`, regular expressions.
"""

import re

SPLAT = re.compile(r"WARNING: |BUG: |kernel BUG at|Internal error: |possible circular locking|"
                   r"possible recursive locking|inconsistent lock state|suspicious RCU usage|"
                   r"(?:list_add|list_del) corruption|refcount_t: |UBSAN: |DMA-API: .*(?:device driver|exceed)")
# What a scenario's own command printed, on its way through the kernel's log.
COMMAND = re.compile(r"\] (?:crashed|after)-command: ")

# A report has our code in it: one of our modules behind a function, or our part of a built-in driver.
OURS = re.compile(r"\[(?:smmu_adopt|arm_smmu_v3_adopt)\]|\barm_smmu_(?:adopt|\w*kdump)")
FRAME = re.compile(r"^(?:\[[ .\d]+\] )? *(?:\[<[0-9a-f]+>\] )?[\w.]+\+0x[0-9a-f]+/0x")
LONGEST = 150


def _report(lines):
    """The report that begins with the first of these lines."""
    in_trace, framed = False, re.search("BUG: K[AC]SAN: ", lines[0])    # up to a line of "="
    for n, line in enumerate(lines[:LONGEST]):
        if "---[ end trace" in line or framed and n and "=========" in line:
            return lines[:n]
        if in_trace and not framed and "WARNING: CPU" not in lines[0] and not FRAME.search(line):
            return lines[:n]
        in_trace = in_trace or "Call trace:" in line
    return lines[:LONGEST]


def find(texts, allow=(), named=None):
    """["capture: line", ...] of both consoles; with `named`, of the reports in which it is found."""
    out = []
    for name in ("crashed", "capture"):
        lines = texts.get("console_" + name, "").splitlines()
        for n, line in enumerate(lines):
            if not SPLAT.search(line) or COMMAND.search(line) or any(re.search(a, line) for a in allow):
                continue
            if named is None or any(named.search(r) for r in _report(lines[n:])):
                out.append(f"{name}: {line.strip()[:200]}")
    return out

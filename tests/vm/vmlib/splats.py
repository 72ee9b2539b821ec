# SPDX-License-Identifier: LGPL-2.1-or-later
"""splats.py - what the guest's kernels complained about by themselves, in either console.

WARN() and BUG(), oopses, and the reports of lockdep, RCU, KASAN and the list debugging, as far as a
kernel has them built in. A scenario that provokes one names it: `[console] allow`, regular expressions.
"""

import re

SPLAT = re.compile(r"WARNING: |BUG: |kernel BUG at|Internal error: |possible circular locking|"
                   r"possible recursive locking|inconsistent lock state|suspicious RCU usage|"
                   r"(?:list_add|list_del) corruption|refcount_t: |UBSAN: ")


# What a scenario's own command printed, on its way through the kernel's log.
COMMAND = re.compile(r"\] (?:crashed|after)-command: ")


def find(texts, allow=()):
    """["capture: line", ...] of both consoles."""
    out = []
    for name in ("crashed", "capture"):
        for line in texts.get("console_" + name, "").splitlines():
            if SPLAT.search(line) and not COMMAND.search(line) and not any(re.search(a, line) for a in allow):
                out.append(f"{name}: {line.strip()[:200]}")
    return out

# SPDX-License-Identifier: LGPL-2.1-or-later
"""variant.py - a scenario as it runs on another kernel than the one it was written for."""

import re

# A kernel with KASAN and lockdep: an eighth of all memory is its shadow, and whatever it does takes longer.
DEBUG_MEMORY_MB, DEBUG_CRASHKERNEL_MB = 128, 128
DEBUG_PATIENCE = 6


def bigger(s, memory, crashkernel):
    """More memory, and room for it on the dump disk."""
    s.machine["memory_mb"] += memory
    s.machine["crashkernel_mb"] += crashkernel
    s.dump["disk_mb"] += memory


def _more(condition, factor):
    if isinstance(condition, list):
        return [_more(c, factor) for c in condition]
    m = re.fullmatch(r"(<=?) (\d+)", condition) if isinstance(condition, str) else None
    return f"{m[1]} {int(m[2]) * factor}" if m else condition


def patient(s, factor):
    """All limits of time times `factor`, those among the expectations too."""
    s.patience = factor
    s.limits["timeout"] *= factor
    s.capture["daemon_deadline"] *= factor
    s.dump["deadline"] *= factor
    s.expect = {path: _more(c, factor) if path.endswith("_ms") else c for path, c in s.expect.items()}


def debug(s):
    """With a kernel that looks for mistakes of its own."""
    s.debug = True
    bigger(s, DEBUG_MEMORY_MB, DEBUG_CRASHKERNEL_MB)
    patient(s, DEBUG_PATIENCE)
    # To read all of /proc/vmcore takes it ten minutes on a busy host, and no code of ours has a part in it. And some
    # limits of the daemon are no setting, as the half second to give holds back in: a finding tells of each.
    s.dump["vmcore"] = False
    s.expect = {path: c for path, c in s.expect.items()
                if path != "dump.saved" and not path.endswith(".findings)")}
    for section in (s.crashed, s.capture):
        # Every report of KASAN, not the first only
        section["append"] = f"{section['append']} kasan_multi_shot".strip()
    s.expect.update({"facts.lockdep.crashed": 1, "facts.lockdep.capture": 1})


def native(s):
    """With a kernel that adopts by itself: no driver of ours, whose options are the built-in driver's."""
    s.capture["adopting_driver"] = False
    options = [o for text in s.capture["files"].values()
               for line in re.findall(r"^options arm_smmu_v3_adopt (.*)$", text, re.M)
               for o in line.split()]
    s.capture["append"] = " ".join([s.capture["append"], *(f"arm_smmu_v3.{o}" for o in options)])

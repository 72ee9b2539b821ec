# SPDX-License-Identifier: LGPL-2.1-or-later
"""variant.py - a scenario as it runs on another kernel than the one it was written for."""

import re

# A kernel with KASAN and lockdep: an eighth of all memory is its shadow, and whatever it does takes longer.
DEBUG_MEMORY_MB, DEBUG_CRASHKERNEL_MB = 128, 128
DEBUG_PATIENCE = 6


def of_release(s, release):
    """What is expected of the kernel with this release."""
    if int(release.partition(".")[0]) >= 7:
        s.expect.update(s.expect_from_7)


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


def _without_domains(condition):
    """Of a list, without what a busy host may not do in the two seconds that the daemon has for it."""
    if not isinstance(condition, list):
        return condition
    return [c for c in condition if not re.match("matches domain .*: done ", c)]


def _watching(s, option, says):
    """With a kernel that looks for mistakes of its own, has an option for how, and says that it does."""
    s.debug = True
    bigger(s, DEBUG_MEMORY_MB, DEBUG_CRASHKERNEL_MB)
    patient(s, DEBUG_PATIENCE)
    # To read all of /proc/vmcore takes it ten minutes on a busy host, and no code of ours has a part in it. And some
    # limits of the daemon are no setting, as the half second to give holds back in: a finding tells of each.
    s.dump["vmcore"] = False
    s.expect = {path: _without_domains(c) for path, c in s.expect.items()
                if path != "dump.saved" and not path.endswith(".findings)")}
    for section in (s.crashed, s.capture):
        section["append"] = f"{section['append']} {option}".strip()
    for console in ("console_crashed", "console_capture"):
        more = s.expect.get(console, [])
        s.expect[console] = ([more] if isinstance(more, str) else more) + [f"contains {says}"]


def debug(s):
    """With KASAN and lockdep."""
    # Every report of KASAN, not the first only
    _watching(s, "kasan_multi_shot", "KernelAddressSanitizer initialized")
    # It finds what poison in freed memory would, and a stack trace for each allocation is its own, too.
    s.capture["append"] = re.sub(r" ?\bslub_debug=\S+", "", s.capture["append"])
    s.expect.update({"facts.lockdep.crashed": 1, "facts.lockdep.capture": 1})


def kcsan(s):
    """With KCSAN: there is no race with one processor. It watches one access of 4000, were it not told."""
    _watching(s, "kcsan.skip_watch=1000", "kcsan: enabled early")
    s.capture["cpus"] = max(s.capture["cpus"], 2)


def native(s):
    """With a kernel that adopts by itself: no driver of ours, whose options are the built-in driver's."""
    s.capture["adopting_driver"] = False
    options = [o for text in s.capture["files"].values()
               for line in re.findall(r"^options arm_smmu_v3_adopt (.*)$", text, re.M)
               for o in line.split()]
    s.capture["append"] = " ".join([s.capture["append"], *(f"arm_smmu_v3.{o}" for o in options)])

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench_plan.py - time of `smmu-adoptctl plan` against the number of functions.

Machines of 10 to 10,000 functions are made as files: a sysfs tree, and the helper's records by mkrec.
Each is planned, and its files are read by cat for comparison, in turns. Claims: the time is linear in
the number of functions, and 1,000 take at most 100 ms.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZES = (10, 100, 1000, 10000)
GOAL_FUNCTIONS, GOAL_MS = 1000, 100
# Linear is exponent 1; noise and caches may add, a loop in a loop makes it 2.
GROWTH_MAX = 1.25
SMMU = ("smmu=0 phase={} state=adopted reason=1 evidence=kdump-kernel,registers-read,smmuen,cmdqen,"
        "strtab-in-old-ram,cmdq-in-capture-ram,driver-bound,coherent base=0x9050000 "
        "name=arm-smmu-v3.0.auto stes={} idr0=0x8041216 idr1=0x2420010 idr5=0x74 cr0=0x9 cr0ack=0x9 "
        "strtab_base=0x4000000044600000 strtab_base_cfg=0x10210 cmdq_base=0x4000000070100012")


def pci_name(i):
    """A function and its requester id, bus by bus; the first bus is the root complex."""
    rid = 0x100 + i
    return f"0000:{rid >> 8:02x}:{rid >> 3 & 31:02x}.{rid & 7}", rid


def sid_of(i):
    """Every eighth function shares the StreamID of the one before it."""
    return pci_name(i - 1 if i % 8 == 7 else i)[1]


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def records(count):
    lines = ["at 9", "file producer=smmu_adopt capture=1 wall=1763848800 kernel=6.12 boot=1 "
             'program="smmu_adopt bench"', "smmu " + SMMU.format("crash", count)]
    for i in range(count):
        sid = sid_of(i)
        lines.append(f"ste phase=crash sid={sid:#x} addr={0x44700000 + sid * 64:#x} "
                     f"s1={0x45000000 + sid * 64:#x}")
    lines += ["at 10", "smmu " + SMMU.format("now", count)]
    for i in range(count):
        name, sid = pci_name(i)[0], sid_of(i)
        lines.append(f"ste phase=now sid={sid:#x} addr={0x44700000 + sid * 64:#x} "
                     f"s1={0x45000000 + sid * 64:#x}")
        lines.append(f"device phase=now name={name} bus=pci class=0x020000 vendor=0x8086 "
                     f"device=0x10d3 group={i} flags=group sids={sid:#x}")
    return "\n".join(lines) + "\n"


def make_machine(root, count, mkrec):
    """Returns the files that planning reads."""
    shutil.rmtree(root, ignore_errors=True)
    files = []
    for i in range(count):
        name, _ = pci_name(i)
        base = os.path.join(root, "sys/devices/pci0000:00", name)
        write(os.path.join(base, "modalias"),
              b"pci:v00008086d000010D3sv00000000sd00000000bc02sc00i00\n")
        write(os.path.join(base, "driver_override"), b"(null)\n")
        files.append(os.path.join(base, "modalias"))
        os.symlink(f"../../../kernel/iommu_groups/{i}", os.path.join(base, "iommu_group"))
        link = os.path.join(root, "sys/bus/pci/devices", name)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(f"../../../devices/pci0000:00/{name}", link)
    path = os.path.join(root, "sys/kernel/debug/smmu_adopt/arm-smmu-v3.0.auto/records")
    stream = subprocess.run([mkrec], input=records(count).encode(), stdout=subprocess.PIPE, check=True)
    write(path, stream.stdout)
    write(os.path.join(root, "etc/smmu-adopt/smmu-adopt.conf"),
          f"[Dump]\ndevice = {pci_name(count - 1)[0]}\n".encode())
    return files + [path]


def timed(argv, stdin=None):
    begin = time.perf_counter()
    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, check=False)
    return (time.perf_counter() - begin) * 1000, done


def measure(machines, ctl, repeat):
    times = {n: {"plan": [], "cat": []} for n in machines}
    for _ in range(repeat):
        for n, (root, files) in machines.items():
            took, done = timed([ctl, "--root", root, "plan"])
            if done.returncode or f"{n} endpoints, {n} live".encode() not in done.stdout:
                sys.exit(f"bench_plan: {n} functions: exit {done.returncode}, unexpected plan")
            times[n]["plan"].append(took)
            took, _ = timed(["xargs", "-0", "cat"], "\0".join(files).encode())
            times[n]["cat"].append(took)
    return {n: {k: statistics.median(v) for k, v in t.items()} for n, t in times.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--repeat", type=int, default=5)
    args = p.parse_args()
    build = os.path.abspath(args.build)
    ctl = os.path.join(build, "native/ctl/smmu-adoptctl")
    mkrec = os.path.join(build, "native/tests/tools/mkrec")
    machines = {}
    for n in SIZES:
        root = os.path.join(build, f"bench/plan-{n}")
        machines[n] = (root, make_machine(root, n, mkrec))
    t = measure(machines, ctl, args.repeat)
    growth = math.log10(t[SIZES[-1]]["plan"] / t[SIZES[-2]]["plan"])
    print("| functions | plan, ms | cat of the same files, ms | ratio | µs per function |")
    print("|--:|--:|--:|--:|--:|")
    for n, m in t.items():
        print(f"| {n:,} | {m['plan']:.1f} | {m['cat']:.1f} | {m['plan'] / m['cat']:.2f} | "
              f"{m['plan'] * 1000 / n:.1f} |")
    good = growth <= GROWTH_MAX and t[GOAL_FUNCTIONS]["plan"] <= GOAL_MS
    print(f"growth from {SIZES[-2]:,} to {SIZES[-1]:,}: exponent {growth:.2f} (linear is 1, at most "
          f"{GROWTH_MAX}); {GOAL_FUNCTIONS:,} in at most {GOAL_MS} ms: {'ok' if good else 'MISSED'}")
    with open(os.path.join(build, "bench/plan.json"), "w", encoding="utf-8") as f:
        json.dump({"schema": "smmu-adopt-bench-plan/1", "growth": growth, "ms": t}, f, indent=1)
        f.write("\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

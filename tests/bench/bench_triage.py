#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench_triage.py - table walks of smmu-adoptctl: ratios, each of two things done in turns in this run.

Makes dumps with triage_make, a kdump-compressed twin with makedumpfile, and
runs the program against drgn and crash. Prints one table with the goals, and leaves triage.json. A ratio
that misses its goal is said, not an error: a busy host makes noise. An error is a wrong answer, or more
memory than the manual page says.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

GOALS = {
    "B1": ("our walk / the same pages by sorted pread, and a look at each entry", 2.0),
    "B2": ("our walk of kdump, zlib / inflating the same pages in a loop", 1.3),
    "B3elf": ("bytes read from the file / bytes of tables, ELF", 1.1),
    "B3kdump": ("the same, kdump: of compressed pages and their descriptors", 1.2),
    "B4": ("reach, process and all / drgn script reading whole tables", 1 / 20),
    "B5": ("our walk by our ELF reader / by libkdumpfile, mmap off", None),
    "B6": ("libkdumpfile's random reads, cold: mmap on / off", None),
    "B7": ("a walk that looks for one page / a walk", 1.05),
    "B8": ("reach, 65,536 StreamIDs / 8 StreamIDs, on 8 sets of tables", 2.0),
    "B9": ("peak memory of reach / (64 MiB + 32 KiB for each GiB), 64 GiB, 16 M leaves", 1.0),
    "B10": ("walk of one address, process and all / crash --osrelease", 1.0),
    "B11": ("event ring: bytes decoded / bytes copied in the same time", (0.1,)),
    "B12": ("cold file: a walk that tells which tables come next / one that does not", 0.3),
    "B13": ("who on 64 GiB, 1 M leaves, process and all / drgn's start with the same dump", 0.3),
    "B14": ("our walk of kdump, zlib, by our reader / by libkdumpfile in a child", 1.0),
}
ROUNDS = 5

DRGN = """
import sys, array, drgn
prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
MASK = 0x0000fffffffff000
def visit(table, level):
    n = 0
    entries = array.array("Q", prog.read(table, 4096, True))
    for e in entries:
        if e & 1:
            if level == 3:
                n += 1
            else:
                n += visit(e & MASK, level + 1)
    return n
print(sum(visit(int(r, 16), 0) for r in sys.argv[2:]))
"""


def timed(*argv, codes=(0,), env=None):
    """(seconds, peak KiB of any child so far, stdout)"""
    start = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
    took = time.monotonic() - start
    if done.returncode not in codes:
        raise SystemExit(f"bench: {argv[0]} ended with {done.returncode}: {done.stderr[-400:]}")
    return took, done.stdout


def peak_kib(*argv):
    """Peak memory of one process, measured in a child of its own."""
    pid = os.fork()
    if not pid:
        try:
            subprocess.run(argv, stdout=subprocess.DEVNULL, check=False)
            with open("peak", "w", encoding="ascii") as f:
                f.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    with open("peak", encoding="ascii") as f:
        return int(f.read())


def ratio(a, b, rounds=ROUNDS):
    """Median of A / B, and both medians in ms."""
    pairs = [(a(), b()) for _ in range(rounds)]
    return (statistics.median(x / y for x, y in pairs), 1000 * statistics.median(x for x, _ in pairs),
            1000 * statistics.median(y for _, y in pairs))


class Bench:
    def __init__(self, build):
        self.ctl = os.path.abspath(f"{build}/native/ctl/smmu-adoptctl")
        self.make = os.path.abspath(f"{build}/native/tests/bench/triage_make")
        self.walk = os.path.abspath(f"{build}/native/tests/bench/triage_walk")
        self.out = os.path.abspath(f"{build}/bench/triage")
        self.results = {}

    def lines(self, *argv):
        for line in timed(self.walk, *argv)[1].splitlines():
            name, value, a, b = line.split()
            self.results[name] = (float(value), float(a), float(b))

    def reach(self, dump, records):
        # The leaves lead everywhere, so that reach has findings.
        return timed(self.ctl, "--json", "--records", records, "reach", dump, codes=(0, 3, 4))

    def kdump_twin(self):
        """makedumpfile does not touch an Arm dump whose VMCOREINFO it sees on another machine."""
        if not shutil.which("makedumpfile"):
            return None
        shutil.copyfile("vmcore", "hidden")  # copies the holes as zeros: 1 GiB
        with open("hidden", "r+b") as f:
            f.seek(0x400 + 12)
            f.write(b"HIDDENINFO")
        if os.path.exists("kdump"):
            os.remove("kdump")
        subprocess.run(["makedumpfile", "-c", "-d", "0", "hidden", "kdump"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.remove("hidden")
        return "kdump"

    def small(self, gib, leaves):
        shape = (str(gib), str(leaves))
        timed(self.make, ".", *shape)
        self.lines("elf", "vmcore", *shape)
        twin = self.kdump_twin()
        if twin:
            self.lines("kdump", twin, *shape)
        streams = json.loads(timed(self.ctl, "--json", "--records", "8.rec", "streams", "vmcore")[1])["streams"]
        assert sum(s["mapped_bytes"] for s in streams) == leaves * 4096, "mapped bytes"
        self.results["B8"] = ratio(lambda: self.reach("vmcore", "65536.rec")[0],
                                   lambda: self.reach("vmcore", "8.rec")[0])
        self.drgn(leaves)
        if shutil.which("crash"):
            self.crash_twin()
            self.results["B10"] = ratio(
                lambda: timed(self.ctl, "--records", "8.rec", "walk", "vmcore", "1", "0x1000")[0],
                lambda: timed("crash", "--osrelease", "twin")[0])
            os.remove("twin")

    @staticmethod
    def crash_twin():
        """crash reads dumps of its own machine's kind only: the same headers and size, and our e_machine."""
        with open("vmcore", "rb") as f, open("/proc/self/exe", "rb") as own, open("twin", "wb") as twin:
            head = bytearray(f.read(0x2000))
            head[18:20] = own.read(20)[18:20]
            twin.write(head)
            twin.truncate(os.path.getsize("vmcore"))

    def drgn(self, leaves):
        python = "/usr/bin/python3"
        if subprocess.run([python, "-c", "import drgn"], check=False, stderr=subprocess.DEVNULL).returncode:
            return
        streams = json.loads(timed(self.ctl, "--json", "--records", "8.rec", "streams", "vmcore")[1])["streams"]
        roots = [s["text"].split("tables at ")[1].split(",")[0] for s in streams]

        def theirs():
            took, out = timed(python, "-c", DRGN, "vmcore", *roots)
            assert int(out) == leaves, f"drgn walked {out}"
            return took
        self.results["B4"] = ratio(lambda: self.reach("vmcore", "8.rec")[0], theirs, rounds=3)

    def large(self):
        """64 GiB, 16 M leaves: the whole of it, within the memory that the manual page says."""
        timed(self.make, ".", "64", str(16 << 20))
        formula = (64 << 10) + 64 * 32
        took, out = self.reach("vmcore", "8.rec")
        answer = json.loads(out)
        mapped = json.loads(timed(self.ctl, "--json", "--records", "8.rec", "streams", "vmcore")[1])["streams"]
        leaves = sum(s["mapped_bytes"] for s in mapped) // 4096
        assert leaves == 16 << 20, f"{leaves} leaves walked"
        assert not [g for g in answer["gaps"] if "tables at" in g], answer["gaps"]
        peak = peak_kib(self.ctl, "--json", "--records", "8.rec", "reach", "vmcore")
        self.results["B9"] = (peak / formula, peak, formula)
        print(f"64 GiB, 16 M leaves: {took:.1f} s, {peak} KiB at most, {answer['writable_bytes'] >> 20} MiB writable, "
              f"{answer['ranges']} ranges")
        return peak <= formula

    def first_answer(self):
        """64 GiB of which devices have 4 GiB: a person's first question, and the debugger until its first prompt."""
        if not shutil.which("drgn"):
            return
        timed(self.make, ".", "64", str(1 << 20))
        with open("nothing.py", "w", encoding="ascii"):
            pass
        who = [self.ctl, "--records", "8.rec", "who", "vmcore", "0x44123000"]
        self.results["B13"] = ratio(lambda: timed(*who, codes=(0, 3))[0],
                                    lambda: timed("drgn", "-q", "--no-default-symbols", "-c", "vmcore", "nothing.py")[0])

    def table(self):
        print("| id | what | goal | measured | A, ms (KiB) | B, ms (KiB) |\n|---|---|--:|--:|--:|--:|")
        for name, (what, goal) in GOALS.items():
            if name not in self.results:
                print(f"| {name} | {what} | | not run: a program is missing | | |")
                continue
            value, a, b = self.results[name]
            good = goal is None or (value >= goal[0] if isinstance(goal, tuple) else value <= goal)
            text = "" if goal is None else f">= {goal[0]}" if isinstance(goal, tuple) else f"<= {goal:.2f}"
            print(f"| {name} | {what} | {text} | {value:.3f}{'' if good else ' (missed)'} | {a:.1f} | {b:.1f} |")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--build", default="build")
    args = p.parse_args()
    bench = Bench(args.build)
    os.makedirs(bench.out, exist_ok=True)
    os.chdir(bench.out)
    bench.lines("ring")
    bench.small(1, 4 << 20)
    within = bench.large()
    bench.first_answer()
    os.remove("vmcore")
    bench.table()
    with open("triage.json", "w", encoding="utf-8") as f:
        json.dump(bench.results, f, indent=1)
    if not within:
        print("bench: reach needed more memory than the manual page says")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

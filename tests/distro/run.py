#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""run.py - one crash of a whole distribution: boot, crash, its own capture, boot again, look.

A scenario is a TOML file in scenarios/. The machine's disk is a copy of WORK/disk.img (mkimage.sh),
so nothing in it is ours but the packages under test and guest/agent, which works the machine and
looks on. Everything else is Debian's: kdump-tools makes and loads the capture image, systemd runs
the units, kdump-tools-dump.service saves the dump and restarts the machine.

Two scenarios run side by side, from the crash on each has the host for itself (turns.py).

Leaves <out>/result.json and logs beside it. Exit code: 0 all expectations hold, 1 one does not,
2 the run could not take place. `--measures A B` prints two results side by side.
"""

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests/vm"), HERE]

from turns import MachineJob, ProcessJob, Turns, end, family                         # noqa: E402
from vmlib import expect, result, splats                                      # noqa: E402
from vmlib.errors import VmError                                              # noqa: E402
from vmlib.machine import Machine                                             # noqa: E402
from vmlib.summary import dump_line, sid_line                                 # noqa: E402
from vmlib.witness import Witness                                             # noqa: E402

UUID = "5d6d3b7e-0c3f-4ad5-9a30-5b6a3a2f1c01"
DATA_UUID = "5d6d3b7e-0c3f-4ad5-9a30-5b6a3a2f1c02"    # guest/agent's, too
# Legacy interrupts of the NIC: tests/vm/scenarios/base.toml says why. A busy host stops a processor for longer than
# the 20 s that a kernel calls a soft lockup; two minutes are the most it can be told.
CMDLINE = ("root=UUID={uuid} ro console=ttyAMA0 printk.devkmsg=on loglevel=7 e1000e.IntMode=0 "
           "systemd.show_status=1 systemd.firstboot=0 systemd.getty_auto=no watchdog_thresh=60 crashkernel={crashkernel}M")
# As servers have it. QEMU's "max" makes a kernel's every step slower, by pointer authentication.
CPU = "cortex-a76"
DEFAULTS = {"title": "", "root": "", "words": "", "crashkernel_mb": 192, "memory_mb": 1024,
            "after": False, "after_words": "", "traffic_from": "boot", "timeout": 7200, "allow": [],
            "data_disk": False, "expect": {}}
SCHEMA = "smmu-adopt-distro/1"
FOLDER = re.compile(r"[0-9]{12}|127\.0\.0\.1-[0-9:-]{19}")     # of kdump-tools, of kdump-utils
MAKEDUMPFILE = (b"KDUMP   ", b"makedumpfile\0")                # kdump-compressed, and flattened
END = "guest-reset after dump-end"    # Debian's `reboot -f` stops nothing before


def read(name):
    """The keys of a scenario, and those of the one that it is `like`."""
    path = os.path.join(HERE, "scenarios", name + ".toml")
    try:
        with open(path, "rb") as f:
            given = tomllib.load(f)
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise VmError(f"{path}: {e}") from e
    other = read(given.pop("like")) if "like" in given else {"expect": {}}
    return {**other, **given, "expect": {**other.get("expect", {}), **given.get("expect", {})}}


def load(name):
    given = read(name)
    unknown = given.keys() - DEFAULTS.keys()
    if unknown:
        raise VmError(f"{name}: unknown keys: {', '.join(sorted(unknown))}")
    return SimpleNamespace(name=name, **{**DEFAULTS, **given})


def make_data_disk(path):
    with open(path, "wb") as f:
        f.truncate(32 << 20)
    subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-U", DATA_UUID, path], check=True)


def machine_of(s, data):
    """What vmlib's Machine wants to know. @data: image of a disk that has another kind of controller."""
    devices, args = ["e1000e,netdev=net0,addr=1", "nvme,drive=disk0,serial=root,addr=2"], []
    if s.data_disk:
        devices.append("virtio-blk-pci,drive=data,addr=3,iommu_platform=on,disable-legacy=on")
        args = ["-drive", f"file={data},if=none,id=data,format=raw,cache=unsafe"]
    return SimpleNamespace(
        machine={"boot": "dt", "smmus": [], "cpus": 2, "cpu": CPU, "memory_mb": s.memory_mb, "qemu_args": args,
                 "devices": devices},
        traffic={"net0": {"rate": 10, "size": 214}}, damage={"writes": []},
        limits={"log_cap_mb": 20})


class Boot:
    """One life of the machine, until it is off or starts anew."""

    def __init__(self, s, out, disk, work, watch, words, turns):
        self.s, self.turns, self.start = s, turns, time.monotonic()
        self.phases, self.facts, self.end, self.sent = [], {}, None, 0
        self.witness = Witness([0x8, 0x10] + ([0x18] if s.data_disk else []))
        os.makedirs(out, exist_ok=True)
        cmdline = CMDLINE.format(uuid=UUID, crashkernel=s.crashkernel_mb)
        data = os.path.join(os.path.dirname(disk), "data.img")
        machine = Machine(machine_of(s, data), out, watch, os.path.join(work, "vmlinuz"),
                          os.path.join(work, "initrd.img"), disk, f"{cmdline} {words}")
        self.job = MachineJob(machine)
        turns.join(self.job)
        try:
            while self.end is None:
                left = s.timeout - self.age()
                if left <= 0:
                    self.end = f"timeout after {self.last()}"
                    break
                try:
                    self.handle(machine, machine.events.get(timeout=left))
                except queue.Empty:
                    pass
            self.sent = sum(t.sent for t in machine.traffic)
            machine.finish()
        finally:
            turns.leave(self.job)
            machine.close()

    def age(self):
        return time.monotonic() - self.start - self.job.stopped_s()

    def last(self):
        return self.phases[-1]["name"] if self.phases else "nothing"

    def times(self):
        return {p["name"]: p["time"] for p in reversed(self.phases)}

    def phase(self, machine, name):
        self.phases.append({"name": name, "time": round(self.age(), 2)})
        if name == "nic-up":
            # Its guest goes on to the crash when frames come.
            self.turns.measure(self.job)
            machine.start_traffic()
        elif name == "crash":
            self.witness.sample(machine.qmp, "crash")
        elif name == "dump-start":
            self.witness.sample(machine.qmp, "dump")
        elif name == "dump-end":
            # The NIC's own shutdown lets it receive into rings it has just unmapped.
            machine.stop_traffic()
            self.witness.sample(machine.qmp, "end")
        if name == "boot" and self.s.traffic_from != "boot":
            machine.pause_traffic()
        elif name == self.s.traffic_from:
            machine.resume_traffic()

    def handle(self, machine, event):
        kind, what, rest = event
        if kind == "watch" and what == "phase":
            self.phase(machine, rest.split(" ")[0])
        elif kind == "watch" and what in ("panic", "boot"):
            self.phase(machine, what)
        elif kind == "watch" and what == "fact":
            key, _, value = rest.partition(" ")
            self.facts[key] = int(value) if value.strip().lstrip("-").isdigit() else value
        elif kind == "qmp" and what == "SHUTDOWN":
            self.end = f"{rest.get('reason')} after {self.last()}"
        elif kind == "exit" and what == "qemu":
            self.end = f"QEMU ended by itself (exit {rest})"


def run_e2fsck(disk):
    """The journal is replayed, so that debugfs sees what the machine would."""
    done = subprocess.run(["/sbin/e2fsck", "-fp", disk], capture_output=True, text=True, check=False)
    if done.returncode > 2:
        raise VmError(f"e2fsck: {done.stdout.strip()[-300:]}")


def take_crash(disk, out):
    """What lies in the newest crash folder: small files are copied, the dump is looked at."""
    folders = sorted(n for n, (is_dir, _) in result.list_dir(disk, "/var/crash").items()
                     if is_dir and FOLDER.fullmatch(n))
    crash = {"folders": len(folders)}
    if not folders:
        return crash, {"saved": False}
    crash["folder"], dump = folders[-1], {"saved": False}
    files = result.list_dir(disk, f"/var/crash/{folders[-1]}")
    crash["files"] = {n: size for n, (_, size) in sorted(files.items())}
    for name, size in crash["files"].items():
        path = f"/var/crash/{folders[-1]}/{name}"
        if re.fullmatch(r"(dump|vmcore)(\.[0-9]{12})?", name):
            head = result.head(disk, path)
            dump = {"file": name, "bytes": size, **result.check_elf(head, size)}
            # Of makedumpfile only the first bytes are looked at here: the machine itself reads it (facts.read).
            dump["saved"] = bool(dump.get("readable")) or head.startswith(MAKEDUMPFILE)
        elif size < 16 << 20 and re.fullmatch(r"[A-Za-z0-9_.+-]+", name):
            result.debugfs(disk, f"dump {path} {out}/{name}")
    return crash, dump


def measures(boot):
    """What an administrator would compare, in one unit each; absent what was not seen."""
    t, f = boot.times(), boot.facts
    out = {}
    if "panic" in t and "dump-start" in t:
        out["panic_to_first_byte_s"] = round(t["dump-start"] - t["panic"], 1)
    if "panic" in t and "dump-end" in t:
        out["panic_to_dump_end_s"] = round(t["dump-end"] - t["panic"], 1)
    for key, fact in (("image_bytes", "image.bytes"), ("kernel_to_real_root_ms", "capture.real_root_ms"),
                      ("kernel_to_first_byte_ms", "dump.first_byte_ms")):
        if fact in f:
            out[key] = f[fact]
    if "capture.least_available_kb" in f:
        out["peak_memory_kib"] = f["capture.mem_total_kb"] - f["capture.least_available_kb"]
    return out


def gather(s, boot, after, out, ctl):
    crash, dump = take_crash(os.path.join(out, "disk.img"), out)
    if "dump.end_ms" in boot.facts and "dump.first_byte_ms" in boot.facts:
        dump["ms"] = boot.facts["dump.end_ms"] - boot.facts["dump.first_byte_ms"]
    result.debugfs(os.path.join(out, "disk.img"), f"rdump /var/lib/vm-test {out}")
    seen = os.path.join(out, "vm-test")
    texts = {os.path.splitext(n)[0].replace("-", "_"): result.read_text(os.path.join(seen, n))
             for n in (os.listdir(seen) if os.path.isdir(seen) else []) if n.endswith((".txt", ".list"))}
    res = {"schema": SCHEMA, "scenario": s.name, "title": s.title, "end": boot.end,
           "phases": boot.phases, "facts": result.nest_facts(boot.facts), "measures": measures(boot),
           "dma": result.read_json(os.path.join(out, "dma.json")) or {},
           "witness": boot.witness.result(), "traffic": {"frames_sent": boot.sent},
           "crash": crash, "dump": dump}
    report = result.read_report(ctl, out)
    if report:
        res["report"] = report
    for name in ("check_json", "report_json", "report_embedded"):
        try:
            res[name] = json.loads(texts.get(name, ""))
        except ValueError:
            pass
    if after:
        res["after"] = {"end": after.end, "phases": after.phases,
                        "facts": result.nest_facts(after.facts)}
    texts["console_crashed"] = result.read_text(os.path.join(out, "console-crashed.log"))
    texts["console_capture"] = result.read_text(os.path.join(out, "console-capture.log"))
    res["splats"] = splats.find(texts, s.allow)
    return res, texts


IMAGES = defaultdict(threading.Lock)


def make_image(s, args, turns):
    """What `make check-distro` has not done yet: the root disk, by mkimage.sh. Once, if two scenarios have the same."""
    with IMAGES[s.root]:
        make_image_alone(s, args, turns)


def make_image_alone(s, args, turns):
    job = ProcessJob(["make", "-C", ROOT, "--no-print-directory", f"BUILD={args.build}", f"distro-image-{s.root}"])
    turns.join(job)
    try:
        if job.wait():
            raise VmError(f"{s.name}: its image was not made (messages above)")
    finally:
        turns.leave(job)


def run_scenario(s, args, turns):
    if args.images:
        make_image(s, args, turns)
    watch = os.path.join(args.build, "native/tests/vm/watch")
    work = os.path.join(args.build, "distro", s.root)
    out = os.path.join(args.build, "distro", "run-" + s.name)
    if not os.path.exists(os.path.join(work, "disk.img")):
        raise VmError(f"{work}/disk.img is missing (make check-distro makes it)")
    disk = os.path.join(out, "disk.img")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", os.path.join(work, "disk.img"), disk],
                   check=True)
    if s.data_disk:
        make_data_disk(os.path.join(out, "data.img"))
    boot = Boot(s, out, disk, work, watch, f"vm.do=crash {s.words}".strip(), turns)
    after = None
    if s.after and boot.end == END:
        after = Boot(s, os.path.join(out, "after"), disk, work, watch,
                     f"vm.do=after {s.after_words}".strip(), turns)
    run_e2fsck(disk)
    res, texts = gather(s, boot, after, out, os.path.join(args.build, "native/ctl/smmu-adoptctl"))
    root = {**texts, **res}
    expectations = {"end": END, "dump.saved": True, "len(splats)": 0, **s.expect}
    res["expectations"] = expect.check(root, expectations)
    res["pass"] = all(e["pass"] for e in res["expectations"])
    with open(os.path.join(out, "result.json"), "w", encoding="utf-8") as f:
        json.dump(res, f, indent=1)
        f.write("\n")
    if not args.keep:
        os.remove(disk)
    return res, out


def print_result(res, out):
    good = sum(e["pass"] for e in res["expectations"])
    print(f"distro: {'PASS' if res['pass'] else 'FAIL'} {res['scenario']}: "
          f"{good}/{len(res['expectations'])} expectations")
    if res["dma"]:
        for name, sid in res["dma"]["sid"].items():
            print("    " + sid_line(name, sid))
    print("    " + dump_line(res["dump"]))
    for key, value in res["measures"].items():
        print(f"    {key} {value}")
    for e in res["expectations"]:
        if not e["pass"]:
            print(f"    FAILED {e['path']}: expected {e['expected']!r}, seen {e['seen']}")
    print(f"    files: {os.path.relpath(out)}")


def print_measures(build, names):
    results = [result.read_json(os.path.join(build, "distro", f"run-{n}", "result.json")) for n in names]
    if None in results:
        raise VmError("a result is missing: run the scenarios first")
    print(f"{'':28}" + "".join(f"{n:>16}" for n in names))
    for key in sorted({k for r in results for k in r["measures"]}):
        print(f"{key:28}" + "".join(f"{r['measures'].get(key, '-'):>16}" for r in results))


def run_all(scenarios, args):
    """(result, folder) of each, two at a time, the longest ones first."""
    turns, say = Turns(), threading.Lock()

    def run(s):
        res, out = run_scenario(s, args, turns)
        with say:
            print_result(res, out)
        return res

    with ThreadPoolExecutor(max_workers=args.jobs) as pool:
        jobs = [pool.submit(run, s) for s in sorted(scenarios, key=lambda s: (not s.after, not s.after_words))]
        return [job.result() for job in jobs]


def end_all(*_):
    """The threads wait for machines and images, which all have to end."""
    for pid in family(os.getpid())[1:]:
        end(pid)
    shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    os._exit(2)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    p = argparse.ArgumentParser(description="Crash a whole distribution on the emulated machine.")
    p.add_argument("scenario", nargs="+", help="name in scenarios/")
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--images", action="store_true", help="make the root disks before")
    p.add_argument("--jobs", type=int, default=2, help="scenarios side by side (default: 2)")
    p.add_argument("--keep", action="store_true", help="keep the disk")
    p.add_argument("--measures", action="store_true", help="run nothing, compare what was measured")
    p.add_argument("--totals", action="store_true", help="end with 'distro: N passed, N failed'")
    args = p.parse_args()
    args.build = os.path.abspath(args.build)
    # Of all machines, whose own end need not come.
    tempfile.tempdir = tempfile.mkdtemp(prefix="smmu-distro-")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_all)
    try:
        if args.measures:
            print_measures(args.build, args.scenario)
            return 0
        met = [e["pass"] for res in run_all([load(name) for name in args.scenario], args) for e in res["expectations"]]
    except VmError as e:
        print(f"distro: could not run: {e}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    if args.totals:
        print(f"distro: {met.count(True)} passed, {met.count(False)} failed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""run.py - runs one scenario of the emulated machine: boot, live DMA, crash, capture, verdict.

Leaves <out>/result.json and the logs beside it. Exit code: 0 all expectations hold, 1 one does
not, 2 the run could not take place. README.md describes scenarios and results.
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
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from vmlib import events, expect, image, iort, poke, result, scenario as scenarios  # noqa: E402
from vmlib import splats, summary, variant                                    # noqa: E402
from vmlib.errors import VmError                                              # noqa: E402
from vmlib.machine import Machine                                             # noqa: E402
from vmlib.witness import SMMU_BASE, Witness                                             # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FETCHED = ("kver", "kimage", "kmodules", "busybox", "kexec", "guestroot", "udevroot", "oldkver",
           "oldkimage", "oldkmodules")
# A busy host stops a processor for longer than the 20 s that a kernel calls a soft lockup; two minutes are the most it
# can be told.
PATIENCE = "watchdog_thresh=60"
CRASHED_CMDLINE = f"console=ttyAMA0 printk.devkmsg=on panic=5 {PATIENCE}"
# What distributions give a capture kernel to save memory, and the console.
CAPTURE_CMDLINE = (f"console=ttyAMA0 printk.devkmsg=on panic=5 {PATIENCE} "
                   "nr_cpus={cpus} reset_devices irqpoll cma=0 swiotlb=noforce")


class Parts:
    """Where the built parts lie."""

    def __init__(self, build, kernel=None):
        self.kernel = kernel
        self.daemon = os.path.join(build, "arm64/daemon/smmu-adoptd")
        self.ctl_arm64 = os.path.join(build, "arm64/ctl/smmu-adoptctl")
        self.ctl_native = os.path.join(build, "native/ctl/smmu-adoptctl")
        self.resolve = os.path.join(build, "arm64/resolve/smmu-adopt-resolve")
        self.helper = os.path.join(build, "kmod/smmu_adopt.ko")
        self.driver = os.path.join(build, "adopting-driver/arm-smmu-v3-adopt.ko")
        self.sampler = os.path.join(build, "arm64/tests/vm/sampler")
        self.killer = os.path.join(build, "arm64/tests/vm/killer")
        self.control = os.path.join(build, "arm64/tests/vm/control")
        self.probe = os.path.join(build, "vm-modules/vm_probe.ko")
        self.unmap = os.path.join(build, "vm-modules/vm_unmap.ko")
        self.refuses = os.path.join(build, "vm-modules/vm_refuses.ko")
        self.linear = os.path.join(build, "vm-linear/arm-smmu-v3-linear.ko")
        self.watch = os.path.join(build, "native/tests/vm/watch")

    def need(self, what, path, target):
        if not os.path.exists(path):
            raise VmError(f"{what} is missing: {os.path.relpath(path)} (make {target})")
        return path


def fetched(name):
    done = subprocess.run([os.path.join(HERE, "fetch.sh"), "--print", name],
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise VmError(f"fetch.sh --print {name} failed")
    return done.stdout.strip()


def kernel_release(parts):
    """Of the capture kernel, and of the one that crashes unless `crashed.kernel` says another."""
    if not parts.kernel:
        return fetched("kver")
    with open(os.path.join(parts.kernel, "release"), encoding="ascii") as f:
        return f.read().strip()


def fetch_paths(s, parts):
    paths = {}
    for name in FETCHED:
        if name == "udevroot" and s.capture["coldplug"] != "udev":
            continue
        if name.startswith("old") and s.crashed["kernel"] != "old":
            continue
        paths[name] = fetched(name)
    if parts.kernel:
        paths["kver"] = kernel_release(parts)
        paths["kimage"] = os.path.join(parts.kernel, "Image")
        paths["kmodules"] = os.path.join(parts.kernel, "modules")
    return paths


def adopting_driver(s, parts, work):
    """The module of that name in the image, as capture.broken_driver has it; None: there is none."""
    how = s.capture["broken_driver"]
    if not how:
        return parts.need("the adopting driver", parts.driver, "kmod")
    if how == "missing":
        return None
    path = os.path.join(work, os.path.basename(parts.driver))
    if how == "refuses":
        shutil.copy(parts.need("the module that refuses", parts.refuses, "vm-tools"), path)
        return path
    if how != "other-version":
        raise VmError(f"capture.broken_driver = {how!r}: missing, other-version or refuses")
    # Where modules have versions of symbols, as Debian's of 6.12, these decide, and not the release in vermagic.
    with open(parts.need("the adopting driver", parts.driver, "kmod"), "rb") as f:
        whole = f.read()
    data, found = re.subn(rb"(?s).{8}(?=module_layout\0)", b"\1" * 4 + b"\0" * 4, whole)
    if not found:
        data, found = re.subn(rb"(?<=\0vermagic=)\d", b"0", whole)
    if found != 1:
        raise VmError(f"{parts.driver} has neither a version of module_layout nor a vermagic")
    with open(path, "wb") as f:
        f.write(data)
    return path


def guest_content(s, parts, fetch, capture_cmdline, work):
    """What the initramfs of this scenario holds."""
    cap = s.capture
    config = {
        "CRASHED_MODULES": " ".join(s.crashed["modules"]),
        "CRASHED_DRIVER": "arm-smmu-v3-linear" if s.crashed["driver"] else "",
        "CRASHED_COMMAND": s.crashed["command"],
        "CRASHED_PREPARE": s.crashed["prepare"],
        "NICS": len(s.traffic),
        "CRASH_AFTER_FRAMES": s.crashed["crash_after_frames"],
        "CAPTURE_CMDLINE": capture_cmdline,
        "CAPTURE_COMMAND": cap["command"],
        "CAPTURE_SETTLE_MS": cap["settle_ms"] or "",
        "LINGER_MS": cap["linger_ms"] or "",
        "AFTER_COMMAND": cap["after"],
        "HAVE_ADOPTING_DRIVER": "1" if cap["adopting_driver"] else "",
        "HAVE_HELPER": "1" if cap["helper"] and not cap["idle"] else "",
        "HAVE_DAEMON": "1" if cap["daemon"] and not cap["idle"] else "",
        "EARLY_HOLD": "1" if cap["early_hold"] and cap["daemon"] and cap["adopting_driver"]
                      and not cap["idle"] else "",
        "COLDPLUG": cap["coldplug"],
        "COLDPLUG_ALWAYS": "1" if cap["coldplug_always"] else "",
        "SAMPLER": "1" if cap["sampler"] else "",
        "DAEMON_DEADLINE": cap["daemon_deadline"],
        "DAEMON_RESTART": cap["restart"],
        "KILL": " ".join(cap["kill"]),
        "DUMP_DEV": s.dump["device"],
        "DUMP_PCI": s.dump["pci"],
        "DUMP_DEADLINE": s.dump["deadline"],
        "DUMP_VMCORE": "1" if s.dump["vmcore"] else "",
        "PATIENCE": s.patience,
    }
    content = image.Content(fetch, os.path.join(HERE, "guest/init"), config,
                            sorted({*s.crashed["modules"], *cap["modules"]}))
    driver = adopting_driver(s, parts, work) if cap["adopting_driver"] else None
    if driver:
        content.extra_modules.append(driver)
    if cap["helper"]:
        content.extra_modules.append(parts.need("the helper module", parts.helper, "kmod"))
    if cap["daemon"]:
        content.programs["usr/sbin/smmu-adoptd"] = parts.need("the daemon", parts.daemon, "arm64")
        content.libraries.append("libkmod.so.2")    # a real image has it, with udevd
        if cap["ctl"] and os.path.exists(parts.ctl_arm64):
            content.programs["usr/bin/smmu-adoptctl"] = parts.ctl_arm64
        content.files["etc/smmu-adopt/smmu-adopt.conf"] = cap["config"]
        if s.patience > 1:
            content.files["etc/smmu-adopt/smmu-adopt.conf.d/patience.conf"] = (
                f"[Stage]\ndeadline = {60 * s.patience}s\ndevice_deadline = {20 * s.patience}s\n"
                f"verify_deadline = {2 * s.patience}s\ngrace = {12 * s.patience}s\n")
    if cap["bad_probe"]:
        content.extra_modules.append(parts.need("the bad driver", parts.probe, "vm-tools"))
        content.files["etc/modprobe.d/vm-probe.conf"] = (
            f"options vm_probe how={cap['bad_probe']}\nblacklist e1000e\n")
    if cap["control"]:
        content.programs["usr/bin/vm-control"] = parts.need("the asker of /dev/smmu_adopt",
                                                            parts.control, "vm-tools")
    if cap["sampler"]:
        content.programs["usr/bin/vm-sampler"] = parts.need("the sampler", parts.sampler,
                                                            "vm-tools")
    if s.crashed["unmap"]:
        content.extra_modules.append(parts.need("the module that unmaps", parts.unmap, "vm-tools"))
        content.files["etc/modprobe.d/vm-unmap.conf"] = (
            f"options vm_unmap device={s.crashed['unmap']}\nblacklist vm_unmap\n")
    if s.crashed["driver"]:
        content.extra_modules.append(parts.need("the driver of linear tables", parts.linear,
                                                "vm-parts"))
        content.files["etc/modprobe.d/vm-linear.conf"] = "blacklist arm_smmu_v3_linear\n"
    if s.crashed["kernel"]:
        content.old_modules = s.crashed["modules"]
    if cap["kill"]:
        content.programs["usr/bin/vm-killer"] = parts.need("the killer", parts.killer, "vm-tools")
    content.files.update(cap["files"])
    return content


def build_images(s, parts, work):
    """Returns (kernel, initrd, crashed command line)."""
    fetch = fetch_paths(s, parts)
    capture = CAPTURE_CMDLINE.format(cpus=s.capture["cpus"])
    if s.capture["adopting_driver"]:
        # The built-in driver stays away; built-in users of an IOMMU wait for the module.
        capture += " initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=30"
    capture = f"{capture} {s.capture['append']}".strip()
    base, wrap, prefix = (os.path.join(work, n) for n in ("base.cpio", "wrap.cpio", "iort.cpio"))
    image.build(guest_content(s, parts, fetch, capture, work), work, base)
    front = []
    if s.rmr["sids"]:
        iort.write_override(prefix, s.rmr)
        front = [prefix]
    capture_initrd = os.path.join(work, "capture.initrd")
    image.join(capture_initrd, front + [base])
    programs = {}
    if s.crashed["resolve"]:
        programs["usr/libexec/smmu-adopt/resolve"] = parts.need("resolve", parts.resolve, "arm64")
    image.wrap_capture(wrap, fetch["kimage"], capture_initrd, programs, ["/", fetch["guestroot"]],
                       work)
    initrd = os.path.join(work, "initrd")
    image.join(initrd, front + [base, wrap])
    cmdline = f"{CRASHED_CMDLINE} crashkernel={s.machine['crashkernel_mb']}M {s.crashed['append']}"
    if s.crashed["driver"]:
        cmdline += " initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=30"
    return fetch["oldkimage" if s.crashed["kernel"] else "kimage"], initrd, cmdline.strip()


class Run:
    """The events of one run, as they come."""

    def __init__(self, s):
        self.start = time.monotonic()
        self.phases, self.facts = [], {}
        pages = s.machine["smmus"] or [SMMU_BASE]
        self.witnesses = [Witness(s.witness[key], page)
                          for key, page in zip(("sids", "second"), pages)]
        self.writes, self.damaged = s.damage["writes"], []
        self.traffic_from = s.capture["traffic_from"]
        self.end = None             # how it ended: poweroff, failed, reset, timeout, qemu died
        self.deadline = self.start + s.limits["timeout"]

    def sample(self, machine, when):
        for witness in self.witnesses:
            witness.sample(machine.qmp, when)

    def phase(self, name):
        self.phases.append({"name": name, "time": round(time.monotonic() - self.start, 3)})

    def handle(self, machine, event):
        kind, what, rest = event
        if kind == "watch" and what == "phase":
            name = rest.split(" ")[0]
            self.phase(name)
            if name == "nic-up":
                machine.start_traffic()
            elif name == "crash":
                self.sample(machine, "crash")
                if self.writes:
                    self.damaged = poke.damage(machine.qmp, machine.stub_path(), self.writes)
            if name == self.traffic_from:
                machine.resume_traffic()
            if name == "smmu-ready":
                self.sample(machine, "adopted")
            elif name == "dump-start":
                self.sample(machine, "dump")
            elif name == "poweroff":    # a moment later the SMMU driver's shutdown turns it off
                # e1000e's own shutdown lets the NIC receive into rings it has just unmapped.
                machine.stop_traffic()
                self.sample(machine, "end")
        elif kind == "watch" and what == "fact":
            key, _, value = rest.partition(" ")
            self.facts[key] = int(value) if value.lstrip("-").isdigit() else value
        elif kind == "watch" and what in ("panic", "boot"):
            self.phase(what)
            if what == "boot":
                # A stock driver switches the SMMU off for some milliseconds while the capture kernel
                # boots. QEMU before 8.0 has no GBPA.ABORT and lets DMA bypass then, where hardware
                # refuses it; one frame in that gap would spoil the NIC's ring, and the count.
                machine.pause_traffic()
        elif kind == "qmp" and what == "SHUTDOWN":
            last = self.phases[-1]["name"] if self.phases else "nothing"
            self.end = last
            if last not in ("poweroff", "failed"):
                self.end = f"{rest.get('reason')} after {last}"
        elif kind == "exit" and what == "qemu":
            self.end = f"QEMU ended by itself (exit {rest})"

    def loop(self, machine):
        while self.end is None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                last = self.phases[-1]["name"] if self.phases else "nothing"
                self.end = f"timeout after {last}"
                self.sample(machine, "end")
                return
            try:
                self.handle(machine, machine.events.get(timeout=left))
            except queue.Empty:
                pass


def gather(s, run, parts, out, disk):
    """result.json, without the expectations."""
    facts = result.nest_facts(run.facts)
    dump = result.take_from_disk(disk, out, s.dump["keep"]) if disk else {"saved": False}
    dump.update({k: v for k, v in facts.pop("dump", {}).items() if k not in dump})
    report = result.read_report(parts.ctl_native, out)
    times = {p["name"]: p["time"] for p in reversed(run.phases)}
    daemon = facts.pop("daemon", {})
    if "daemon-start" in times and "daemon-end" in times:
        took = times["daemon-end"] - times["daemon-start"]
        daemon["stage_ms"] = daemon.get("ms", round(took * 1000))
    # Children that are gone by the time the guest looks are known to the daemon's own record only.
    peaks = [daemon.get("peak_rss_kb"), report.get("usage", {}).get("peak_rss_kib")]
    if any(peaks):
        daemon["peak_rss_kb"] = max(p for p in peaks if p)
    res = {"schema": "smmu-adopt-vm/1", "scenario": s.name, "title": s.title, "end": run.end,
           "wall_s": round(time.monotonic() - run.start, 1), "phases": run.phases,
           "dma": result.read_json(os.path.join(out, "dma.json")) or {}, "daemon": daemon,
           "dump": dump, "facts": facts, "witness": run.witnesses[0].result()}
    if len(run.witnesses) > 1:
        res["second"] = run.witnesses[1].result()
    with open(os.path.join(out, "entries.json"), "w", encoding="utf-8") as f:
        json.dump(run.witnesses[0].entries(), f, indent=1)
    if run.damaged:
        res["damage"] = run.damaged
    status = result.read_json(os.path.join(out, "status.json"))
    if status is not None:
        res["status"] = status
    found = events.read(parts.ctl_native, out)
    if found:
        res["events"] = found
    if report:
        res["report"] = report
        if isinstance(report.get("steps"), list):
            res["steps"] = report["steps"]
    return res


def expectation_root(res, out):
    root = dict(res)
    for key, name in (("console_crashed", "console-crashed.log"), ("smmu_log", "smmu.log"),
                      ("console_capture", "console-capture.log"), ("text", "smmu-adopt.txt")):
        path = os.path.join(out, name)
        if os.path.exists(path):
            root[key] = result.read_text(path)
    return root


def run_scenario(s, parts, out, keep):
    parts.need("the log watcher", parts.watch, "vm-tools")
    shutil.rmtree(out, ignore_errors=True)
    work = os.path.join(out, "work")
    os.makedirs(work)
    kernel, initrd, cmdline = build_images(s, parts, work)
    disk = None
    if any("drive=disk0" in d for d in s.machine["devices"]):
        disk = os.path.join(work, "dump.img")
        result.make_disk(disk, s.dump["disk_mb"])
    run = Run(s)
    machine = Machine(s, out, parts.watch, kernel, initrd, disk, cmdline)
    try:
        run.loop(machine)
        sent = sum(t.sent for t in machine.traffic)
        machine.finish()
    finally:
        machine.close()
    for name in ("console-crashed.log", "console-capture.log"):
        if "Initramfs unpacking failed" in result.read_text(os.path.join(out, name)):
            raise VmError(f"the guest has too little memory for its initramfs ({name})")
    res = gather(s, run, parts, out, disk)
    res["traffic"] = {"frames_sent": sent}
    root = expectation_root(res, out)
    res["splats"] = root["splats"] = splats.find(root, s.console["allow"])
    expectations = {"end": "poweroff", "len(splats)": 0, **s.expect}
    if s.debug:    # it has something to say of others' code, too
        res["splats_ours"] = root["splats_ours"] = splats.find(root, s.console["allow"], splats.OURS)
        del expectations["len(splats)"]
        expectations["len(splats_ours)"] = 0
    res["expectations"] = expect.check(root, expectations)
    res["pass"] = all(e["pass"] for e in res["expectations"])
    with open(os.path.join(out, "result.json"), "w", encoding="utf-8") as f:
        json.dump(res, f, indent=1)
        f.write("\n")
    if not keep:
        shutil.rmtree(work)
    return res


def run_one(name, args, parts):
    """(passed, failed) expectations; None if it could not run."""
    try:
        s = scenarios.load(name)
        variant.of_release(s, kernel_release(parts))
        if args.kernel:    # it may be a bigger one
            variant.bigger(s, 256, 48)
        if name == args.keep_dump:
            s.dump["keep"] = True
        if args.native:
            variant.native(s)
        if args.debug:
            {"debug": variant.debug, "kcsan": variant.kcsan}[args.debug](s)
        out = os.path.abspath(args.out or os.path.join(args.build, "vm", s.name))
        res = run_scenario(s, parts, out, args.keep)
    except VmError as e:
        print(f"vm: {name}: could not run: {e}", file=sys.stderr)
        return None
    summary.print_result(res, out, args.quiet)
    good = sum(e["pass"] for e in res["expectations"])
    return good, len(res["expectations"]) - good


def main():
    sys.stdout.reconfigure(line_buffering=True)    # results as they come, also in a CI log
    p = argparse.ArgumentParser(description="Run scenarios of the emulated machine, one by one.")
    p.add_argument("scenario", nargs="+", help="name in scenarios/, or path of a .toml file")
    p.add_argument("--out", help="result directory (default: <build>/vm/<scenario>)")
    p.add_argument("--build", default=os.path.join(ROOT, "build"), help="where the built parts lie")
    p.add_argument("--kernel", help="folder with another kernel: Image, release, modules/; the parts "
                   "of --build must be built against it")
    p.add_argument("--debug", choices=("debug", "kcsan"), help="the kernel is such a one that looks for mistakes "
                   "(tests/kernels/): more memory and time, and of its reports those that name our code fail")
    p.add_argument("--native", action="store_true", help="the kernel's built-in driver adopts")
    p.add_argument("--keep", action="store_true", help="keep images and the dump disk")
    p.add_argument("--keep-dump", metavar="NAME", help="copy this scenario's dump to its result directory")
    p.add_argument("--quiet", action="store_true", help="one line, unless it failed")
    p.add_argument("--totals", action="store_true", help="end with 'vm: N passed, N failed'")
    args = p.parse_args()
    if args.out and len(args.scenario) > 1:
        p.error("--out goes with one scenario")
    # The finally blocks end QEMU; a plain SIGTERM would skip them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    parts = Parts(os.path.abspath(args.build), args.kernel)
    try:
        done = [run_one(name, args, parts) for name in args.scenario]
    except KeyboardInterrupt:
        return 2
    passed = sum(d[0] for d in done if d)
    failed = sum(d[1] for d in done if d) + done.count(None)
    if args.totals:
        print(f"vm: {passed} passed, {failed} failed")
    return 2 if None in done else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

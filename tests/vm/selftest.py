#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""selftest.py - tests of the machine's own tools; no emulation, seconds.

The watcher is run on golden/*.in (script form: "T <us>", "C <console line>", "L <log line>") and
must print golden/*.json; UPDATE=1 rewrites those. Ends with "vm-unit: N passed, N failed".
"""

import argparse
import contextlib
import glob
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "triage"), os.path.join(os.path.dirname(HERE), "distro")]

import snapshot                                            # noqa: E402
import turns                                               # noqa: E402
from vmlib import cpio, expect, iort, result, scenario, splats, variant, witness   # noqa: E402
from vmlib.errors import VmError                           # noqa: E402

GOLDEN = os.path.join(HERE, "golden")
WATCH = None


def watch_script(text, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".in") as f:
        f.write(text)
        f.flush()
        out = subprocess.run([WATCH, "--script", f.name, *options], capture_output=True, text=True,
                             timeout=600, check=True).stdout
    return json.loads(out)


class WatchGolden(unittest.TestCase):
    maxDiff = None

    def test_golden(self):
        names = sorted(n[:-3] for n in os.listdir(GOLDEN) if n.endswith(".in"))
        self.assertTrue(names)
        for name in names:
            with self.subTest(name), open(os.path.join(GOLDEN, name + ".in"),
                                                encoding="utf-8") as f:
                seen = watch_script(f.read())
                path = os.path.join(GOLDEN, name + ".json")
                if os.environ.get("UPDATE"):
                    with open(path, "w", encoding="utf-8") as out:
                        json.dump(seen, out, indent=1)
                        out.write("\n")
                with open(path, encoding="utf-8") as f2:
                    self.assertEqual(seen, json.load(f2))


class WatchInput(unittest.TestCase):
    HEAD = ("C [    0.0] crashkernel reserved: 0x0000000050000000 - 0x0000000058000000 (128 MB)\n"
            "C VM-PHASE: crash\nT 1000000\nC Kernel panic - not syncing: x\n")

    def test_garbage_is_counted_not_believed(self):
        seen = watch_script(self.HEAD + "L smmuv3_translate_success x\nL smmuv3_translate_success\n"
                            "L 1@2.3:smmuv3_translate_success n sid=0xzz iova=0x1 translated=0x2\n"
                            "L 1@99999999999999999999.1:smmuv3_translate_abort n sid=0x8 abort on iova:0x1\n"
                            "L n translation failed for iova=0x10 (OTHER)\nL \nL " + "x" * 1900 + "\n")
        self.assertEqual(seen["translated"], 0)
        self.assertGreaterEqual(seen["log"]["unparsed"], 3)

    def test_many_stream_ids_do_not_overflow(self):
        seen = watch_script(self.HEAD + "".join(
            f"L 1@2.{i:06d}:smmuv3_translate_success n{i} sid=0x{i:x} iova=0x1 "
            "translated=0x40000000 perm=0x3\n"
            for i in range(1, 400)))
        self.assertEqual(seen["log"]["sids_lost"], 399 - 256)

    def test_a_refusal_of_an_unknown_region_is_not_dropped_silently(self):
        seen = watch_script(self.HEAD + "L n translation failed for iova=0x10 (SMMU_EVT_C_BAD_STE)\n")
        self.assertEqual(seen["log"]["unparsed"], 1)

    def test_fifo_run(self):
        """The real thing, small: two FIFOs, a long line, a cap."""
        with tempfile.TemporaryDirectory() as d:
            fifos = [os.path.join(d, n) for n in ("console", "log")]
            for f in fifos:
                os.mkfifo(f)
            with subprocess.Popen([WATCH, "--console", fifos[0], "--log", fifos[1], "--out", d,
                                   "--cap", "2000"], stdout=subprocess.PIPE, text=True) as p:
                self.assertEqual(p.stdout.readline(), "ready\n")
                with open(fifos[0], "wb") as c, open(fifos[1], "wb") as log:
                    c.write(b"VM-PHASE: crash\r\nVM-FACT: a b\r\n" + b"y" * 5000 + b"\r\n"
                            b"Kernel panic - not syncing\r\nBooting Linux on physical CPU 0\r\nend")
                    c.flush()
                    for i in range(200):
                        log.write(b"1@%d.0:smmuv3_translate_success n sid=0x8 iova=0x1 "
                                  b"translated=0x40000000 perm=0x3\n" % (4102444800 + i))
                    log.write(b"torn")
                rest = p.stdout.read()
            self.assertEqual(rest, "phase crash\nfact a b\npanic\nboot\n")
            dma = result.read_json(os.path.join(d, "dma.json"))
            self.assertEqual(dma["translated"], 200)
            self.assertEqual(dma["log"]["overlong"], 1)
            with open(os.path.join(d, "smmu.log"), encoding="ascii") as f:
                kept = f.read()
            self.assertIn(f"cap reached, {dma['log']['lines_left_out']} lines left out", kept)
            self.assertLess(len(kept), 2200)
            with open(os.path.join(d, "console-capture.log"), encoding="ascii") as f:
                self.assertEqual(f.read(), "Booting Linux on physical CPU 0\nend\n")


class Iort(unittest.TestCase):
    def test_table(self):
        t = iort.build([8, 0x100], 0x0c000000, 0x10000, 1)
        self.assertEqual(sum(t) & 0xff, 0)
        sig, length, revision = struct.unpack_from("<4sIB", t)
        self.assertEqual((sig, length, revision), (b"IORT", len(t), 5))
        count, at = struct.unpack_from("<II", t, 36)
        kinds, rmr = [], []
        offsets = set()
        for _ in range(count):
            kind, size, _, ident, maps, map_at = struct.unpack_from("<BHBIII", t, at)
            offsets.add(at)
            kinds.append(kind)
            if kind == iort.RMR:
                flags, n, desc = struct.unpack_from("<III", t, at + 16)
                out, ref, single = struct.unpack_from("<III", t, at + map_at + 8)
                rmr.append((flags, n, struct.unpack_from("<QQ", t, at + desc), out, single))
                self.assertIn(ref, offsets)
            self.assertLessEqual((map_at or 16) + 20 * maps, size)
            at += size
        self.assertEqual(at, len(t))
        self.assertEqual(kinds, [iort.ITS, iort.SMMUV3, iort.ROOT_COMPLEX, iort.RMR, iort.RMR])
        self.assertEqual(rmr, [(1, 1, (0x0c000000, 0x10000), 8, 1),
                               (1, 1, (0x0c010000, 0x10000), 0x100, 1)])

    def test_same_nodes_as_qemu(self):
        """QEMU 7.2's own ITS group and SMMUv3 nodes, as read in a guest."""
        qemu = bytes.fromhex(
            "0018000100000000000000000000000001000000000000000458000401000000010000004400000000000509"
            "0000000001000000000000000000000000000000000000006a0000006b0000006d0000006c00000000000000"
            "0000000000000000ffff0000000000003000000000000000")
        self.assertEqual(iort.build([], 0, 0)[48:48 + len(qemu)], qemu)


class Cpio(unittest.TestCase):
    def test_cpio_reads_it(self):
        a = cpio.Archive()
        a.file("a/b/c.txt", b"hello", 0o640)
        a.symlink("l", "a/b")
        buf = io.BytesIO()
        a.write(buf)
        out = subprocess.run(["cpio", "-tv", "--quiet"], input=buf.getvalue(), capture_output=True,
                             check=True).stdout.decode()
        self.assertEqual([line.split()[-1] for line in out.splitlines()],
                         ["a", "a/b", "a/b/c.txt", "a/b"])
        self.assertIn("-rw-r-----", out)


class Expect(unittest.TestCase):
    ROOT = {"a": {"b": 3, "t": "some text\nline two", "f": False}, "zero": 0, "e": "",
            "l": [{"k": "0000:00:01.0", "v": 1}, {"v": 2}]}

    def ok(self, path, condition):
        return expect.check(self.ROOT, {path: condition})[0]["pass"]

    def test_holds(self):
        for path, condition in (("a.b", 3), ("a.b", "> 2"), ("a.b", ["> 2", "<= 3"]), ("a.x", "absent"),
                                ("a.t", "contains text"), ("a.t", "lacks nothing"),
                                ("a.t", "matches ^line"), ("l[k=0000:00:01.0].v", 1),
                                ("l[1].v", 2), ("l[*].v", "> 0"), ("len(l)", 2),
                                ("a.f", False), ("zero", 0), ("a.b", "!= 4"), ("l[1].v", "@l[1].v"),
                                ("e", "= "), ("a.t", "!= ")):
            self.assertTrue(self.ok(path, condition), (path, condition))

    def test_fails(self):
        for path, condition in (("a.b", 4), ("a.b", "< 3"), ("a.x", 0), ("a.x", "lacks x"),
                                ("a.t", "contains zzz"), ("l[k=no].v", 1), ("l[*].k", "present"),
                                ("zero", False), ("a.f", 0),
                                ("a.x", "!= 1"), ("a.b", "@zero"), ("a.x", "@a.y"),
                                ("nolist[*].v", "> 0"), ("a.t", "lacks text"), ("a.t", "= "), ("a.x", "= ")):
            self.assertFalse(self.ok(path, condition), (path, condition))


class Snapshot(unittest.TestCase):
    """tests/triage/snapshot.py on a made-up run: StreamID 8 was handed over, 0x18 was not."""

    BASE = 0x40000000
    CD = struct.pack("<8Q", 1 << 31 | 5, 1, 2, 3, 4, 5, 6, 7)

    @staticmethod
    def record(kind, layout, *fields):
        payload = struct.pack(layout, *fields)
        head = struct.pack("<IHHI", 0x52414d53, kind, 0, len(payload))
        crc = zlib.crc32(head + bytes(20) + payload)
        return head + struct.pack("<IQQ", crc, 0, 0) + payload + bytes(-len(payload) % 8)

    def make(self, out, cd):
        l2, cds = self.BASE + 0x1000, {8: self.BASE + 0x6000, 0x18: self.BASE + 0x6100}
        stes = {sid: struct.pack("<8Q", cds[sid] | 0xb, 0xd6, *[0] * 6) for sid in cds}
        mem = bytearray(0x8000)
        struct.pack_into("<Q", mem, 0, l2 | 9)
        mem[0x1200:0x1240], mem[0x1600:0x1640] = stes[8].replace(b"\x40", b"\x51", 1), stes[0x18]
        mem[0x6000:0x6040] = mem[0x6100:0x6140] = self.CD
        head = struct.pack("<4sBBBBQHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 4, 183, 1, 0, 64, 0, 0,
                           64, 56, 1, 0, 0, 0)
        head += struct.pack("<IIQQQQQQ", 1, 7, 0x1000, 0, self.BASE, len(mem), len(mem), 0)
        records = self.record(4, "<IHIQQ", 0, 1, 0, self.BASE, l2 | 9)
        for sid in cds:
            records += self.record(5, "<IHHIQ64s", 0, 1, 0, sid, l2 + 64 * sid, stes[sid])
            records += self.record(6, "<IHHIIQ64s", 0, 1, 0, sid, 0, cds[sid], cd)
        crash = {"strtab_base": hex(self.BASE), "strtab_base_cfg": hex(1 << 16 | 8 << 6 | 16)}
        for name, data in (
                ("vmcore", head.ljust(0x1000, b"\0") + mem), ("smmu-adopt.rec", records),
                ("entries.json", json.dumps({hex(s): r.hex() for s, r in stes.items()}).encode()),
                ("result.json", json.dumps({"witness": {"samples": {"crash": crash}}}).encode())):
            with open(os.path.join(out, name), "wb") as f:
                f.write(data)

    def test_equal_and_one_bit_off(self):
        for cd, failed in ((self.CD, 0), (self.CD[:-1] + b"\1", 2)):
            with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(io.StringIO()):
                self.make(out, cd)
                check = snapshot.Check()
                self.assertEqual(snapshot.compare(out, check), ([0x18], [8]))
                self.assertEqual((check.passed, check.failed), (5 - failed, failed))


class Splats(unittest.TestCase):
    def test_found_and_allowed(self):
        texts = {"console_crashed": "[ 1.0] WARNING: CPU: 0 PID: 1 at a/b.c:12 f+0x1\n[ 2] vm: fine\n",
                 "console_capture": "[ 1.0] BUG: soft lockup\nWARNING: possible circular locking\n"}
        self.assertEqual(len(splats.find(texts)), 3)
        self.assertEqual(splats.find(texts, [r"at a/b\.c", "circular"]),
                         ["capture: [ 1.0] BUG: soft lockup"])
        self.assertEqual(splats.find({"console_crashed": "debug: no warning\n"}), [])

    WARN = ("[ 9.1] WARNING: CPU: 0 PID: 7 at drivers/a.c:12 {0}+0x1/0x2{1}\n"
            "[ 9.1] Modules linked in: smmu_adopt(O) arm_smmu_v3_adopt(O)\n[ 9.1] Call trace:\n"
            "[ 9.1]  {2}+0x1/0x2{3}\n[ 9.1] ---[ end trace 0000000000000000 ]---\n")
    LOCKDEP = ("[ 9.2] WARNING: possible recursive locking detected\n[ 9.2] Call trace:\n[ 9.2]  show_stack+0x1/0x2\n"
               "[ 9.2] smmu_adopt: call +0x0/0x0 [smmu_adopt]\n")
    KASAN = ("[ 9.3] BUG: KASAN: slab-use-after-free in f+0x1/0x2\n[ 9.3] Call trace:\n[ 9.3]  f+0x1/0x2\n\n"
             "[ 9.3] Freed by task 7:\n[ 9.3]  sa_devices_free+0x1/0x2 [smmu_adopt]\n[ 9.3] =========\n")
    KCSAN = ("[ 9.4] BUG: KCSAN: data-race in f / g\n\n[ 9.4] write to 0xffff000000000000 of 8 bytes by task 7 on cpu 0:\n"
             "[ 9.4]  f+0x1/0x2\n\n[ 9.4] read to 0xffff000000000000 of 8 bytes by task 8 on cpu 1:\n"
             "[ 9.4]  g+0x1/0x2 [smmu_adopt]\n\n[ 9.4] =========\n")

    def ours(self, console):
        return len(splats.find({"console_capture": console}, (), splats.OURS))

    def test_of_whom(self):
        for where, whose, ours in (("e1000_open", "", 0), ("sa_look", " [smmu_adopt]", 1),
                                   ("arm_smmu_attach_dev", " [arm_smmu_v3_adopt]", 1),
                                   ("arm_smmu_adopt_start", "", 1), ("arm_smmu_probe", "", 0)):
            self.assertEqual(self.ours(self.WARN.format(where, whose, "f", "")), ours)
            self.assertEqual(self.ours(self.WARN.format("f", "", where, whose)), ours)
        # A report ends before what somebody else says.
        self.assertEqual(self.ours(self.LOCKDEP), 0)
        self.assertEqual(self.ours(self.WARN.format("f", "", "g", "") + " f+0x1/0x2 [smmu_adopt]\n"), 0)
        self.assertEqual(self.ours(self.KASAN), 1)
        self.assertEqual(self.ours(self.KASAN.replace("[smmu_adopt]", "[nvme]") + "[smmu_adopt]\n"), 0)
        self.assertEqual(self.ours(self.KCSAN), 1)
        self.assertEqual(self.ours(self.KCSAN.replace("[smmu_adopt]", "[nvme]") + "[smmu_adopt]\n"), 0)


class Table(unittest.TestCase):
    """Stream tables as the witness walks them."""

    BASE, L2 = 0x40000000, 0x40010000

    def read(self, addr, size):
        mem = {self.BASE: struct.pack("<3Q", 0, self.L2 | 2, self.L2 | 12),
               self.L2: (b"\x0b" + bytes(63)) + bytes(64)}
        return mem.get(addr, b"").ljust(size, b"\0")[:size]

    def test_two_level(self):
        seen = witness.valid_entries(self.read, self.BASE | 1 << 62, 1 << 16 | 8 << 6 | 16)
        # The third descriptor has a span beyond SPLIT, the second entry of the leaf is not valid.
        self.assertEqual(seen, {0x100: (self.L2, b"\x0b" + bytes(63))})

    def test_linear_and_odd(self):
        self.assertEqual(list(witness.valid_entries(self.read, self.L2, 8)), [0])
        for cfg in (20, 1 << 16 | 9 << 6 | 8, 2 << 16 | 8 << 6 | 16):
            self.assertEqual(witness.valid_entries(self.read, self.BASE, cfg), {})


class Scenarios(unittest.TestCase):
    def test_all_load(self):
        native = glob.glob(os.path.join(scenario.SCENARIOS, "native/*.toml"))
        self.assertTrue(native)
        for name in scenario.names() + native:
            scenario.load(name)

    def bad(self, text, message):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as f:
            f.write(text)
            f.flush()
            with self.assertRaisesRegex(VmError, message):
                scenario.load(f.name)

    def test_mistakes(self):
        self.bad("[machine]\nmemry_mb = 3\n", "unknown key 'memry_mb'")
        self.bad("[machine]\ncpus = \"two\"\n", "must be a int")
        self.bad("titel = 'x'\n", "unknown key 'titel'")
        self.bad("[rmr]\nsids = [8]\n", "acpi")
        self.bad("extends = 'nosuch'\n", "no scenario 'nosuch'")
        self.bad("[machine\n", "Expected")


class Variants(unittest.TestCase):
    def test_kernels(self):
        for release, seen in (("6.12.95+deb12-arm64", 9), ("6.18.3", 9), ("7.0.0-1010-nvidia", 13),
                              ("7.3.4+deb13-arm64", 13), ("10.1", 13)):
            s, plain = scenario.load("control"), scenario.load("control")
            variant.of_release(s, release)
            self.assertEqual(s.expect, plain.expect | {"facts.control.flags_of_info": seen})

    def test_kernels_are_not_inherited(self):
        self.assertEqual(list(scenario.load("control-free").expect_from_7), ["facts.control.free.flush"])

    def test_debug(self):
        s, plain = scenario.load("adopted"), scenario.load("adopted")
        variant.debug(s)
        self.assertEqual(s.limits["timeout"], plain.limits["timeout"] * variant.DEBUG_PATIENCE)
        self.assertEqual(s.expect["daemon.stage_ms"], f"< {60000 * variant.DEBUG_PATIENCE}")
        self.assertEqual(s.expect["daemon.peak_rss_kb"], plain.expect["daemon.peak_rss_kb"])
        self.assertEqual(s.expect["facts.lockdep.capture"], 1)
        self.assertEqual({"dump.saved", "len(report.findings)"} & set(s.expect), set())
        self.assertEqual(s.expect["console_crashed"], ["contains KernelAddressSanitizer initialized"])
        self.assertTrue(s.capture["append"].endswith(" kasan_multi_shot"))

    def test_debug_has_its_own_poison(self):
        s = scenario.load("removed-while-read")
        self.assertIn("slub_debug", s.capture["append"])
        variant.debug(s)
        self.assertEqual(s.capture["append"], "e1000e.IntMode=0 kasan_multi_shot")

    def test_debug_domains(self):
        s, plain = scenario.load("asid-flush"), scenario.load("asid-flush")
        variant.debug(s)
        gone = set(plain.expect["console_capture"]) - set(s.expect["console_capture"])
        self.assertEqual([c for c in gone if "0000:00:02" not in c or ": done " not in c], [])
        self.assertEqual(len(gone), 1)

    def test_kcsan(self):
        s = scenario.load("adopted")
        self.assertEqual(s.capture["cpus"], 1)
        variant.kcsan(s)
        self.assertEqual(s.capture["cpus"], 2)
        self.assertTrue(s.debug and not [path for path in s.expect if "lockdep" in path])
        self.assertEqual(s.expect["console_crashed"], ["contains kcsan: enabled early"])
        self.assertEqual(s.expect["console_capture"][-1], "contains kcsan: enabled early")

    def test_native(self):
        s = scenario.load("asid-flush")
        variant.native(s)
        self.assertFalse(s.capture["adopting_driver"])
        self.assertTrue(s.capture["append"].endswith(" arm_smmu_v3.reserve_ids=0"))


class Dump(unittest.TestCase):
    @staticmethod
    def elf(loads, note=b"VMCOREINFO\0"):
        phnum = len(loads) + 1
        name = note.ljust((len(note) + 3) & ~3, b"\0")
        desc = struct.pack("<III", len(note), 4, 0) + name + b"abcd"
        head = struct.pack("<4sBBBBQHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 4, 183, 1, 0, 64, 0, 0,
                           64, 56, phnum, 0, 0, 0)
        ph = struct.pack("<IIQQQQQQ", 4, 0, 0x1000, 0, 0, len(desc), len(desc), 0)
        for off, size in loads:
            ph += struct.pack("<IIQQQQQQ", 1, 7, off, 0, 0, size, size, 0)
        return (head + ph).ljust(0x1000, b"\0") + desc

    def test_good_and_bad(self):
        head = self.elf([(0x2000, 0x1000)])
        self.assertTrue(result.check_elf(head, 0x3000)["readable"])
        self.assertFalse(result.check_elf(head, 0x2fff)["readable"])            # cut short
        other = self.elf([(0x2000, 0x1000)], b"CORE\0")
        self.assertFalse(result.check_elf(other, 0x3000)["readable"])
        self.assertFalse(result.check_elf(self.elf([]), 0x3000)["readable"])
        self.assertFalse(result.check_elf(b"\x7fELF", 4)["elf"])
        self.assertIn("problem", result.check_elf(head[:100], 0x3000))


class Turns(unittest.TestCase):
    """tests/distro/turns.py, with processes that let a file grow, from a session of their own too."""

    GROW = "while :; do echo >>$0; sleep 0.01; done & setsid sh -c 'while :; do echo >>$0; sleep 0.01; done' $0.far"

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.jobs = []

    def tearDown(self):
        for job in self.jobs:
            turns.end(job.pid)
            job.wait()
        self.dir.cleanup()

    def job(self, name):
        path = os.path.join(self.dir.name, name)
        job = turns.ProcessJob(["sh", "-c", self.GROW, path])
        job.paths = [path, path + ".far"]
        self.jobs.append(job)
        return job

    def sizes(self, job):
        return [os.path.getsize(p) if os.path.exists(p) else 0 for p in job.paths]

    @staticmethod
    def state(pid):
        """"T" is stopped; who has gone meanwhile stands, too."""
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                state = f.read().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return "T"
        return "T" if state in "ZX" else state

    def grows(self, job):
        end, before = time.monotonic() + 300, self.sizes(job)
        while time.monotonic() < end:
            if all(now > b for now, b in zip(self.sizes(job), before)):
                return True
            time.sleep(0.02)
        return False

    def stands(self, job):
        end = time.monotonic() + 300
        while time.monotonic() < end and not all(self.state(pid) == "T" for pid in turns.family(job.pid)):
            time.sleep(0.02)    # the signal is on its way
        before = self.sizes(job)
        time.sleep(0.3)
        return self.sizes(job) == before

    def test_measured_alone(self):
        a, b, order = self.job("a"), self.job("b"), turns.Turns(lambda: None)
        order.join(a)
        order.join(b)
        self.assertTrue(self.grows(a) and self.grows(b))
        order.measure(a)
        self.assertTrue(self.stands(b))
        self.assertTrue(self.grows(a))
        late = self.job("late")
        order.join(late)
        self.assertTrue(self.stands(late))
        order.leave(a)
        self.assertTrue(self.grows(b) and self.grows(late))
        self.assertGreater(b.stopped_s(), 0.3)
        self.assertGreater(b.stopped_s(), a.stopped_s())

    def test_waits_for_its_turn(self):
        a, b, order = self.job("a"), self.job("b"), turns.Turns(lambda: None)
        order.join(a)
        order.join(b)
        order.measure(a)
        second = threading.Thread(target=order.measure, args=[b], daemon=True)
        second.start()
        second.join(0.3)
        self.assertTrue(second.is_alive())
        order.leave(a)
        second.join(300)
        self.assertFalse(second.is_alive())
        self.assertTrue(self.grows(b))


def main():
    global WATCH
    p = argparse.ArgumentParser()
    p.add_argument("--watch", required=True, help="the built log watcher")
    WATCH = os.path.abspath(p.parse_args().watch)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    res = unittest.TextTestRunner(verbosity=0, stream=sys.stdout).run(suite)
    bad = len(res.failures) + len(res.errors)
    print(f"vm-unit: {max(res.testsRun - bad, 0)} passed, {bad} failed")
    return 1 if bad or not res.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: LGPL-2.1-or-later
"""machine.py - QEMU, its monitor, the log watcher and the traffic, all ended by close().

Everything local goes through sockets and FIFOs in a private temporary directory, the network
included (datagrams over Unix sockets): two runs at once do not meet.
"""

import ctypes
import json
import os
import queue
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from .errors import VmError

HUNG_S = 300        # whoever has not answered by then never will, however busy the host is
RAM_BASE = 0x40000000
QEMU = "qemu-system-aarch64"
DEBROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/debroot.sh")
FIRMWARE = ("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "/usr/share/AAVMF/AAVMF_CODE.fd")
TRACE = ("guest_errors", "trace:smmuv3_translate_success", "trace:smmuv3_translate_abort",
         "trace:smmuv3_translate_bypass", "trace:smmuv3_translate_disable",
         "trace:smmuv3_cmdq_cfgi_ste", "trace:smmuv3_cmdq_cfgi_ste_range", "trace:pci_cfg_write")
# No option ROM is wanted, and the package that has them need not be installed.
ROM_NICS = ("e1000", "e1000e", "igb", "rtl8139", "virtio-net-pci", "vmxnet3", "i82559c")


PR_SET_PDEATHSIG = 1


def _die_with_runner():
    """Between fork and exec: a runner that is killed takes QEMU along."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def newest_qemu():
    """Several SMMUs need QEMU 10.2; the path of Debian's newest, fetched once."""
    arch = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    done = subprocess.run([DEBROOT, "qemu", arch, "qemu-system-arm"], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        raise VmError("Debian's newest QEMU could not be fetched (messages above)")
    return os.path.join(done.stdout.strip(), "bin", QEMU)


class Qmp:
    """The few things asked of QEMU's monitor. Events go to the machine's queue."""

    def __init__(self, path, events, deadline):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(HUNG_S)
        while True:
            try:
                self._sock.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise VmError("QEMU's monitor did not appear") from None
                time.sleep(0.02)
        self._file = self._sock.makefile("rb")
        self._events = events
        self._replies = queue.Queue()
        self._asking = threading.Lock()
        self._file.readline()
        self._sock.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        self.command("qmp_capabilities")

    def _read(self):
        try:
            for line in self._file:
                message = json.loads(line)
                if "event" in message:
                    self._events.put(("qmp", message["event"], message.get("data", {})))
                else:
                    self._replies.put(message)
        except (OSError, ValueError):
            pass
        self._replies.put({"error": {"desc": "monitor closed"}})

    def command(self, name, **arguments):
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        with self._asking:
            self._sock.sendall(json.dumps(request).encode() + b"\n")
            try:
                reply = self._replies.get(timeout=HUNG_S)
            except queue.Empty:
                raise VmError(f"QEMU did not answer {name}") from None
        if "error" in reply:
            raise VmError(f"QEMU: {name}: {reply['error'].get('desc')}")
        return reply["return"]

    def hmp(self, line):
        return self.command("human-monitor-command", **{"command-line": line})

    def close(self):
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._sock.close()


class Traffic(threading.Thread):
    """Sends raw broadcast frames to one NIC until stopped, and takes what the NIC sends.

    QEMU waits for a full peer by polling its own socket, which stays writable: a few frames nobody
    took (an interface that comes up asks for IPv6 routers) kept its main thread, which serves the
    disk too, at 100 % of a processor, and a dump took minutes instead of seconds.
    """

    def __init__(self, local, remote, rate, size):
        super().__init__(daemon=True)
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(local)
        self._sock.setblocking(False)
        self._remote, self._rate = remote, rate
        self._frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"\x5a" * max(size - 14, 46)
        self._over = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self.sent = 0

    def run(self):
        threading.Thread(target=self._take, daemon=True).start()
        following = time.monotonic()
        while not self._over.is_set():
            if not self._go.is_set():
                self._go.wait()
                following = time.monotonic()
                continue
            try:
                self._sock.sendto(self._frame, self._remote)
                self.sent += 1
            except OSError:
                pass    # the NIC's ring is full and nobody refills it: that is the experiment
            following += 1 / self._rate
            self._over.wait(max(0.0, following - time.monotonic()))

    def _take(self):
        """Until the socket is closed."""
        try:
            while not self._over.is_set():
                if select.select([self._sock], [], [], 1)[0]:
                    self._sock.recv(65536)
        except (OSError, ValueError):
            pass

    def pause(self):
        self._go.clear()

    def resume(self):
        self._go.set()

    def stop(self):
        self._over.set()
        self._go.set()
        self._sock.close()


class Machine:
    """One run of QEMU. `events` yields ("watch", word, rest), ("qmp", event, data), ("exit", ..)."""

    def __init__(self, scenario, out, watch, kernel, initrd, disk, append):
        self.events = queue.Queue()
        self.tmp = tempfile.mkdtemp(prefix="smmu-vm-")
        self.traffic = []
        self._scenario, self._out = scenario, out
        self._qemu = self._watch = self.qmp = None
        try:
            for fifo in ("console", "log"):
                os.mkfifo(os.path.join(self.tmp, fifo))
            self._start_watch(watch)
            self._start_qemu(kernel, initrd, disk, append)
        except BaseException:
            self.close()
            raise

    def _path(self, name):
        return os.path.join(self.tmp, name)

    def stub_path(self):
        return self._path("gdb")

    def _start_watch(self, watch):
        ram = self._scenario.machine["memory_mb"] << 20
        self._watch = subprocess.Popen(
            [watch, "--console", self._path("console"), "--log", self._path("log"),
             "--out", self._out, "--cap", str(self._scenario.limits["log_cap_mb"] << 20),
             "--ram", f"{RAM_BASE:x}:{ram:x}"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, errors="replace")
        if self._watch.stdout.readline().strip() != "ready":
            raise VmError("the log watcher did not start")
        threading.Thread(target=self._read_watch, daemon=True).start()

    def _read_watch(self):
        for line in self._watch.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            self.events.put(("watch", word, rest))
        self.events.put(("exit", "watch", None))

    def _argv(self, kernel, initrd, disk, append):
        m = self._scenario.machine
        argv = [newest_qemu() if m["smmus"] else QEMU,
                "-nodefaults", "-display", "none", "-no-reboot", "-no-shutdown", "-machine",
                "virt,gic-version=3" + ("" if m["smmus"] else ",iommu=smmuv3"),
                "-cpu", m.get("cpu", "max,pauth-impdef=on"),
                "-smp", str(m["cpus"]), "-m", f"{m['memory_mb']}M",
                "-kernel", kernel, "-initrd", initrd, "-append", append,
                "-serial", "file:" + self._path("console"),
                "-qmp", f"unix:{self._path('qmp')},server=on,wait=off",
                "-d", ",".join(TRACE), "-msg", "timestamp=on", "-D", self._path("log")]
        if self._scenario.damage["writes"]:
            argv += ["-chardev", f"socket,id=gdb,path={self.stub_path()},server=on,wait=off",
                     "-gdb", "chardev:gdb"]
        if m["boot"] == "acpi":
            firmware = next((f for f in FIRMWARE if os.path.exists(f)), None)
            if not firmware:
                raise VmError("no UEFI firmware (package qemu-efi-aarch64; make deps)")
            argv += ["-bios", firmware]
        if disk:
            argv += ["-drive", f"file={disk},if=none,id=disk0,format=raw,cache=unsafe"]
        for net in self._scenario.traffic:
            argv += ["-netdev", f"dgram,id={net},local.type=unix,local.path={self._path(net)},"
                     f"remote.type=unix,remote.path={self._path(net + '.peer')}"]
        for nic in ROM_NICS:
            if any(d.split(",")[0] == nic for d in m["devices"]):
                argv += ["-global", f"{nic}.romfile="]
        for device in m["devices"]:
            argv += ["-device", device]
        return argv + m["qemu_args"]

    def _start_qemu(self, kernel, initrd, disk, append):
        argv = self._argv(kernel, initrd, disk, append)
        with open(os.path.join(self._out, "qemu.cmd"), "w", encoding="utf-8") as f:
            f.write("\n".join(argv) + "\n")
        self._qemu_err = open(os.path.join(self._out, "qemu.err"), "w+", encoding="utf-8")
        try:
            self._qemu = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=self._qemu_err, preexec_fn=_die_with_runner)
        except FileNotFoundError:
            raise VmError(f"{QEMU} is not installed (make deps)") from None
        threading.Thread(target=self._wait_qemu, daemon=True).start()
        try:
            self.qmp = Qmp(self._path("qmp"), self.events, time.monotonic() + HUNG_S)
        except VmError as e:
            raise VmError(f"{e}: {self.qemu_errors() or 'no message'}") from None

    def _wait_qemu(self):
        self._qemu.wait()
        self.events.put(("exit", "qemu", self._qemu.returncode))

    def qemu_errors(self):
        self._qemu_err.flush()
        with open(self._qemu_err.name, encoding="utf-8", errors="replace") as f:
            return " / ".join(line.strip() for line in f if line.strip())[:1000]

    def start_traffic(self):
        for net, what in self._scenario.traffic.items():
            t = Traffic(self._path(net + ".peer"), self._path(net), what.get("rate", 10),
                        what.get("size", 214))
            t.start()
            self.traffic.append(t)

    def pause_traffic(self):
        for t in self.traffic:
            t.pause()

    def resume_traffic(self):
        for t in self.traffic:
            t.resume()

    def stop_traffic(self):
        for t in self.traffic:
            t.stop()

    def finish(self, deadline=HUNG_S):
        """Ends QEMU and lets the watcher write its counts."""
        self.stop_traffic()
        self._end_qemu()
        try:
            self._watch.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            raise VmError("the log watcher did not finish") from None
        if self._watch.returncode:
            raise VmError(f"the log watcher failed ({self._watch.returncode})")

    def _end_qemu(self):
        if not self._qemu:
            return
        if self.qmp and self._qemu.poll() is None:
            try:
                self.qmp.command("quit")
            except (VmError, OSError):
                pass
        try:
            self._qemu.wait(timeout=HUNG_S)
        except subprocess.TimeoutExpired:
            self._qemu.kill()
            self._qemu.wait()

    def close(self):
        self.stop_traffic()
        if self._qemu and self._qemu.poll() is None:
            self._qemu.kill()
            self._qemu.wait()
        if self._watch and self._watch.poll() is None:
            self._watch.kill()
            self._watch.wait()
        if self.qmp:
            self.qmp.close()
        shutil.rmtree(self.tmp, ignore_errors=True)

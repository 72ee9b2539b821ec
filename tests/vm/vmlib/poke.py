# SPDX-License-Identifier: LGPL-2.1-or-later
"""poke.py - writes into the guest's physical memory, for scenarios with damaged stream tables.

QEMU's monitor can read physical memory but not write it; its debugger stub can do both. Opening the
stub's socket stops the machine, detaching lets it run on, so a write is never seen half done.
"""

import socket

from . import witness
from .errors import VmError


class GdbStub:
    """The few packets needed of the remote protocol; use as a context manager."""

    def __init__(self, path):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(300)
        self._data = b""
        try:
            self._sock.connect(path)
        except OSError as e:
            raise VmError(f"QEMU's debugger stub: {e}") from None
        self._expect("Qqemu.PhyMemMode:1", "OK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._expect("Qqemu.PhyMemMode:0", "OK")
            self._packet("D")
        finally:
            self._sock.close()

    def _receive(self):
        """The next packet that is no stop reply; those come when they like."""
        while True:
            start = self._data.find(b"$")
            end = self._data.find(b"#", start + 1)
            if start >= 0 and 0 <= end <= len(self._data) - 3:
                body = self._data[start + 1:end].decode("ascii", "replace")
                self._data = self._data[end + 3:]
                self._sock.sendall(b"+")
                if not body.startswith("T"):
                    return body
                continue
            more = self._sock.recv(4096)
            if not more:
                raise OSError("closed")
            self._data += more

    def _packet(self, body):
        data = body.encode()
        try:
            self._sock.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))
            return self._receive()
        except OSError as e:
            raise VmError(f"QEMU's debugger stub: no answer to {body[:20]}: {e}") from None

    def _expect(self, body, wanted):
        got = self._packet(body)
        if got != wanted:
            raise VmError(f"QEMU's debugger stub: {body[:20]} answered {got[:40]!r}")

    def write(self, addr, data):
        self._expect(f"M{addr:x},{len(data):x}:{data.hex()}", "OK")


def address_of(qmp, what, sid):
    """Where the table in use keeps the L1 descriptor, STE or first CD of a StreamID."""
    base, cfg = witness.table(qmp)
    if what == "l1":
        return witness.l1_address(base, cfg, sid)
    found = witness.read_ste(qmp, base, cfg, sid)
    if isinstance(found, str):
        raise VmError(f"cannot damage StreamID {sid:#x}: {found}")
    addr, raw = found
    if what == "ste":
        return addr
    return int.from_bytes(raw[:8], "little") & witness.ADDR_MASK


def damage(qmp, stub_path, writes):
    """Each write: {at = "l1"|"ste"|"cd", sid, word, value} or {address, value}, 64-bit values;
    or {register, value}: 32 bits at an offset in the SMMU's page 0."""
    todo = []
    for w in writes:
        if "register" in w:
            todo.append((witness.SMMU_BASE + w["register"], w["value"].to_bytes(4, "little")))
            continue
        addr = w["address"] if "address" in w else address_of(qmp, w["at"], w["sid"])
        todo.append((addr + 8 * w.get("word", 0), w["value"].to_bytes(8, "little")))
    with GdbStub(stub_path) as stub:
        for addr, data in todo:
            stub.write(addr, data)
    return [{"address": hex(a), "value": "0x" + d[::-1].hex()} for a, d in todo]

# SPDX-License-Identifier: LGPL-2.1-or-later
"""cpio.py - writes initramfs archives ("newc" format, see the kernel's initramfs buffer format).

Made here instead of by cpio(1) so that no file has to exist with the owner and mode it shall have
in the guest: nothing needs root and nothing is staged.
"""

import os
import stat


class Archive:
    """Collects entries in memory; parents are made on demand, each path is written once."""

    def __init__(self):
        self._chunks = []
        self._seen = set()
        self._ino = 0

    def _add(self, path, mode, data=b"", rdev=(0, 0)):
        path = path.strip("/")
        if path in self._seen:
            return
        parent = os.path.dirname(path)
        if parent and parent not in self._seen:
            self.directory(parent)
        self._seen.add(path)
        self._ino += 1
        name = path.encode() + b"\0"
        fields = (self._ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(name), 0)
        self._put(b"070701" + b"".join(b"%08x" % f for f in fields) + name)
        self._put(data)

    def _put(self, blob):
        self._chunks.append(blob)
        if len(blob) % 4:
            self._chunks.append(b"\0" * (4 - len(blob) % 4))

    def directory(self, path):
        self._add(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o644):
        self._add(path, stat.S_IFREG | mode, data)

    def copy(self, path, source, mode=None):
        with open(source, "rb") as f:
            data = f.read()
        if mode is None:
            mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self.file(path, data, mode)

    def symlink(self, path, target):
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def node(self, path, major, minor):
        self._add(path, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def __contains__(self, path):
        return path.strip("/") in self._seen

    def write(self, out):
        """Writes the archive to the open binary file `out`, padded so that another may follow."""
        size = 0
        for blob in self._chunks:
            out.write(blob)
            size += len(blob)
        name = b"TRAILER!!!\0"
        fields = (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name), 0)
        tail = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        out.write(tail)
        size += len(tail)
        out.write(b"\0" * (-size % 512))

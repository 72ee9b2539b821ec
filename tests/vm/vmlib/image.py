# SPDX-License-Identifier: LGPL-2.1-or-later
"""image.py - builds the guest's initramfs from the package cache and our own arm64 parts.

Kernel modules come decompressed, with what they depend on, and with an index made by depmod on
the host, because libkmod in the guest needs modules.*.bin. Shared libraries are the NEEDED closure
of our programs, looked up in the host's multiarch directories first and in the cache second.
"""

import lzma
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

from .cpio import Archive
from .errors import VmError

LIBDIRS = ("usr/lib/aarch64-linux-gnu", "lib/aarch64-linux-gnu")
LOADER = "ld-linux-aarch64.so.1"
# What Debian's initramfs-tools hook of udev takes along.
UDEV_PROGRAMS = ("bin/udevadm", "lib/udev/ata_id", "lib/udev/scsi_id")
# Modules that newer kernels do without: ext4's checksums became a library of its own.
ONLY_OLDER = {"crc32c_generic"}
UDEV_RULES = ("50-firmware", "50-udev-default", "60-block", "60-persistent-storage",
              "61-persistent-storage-android", "71-seat", "73-special-net-names",
              "75-net-description", "80-net-setup-link", "80-drivers")


@dataclass
class Content:
    """What goes into one image."""
    fetch: dict                       # paths printed by fetch.sh
    init: str
    config: dict                      # shell variables of /etc/vm.conf
    modules: list                     # stock modules, by name
    extra_modules: list = field(default_factory=list)   # our .ko files
    programs: dict = field(default_factory=dict)        # guest path -> host file
    libraries: list = field(default_factory=list)       # loaded at run time, not NEEDED
    files: dict = field(default_factory=dict)           # guest path -> text
    old_modules: list = field(default_factory=list)     # stock modules of the older kernel


def _normal(name):
    return name.replace("-", "_")


class ModuleTree:
    """The stock modules of one kernel, found by name."""

    def __init__(self, root):
        self.root = root
        self.by_name = {}
        for base, _, names in os.walk(os.path.join(root, "kernel")):
            for name in names:
                m = re.fullmatch(r"(.+)\.ko(\.xz)?", name)
                if m:
                    self.by_name[_normal(m[1])] = os.path.join(base, name)
        with open(os.path.join(root, "modules.builtin"), encoding="ascii") as f:
            self.builtin = {_normal(os.path.basename(line.strip())[:-3]) for line in f}

    def read(self, name):
        path = self.by_name[name]
        with (lzma.open(path) if path.endswith(".xz") else open(path, "rb")) as f:
            return f.read()


def _modinfo(data, key):
    """Values of `key` in the .modinfo strings of a module (key=value, NUL separated)."""
    return [m.decode("ascii", "replace")
            for m in re.findall(rb"(?:^|\0)" + key + rb"=([^\0]*)(?=\0)", data)]


def module_closure(tree, wanted):
    """{name: bytes} of the wanted modules and of everything they depend on."""
    found, todo = {}, [(_normal(w), None) for w in wanted]
    while todo:
        name, needed_by = todo.pop()
        if name in found or name in tree.builtin:
            continue
        if name not in tree.by_name and name in ONLY_OLDER:
            continue
        if name not in tree.by_name:
            raise VmError(f"kernel module {name} not found in {tree.root}"
                          + (f" (needed by {needed_by})" if needed_by else ""))
        data = found[name] = tree.read(name)
        for value in _modinfo(data, b"depends"):
            todo += [(_normal(d), name) for d in value.split(",") if d]
        for value in _modinfo(data, b"softdep"):
            # "pre: a b post: c": optional, so only what exists.
            names = [_normal(w) for w in value.split() if not w.endswith(":")]
            todo += [(n, name) for n in names if n in tree.by_name]
    return found


def add_modules(archive, kver, root, modules, extra_modules, work):
    """Puts one kernel's modules and their index into the archive; `work` is a scratch directory."""
    tree = ModuleTree(root)
    base = os.path.join(work, "modules")
    stage = os.path.join(base, "lib/modules", kver)
    shutil.rmtree(base, ignore_errors=True)
    os.makedirs(os.path.join(stage, "kernel"))
    os.makedirs(os.path.join(stage, "extra"))
    wanted = list(modules)
    for path in extra_modules:
        with open(path, "rb") as f:
            wanted += [d for v in _modinfo(f.read(), b"depends") for d in v.split(",") if d]
        _strip(path, os.path.join(stage, "extra", os.path.basename(path)))
    ours = {_normal(os.path.basename(p)[:-3]) for p in extra_modules}
    for name, data in module_closure(tree, [w for w in wanted if _normal(w) not in ours]).items():
        with open(os.path.join(stage, "kernel", name + ".ko"), "wb") as f:
            f.write(data)
    for name in ("modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(os.path.join(tree.root, name), stage)
    open(os.path.join(stage, "modules.order"), "w", encoding="ascii").close()
    _run(["depmod", "-b", base, kver])
    for where, _, names in os.walk(stage):
        for name in sorted(names):
            path = os.path.join(where, name)
            archive.copy(os.path.relpath(path, base), path, 0o644)


def _run(argv):
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", LC_ALL="C")
    try:
        done = subprocess.run(argv, env=env, text=True, capture_output=True, check=False,
                              timeout=600)
    except FileNotFoundError as e:
        raise VmError(f"{argv[0]} is not installed (make deps)") from e
    if done.returncode:
        raise VmError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def _strip(source, target):
    """Copies without debug information: the capture kernel's memory is small."""
    _run(["aarch64-linux-gnu-strip", "--strip-debug", "-o", target, source])


def _needed(path):
    out = _run(["readelf", "-d", path])
    return re.findall(r"\(NEEDED\).*\[([^\]]+)\]", out)


def _find_library(name, roots):
    for root in roots:
        for directory in LIBDIRS + ("lib", "usr/lib"):
            path = os.path.join(root, directory, name)
            if os.path.exists(path):
                return path
    return None


def add_udev(archive, root):
    """systemd-udevd as an initramfs has it; returns its programs."""
    archive.symlink("lib/systemd/systemd-udevd", "/bin/udevadm")
    archive.copy("lib/systemd/network/99-default.link",
                 os.path.join(root, "lib/systemd/network/99-default.link"), 0o644)
    for name in UDEV_RULES:
        path = os.path.join(root, "lib/udev/rules.d", name + ".rules")
        if os.path.exists(path):
            archive.copy(f"lib/udev/rules.d/{name}.rules", path, 0o644)
    return {p: os.path.join(root, p) for p in UDEV_PROGRAMS}


def add_programs(archive, programs, libraries, roots, work):
    """Adds programs and the closure of their shared libraries."""
    todo = [(name, "its user, at run time") for name in libraries]
    for guest_path, host_path in programs.items():
        stripped = os.path.join(work, os.path.basename(guest_path))
        _strip(host_path, stripped)
        archive.copy(guest_path, stripped, 0o755)
        todo += [(n, host_path) for n in _needed(host_path)]
    seen = set()
    while todo:
        name, needed_by = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _find_library(name, roots)
        if not path:
            raise VmError(f"library {name} for arm64 not found (needed by {needed_by}); make deps")
        archive.copy("lib/" + name, path, 0o755)
        todo += [(n, path) for n in _needed(path)]
    if seen and LOADER not in seen:
        archive.copy("lib/" + LOADER, _find_library(LOADER, roots), 0o755)


def shell_quote(value):
    return "'" + str(value).replace("'", "'\\''") + "'"


def build(content, work, out_path):
    """Writes the initramfs both kernels boot from."""
    a = Archive()
    for d in ("proc", "sys", "dev", "run", "tmp", "etc", "usr/bin", "bin", "lib"):
        a.directory(d)
    a.node("dev/console", 5, 1)
    a.copy("init", content.init, 0o755)
    a.copy("bin/busybox", content.fetch["busybox"], 0o755)
    a.symlink("sbin/modprobe", "/bin/busybox")
    a.file("etc/vm.conf", "".join(
        f"{k}={shell_quote(v)}\n" for k, v in content.config.items()).encode())
    for path, text in content.files.items():
        a.file(path, text.encode())
    programs = {"sbin/kexec": content.fetch["kexec"], **content.programs}
    roots = ["/", content.fetch["guestroot"]]
    if "udevroot" in content.fetch:
        roots.append(content.fetch["udevroot"])
        programs.update(add_udev(a, content.fetch["udevroot"]))
    add_programs(a, programs, content.libraries, roots, work)
    fetch = content.fetch
    add_modules(a, fetch["kver"], fetch["kmodules"], content.modules, content.extra_modules, work)
    if content.old_modules:
        add_modules(a, fetch["oldkver"], fetch["oldkmodules"], content.old_modules, [], work)
    with open(out_path, "wb") as f:
        a.write(f)


def join(out_path, parts):
    """Concatenates archives: the kernel unpacks them one after the other."""
    with open(out_path, "wb") as out:
        for part in parts:
            with open(part, "rb") as f:
                shutil.copyfileobj(f, out, 1 << 20)


def wrap_capture(out_path, kernel, initrd, programs, roots, work):
    """An archive behind the crashed kernel's: the capture kernel, its initramfs, and `programs`."""
    a = Archive()
    a.copy("capture/Image", kernel, 0o644)
    a.copy("capture/initrd", initrd, 0o644)
    if programs:
        for path in programs:
            parts = path.split("/")[:-1]
            for i in range(len(parts)):
                a.directory("/".join(parts[:i + 1]))
        add_programs(a, programs, [], roots, work)
    with open(out_path, "wb") as f:
        a.write(f)

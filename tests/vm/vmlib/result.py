# SPDX-License-Identifier: LGPL-2.1-or-later
"""result.py - gathers what a run left behind: files of the dump disk, the dump's health, the report.

The dump disk is read with debugfs(8), unprivileged and without mounting; it was written by a
capture kernel and is taken apart with care.
"""

import json
import os
import re
import struct
import subprocess

from .errors import VmError

ELF_HEAD = 1 << 20              # headers and notes of a vmcore lie at its start
PT_LOAD, PT_NOTE = 1, 4


def nest_facts(facts):
    """{'dump.ms': 3} -> {'dump': {'ms': 3}}"""
    out = {}
    for key, value in facts.items():
        parts = key.split(".")
        at = out
        for p in parts[:-1]:
            at = at.setdefault(p, {})
            if not isinstance(at, dict):
                break
        else:
            at[parts[-1]] = value
    return out


def debugfs(disk, command, timeout=600):
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", LC_ALL="C")
    try:
        return subprocess.run(["debugfs", "-R", command, disk], env=env, capture_output=True,
                              timeout=timeout, check=False).stdout
    except FileNotFoundError:
        raise VmError("debugfs is not installed (package e2fsprogs; make deps)") from None
    except subprocess.TimeoutExpired:
        raise VmError(f"debugfs {command}: no end after {timeout} s") from None


def list_dir(disk, directory):
    """{name: (is_dir, size)}; lines are /inode/mode/uid/gid/name/size/"""
    out = {}
    for line in debugfs(disk, f"ls -p {directory}").decode("utf-8", "replace").splitlines():
        f = line.split("/")
        if len(f) >= 8 and f[5] not in ("", ".", "..", "lost+found"):
            out[f[5]] = (f[2].startswith("04"), int(f[6]) if f[6].isdigit() else 0)
    return out


def head(disk, path):
    with subprocess.Popen(["debugfs", "-R", f"cat {path}", disk], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as p:
        data = p.stdout.read(ELF_HEAD)
        p.kill()
    return data


def make_disk(path, size_mb):
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", LC_ALL="C")
    with open(path, "wb") as f:
        f.truncate(size_mb << 20)
    # No journal and no eager tables: the image stays sparse, nobody recovers it.
    try:
        done = subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal",
                               "-E", "lazy_itable_init=1,nodiscard", path],
                              env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise VmError("mke2fs is not installed (package e2fsprogs; make deps)") from None
    if done.returncode:
        raise VmError(f"mke2fs: {done.stderr.strip()}")


def _notes(data):
    """(type, name) of each note in a PT_NOTE segment, as far as they are whole."""
    at = 0
    while at + 12 <= len(data):
        namesz, descsz, kind = struct.unpack_from("<III", data, at)
        name = data[at + 12:at + 12 + namesz].rstrip(b"\0").decode("ascii", "replace")
        end = at + 12 + (namesz + 3 & ~3) + (descsz + 3 & ~3)
        if end > len(data) or not namesz:
            return
        yield kind, name
        at = end


def check_elf(head, size):
    """Findings on a vmcore from its first MiB and its size."""
    if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
        return {"elf": False, "problem": "not a 64-bit little-endian ELF file"}
    phoff, = struct.unpack_from("<Q", head, 32)
    kind, machine = struct.unpack_from("<HH", head, 16)
    phentsize, phnum = struct.unpack_from("<HH", head, 54)
    out = {"elf": True, "machine": machine, "loads": 0, "notes": 0, "vmcoreinfo": False,
           "loads_inside": True, "load_bytes": 0}
    if kind != 4 or phentsize != 56 or phoff + phnum * 56 > len(head):
        return {**out, "problem": "program headers are not where they should be"}
    for i in range(phnum):
        p_type, _, off, _, _, filesz, _, _ = struct.unpack_from("<IIQQQQQQ", head, phoff + i * 56)
        if p_type == PT_LOAD:
            out["loads"] += 1
            out["load_bytes"] += filesz
            out["loads_inside"] &= off + filesz <= size
        elif p_type == PT_NOTE:
            for _, name in _notes(head[off:off + filesz]):
                out["notes"] += 1
                out["vmcoreinfo"] |= name == "VMCOREINFO"
    out["readable"] = bool(out["loads"] and out["loads_inside"] and out["vmcoreinfo"])
    return out


def take_from_disk(disk, out, keep_dump):
    """Copies everything but the dump out of the disk image; returns the dump's entry."""
    dump = {"saved": False}
    for name, (is_dir, size) in list_dir(disk, "/").items():
        if not re.fullmatch(r"[A-Za-z0-9_.+-]+", name):
            continue
        if name == "vmcore":
            dump = {"bytes": size, **check_elf(head(disk, "/vmcore"), size)}
            dump["saved"] = bool(dump.get("readable"))
            if keep_dump:
                debugfs(disk, f"dump /vmcore {out}/vmcore", 600)
        elif is_dir:
            os.makedirs(out, exist_ok=True)
            debugfs(disk, f"rdump /{name} {out}")
        else:
            debugfs(disk, f"dump /{name} {out}/{name}")
    return dump


def read_report(ctl, out):
    """`smmu-adoptctl report --json` on the sidecar, run natively. {} if there is nothing to read."""
    record = os.path.join(out, "smmu-adopt.rec")
    if not (ctl and os.path.exists(ctl) and os.path.exists(record)):
        return {}
    try:
        done = subprocess.run([ctl, "report", "--json", record], capture_output=True, timeout=600,
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        return {"error": f"smmu-adoptctl report: {e}"}
    with open(os.path.join(out, "report.json"), "wb") as f:
        f.write(done.stdout)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return {"error": f"smmu-adoptctl report --json: no JSON, exit {done.returncode}: "
                         f"{done.stderr.decode('utf-8', 'replace').strip()[:300]}"}
    if not isinstance(report, dict):
        return {"error": "smmu-adoptctl report --json: not an object"}
    report["exit"] = done.returncode
    return report


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def read_json(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return None

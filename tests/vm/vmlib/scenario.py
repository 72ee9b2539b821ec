# SPDX-License-Identifier: LGPL-2.1-or-later
"""scenario.py - one TOML file says what one machine does; unknown keys are errors.

`extends = "name"` (or a path beside the file) takes another scenario as base: tables are merged,
anything else is replaced, expectations are not taken over. README.md lists the keys.
"""

import os
import re
import tomllib

from .errors import VmError

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCENARIOS = os.path.join(HERE, "scenarios")

# Section -> key -> (type, default)
SCHEMA = {
    "": {
        "title": (str, ""),
        "extends": (str, ""),
    },
    "machine": {
        "boot": (str, "dt"),
        "memory_mb": (int, 0),     # 0 = the smallest that works with this boot
        "crashkernel_mb": (int, 160),
        "cpus": (int, 2),
        "devices": (list, []),
        "qemu_args": (list, []),
        # SMMUs among `devices` (QEMU 10.2 or later, which is fetched) instead of the machine's own:
        # where the register pages of each come to lie.
        "smmus": (list, []),
    },
    "traffic": None,    # netdev id -> {rate, size}
    "crashed": {
        "modules": (list, ["e1000e", "nvme"]),
        "append": (str, ""),
        "crash_after_frames": (int, 5),
        "command": (str, ""),
        "kernel": (str, ""),       # "old": an older one than the capture kernel's
        "driver": (str, ""),       # "linear": an SMMU driver that makes a linear stream table
        "unmap": (str, ""),        # a PCI device: vm_unmap.ko is there, for its mappings
        "prepare": (str, ""),
        "resolve": (bool, False),  # smmu-adopt-resolve is there, with its libraries, as on a whole system
    },
    "capture": {
        "modules": (list, ["e1000e", "nvme", "ext4", "crc32c_generic"]),
        "append": (str, ""),
        "adopting_driver": (bool, True),
        "helper": (bool, True),
        "daemon": (bool, True),
        "early_hold": (bool, True),   # `smmu-adoptd hold` before the adopting driver, `bypass` after it
        # In place of the adopting driver: "missing", "other-version", or "refuses", a module whose init fails.
        "broken_driver": (str, ""),
        "ctl": (bool, True),       # smmu-adoptctl, and libsystemd with it
        "cpus": (int, 1),
        "idle": (bool, False),     # helper and daemon are in the image, and not used
        "coldplug": (str, "modprobe"),   # or "udev": systemd-udevd
        "coldplug_always": (bool, False),
        "sampler": (bool, False),
        "control": (bool, False),  # vm-control is there, which asks /dev/smmu_adopt
        "daemon_deadline": (int, 300),
        "restart": (str, ""),      # after a death: "", "at-once", "release"
        "kill": (list, []),
        "bad_probe": (str, ""),    # "hang", "fail", "slow"
        "config": (str, ""),
        "command": (str, ""),
        "after": (str, ""),
        "settle_ms": (int, 0),
        "linger_ms": (int, 0),
        "traffic_from": (str, "capture-init"),
        "files": (dict, {}),
    },
    "dump": {
        "device": (str, ""),
        "pci": (str, ""),
        "disk_mb": (int, 1024),
        "keep": (bool, False),
        "vmcore": (bool, True),    # false: the disk takes what explains the run, /proc/vmcore is not read
        "deadline": (int, 1200),
    },
    "rmr": {
        "sids": (list, []),
        "base": (int, 0),
        "length": (int, 0x10000),
        "flags": (int, 0),
    },
    "witness": {
        "sids": (list, []),
        "second": (list, []),      # of the second of machine.smmus
    },
    "console": {
        "allow": (list, []),       # kernel complaints that are part of the scenario
    },
    "damage": {
        "writes": (list, []),
    },
    "limits": {
        "timeout": (int, 3600),
        "log_cap_mb": (int, 20),
    },
    "expect": None,     # path -> condition
    "expect_from_7": None,    # the same, in place of it where the capture kernel is 7.0 or newer (variant.py)
}


class Scenario:
    """Attribute access to sections: scenario.machine["boot"]."""

    def __init__(self, name, path, data):
        self.name, self.path = name, path
        self.title = data[""]["title"]
        self.patience, self.debug = 1, False    # variant.py
        for section, value in data.items():
            if section:
                setattr(self, section, value)


def find(name):
    """A path, or the name of a file in scenarios/."""
    if name.endswith(".toml") or os.sep in name:
        path = name
    else:
        path = os.path.join(SCENARIOS, name + ".toml")
    if not os.path.isfile(path):
        known = ", ".join(names())
        raise VmError(f"no scenario {name!r}: {path} does not exist (known: {known})")
    return os.path.abspath(path)


def names():
    return sorted(f[:-5] for f in os.listdir(SCENARIOS) if f.endswith(".toml"))


def _read(path):
    try:
        with open(path, "rb") as f:
            return tomllib.load(f)
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise VmError(f"{path}: {e}") from e


def _merge(base, over):
    out = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict) and key != "traffic":
            out[key] = _merge(out[key], value)
        else:
            out[key] = value
    return out


def _resolve(path, depth=0):
    data = _read(path)
    base = data.get("extends")
    if not base:
        return data
    if depth > 4:
        raise VmError(f"{path}: extends too deep")
    beside = os.path.join(os.path.dirname(path), base)
    base_path = beside if base.endswith(".toml") and os.path.isfile(beside) else find(base)
    inherited = _resolve(base_path, depth + 1)
    for section in ("expect", "expect_from_7"):
        inherited.pop(section, None)
    return _merge(inherited, data)


def _check_section(path, section, given):
    known = SCHEMA[section]
    if not isinstance(given, dict):
        raise VmError(f"{path}: [{section}] must be a table")
    if known is None:
        return dict(given)
    out = {}
    for key, value in given.items():
        if key not in known:
            raise VmError(f"{path}: unknown key {key!r} in [{section}]")
        kind = known[key][0]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise VmError(f"{path}: [{section}] {key} must be a {kind.__name__}")
        out[key] = value
    for key, (_, default) in known.items():
        out.setdefault(key, default)
    return out


DAMAGE_FORMS = (({"at", "sid", "value"}, {"word"}, 64), ({"address", "value"}, {"word"}, 64),
                ({"register", "value"}, set(), 32))


def _check_damage(path, writes):
    for w in writes:
        bits = next((bits for need, may, bits in DAMAGE_FORMS
                     if isinstance(w, dict) and need <= set(w) <= need | may), 0)
        good = bits and all(isinstance(w[k], int) for k in w if k != "at") and \
            0 <= w["value"] < 1 << bits and w.get("at", "l1") in ("l1", "ste", "cd")
        if not good:
            raise VmError(f"{path}: [damage] writes: wants at = \"l1\"|\"ste\"|\"cd\" and sid, or "
                          f"address, or register; and value; not {w}")


def load(name):
    path = find(name)
    raw = _resolve(path)
    top = {k: v for k, v in raw.items() if k not in SCHEMA or k == ""}
    data = {"": _check_section(path, "", top)}
    for section in SCHEMA:
        if section:
            data[section] = _check_section(path, section, raw.get(section, {}))
    short = os.path.splitext(os.path.basename(path))[0]
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", short):
        raise VmError(f"{path}: file name must be letters, digits, '_', '.', '-'")
    s = Scenario(short, path, data)
    if s.machine["boot"] not in ("dt", "acpi"):
        raise VmError(f"{path}: [machine] boot must be \"dt\" or \"acpi\"")
    if s.capture["coldplug"] not in ("modprobe", "udev"):
        raise VmError(f"{path}: [capture] coldplug must be \"modprobe\" or \"udev\"")
    if s.crashed["kernel"] not in ("", "old") or s.crashed["driver"] not in ("", "linear"):
        raise VmError(f"{path}: [crashed] kernel must be \"old\", driver \"linear\", or not there")
    # The crashed kernel carries the capture kernel in its initramfs; UEFI takes some more.
    s.machine["memory_mb"] = s.machine["memory_mb"] or {"dt": 512, "acpi": 640}[s.machine["boot"]]
    _check_damage(path, s.damage["writes"])
    if s.rmr["sids"] and s.machine["boot"] != "acpi":
        raise VmError(f"{path}: [rmr] needs [machine] boot = \"acpi\"")
    return s

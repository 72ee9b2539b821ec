#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill-everywhere.py - kills the daemon with SIGKILL at every kind of journal step, one boot each,
and in two chains of restarts; the dump must be saved every time.

Writes the scenarios into <build>/vm/kill-everywhere/ and runs them (run.py). The capture kernel's
configuration wants only the dump disk, reset before its driver comes, so a run that ends by itself goes through every kind of
step but "release"; that one comes when a device of the dump path gets no driver.

With --renames a loop in the capture kernel renames a file all the while, which makes openat2() fail with
EAGAIN on paths with "..": no hold may be left because of it.
"""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

TEMPLATE = '''extends = "base"
title = "{title}"

[machine]
devices = [
	"e1000e,netdev=net0,addr=1",
	"nvme,drive=disk0,serial=dump,addr=2",
	"e1000e,addr=3",
]

[capture]
modules = ["nvme", "ext4", "crc32c_generic"]
kill = {kill}
restart = "{restart}"
{renames}config = """
[Dump]
device = {dump}

[Policy]
rule = flr class=0108
"""
after = """
grep -lx smmu-adopt-hold /sys/bus/pci/devices/*/driver_override >/run/held
echo "<5>VM-FACT: holds $(wc -l </run/held)" >/dev/kmsg
"""

[capture.files]
"etc/modprobe.d/lost.conf" = "{modprobe}"

[expect]
"dump.saved" = true
"facts.holds" = {holds}
'''

# With what the only processor has left over.
RENAMES = '''command = """
mkdir -p /run/renames
touch /run/renames/a
nice -n 19 sh -c 'while :; do mv /run/renames/a /run/renames/b; mv /run/renames/b /run/renames/a; done' \
	>/dev/null 2>&1 </dev/null &
"""
'''

# The NIC's driver is blacklisted then, so naming it costs the dump path, but not the dump.
DISK, LOST = "0000:00:02.0", "0000:00:02.0 0000:00:01.0"

# Not restarted: (who, record, action). Nobody is to blame for a hold then: none may be left.
ALONE = [
    ("all", "step", "hold"),
    ("worker", "result", "hold"),
    ("supervisor", "step", "contain"),
    ("all", "step", "flr"),
    ("worker", "result", "flr"),
    ("supervisor", "step", "domain"),
    ("all", "step", "load"),
    ("worker", "step", "bind"),
    ("supervisor", "result", "verify"),
    ("worker", "result", "keep"),
    ("all", "step", "release"),
]
ACTIONS = ["hold", "contain", "flr", "domain", "load", "bind", "verify", "keep"]


def once(text):
    """A condition: @text occurs exactly once."""
    esc = text.replace(".", r"\\.")
    return f'matches (?s)\\\\A(?!.*{esc}.*{esc}).*{esc}'


def scenario(title, kill, restart, dump, holds, console, more=""):
    text = TEMPLATE.format(title=title, kill=repr(kill).replace("'", '"'), restart=restart,
                           dump=dump, holds=holds, renames="@RENAMES@",
                           modprobe="blacklist e1000e" if dump == LOST else "")
    text += "console_capture = [" + ", ".join(f'"{c}"' for c in console) + "]\n"
    for i in range(len(kill)):
        text += f'"facts.kill.{i + 1}" = "matches ,[1-9]"\n'
    return text + more


def scenarios():
    calm = ["lacks Kernel panic", "lacks Call trace:"]
    for who, record, action in ALONE:
        yield f"kill-{who}-{record}-{action}", scenario(
            f"{who} killed at {record} {action}", [f"{who}:{record}:{action}"], "",
            LOST if action == "release" else DISK, 0, calm)
    acts = [once(f"{a} {DISK}: done") for a in ("contain", "bind")]
    # The kept NIC and the other device stay held by the last run, which is alive.
    yield "kill-chain-at-once", scenario(
        "everything killed at each begin, restarted", [f"all:step:{a}" for a in ACTIONS],
        "at-once", DISK, 2, calm + acts + ["contains taken over"],
        f'"daemon.runs" = {len(ACTIONS) + 1}\n"daemon.exit" = 0\n"dma.refused" = 0\n'
        '"dma.sid.0x10.contained_before_handover" = true\n'
        '"report.streams[sid=0x10].end_state" = "handed-over"\n')
    yield "kill-chain-release", scenario(
        "supervisor killed at each end, holds given back, restarted",
        [f"supervisor:result:{a}" for a in ACTIONS if a != "bind"], "release", DISK, 2,
        # The release after "load" lets the driver, loaded by then, have the disk: no bind of ours. The
        # one load ended in the journal; its log line would be that of a second one.
        calm + [f"lacks bind {DISK}:", f"lacks load {DISK}:"],
        f'"daemon.runs" = {len(ACTIONS)}\n"daemon.exit" = 0\n"dma.refused" = 0\n'
        '"dma.sid.0x10.contained_before_handover" = true\n')


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--renames", action="store_true", help="beside a loop of renames")
    p.add_argument("only", nargs="*", help="names; default: all")
    args = p.parse_args()
    folder = os.path.join(args.build, "vm", "kill-everywhere")
    os.makedirs(folder, exist_ok=True)
    paths = []
    for name, text in scenarios():
        text = text.replace("@RENAMES@", RENAMES if args.renames else "")
        path = os.path.join(folder, name + ".toml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        if not args.only or name in args.only:
            paths.append(path)
    return subprocess.run([os.path.join(HERE, "run.py"), "--build", args.build, "--quiet",
                           "--totals", *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

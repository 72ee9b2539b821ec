#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill-everywhere.py - kills the daemon with SIGKILL at every kind of journal step, one boot each,
in two chains of restarts, and at each kind of step of the run that gives back; the dump must be saved every time.

Writes the scenarios into <build>/vm/kill-everywhere/ and runs them (run.py). The capture kernel's
configuration wants only the dump disk, reset before its driver comes, so a run that ends by itself goes through every kind of
step but "release"; that one comes when a device of the dump path gets no driver.

Where the loan is due, the configuration names the wrong disk: nothing is saved before what is held is given back, by the
second worker or by whoever cleans up after it.

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
{rules}"""
after = """
{wait}grep -lx smmu-adopt-hold /sys/bus/pci/devices/*/driver_override >/run/held
echo "<5>VM-FACT: holds $(wc -l </run/held)" >/dev/kmsg
"""

[capture.files]
"etc/modprobe.d/lost.conf" = "{modprobe}"

[expect]
"dump.saved" = true
"facts.holds" = {holds}
'''

# As initramfs-tools it waits for the dump's disk, and as systemd (ExecStopPost=) and scripts/local-block it cleans up
# after a daemon that is no more, also where the disk is there already.
WAIT = """clean_up() { [ -n "$(pidof smmu-adoptd)" ] || smmu-adoptd release; usleep 100000; }
n=0
while [ ! -b {disk} ] && [ $n -lt 450 ]; do clean_up; n=$((n + 1)); done
# An end of a run that was killed, and of its cleaning up.
n=0
while grep -qx smmu-adopt-hold /sys/bus/pci/devices/*/driver_override && [ $n -lt 100 ]; do clean_up; n=$((n + 1)); done
"""
LOST_DISK = "/dev/nvme1n1"

# The only processor has other things to do, too.
RENAMES = '''command = """
mkdir -p /run/renames
touch /run/renames/a
while :; do mv /run/renames/a /run/renames/b; mv /run/renames/b /run/renames/a; usleep 1000; done \\
	>/dev/null 2>&1 </dev/null &
"""
'''
# The folder's time goes on.
STILL_RENAMING = """before=$(stat -c %Y /run/renames)
sleep 2
echo "<5>VM-FACT: renames $(($(stat -c %Y /run/renames) - before))" >/dev/kmsg
"""

# The NIC's driver is blacklisted then, so naming it costs the dump path, but not the dump.
DISK, LOST = "0000:00:02.0", "0000:00:02.0 0000:00:01.0"

# Another disk, where the loan is due.
OTHER = "0000:00:03.0"

# Not restarted: (who, record, action). Nobody is to blame for a hold then: none may be left.
ALONE = [
    ("all", "step", "hold"),
    ("worker", "result", "hold"),
    ("supervisor", "step", "quiesce"),
    ("all", "step", "flr"),
    ("worker", "result", "flr"),
    ("supervisor", "step", "domain"),
    ("all", "step", "load"),
    ("worker", "step", "bind"),
    ("supervisor", "result", "verify"),
    ("worker", "result", "keep"),
    ("all", "step", "release"),
]
# The same of the run that gives back: killed, it leaves nothing held either, since whoever cleans up gives back all.
LENT = [
    ("worker", "stage", "giving-back"),
    ("all", "stage", "giving-back"),
    ("all", "step", "domain"),
    ("worker", "result", "domain"),
    ("worker", "step", "load"),
    ("supervisor", "result", "load"),
    ("worker", "step", "bind"),
    ("all", "result", "bind"),
    ("supervisor", "step", "keep"),
    ("worker", "result", "keep"),
    ("all", "step", "verify"),
]
ACTIONS = ["hold", "quiesce", "flr", "domain", "load", "bind", "verify", "keep"]


def once(text):
    """A condition: @text occurs exactly once."""
    esc = text.replace(".", r"\\.")
    return f'matches (?s)\\\\A(?!.*{esc}.*{esc}).*{esc}'


def scenario(title, kill, restart, dump, holds, console, more="", rules="rule = flr class=0108\n", wait=""):
    text = TEMPLATE.format(title=title, kill=repr(kill).replace("'", '"'), restart=restart,
                           dump=dump, holds=holds, renames="@RENAMES@", rules=rules, wait=wait,
                           modprobe="blacklist e1000e" if dump == LOST else "")
    text += "console_capture = [" + ", ".join(f'"{c}"' for c in console) + "]\n"
    for i, point in enumerate(kill):
        if not point.startswith("after:"):
            text += f'"facts.kill.{i + 1}" = "matches ,[1-9]"\n'
    return text + more


def loan_scenario(who, record, action, calm):
    """The disk named is another one, and a card is denied its driver: it is kept in the second run, too."""
    # Who is killed at the record of the stage has not said why yet.
    why = [] if record == "stage" else ["matches the dump had not begun [0-9]+ s after the hand-over"]
    text = scenario(f"{who} killed at {record} {action}, giving back",
                    ["after:stage:giving-back", f"{who}:{record}:{action}"] if record != "stage"
                    else [f"{who}:{record}:{action}"],
                    "", OTHER, 0, calm + why,
                    rules="rule = flr class=0108\nrule = deny path=0000:00:01.0\n", wait=WAIT.replace("{disk}", LOST_DISK))
    text = text.replace('"e1000e,addr=3"', '"nvme,serial=other,addr=3"')
    return text + f'\n[dump]\ndevice = "{LOST_DISK}"\n'


def scenarios():
    calm = ["lacks Kernel panic", "lacks Call trace:"]
    for who, record, action in ALONE:
        yield f"kill-{who}-{record}-{action}", scenario(
            f"{who} killed at {record} {action}", [f"{who}:{record}:{action}"], "",
            LOST if action == "release" else DISK, 0, calm)
    for who, record, action in LENT:
        yield f"kill-loan-{who}-{record}-{action}", loan_scenario(who, record, action, calm)
    acts = [once(f"{a} {DISK}: done") for a in ("quiesce", "bind")]
    # The kept NIC and the other device stay held by the last run, which is alive.
    yield "kill-chain-at-once", scenario(
        "everything killed at each begin, restarted", [f"all:step:{a}" for a in ACTIONS],
        "at-once", DISK, 2, calm + acts + ["contains taken over"],
        f'"daemon.runs" = {len(ACTIONS) + 1}\n"daemon.exit" = 0\n"dma.refused" = 0\n'
        '"dma.sid.0x10.quiesced_before_handover" = true\n'
        '"report.streams[sid=0x10].end_state" = "handed-over"\n')
    yield "kill-chain-release", scenario(
        "supervisor killed at each end, holds given back, restarted",
        [f"supervisor:result:{a}" for a in ACTIONS if a != "bind"], "release", DISK, 2,
        # The release after "load" lets the driver, loaded by then, have the disk: no bind of ours. The
        # one load ended in the journal; its log line would be that of a second one.
        calm + [f"lacks bind {DISK}:", f"lacks load {DISK}:"],
        f'"daemon.runs" = {len(ACTIONS)}\n"daemon.exit" = 0\n"dma.refused" = 0\n'
        '"dma.sid.0x10.quiesced_before_handover" = true\n')


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
        if args.renames:  # it is there to the end
            text = text.replace('after = """\n', 'after = """\n' + STILL_RENAMING)
            text = text.replace("[expect]\n", '[expect]\n"facts.renames" = "> 0"\n')
        path = os.path.join(folder, name + ".toml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        if not args.only or name in args.only:
            paths.append(path)
    return subprocess.run([os.path.join(HERE, "run.py"), "--build", args.build, "--quiet",
                           "--totals", *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""try_who.py --ctl CTL DIR - which device could write there? For the end of `make demo`.

Takes the result directory of a run with the dump kept. Finds a page that the network card could write when the
kernel crashed, prints the command that a reader can repeat, and runs it. Fails when the answer does not name the card.
"""

import argparse
import json
import os
import subprocess
import sys


def ask(ctl, verb, *args):
    done = subprocess.run([ctl, "--json", verb, *args], capture_output=True, check=False, text=True)
    if done.returncode not in (0, 4):
        raise SystemExit(f"try_who: {verb}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def writable_page(ctl, dump):
    """(device, physical address) of a page that a network card could write at the crash."""
    for stream in ask(ctl, "streams", dump)["streams"]:
        if stream.get("class_name") != "Ethernet controller" or stream["way"] != "tables":
            continue
        for extent in ask(ctl, "maps", dump, f"{stream['smmu']}:{stream['sid']}")["extents"]:
            if extent["access"] in ("read-write", "write-only"):
                return stream["device"], extent["phys"]
    raise SystemExit(f"try_who: {dump}: no network card could write anywhere")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out", help="result directory of the run")
    p.add_argument("--ctl", required=True, help="smmu-adoptctl for this machine")
    args = p.parse_args()
    dump = os.path.join(args.out, "vmcore")
    device, page = writable_page(args.ctl, dump)
    command = [args.ctl, "who", dump, f"{page}+4K"]
    print(f"\nThe first dump is kept. Which device could write to a page of it? Try it:\n\n    $ {' '.join(command)}", flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    print("".join(f"    {line}\n" for line in done.stdout.splitlines()), end="")
    if done.returncode not in (0, 4) or device not in done.stdout:
        print(f"FAILED: try_who: it does not name {device}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

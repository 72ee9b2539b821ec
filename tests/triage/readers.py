#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""readers.py - is a dump the same, whichever way it was written and whoever reads it?

Takes the result directory of a run of the emulated machine with the dump kept. Makes kdump-compressed
twins of the dump: by makedumpfile, also flattened, and by our own writer with each library that Debian's
makedumpfile was built without. Every page of each is read by our reader and, unless it is flattened, by
libkdumpfile (`readers`), and every verb must say of each twin, byte for byte, what it says of the ELF dump.
"""

import argparse
import os
import re
import shutil
import struct
import subprocess
import sys

TWINS = {  # name: options of makedumpfile
    "zlib": ["-c", "-d", "0"],
    "zlib-nozero": ["-c", "-d", "1"],
    "lzo": ["-l", "-d", "0"],
    "zlib-flat": ["-F", "-c", "-d", "0"],
    "plain-flat": ["-F", "-d", "1"],
    "elf-flat": ["-F", "-E", "-d", "0"],
}
REVERSED = "zlib-flat-reversed"  # the headers come last
PACKED = ["snappy", "zstd", "plain"]


INFO, HIDDEN = b"VMCOREINFO\0", b"HIDDENINFO\0"


def rename_note(path, old, new):
    """makedumpfile does not touch an Arm dump whose VMCOREINFO it sees on another machine."""
    with open(path, "r+b") as f:
        at = f.read(1 << 20).find(old)
        if at < 0:
            raise SystemExit(f"readers: no note {old!r} in {path}")
        f.seek(at)
        f.write(new)


def reverse(path, to):
    """The same flattened dump with its records from the last to the first. None is for the same bytes as another."""
    at, records = 4096, []
    with open(path, "rb") as f, open(to, "wb") as out:
        data = f.read()
        while (record := struct.unpack_from(">qq", data, at))[0] >= 0:
            records.append((at, at + 16 + record[1]))
            at += 16 + record[1]
        out.write(data[:4096])
        for start, end in reversed(records):
            out.write(data[start:end])
        out.write(data[at:])


def make_twins(readers, dump, work):
    """The twins' paths. All have the name of the dump, so that answers have it too."""
    paths = {}
    copy = os.path.join(work, "hidden")
    if shutil.which("makedumpfile"):
        shutil.copyfile(dump, copy)
        rename_note(copy, INFO, HIDDEN)
    for name in [*(TWINS if os.path.exists(copy) else []), *PACKED]:
        os.makedirs(os.path.join(work, name), exist_ok=True)
        paths[name] = os.path.join(work, name, "vmcore")
        if os.path.exists(paths[name]):
            os.remove(paths[name])
        command = (["makedumpfile", *TWINS[name], copy] if name in TWINS
                   else [readers, "pack", dump, paths[name], name])
        with open(paths[name], "wb") if name.endswith("-flat") else open(os.devnull, "wb") as out:
            if name in TWINS and not name.endswith("-flat"):
                command.append(paths[name])
            subprocess.run(command, check=True, stdout=out, stderr=subprocess.DEVNULL)
        if name in TWINS:
            rename_note(paths[name], HIDDEN, INFO)
    if "zlib-flat" in paths:
        os.makedirs(os.path.join(work, REVERSED), exist_ok=True)
        paths[REVERSED] = os.path.join(work, REVERSED, "vmcore")
        reverse(paths["zlib-flat"], paths[REVERSED])
    return paths


def answers(ctl, folder, records, questions):
    """What each verb says, and its exit code; in the folder, so that all see the same name. But for the format."""
    said = {}
    for question in questions:
        done = subprocess.run([ctl, *question[:-1], "--records", records, *question[-1]], cwd=folder,
                              capture_output=True, timeout=600, check=False)
        # The size of the file differs, too.
        out = re.sub(rb'^(dump +vmcore, )[^,]*|^ *"dump_bytes": .*$', rb"\1", done.stdout, flags=re.M)
        said[" ".join([*question[:-1], *question[-1]])] = (done.returncode, out.replace(b"kdump-compressed", b"ELF"),
                                                             done.stderr)
    return said


def questions_of(ctl, folder, records):
    """streams and reach as they are; maps, walk and who for what the streams have."""
    out = [([], [verb, "vmcore"]) for verb in ("streams", "reach", "report", "events", "rmr", "health")]
    said = subprocess.run([ctl, "--json", "--records", records, "streams", "vmcore"], cwd=folder,
                          capture_output=True, text=True, check=False).stdout
    for sid in sorted(set(re.findall(r'"sid": ?"(0x[0-9a-f]+)"', said))):
        out.append(([], ["maps", "vmcore", sid]))
        maps = subprocess.run([ctl, "--json", "--records", records, "maps", "vmcore", sid], cwd=folder,
                              capture_output=True, text=True, check=False).stdout
        pairs = re.findall(r'"iova": ?"(0x[0-9a-f]+)",\s*"phys": ?"(0x[0-9a-f]+)"', maps)
        for iova, phys in pairs[::max(1, len(pairs) // 8)]:
            out.append(([], ["walk", "vmcore", sid, iova]))
            out.append(([], ["who", "vmcore", phys]))
        out.append(([], ["walk", "vmcore", sid, "0x1000"]))
    out.append(([], ["who", "vmcore", "0x40000000-0x4fffffff"]))
    return [(*front, args) for front, args in out] + [("--json", args) for _, args in out]


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("out", help="result directory of the run")
    p.add_argument("--ctl", required=True, help="smmu-adoptctl for this machine")
    p.add_argument("--readers", required=True, help="the program of readers.c")
    p.add_argument("--work", required=True, help="folder for the twins")
    args = p.parse_args()
    ctl, readers = os.path.abspath(args.ctl), os.path.abspath(args.readers)
    out, work = os.path.abspath(args.out), os.path.abspath(args.work)
    dump, records = os.path.join(out, "vmcore"), os.path.join(out, "smmu-adopt.rec")
    os.makedirs(work, exist_ok=True)
    twins = make_twins(readers, dump, work)
    failed = subprocess.run([readers, dump, *twins.values()], cwd=work, check=False).returncode != 0
    passed = len(twins) - failed
    failed = int(failed)
    questions = questions_of(ctl, out, records)
    elf = answers(ctl, out, records, questions)
    for name, path in twins.items():
        twin = answers(ctl, os.path.dirname(path), records, questions)
        for question, said in twin.items():
            passed += said == elf[question]
            failed += said != elf[question]
            if said != elf[question] and failed < 10:
                print(f"FAILED: readers {name}: {question}: {said[0]} against {elf[question][0]}: {said[2][-200:]}")
    print(f"    {len(questions)} questions to each of {len(twins)} twins")
    print(f"readers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

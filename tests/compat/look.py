#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""look.py TOOL DUMP - what drgn or libkdumpfile says of a dump, as one line to compare.

The line has the architecture, the release of VMCOREINFO, and a hash over pages of the whole of
memory; pages that are not there count as such. /usr/bin/python3: Debian's, which has the modules.
"""

import hashlib
import sys

STEP = 4096 * 3
RAM = (0x40000000, 0x40800000)
MORE = (0x40800000, 0x60000000)         # of a bigger machine, in bigger steps


def addresses():
    yield from range(*RAM, STEP)
    yield from range(*MORE, 4096 * 997)


def hash_pages(read):
    h = hashlib.sha256()
    good = 0
    for address in addresses():
        try:
            h.update(read(address))
            good += 1
        except Exception as e:          # each tool has its own exceptions  # pylint: disable=broad-except
            h.update(type(e).__name__.encode())
    return f"{good} pages {h.hexdigest()[:16]}"


def with_drgn(path):
    import drgn                         # pylint: disable=import-outside-toplevel
    prog = drgn.Program()
    prog.set_core_dump(path)
    arch = prog.platform.arch.name if prog.platform else "none"
    return f"{arch} {hash_pages(lambda a: prog.read(a, 4096, True))}"


def with_kdumpfile(path):
    import kdumpfile                    # pylint: disable=import-outside-toplevel
    dump = kdumpfile.kdumpfile(path)
    facts = []
    for key in ("file.format", "arch.name", "linux.vmcoreinfo.lines.OSRELEASE", "cpu.number"):
        try:
            facts.append(str(dump.attr[key]))
        except Exception:               # pylint: disable=broad-except
            facts.append("none")
    pages = hash_pages(lambda a: dump.read(kdumpfile.KDUMP_MACHPHYSADDR, a, 4096))
    return f"{' '.join(facts)} {pages}"


def main():
    tool, path = sys.argv[1:]
    try:
        print((with_drgn if tool == "drgn" else with_kdumpfile)(path))
    except Exception as e:              # pylint: disable=broad-except
        print(f"refused: {type(e).__name__}: {str(e).replace(path, 'DUMP')}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""extract.py FILE NAME...: print the #defines of a C file in kernel style, and the named definitions.

For harnesses that compile a driver's real functions against small stubs. Order is the file's. A
name may be a function or a struct; a name with a leading "?" may be missing.
"""
import re
import sys


def start_of(lines, index):
    """The line a definition begins in: its return type may stand above its name."""
    while index and re.match(r"[A-Za-z_]", lines[index - 1]) and not lines[index - 1].endswith((";", ":")):
        index -= 1
    return index


def definitions(lines, name):
    """Yield (first, last) of each definition of this name; of a function there may be two in #ifs."""
    function = re.compile(rf"[A-Za-z_].*\b{name}\(|{name}\(")
    for index, line in enumerate(lines):
        if line == f"struct {name} {{":
            first = index
        elif function.match(line) and not line.startswith("EXPORT_"):
            end = index
            while not lines[end].endswith(("{", ";")) and lines[end] != "{":
                end += 1
            if lines[end].endswith(";"):
                continue  # a prototype
            first = start_of(lines, index)
        else:
            continue
        last = index
        while not lines[last].startswith("}"):
            last += 1
        yield first, last


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    spans = []
    for index, line in enumerate(lines):
        if line.startswith("#define"):
            last = index
            while lines[last].endswith("\\"):
                last += 1
            spans.append((index, last))
    for name in sys.argv[2:]:
        found = list(definitions(lines, name.lstrip("?")))
        if not found and not name.startswith("?"):
            sys.exit(f"error: no {name} in {sys.argv[1]}")
        spans += found
    for first, last in sorted(set(spans)):
        print(f'#line {first + 1} "{sys.argv[1]}"')
        print("\n".join(lines[first : last + 1]), end="\n\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""apply-hunks.py ROOT SERIES...: apply the one series of patches that fits the source in ROOT.

A series is a folder with a file "series" and the unified diffs it names, as quilt and git am take
them. patch(1), --fuzz=0 included, takes a hunk to the nearest place with its old text, and a text
may be there twice. Here it must occur exactly once in the file, wherever that is; line numbers do
not count. Kernels differ, so there are several series, of which exactly one must fit as a whole.
Nothing is written otherwise. Prints the name of the series.
"""
import pathlib
import sys


class Mismatch(Exception):
    """A hunk that does not fit the file at hand."""


def hunks(patch):
    """Yield (file name, hunk number, old text, new text) of one patch."""
    name, number, old, new = None, 0, None, None
    for line in patch.read_text(encoding="utf-8").splitlines():
        if line.startswith(("@@ ", "diff --git ", "--- ")):
            if old is not None:
                yield name, number, old, new
            old = new = None
        if line.startswith("@@ "):
            number, old, new = number + 1, "", ""
        elif old is not None:
            kind, text = line[:1] or " ", line[1:] + "\n"  # an editor may take a lone blank away
            old, new = old + text * (kind in " -"), new + text * (kind in " +")
        elif line.startswith("+++ "):
            name = line.split()[1].split("/", 1)[1]
    if old is not None:
        yield name, number, old, new


def patches(series):
    """Return the patches of a series, in order."""
    lines = (series / "series").read_text(encoding="utf-8").splitlines()
    return [series / line.strip() for line in lines if line.strip() and not line.startswith("#")]


def apply(root, series):
    """Return {file name: new text}, or raise Mismatch."""
    texts = {}
    for patch in patches(series):
        for name, number, old, new in hunks(patch):
            where = f"{pathlib.PurePath(name).name}: hunk {number} of {series.name}/{patch.name}"
            if name not in texts:
                try:
                    texts[name] = (root / name).read_text(encoding="utf-8")
                except OSError as error:
                    raise Mismatch(f"{where}: {error.strerror}") from error
            count = texts[name].count(old)
            if count != 1:
                raise Mismatch(f"{where} does not match: its old text is there {count} times")
            texts[name] = texts[name].replace(old, new)
    return texts


def main():
    root = pathlib.Path(sys.argv[1])
    fitting, reasons = [], []
    for name in sys.argv[2:]:
        series = pathlib.Path(name)
        try:
            fitting.append((series.name, apply(root, series)))
        except Mismatch as error:
            reasons.append(str(error))
    if not fitting:
        sys.exit(f"error: no series fits: {'; '.join(reasons)}")
    if len(fitting) > 1:
        sys.exit(f"error: several series fit: {', '.join(name for name, _ in fitting)}")
    for name, text in fitting[0][1].items():
        (root / name).write_text(text, encoding="utf-8")
    print(fitting[0][0])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""apply-hunks.py DIR PATCH...: apply unified diffs to the files in DIR.

patch(1) takes a hunk with little context to the nearest place that looks right. Here a hunk's old
text must occur exactly once in the file, wherever that is; line numbers do not count. Nothing is
written unless every hunk of every patch applies.
"""
import pathlib
import sys


class Mismatch(Exception):
    """A hunk that does not fit the file at hand."""


def hunks(patch):
    """Yield (file name, hunk number, old text, new text) of one patch."""
    name, number, old, new = None, 0, [], []
    for line in patch.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith(("--- ", "+++ ", "@@ ")):
            if old or new:
                yield name, number, "".join(old), "".join(new)
                old, new = [], []
            if line.startswith("+++ "):
                name = line.split()[1].split("/", 1)[1]
            elif line.startswith("@@ "):
                number += 1
        elif name:
            if line == "\n":  # an empty context line whose blank an editor took away
                line = " \n"
            if line[0] in " -":
                old.append(line[1:])
            if line[0] in " +":
                new.append(line[1:])
    if old or new:
        yield name, number, "".join(old), "".join(new)


def apply(root, patches):
    """Return {file name: new text}, or raise Mismatch."""
    texts = {}
    for patch in patches:
        for name, number, old, new in hunks(patch):
            where = f"{name}: hunk {number} of {patch.name}"
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
    try:
        texts = apply(root, [pathlib.Path(name) for name in sys.argv[2:]])
    except Mismatch as error:
        sys.exit(f"error: {error}")
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

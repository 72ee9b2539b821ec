#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""apply-hunks.py DIR PATCH...: apply unified diffs to the files in DIR.

patch(1) takes a hunk with little context to the nearest place that looks right. Here a hunk's old
text must occur exactly once in the file, wherever that is; line numbers do not count. Nothing is
written unless every hunk of every patch applies.

Kernels differ. A hunk whose header ends in "@@ or" is a variant of the one before, for another
source; of all variants of a hunk exactly one must match. One without - and + lines says that a
source with that text needs no change.
"""
import pathlib
import sys


class Mismatch(Exception):
    """A hunk that does not fit the file at hand."""


def hunks(patch):
    """Yield (file name, hunk number, [(old text, new text) of each variant]) of one patch."""
    name, number, variants = None, 0, []
    for line in patch.read_text(encoding="utf-8").splitlines():
        if line.startswith("@@ "):
            if not (variants and line.endswith("@@ or")):
                if variants:
                    yield name, number, variants
                number, variants = number + 1, []
            variants.append(("", ""))
        elif line.startswith(("--- ", "+++ ")):
            if variants:
                yield name, number, variants
            variants = []
            name = line.split()[1].split("/", 1)[1]
        elif variants:
            kind, text = line[:1] or " ", line[1:] + "\n"  # an editor may take a lone blank away
            old, new = variants[-1]
            variants[-1] = (old + text * (kind in " -"), new + text * (kind in " +"))
    if variants:
        yield name, number, variants


def apply_hunk(text, variants, where):
    """Return the changed text, or raise Mismatch."""
    counts = [text.count(old) for old, _ in variants]
    if sorted(counts) != [0] * (len(counts) - 1) + [1]:
        texts = "text is" if len(counts) == 1 else f"{len(counts)} variants are"
        there = " and ".join(str(count) for count in counts)
        raise Mismatch(f"{where} does not match: its old {texts} there {there} times")
    return text.replace(*variants[counts.index(1)])


def apply(root, patches):
    """Return {file name: new text}, or raise Mismatch."""
    texts = {}
    for patch in patches:
        for name, number, variants in hunks(patch):
            where = f"{name}: hunk {number} of {patch.name}"
            if name not in texts:
                try:
                    texts[name] = (root / name).read_text(encoding="utf-8")
                except OSError as error:
                    raise Mismatch(f"{where}: {error.strerror}") from error
            texts[name] = apply_hunk(texts[name], variants, where)
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

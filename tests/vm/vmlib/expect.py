# SPDX-License-Identifier: LGPL-2.1-or-later
"""expect.py - expectations: a path into the result, and what must hold there.

Paths: dots separate keys; `list[key=value]` picks the first element of a list whose key has that
value, `list[3]` an index, `list[*]` all elements (the condition must hold for each, and there must
be one at least). `len(path)` is the number of elements. Consoles and the QEMU log are reached as
console_crashed, console_capture, smmu_log.

Conditions: a number or boolean = equality; a string: "< N" "<= N" "> N" ">= N" "!= X" "= X" (X may be empty)
"contains TEXT" "lacks TEXT" "matches REGEX" "absent" "present"; "@PATH" = equal to what PATH leads to
(and that is there); any other string = equality; a list = all of them.
"""

import operator
import re

ABSENT = object()
_OPS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def split_path(path):
    """'a.b[k=1.5].c' -> ['a', 'b', '[k=1.5]', 'c']"""
    parts = re.findall(r"\[[^\]]*\]|[^.\[\]]+", path)
    return parts


def _select(value, selector):
    if not isinstance(value, list):
        return ABSENT
    body = selector[1:-1]
    if "=" in body:
        key, wanted = body.split("=", 1)
        for item in value:
            if isinstance(item, dict) and str(item.get(key)) == wanted:
                return item
        return ABSENT
    if body.isdigit() and int(body) < len(value):
        return value[int(body)]
    return ABSENT


def lookup(root, path):
    """All values the path leads to (one, unless it holds [*]); ABSENT for what is not there."""
    values = [root]
    for part in split_path(path):
        following = []
        for v in values:
            if part == "[*]":
                following += v if isinstance(v, list) and v else [ABSENT]
            elif part.startswith("["):
                following.append(_select(v, part))
            elif isinstance(v, dict):
                following.append(v.get(part, ABSENT))
            else:
                following.append(ABSENT)
        values = following
    return values


def _number(text):
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


def holds(condition, value, root=None):
    if isinstance(condition, list):
        return all(holds(c, value, root) for c in condition)
    if not isinstance(condition, str):
        return value is not ABSENT and type(value) is not str and value == condition \
            and isinstance(value, bool) == isinstance(condition, bool)
    word, _, rest = condition.partition(" ")
    if condition.startswith("@"):
        return value is not ABSENT and value == lookup(root, condition[1:])[0]
    if condition == "absent":
        return value is ABSENT
    if condition == "present":
        return value is not ABSENT
    if word in _OPS and rest:
        return isinstance(value, (int, float)) and _OPS[word](value, _number(rest))
    if word in ("=", "!=") and " " in condition:
        return value is not ABSENT and (str(value) == rest) == (word == "=")
    if word in ("contains", "lacks") and rest:
        text = value if isinstance(value, (str, list)) else "" if value is ABSENT else str(value)
        return value is not ABSENT and (rest in text) == (word == "contains")
    if word == "matches" and rest:
        return isinstance(value, str) and re.search(rest, value, re.M) is not None
    return value == condition


def _shown(value):
    if value is ABSENT:
        return "absent"
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 120 else f"({len(text)} characters)"


def check(root, expectations):
    """[{path, expected, seen, pass}] for every expectation."""
    out = []
    for path, condition in expectations.items():
        m = re.fullmatch(r"len\((.*)\)", path)
        values = lookup(root, m[1] if m else path)
        if m:
            values = [len(v) if isinstance(v, (list, dict)) else ABSENT for v in values]
        bad = [v for v in values if not holds(condition, v, root)]
        out.append({"path": path, "expected": condition,
                    "seen": _shown(bad[0] if bad else values[0]), "pass": not bad})
    return out

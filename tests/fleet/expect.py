#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""expect.py QUERY FILE - what a query of doc/fleet/ must answer for a file of NDJSON: a third opinion.

Also `expect.py signature FILE`: is each signature the hash that smmu-adoptctl(8) says? And `expect.py columns SQL...`:
has each of these files a column for every key of doc/schema/crash.json?
"""

import json
import os
import re
import sys
import time

# Query: which rows, keys, aggregates in the order of the columns, order of the answer.
QUERIES = {
    "causes": (lambda r: True, ("signature", "cause"),
               ("signature", "crashes", "hosts", ("min", "day"), ("max", "day"), "cause"), ("signature",)),
    "not-adopted": (lambda r: r["state"] != "adopted", ("state", "smmu_iidr", "kernel", "reason"),
                    ("state", "smmu_iidr", "kernel", "crashes", "hosts", "reason"),
                    ("state", "smmu_iidr", "kernel", "reason")),
    "late": (lambda r: (r.get("late_devices") or 0) > 0, ("late_kind", "late_driver"),
             ("late_kind", "late_driver", "crashes", "hosts", ("sum", "late_devices"), ("sum", "failed_steps")),
             ("late_kind", "late_driver")),
    "events": (lambda r: r["unread_events"] > 0, ("event", "event_kind"),
               ("event", "event_kind", "crashes", "hosts", ("sum", "unread_events"), ("sum", "events_lost")),
               ("event", "event_kind")),
    "times": (lambda r: r.get("daemon", "") != "", ("kernel", "daemon"),
              ("kernel", "daemon", "crashes", ("min", "quiesced_ms"), ("max", "quiesced_ms"),
               ("max", "dump_path_ms"), ("max", "stage_ms"), ("max", "peak_rss_kib")), ("kernel", "daemon")),
    "advice": (lambda r: r.get("advice", "") != "", ("verdict_level", "advice"),
               ("verdict_level", "crashes", "hosts", "advice"), ("verdict_level", "advice")),
    "logs": (lambda r: r.get("from_log", False), ("verdict_level", "state"),
             ("verdict_level", "state", "crashes", "hosts", ("sum", "log_events"), ("sum", "log_pcie_errors"),
              ("sum", "log_serrors"), ("sum", "log_command_timeouts"), ("sum", "log_global_errors")),
             ("verdict_level", "state")),
}
FOLD = {"min": min, "max": max, "sum": sum}


def column(spec, rows):
    if spec == "crashes":
        return len(rows)
    if spec == "hosts":
        return len({r.get("host", "") for r in rows})
    if isinstance(spec, str):
        return rows[0].get(spec, "")
    values = [r[spec[1]] for r in rows if r.get(spec[1]) is not None]
    return int(FOLD[spec[0]](values)) if values and spec[1] != "day" else FOLD[spec[0]](values) if values else "\\N"


def answer(query, rows):
    keep, keys, columns, order = QUERIES[query]
    groups = {}
    for r in rows:
        r["day"] = time.strftime("%Y-%m-%d", time.gmtime(r.get("wall_s", 0)))
        if keep(r):
            groups.setdefault(tuple(r.get(k, "") for k in keys), []).append(r)
    names = [c if isinstance(c, str) else None for c in columns]
    lines = [[column(c, g) for c in columns] for g in groups.values()]
    lines.sort(key=lambda v: (-v[names.index("crashes")], *(v[names.index(k)] for k in order)))
    for line in lines:
        print(*line, sep="\t")


def fnv1a(text):
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001b3 % (1 << 64)
    return f"{h:016x}"


def columns_missing(paths):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../doc/schema/crash.json"), encoding="utf-8") as f:
        keys = json.load(f)["properties"].keys() - {"schema"}
    missing = []
    for path in paths:
        with open(path, encoding="utf-8") as f:
            there = set(re.findall(r"^    (\w+)\b", f.read(), re.M))
        missing += [f"{path}: {key}" for key in sorted(keys - there)]
    return missing


def main():
    if sys.argv[1] == "columns":
        missing = columns_missing(sys.argv[2:])
        print(*missing, sep="\n", end="")
        return bool(missing)
    with open(sys.argv[2], encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    rows = list({r["crash_id"]: r for r in rows}.values())
    if sys.argv[1] != "signature":
        answer(sys.argv[1], rows)
        return 0
    return any(r["signature"] != fnv1a(r["cause"]) for r in rows)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compare.py - two results of the emulated machine side by side: compare.py DIR DIR

Reads result.json of each directory. Exit code 2 if one cannot be read.
"""

import json
import os
import sys

WIDTH = 34


def load(directory):
    path = os.path.join(directory, "result.json")
    try:
        with open(path, encoding="utf-8") as f:
            res = json.load(f)
    except (OSError, ValueError) as e:
        sys.exit(f"compare: {path}: {e}")
    if res.get("schema") != "smmu-adopt-vm/1":
        sys.exit(f"compare: {path}: not a result of this version")
    return res


def seconds(value):
    return "-" if value is None else f"{value:.1f} s after the crash"


def adopted_words(res):
    sample = res.get("witness", {}).get("samples", {}).get("adopted")
    if not sample:
        return "not seen"
    if sample["same_table"] and sample["smmuen"]:
        return "the crashed kernel's, adopted"
    return "a fresh one, old one dropped" if sample["smmuen"] else "none, SMMU off"


def total_rows(res):
    dma, dump, daemon = res.get("dma", {}), res.get("dump", {}), res.get("daemon", {})
    yield "stream table in use", adopted_words(res)
    yield "DMA refused", dma.get("refused", "-")
    yield "DMA bypassing the SMMU", dma.get("bypassed", "-")
    yield "DMA into old RAM after hand-over", dma.get("old_ram_after_handover", "-")
    yield "smmu-adoptd", f"{daemon['stage_ms']} ms, {daemon.get('peak_rss_kb', '?')} KiB" \
        if "stage_ms" in daemon else "not run"
    yield "dump", f"saved, {dump.get('bytes', 0) >> 20} MiB" if dump.get("saved") else "NOT saved"


def device_name(sid):
    """On this machine a StreamID is the PCI requester id."""
    n = int(sid, 16)
    return f"device {n >> 8:02x}:{n >> 3 & 31:02x}.{n & 7} (StreamID {sid})"


def device_rows(sid):
    if not sid:
        yield "", "no DMA"
        return
    refused, handed = sid["refused"]["total"], sid["handed_over"]
    yield "refused after the crash", refused
    yield "translated after the crash", sid["translated"]["total"]
    if sid["bypassed"]["total"]:
        yield "bypassed after the crash", sid["bypassed"]["total"]
    quiesced = sid.get("quiesced_before_handover", not handed)
    yield "stopped (bus master off)", seconds(sid.get("quiesced_time") if quiesced else None)
    yield "new translation attached", seconds(sid.get("handover_time"))
    if "last_old_ram_time" in sid:
        yield "last DMA into the dead kernel", seconds(sid["last_old_ram_time"])


def print_rows(left, right):
    left, right = dict(left), dict(right)
    for key in [*left, *(k for k in right if k not in left)]:
        print(f"  {key:<{WIDTH}}{str(left.get(key, '-')):<{WIDTH}}{right.get(key, '-')}")


def main():
    if len(sys.argv) != 3:
        print("usage: compare.py RESULT_DIR RESULT_DIR", file=sys.stderr)
        return 2
    a, b = load(sys.argv[1]), load(sys.argv[2])
    print(f"{'':<{WIDTH + 2}}{a['scenario']:<{WIDTH}}{b['scenario']}")
    print_rows(total_rows(a), total_rows(b))
    sids_a, sids_b = a.get("dma", {}).get("sid", {}), b.get("dma", {}).get("sid", {})
    for sid in [*sids_a, *(s for s in sids_b if s not in sids_a)]:
        print(f"\n  {device_name(sid)}")
        print_rows(device_rows(sids_a.get(sid)), device_rows(sids_b.get(sid)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

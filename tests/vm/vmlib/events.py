# SPDX-License-Identifier: LGPL-2.1-or-later
"""events.py - does `smmu-adoptctl events` find in the event ring what QEMU's SMMU wrote into it?

QEMU logs each refusal ("NAME translation failed for iova=0x... (SMMU_EVT_...)") and writes one event
for it as long as the event queue is on. So the events of the ring, oldest first, are the log's first
refusals, in the same order, with the same event name, StreamID and address.
"""

import json
import os
import re
import subprocess

REFUSED = re.compile(r"smmuv3-iommu-memory-region-(\d+)-\d+ translation failed for "
                     r"iova=(0x[0-9a-f]+) ?\(SMMU_EVT_(\w+)\)")  # the first number: device and function


def logged(out):
    """[(event, sid, iova)] of the SMMU log, in order."""
    found = []
    try:
        with open(os.path.join(out, "smmu.log"), encoding="utf-8", errors="replace") as f:
            for line in f:
                m = REFUSED.search(line)
                if m:
                    found.append((m[3], hex(int(m[1])), m[2]))
    except OSError:
        pass
    return found


def read(ctl, out):
    """The `events` answer with the comparison in "against_log", or {}."""
    record = os.path.join(out, "smmu-adopt.rec")
    if not (ctl and os.path.exists(ctl) and os.path.exists(record)):
        return {}
    try:
        done = subprocess.run([ctl, "--json", "events", record], capture_output=True, timeout=600,
                              check=False)
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as e:
        return {"error": f"smmu-adoptctl events: {e}"}
    entries = [e for q in answer.get("queues", []) if q.get("queue") == "evtq"
               for e in q.get("entries", [])]
    ours = [(e.get("name"), e.get("sid"), e.get("input")) for e in entries]
    theirs = logged(out)
    answer["exit"] = done.returncode
    answer["against_log"] = {
        "events": len(ours), "refusals": len(theirs),
        "unread": sum(e.get("unread", False) for e in entries),
        "differ": sum(a != b for a, b in zip(ours, theirs)) + max(0, len(ours) - len(theirs))}
    # The commands and long rings are for the tool, not for result.json.
    for q in answer.get("queues", []):
        q["entries"] = q.get("entries", [])[:8]
    return answer

#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""read_records.py FILE... - reads record streams with smmu-adopt-records(5) in hand and nothing
else of the project. One line a record: nanoseconds, type, and the fields that the table names."""

import struct
import sys
import zlib

HEADER = struct.Struct("<IHHIIQQ")
MAGIC = 0x52414d53
# Type: name, layout of its first fields, their names.
TYPES = {
    1: ("file", "HHHHQ64s32s", "major minor producer capture wall kernel program"),
    2: ("range", "IQQ", "kind start bytes"),
    3: ("smmu", "IHHHIQQI32s", "smmu phase state reason evidence base lost stes name"),
    4: ("l1", "IHIQQ", "smmu phase index addr raw"),
    5: ("ste", "IHHIQ64s", "smmu phase entry sid addr raw"),
    6: ("cd", "IHHIIQ64s", "smmu phase entry sid ssid addr raw"),
    7: ("rmr", "IIIQQI", "smmu sid count base bytes flags"),
    8: ("device", "IHHIHHiQ48s16s32sI", "smmu phase flags class vendor device group attach name bus driver sids"),
    9: ("finding", "IIHHQ160sII", "smmu sid severity code addr text sid_count sid_stride"),
    10: ("plan", "IHHI48s160s", "step action dump_path deadline device reason"),
    11: ("step", "IHHI48s", "step action attempt deadline device"),
    12: ("result", "IHHiQ48s160s", "step action outcome error took device detail"),
    13: ("stage", "Hi160s", "stage error text"),
    14: ("usage", "IIIIQ", "rss stage_ms quiesced_ms dump_path_ms lost"),
    18: ("channel", "HHi160s", "channel state error text"),
    19: ("crashed", "QH64s48s", "time machine release build_id"),
}


def good(data, at):
    """The header of the record at this place, None if there is none."""
    if len(data) - at < HEADER.size:
        return None
    head = HEADER.unpack_from(data, at)
    end = at + HEADER.size + head[3]
    if head[0] != MAGIC or head[3] > 65536 or end > len(data):
        return None
    crc = zlib.crc32(data[at:at + 12] + bytes(4) + data[at + 16:end])
    return head if crc == head[4] else None


def records(data):
    at = 0
    while at < len(data) and data[at:].strip(b"\0"):
        head = good(data, at)
        if head:
            yield head, data[at + HEADER.size:at + HEADER.size + head[3]]
            at += HEADER.size + (head[3] + 7) // 8 * 8
        else:       # torn: on with the next file record
            at = next((i for i in range(at + 1, len(data)) if data[i:i + 6] == b"SMAR\1\0" and good(data, i)),
                      len(data))


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            for head, payload in records(f.read()):
                name, layout, fields = TYPES.get(head[1], (f"type{head[1]}", "", ""))
                size = struct.calcsize("<" + layout)
                values = struct.unpack("<" + layout, payload[:size].ljust(size, b"\0"))
                text = (v.split(b"\0")[0].decode("ascii", "replace") if isinstance(v, bytes) and n != "raw"
                        else v.hex() if isinstance(v, bytes) else v for n, v in zip(fields.split(), values))
                print(head[6], name, *(f"{n}={v}" for n, v in zip(fields.split(), text)))


if __name__ == "__main__":
    main()

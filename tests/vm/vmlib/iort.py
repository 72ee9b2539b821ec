# SPDX-License-Identifier: LGPL-2.1-or-later
"""iort.py - an IORT with an RMR node, as bytes, and the archive that overrides QEMU's own table.

The kernel takes a table from kernel/firmware/acpi/ of an uncompressed archive in front of the
initramfs if signature, OEM id and table id match and the OEM revision is higher. The table is what
QEMU 7.2 makes for "virt" (ITS group, SMMUv3, root complex), with revision 5, because Linux reads
RMR nodes from that revision on, and with one RMR node more. Layout: Arm DEN0049 (IORT), E.d.
"""

import struct

from .cpio import Archive

OEM_ID, TABLE_ID, OEM_REVISION = b"BOCHS ", b"BXPC    ", 2    # QEMU's has OEM revision 1
TABLE_REVISION = 5
HEADER_LEN = 48                     # ACPI header 36, node count, node offset, reserved
ITS, ROOT_COMPLEX, SMMUV3, RMR = 0, 2, 4, 6
SMMU_BASE, SMMU_COHACC = 0x09050000, 1
EVENT_IRQ, PRI_IRQ, GERROR_IRQ, SYNC_IRQ = 0x6a, 0x6b, 0x6d, 0x6c
SINGLE_MAPPING = 1


def mapping(first, count, out, reference, flags=0):
    """An ID mapping; the table stores the count minus one."""
    return struct.pack("<5I", first, count - 1, out, reference, flags)


def node(kind, revision, ident, data, mappings=(), tail=b""):
    """Header, node data, what else follows (`tail`), then the mappings."""
    at = 16 + len(data) + len(tail)
    body = data + tail + b"".join(mappings)
    return struct.pack("<BHBIII", kind, 16 + len(body), revision, ident, len(mappings),
                       at if mappings else 0) + body


def rmr_node(ident, smmu_at, sid, base, length, flags):
    """One StreamID, one 64 KiB aligned descriptor."""
    descriptor = struct.pack("<QQI", base, length, 0)
    data = struct.pack("<III", flags, 1, 16 + 12)   # the descriptor follows the node data
    return node(RMR, 3, ident, data, [mapping(0, 1, sid, smmu_at, SINGLE_MAPPING)], descriptor)


def build(sids, base, length, flags=0):
    """The table. Each StreamID gets a node and a window of its own, one after the other."""
    its_at = HEADER_LEN
    nodes = [node(ITS, 1, 0, struct.pack("<II", 1, 0))]
    smmu_at = its_at + len(nodes[0])
    nodes.append(node(SMMUV3, 4, 1, struct.pack(
        "<QIIQIIIIIII", SMMU_BASE, SMMU_COHACC, 0, 0, 0, EVENT_IRQ, PRI_IRQ, GERROR_IRQ, SYNC_IRQ,
        0, 0), [mapping(0, 0x10000, 0, its_at)]))
    # Coherent, CCA | device attributes as QEMU states them; all requester ids go to the SMMU.
    nodes.append(node(ROOT_COMPLEX, 3, 2, struct.pack(
        "<IBHBIIB3x", 1, 0, 0, 3, 0, 0, 64), [mapping(0, 0x10000, 0, smmu_at)]))
    for i, sid in enumerate(sids):
        nodes.append(rmr_node(3 + i, smmu_at, sid, base + i * length, length, flags))
    body = b"".join(nodes)
    table = bytearray(struct.pack(
        "<4sIBB6s8sI4sIIII", b"IORT", HEADER_LEN + len(body), TABLE_REVISION, 0, OEM_ID, TABLE_ID,
        OEM_REVISION, b"SMAD", 1, len(nodes), HEADER_LEN, 0) + body)
    table[9] = -sum(table) & 0xff
    return bytes(table)


def write_override(path, rmr):
    """`rmr` is the scenario's section: sids, base, length, flags."""
    a = Archive()
    a.file("kernel/firmware/acpi/iort.aml", build(rmr["sids"], rmr["base"] or 0x0c000000,
                                                  rmr["length"], rmr["flags"]))
    with open(path, "wb") as f:
        a.write(f)
